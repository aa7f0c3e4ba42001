/*
 * Running a program on a terminal of its own (a pty), with job control as under a shell, and
 * reading what it sends.
 *
 *      struct pty *pty = pty_spawn(&(struct pty_options){.argv = argv, .cols = 80, .rows = 24});
 *      while (pty_pump(pty, feed, vterm))
 *              …
 *      int status = pty_wait_exit(pty);
 *      pty_destroy(pty);
 *
 * The program is the foreground process group of a session whose leader watches it, so that ^z and
 * fg work as in a shell. Nothing here waits longer than PTY_TIMEOUT_MS; a test that would is failed
 * by abort().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { PTY_TIMEOUT_MS = 20 * 1000 };

struct pty;

struct pty_options {
    const char *const *argv; /* ended by NULL */
    const char *const
        *env;        /* "NAME=value" beside the few that every run gets (see pty.c); NULL: none */
    const char *cwd; /* NULL: here */
    int cols, rows;
};

typedef void pty_sink(void *ctx, const char *bytes, size_t n);

struct pty *pty_spawn(const struct pty_options *options);
/* Kills the program if it is still there. */
void pty_destroy(struct pty *pty);

/* Types. */
void pty_send(struct pty *pty, const char *bytes);
/*
 * Waits for output and passes it on (`sink` may be NULL). False when there will be no more, or none
 * came in time.
 */
bool pty_pump(struct pty *pty, pty_sink *sink, void *ctx);
/* All output so far, terminated. */
const char *pty_output(const struct pty *pty, size_t *bytes);

/* Sends a signal to the program. */
void pty_signal(const struct pty *pty, int number);
/* Changes the size; the program gets SIGWINCH. */
void pty_resize(struct pty *pty, int cols, int rows);
/* Closes our end: the terminal is gone. */
void pty_hang_up(struct pty *pty);
/* Whether the terminal's modes are those from before the program started. */
bool pty_is_restored(const struct pty *pty);

/* Waits until the program has stopped (^z), reading its output meanwhile. */
void pty_wait_stopped(struct pty *pty, pty_sink *sink, void *ctx);
/* Waits until it has ended, reading its output meanwhile; a status as from waitpid(). */
int pty_wait_exit(struct pty *pty);
