#include "inspector/session/headroom.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/session/procfs.h"

enum {
    FILE_BYTES_MAX = 256 << 10,
    MIB = 1 << 20,
    ALWAYS_BYTES = 16 * MIB, /* rings, stacks, small tables */
    WALK_PART = 3,           /* a walk's tables are at most this part of the heap, measured */
    COPY_PART = 2,           /* and what the target writes while the copy lives */
};

/* One kind of control groups: where they are mounted, and the names of its files. */
struct hierarchy {
    const char *root;
    const char *limit, *usage;
    const char *reclaimable[2]; /* in memory.stat: caches, that go when room is needed */
};

static const struct hierarchy version_2 = {
    "/sys/fs/cgroup", "memory.max", "memory.current", {"inactive_file ", "active_file "}};
static const struct hierarchy version_2_beside_1 = {
    "/sys/fs/cgroup/unified", "memory.max", "memory.current", {"inactive_file ", "active_file "}};
static const struct hierarchy version_1 = {"/sys/fs/cgroup/memory",
                                           "memory.limit_in_bytes",
                                           "memory.usage_in_bytes",
                                           {"total_inactive_file ", "total_active_file "}};

/* The text of a group's file; NULL if it has none. The caller's. */
static char *group_file(const char *directory, const char *name)
{
    _cleanup_free_ char *path = xasprintf("%s/%s", directory, name);
    char *text = NULL;
    size_t bytes;
    struct err *err = proc_read_file(path, FILE_BYTES_MAX, &text, &bytes);

    if (!err)
        return text;
    err_destroy(err);
    return NULL;
}

/* A file with one number; UINT64_MAX for "max", or if it is not there. */
static uint64_t group_number(const char *directory, const char *name)
{
    _cleanup_free_ char *text = group_file(directory, name);

    return text && *text >= '0' && *text <= '9' ? strtoull(text, NULL, 10) : UINT64_MAX;
}

static uint64_t reclaimable_bytes(const struct hierarchy *kind, const char *directory)
{
    _cleanup_free_ char *text = group_file(directory, "memory.stat");
    uint64_t sum = 0;

    for (int i = 0; text && i < 2; i++)
        for (const char *line = text; line; line = strchr(line, '\n')) {
            line += *line == '\n';
            if (!strncmp(line, kind->reclaimable[i], strlen(kind->reclaimable[i])))
                sum += strtoull(line + strlen(kind->reclaimable[i]), NULL, 10);
        }
    return sum;
}

/* What a group has left; UINT64_MAX without a limit. */
static uint64_t group_left(const struct hierarchy *kind, const char *directory)
{
    uint64_t limit = group_number(directory, kind->limit);
    uint64_t usage = group_number(directory, kind->usage);

    if (limit == UINT64_MAX || usage == UINT64_MAX)
        return UINT64_MAX;
    uint64_t left = limit > usage ? limit - usage : 0;
    return left + reclaimable_bytes(kind, directory);
}

/* The least of a group and all above it. `path` as in /proc/PID/cgroup; changed. */
static uint64_t least_left(const struct hierarchy *kind, char *path)
{
    uint64_t least = UINT64_MAX;

    for (char *slash = path + strlen(path); slash; slash = strrchr(path, '/')) {
        *slash = '\0';
        _cleanup_free_ char *directory = xasprintf("%s%s", kind->root, path);
        uint64_t left = group_left(kind, directory);
        if (left < least)
            least = left;
    }
    return least;
}

/* A line "0::/path" or "4:memory:/path". */
static uint64_t left_by_line(char *line)
{
    char *name = strchr(line, ':'), *path = name ? strchr(name + 1, ':') : NULL;

    if (!path || strstr(path, "/.."))
        return UINT64_MAX;
    *path++ = '\0';
    if (!strcmp(name, ":memory"))
        return least_left(&version_1, path);
    if (name[1])
        return UINT64_MAX;
    _cleanup_free_ char *again = xstrdup(path);
    uint64_t left = least_left(&version_2, path), beside = least_left(&version_2_beside_1, again);
    return left < beside ? left : beside;
}

/* Bytes that process `pid` may still take. */
static uint64_t left_for(pid_t pid)
{
    char path[64], *save = NULL;
    _cleanup_free_ char *text = NULL;
    size_t bytes;
    uint64_t least = UINT64_MAX;

    snprintf(path, sizeof path, "/proc/%d/cgroup", pid);
    _cleanup_err_ struct err *err = proc_read_file(path, FILE_BYTES_MAX, &text, &bytes);
    if (err)
        return least;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        uint64_t left = left_by_line(line);
        if (left < least)
            least = left;
    }
    return least;
}

/* Whether a `part`-th of its memory fits, and some. */
static bool has_room(pid_t pid, unsigned part, uint64_t *left, uint64_t *need)
{
    struct proc_status status = {.rss_bytes = 0};

    err_destroy(proc_status_read(pid, &status));
    *left = left_for(pid);
    *need = status.rss_bytes / part + ALWAYS_BYTES;
    return *left >= *need;
}

struct err *headroom_for_copy(pid_t pid)
{
    uint64_t left, need;

    if (has_room(pid, COPY_PART, &left, &need))
        return NULL;
    return err_sys(ENOMEM,
                   "process %d has %" PRIu64 " MiB left to its memory limit, and a frozen copy "
                   "may need %" PRIu64,
                   pid, left / MIB, need / MIB);
}

struct err *headroom_for_walk(pid_t pid)
{
    uint64_t left, need;

    if (has_room(pid, WALK_PART, &left, &need))
        return NULL;
    return err_new(ERR_UNSUPPORTED, "raise its memory limit for a moment",
                   "process %d has %" PRIu64 " MiB left to its memory limit, and a walk may need "
                   "%" PRIu64,
                   pid, left / MIB, need / MIB);
}
