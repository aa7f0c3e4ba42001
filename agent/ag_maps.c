#include "agent/ag_maps.h"

#include <linux/fcntl.h>

#include "agent/ag_sys.h"
#include "proto/msg.h"
#include "proto/start.h"

enum { READ_BYTES = 16384 };

/* What one line says; `path` is not terminated. */
struct mapping {
    uint64_t start, end;
    bool is_writable, is_private;
    const char *path;
    uint64_t path_bytes;
};

struct scan {
    bool (*region)(const struct ag_region *region, void *arg);
    void *arg;
    uint64_t file_end; /* of the last writable mapping of a file, 0: none */
    char path[MSG_NAME_MAX];
    uint32_t path_bytes;
};

static const char *hex(const char *p, const char *end, uint64_t *ret)
{
    *ret = 0;
    for (; p < end; p++) {
        uint64_t digit = *p >= '0' && *p <= '9'   ? (uint64_t)(*p - '0')
                         : *p >= 'a' && *p <= 'f' ? (uint64_t)(*p - 'a' + 10)
                                                  : 16;
        if (digit == 16)
            break;
        *ret = *ret << 4 | digit;
    }
    return p;
}

/* "start-end rw-p offset device inode    path" */
static bool parse(const char *p, const char *end, struct mapping *ret)
{
    p = hex(p, end, &ret->start);
    p = hex(p + 1, end, &ret->end);
    if (end - p < 5)
        return false;
    ret->is_writable = p[1] == 'r' && p[2] == 'w';
    ret->is_private = p[4] == 'p';
    p += 5;
    for (int field = 0; field < 3; field++) { /* offset, device, inode */
        while (p < end && *p == ' ')
            p++;
        while (p < end && *p != ' ')
            p++;
    }
    while (p < end && *p == ' ')
        p++;
    ret->path = p;
    ret->path_bytes = (uint64_t)(end - p);
    return ret->start < ret->end;
}

static bool is_ours(const struct mapping *m)
{
    static const char prefix[] = "/memfd:" AGENT_MEMFD_PREFIX;
    const uint64_t n = sizeof prefix - 1;

    return m->path_bytes >= n && !memcmp(m->path, prefix, n);
}

static bool look(struct scan *scan, const struct mapping *m)
{
    bool is_file = m->path_bytes && *m->path == '/' && !is_ours(m);
    bool is_bss = !m->path_bytes && scan->file_end == m->start;
    bool wanted = m->is_writable && m->is_private && (is_file || is_bss);

    scan->file_end = is_file && m->is_writable ? m->end : 0;
    if (is_file) {
        scan->path_bytes = (uint32_t)(m->path_bytes < MSG_NAME_MAX ? m->path_bytes : MSG_NAME_MAX);
        memcpy(scan->path, m->path, scan->path_bytes);
    }
    const struct ag_region region = {m->start, m->end, scan->path, scan->path_bytes};
    return !wanted || scan->region(&region, scan->arg);
}

/* Whole lines of `text`; *rest is how many bytes at its end are not one. */
static bool look_at_lines(struct scan *scan, const char *text, uint64_t n, uint64_t *rest)
{
    const char *line = text, *end = text + n;

    for (const char *p = text; p < end; p++) {
        struct mapping m;
        if (*p != '\n')
            continue;
        if (parse(line, p, &m) && !look(scan, &m))
            return false;
        line = p + 1;
    }
    *rest = (uint64_t)(end - line);
    return true;
}

bool ag_maps_static(bool (*region)(const struct ag_region *region, void *arg), void *arg)
{
    static char text[READ_BYTES];
    struct scan scan = {.region = region, .arg = arg};
    uint64_t have = 0;
    bool going = true;
    long fd = sys_call4(SYS_openat, AT_FDCWD, (long)"/proc/self/maps", O_RDONLY | O_CLOEXEC, 0);
    long n;

    if (sys_failed(fd))
        return true;
    while (going &&
           (n = sys_call3(SYS_read, fd, (long)text + (long)have, (long)(sizeof text - have))) > 0) {
        uint64_t all = have + (uint64_t)n;
        going = look_at_lines(&scan, text, all, &have);
        if (have == sizeof text) /* a line that long is none of ours */
            have = 0;
        memmove(text, text + all - have, have);
    }
    sys_call1(SYS_close, fd);
    return going;
}
