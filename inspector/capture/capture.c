#include "inspector/capture/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/capture/capture_private.h"
#include "inspector/capture/checksum.h"

static const char no_capture[] = "captures are made by 'ouro snapshot PID -o FILE'";

struct err *capture_damaged(const struct capture *c, const char *what)
{
    return err_new(ERR_INPUT, "make it anew or copy it again: it is damaged",
                   "cannot use the capture '%s': %s", c->path, what);
}

/* ---- opening ---- */

static struct err *map_file(struct capture *c)
{
    _cleanup_close_ int fd = open(c->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;

    if (fd < 0 || fstat(fd, &st))
        return err_hint(err_sys(errno, "cannot open '%s'", c->path),
                        "name a capture file or a process id");
    if (!S_ISREG(st.st_mode))
        return err_new(ERR_INPUT, no_capture, "cannot open '%s': it is no regular file", c->path);
    if ((uint64_t)st.st_size < sizeof c->header.magic)
        return err_new(ERR_INPUT, no_capture, "cannot open '%s': it is no capture of ouro",
                       c->path);
    void *at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        return err_sys(errno, "cannot map '%s'", c->path);
    c->file = at;
    c->file_bytes = (uint64_t)st.st_size;
    return NULL;
}

static bool terminated(const char *text, size_t n)
{
    return memchr(text, 0, n) != NULL;
}

static struct err *read_header(struct capture *c)
{
    struct capture_header *h = &c->header;
    uint32_t version;

    if (memcmp(c->file, CAPTURE_MAGIC, CAPTURE_MAGIC_BYTES) != 0)
        return err_new(ERR_INPUT, no_capture, "cannot open '%s': it is no capture of ouro",
                       c->path);
    if (c->file_bytes < sizeof *h + sizeof(struct capture_trailer))
        return capture_damaged(c, "it is cut short");
    memcpy(h, c->file, sizeof *h);
    version = h->version;
    if (version > CAPTURE_VERSION)
        return err_new(ERR_UNSUPPORTED, "use the ouro that made it, or a newer one",
                       "cannot use the capture '%s': it has version %u, this ouro reads up to %d",
                       c->path, version, CAPTURE_VERSION);
    if (!version || h->checksum != checksum(h, offsetof(struct capture_header, checksum), 0))
        return capture_damaged(c, "its header is damaged");
    if (h->objects >= UINT32_MAX || h->strong >= UINT32_MAX || h->weak >= UINT32_MAX ||
        h->opaque_count > CAPTURE_OPAQUE_MAX || !terminated(h->python, sizeof h->python) ||
        !terminated(h->ouro, sizeof h->ouro) || !terminated(h->command, sizeof h->command))
        return capture_damaged(c, "its header makes no sense");
    for (uint32_t i = 0; i < CAPTURE_OPAQUE_MAX; i++)
        if (!terminated(h->opaque[i], sizeof h->opaque[i]))
            return capture_damaged(c, "its header makes no sense");
    return NULL;
}

static bool is_block(uint32_t kind)
{
    return kind >= CAPTURE_RECORDS && kind <= CAPTURE_NAMES;
}

static bool is_section(uint32_t kind)
{
    return kind >= CAPTURE_ADDRESS && kind < CAPTURE_KINDS_END;
}

static bool entry_fits(const struct capture_entry *e, uint64_t end)
{
    if (e->offset < CAPTURE_HEADER_BYTES || e->offset > end || e->bytes > end - e->offset)
        return false;
    if (is_block(e->kind))
        return e->bytes && e->raw_bytes && e->raw_bytes <= CAPTURE_BLOCK_MAX;
    return is_section(e->kind) && e->raw_bytes == e->bytes && e->offset % CAPTURE_ALIGN == 0;
}

/* Blocks of a kind are in the order of what they begin with; a section is there once. */
static bool follows(const struct capture_entry *e, const struct capture_entry *last)
{
    if (is_section(e->kind))
        return false;
    if (e->kind == CAPTURE_RECORDS)
        return true;
    return e->first > last->first || (e->first == last->first && e->second > last->second);
}

/* Sorts the entries by kind, keeping their order otherwise. */
static struct err *sort_entries(struct capture *c, const struct capture_entry *from, uint64_t end)
{
    uint64_t starts[CAPTURE_KINDS_END + 1] = {0};

    for (uint64_t i = 0; i < c->n_entries; i++) {
        if (!entry_fits(&from[i], end))
            return capture_damaged(c, "its index makes no sense");
        starts[from[i].kind + 1]++;
    }
    for (unsigned kind = 0; kind < CAPTURE_KINDS_END; kind++) {
        c->of[kind].at = c->entries + starts[kind];
        starts[kind + 1] += starts[kind];
    }
    for (uint64_t i = 0; i < c->n_entries; i++) {
        uint32_t kind = from[i].kind;
        struct capture_entry *to = c->entries + starts[kind]++;
        *to = from[i];
        if (c->of[kind].n++ && !follows(to, to - 1))
            return capture_damaged(c, "its index is out of order");
    }
    return NULL;
}

static struct err *read_index(struct capture *c)
{
    _cleanup_free_ struct capture_entry *from = NULL;
    struct capture_trailer t;
    uint64_t end = c->file_bytes - sizeof t;

    memcpy(&t, c->file + end, sizeof t);
    if (memcmp(t.magic, CAPTURE_END_MAGIC, CAPTURE_MAGIC_BYTES) != 0)
        return capture_damaged(c, "it is cut short");
    if (t.index_offset < CAPTURE_HEADER_BYTES || t.index_offset > end ||
        t.entries != (end - t.index_offset) / sizeof *from ||
        (end - t.index_offset) % sizeof *from || !t.entries)
        return capture_damaged(c, "its end makes no sense");
    uint64_t bytes = t.entries * sizeof *from;
    from = malloc(bytes); /* a part of the file's size */
    c->entries = malloc(bytes);
    if (!from || !c->entries)
        return err_nomem();
    memcpy(from, c->file + t.index_offset, bytes);
    if (checksum(from, bytes, 0) != t.index_checksum)
        return capture_damaged(c, "its index is damaged");
    c->n_entries = t.entries;
    return sort_entries(c, from, t.index_offset);
}

static struct err *open_all(struct capture *c)
{
    ERR_RETURN(map_file(c));
    ERR_RETURN(read_header(c));
    ERR_RETURN(read_index(c));
    c->zstd = ZSTD_createDCtx();
    return c->zstd ? NULL : err_nomem();
}

struct err *capture_open(const char *path, struct capture **ret)
{
    struct capture *c = calloc(1, sizeof *c);

    if (!c)
        return err_nomem();
    atomic_init(&c->owners, 1);
    c->path = xstrdup(path);
    struct err *err = open_all(c);
    if (err)
        capture_unref(c);
    else
        *ret = c;
    return err;
}

struct capture *capture_ref(struct capture *c)
{
    atomic_fetch_add(&c->owners, 1);
    return c;
}

void capture_unref(struct capture *c)
{
    if (!c || atomic_fetch_sub(&c->owners, 1) > 1)
        return;
    for (int i = 0; i < CAPTURE_CACHED; i++)
        free(c->cache[i].bytes);
    ZSTD_freeDCtx(c->zstd);
    if (c->file)
        munmap((void *)c->file, c->file_bytes);
    free(c->entries);
    free(c->path);
    free(c);
}

const struct capture_header *capture_header(const struct capture *c)
{
    return &c->header;
}

const char *capture_path(const struct capture *c)
{
    return c->path;
}

uint64_t capture_bytes(const struct capture *c)
{
    return c->file_bytes;
}

/* ---- blocks ---- */

static struct capture_cached *slot_for(struct capture *c, const struct capture_entry *entry)
{
    struct capture_cached *oldest = &c->cache[0];

    for (int i = 0; i < CAPTURE_CACHED; i++) {
        if (c->cache[i].entry == entry)
            return &c->cache[i];
        if (c->cache[i].used < oldest->used)
            oldest = &c->cache[i];
    }
    return oldest;
}

struct err *capture_block(struct capture *c, const struct capture_entry *entry, const uint8_t **ret)
{
    struct capture_cached *slot = slot_for(c, entry);
    const uint8_t *packed = c->file + entry->offset;

    slot->used = ++c->clock;
    *ret = slot->bytes;
    if (slot->entry == entry)
        return NULL;
    slot->entry = NULL;
    if (!slot->bytes && !(slot->bytes = malloc(CAPTURE_BLOCK_MAX)))
        return err_nomem();
    if (checksum(packed, entry->bytes, entry->kind) != entry->checksum ||
        ZSTD_decompressDCtx(c->zstd, slot->bytes, CAPTURE_BLOCK_MAX, packed, entry->bytes) !=
            entry->raw_bytes)
        return capture_damaged(c, "a block of it is damaged");
    slot->entry = entry;
    *ret = slot->bytes;
    return NULL;
}
