#include "inspector/session/safepoint.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inspector/base/clock.h"
#include "inspector/session/breakpoints.h"

enum {
    STOP_NS = 50 * NS_PER_MS, /* a thread that does not stop by then is in an uninterruptible call,
                                 or the machine is busy */
    LAST_STOP_NS = 1000 * NS_PER_MS,
    PAUSE_NS = 500 * NS_PER_US,
    ERESTART_FIRST = 512, /* ERESTARTSYS, -NOINTR, -NOHAND, (515 is internal), -RESTARTBLOCK */
    ERESTART_LAST = 516,
    FUTEX_COMMAND = 0x7f,
    STRAGGLERS_MAX = 64,
};

/* Calls in which a thread may wait for long and that neither malloc nor the loader makes. */
static const struct {
    long nr;
    const char *name;
    bool eintr; /* PTRACE_INTERRUPT makes it return EINTR: not restarted by the kernel */
} harmless[] = {
    {SYS_read, "read", false},
    {SYS_readv, "readv", false},
    {SYS_write, "write", false},
    {SYS_poll, "poll", false},
    {SYS_ppoll, "ppoll", false},
    {SYS_select, "select", false},
    {SYS_pselect6, "pselect", false},
    {SYS_nanosleep, "nanosleep", false},
    {SYS_clock_nanosleep, "clock_nanosleep", false},
    {SYS_accept, "accept", false},
    {SYS_accept4, "accept", false},
    {SYS_connect, "connect", false},
    {SYS_recvfrom, "recv", false},
    {SYS_recvmsg, "recvmsg", false},
    {SYS_sendto, "send", false},
    {SYS_sendmsg, "sendmsg", false},
    {SYS_wait4, "wait", false},
    {SYS_waitid, "wait", false},
    {SYS_pause, "pause", false},
    {SYS_rt_sigtimedwait, "sigwait", true},
    {SYS_rt_sigsuspend, "sigsuspend", false},
    {SYS_flock, "flock", false},
    {SYS_fcntl, "fcntl", false},
    {SYS_futex, "a lock", false},
    {SYS_epoll_wait, "epoll_wait", true},
    {SYS_epoll_pwait, "epoll_wait", true},
#ifdef SYS_epoll_pwait2
    {SYS_epoll_pwait2, "epoll_wait", true},
#endif
    /* what a wait with a time limit is called once somebody has interrupted it, us for instance:
       poll, a sleep, a semaphore or condition; malloc and the loader set no time limits */
    {SYS_restart_syscall, "a wait", false},
};

static bool inside(const struct safepoint_map *maps, size_t n, uint64_t address)
{
    for (size_t i = 0; i < n; i++)
        if (address >= maps[i].start && address < maps[i].end)
            return true;
    return false;
}

/* The entry for a call that may be interrupted safely, or -1. */
static int harmless_call(long nr, long op)
{
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
        if (harmless[i].nr ==
            nr) /* semaphores, conditions and joins wait with a bit set; plain locks do not */
            return nr != SYS_futex || (op & FUTEX_COMMAND) == FUTEX_WAIT_BITSET ? (int)i : -1;
    return -1;
}

static bool is_blocked(const struct safepoint_spec *spec, const struct tracee *tracee,
                       char how[SAFEPOINT_HOW_BYTES])
{
    const struct user_regs_struct *regs = &tracee->saved;
    int call = harmless_call((long)regs->orig_rax, (long)regs->rsi);
    long result = (long)regs->rax;

    if (call < 0 || inside(spec->loader, spec->n_loader, regs->rip))
        return false;
    bool restarts = result <= -ERESTART_FIRST && result >= -ERESTART_LAST;
    if (!restarts && !(harmless[call].eintr && result == -EINTR))
        return false;
    snprintf(how, SAFEPOINT_HOW_BYTES, "blocked in %s", harmless[call].name);
    return true;
}

static bool is_safe(const struct safepoint_spec *spec, const struct tracee *tracee,
                    char how[SAFEPOINT_HOW_BYTES])
{
    if (is_blocked(spec, tracee, how))
        return true;
    if ((long)tracee->saved.orig_rax >= 0 ||
        !inside(spec->python, spec->n_python, tracee->saved.rip))
        return false;
    snprintf(how, SAFEPOINT_HOW_BYTES, "in Python code");
    return true;
}

/* ---- which thread to try first ---- */

enum { RANK_BLOCKED, RANK_RUNNING, RANK_BLOCKED_EINTR, RANK_UNSAFE };

/* From /proc, without stopping it. */
static int rank(pid_t pid, pid_t tid)
{
    char path[64], text[128];
    long nr = -1, op = 0;

    snprintf(path, sizeof path, "/proc/%d/task/%d/syscall", pid, tid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return RANK_RUNNING; /* if it is not allowed, seizing will tell */
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0)
        return RANK_RUNNING;
    text[n] = '\0';
    if (!strncmp(text, "running", 7))
        return RANK_RUNNING;
    if (sscanf(text, "%ld %*x %lx", &nr, (unsigned long *)&op) < 1)
        return RANK_UNSAFE;
    int call = harmless_call(nr, op);
    return call < 0 ? RANK_UNSAFE : harmless[call].eintr ? RANK_BLOCKED_EINTR : RANK_BLOCKED;
}

struct candidate {
    pid_t tid;
    int rank;
};

static int by_rank(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    return x->rank != y->rank ? x->rank - y->rank : (x->tid > y->tid) - (x->tid < y->tid);
}

static struct err *find_candidates(pid_t pid, struct candidate **ret, size_t *n)
{
    struct proc_threads threads;

    ERR_RETURN(proc_threads_read(pid, &threads));
    *ret = calloc(threads.n ? threads.n : 1, sizeof **ret);
    for (size_t i = 0; *ret && i < threads.n; i++)
        (*ret)[i] = (struct candidate){threads.tid[i], rank(pid, threads.tid[i])};
    *n = threads.n;
    proc_threads_deinit(&threads);
    if (!*ret)
        return err_nomem();
    qsort(*ret, *n, sizeof **ret, by_rank);
    return NULL;
}

/* ---- sampling ---- */

/* Threads that were asked to stop and have not, as on a busy machine: they are seized, and what is
 * waited for the next time. */
struct stragglers {
    struct tracee at[STRAGGLERS_MAX];
    size_t n;
};

/* Takes `tid` out of the stragglers; false if it is none. */
static bool take_straggler(struct stragglers *stragglers, pid_t tid, struct tracee *ret)
{
    for (size_t i = 0; i < stragglers->n; i++) {
        if (stragglers->at[i].tid != tid)
            continue;
        *ret = stragglers->at[i];
        stragglers->at[i] = stragglers->at[--stragglers->n];
        return true;
    }
    return false;
}

/* As tracee_stop(), going on where an earlier try gave up; then without waiting. */
static struct err *stop(struct stragglers *stragglers, pid_t tid, struct tracee *ret)
{
    struct tracee tracee;
    uint64_t timeout_ns = STOP_NS;

    if (take_straggler(stragglers, tid, &tracee))
        timeout_ns = 0;
    else
        ERR_RETURN(tracee_seize(tid, &tracee));
    struct err *err = tracee_wait_stopped(&tracee, timeout_ns);
    if (err && err->code == ERR_TIMEOUT && stragglers->n < STRAGGLERS_MAX)
        stragglers->at[stragglers->n++] = tracee;
    if (!err)
        *ret = tracee;
    return err;
}

static bool is_straggler(const struct stragglers *stragglers, pid_t tid)
{
    for (size_t i = 0; i < stragglers->n; i++)
        if (stragglers->at[i].tid == tid)
            return true;
    return false;
}

/* Lets them go, for they are in the way of the breakpoints, which seize them anew. */
static struct err *release_stragglers(struct stragglers *stragglers)
{
    struct err *err = NULL;

    for (size_t i = 0; i < stragglers->n && !err; i++) {
        err = tracee_wait_stopped(&stragglers->at[i], LAST_STOP_NS);
        if (!err)
            tracee_release(&stragglers->at[i]);
        if (err && err->code == ERR_TARGET_GONE) { /* that thread */
            err_destroy(err);
            err = NULL;
        }
    }
    return err;
}

/* Tries every thread once. *found says whether one is held now. */
static struct err *sample(const struct safepoint_spec *spec, struct stragglers *stragglers,
                          struct tracee *ret, char *how, bool *found)
{
    struct candidate *candidates;
    size_t n;
    struct err *err = NULL;

    ERR_RETURN(find_candidates(spec->pid, &candidates, &n));
    *found = false;
    for (size_t i = 0; i < n && !*found && !err; i++) {
        struct tracee tracee;
        if (candidates[i].rank == RANK_UNSAFE && !is_straggler(stragglers, candidates[i].tid))
            continue; /* stopping it could only disturb */
        err = stop(stragglers, candidates[i].tid, &tracee);
        if (err && err->code != ERR_PERMISSION) { /* a refusal concerns all threads */
            err_destroy(err);
            err = NULL;
            continue;
        }
        if (err)
            break;
        *found = is_safe(spec, &tracee, how);
        if (*found)
            *ret = tracee;
        else
            tracee_release(&tracee);
    }
    free(candidates);
    return err;
}

struct err *safepoint_take(const struct safepoint_spec *spec, struct tracee *ret,
                           char how[SAFEPOINT_HOW_BYTES])
{
    uint64_t deadline = clock_ns() + spec->sample_ns;
    struct stragglers stragglers = {.n = 0};
    bool found = false;

    while (clock_ns() < deadline) {
        if (atomic_load(spec->cancel))
            return err_new(ERR_CANCELLED, NULL, "cancelled");
        ERR_RETURN(sample(spec, &stragglers, ret, how, &found));
        for (size_t i = 0; found && i < stragglers.n; i++)
            tracee_abandon(&stragglers.at[i]);
        if (found)
            return NULL;
        clock_sleep_ns(PAUSE_NS);
    }
    ERR_RETURN(release_stragglers(&stragglers));
    return breakpoints_take(spec, ret, how);
}
