/*
 * Child processes: ones that a test looks at while they wait, and ones that run to their end.
 *
 *      struct child child = child_start((const char *[]){"/usr/bin/python3", "-c", code, NULL});
 *      child_expect(&child, "ready");              waits until it has printed this line
 *      …
 *      child_end(&child);
 *
 * Children die with the test program. What goes wrong here aborts it with a message.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct child {
    pid_t pid;
    int to;   /* its standard input; it may wait for the end of it */
    int from; /* its standard output */
};

/* Starts a program (a path; the environment is ours). */
struct child child_start(const char *const *argv);
/* The same for a piece of the test itself: `body` runs in a fork, its return is the exit status. */
struct child child_fork(int (*body)(void *arg), void *arg);
/* Reads lines until one is `line`. */
void child_expect(struct child *child, const char *line);
/* Kills it if need be, and waits for it. */
void child_end(struct child *child);

/* What a program printed, and how it ended. */
struct child_output {
    char *out; /* the caller's to free */
    char *err;
    int status; /* as exit() had it; -signal if it was killed */
};

/* Runs a program to its end, with nothing to read. */
void child_run(const char *const *argv, struct child_output *ret);
void child_output_deinit(struct child_output *output);

/* Whether a program can be run. */
bool child_can_run(const char *path);
