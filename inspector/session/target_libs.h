/*
 * What the target offers to the agent: dlopen() and dlsym() in its libc, an instruction to make system
 * calls with, and an agent that an earlier attach may have left mapped.
 *
 * Only files and /proc are read; the target is not touched. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "inspector/base/err.h"
#include "inspector/session/procfs.h"

/* Addresses in the target; 0 where there is none. */
struct target_libs {
    uint64_t dlopen;
    uint64_t dlsym;
    uint64_t errno_location;
    uint64_t syscall_gadget; /* a `syscall` instruction */
    uint64_t start_function; /* of an agent of our build that is mapped already */
};

/* Whether code of the dynamic loader is mapped here. */
bool target_libs_is_loader(const struct proc_map *map);

/* ERR_UNSUPPORTED when it has no dynamic loader (a static program) or one that we do not know; ERR_NOT_YET when its C
 * library is not there yet. */
ERR_CHECK struct err *target_libs_find(pid_t pid, const struct proc_maps *maps,
                                       struct target_libs *ret);
