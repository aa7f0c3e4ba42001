/* The snapshot of a capture, to a sink. */
#include <stdlib.h>
#include <unistd.h>

#include "inspector/base/cleanup.h"
#include "inspector/capture/capture_private.h"

enum {
    /* bytes that reading needs, as model/snapshot.h has it: arrays over objects and references, both ways */
    OBJECT_BYTES = 8 + 4 + 4 + 4 + 1 + 4 + 4,
    REFERENCE_BYTES = 4 + 4,
    /* bytes that a stream has at most: varints of an object, of a reference; the rest of it */
    OBJECT_RAW_MAX = 64,
    REFERENCE_RAW_MAX = 10,
    OTHER_RAW_MAX = 256 << 20,
};

/* Where one record lies in a block. */
struct record {
    uint16_t kind;
    uint32_t bytes;
    const uint8_t *payload;
};

static bool next_record(const uint8_t **at, const uint8_t *end, struct record *ret)
{
    const size_t head = sizeof ret->kind + sizeof ret->bytes;

    if ((size_t)(end - *at) < head)
        return false;
    memcpy(&ret->kind, *at, sizeof ret->kind);
    memcpy(&ret->bytes, *at + sizeof ret->kind, sizeof ret->bytes);
    ret->payload = *at + head;
    if ((size_t)(end - ret->payload) < ret->bytes)
        return false;
    *at = ret->payload + ret->bytes;
    return true;
}

/* A small file can claim to hold anything, and can hold very much of nothing. */
static struct err *check_claims(const struct capture *c)
{
    const struct capture_header *h = &c->header;
    uint64_t need = h->objects * OBJECT_BYTES + (h->strong + h->weak) * REFERENCE_BYTES;
    uint64_t have = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t raw = 0, raw_max = OTHER_RAW_MAX;

    if (need > have)
        return err_new(ERR_INPUT, "open it on a larger machine",
                       "cannot use the capture '%s': %llu objects need more memory than there is",
                       c->path, (unsigned long long)h->objects);
    if (!(h->flags & CAPTURE_ARRAYS))
        raw_max += h->objects * OBJECT_RAW_MAX + (h->strong + h->weak) * REFERENCE_RAW_MAX;
    for (uint64_t i = 0; i < c->of[CAPTURE_RECORDS].n; i++)
        raw += c->of[CAPTURE_RECORDS].at[i].raw_bytes;
    return raw > raw_max ? capture_damaged(c, "it holds more than its header says") : NULL;
}

struct feeding {
    struct capture *capture;
    struct snap_decoder *decoder;
    const struct snap_sink *sink;
    const atomic_bool *cancel;
    enum decode_status status;
};

/* The arrays come before the end, which is the first to need them. */
static struct err *give_arrays(struct feeding *f, const struct record *record)
{
    struct capture *c = f->capture;
    size_t n_types = f->decoder->types + 1u;
    _cleanup_free_ uint64_t *by_type = calloc(2 * n_types, sizeof *by_type);
    struct msg_snap_end end;
    struct snap_arrays arrays;

    if (!by_type)
        return err_nomem();
    if (!decode_fixed(record->kind, record->payload, record->bytes, &end, sizeof end) ||
        end.objects != c->header.objects || end.strong != c->header.strong ||
        end.weak != c->header.weak || !f->sink->arrays)
        return capture_damaged(c, "its arrays do not belong to it");
    ERR_RETURN(capture_arrays(c, f->decoder->types, end.shallow_bytes, f->cancel, by_type,
                              by_type + n_types, &arrays));
    return f->sink->arrays(f->sink->ctx, &arrays) ? NULL : err_nomem();
}

static struct err *feed_block(struct feeding *f, const struct capture_entry *entry)
{
    const struct capture_header *h = &f->capture->header;
    const uint8_t *at, *end;
    struct record record;

    ERR_RETURN(capture_block(f->capture, entry, &at));
    end = at + entry->raw_bytes;
    while (at < end && f->status == DECODE_MORE) {
        if (!next_record(&at, end, &record))
            return capture_damaged(f->capture, "a record is cut short");
        if (record.kind == MSG_SNAP_END && h->flags & CAPTURE_ARRAYS)
            ERR_RETURN(give_arrays(f, &record));
        f->status =
            snap_decoder_feed(f->decoder, record.kind, record.payload, record.bytes, f->sink);
        if (f->decoder->objects > h->objects || f->decoder->strong > h->strong ||
            f->decoder->weak > h->weak)
            return capture_damaged(f->capture, "it holds more than its header says");
    }
    if (f->status == DECODE_DONE && at < end)
        return capture_damaged(f->capture, "there are records behind the end");
    return NULL;
}

static struct err *feed_all(struct feeding *f,
                            void (*progress)(void *ctx, uint64_t done, uint64_t total), void *ctx)
{
    struct capture *c = f->capture;
    uint64_t i = 0, n = c->of[CAPTURE_RECORDS].n;

    for (; i < n && f->status == DECODE_MORE; i++) {
        if (f->cancel && atomic_load(f->cancel))
            return err_new(ERR_CANCELLED, NULL, "cancelled");
        ERR_RETURN(feed_block(f, &c->of[CAPTURE_RECORDS].at[i]));
        if (progress)
            progress(ctx, f->decoder->objects, c->header.objects);
    }
    if (f->status == DECODE_STOPPED)
        return err_nomem();
    if (f->status == DECODE_BAD)
        return capture_damaged(c, f->decoder->why);
    if (f->status != DECODE_DONE || i < n)
        return capture_damaged(c, "its stream does not end where it should");
    if (!(c->header.flags & CAPTURE_ARRAYS) &&
        (f->decoder->objects != c->header.objects || f->decoder->strong != c->header.strong ||
         f->decoder->weak != c->header.weak))
        return capture_damaged(c, "it holds less than its header says");
    return NULL;
}

struct err *capture_feed(struct capture *c, const struct snap_sink *sink, const atomic_bool *cancel,
                         void (*progress)(void *ctx, uint64_t done, uint64_t total), void *ctx)
{
    _cleanup_free_ struct snap_decoder *decoder = malloc(sizeof *decoder);
    struct feeding feeding = {c, decoder, sink, cancel, DECODE_MORE};

    if (!decoder)
        return err_nomem();
    ERR_RETURN(check_claims(c));
    snap_decoder_init(decoder);
    decoder->from_file = true;
    return feed_all(&feeding, progress, ctx);
}
