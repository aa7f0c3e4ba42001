/*
 * The terminal interface as a whole: what main() calls.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "inspector/base/err.h"
#include "inspector/session/attach.h"
#include "inspector/ui/term.h"

/* A program that was started to be inspected. */
struct tui_program {
    const char *output; /* the file to which it writes */
    /* Whether it has ended; then how, in `buf`. UI thread. */
    bool (*has_ended)(void *ctx, char *buf, size_t bytes);
    void *ctx;
    struct attach_result first; /* what came in before its first line; ring_fd is -1: nothing did */
    bool is_left;               /* set by tui_run(): the user has detached from it */
};

struct tui_options {
    const char *file;            /* a capture; NULL: none */
    pid_t pid;                   /* 0: the picker */
    struct tui_program *program; /* `pid` is this one, just started; NULL: it is none of ours */
    bool readonly;
    bool steal; /* another ouro has to leave first */
    struct term_options term;
};

/* Runs until the user quits; detaches. *status is the exit status. */
ERR_CHECK struct err *tui_run(const struct tui_options *options, int *status);
