/*
 * The test driver: the program reads what a user would do from a file, and writes down what it
 * shows.
 *
 *      # a comment
 *      key Enter           one key by its name (key.h); several: key Down Down Enter
 *      type app.Node       the rest of the line, letter by letter
 *      wait-idle           until no job is queued or running, nothing is awaited, all is drawn
 *      wait-for TEXT       until TEXT is on one row of the screen
 *      wait-key            until a real key arrives (it is swallowed): for tests that drive both ways
 *      resize 100x30       the terminal (a pty) gets this size
 *      screen FILE         writes the screen as text
 *      screen-attrs FILE   the same with attributes
 *      expect TEXT         fails unless TEXT is on one row of the screen
 *      expect-not TEXT     fails if it is
 *      do ACTION [TEXT]    an action by name, as from the command line
 *      quit                ends the program with status 0; the end of the file does so, too
 *
 * One blank stands between a step and its text; more belong to the text. Nothing sleeps: a step
 * that waits is tried again when something has happened. A wait of more than SCRIPT_WAIT_MS fails.
 * A failure ends the program with APP_STATUS_SCRIPT and puts the file, the line and the screen on
 * stderr. While a script runs, clocks on the screen stand still.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "inspector/base/err.h"

struct app;
struct script;

enum { SCRIPT_WAIT_MS = 60 * 1000 };

ERR_CHECK struct err *script_load(const char *path, struct script **ret);
void script_destroy(struct script *script);
/* Does steps until one has to wait. Returns whether any was done: then there may be something to
 * draw. */
bool script_step(struct script *script, struct app *app);
/* Milliseconds until the current wait has lasted too long; -1 if none is on. */
int script_timeout_ms(const struct script *script, uint64_t now_ns);
/* A real key has arrived: true if the script takes it. */
bool script_take_key(struct script *script);
