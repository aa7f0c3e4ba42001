/*
 * The program of `ouro run`: started, kept apart from our terminal, ended or left alone.
 *
 * Its standard input is /dev/null, or ours if that is no terminal (which then becomes the terminal again for us). Its output
 * and errors go to one file. It has a session of its own: ^c is for us. It lives on if we die.
 *
 * One at a time; one thread.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "inspector/base/err.h"

struct launch {
    pid_t pid;
    const char *name;      /* argv[0] */
    char output[PATH_MAX]; /* where what it writes goes */
    bool owns_output;      /* that is a new file of ours */
    int go, failure;       /* private: -1 once it goes */
    bool ended;            /* and has been waited for */
    int wait_status;
};

/*
 * Makes the process that will become argv[0]. `out`: file for its output, NULL: a new one in $TMPDIR or /tmp. ERR_INPUT if
 * nothing of ours is a terminal.
 */
ERR_CHECK struct err *launch_create(char **argv, const char *out, struct launch *ret);
/* Lets it become the program (found as the shell does). ERR_SYS if it cannot; there is no process then any more. */
ERR_CHECK struct err *launch_go(struct launch *launch);
/* Whether it has ended by now. */
bool launch_has_ended(struct launch *launch);
/* Ends it: asks by SIGTERM, after three seconds does not ask any more. */
void launch_end(struct launch *launch);
/* Removes the file of its output if that is ours and empty: then true. After its end. */
bool launch_drop_output(const struct launch *launch);
/* "exit status 3", "killed by SIGKILL"; written to `buf`. It must have ended. */
const char *launch_how_it_ended(const struct launch *launch, char *buf, size_t bytes);
