#include "inspector/session/procfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"

enum { MAPS_BYTES_MAX = 256 << 20, STATUS_BYTES_MAX = 64 << 10 };

/* What an errno on a file of /proc/PID means. */
static struct err *proc_error(int error, const char *path)
{
    int pid = 0;

    sscanf(path, "/proc/%d", &pid);
    if (error == ENOENT || error == ESRCH)
        return err_new(ERR_INPUT, "see 'ouro ps'", "no such process: %d", pid);
    if (error == EACCES || error == EPERM)
        return err_new(ERR_PERMISSION, "run as the process's user or as root",
                       "not allowed to look at process %d", pid);
    return err_sys(error, "cannot read '%s'", path);
}

struct err *proc_read_file(const char *path, size_t max_bytes, char **ret, size_t *bytes)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
    _cleanup_free_ char *text = NULL;
    size_t cap = 0, n = 0;

    if (fd < 0)
        return proc_error(errno, path);
    for (ssize_t got = 1; got;) {
        ERR_RETURN(grow(&text, &cap, n + 4096 + 1, 1));
        size_t room = cap - n - 1;
        got = read(fd, text + n, room < max_bytes - n ? room : max_bytes - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return proc_error(errno, path);
        n += (size_t)got;
    }
    text[n] = '\0';
    *bytes = n;
    *ret = take_ptr(text);
    return NULL;
}

/* ---- mappings ---- */

/* "start-end perms offset dev inode   path" */
static bool parse_map(char *line, struct proc_map *ret)
{
    char perms[8] = "";
    int path_at = 0;

    *ret = (struct proc_map){0};
    if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %" SCNx64 " %*s %" SCNu64 " %n", &ret->start,
               &ret->end, perms, &ret->offset_bytes, &ret->inode, &path_at) < 5)
        return false;
    ret->read = perms[0] == 'r';
    ret->write = perms[1] == 'w';
    ret->exec = perms[2] == 'x';
    ret->path = strdup(path_at ? line + path_at : "");
    return ret->path != NULL;
}

struct err *proc_maps_read(pid_t pid, struct proc_maps *ret)
{
    char path[64];
    _cleanup_free_ char *text = NULL;
    struct proc_maps maps = {0};
    size_t bytes, cap = 0;
    char *save = NULL;

    snprintf(path, sizeof path, "/proc/%d/maps", pid);
    ERR_RETURN(proc_read_file(path, MAPS_BYTES_MAX, &text, &bytes));
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        struct err *err = grow(&maps.at, &cap, maps.n + 1, sizeof *maps.at);
        if (err) {
            proc_maps_deinit(&maps);
            return err;
        }
        if (parse_map(line, &maps.at[maps.n]))
            maps.n++;
    }
    *ret = maps;
    return NULL;
}

void proc_maps_deinit(struct proc_maps *maps)
{
    for (size_t i = 0; i < maps->n; i++)
        free(maps->at[i].path);
    free(maps->at);
    *maps = (struct proc_maps){0};
}

const struct proc_map *proc_maps_find(const struct proc_maps *maps, uint64_t address)
{
    for (size_t i = 0; i < maps->n; i++)
        if (address >= maps->at[i].start && address < maps->at[i].end)
            return &maps->at[i];
    return NULL;
}

/* A descriptor for the regular file `path` if it has this inode number, or 0 is given; else -1. */
static int open_inode(const char *path, uint64_t inode)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd >= 0 && (fstat(fd, &st) || (inode && st.st_ino != inode) || !S_ISREG(st.st_mode))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

struct err *proc_open_mapped(pid_t pid, const struct proc_map *map, int *ret)
{
    char via_map[96];
    _cleanup_free_ char *via_root = NULL;
    char via_exe[64];

    snprintf(via_map, sizeof via_map, "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, pid, map->start,
             map->end);
    snprintf(via_exe, sizeof via_exe, "/proc/%d/exe", pid);
    if (asprintf(&via_root, "/proc/%d/root%s", pid, map->path) < 0) {
        via_root = NULL;
        return err_nomem();
    }
    const char *ways[] = {via_map, via_root, map->path, via_exe};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        /* the first is the very file, whose number may look different through an overlay */
        int fd = open_inode(ways[i], i ? map->inode : 0);
        if (fd >= 0) {
            *ret = fd;
            return NULL;
        }
    }
    return err_new(ERR_UNSUPPORTED, "run as root, which can open deleted files",
                   "cannot open '%s' of process %d: the file is gone or was replaced", map->path,
                   pid);
}

/* ---- status ---- */

/* The value behind "Key:\t", or NULL. */
static const char *value_of(const char *text, const char *key)
{
    size_t n = strlen(key);

    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (!strncmp(line, key, n) && line[n] == ':')
            return line + n + 1 + strspn(line + n + 1, " \t");
    }
    return NULL;
}

static long number_of(const char *text, const char *key)
{
    const char *value = value_of(text, key);

    return value ? strtol(value, NULL, 10) : 0;
}

struct err *proc_status_read(pid_t pid, struct proc_status *ret)
{
    char path[64];
    _cleanup_free_ char *text = NULL;
    struct proc_status status = {0};
    size_t bytes;

    snprintf(path, sizeof path, "/proc/%d/status", pid);
    ERR_RETURN(proc_read_file(path, STATUS_BYTES_MAX, &text, &bytes));
    const char *name = value_of(text, "Name");
    const char *state = value_of(text, "State");
    const char *uids = value_of(text, "Uid");
    const char *gids = value_of(text, "Gid");
    const char *capabilities = value_of(text, "CapPrm");
    const char *ns_pids = value_of(text, "NSpid");
    if (name)
        snprintf(status.name, sizeof status.name, "%.*s", (int)strcspn(name, "\n"), name);
    status.state = state ? *state : '?';
    status.parent = (pid_t)number_of(text, "PPid");
    status.threads = (unsigned)number_of(text, "Threads");
    status.capabilities = capabilities ? strtoull(capabilities, NULL, 16) : 0;
    status.tracer = (pid_t)number_of(text, "TracerPid");
    status.seccomp = (unsigned)number_of(text, "Seccomp");
    status.rss_bytes = (uint64_t)number_of(text, "VmRSS") * 1024;
    status.kernel_thread = status.state != 'Z' && !value_of(text, "VmSize");
    if (uids)
        sscanf(uids, "%u %u %u", &status.real_uid, &status.uid, &status.saved_uid);
    if (gids)
        sscanf(gids, "%u %u %u", &status.real_gid, &status.gid, &status.saved_gid);
    status.ns_pid = pid;
    for (const char *p = ns_pids; p && *p && *p != '\n';) { /* the last one is the innermost */
        char *end;
        status.ns_pid = (pid_t)strtol(p, &end, 10);
        p = end + strspn(end, " \t");
    }
    *ret = status;
    return NULL;
}

/* ---- threads ---- */

struct err *proc_threads_read(pid_t pid, struct proc_threads *ret)
{
    char path[64];
    struct proc_threads threads = {0};
    size_t cap = 0;
    struct err *err = NULL;

    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *dir = opendir(path);
    if (!dir)
        return proc_error(errno, path);
    for (struct dirent *entry; !err && (entry = readdir(dir));) {
        pid_t tid = (pid_t)atoi(entry->d_name);
        if (tid <= 0)
            continue;
        err = grow(&threads.tid, &cap, threads.n + 1, sizeof *threads.tid);
        if (err)
            break;
        threads.tid[threads.n++] = tid;
        if (tid == pid) {
            threads.tid[threads.n - 1] = threads.tid[0];
            threads.tid[0] = tid;
        }
    }
    closedir(dir);
    if (err) {
        proc_threads_deinit(&threads);
        return err;
    }
    *ret = threads;
    return NULL;
}

void proc_threads_deinit(struct proc_threads *threads)
{
    free(threads->tid);
    *threads = (struct proc_threads){0};
}

struct err *proc_cmdline(pid_t pid, size_t max_bytes, char **ret)
{
    char path[64];
    char *text;
    size_t bytes;

    snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
    ERR_RETURN(proc_read_file(path, max_bytes, &text, &bytes));
    while (bytes && !text[bytes - 1])
        bytes--;
    for (size_t i = 0; i < bytes; i++)
        if (!text[i])
            text[i] = ' ';
    *ret = text;
    return NULL;
}
