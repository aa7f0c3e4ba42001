#include "proto/decode_private.h"

/* The next `n` bytes of the record, which the caller knows to be there. */
static struct decoded_text take_text(struct wire_reader *r, uint32_t n)
{
    struct decoded_text text = {(const char *)r->p, n};

    r->p += n;
    return text;
}

enum decode_status decode_feed_thread(struct snap_decoder *d, const void *payload, uint32_t bytes,
                                      const struct snap_sink *sink)
{
    struct msg_snap_thread head;
    struct wire_reader r = wire_reader(payload, bytes);

    wire_get_bytes(&r, &head, sizeof head);
    if (r.bad || head.name_bytes > MSG_NAME_MAX || (uint64_t)(r.end - r.p) != head.name_bytes)
        return decode_bad(d, "a thread record of the wrong length");
    if (head.id != d->threads)
        return decode_bad(d, "a thread out of order");
    d->threads++;
    d->in_frame = false;
    struct decoded_text name = take_text(&r, head.name_bytes);
    return decode_go_on(sink->thread(sink->ctx, &head, &name));
}

enum decode_status decode_feed_frame(struct snap_decoder *d, const void *payload, uint32_t bytes,
                                     const struct snap_sink *sink)
{
    struct snap_frame frame;
    struct wire_reader r = wire_reader(payload, bytes);

    wire_get_bytes(&r, &frame.fixed, sizeof frame.fixed);
    if (r.bad || frame.fixed.function_bytes > MSG_NAME_MAX ||
        frame.fixed.file_bytes > MSG_NAME_MAX ||
        (uint64_t)(r.end - r.p) != (uint64_t)frame.fixed.function_bytes + frame.fixed.file_bytes)
        return decode_bad(d, "a frame record of the wrong length");
    if (!d->threads || frame.fixed.thread != d->threads - 1)
        return decode_bad(d, "a frame of another thread");
    if (frame.fixed.object != (uint32_t)MSG_NO_INDEX && !decode_mention(d, frame.fixed.object))
        return decode_bad(d, "a frame that is no object");
    d->in_frame = true;
    d->frame_has_object = frame.fixed.object != (uint32_t)MSG_NO_INDEX;
    frame.function = take_text(&r, frame.fixed.function_bytes);
    frame.file = take_text(&r, frame.fixed.file_bytes);
    return decode_go_on(sink->frame(sink->ctx, &frame));
}

static bool read_held(struct snap_decoder *d, struct wire_reader *r, struct snap_held *ret)
{
    uint64_t object = wire_get(r);
    uint64_t kind = wire_get(r);
    uint64_t n = wire_get(r);

    if (r->bad || kind >= HELD_KINDS || n > MSG_NAME_MAX || n > (uint64_t)(r->end - r->p) ||
        !decode_mention(d, object) || (kind == HELD_SELF && !d->frame_has_object))
        return false;
    *ret = (struct snap_held){(uint32_t)object, (enum held_kind)kind, take_text(r, (uint32_t)n)};
    return true;
}

enum decode_status decode_feed_held(struct snap_decoder *d, const void *payload, uint32_t bytes,
                                    const struct snap_sink *sink)
{
    struct msg_snap_held head;
    struct wire_reader r = wire_reader(payload, bytes);

    wire_get_bytes(&r, &head, sizeof head);
    if (r.bad || !d->in_frame)
        return decode_bad(d, "what no frame holds");
    for (uint32_t i = 0; i < head.count; i++) {
        struct snap_held held;
        if (!read_held(d, &r, &held))
            return decode_bad(d, "what a frame holds is cut short or of no known kind");
        if (!sink->held(sink->ctx, &held))
            return DECODE_STOPPED;
    }
    return r.p == r.end ? DECODE_MORE : decode_bad(d, "bytes behind what a frame holds");
}

enum decode_status decode_feed_static(struct snap_decoder *d, const void *payload, uint32_t bytes,
                                      const struct snap_sink *sink)
{
    struct msg_snap_static head;
    struct wire_reader r = wire_reader(payload, bytes);

    wire_get_bytes(&r, &head, sizeof head);
    if (r.bad || head.kind >= STATIC_KINDS ||
        (head.kind == STATIC_THREAD && head.thread >= d->threads))
        return decode_bad(d, "static data of no known kind");
    if (head.path_bytes > MSG_NAME_MAX || head.path_bytes > (uint64_t)(r.end - r.p))
        return decode_bad(d, "static data is cut short");
    struct decoded_text path = take_text(&r, head.path_bytes);
    for (uint32_t i = 0; i < head.count; i++) {
        uint64_t object = wire_get(&r);
        uint64_t word = wire_get(&r);
        if (r.bad || !decode_mention(d, object))
            return decode_bad(d, "static data is cut short");
        const struct snap_static place = {
            .kind = (enum static_kind)head.kind,
            .thread = head.thread,
            .object = (uint32_t)object,
            .address = head.base + word * 8,
            .path = path,
        };
        if (!sink->place(sink->ctx, &place))
            return DECODE_STOPPED;
    }
    return r.p == r.end ? DECODE_MORE : decode_bad(d, "bytes behind static data");
}

enum decode_status decode_feed_visits(struct snap_decoder *d, const void *payload, uint32_t bytes,
                                      const struct snap_sink *sink)
{
    struct msg_snap_visits head;
    struct wire_reader r = wire_reader(payload, bytes);

    wire_get_bytes(&r, &head, sizeof head);
    if (r.bad || head.kind >= VISITS_KINDS)
        return decode_bad(d, "visits of no known kind");
    for (uint32_t i = 0; i < head.count; i++) {
        uint64_t holder = wire_get(&r);
        uint64_t second = wire_get(&r);
        if (r.bad || !decode_mention(d, holder) || second > UINT32_MAX ||
            (head.kind == VISITS_ALSO && !decode_mention(d, second)))
            return decode_bad(d, "visits are cut short");
        if (!sink->visits(sink->ctx, (enum visits_kind)head.kind, (uint32_t)holder,
                          (uint32_t)second))
            return DECODE_STOPPED;
    }
    return r.p == r.end ? DECODE_MORE : decode_bad(d, "bytes behind visits");
}
