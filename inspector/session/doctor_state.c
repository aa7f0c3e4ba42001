/* The checks of doctor.h that need nothing but /proc/PID/status. */
#include <stdio.h>
#include <string.h>

#include "inspector/base/clock.h"
#include "inspector/base/mem.h"
#include "inspector/session/doctor_private.h"

enum { KTHREADD = 2 }; /* parent of all kernel threads */

static const char *state_name(char state)
{
    switch (state) {
    case 'R':
        return "running";
    case 'S':
        return "sleeping";
    case 'D':
        return "waiting inside the kernel";
    case 'T':
        return "stopped";
    case 't':
        return "stopped by a tracer";
    default:
        return "there";
    }
}

struct err *doctor_in_transit(pid_t pid)
{
    return err_new(ERR_NOT_YET, "try again",
                   "process %d is just ending, or becoming another program", pid);
}

struct err *doctor_check_process(pid_t pid, const struct proc_status *status, char **note)
{
    if (status->state == 'Z' || status->state == 'X')
        return err_new(ERR_INPUT, "nothing is left of it but its exit status",
                       "process %d has ended (zombie)", pid);
    if (status->kernel_thread && status->parent != KTHREADD && pid != KTHREADD)
        return doctor_in_transit(pid);
    if (status->kernel_thread)
        return err_new(ERR_INPUT, "see 'ouro ps'", "process %d is a kernel thread", pid);
    if (!strcmp(status->name, "ouro-copy"))
        return err_hint(
            err_new(ERR_INPUT, NULL, "process %d is a frozen copy that ouro has made", pid),
            "inspect the process it is a copy of: %d", status->parent);
    *note = xasprintf("%s, %u thread%s", state_name(status->state), status->threads,
                      status->threads == 1 ? "" : "s");
    return NULL;
}

struct err *doctor_check_tracer(pid_t pid, const struct proc_status *status)
{
    struct proc_status tracer;

    if (!status->tracer && status->state == 't')
        return err_new(ERR_BUSY, "end that one first",
                       "process %d is traced from outside of this container", pid);
    if (!status->tracer)
        return NULL;
    struct err *err = proc_status_read(status->tracer, &tracer);
    if (err) {
        err_destroy(err);
        snprintf(tracer.name, sizeof tracer.name, "somebody");
    }
    if (!strcmp(tracer.name, "ouro-attach"))
        return err_new(ERR_NOT_YET, "wait a moment, then see 'ouro doctor'",
                       "another ouro is attaching to process %d just now (process %d)", pid,
                       status->tracer);
    return err_hint(err_new(ERR_BUSY, NULL, "process %d is already traced by %s (process %d)", pid,
                            tracer.name, status->tracer),
                    "a process has one tracer at a time: leave %s first", tracer.name);
}

bool doctor_is_held(pid_t pid)
{
    enum { LOOKS = 10, PAUSE_NS = 2 * NS_PER_MS };
    struct proc_status status = {.state = 't'};

    for (int i = 0; i < LOOKS && status.state == 't'; i++) {
        struct err *err = proc_status_read(pid, &status);
        if (err) {
            err_destroy(err);
            return true;
        }
        if (status.state == 't')
            clock_sleep_ns(PAUSE_NS);
    }
    return status.state == 't';
}

struct err *doctor_check_state(pid_t pid, const struct proc_status *status, char **note)
{
    if (status->state == 'T')
        return err_hint(err_new(ERR_BUSY, NULL, "process %d is stopped (SIGSTOP or Ctrl-Z)", pid),
                        "let it run on with 'kill -CONT %d', then try again", pid);
    if (status->state == 'D')
        *note = xstrdup("its main thread waits inside the kernel (disk or network); unless another "
                        "thread can be borrowed, an attach gives up after some seconds");
    return NULL;
}

struct err *doctor_check_seccomp(pid_t pid, const struct proc_status *status, char **note)
{
    if (status->seccomp == 1)
        return err_new(ERR_UNSUPPORTED, "nothing can be loaded into it",
                       "process %d runs under strict seccomp", pid);
    if (status->seccomp == 2)
        *note = xstrdup(
            "a filter is in place; should it forbid a call that an attach needs, the attach "
            "says which");
    return NULL;
}
