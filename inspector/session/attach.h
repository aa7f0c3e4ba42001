/*
 * Getting the agent into a process that nobody prepared.
 *
 *   look        doctor.h: is it Python, which, where are dlopen() and the interpreter's code; what is
 *               in the way. Nothing is touched
 *   borrow      one thread at a safe point (safepoint.h)
 *   load        a region of memory in the target, the loader and the agent's file in it
 *               (proto/loader.h), run, unmapped
 *   give back   the thread, exactly as it was
 *
 * The second half runs in a process of its own, "ouro-attach", which has its own session and blocks
 * signals: neither ^C nor a closed terminal nor our own death can end it half-way. It undoes
 * everything when it is told to stop or when its parent dies; an agent that was started and finds
 * no inspector leaves by itself after 1.5 s.
 *
 * Any thread; the call blocks for as long as attaching takes (usually 10–30 ms, at most some
 * seconds).
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#include "inspector/base/err.h"
#include "inspector/session/doctor.h"
#include "inspector/session/tracee.h"

struct attach_result {
    int ring_fd;      /* our descriptor of the shared memory; the caller's */
    char how[64];     /* "blocked in read", "in Python code" … */
    uint64_t held_ns; /* how long the borrowed thread stood still */
    uint64_t total_ns;
};

/*
 * Attaches to `pid`. `cancel` may be set by another thread: the call then undoes what it did and
 * returns ERR_CANCELLED. Every refusal says why and what to do: ERR_INPUT, ERR_PERMISSION,
 * ERR_UNSUPPORTED, ERR_BUSY, ERR_NOT_YET, ERR_TIMEOUT, ERR_TARGET_GONE.
 */
ERR_CHECK struct err *attach_to(pid_t pid, const atomic_bool *cancel, struct attach_result *ret);

/*
 * The same on a thread that the caller holds already, stopped where it may be borrowed; `doctor` has found Python and the loader
 * there. `how` is for people. The thread is let go in any case.
 */
ERR_CHECK struct err *attach_on(struct tracee *tracee, const struct doctor *doctor, const char *how,
                                struct attach_result *ret);
