/*
 * Attaching to a program before its first line runs: from its first instruction on it is traced, until its interpreter has just
 * been initialised.
 *
 *      first_watch(pid)       a child of ours that waits before it becomes the program
 *      … it goes on …
 *      first_attach(pid, …)   a breakpoint where the loader is done: is it Python? One where Python runs a piece of code: is
 *                             the interpreter initialised? Then the agent comes in, on that thread
 *
 * A program that becomes another one (a shell script, a virtual environment's launcher) is watched on. Should we die meanwhile,
 * the program does, too. All calls on one thread.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#include "inspector/base/err.h"
#include "inspector/session/attach.h"

/* ERR_PERMISSION if the kernel does not allow it: then it has to be attached to as any other. */
ERR_CHECK struct err *first_watch(pid_t pid);

/*
 * Waits until it is there, and attaches; no longer than `limit_ns`. Afterwards it runs and is not traced. ret->ring_fd is -1
 * when it runs Python but was not caught at its first line: then it has to be attached to as any other. ERR_TARGET_GONE when it
 * ended (it is not waited for), ERR_UNSUPPORTED when it runs no Python, or none of ours.
 */
ERR_CHECK struct err *first_attach(pid_t pid, uint64_t limit_ns, struct attach_result *ret);
