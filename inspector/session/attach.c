#include "inspector/session/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/clock.h"
#include "inspector/session/doctor.h"
#include "inspector/session/doctor_private.h"
#include "inspector/session/evict.h"
#include "inspector/session/inject.h"

enum {
    POLL_NS = 200 * NS_PER_US,
    REFUSAL_BYTES = 384,
    BUSY_NS = 500 * NS_PER_MS,
    BUSY_PAUSE_NS = 50 * NS_PER_MS,
};

/* ---- the plan ---- */

static void add_range(struct safepoint_map *ranges, size_t *n, const struct proc_map *map)
{
    if (*n < INJECT_MAPS_MAX)
        ranges[(*n)++] = (struct safepoint_map){map->start, map->end};
}

/* Functions that every program calls, those that C extensions call around long work first. */
static void find_functions(pid_t pid, const struct proc_maps *maps, const struct python *python,
                           uint64_t functions[SAFEPOINT_BREAKPOINTS_MAX])
{
    static const char *const names[SAFEPOINT_BREAKPOINTS_MAX] = {
        "PyEval_SaveThread", "PyEval_RestoreThread", "_Py_HandlePending",
        "PyObject_Malloc",   "PyObject_Free",        "PyLong_FromLong",
    };

    python_symbols(pid, maps, python, names, SAFEPOINT_BREAKPOINTS_MAX, functions);
}

static void fill_plan(const struct doctor *doctor, struct inject_plan *plan)
{
    const struct proc_maps *maps = &doctor->maps;
    const struct python *python = &doctor->python;

    plan->libs = doctor->libs;
    for (size_t i = 0; i < maps->n; i++) {
        const struct proc_map *map = &maps->at[i];
        if (map->exec && map->inode == python->inode)
            add_range(plan->python, &plan->n_python, map);
        else if (target_libs_is_loader(map))
            add_range(plan->loader, &plan->n_loader, map);
    }
    find_functions(plan->pid, maps, python, plan->functions);
    if (python->in_library)
        snprintf(plan->libpython, sizeof plan->libpython, "%s", python->path);
}

/* ---- the process that does it ---- */

/* Shared with it. */
struct outcome {
    atomic_bool cancel;  /* set by us */
    atomic_bool written; /* set by it: the rest is valid */
    bool failed;
    enum err_code code;
    char message[REFUSAL_BYTES];
    char hint[REFUSAL_BYTES];
    struct inject_result result;
};

static atomic_bool *cancel_on_signal;

static void cancelled(int signal)
{
    (void)signal;
    atomic_store(cancel_on_signal, true);
}

/* Nothing but our parent's death or its word ends us; both mean: undo. */
static void become_helper(struct outcome *outcome, pid_t parent)
{
    struct sigaction action = {.sa_handler = cancelled};
    sigset_t mask;

    cancel_on_signal = &outcome->cancel;
    setsid();
    prctl(PR_SET_NAME, "ouro-attach");
    sigaction(SIGUSR1, &action, NULL);
    sigfillset(&mask);
    sigdelset(&mask, SIGUSR1);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    prctl(PR_SET_PDEATHSIG, SIGUSR1);
    if (getppid() != parent)
        atomic_store(&outcome->cancel, true);
}

/* The first failure is what our parent gets to know. Owns `err`. */
static void report_failure(struct err *err, void *arg)
{
    struct outcome *outcome = arg;

    if (!atomic_load(&outcome->written)) {
        outcome->failed = true;
        outcome->code = err->code;
        snprintf(outcome->message, sizeof outcome->message, "%s", err->message);
        snprintf(outcome->hint, sizeof outcome->hint, "%s", err->hint ? err->hint : "");
        atomic_store(&outcome->written, true);
    }
    err_destroy(err);
}

static _Noreturn void helper(const struct inject_plan *plan, struct outcome *outcome, pid_t parent)
{
    become_helper(outcome, parent);
    struct err *err = inject_run(plan, report_failure, outcome, &outcome->result);
    if (err)
        report_failure(err, outcome);
    atomic_store(&outcome->written, true);
    _exit(0);
}

/* Waits for its word, passing on a cancellation. It may live on after a failure, to give a thread
 * back. */
static struct err *wait_helper(pid_t pid, struct outcome *outcome, const atomic_bool *cancel)
{
    bool ended = false;

    while (!ended && !(atomic_load(&outcome->written) && outcome->failed)) {
        if (atomic_load(cancel))
            atomic_store(&outcome->cancel, true);
        pid_t got = waitpid(pid, NULL, WNOHANG);
        if (got < 0 && errno != EINTR)
            return err_sys(errno, "cannot wait for the attaching process");
        ended = got == pid;
        if (!ended)
            clock_sleep_ns(POLL_NS);
    }
    if (!atomic_load(&outcome->written))
        return err_new(ERR_INTERNAL, "see whether the target still runs",
                       "the attaching process was killed");
    if (!outcome->failed)
        return NULL;
    return err_new(outcome->code, outcome->hint[0] ? outcome->hint : NULL, "%s", outcome->message);
}

/* ---- what the loader and the agent said ---- */

static struct err *loader_refusal(const struct loader *loader)
{
    switch ((enum loader_step)loader->step) {
    case LOADER_DONE:
        return NULL;
    case LOADER_MEMFD:
        return err_hint(err_sys(loader->result, "the target cannot create a memfd"),
                        "a seccomp filter of the target forbids it");
    case LOADER_WRITE:
        return err_hint(err_sys(loader->result, "the target cannot write the agent"),
                        "a memory limit of the target forbids it");
    case LOADER_MAP:
        return err_hint(err_sys(loader->result, "the target cannot map the agent"),
                        "a seccomp filter, a security module or a memory limit of the target "
                        "forbids it");
    case LOADER_PENDING:
        break;
    }
    return err_new(ERR_INTERNAL, "report this, with the Python version and the system",
                   "the agent could not be entered");
}

/* An agent is at work: another inspector's, or one whose inspector has gone and that cannot go itself yet. */
static struct err *somebody_is_there(pid_t pid, pid_t inspector)
{
    struct proc_maps maps;
    struct evict_found found = {.inspector_lives = true};

    ERR_RETURN(proc_maps_read(pid, &maps));
    bool is_there = evict_look(pid, &maps, &found);
    proc_maps_deinit(&maps);
    if (is_there && found.inspector_lives)
        return doctor_other_inspector(pid, inspector);
    return err_new(
        ERR_BUSY, "try again when that thread lets go",
        "what an earlier ouro left in process %d still waits for the interpreter lock, which "
        "a thread holds in C code",
        pid);
}

static struct err *start_refusal(pid_t pid, const struct start *start)
{
    char text[START_TEXT_BYTES];

    snprintf(text, sizeof text, "%.*s", (int)sizeof start->text - 1, start->text);
    switch ((enum start_status)start->status) {
    case START_OK:
        return NULL;
    case START_BUSY:
        return somebody_is_there(pid, start->value);
    case START_NO_SYMBOL:
        return err_new(ERR_UNSUPPORTED, NULL, "its Python does not have '%s'", text);
    case START_VERSION:
        return err_new(ERR_UNSUPPORTED, "3.8 to 3.14 are supported", "it runs Python %s", text);
    case START_FREE_THREADED:
        return err_new(ERR_UNSUPPORTED, "builds with the GIL are supported",
                       "it runs a free-threaded Python: %s", text);
    case START_NOT_READY:
        return err_new(ERR_NOT_YET, "try again",
                       "its interpreter is not initialised: it is just starting, or has ended");
    case START_ENDING:
        return err_new(ERR_TARGET_GONE, NULL, "its interpreter is shutting down, or has ended");
    case START_ERRNO:
        return err_sys(start->value, "the agent could not get its %s", text);
    case START_PENDING:
        break;
    }
    return err_new(ERR_INTERNAL, "report this, with the Python version and the system",
                   "the agent did not start");
}

/* The agent keeps its descriptor open until we have ours. */
static struct err *open_ring(pid_t pid, int target_fd, int *ret)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, target_fd);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return err_new(ERR_TARGET_GONE, "attach again",
                       "process %d has ended or become another program just now", pid);
    if (fd < 0)
        return err_sys(errno, "cannot open the shared memory of process %d", pid);
    *ret = fd;
    return NULL;
}

/* What a loader's run came to: an agent that runs. */
static struct err *take_agent(const struct inject_plan *plan, const struct inject_result *result,
                              struct attach_result *ret)
{
    ERR_RETURN(start_refusal(plan->pid, &result->loader.start));
    ERR_RETURN(open_ring(plan->pid, result->loader.start.ring_fd, &ret->ring_fd));
    snprintf(ret->how, sizeof ret->how, "%s", result->how);
    ret->held_ns = result->held_ns;
    return NULL;
}

/* One try: the helper runs, its word is heard. */
static struct err *run_helper(const struct inject_plan *plan, struct outcome *outcome,
                              const atomic_bool *cancel)
{
    pid_t parent = getpid();
    pid_t pid;

    memset(outcome, 0, sizeof *outcome);
    pid = fork();
    if (pid < 0)
        return err_sys(errno, "cannot start the attaching process");
    if (pid == 0)
        helper(plan, outcome, parent);
    ERR_RETURN(wait_helper(pid, outcome, cancel));
    return loader_refusal(&outcome->result.loader);
}

static struct err *attach_with(const struct inject_plan *plan, struct outcome *outcome,
                               const atomic_bool *cancel, struct attach_result *ret)
{
    uint64_t deadline = clock_ns() + BUSY_NS;

    /* an agent that has just been left needs a moment to go */
    do {
        if (outcome->result.loader.start.status == START_BUSY)
            clock_sleep_ns(BUSY_PAUSE_NS);
        ERR_RETURN(run_helper(plan, outcome, cancel));
    } while (outcome->result.loader.start.status == START_BUSY && clock_ns() < deadline);
    return take_agent(plan, &outcome->result, ret);
}

static void forget_lateness(struct err *err, void *arg)
{
    (void)arg;
    err_destroy(err);
}

struct err *attach_on(struct tracee *tracee, const struct doctor *doctor, const char *how,
                      struct attach_result *ret)
{
    uint64_t start = clock_ns();
    struct inject_plan plan = {.pid = tracee->tid};
    struct inject_result result = {.held_ns = 0};

    fill_plan(doctor, &plan);
    struct err *err = inject_on(&plan, tracee, forget_lateness, NULL, &result);
    if (!err)
        err = loader_refusal(&result.loader);
    snprintf(result.how, sizeof result.how, "%s", how);
    if (!err)
        err = take_agent(&plan, &result, ret);
    ret->total_ns = clock_ns() - start;
    return err_context(err, "cannot attach to '%d'", plan.pid);
}

static struct err *attach_by_ptrace(pid_t pid, const struct doctor *doctor,
                                    const atomic_bool *cancel, struct attach_result *ret)
{
    struct inject_plan plan = {.pid = pid};
    struct outcome *outcome =
        mmap(NULL, sizeof *outcome, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (outcome == MAP_FAILED)
        return err_nomem();
    fill_plan(doctor, &plan);
    plan.cancel = &outcome->cancel;
    struct err *err = attach_with(&plan, outcome, cancel, ret);
    snprintf(ret->how, sizeof ret->how, "%s", outcome->result.how);
    munmap(outcome, sizeof *outcome);
    return err;
}

static struct err *attach_by_remote_exec(pid_t pid, const struct doctor *doctor,
                                         const struct remote *remote, const atomic_bool *cancel,
                                         struct attach_result *ret)
{
    const struct python *python = &doctor->python;
    struct start start;

    ERR_RETURN(remote_run(pid, remote, &doctor->libs, python->in_library ? python->path : "",
                          cancel, &start));
    ERR_RETURN(start_refusal(pid, &start));
    ERR_RETURN(open_ring(pid, start.ring_fd, &ret->ring_fd));
    snprintf(ret->how, sizeof ret->how, "by remote-exec");
    ret->held_ns = 0;
    return NULL;
}

/* No thread could be borrowed: one that comes back to Python code may still be asked. Owns `err`. */
static struct err *try_remote_exec(struct err *err, pid_t pid, const struct doctor *doctor,
                                   const atomic_bool *cancel, struct attach_result *ret)
{
    struct remote remote;
    struct err *why = remote_find(pid, &doctor->maps, &doctor->python, &remote);

    if (!why)
        why = attach_by_remote_exec(pid, doctor, &remote, cancel, ret);
    if (why) {
        err_destroy(why);
        return err;
    }
    err_destroy(err);
    return NULL;
}

static struct err *attach_as(pid_t pid, const struct doctor *doctor, const atomic_bool *cancel,
                             struct attach_result *ret)
{
    if (doctor->method == DOCTOR_REMOTE_EXEC)
        return attach_by_remote_exec(pid, doctor, &doctor->remote, cancel, ret);
    ret->how[0] = '\0';
    struct err *err = attach_by_ptrace(pid, doctor, cancel, ret);
    bool no_safe_point = err && err->code == ERR_TIMEOUT && !ret->how[0];
    return no_safe_point ? try_remote_exec(err, pid, doctor, cancel, ret) : err;
}

struct err *attach_to(pid_t pid, const atomic_bool *cancel, struct attach_result *ret)
{
    uint64_t start = clock_ns();
    struct doctor doctor;
    struct err *err = doctor_examine(pid, &doctor);

    if (!err) {
        err = doctor_verdict(&doctor);
        if (!err)
            err = attach_as(pid, &doctor, cancel, ret);
        doctor_deinit(&doctor);
    }
    ret->total_ns = clock_ns() - start;
    return err_context(err, "cannot attach to '%d'", pid);
}
