/*
 * Whether a process could be attached to, and if not, why and what to do: one check after another.
 *
 *      struct doctor doctor;
 *      ERR_RETURN(doctor_examine(pid, &doctor));
 *      struct err *err = doctor_verdict(&doctor);      NULL: an attach would be tried
 *      …
 *      doctor_deinit(&doctor);
 *
 * Only /proc and program files are read: the process is not touched, stopped or slowed. attach.c and
 * pyprocs.c ask here too, so that `ouro doctor`, `ouro ps` and a failed attach say the same. What only the
 * process itself can tell (its interpreter is just starting, a seccomp filter refuses a call) is said by
 * the attach.
 *
 * Any thread.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "inspector/base/err.h"
#include "inspector/session/procfs.h"
#include "inspector/session/python.h"
#include "inspector/session/remote.h"
#include "inspector/session/target_libs.h"

/* In the order in which they are made; the first one that fails is the verdict. */
enum doctor_check_id {
    DOCTOR_PROCESS,    /* it is there, no zombie, no kernel thread, no frozen copy of ours */
    DOCTOR_PYTHON,     /* it runs a CPython that is supported */
    DOCTOR_PERMISSION, /* the kernel lets us trace it: user, capabilities, Yama, dumpable */
    DOCTOR_TRACER,     /* nobody traces it */
    DOCTOR_STATE,      /* it is not stopped */
    DOCTOR_SECCOMP,    /* no system call filter is in the way, as far as can be seen */
    DOCTOR_LOADER,     /* it can load the agent */
    DOCTOR_INSPECTOR,  /* no other ouro is attached */
    DOCTOR_CHECKS,
};

enum doctor_state {
    DOCTOR_SKIPPED, /* cannot be told because of an earlier failure */
    DOCTOR_OK,
    DOCTOR_FAILED,
};

struct doctor_check {
    enum doctor_state state;
    struct err *err; /* DOCTOR_FAILED: why, and what to do */
    char *note;      /* DOCTOR_OK: what was found; one line, safe for a terminal; may be NULL */
};

enum doctor_method {
    DOCTOR_PTRACE,
    DOCTOR_REMOTE_EXEC, /* remote.h: somebody else traces it */
};

struct doctor {
    enum doctor_method method; /* how an attach would be made */
    struct doctor_check checks[DOCTOR_CHECKS];
    /* what was found on the way, each valid if the check before the colon is DOCTOR_OK */
    struct proc_status status; /* PROCESS */
    struct proc_maps maps;     /* PYTHON */
    struct python
        python; /* PYTHON; `version` alone also if it failed, "" if it is no Python at all */
    struct target_libs libs; /* LOADER */
    struct remote remote;    /* if the method is DOCTOR_REMOTE_EXEC */
};

/* Makes all checks that make sense. The result is to be deinited. Fails only without memory. */
ERR_CHECK struct err *doctor_examine(pid_t pid, struct doctor *ret);
void doctor_deinit(struct doctor *doctor);
/* The error of the first check that failed, taken out; NULL if an attach would be tried. */
ERR_CHECK struct err *doctor_verdict(struct doctor *doctor);
bool doctor_is_attachable(const struct doctor *doctor);
/* "ptrace", "remote-exec" */
const char *doctor_method_name(enum doctor_method method);
/* "process", "python", "permission" … */
const char *doctor_check_name(enum doctor_check_id id);
