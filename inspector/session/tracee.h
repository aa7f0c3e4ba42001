/*
 * One thread of a target under ptrace: stop it, look at it, run something on it, put everything
 * back.
 *
 *      seize ──► stop ──► registers, memory, system calls, calls ──► restore ──► release
 *
 * Between stop and release the thread is ours; the other threads of the process run on. What is put
 * back: general registers, vector and FPU state, signal mask, and an interrupted system call, which
 * goes on as if nothing had been (its -ERESTART… result and number are restored, ptrace(2); the
 * kernel restarts it on release).
 *
 * While it is held all signals are blocked; one that cannot be (SIGSTOP) is kept and delivered on
 * release. x86-64 only.
 *
 * ptrace belongs to the thread that seized: use a tracee on one thread. The caller blocks its own
 * signals (attach.c runs all this in a process of its own, so that nothing can end it half-way).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

#include "inspector/base/err.h"

enum { TRACEE_XSTATE_BYTES = 64 << 10, TRACEE_SIGNALS_MAX = 16 };

struct tracee {
    pid_t tid;
    struct user_regs_struct saved; /* as the thread was when it stopped */
    uint64_t saved_mask;
    uint8_t *xstate; /* malloc'd */
    size_t xstate_bytes;
    int held[TRACEE_SIGNALS_MAX]; /* signals that came meanwhile, delivered on release */
    unsigned n_held;
    bool stopped;
    bool borrowed; /* registers may differ from `saved` */
};

/*
 * Seizes thread `tid` and stops it, waiting at most `timeout_ns`. ERR_TIMEOUT when it does not stop
 * (it is in an uninterruptible system call), ERR_INPUT when it is gone, ERR_PERMISSION when the
 * kernel refuses.
 */
ERR_CHECK struct err *tracee_stop(pid_t tid, uint64_t timeout_ns, struct tracee *ret);
/*
 * The same in two steps, for a thread that may take longer: the first one seizes it and asks it to stop, the
 * second waits, and may be called again after ERR_TIMEOUT. Signals that come in between are kept.
 */
ERR_CHECK struct err *tracee_seize(pid_t tid, struct tracee *ret);
ERR_CHECK struct err *tracee_wait_stopped(struct tracee *tracee, uint64_t timeout_ns);
/* Saves what has to be put back, blocks all signals. Before anything is run on it. */
ERR_CHECK struct err *tracee_borrow(struct tracee *tracee);
/* Puts everything back (if borrowed) and lets the thread go. Best effort: also after failures. */
void tracee_release(struct tracee *tracee);

/* Memory of the target, any pages (PTRACE_PEEKDATA/POKEDATA, also where /proc/PID/mem is
 * write-protected). */
ERR_CHECK struct err *tracee_write(const struct tracee *tracee, uint64_t address, const void *bytes,
                                   size_t n);
ERR_CHECK struct err *tracee_read(const struct tracee *tracee, uint64_t address, void *bytes,
                                  size_t n);

/*
 * Runs system call `nr` on the thread, at a `syscall` instruction that lies at `gadget` in the
 * target. *ret is what the kernel returned: a result or -errno.
 */
ERR_CHECK struct err *tracee_syscall(struct tracee *tracee, uint64_t gadget, long nr,
                                     const long args[6], long *ret);

/*
 * Runs code at `entry` with `arg` as its first argument on a stack whose top is `stack_top`
 * (16-byte aligned), until it makes system call `end_nr` with first argument `end_arg`.
 * ERR_TIMEOUT: it still runs after `timeout_ns`; it cannot be taken back from the middle, call
 * tracee_finish() until it is done. ERR_TARGET_GONE, or ERR_INTERNAL if it crashed.
 */
ERR_CHECK struct err *tracee_run(struct tracee *tracee, uint64_t entry, uint64_t arg,
                                 uint64_t stack_top, long end_nr, uint64_t end_arg,
                                 uint64_t timeout_ns);
/* Goes on waiting after an ERR_TIMEOUT of tracee_run(). */
ERR_CHECK struct err *tracee_finish(struct tracee *tracee, long end_nr, uint64_t end_arg,
                                    uint64_t timeout_ns);

/*
 * Takes over a thread that was seized and asked to stop, and has not yet: as soon as it stops it is let go,
 * from within the calls that wait for another one. It must not stand still meanwhile: the borrowed thread may
 * need a lock that it holds.
 */
void tracee_abandon(const struct tracee *tracee);

/* ---- for threads that are all traced at once (breakpoints) ---- */

/* Notes a signal to be delivered later. */
void tracee_hold(struct tracee *tracee, int signal);
/* Lets it run on, still traced. Signals that came meanwhile are delivered. */
ERR_CHECK struct err *tracee_resume(struct tracee *tracee);
/* Interrupts a running tracee and waits for the stop. */
ERR_CHECK struct err *tracee_interrupt(struct tracee *tracee, uint64_t timeout_ns);
