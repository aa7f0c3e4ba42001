/*
 * The single checks of doctor.h. Each returns why not, or NULL and perhaps a note. Private to the session layer.
 */
#pragma once

#include "inspector/session/doctor.h"

/* ---- what /proc/PID/status tells (doctor_state.c) ---- */

ERR_CHECK struct err *doctor_check_process(pid_t pid, const struct proc_status *status,
                                           char **note);
/* It has no memory at this moment. */
ERR_CHECK struct err *doctor_in_transit(pid_t pid);
ERR_CHECK struct err *doctor_check_tracer(pid_t pid, const struct proc_status *status);
/* Whether its tracer keeps it from running: a debugger at its prompt; not strace, which only looks on. */
bool doctor_is_held(pid_t pid);
ERR_CHECK struct err *doctor_check_state(pid_t pid, const struct proc_status *status, char **note);
ERR_CHECK struct err *doctor_check_seccomp(pid_t pid, const struct proc_status *status,
                                           char **note);

/* ---- whether the kernel lets us (doctor_access.c) ---- */

/* Asks the kernel what tracing would ask it, without tracing. */
ERR_CHECK struct err *doctor_check_permission(pid_t pid, const struct proc_status *status);

/* Why the kernel refuses, from these facts. */
struct doctor_access {
    pid_t pid;
    const struct proc_status *target, *us;
    uid_t owner; /* of files in /proc/PID: root if the process is not dumpable */
    int yama;    /* /proc/sys/kernel/yama/ptrace_scope; 0 also if there is no Yama */
};
ERR_CHECK struct err *doctor_explain_refusal(const struct doctor_access *access);

/* ---- what others have to say, too ---- */

/* Another ouro is attached to `pid`: process `inspector`, or 0 if that cannot be told. */
ERR_CHECK struct err *doctor_other_inspector(pid_t pid, pid_t inspector);
