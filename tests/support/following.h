/*
 * `ouro stats --follow --json` beside a test, and what it has printed.
 *
 *      struct following f = following_start(target_pid(target));      follows from here on
 *      target_ask(target, "each");
 *      struct followed *followed = following_stop(&f, SIGTERM);
 *      assert_int_equal(followed->n, 3);
 *      json_long(followed->at[0], "generation") …
 *      followed_destroy(followed);
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include <jansson.h>

#include "tests/support/ouro_cli.h"

struct following {
    struct ouro_running running;
};

struct followed {
    json_t **at; /* the collections */
    size_t n;
    json_t *lines; /* everything, in order; the members of `at` are in it */
    json_t *end;   /* the last line: totals; NULL if it was killed */
};

/* Waits until the first line is there. An option more and its value, or NULL. */
struct following following_start(pid_t pid, const char *option, const char *value);
/* Ends it by a signal, 0: waits for its end; it must end with status 0 and say nothing on stderr, unless it was killed. */
struct followed *following_stop(struct following *following, int signal);
void followed_destroy(struct followed *followed);

/* Waits until this text is in its standard output. */
void ouro_await(const struct ouro_running *running, const char *text);
