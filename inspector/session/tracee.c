#include "inspector/session/tracee.h"

#include <elf.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "inspector/base/clock.h"

#if !defined(__x86_64__)
#error "attaching is written for x86-64"
#endif

enum {
    SPIN_NS =
        2 * NS_PER_MS, /* stops come within microseconds; a sleep would cost more than all else */
    POLL_NS = 100 * NS_PER_US,
    SYSCALL_STOP = SIGTRAP | 0x80, /* PTRACE_O_TRACESYSGOOD */
    SYSCALL_TIMEOUT_NS = 2000000000,
    FLAG_TRAP = 1 << 8,
    FLAG_DIRECTION = 1 << 10,
    REGSET_SHSTK = 0x204, /* NT_X86_SHSTK */
    OPTIONS = PTRACE_O_TRACESYSGOOD,
    ABANDONED_MAX = 64,
};

/* What went wrong in a ptrace call on a tracee that ought to be stopped. */
static struct err *trace_error(pid_t tid, const char *what)
{
    int error = errno;

    if (error == ESRCH)
        return err_new(ERR_TARGET_GONE, NULL, "thread %d ended while we held it", tid);
    if (error == EPERM || error == EACCES)
        return err_new(ERR_PERMISSION, "run as root, or see 'ouro doctor'",
                       "the kernel does not allow to trace thread %d", tid);
    return err_sys(error, "cannot %s thread %d", what, tid);
}

static bool is_interrupt_stop(int status)
{
    return status >> 16 == PTRACE_EVENT_STOP;
}

/* Threads that nobody waits for. */
static struct {
    struct tracee at[ABANDONED_MAX];
    size_t n;
} abandoned;

void tracee_abandon(const struct tracee *tracee)
{
    if (abandoned.n < ABANDONED_MAX)
        abandoned.at[abandoned.n++] = *tracee;
}

/* Lets go those that have stopped. A signal that stopped one is delivered. */
static void release_abandoned(void)
{
    for (size_t i = 0; i < abandoned.n;) {
        struct tracee *tracee = &abandoned.at[i];
        int status;
        pid_t got = waitpid(tracee->tid, &status, __WALL | WNOHANG);
        if (!got) {
            i++;
            continue;
        }
        if (got == tracee->tid && WIFSTOPPED(status)) {
            int signal = WSTOPSIG(status);
            if (!is_interrupt_stop(status) && signal != SIGTRAP && signal != SYSCALL_STOP)
                tracee_hold(tracee, signal);
            tracee_release(tracee);
        }
        *tracee = abandoned.at[--abandoned.n];
    }
}

/* Waits for the next stop. ERR_TIMEOUT leaves it running. */
static struct err *wait_stop(pid_t tid, uint64_t timeout_ns, int *status)
{
    uint64_t start = clock_ns();

    for (;;) {
        pid_t got = waitpid(tid, status, __WALL | WNOHANG);
        if (got == tid && WIFSTOPPED(*status))
            return NULL;
        if (got == tid || (got < 0 && errno == ECHILD))
            return err_new(ERR_TARGET_GONE, NULL, "thread %d ended while we held it", tid);
        if (got < 0 && errno != EINTR)
            return err_sys(errno, "cannot wait for thread %d", tid);
        release_abandoned();
        uint64_t waited_ns = clock_ns() - start;
        if (waited_ns > timeout_ns)
            return err_new(ERR_TIMEOUT, NULL, "thread %d does not stop", tid);
        if (waited_ns < SPIN_NS)
            sched_yield();
        else
            clock_sleep_ns(POLL_NS);
    }
}

static struct err *read_registers(pid_t tid, struct user_regs_struct *regs)
{
    return ptrace(PTRACE_GETREGS, tid, 0, regs) ? trace_error(tid, "read the registers of") : NULL;
}

static struct err *write_registers(pid_t tid, const struct user_regs_struct *regs)
{
    return ptrace(PTRACE_SETREGS, tid, 0, regs) ? trace_error(tid, "set the registers of") : NULL;
}

void tracee_hold(struct tracee *tracee, int signal)
{
    if (tracee->n_held < TRACEE_SIGNALS_MAX)
        tracee->held[tracee->n_held++] = signal;
}

/* The signal to deliver with the next ptrace request; further ones are sent again. */
static int take_signals(struct tracee *tracee)
{
    unsigned n = tracee->n_held;

    tracee->n_held = 0;
    for (unsigned i = 1; i < n; i++)
        syscall(SYS_tkill, tracee->tid, tracee->held[i]);
    return n ? tracee->held[0] : 0;
}

/*
 * Waits for the stop that PTRACE_INTERRUPT asks for. Signals that come first are kept: delivered
 * now, the thread would stop at the start of their handler, and what it was doing could not be
 * seen.
 */
struct err *tracee_wait_stopped(struct tracee *tracee, uint64_t timeout_ns)
{
    int status;

    for (;;) {
        ERR_RETURN(wait_stop(tracee->tid, timeout_ns, &status));
        if (is_interrupt_stop(status))
            break;
        int signal = WSTOPSIG(status);
        if (signal != SIGTRAP && signal != SYSCALL_STOP)
            tracee_hold(tracee, signal);
        if (ptrace(PTRACE_CONT, tracee->tid, 0, 0))
            return trace_error(tracee->tid, "continue");
    }
    tracee->stopped = true;
    return read_registers(tracee->tid, &tracee->saved);
}

struct err *tracee_seize(pid_t tid, struct tracee *ret)
{
    if (ptrace(PTRACE_SEIZE, tid, 0, OPTIONS))
        return trace_error(tid, "seize");
    if (ptrace(PTRACE_INTERRUPT, tid, 0, 0))
        return trace_error(tid, "stop");
    *ret = (struct tracee){.tid = tid};
    return NULL;
}

struct err *tracee_stop(pid_t tid, uint64_t timeout_ns, struct tracee *ret)
{
    struct tracee tracee;

    ERR_RETURN(tracee_seize(tid, &tracee));
    ERR_RETURN(tracee_wait_stopped(&tracee, timeout_ns));
    *ret = tracee;
    return NULL;
}

struct err *tracee_interrupt(struct tracee *tracee, uint64_t timeout_ns)
{
    if (tracee->stopped)
        return NULL;
    if (ptrace(PTRACE_INTERRUPT, tracee->tid, 0, 0))
        return trace_error(tracee->tid, "stop");
    return tracee_wait_stopped(tracee, timeout_ns);
}

struct err *tracee_resume(struct tracee *tracee)
{
    int signal = take_signals(tracee);

    tracee->stopped = false;
    return ptrace(PTRACE_CONT, tracee->tid, 0, signal) ? trace_error(tracee->tid, "continue")
                                                       : NULL;
}

/* ---- memory ---- */

struct err *tracee_read(const struct tracee *tracee, uint64_t address, void *bytes, size_t n)
{
    struct iovec local = {bytes, n};
    struct iovec remote = {(void *)(uintptr_t)address, n};

    if (process_vm_readv(tracee->tid, &local, 1, &remote, 1, 0) != (ssize_t)n)
        return trace_error(tracee->tid, "read the memory of");
    return NULL;
}

struct err *tracee_write(const struct tracee *tracee, uint64_t address, const void *bytes, size_t n)
{
    struct iovec local = {(void *)bytes, n};
    struct iovec remote = {(void *)(uintptr_t)address, n};
    uint64_t at = address & ~7ull;

    if (process_vm_writev(tracee->tid, &local, 1, &remote, 1, 0) == (ssize_t)n)
        return NULL;
    /* not writable for the process itself: word by word, which ignores page protection */
    for (; at < address + n; at += 8) {
        errno = 0;
        uint64_t word = (uint64_t)ptrace(PTRACE_PEEKDATA, tracee->tid, at, 0);
        if (errno)
            return trace_error(tracee->tid, "read the memory of");
        for (unsigned i = 0; i < 8; i++)
            if (at + i >= address && at + i < address + n)
                ((uint8_t *)&word)[i] = ((const uint8_t *)bytes)[at + i - address];
        if (ptrace(PTRACE_POKEDATA, tracee->tid, at, word))
            return trace_error(tracee->tid, "write the memory of");
    }
    return NULL;
}

/* ---- borrowing ---- */

/* With shadow stacks a `ret` must match its `call`, and a fresh stack has none. */
static struct err *check_shadow_stack(pid_t tid)
{
    uint64_t ssp;
    struct iovec iov = {&ssp, sizeof ssp};

    if (ptrace(PTRACE_GETREGSET, tid, REGSET_SHSTK, &iov))
        return NULL;
    return err_new(ERR_UNSUPPORTED, "start it without glibc.cpu.x86_shstk=on",
                   "thread %d uses a shadow stack", tid);
}

struct err *tracee_borrow(struct tracee *tracee)
{
    uint64_t all = ~0ull;
    struct iovec iov;

    ERR_RETURN(check_shadow_stack(tracee->tid));
    tracee->xstate = malloc(TRACEE_XSTATE_BYTES);
    if (!tracee->xstate)
        return err_nomem();
    iov = (struct iovec){tracee->xstate, TRACEE_XSTATE_BYTES};
    if (ptrace(PTRACE_GETREGSET, tracee->tid, NT_X86_XSTATE, &iov))
        return trace_error(tracee->tid, "read the vector registers of");
    tracee->xstate_bytes = iov.iov_len;
    if (ptrace(PTRACE_GETSIGMASK, tracee->tid, sizeof tracee->saved_mask, &tracee->saved_mask))
        return trace_error(tracee->tid, "read the signal mask of");
    tracee->borrowed = true;
    if (ptrace(PTRACE_SETSIGMASK, tracee->tid, sizeof all, &all))
        return trace_error(tracee->tid, "block the signals of");
    return NULL;
}

/* Brings it to an interrupt stop: only leaving from there restarts an interrupted system call. */
static struct err *to_interrupt_stop(struct tracee *tracee)
{
    struct user_regs_struct saved = tracee->saved;
    struct err *err;

    if (ptrace(PTRACE_INTERRUPT, tracee->tid, 0, 0) || ptrace(PTRACE_CONT, tracee->tid, 0, 0))
        return trace_error(tracee->tid, "stop");
    err = tracee_wait_stopped(tracee, SYSCALL_TIMEOUT_NS);
    tracee->saved = saved;
    return err;
}

void tracee_release(struct tracee *tracee)
{
    if (tracee->borrowed && tracee->stopped) {
        struct iovec iov = {tracee->xstate, tracee->xstate_bytes};
        ptrace(PTRACE_SETREGSET, tracee->tid, NT_X86_XSTATE, &iov);
        ptrace(PTRACE_SETREGS, tracee->tid, 0, &tracee->saved);
        ptrace(PTRACE_SETSIGMASK, tracee->tid, sizeof tracee->saved_mask, &tracee->saved_mask);
    }
    ptrace(PTRACE_DETACH, tracee->tid, 0, (long)take_signals(tracee));
    free(tracee->xstate);
    *tracee = (struct tracee){0};
}

/* ---- running ---- */

/* Goes on to the next system call stop. Signals that cannot be blocked are kept for later. */
static struct err *next_syscall_stop(struct tracee *tracee, uint64_t timeout_ns)
{
    int status;

    for (;;) {
        if (tracee->stopped && ptrace(PTRACE_SYSCALL, tracee->tid, 0, 0))
            return trace_error(tracee->tid, "continue");
        tracee->stopped = false;
        ERR_RETURN(wait_stop(tracee->tid, timeout_ns, &status));
        tracee->stopped = true;
        int signal = WSTOPSIG(status);
        if (signal == SYSCALL_STOP)
            return NULL;
        if (is_interrupt_stop(
                status)) /* the whole process is being stopped: it will be, on release */
            continue;
        if (signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE ||
            signal == SIGTRAP)
            return err_new(ERR_INTERNAL, "report this, with the Python version and the system",
                           "the borrowed thread %d got signal %d", tracee->tid, signal);
        tracee_hold(tracee, signal);
    }
}

static struct user_regs_struct borrowed_registers(const struct tracee *tracee, uint64_t ip)
{
    struct user_regs_struct regs = tracee->saved;

    regs.rip = ip;
    regs.orig_rax = (unsigned long long)-1; /* else the kernel would restart what was interrupted */
    regs.eflags &= ~(unsigned long long)(FLAG_TRAP | FLAG_DIRECTION);
    return regs;
}

struct err *tracee_syscall(struct tracee *tracee, uint64_t gadget, long nr, const long args[6],
                           long *ret)
{
    struct user_regs_struct regs = borrowed_registers(tracee, gadget);

    regs.rax = (unsigned long long)nr;
    regs.rdi = (unsigned long long)args[0];
    regs.rsi = (unsigned long long)args[1];
    regs.rdx = (unsigned long long)args[2];
    regs.r10 = (unsigned long long)args[3];
    regs.r8 = (unsigned long long)args[4];
    regs.r9 = (unsigned long long)args[5];
    ERR_RETURN(write_registers(tracee->tid, &regs));
    ERR_RETURN(next_syscall_stop(tracee, SYSCALL_TIMEOUT_NS)); /* on the way in */
    ERR_RETURN(next_syscall_stop(tracee, SYSCALL_TIMEOUT_NS)); /* on the way out */
    ERR_RETURN(read_registers(tracee->tid, &regs));
    *ret = (long)regs.rax;
    return to_interrupt_stop(tracee);
}

struct err *tracee_finish(struct tracee *tracee, long end_nr, uint64_t end_arg, uint64_t timeout_ns)
{
    uint64_t deadline = clock_ns() + timeout_ns;
    struct user_regs_struct regs;

    do {
        uint64_t now = clock_ns();
        ERR_RETURN(next_syscall_stop(tracee, now < deadline ? deadline - now : 0));
        ERR_RETURN(read_registers(tracee->tid, &regs));
    } while ((long)regs.orig_rax != end_nr || regs.rdi != end_arg);
    ERR_RETURN(next_syscall_stop(tracee, SYSCALL_TIMEOUT_NS)); /* on the way out of it */
    return to_interrupt_stop(tracee);
}

struct err *tracee_run(struct tracee *tracee, uint64_t entry, uint64_t arg, uint64_t stack_top,
                       long end_nr, uint64_t end_arg, uint64_t timeout_ns)
{
    struct user_regs_struct regs = borrowed_registers(tracee, entry);

    regs.rdi = arg;
    regs.rsp = stack_top;
    regs.rbp = 0;
    ERR_RETURN(write_registers(tracee->tid, &regs));
    return tracee_finish(tracee, end_nr, end_arg, timeout_ns);
}
