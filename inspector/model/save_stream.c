/* The records of a snapshot, as an agent would send them (proto/msg.h). */
#include <string.h>

#include "inspector/model/save_private.h"

enum {
    BYTES = MSG_BATCH_BYTES,
    OBJECT_MAX = 5 * WIRE_VARINT_MAX,
    REFS_MAX = 4000, /* of an object in a batch; more go into records of their own */
    BUFFER_BYTES = BYTES + OBJECT_MAX + (2 + REFS_MAX) * WIRE_VARINT_MAX,
};

_Static_assert((int)BUFFER_BYTES < (int)CAPTURE_RECORD_MAX, "a record fits into a block");

/* A record under way. */
struct record {
    struct saving *saving;
    uint8_t *p; /* behind the last byte */
    uint32_t first, count;
    uint64_t address8;
    uint8_t bytes[BUFFER_BYTES];
};

static struct err *put(struct saving *s, enum msg_kind kind, const void *fixed,
                       uint32_t fixed_bytes, const void *tail, size_t tail_bytes)
{
    return capture_put_record(s->writer, kind, fixed, fixed_bytes, tail, (uint32_t)tail_bytes);
}

#define PUT(saving, kind, fixed) put((saving), (kind), &(fixed), sizeof(fixed), NULL, 0)

/* At most `max` bytes of a text, whole characters. */
static uint32_t clipped(const char *text, uint32_t max)
{
    size_t n = strlen(text);

    if (n <= max)
        return (uint32_t)n;
    for (n = max; n && (text[n] & 0xc0) == 0x80;)
        n--;
    return (uint32_t)n;
}

/* A name from data: as it is, or what stands for it. Valid until the next call. */
static const char *name_of(struct saving *s, const char *name)
{
    if (!s->options->redact)
        return name;
    str_clear(&s->text);
    redact_text(&s->redact, name, strlen(name), &s->text);
    return s->text.text;
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* ---- the beginning ---- */

static struct err *put_beginning(struct saving *s)
{
    const struct snapshot *h = s->snapshot;
    struct msg_snap_begin begin = {1, SNAPSHOT_EDGES, h->interpreters, h->tracemalloc};

    if (s->options->with_arrays)
        begin.flags |= SNAPSHOT_APART;
    ERR_RETURN(PUT(s, MSG_SNAP_BEGIN, begin));
    ERR_RETURN(PUT(s, MSG_SNAP_GC, h->gc));
    for (uint32_t i = 0; i < h->n_lists; i++) {
        struct msg_snap_list list = {h->lists[i].interpreter, h->lists[i].generation,
                                     h->lists[i].first, h->lists[i].count};
        ERR_RETURN(PUT(s, MSG_SNAP_LIST, list));
    }
    for (uint32_t i = 0; i < h->n_types; i++) {
        const struct snapshot_type *t = &h->types[i];
        uint32_t n = clipped(t->name, MSG_TEXT_MAX);
        struct msg_snap_type type = {i, t->object, t->flags, 0, n, 0, t->address};
        ERR_RETURN(put(s, MSG_SNAP_TYPE, &type, sizeof type, t->name, n));
    }
    return NULL;
}

/* ---- objects ---- */

static struct err *flush(struct record *r, uint32_t next)
{
    struct msg_snap_objects head = {r->first, r->count};

    if (r->count)
        ERR_RETURN(put(r->saving, MSG_SNAP_OBJECTS, &head, sizeof head, r->bytes,
                       (size_t)(r->p - r->bytes)));
    r->p = r->bytes;
    r->first = next;
    r->count = 0;
    r->address8 = 0;
    return NULL;
}

/* `n` references of `object`, whose first is relative to `last`. */
static uint8_t *put_targets(uint8_t *p, uint32_t last, const uint32_t *targets, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        p = wire_put_signed(p, (int64_t)targets[i] - last);
        last = targets[i];
    }
    return p;
}

static uint8_t *put_weak(uint8_t *p, uint32_t last, const struct snap_pair *pairs, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        p = wire_put_signed(p, (int64_t)pairs[i].target - last);
        last = pairs[i].target;
    }
    return p;
}

/* References in records of their own, strong ones first. */
static struct err *put_more(struct record *r, uint32_t object, const uint32_t *targets, uint32_t n,
                            const struct snap_pair *weak, uint32_t n_weak)
{
    for (uint64_t i = 0; i < (uint64_t)n + n_weak;) {
        bool is_weak = i >= n;
        uint64_t left = is_weak ? n + (uint64_t)n_weak - i : n - i;
        uint32_t count = left < REFS_MAX ? (uint32_t)left : REFS_MAX;
        struct msg_snap_more head = {object, count, is_weak ? EDGE_WEAK : EDGE_STRONG,
                                     i + count == (uint64_t)n + n_weak};
        uint8_t *end = is_weak ? put_weak(r->bytes, object, weak + (i - n), count)
                               : put_targets(r->bytes, object, targets + i, count);
        ERR_RETURN(
            put(r->saving, MSG_SNAP_MORE, &head, sizeof head, r->bytes, (size_t)(end - r->bytes)));
        i += count;
    }
    return NULL;
}

static struct err *put_object(struct record *r, uint32_t i, const struct snap_pair *weak,
                              uint32_t n_weak)
{
    const struct snapshot *h = r->saving->snapshot;
    const uint32_t *targets = h->strong.n ? h->strong.object + h->strong.offset[i] : NULL;
    uint32_t n = h->strong.offset[i + 1] - h->strong.offset[i];
    bool more = (uint64_t)n + n_weak > REFS_MAX;
    uint64_t address8 = h->address[i] / 8;

    r->p = wire_put(r->p, (h->flags[i] & ~OBJECT_MORE) | (more ? OBJECT_MORE : 0));
    r->p = wire_put(r->p, h->type[i]);
    r->p = wire_put_signed(r->p, (int64_t)(address8 - r->address8));
    r->p = wire_put(r->p, h->refcount[i]);
    r->p = wire_put(r->p, snapshot_shallow(h, i));
    r->address8 = address8;
    r->count++;
    if (more) {
        ERR_RETURN(flush(r, i + 1));
        return put_more(r, i, targets, n, weak, n_weak);
    }
    r->p = wire_put(r->p, n);
    r->p = put_targets(r->p, i, targets, n);
    r->p = wire_put(r->p, n_weak);
    r->p = put_weak(r->p, i, weak, n_weak);
    return r->p - r->bytes < BYTES ? NULL : flush(r, i + 1);
}

static struct err *put_objects(struct saving *s)
{
    const struct snapshot *h = s->snapshot;
    struct record r = {.saving = s, .p = r.bytes};
    uint32_t weak = 0;

    for (uint32_t i = 0; i < h->n_objects; i++) {
        uint32_t first = weak;
        while (weak < h->n_weak && h->weak[weak].holder == i)
            weak++;
        ERR_RETURN(put_object(&r, i, h->n_weak ? h->weak + first : NULL, weak - first));
        if (s->cancel && i % (1 << 16) == 0 && atomic_load(s->cancel))
            return err_new(ERR_CANCELLED, NULL, "cancelled");
    }
    return flush(&r, h->n_objects);
}

/* ---- what holds from outside ---- */

static struct err *put_held(struct saving *s, const struct snapshot_frame *frame)
{
    struct record r = {.saving = s, .p = r.bytes};

    for (uint32_t i = 0; i < frame->n_held; i++) {
        const struct snapshot_held *held =
            &s->snapshot->held_from_outside.held[frame->first_held + i];
        const char *name = name_of(s, held->name);
        uint32_t n = clipped(name, MSG_NAME_MAX);
        r.p = wire_put(wire_put(wire_put(r.p, held->object), held->kind), n);
        memcpy(r.p, name, n);
        r.p += n;
        r.count++;
        if (i + 1 == frame->n_held || r.p - r.bytes > BYTES) {
            struct msg_snap_held head = {r.count, 0};
            ERR_RETURN(put(s, MSG_SNAP_HELD, &head, sizeof head, r.bytes, (size_t)(r.p - r.bytes)));
            r.p = r.bytes;
            r.count = 0;
        }
    }
    return NULL;
}

static struct err *put_frame(struct saving *s, const struct snapshot_frame *frame)
{
    struct msg_snap_frame head = {
        .thread = frame->thread, .object = frame->object, .line = frame->line};
    char texts[2 * MSG_NAME_MAX];

    const char *function = name_of(s, frame->function);
    head.function_bytes = clipped(function, MSG_NAME_MAX);
    memcpy(texts, function, head.function_bytes);
    const char *file = name_of(s, frame->file);
    head.file_bytes = clipped(file, MSG_NAME_MAX);
    memcpy(texts + head.function_bytes, file, head.file_bytes);
    ERR_RETURN(
        put(s, MSG_SNAP_FRAME, &head, sizeof head, texts, head.function_bytes + head.file_bytes));
    return put_held(s, frame);
}

static struct err *put_threads(struct saving *s)
{
    const struct snapshot_roots *roots = &s->snapshot->held_from_outside;

    for (uint32_t i = 0; i < roots->n_threads; i++) {
        const struct snapshot_thread *t = &roots->threads[i];
        const char *name = strcmp(t->name, "MainThread") != 0 ? name_of(s, t->name) : t->name;
        uint32_t n = clipped(name, MSG_NAME_MAX);
        struct msg_snap_thread head = {i, t->interpreter, t->ident, t->native_id, n};
        ERR_RETURN(put(s, MSG_SNAP_THREAD, &head, sizeof head, name, n));
        for (uint32_t f = 0; f < t->n_frames; f++)
            ERR_RETURN(put_frame(s, &roots->frames[t->first_frame + f]));
    }
    return NULL;
}

/* Places of one kind, thread, and file that follow each other. */
static struct err *put_places(struct saving *s)
{
    const struct snapshot_roots *roots = &s->snapshot->held_from_outside;
    struct record r = {.saving = s, .p = r.bytes};

    for (uint32_t i = 0; i < roots->n_places; i++) {
        const struct snapshot_place *place = &roots->places[i], *next = place + 1;
        bool is_last = i + 1 == roots->n_places || next->kind != place->kind ||
                       next->thread != place->thread || next->file != place->file ||
                       r.p - r.bytes > BYTES / 2;
        r.p = wire_put(wire_put(r.p, place->object), place->address / 8);
        r.count++;
        if (!is_last)
            continue;
        const char *path = roots->files[place->file];
        path = s->options->redact ? base_of(path) : path;
        struct msg_snap_static head = {place->kind, place->thread, r.count,
                                       clipped(path, MSG_NAME_MAX), 0};
        memmove(r.bytes + head.path_bytes, r.bytes, (size_t)(r.p - r.bytes));
        memcpy(r.bytes, path, head.path_bytes);
        ERR_RETURN(put(s, MSG_SNAP_STATIC, &head, sizeof head, r.bytes,
                       (size_t)(r.p - r.bytes) + head.path_bytes));
        r.p = r.bytes;
        r.count = 0;
    }
    return NULL;
}

static struct err *put_visits(struct saving *s, enum visits_kind kind,
                              const struct snapshot_visits *visits)
{
    struct record r = {.saving = s, .p = r.bytes};

    for (uint32_t i = 0; i < visits->n; i++) {
        r.p = wire_put(wire_put(r.p, visits->at[i].holder), visits->at[i].second);
        r.count++;
        if (i + 1 < visits->n && r.p - r.bytes < BYTES)
            continue;
        struct msg_snap_visits head = {kind, r.count};
        ERR_RETURN(put(s, MSG_SNAP_VISITS, &head, sizeof head, r.bytes, (size_t)(r.p - r.bytes)));
        r.p = r.bytes;
        r.count = 0;
    }
    return NULL;
}

struct err *save_stream(struct saving *s)
{
    const struct snapshot *h = s->snapshot;
    struct msg_snap_end end = {h->n_objects, h->strong.n, h->n_weak, h->shallow_bytes, h->walk_ns};

    ERR_RETURN(put_beginning(s));
    if (!s->options->with_arrays)
        ERR_RETURN(put_objects(s));
    ERR_RETURN(put_threads(s));
    ERR_RETURN(put_places(s));
    ERR_RETURN(put_visits(s, VISITS_NOT, &h->unvisited));
    ERR_RETURN(put_visits(s, VISITS_ALSO, &h->visited_too));
    return PUT(s, MSG_SNAP_END, end);
}
