/* Whether the kernel lets us trace a process, and if not, why not. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inspector/base/cleanup.h"
#include "inspector/session/doctor_private.h"

/* 0 to 3; kernels without Yama do not have the file. */
static int yama_scope(void)
{
    char scope = '0';
    _cleanup_close_ int fd = open("/proc/sys/kernel/yama/ptrace_scope", O_RDONLY | O_CLOEXEC);

    if (fd < 0 || read(fd, &scope, 1) != 1 || scope < '0' || scope > '9')
        return 0;
    return scope - '0';
}

static const char *user_name(uid_t uid, char buf[64])
{
    char space[1024];
    struct passwd entry, *found = NULL;

    if (!getpwuid_r(uid, &entry, space, sizeof space, &found) && found)
        snprintf(buf, 64, "'%s'", entry.pw_name);
    else
        snprintf(buf, 64, "%u", uid);
    return buf;
}

static bool may_trace_any(const struct proc_status *us)
{
    return us->capabilities >> CAP_SYS_PTRACE & 1;
}

/* ptrace(2), "Ptrace access mode checking": our real ids against all six of its. */
static struct err *explain_user(const struct doctor_access *access)
{
    const struct proc_status *target = access->target, *us = access->us;
    char name[64];

    if (target->real_uid == us->real_uid && target->uid == us->real_uid &&
        target->saved_uid == us->real_uid && target->real_gid == us->real_gid &&
        target->gid == us->real_gid && target->saved_gid == us->real_gid)
        return NULL;
    user_name(target->uid, name);
    if (target->real_uid == us->real_uid)
        return err_new(ERR_PERMISSION, "run as root",
                       "process %d has changed its user or group (set-user-ID); it runs as %s",
                       access->pid, name);
    return err_hint(
        err_new(ERR_PERMISSION, NULL, "process %d belongs to user %s", access->pid, name),
        "run as that user, or as root");
}

static struct err *explain_yama(int scope)
{
    switch (scope) {
    case 0:
        return NULL;
    case 1:
        return err_new(
            ERR_PERMISSION,
            "run as root, or start the program with 'ouro run', or allow it until the next "
            "boot with 'sysctl kernel.yama.ptrace_scope=0'",
            "the kernel's ptrace_scope is 1: only a program's parents may trace it");
    case 2:
        return err_new(ERR_PERMISSION, "run as root",
                       "the kernel's ptrace_scope is 2: only root may trace");
    default:
        return err_new(ERR_PERMISSION,
                       "boot with kernel.yama.ptrace_scope below 3; it cannot be lowered while the "
                       "system runs",
                       "the kernel's ptrace_scope is %d: nobody may trace, not even root", scope);
    }
}

struct err *doctor_explain_refusal(const struct doctor_access *access)
{
    const struct proc_status *us = access->us;

    if (access->yama >= 3)
        return explain_yama(access->yama);
    if (may_trace_any(us))
        return err_new(
            ERR_PERMISSION,
            "look for AppArmor or SELinux messages in the kernel's log; run from the host "
            "if this is a container",
            "a security module, or another user namespace, keeps us from tracing process %d",
            access->pid);
    if (us->uid == 0)
        return err_new(
            ERR_PERMISSION,
            "give the container the capability, for example 'docker run --cap-add=SYS_PTRACE', "
            "or run from the host",
            "this root may not trace process %d: it lacks CAP_SYS_PTRACE", access->pid);
    ERR_RETURN(explain_user(access));
    if (access->owner != access->target->uid)
        return err_new(
            ERR_PERMISSION, "run as root",
            "process %d is protected (not dumpable: set-user-ID, or prctl(PR_SET_DUMPABLE))",
            access->pid);
    if (access->target->capabilities & ~us->capabilities)
        return err_new(ERR_PERMISSION, "run as root",
                       "process %d has capabilities that we do not have", access->pid);
    ERR_RETURN(explain_yama(access->yama));
    return err_new(ERR_PERMISSION, "run as root", "the kernel does not allow to trace process %d",
                   access->pid);
}

/* Opening /proc/PID/mem for writing asks the kernel exactly what tracing will ask. */
struct err *doctor_check_permission(pid_t pid, const struct proc_status *status)
{
    char path[64];
    struct proc_status us;
    struct stat st;

    snprintf(path, sizeof path, "/proc/%d/mem", pid);
    _cleanup_close_ int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd >= 0)
        return NULL;
    if (errno == ENOENT || errno == ESRCH)
        return err_new(ERR_INPUT, "see 'ouro ps'", "process %d has just ended", pid);
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    ERR_RETURN(proc_status_read(getpid(), &us));
    if (stat(path, &st))
        st.st_uid = status->uid;
    return doctor_explain_refusal(&(struct doctor_access){
        .pid = pid, .target = status, .us = &us, .owner = st.st_uid, .yama = yama_scope()});
}
