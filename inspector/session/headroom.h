/*
 * Whether the memory limits of a target's control groups leave room for looking at it: a frozen copy and its tables count as
 * the target's, and at the limit the kernel kills. It kills the copy first, but that is not to be tried.
 *
 * Reads /proc and /sys/fs/cgroup, version 2 and 1, all groups above it included; a limit that cannot be read is none.
 */
#pragma once

#include <sys/types.h>

#include "inspector/base/err.h"

/* ERR_SYS (ENOMEM) when a frozen copy of process `pid` might not fit. */
ERR_CHECK struct err *headroom_for_copy(pid_t pid);
/* The same for a walk in the process; ERR_UNSUPPORTED, for there is nothing left to try. */
ERR_CHECK struct err *headroom_for_walk(pid_t pid);
