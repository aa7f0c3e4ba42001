#include "proto/decode.h"

#include <string.h>

#include "proto/decode_private.h"

static uint32_t fixed_bytes(uint16_t kind)
{
    switch (kind) {
#define X(name, number, type)                                                                      \
    case number:                                                                                   \
        return sizeof(struct type);
        MSG_KINDS(X)
#undef X
    default:
        return 0;
    }
}

bool decode_fixed(uint16_t kind, const void *payload, uint32_t bytes, void *to, uint32_t to_bytes)
{
    uint32_t size = fixed_bytes(kind);

    if (!size || size != to_bytes || bytes < size)
        return false;
    memcpy(to, payload, size);
    return true;
}

void snap_decoder_init(struct snap_decoder *decoder)
{
    memset(decoder, 0, sizeof *decoder);
}

enum decode_status decode_bad(struct snap_decoder *d, const char *why)
{
    d->why = why;
    return DECODE_BAD;
}

static const char unfinished[] = "an object whose references are not all there";

bool decode_mention(struct snap_decoder *d, uint64_t index)
{
    if (index >= UINT32_MAX)
        return false;
    if (index >= d->need)
        d->need = index + 1;
    return true;
}

/* `count` references, as signed deltas starting from `last`. */
static enum decode_status read_deltas(struct snap_decoder *d, struct wire_reader *r, uint64_t count,
                                      int64_t last, enum edge_strength strength,
                                      const struct snap_sink *sink)
{
    while (count) {
        uint32_t n = count < DECODE_CHUNK ? (uint32_t)count : DECODE_CHUNK;
        for (uint32_t i = 0; i < n; i++) {
            /* unsigned: a hostile delta may overflow */
            last = (int64_t)((uint64_t)last + (uint64_t)wire_get_signed(r));
            if (!decode_mention(d, (uint64_t)last))
                return decode_bad(d, "an object number is out of range");
            d->chunk[i] = (uint32_t)last;
        }
        if (r->bad)
            return decode_bad(d, "a list of object numbers is cut short");
        if (!sink->edges(sink->ctx, d->chunk, n, strength))
            return DECODE_STOPPED;
        count -= n;
    }
    return DECODE_MORE;
}

static enum decode_status feed_begin(struct snap_decoder *d, const void *payload, uint32_t bytes,
                                     const struct snap_sink *sink)
{
    struct msg_snap_begin begin;

    if (d->begun || !decode_fixed(MSG_SNAP_BEGIN, payload, bytes, &begin, sizeof begin))
        return decode_bad(d, "a second or short beginning");
    if (begin.flags & SNAPSHOT_APART && (!d->from_file || !(begin.flags & SNAPSHOT_EDGES)))
        return decode_bad(d, "objects apart from the stream");
    d->begun = true;
    d->flags = begin.flags;
    return decode_go_on(sink->begin(sink->ctx, &begin));
}

static enum decode_status feed_gc(struct snap_decoder *d, const void *payload, uint32_t bytes,
                                  const struct snap_sink *sink)
{
    struct msg_snap_gc gc;

    if (!decode_fixed(MSG_SNAP_GC, payload, bytes, &gc, sizeof gc))
        return decode_bad(d, "a short collector record");
    d->collectors++;
    return decode_go_on(sink->gc(sink->ctx, &gc));
}

static enum decode_status feed_list(struct snap_decoder *d, const void *payload, uint32_t bytes,
                                    const struct snap_sink *sink)
{
    struct msg_snap_list list;

    if (!decode_fixed(MSG_SNAP_LIST, payload, bytes, &list, sizeof list))
        return decode_bad(d, "a short generation record");
    if (list.generation > MSG_GEN_PERMANENT)
        return decode_bad(d, "a generation that does not exist");
    if (!d->collectors)
        return decode_bad(d, "a generation of no collector");
    if (list.count && !(d->flags & SNAPSHOT_COUNTS) &&
        !decode_mention(d, (uint64_t)list.first + list.count - 1))
        return decode_bad(d, "a generation of too many objects");
    return decode_go_on(sink->list(sink->ctx, &list));
}

static enum decode_status feed_type(struct snap_decoder *d, const void *payload, uint32_t bytes,
                                    const struct snap_sink *sink)
{
    struct snap_type type;
    struct wire_reader r = wire_reader(payload, bytes);

    wire_get_bytes(&r, &type.fixed, sizeof type.fixed);
    if (r.bad || type.fixed.module_bytes > MSG_TEXT_MAX || type.fixed.name_bytes > MSG_TEXT_MAX ||
        !type.fixed.name_bytes ||
        (uint64_t)(r.end - r.p) != (uint64_t)type.fixed.module_bytes + type.fixed.name_bytes)
        return decode_bad(d, "a type record of the wrong length");
    if (type.fixed.id != d->types)
        return decode_bad(d, "a type out of order");
    if (type.fixed.object != (uint32_t)MSG_NO_INDEX && !decode_mention(d, type.fixed.object))
        return decode_bad(d, "a type that is no object");
    type.module = (struct decoded_text){(const char *)r.p, type.fixed.module_bytes};
    type.name =
        (struct decoded_text){(const char *)r.p + type.fixed.module_bytes, type.fixed.name_bytes};
    d->types++;
    return decode_go_on(sink->type(sink->ctx, &type));
}

/* The two lists of references of one object inside a batch. */
static enum decode_status read_edges(struct snap_decoder *d, struct wire_reader *r, uint32_t index,
                                     const struct snap_sink *sink)
{
    for (int strength = EDGE_STRONG; strength <= EDGE_WEAK; strength++) {
        uint64_t count = wire_get(r);
        if (r->bad || count > (uint64_t)(r->end - r->p)) /* at least a byte each */
            return decode_bad(d, "more references than the record can hold");
        *(strength == EDGE_STRONG ? &d->strong : &d->weak) += count;
        enum decode_status status =
            read_deltas(d, r, count, index, (enum edge_strength)strength, sink);
        if (status != DECODE_MORE)
            return status;
    }
    return DECODE_MORE;
}

static enum decode_status feed_objects(struct snap_decoder *d, const void *payload, uint32_t bytes,
                                       const struct snap_sink *sink)
{
    struct msg_snap_objects head;
    struct wire_reader r = wire_reader(payload, bytes);
    uint64_t address8 = 0;

    wire_get_bytes(&r, &head, sizeof head);
    if (r.bad || head.first != d->objects || head.count > UINT32_MAX - 1 - d->objects)
        return decode_bad(d, "a batch of objects out of order");
    for (uint32_t i = 0; i < head.count; i++) {
        if (d->more_pending)
            return decode_bad(d, unfinished);
        struct snap_object object = {.index = d->objects};
        uint64_t flags = wire_get(&r);
        uint64_t type = wire_get(&r);
        address8 += (uint64_t)wire_get_signed(&r);
        object.address = address8 * 8;
        object.refcount = wire_get(&r);
        object.shallow_bytes = wire_get(&r);
        if (r.bad || flags > UINT8_MAX || type >= d->types)
            return decode_bad(d, "an object that is cut short or of no known type");
        if (flags & OBJECT_MORE && !(d->flags & SNAPSHOT_EDGES))
            return decode_bad(d, "references in a stream without any");
        object.flags = (uint8_t)flags;
        object.type = (uint32_t)type;
        d->objects++;
        d->shallow_bytes += object.shallow_bytes;
        if (!sink->object(sink->ctx, &object))
            return DECODE_STOPPED;
        if (flags & OBJECT_MORE) {
            d->more_pending = true;
            d->more_weak = false;
        } else if (d->flags & SNAPSHOT_EDGES) {
            enum decode_status status = read_edges(d, &r, object.index, sink);
            if (status != DECODE_MORE)
                return status;
        }
    }
    return r.p == r.end ? DECODE_MORE : decode_bad(d, "bytes behind the last object of a batch");
}

static enum decode_status feed_more(struct snap_decoder *d, const void *payload, uint32_t bytes,
                                    const struct snap_sink *sink)
{
    struct msg_snap_more head;
    struct wire_reader r = wire_reader(payload, bytes);

    wire_get_bytes(&r, &head, sizeof head);
    if (r.bad || !d->more_pending || head.object != d->objects - 1 || head.strength > EDGE_WEAK ||
        (d->more_weak && head.strength == EDGE_STRONG))
        return decode_bad(d, "references that belong to no object");
    d->more_weak = head.strength == EDGE_WEAK;
    d->more_pending = !head.last;
    *(d->more_weak ? &d->weak : &d->strong) += head.count;
    enum decode_status status =
        read_deltas(d, &r, head.count, head.object, (enum edge_strength)head.strength, sink);
    if (status == DECODE_MORE && r.p != r.end)
        return decode_bad(d, "bytes behind the last reference");
    return status;
}

static enum decode_status feed_end(struct snap_decoder *d, const void *payload, uint32_t bytes,
                                   const struct snap_sink *sink)
{
    struct msg_snap_end end;

    if (!decode_fixed(MSG_SNAP_END, payload, bytes, &end, sizeof end))
        return decode_bad(d, "a short end");
    bool apart = d->flags & SNAPSHOT_APART; /* their giver checks them */
    if (d->need > (apart ? end.objects : d->objects))
        return decode_bad(d, "objects that were mentioned never came");
    if (apart)
        return sink->end(sink->ctx, &end) ? DECODE_DONE : DECODE_STOPPED;
    if (end.objects != d->objects || end.shallow_bytes != d->shallow_bytes ||
        ((d->flags & SNAPSHOT_EDGES) && (end.strong != d->strong || end.weak != d->weak)))
        return decode_bad(d, "totals that do not match what came");
    return sink->end(sink->ctx, &end) ? DECODE_DONE : DECODE_STOPPED;
}

static enum decode_status feed_failed(struct snap_decoder *d, const void *payload, uint32_t bytes,
                                      const struct snap_sink *sink)
{
    struct msg_snap_failed failed;

    if (!decode_fixed(MSG_SNAP_FAILED, payload, bytes, &failed, sizeof failed))
        return decode_bad(d, "a short failure");
    uint32_t len = bytes - (uint32_t)sizeof failed;
    if (len > DECODE_FAILURE_BYTES - 1)
        len = DECODE_FAILURE_BYTES - 1;
    memcpy(d->failure, (const char *)payload + sizeof failed, len);
    d->failure[len] = '\0';
    d->failure_code = (enum snap_failure)failed.code;
    (void)sink;
    return DECODE_FAILED;
}

/* The parts of a stream, in order. */
enum part {
    PART_BEGIN,
    PART_COLLECTORS,
    PART_OBJECTS,
    PART_ROOTS,
    PART_STATIC,
    PART_VISITS,
    PART_END
};

struct feeder {
    enum part part;
    enum decode_status (*feed)(struct snap_decoder *d, const void *payload, uint32_t bytes,
                               const struct snap_sink *sink);
};

static enum decode_status feed(struct snap_decoder *d, uint16_t kind, const void *payload,
                               uint32_t bytes, const struct snap_sink *sink)
{
    static const struct feeder feeders[] = {
        [MSG_SNAP_BEGIN] = {PART_BEGIN, feed_begin},
        [MSG_SNAP_GC] = {PART_COLLECTORS, feed_gc},
        [MSG_SNAP_LIST] = {PART_COLLECTORS, feed_list},
        [MSG_SNAP_TYPE] = {PART_OBJECTS, feed_type},
        [MSG_SNAP_OBJECTS] = {PART_OBJECTS, feed_objects},
        [MSG_SNAP_MORE] = {PART_OBJECTS, feed_more},
        [MSG_SNAP_THREAD] = {PART_ROOTS, decode_feed_thread},
        [MSG_SNAP_FRAME] = {PART_ROOTS, decode_feed_frame},
        [MSG_SNAP_HELD] = {PART_ROOTS, decode_feed_held},
        [MSG_SNAP_STATIC] = {PART_STATIC, decode_feed_static},
        [MSG_SNAP_VISITS] = {PART_VISITS, decode_feed_visits},
        [MSG_SNAP_END] = {PART_END, feed_end},
        [MSG_SNAP_FAILED] = {PART_END, feed_failed},
    };

    if (kind >= sizeof feeders / sizeof *feeders || !feeders[kind].feed)
        return decode_bad(d, "a record that does not belong into a snapshot");
    enum part part = feeders[kind].part;
    if (!d->begun && part != PART_BEGIN)
        return decode_bad(d, "no beginning");
    if (part != PART_BEGIN && part < d->part)
        return decode_bad(d, "a record out of order");
    if (d->more_pending && kind != MSG_SNAP_MORE && kind != MSG_SNAP_FAILED)
        return decode_bad(d, unfinished);
    if (d->flags & SNAPSHOT_COUNTS && part >= PART_OBJECTS && part != PART_END)
        return decode_bad(d, "objects in a stream of counts");
    if (d->flags & SNAPSHOT_APART && (kind == MSG_SNAP_OBJECTS || kind == MSG_SNAP_MORE))
        return decode_bad(d, "objects in a stream without any");
    d->part = part;
    return feeders[kind].feed(d, payload, bytes, sink);
}

enum decode_status snap_decoder_feed(struct snap_decoder *d, uint16_t kind, const void *payload,
                                     uint32_t bytes, const struct snap_sink *sink)
{
    if (d->status == DECODE_MORE)
        d->status = feed(d, kind, payload, bytes, sink);
    return d->status;
}

bool decode_values(const void *payload, uint32_t bytes, struct msg_ans_values *head,
                   struct wire_reader *ret)
{
    *ret = wire_reader(payload, bytes);
    wire_get_bytes(ret, head, sizeof *head);
    return !ret->bad;
}

bool decode_value(struct wire_reader *r, struct decoded_value *ret)
{
    uint64_t index = wire_get(r);
    uint64_t kind = wire_get(r);

    ret->size = wire_get(r);
    ret->text.bytes = wire_get_text(r, MSG_VALUE_TEXT_MAX, &ret->text.len);
    ret->detail.bytes = wire_get_text(r, MSG_VALUE_TEXT_MAX, &ret->detail.len);
    if (r->bad || index >= UINT32_MAX || kind > VALUE_PREVIEW)
        return false;
    if ((kind == VALUE_FLOAT && ret->text.len != 8) ||
        (kind == VALUE_COMPLEX && ret->text.len != 16))
        return false;
    ret->index = (uint32_t)index;
    ret->kind = (enum value_kind)kind;
    return true;
}

bool decode_edges(const void *payload, uint32_t bytes, struct msg_ans_edges *head,
                  struct wire_reader *ret)
{
    *ret = wire_reader(payload, bytes);
    wire_get_bytes(ret, head, sizeof *head);
    return !ret->bad;
}

bool decode_edge(struct wire_reader *r, struct decoded_edge *ret)
{
    uint64_t ordinal = wire_get(r);
    uint64_t target = wire_get(r);
    uint64_t strength = wire_get(r);

    ret->name.bytes = wire_get_text(r, MSG_TEXT_MAX, &ret->name.len);
    if (r->bad || ordinal >= UINT32_MAX || target >= UINT32_MAX || strength > EDGE_WEAK)
        return false;
    ret->ordinal = (uint32_t)ordinal;
    ret->target = (uint32_t)target;
    ret->strength = (enum edge_strength)strength;
    return true;
}

bool decode_hashes(const void *payload, uint32_t bytes, struct msg_ans_hashes *head,
                   struct wire_reader *ret)
{
    *ret = wire_reader(payload, bytes);
    wire_get_bytes(ret, head, sizeof *head);
    return !ret->bad;
}

bool decode_hash(struct wire_reader *r, uint32_t *index, uint64_t *hash)
{
    wire_get_bytes(r, index, sizeof *index);
    wire_get_bytes(r, hash, sizeof *hash);
    return !r->bad && *index != (uint32_t)MSG_NO_INDEX;
}

bool decode_names(const void *payload, uint32_t bytes, struct msg_ans_names *head,
                  struct wire_reader *ret)
{
    *ret = wire_reader(payload, bytes);
    wire_get_bytes(ret, head, sizeof *head);
    return !ret->bad;
}

bool decode_names_piece(struct wire_reader *r, struct decoded_names *ret)
{
    uint64_t object = wire_get(r);
    uint64_t first = wire_get(r);
    uint64_t count = wire_get(r);

    ret->inline_bytes = wire_get(r);
    ret->weakref_count = wire_get(r);
    if (r->bad || object >= UINT32_MAX || first >= UINT32_MAX ||
        count > (uint64_t)(r->end - r->p) || count > UINT32_MAX - first)
        return false;
    ret->object = (uint32_t)object;
    ret->first = (uint32_t)first;
    ret->count = (uint32_t)count;
    return true;
}

bool decode_name(struct wire_reader *r, struct decoded_text *ret)
{
    ret->bytes = wire_get_text(r, MSG_TEXT_MAX, &ret->len);
    return !r->bad;
}
