#include "inspector/session/pyprocs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/base/utf8.h"
#include "inspector/session/doctor.h"
#include "inspector/session/procfs.h"

enum { COMMAND_BYTES = 512, PATH_BYTES = 512, WHY_BYTES = 512, STAT_BYTES = 4096 };

/* Where a process's program lies; "" if that cannot be read. */
static void read_executable(pid_t pid, char path[PATH_BYTES])
{
    char link[64];

    snprintf(link, sizeof link, "/proc/%d/exe", pid);
    ssize_t n = readlink(link, path, PATH_BYTES - 1);
    path[n > 0 ? n : 0] = '\0';
}

/* A cheap look: is it worth opening its files? Embedded interpreters show in the mappings only. */
static bool mentions_python(pid_t pid, const char *executable, const char *command)
{
    const char *slash = strrchr(executable, '/');
    char path[64];
    _cleanup_free_ char *maps = NULL;
    size_t bytes;

    if (strstr(slash ? slash : executable, "python") || strstr(slash ? slash : executable, "pypy"))
        return true;
    snprintf(path, sizeof path, "/proc/%d/maps", pid);
    struct err *err = proc_read_file(path, 8 << 20, &maps, &bytes);
    if (err) {
        size_t word = strcspn(command, " ");
        err_destroy(err);
        return !*executable && memmem(command, word, "python", 6);
    }
    return strstr(maps, "/libpython") != NULL;
}

static char *user_name(uid_t uid)
{
    char buf[1024];
    struct passwd entry, *found = NULL;

    if (!getpwuid_r(uid, &entry, buf, sizeof buf, &found) && found)
        return xstrdup(entry.pw_name);
    return xasprintf("%u", uid);
}

/* Seconds since the process started; 0 if that cannot be told. */
static uint64_t age_of(pid_t pid)
{
    char path[64];
    _cleanup_free_ char *text = NULL;
    unsigned long long start_ticks = 0;
    size_t bytes;
    struct timespec now;

    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    struct err *err = proc_read_file(path, STAT_BYTES, &text, &bytes);
    if (err) {
        err_destroy(err);
        return 0;
    }
    const char *after_name = strrchr(text, ')'); /* field 2 may contain anything; field 22 counts */
    if (!after_name ||
        sscanf(after_name + 1,
               " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
               "%*d %*d %llu",
               &start_ticks) != 1)
        return 0;
    clock_gettime(CLOCK_BOOTTIME, &now);
    uint64_t start_s = start_ticks / (unsigned long long)sysconf(_SC_CLK_TCK);
    return (uint64_t)now.tv_sec > start_s ? (uint64_t)now.tv_sec - start_s : 0;
}

/* The bytes of a command line are anybody's; this reaches a terminal, or a JSON reader. */
static char *printable(const char *text)
{
    char *copy = xstrdup(text);

    for (char *p = copy; (p = strpbrk(p, "\t\n\r"));)
        *p = ' ';
    utf8_make_safe(copy);
    return copy;
}

/* What an attach would say; `python` gets the version, or "". */
static struct err *verdict_of(pid_t pid, char *python, size_t cap)
{
    struct doctor doctor;

    ERR_RETURN(doctor_examine(pid, &doctor));
    snprintf(python, cap, "%s", doctor.python.version);
    struct err *err = doctor_verdict(&doctor);
    doctor_deinit(&doctor);
    return err;
}

/* Fills *ret if `pid` is a Python process. */
static bool look_at(pid_t pid, struct pyproc *ret)
{
    char executable[PATH_BYTES], why[WHY_BYTES];
    _cleanup_free_ char *command = NULL;
    struct proc_status status;
    struct pyproc proc = {.pid = pid};
    struct err *err = proc_status_read(pid, &status);

    if (!err && !status.kernel_thread)
        err = proc_cmdline(pid, COMMAND_BYTES, &command);
    if (err || status.kernel_thread || !strcmp(status.name, "ouro-copy")) {
        err_destroy(err);
        return false;
    }
    read_executable(pid, executable);
    if (!mentions_python(pid, executable, command))
        return false;
    err = verdict_of(pid, proc.python, sizeof proc.python);
    if (err && err->code == ERR_UNSUPPORTED && !proc.python[0]) {
        err_destroy(err); /* the name said Python, the files do not */
        return false;
    }
    proc.attachable = !err;
    proc.why = err ? xstrdup(err_format(err, why, sizeof why)) : NULL;
    proc.executable = printable(executable);
    proc.user = user_name(status.uid);
    proc.command = printable(*command ? command : status.name);
    proc.rss_bytes = status.rss_bytes;
    proc.age_s = age_of(pid);
    err_destroy(err);
    *ret = proc;
    return true;
}

static int by_pid(const void *a, const void *b)
{
    const struct pyproc *x = a, *y = b;

    return (x->pid > y->pid) - (x->pid < y->pid);
}

struct err *pyprocs_list(struct pyprocs *ret)
{
    struct pyprocs procs = {0};
    size_t cap = 0;
    DIR *dir = opendir("/proc");

    if (!dir)
        return err_sys(errno, "cannot list processes");
    for (struct dirent *entry; (entry = readdir(dir));) {
        struct pyproc proc;
        pid_t pid = isdigit((unsigned char)entry->d_name[0]) ? (pid_t)atoi(entry->d_name) : 0;
        if (pid <= 0 || pid == getpid() || !look_at(pid, &proc))
            continue;
        struct err *err = grow(&procs.at, &cap, procs.n + 1, sizeof *procs.at);
        if (err) {
            closedir(dir);
            pyprocs_deinit(&procs);
            return err;
        }
        procs.at[procs.n++] = proc;
    }
    closedir(dir);
    if (procs.n)
        qsort(procs.at, procs.n, sizeof *procs.at, by_pid);
    *ret = procs;
    return NULL;
}

void pyprocs_deinit(struct pyprocs *procs)
{
    for (size_t i = 0; i < procs->n; i++) {
        free(procs->at[i].executable);
        free(procs->at[i].user);
        free(procs->at[i].command);
        free(procs->at[i].why);
    }
    free(procs->at);
    *procs = (struct pyprocs){0};
}
