#include "inspector/session/first.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/clock.h"
#include "inspector/session/doctor.h"

enum {
    POLL_NS = 200 * NS_PER_US,
    AUXV_BYTES_MAX = 4096,
    RED_ZONE_BYTES = 128,
    BREAKPOINT = 0xcc,
    OPTIONS = PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD,
};
static const uint64_t let_go_ns = 2000ull * NS_PER_MS;

struct watched {
    struct tracee tracee; /* `saved` are its registers at the last breakpoint */
    uint64_t deadline_ns;
    uint64_t breakpoint; /* where one is written, 0: nowhere */
    uint8_t original;    /* what was there */
    bool became_another; /* by execve(2), at the last stop */
};

struct err *first_watch(pid_t pid)
{
    if (!ptrace(PTRACE_SEIZE, pid, 0, OPTIONS))
        return NULL;
    return err_new(ERR_PERMISSION, NULL, "the kernel does not allow to trace process %d", pid);
}

/* ---- stops ---- */

/* The next stop's status. When it has ended, its status is left for whoever waits for it. */
static struct err *next_stop(struct watched *watched, int *status)
{
    pid_t pid = watched->tracee.tid;

    for (;;) {
        siginfo_t info = {.si_pid = 0};
        if (waitid(P_PID, (id_t)pid, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL) &&
            errno != EINTR)
            return err_sys(errno, "cannot wait for process %d", pid);
        if (info.si_pid && info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED)
            return err_new(ERR_TARGET_GONE, NULL, "it ended before it ran any Python");
        if (info.si_pid && waitpid(pid, status, __WALL | WNOHANG) == pid) {
            watched->tracee.stopped = true;
            watched->became_another = *status >> 16 == PTRACE_EVENT_EXEC;
            if (watched->became_another)
                watched->breakpoint = 0;
            return NULL;
        }
        if (clock_ns() > watched->deadline_ns)
            return err_new(ERR_TIMEOUT, NULL, "it does not get there");
        clock_sleep_ns(POLL_NS);
    }
}

static struct err *gone_on(const struct watched *watched)
{
    return err_sys(errno, "cannot go on with process %d", watched->tracee.tid);
}

/* Passes on what stopped it, and lets it run. */
static struct err *go_on(struct watched *watched, int status)
{
    int signal = status >> 16 || WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);

    watched->tracee.stopped = false;
    return ptrace(PTRACE_CONT, watched->tracee.tid, 0, signal) ? gone_on(watched) : NULL;
}

static struct err *wait_exec(struct watched *watched)
{
    int status;

    for (;;) {
        ERR_RETURN(next_stop(watched, &status));
        if (watched->became_another)
            return NULL;
        ERR_RETURN(go_on(watched, status));
    }
}

/* Whether this stop is the breakpoint at `address`. */
static bool is_at(struct watched *watched, int status, uint64_t address)
{
    struct user_regs_struct *regs = &watched->tracee.saved;

    return !(status >> 16) && WSTOPSIG(status) == SIGTRAP &&
           !ptrace(PTRACE_GETREGS, watched->tracee.tid, 0, regs) && regs->rip == address + 1;
}

static struct err *take_out(struct watched *watched)
{
    uint64_t address = watched->breakpoint;

    watched->breakpoint = 0;
    return address ? tracee_write(&watched->tracee, address, &watched->original, 1) : NULL;
}

/* Runs the stopped process until it is about to run the instruction at `address`, or becomes another program. */
static struct err *run_to(struct watched *watched, uint64_t address)
{
    struct tracee *tracee = &watched->tracee;
    uint8_t breakpoint = BREAKPOINT;
    int status = 0;
    struct err *err;

    ERR_RETURN(tracee_read(tracee, address, &watched->original, 1));
    watched->breakpoint = address;
    ERR_RETURN(tracee_write(tracee, address, &breakpoint, 1));
    do {
        err = go_on(watched, status);
        if (!err)
            err = next_stop(watched, &status);
    } while (!err && !watched->became_another && !is_at(watched, status, address));
    if (err || watched->became_another)
        return err;
    ERR_RETURN(take_out(watched));
    tracee->saved.rip = address;
    return ptrace(PTRACE_SETREGS, tracee->tid, 0, &tracee->saved) ? gone_on(watched) : NULL;
}

static struct err *step(struct watched *watched)
{
    int status;

    watched->tracee.stopped = false;
    if (ptrace(PTRACE_SINGLESTEP, watched->tracee.tid, 0, 0))
        return gone_on(watched);
    return next_stop(watched, &status);
}

/* ---- questions to the stopped process ---- */

/* Where the kernel told the loader that the program begins, 0 if that cannot be read. */
static uint64_t entry_point(pid_t pid)
{
    char path[64];
    _cleanup_free_ char *text = NULL;
    size_t bytes = 0;
    Elf64_auxv_t entry;

    snprintf(path, sizeof path, "/proc/%d/auxv", pid);
    err_destroy(proc_read_file(path, AUXV_BYTES_MAX, &text, &bytes));
    for (size_t at = 0; text && at + sizeof entry <= bytes; at += sizeof entry) {
        memcpy(&entry, text + at, sizeof entry);
        if (entry.a_type == AT_ENTRY)
            return entry.a_un.a_val;
    }
    return 0;
}

/*
 * Calls `function`, which takes nothing and only looks, from where the process stands: at the start of a function, at `here`.
 * It returns to `here`, below the stack that is in use.
 */
static struct err *ask(struct watched *watched, uint64_t function, uint64_t here, bool *ret)
{
    struct tracee *tracee = &watched->tracee;
    struct user_regs_struct before = tracee->saved, regs = before;

    regs.rip = function;
    regs.rsp -= 2 * RED_ZONE_BYTES;
    ERR_RETURN(tracee_write(tracee, regs.rsp, &here, sizeof here));
    if (ptrace(PTRACE_SETREGS, tracee->tid, 0, &regs))
        return gone_on(watched);
    ERR_RETURN(run_to(watched, here));
    *ret = (uint32_t)tracee->saved.rax != 0;
    tracee->saved = before;
    return ptrace(PTRACE_SETREGS, tracee->tid, 0, &before) ? gone_on(watched) : NULL;
}

/* ---- the way to the first line ---- */

static bool has_python(const struct doctor *doctor)
{
    return doctor->checks[DOCTOR_PYTHON].state == DOCTOR_OK;
}

/* Until the process is a Python whose libraries are there. ERR_UNSUPPORTED: it is one that we cannot look into. */
static struct err *wait_python(struct watched *watched, struct doctor *ret)
{
    for (;;) {
        if (!watched->became_another)
            ERR_RETURN(wait_exec(watched));
        watched->became_another = false;
        uint64_t entry = entry_point(watched->tracee.tid);
        if (entry)
            ERR_RETURN(run_to(watched, entry));
        if (watched->became_another)
            continue;
        ERR_RETURN(doctor_examine(watched->tracee.tid, ret));
        if (has_python(ret))
            return NULL;
        struct err *err = *ret->python.version ? doctor_verdict(ret) : NULL;
        doctor_deinit(ret);
        if (err)
            return err;
        ERR_RETURN(go_on(watched, 0));
    }
}

/* From there to the first piece of code after the interpreter is initialised. *caught: it stands there. */
static struct err *wait_initialized(struct watched *watched, const struct doctor *doctor,
                                    bool *caught)
{
    static const char *const names[] = {"PyEval_EvalCode", "Py_IsInitialized"};
    uint64_t functions[2];

    python_symbols(watched->tracee.tid, &doctor->maps, &doctor->python, names, 2, functions);
    *caught = false;
    if (!functions[0] || !functions[1])
        return NULL;
    for (;;) {
        ERR_RETURN(run_to(watched, functions[0]));
        if (watched->became_another)
            return NULL;
        ERR_RETURN(ask(watched, functions[1], functions[0], caught));
        if (*caught)
            return NULL;
        ERR_RETURN(step(watched));
    }
}

static struct err *attach_at_first_line(struct watched *watched, struct attach_result *ret)
{
    struct doctor doctor;
    struct err *err = NULL;
    bool caught = false;

    do {
        ERR_RETURN(wait_python(watched, &doctor));
        err = wait_initialized(watched, &doctor, &caught);
        if (!err && caught && doctor.checks[DOCTOR_LOADER].state == DOCTOR_OK)
            err = attach_on(&watched->tracee, &doctor, "before its first line", ret);
        doctor_deinit(&doctor);
        if (err && caught && err->code == ERR_TARGET_GONE) {
            err_destroy(err); /* a launcher: its first line made it another program */
            return NULL;
        }
    } while (!err && watched->became_another);
    return err;
}

/* Ends the tracing of a process that is still traced, and leaves nothing in it. */
static void let_go(struct watched *watched)
{
    int status;

    watched->deadline_ns = clock_ns() + let_go_ns;
    if (!watched->tracee.stopped && !ptrace(PTRACE_INTERRUPT, watched->tracee.tid, 0, 0))
        err_destroy(next_stop(watched, &status));
    err_destroy(take_out(watched));
    ptrace(PTRACE_DETACH, watched->tracee.tid, 0, 0);
}

/* It did not come to a first line in time: a Python in it will be attached to as any other. */
static struct err *look_again(pid_t pid)
{
    struct doctor doctor;

    ERR_RETURN(doctor_examine(pid, &doctor));
    struct err *err = has_python(&doctor) ? NULL : doctor_verdict(&doctor);
    doctor_deinit(&doctor);
    return err;
}

struct err *first_attach(pid_t pid, uint64_t limit_ns, struct attach_result *ret)
{
    struct watched watched = {.tracee = {.tid = pid}, .deadline_ns = clock_ns() + limit_ns};
    struct attach_result result = {.ring_fd = -1};
    struct err *err = attach_at_first_line(&watched, &result);

    if (watched.tracee.tid) /* attach_on() gives it back and forgets it */
        let_go(&watched);
    if (err && err->code == ERR_TIMEOUT) {
        err_destroy(err);
        err = look_again(pid);
    }
    if (!err)
        *ret = result;
    return err;
}
