/*
 * The terminal interface as a whole: what main() calls.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "inspector/base/err.h"
#include "inspector/ui/term.h"

struct tui_options {
    pid_t pid; /* 0: the picker */
    bool readonly;
    bool steal; /* another ouro has to leave first */
    struct term_options term;
};

/* Runs until the user quits; detaches. *status is the exit status. */
ERR_CHECK struct err *tui_run(const struct tui_options *options, int *status);
