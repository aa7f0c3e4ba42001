#include "inspector/session/breakpoints.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "inspector/base/clock.h"
#include "inspector/base/mem.h"

enum {
    INT3 = 0xcc,
    STOP_NS = 200 * NS_PER_MS,
    POLL_NS = 200 * NS_PER_US,
    SEIZE_ROUNDS_MAX = 20, /* until no thread is new */
    OPTIONS =
        PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK,
};

/* A thread of the process, or a child that it forked while the breakpoints were in place. */
struct member {
    struct tracee tracee; /* tid 0: already let go */
    bool own_memory;
};

struct team {
    const struct safepoint_spec *spec;
    struct member *threads;
    size_t n, cap;
    uint8_t original[SAFEPOINT_BREAKPOINTS_MAX];
    bool written[SAFEPOINT_BREAKPOINTS_MAX];
};

static bool is_known(const struct team *team, pid_t tid)
{
    for (size_t i = 0; i < team->n; i++)
        if (team->threads[i].tracee.tid == tid)
            return true;
    return false;
}

static struct err *stop_member(pid_t tid, struct member *ret)
{
    ret->own_memory = false;
    return tracee_stop(tid, STOP_NS, &ret->tracee);
}

/* Seizes and stops the threads that are there now; *new says whether any was not known. */
static struct err *seize_round(struct team *team, bool *new)
{
    struct proc_threads threads;
    struct err *err = NULL;

    *new = false;
    ERR_RETURN(proc_threads_read(team->spec->pid, &threads));
    for (size_t i = 0; i < threads.n && !err; i++) {
        if (is_known(team, threads.tid[i]))
            continue;
        err = grow(&team->threads, &team->cap, team->n + 1, sizeof *team->threads);
        if (!err)
            err = stop_member(threads.tid[i], &team->threads[team->n]);
        if (err && err->code == ERR_TARGET_GONE) { /* ended meanwhile */
            err_destroy(err);
            err = NULL;
        } else if (!err) {
            team->n++;
            *new = true;
        }
    }
    proc_threads_deinit(&threads);
    return err;
}

static struct err *seize_all(struct team *team)
{
    bool new = true;

    for (int round = 0; new &&round < SEIZE_ROUNDS_MAX; round++)
        ERR_RETURN(seize_round(team, &new));
    return NULL;
}

static struct err *write_all(struct team *team)
{
    const uint8_t int3 = INT3;

    for (size_t i = 0; i < team->spec->n_functions && i < SAFEPOINT_BREAKPOINTS_MAX; i++) {
        uint64_t at = team->spec->functions[i];
        if (!at)
            continue;
        ERR_RETURN(tracee_read(&team->threads[0].tracee, at, &team->original[i], 1));
        ERR_RETURN(tracee_write(&team->threads[0].tracee, at, &int3, 1));
        team->written[i] = true;
    }
    return NULL;
}

/* The breakpoint at `address`, or -1. */
static int breakpoint_at(const struct team *team, uint64_t address)
{
    for (int i = 0; i < SAFEPOINT_BREAKPOINTS_MAX; i++)
        if (team->written[i] && team->spec->functions[i] == address)
            return i;
    return -1;
}

static void put_back(const struct team *team, const struct tracee *thread)
{
    for (int i = 0; i < SAFEPOINT_BREAKPOINTS_MAX; i++)
        if (team->written[i])
            err_destroy(tracee_write(thread, team->spec->functions[i], &team->original[i], 1));
}

/* A new thread or child process has come into being; it is traced from its first instruction. */
static struct err *add_newborn(struct team *team, pid_t parent, bool own_memory)
{
    unsigned long tid = 0;

    if (ptrace(PTRACE_GETEVENTMSG, parent, 0, &tid) || is_known(team, (pid_t)tid))
        return NULL;
    ERR_RETURN(grow(&team->threads, &team->cap, team->n + 1, sizeof *team->threads));
    team->threads[team->n++] =
        (struct member){.tracee = {.tid = (pid_t)tid}, .own_memory = own_memory};
    return NULL;
}

/* What a stop of one thread means. *hit is set when it ran into a breakpoint; else it runs on. */
static struct err *handle_stop(struct team *team, size_t i, int status, bool *hit)
{
    struct tracee *thread = &team->threads[i].tracee;
    int event = status >> 16;

    thread->stopped = true;
    if (WSTOPSIG(status) == SIGTRAP && !event &&
        !ptrace(PTRACE_GETREGS, thread->tid, 0, &thread->saved) &&
        breakpoint_at(team, thread->saved.rip - 1) >= 0) {
        *hit = true;
        return NULL;
    }
    if (event == PTRACE_EVENT_CLONE || event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK)
        ERR_RETURN(add_newborn(team, thread->tid, event == PTRACE_EVENT_FORK));
    else if (!event)
        tracee_hold(thread, WSTOPSIG(status));
    thread = &team->threads[i].tracee; /* the array may have moved */
    if (team->threads[i].own_memory) { /* a forked child has its own copy of the breakpoints */
        put_back(team, thread);
        tracee_release(thread);
        return NULL;
    }
    return tracee_resume(thread);
}

/* Waits until a thread hits one. *hit is its place in the team. */
static struct err *wait_hit(struct team *team, size_t *hit)
{
    uint64_t deadline = clock_ns() + team->spec->breakpoint_ns;

    while (clock_ns() < deadline && !atomic_load(team->spec->cancel)) {
        for (size_t i = 0; i < team->n; i++) {
            const struct tracee *thread = &team->threads[i].tracee;
            bool is_hit = false;
            int status;
            if (!thread->tid || thread->stopped ||
                waitpid(thread->tid, &status, __WALL | WNOHANG) != thread->tid ||
                !WIFSTOPPED(status)) /* runs, or ended */
                continue;
            ERR_RETURN(handle_stop(team, i, status, &is_hit));
            if (is_hit) {
                *hit = i;
                return NULL;
            }
        }
        clock_sleep_ns(POLL_NS);
    }
    if (atomic_load(team->spec->cancel))
        return err_new(ERR_CANCELLED, NULL, "cancelled");
    return err_new(ERR_TIMEOUT, "try again later",
                   "no thread of it came to a point where it could be borrowed: "
                   "all of them are busy in C code");
}

/* A thread that ran into a breakpoint stands one byte behind it. */
static void step_back(const struct team *team, struct tracee *thread)
{
    if (!thread->stopped || breakpoint_at(team, thread->saved.rip - 1) < 0)
        return;
    thread->saved.rip--;
    ptrace(PTRACE_SETREGS, thread->tid, 0, &thread->saved);
}

/* The options of a thread as tracee_stop() sets them: what it starts from now on is not ours. */
static void trace_no_children(const struct tracee *thread)
{
    if (thread->stopped)
        ptrace(PTRACE_SETOPTIONS, thread->tid, 0, PTRACE_O_TRACESYSGOOD);
}

/* Stops everybody, puts the bytes back. As far as it gets: threads may end at any time. */
static void undo(struct team *team)
{
    const struct tracee *stopped = NULL;

    for (size_t i = 0; i < team->n; i++) {
        struct tracee *thread = &team->threads[i].tracee;
        struct err *err = thread->tid ? tracee_interrupt(thread, STOP_NS) : NULL;
        if (thread->tid && !err && !team->threads[i].own_memory)
            stopped = thread;
        err_destroy(err);
    }
    if (stopped)
        put_back(team, stopped);
    for (size_t i = 0; i < team->n; i++) {
        struct tracee *thread = &team->threads[i].tracee;
        if (thread->stopped && team->threads[i].own_memory)
            put_back(team, thread);
        step_back(team, thread);
        trace_no_children(thread);
    }
}

static struct err *run_to_breakpoint(struct team *team, size_t *hit)
{
    ERR_RETURN(seize_all(team));
    if (!team->n)
        return err_new(ERR_TARGET_GONE, NULL, "it has no threads any more");
    for (size_t i = 0; i < team->n; i++)
        ptrace(PTRACE_SETOPTIONS, team->threads[i].tracee.tid, 0, OPTIONS);
    ERR_RETURN(write_all(team));
    for (size_t i = 0; i < team->n; i++)
        ERR_RETURN(tracee_resume(&team->threads[i].tracee));
    return wait_hit(team, hit);
}

struct err *breakpoints_take(const struct safepoint_spec *spec, struct tracee *ret,
                             char how[SAFEPOINT_HOW_BYTES])
{
    struct team team = {.spec = spec};
    size_t hit = SIZE_MAX;
    struct err *err = run_to_breakpoint(&team, &hit);

    undo(&team);
    for (size_t i = 0; i < team.n; i++) {
        if (!err && i == hit)
            *ret = team.threads[i].tracee;
        else if (team.threads[i].tracee.tid)
            tracee_release(&team.threads[i].tracee);
    }
    free(team.threads);
    if (!err)
        snprintf(how, SAFEPOINT_HOW_BYTES, "at a call of Python's C API");
    return err;
}
