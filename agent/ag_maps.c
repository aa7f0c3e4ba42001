#include "agent/ag_maps.h"

#include <linux/elf.h>
#include <linux/fcntl.h>

#include "agent/ag_sys.h"
#include "proto/msg.h"
#include "proto/start.h"

enum {
    READ_BYTES = 16384,
    HEADERS_BYTES_MAX = 4096, /* of a file, program headers included: its first page */
};

/* What one line says; `path` is not terminated. */
struct mapping {
    uint64_t start, end;
    uint64_t offset_bytes; /* in the file */
    bool is_readable, is_writable, is_private;
    const char *path;
    uint64_t path_bytes;
};

struct scan {
    bool (*region)(const struct ag_region *region, void *arg);
    void *arg;
    uint64_t file_end; /* of the last writable mapping of a file, 0: none */
    uint64_t image;    /* where the last file's beginning is mapped, 0: it is not */
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
    ret->is_readable = p[1] == 'r';
    ret->is_writable = p[1] == 'r' && p[2] == 'w';
    ret->is_private = p[4] == 'p';
    p = hex(p + 6, end, &ret->offset_bytes);
    for (int field = 0; field < 2; field++) { /* device, inode */
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

/*
 * Where the zeroed pages of a file end, from its program headers; 0 if that is not known. What lies
 * behind may be in the same line of the list: the kernel merges neighbours, and that may be the
 * stack of a thread, whose guard page looks as readable as the rest (MADV_GUARD_INSTALL).
 */
static uint64_t static_end(uint64_t image)
{
    const Elf64_Ehdr *head = (const Elf64_Ehdr *)image;
    uint64_t end = 0, bias = 0;

    if (!image || memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 ||
        head->e_phentsize != sizeof(Elf64_Phdr) ||
        head->e_phoff + head->e_phnum * sizeof(Elf64_Phdr) > HEADERS_BYTES_MAX)
        return 0;
    const Elf64_Phdr *segments = (const Elf64_Phdr *)(image + head->e_phoff);
    for (int i = 0; i < head->e_phnum; i++)
        if (segments[i].p_type == PT_LOAD && !segments[i].p_offset)
            bias = image - segments[i].p_vaddr;
    for (int i = 0; i < head->e_phnum; i++)
        if (segments[i].p_type == PT_LOAD && segments[i].p_flags & PF_W &&
            bias + segments[i].p_vaddr + segments[i].p_memsz > end)
            end = bias + segments[i].p_vaddr + segments[i].p_memsz;
    return end;
}

static void note_file(struct scan *scan, const struct mapping *m)
{
    uint32_t n = (uint32_t)(m->path_bytes < MSG_NAME_MAX ? m->path_bytes : MSG_NAME_MAX);

    if (!m->offset_bytes)
        scan->image = m->is_readable ? m->start : 0;
    else if (n != scan->path_bytes || memcmp(scan->path, m->path, n) != 0)
        scan->image = 0;
    scan->path_bytes = n;
    memcpy(scan->path, m->path, n);
}

static bool look(struct scan *scan, const struct mapping *m)
{
    bool is_file = m->path_bytes && *m->path == '/' && !is_ours(m);
    bool is_bss = !m->path_bytes && scan->file_end == m->start;
    bool wanted = m->is_writable && m->is_private && (is_file || is_bss);

    scan->file_end = is_file && m->is_writable ? m->end : 0;
    if (is_file)
        note_file(scan, m);
    struct ag_region region = {m->start, m->end, scan->path, scan->path_bytes};
    if (wanted && is_bss) {
        uint64_t static_data_end = static_end(scan->image);
        if (static_data_end < region.end)
            region.end = static_data_end;
    }
    return !wanted || region.end <= region.start || scan->region(&region, scan->arg);
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
