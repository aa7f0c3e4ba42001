/*
 * libFuzzer target: any file is a capture or is refused, with the reason and what to do, and what was accepted can be
 * analysed and asked without another check.
 *
 * The input is the file. Its checksums are put right here, or no mutation would get past them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "inspector/analysis/diff.h"
#include "inspector/analysis/facts.h"
#include "inspector/capture/capture.h"
#include "inspector/capture/checksum.h"
#include "inspector/model/builder.h"

enum { ASKED_MAX = 64, FILE_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void must(bool fine)
{
    if (!fine)
        abort();
}

/* ---- checksums ---- */

static void put_entries_right(uint8_t *file, struct capture_entry *entries, uint64_t n,
                              uint64_t end)
{
    for (uint64_t i = 0; i < n; i++) {
        struct capture_entry e;
        memcpy(&e, &entries[i], sizeof e);
        if (e.offset > end || e.bytes > end - e.offset)
            continue;
        e.checksum = checksum(file + e.offset, e.bytes, e.kind);
        memcpy(&entries[i], &e, sizeof e);
    }
}

static void put_right(uint8_t *file, size_t n)
{
    struct capture_trailer t;
    struct capture_header h;

    if (n < sizeof h + sizeof t)
        return;
    memcpy(&t, file + n - sizeof t, sizeof t);
    if (t.index_offset < sizeof h || t.index_offset > n - sizeof t)
        return;
    t.entries = (n - sizeof t - t.index_offset) / sizeof(struct capture_entry);
    put_entries_right(file, (struct capture_entry *)(void *)(file + t.index_offset), t.entries,
                      t.index_offset);
    t.index_checksum = checksum(file + t.index_offset, t.entries * sizeof(struct capture_entry), 0);
    memcpy(file + n - sizeof t, &t, sizeof t);
    memcpy(&h, file, sizeof h);
    h.checksum = checksum(&h, offsetof(struct capture_header, checksum), 0);
    memcpy(file, &h, sizeof h);
}

/* ---- what was accepted ---- */

static void on_value(const struct decoded_value *value, void *arg)
{
    (void)arg;
    must(value->kind <= VALUE_TEXT && value->text.len <= MSG_VALUE_TEXT_MAX);
}

static void on_edge(const struct decoded_edge *edge, void *arg)
{
    (void)arg;
    must(edge->name.len <= MSG_TEXT_MAX);
}

/* Fine, or refused as a bad file. */
static void settle(struct err *err)
{
    must(!err || (err->code == ERR_INPUT && err->hint));
    err_destroy(err);
}

static void ask(struct capture *capture)
{
    for (uint32_t i = 0; i < ASKED_MAX; i++) {
        uint64_t inline_bytes, weakrefs;
        settle(capture_values(capture, &i, 1, 10, on_value, NULL, NULL));
        settle(capture_edges(capture, i, i % 3, i, on_edge, NULL, NULL));
        settle(capture_sizes(capture, i, &inline_bytes, &weakrefs));
    }
}

static void analyse(struct snapshot *s)
{
    uint32_t *match;

    for (uint32_t i = 0; i < s->strong.n; i++)
        must(s->strong.object[i] < s->n_objects && s->reverse.object[i] < s->n_objects);
    for (uint32_t i = 0; i < s->n_objects; i++)
        must(s->type[i] < s->n_types && snapshot_shallow(s, i) <= s->shallow_bytes);
    err_destroy(s->has_edges ? facts_compute(s, NULL) : NULL);
    err_destroy(diff_match(s, s, NULL, &match));
    free(match);
}

static void open_file(const char *path)
{
    struct capture *capture;
    struct builder *builder;
    struct snapshot *snapshot = NULL;
    struct err *err = capture_open(path, &capture);

    if (err) {
        must((err->code == ERR_INPUT || err->code == ERR_UNSUPPORTED) && err->hint);
        err_destroy(err);
        return;
    }
    must(!builder_create(&builder));
    err = capture_feed(capture, builder_sink(builder), NULL, NULL, NULL);
    if (!err)
        err = builder_finish(builder, &snapshot);
    must(!err || err->code == ERR_INPUT || err->code == ERR_PROTOCOL);
    err_destroy(err);
    builder_destroy(builder);
    ask(capture);
    capture_unref(capture);
    if (snapshot)
        analyse(snapshot);
    snapshot_unref(snapshot);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    uint8_t *file;
    char path[64];
    int fd;

    if (!bytes || bytes > FILE_MAX)
        return 0;
    file = malloc(bytes);
    memcpy(file, data, bytes);
    put_right(file, bytes);
    fd = memfd_create("fuzz", MFD_CLOEXEC);
    must(fd >= 0 && write(fd, file, bytes) == (ssize_t)bytes);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    open_file(path);
    close(fd);
    free(file);
    return 0;
}
