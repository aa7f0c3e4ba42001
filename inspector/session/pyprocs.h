/*
 * The Python processes of this machine, and for each whether it could be attached to, or why not.
 *
 * Only /proc and program files are read; no process is touched. Processes of other users whose
 * mappings cannot be read are listed when their executable's name says Python. Frozen copies of our
 * own are left out. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "inspector/base/err.h"

struct pyproc {
    pid_t pid;
    char python[32];  /* "3.11.7"; "" if not known */
    char *executable; /* path; "" if it cannot be read */
    char *user;
    char *
        command; /* arguments separated by blanks, clipped; safe (utf8_make_safe()), as all texts */
    uint64_t rss_bytes;
    uint64_t age_s;
    bool attachable;
    char *why; /* if not: one line; else NULL */
};

struct pyprocs {
    struct pyproc *at;
    size_t n;
};

/* Lists them, by pid. Our own process is left out. */
ERR_CHECK struct err *pyprocs_list(struct pyprocs *ret);
void pyprocs_deinit(struct pyprocs *procs);
