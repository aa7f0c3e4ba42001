#include "inspector/capture/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/capture/checksum.h"

enum { LEVEL = 3, BUFFERS = CAPTURE_NAMES + 1, WRITE_MAX = 1 << 30, TRIES = 100 };

/* A block under way. */
struct buffer {
    uint8_t *at; /* CAPTURE_BLOCK_MAX */
    uint32_t n, first, second;
};

struct capture_writer {
    char *path, *directory;
    char *temporary; /* the name it has for now, NULL if it has none */
    int fd, dir_fd;
    bool force;
    uint64_t at; /* bytes written */
    struct buffer buffers[BUFFERS];
    void *packed;
    size_t packed_bytes;
    ZSTD_CCtx *zstd;
    struct capture_entry *entries;
    size_t n_entries, entries_cap;
};

/* ---- the file and its name ---- */

static struct err *cannot(const struct capture_writer *w, int error, const char *what)
{
    const char *hint = error == ENOSPC || error == EDQUOT || error == EFBIG
                           ? "name a place with more room"
                           : "name another place";

    return err_hint(err_sys(error, "cannot %s '%s'", what, w->path), "%s", hint);
}

static struct err *exists(const char *path)
{
    return err_new(ERR_INPUT, "--force overwrites it", "cannot write '%s': it exists", path);
}

static char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return xstrdup(".");
    return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static char *temporary_name(const struct capture_writer *w, int try)
{
    return xasprintf(".%.200s.%d-%d.ouro-tmp", name_of(w->path), (int)getpid(), try);
}

/* Where the file system cannot make files without a name. */
static int open_named(struct capture_writer *w)
{
    for (int try = 0; try < TRIES; try++) {
        char *name = temporary_name(w, try);
        int fd = openat(w->dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd >= 0) {
            w->temporary = name;
            return fd;
        }
        free(name);
        if (errno != EEXIST)
            break;
    }
    return -1;
}

static struct err *open_file(struct capture_writer *w)
{
    struct stat old;

    w->dir_fd = open(w->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (w->dir_fd < 0)
        return cannot(w, errno, "write");
    if (!fstatat(w->dir_fd, name_of(w->path), &old, 0)) {
        if (!S_ISREG(old.st_mode))
            return err_new(ERR_INPUT, "name a file", "cannot write '%s': it is no regular file",
                           w->path);
        if (!w->force)
            return exists(w->path);
    }
    w->fd = openat(w->dir_fd, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
    if (w->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
        w->fd = open_named(w);
    return w->fd < 0 ? cannot(w, errno, "write") : NULL;
}

/* Gives a file without a name a temporary one, or the right one at once. */
static int link_as(struct capture_writer *w, const char *name)
{
    char self[64];

    snprintf(self, sizeof self, "/proc/self/fd/%d", w->fd);
    return linkat(AT_FDCWD, self, w->dir_fd, name, AT_SYMLINK_FOLLOW) ? errno : 0;
}

static int give_name(struct capture_writer *w)
{
    const char *name = name_of(w->path);

    if (!w->temporary && !w->force)
        return link_as(w, name);
    for (int try = 0, error = EEXIST; !w->temporary; try++) {
        if (error != EEXIST || try == TRIES)
            return error;
        char *temporary = temporary_name(w, try);
        error = link_as(w, temporary);
        if (error)
            free(temporary);
        else
            w->temporary = temporary;
    }
    if (w->force ? renameat(w->dir_fd, w->temporary, w->dir_fd, name)
                 : linkat(w->dir_fd, w->temporary, w->dir_fd, name, 0))
        return errno;
    if (!w->force)
        unlinkat(w->dir_fd, w->temporary, 0);
    free(take_ptr(w->temporary));
    return 0;
}

/* ---- bytes ---- */

static struct err *write_at(struct capture_writer *w, const void *bytes, uint64_t n, uint64_t at)
{
    const char *p = bytes;

    while (n) {
        ssize_t done = pwrite(w->fd, p, n < WRITE_MAX ? n : WRITE_MAX, (off_t)at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return cannot(w, done ? errno : ENOSPC, "write");
        p += done;
        at += (uint64_t)done;
        n -= (uint64_t)done;
    }
    return NULL;
}

static struct err *append(struct capture_writer *w, struct capture_entry entry, const void *bytes,
                          uint64_t n)
{
    ERR_RETURN(grow(&w->entries, &w->entries_cap, w->n_entries + 1, sizeof *w->entries));
    entry.offset = w->at;
    entry.bytes = n;
    entry.checksum = checksum(bytes, n, entry.kind);
    ERR_RETURN(write_at(w, bytes, n, w->at));
    w->at += n;
    w->entries[w->n_entries++] = entry;
    return NULL;
}

static struct err *flush(struct capture_writer *w, enum capture_kind kind)
{
    struct buffer *buffer = &w->buffers[kind];

    if (!buffer->n)
        return NULL;
    size_t n = ZSTD_compressCCtx(w->zstd, w->packed, w->packed_bytes, buffer->at, buffer->n, LEVEL);
    if (ZSTD_isError(n))
        return err_new(ERR_INTERNAL, "report this", "cannot compress: %s", ZSTD_getErrorName(n));
    struct capture_entry entry = {
        .kind = kind, .first = buffer->first, .second = buffer->second, .raw_bytes = buffer->n};
    buffer->n = 0;
    return append(w, entry, w->packed, n);
}

/* Room for `n` bytes that stay together in one block, which begins with (first, second) if they are its first. */
static struct err *room(struct capture_writer *w, enum capture_kind kind, uint32_t n,
                        uint32_t first, uint32_t second, uint8_t **ret)
{
    struct buffer *buffer = &w->buffers[kind];

    if (n > CAPTURE_RECORD_MAX)
        return err_new(ERR_INTERNAL, "report this", "a record of %u bytes is too large for a file",
                       n);
    if (buffer->n + n > CAPTURE_BLOCK_BYTES)
        ERR_RETURN(flush(w, kind));
    if (!buffer->n) {
        buffer->first = first;
        buffer->second = second;
    }
    *ret = buffer->at + buffer->n;
    buffer->n += n;
    return NULL;
}

struct err *capture_put_record(struct capture_writer *w, enum msg_kind kind, const void *fixed,
                               uint32_t fixed_bytes, const void *tail, uint32_t tail_bytes)
{
    uint16_t number = (uint16_t)kind;
    uint32_t bytes = fixed_bytes + tail_bytes;
    uint8_t *p = NULL;

    ERR_RETURN(
        room(w, CAPTURE_RECORDS, (uint32_t)(sizeof number + sizeof bytes) + bytes, 0, 0, &p));
    memcpy(p, &number, sizeof number);
    memcpy(p + sizeof number, &bytes, sizeof bytes);
    p += sizeof number + sizeof bytes;
    memcpy(p, fixed, fixed_bytes);
    if (tail_bytes)
        memcpy(p + fixed_bytes, tail, tail_bytes);
    return NULL;
}

struct err *capture_put_value(struct capture_writer *w, uint32_t object, const void *bytes,
                              uint32_t n)
{
    uint8_t *p = NULL;

    ERR_RETURN(room(w, CAPTURE_VALUES, n, object, 0, &p));
    memcpy(p, bytes, n);
    return NULL;
}

struct err *capture_put_names(struct capture_writer *w, uint32_t object, uint32_t ordinal,
                              const void *bytes, uint32_t n)
{
    uint8_t *p = NULL;

    ERR_RETURN(room(w, CAPTURE_NAMES, n, object, ordinal, &p));
    memcpy(p, bytes, n);
    return NULL;
}

static struct err *align(struct capture_writer *w)
{
    static const uint8_t zeros[CAPTURE_ALIGN];
    uint64_t n = -w->at % CAPTURE_ALIGN;

    ERR_RETURN(write_at(w, zeros, n, w->at));
    w->at += n;
    return NULL;
}

struct err *capture_put_section(struct capture_writer *w, enum capture_kind kind, const void *bytes,
                                uint64_t n)
{
    ERR_RETURN(align(w));
    return append(w, (struct capture_entry){.kind = kind, .raw_bytes = n}, bytes, n);
}

/* ---- life ---- */

static struct err *make(struct capture_writer *w)
{
    w->packed_bytes = ZSTD_compressBound(CAPTURE_BLOCK_MAX);
    w->packed = malloc(w->packed_bytes);
    w->zstd = ZSTD_createCCtx();
    if (!w->packed || !w->zstd)
        return err_nomem();
    for (int i = CAPTURE_RECORDS; i < BUFFERS; i++) {
        w->buffers[i].at = malloc(CAPTURE_BLOCK_MAX);
        if (!w->buffers[i].at)
            return err_nomem();
    }
    return open_file(w);
}

struct err *capture_create(const char *path, bool force, struct capture_writer **ret)
{
    struct capture_writer *w = calloc(1, sizeof *w);

    if (!w)
        return err_nomem();
    *w = (struct capture_writer){.path = xstrdup(path),
                                 .directory = directory_of(path),
                                 .fd = -1,
                                 .dir_fd = -1,
                                 .force = force,
                                 .at = CAPTURE_HEADER_BYTES};
    struct err *err = make(w);
    if (err)
        capture_writer_destroy(w);
    else
        *ret = w;
    return err;
}

static struct err *finish(struct capture_writer *w, struct capture_header *header)
{
    struct capture_trailer trailer;

    memcpy(trailer.magic, CAPTURE_END_MAGIC, CAPTURE_MAGIC_BYTES);
    for (int kind = CAPTURE_RECORDS; kind < BUFFERS; kind++)
        ERR_RETURN(flush(w, (enum capture_kind)kind));
    ERR_RETURN(align(w));
    trailer.index_offset = w->at;
    trailer.entries = w->n_entries;
    trailer.index_checksum = checksum(w->entries, w->n_entries * sizeof *w->entries, 0);
    ERR_RETURN(write_at(w, w->entries, w->n_entries * sizeof *w->entries, w->at));
    w->at += w->n_entries * sizeof *w->entries;
    ERR_RETURN(write_at(w, &trailer, sizeof trailer, w->at));
    w->at += sizeof trailer;
    memcpy(header->magic, CAPTURE_MAGIC, CAPTURE_MAGIC_BYTES);
    header->version = CAPTURE_VERSION;
    header->checksum = checksum(header, offsetof(struct capture_header, checksum), 0);
    return write_at(w, header, sizeof *header, 0);
}

struct err *capture_commit(struct capture_writer *w, struct capture_header *header, uint64_t *bytes)
{
    ERR_RETURN(finish(w, header));
    if (fsync(w->fd))
        return cannot(w, errno, "write");
    int error = give_name(w);
    if (error == EEXIST)
        return exists(w->path);
    if (error)
        return cannot(w, error, "write");
    if (fsync(w->dir_fd) && errno != EINVAL) /* some file systems cannot */
        return cannot(w, errno, "write");
    *bytes = w->at;
    return NULL;
}

void capture_writer_destroy(struct capture_writer *w)
{
    if (!w)
        return;
    if (w->temporary)
        unlinkat(w->dir_fd, w->temporary, 0);
    if (w->fd >= 0)
        close(w->fd);
    if (w->dir_fd >= 0)
        close(w->dir_fd);
    for (int i = 0; i < BUFFERS; i++)
        free(w->buffers[i].at);
    ZSTD_freeCCtx(w->zstd);
    free(w->packed);
    free(w->entries);
    free(w->temporary);
    free(w->directory);
    free(w->path);
    free(w);
}
