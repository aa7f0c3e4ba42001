#include "tests/support/feeder.h"

static bool note(struct sink_log *log, const char *fmt, ...) ERR_PRINTF(2, 3);

static bool note(struct sink_log *log, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    log->used += (size_t)vsnprintf(log->text + log->used, LOG_BYTES - log->used, fmt, ap);
    va_end(ap);
    assert_true(log->used < LOG_BYTES);
    return ++log->calls != log->stop_at;
}

static bool on_begin(void *ctx, const struct msg_snap_begin *begin)
{
    return note(ctx, "begin %u\n", begin->id);
}

static bool on_gc(void *ctx, const struct msg_snap_gc *gc)
{
    return note(ctx, "gc %d\n", gc->thresholds[0]);
}

static bool on_list(void *ctx, const struct msg_snap_list *list)
{
    return note(ctx, "list %u: %u+%u\n", list->generation, list->first, list->count);
}

static bool on_type(void *ctx, const struct snap_type *type)
{
    return note(ctx, "type %u: %.*s|%.*s\n", type->fixed.id, (int)type->module.len,
                type->module.bytes, (int)type->name.len, type->name.bytes);
}

static bool on_object(void *ctx, const struct snap_object *object)
{
    return note(ctx, "object %u: type %u at %llx refs %llu bytes %llu flags %u\n", object->index,
                object->type, (unsigned long long)object->address,
                (unsigned long long)object->refcount, (unsigned long long)object->shallow_bytes,
                object->flags);
}

static bool put_numbers(struct sink_log *log, const char *what, const uint32_t *numbers,
                        uint32_t count)
{
    char text[1024];
    size_t used = 0;

    text[0] = '\0';
    for (uint32_t i = 0; i < count && used < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, " %u", numbers[i]);
    return note(log, "%s%s\n", what, text);
}

static bool on_edges(void *ctx, const uint32_t *targets, uint32_t count,
                     enum edge_strength strength)
{
    return put_numbers(ctx, strength == EDGE_STRONG ? "strong" : "weak", targets, count);
}

static bool on_thread(void *ctx, const struct msg_snap_thread *thread,
                      const struct decoded_text *name)
{
    return note(ctx, "thread %u: %.*s\n", thread->id, (int)name->len, name->bytes);
}

static bool on_frame(void *ctx, const struct snap_frame *frame)
{
    return note(ctx, "frame %.*s %.*s:%u object %d\n", (int)frame->function.len,
                frame->function.bytes, (int)frame->file.len, frame->file.bytes, frame->fixed.line,
                (int)frame->fixed.object);
}

static bool on_held(void *ctx, const struct snap_held *held)
{
    return note(ctx, "held %u kind %u %.*s\n", held->object, held->kind, (int)held->name.len,
                held->name.bytes);
}

static bool on_place(void *ctx, const struct snap_static *place)
{
    return note(ctx, "place %.*s %llx: %u kind %u\n", (int)place->path.len, place->path.bytes,
                (unsigned long long)place->address, place->object, place->kind);
}

static bool on_visits(void *ctx, enum visits_kind kind, uint32_t holder, uint32_t second)
{
    return note(ctx, "visits %s %u %u\n", kind == VISITS_NOT ? "not" : "also", holder, second);
}

static bool on_end(void *ctx, const struct msg_snap_end *end)
{
    return note(ctx, "end %llu %llu %llu\n", (unsigned long long)end->objects,
                (unsigned long long)end->strong, (unsigned long long)end->weak);
}

struct snap_sink sink_for(struct sink_log *log)
{
    return (struct snap_sink){.begin = on_begin,
                              .gc = on_gc,
                              .list = on_list,
                              .type = on_type,
                              .object = on_object,
                              .edges = on_edges,
                              .thread = on_thread,
                              .frame = on_frame,
                              .held = on_held,
                              .place = on_place,
                              .visits = on_visits,
                              .end = on_end,
                              .ctx = log};
}

/* ---- a stream under construction ---- */

int feeder_setup(void **state)
{
    struct feeder *feeder = calloc(1, sizeof *feeder);

    feeder->decoder = malloc(sizeof *feeder->decoder);
    snap_decoder_init(feeder->decoder);
    *state = feeder;
    return 0;
}

int feeder_teardown(void **state)
{
    struct feeder *feeder = *state;

    free(feeder->decoder);
    free(feeder);
    return 0;
}

void put_bytes(struct feeder *f, const void *bytes, size_t n)
{
    memcpy(f->payload + f->n, bytes, n);
    f->n += n;
}

void put(struct feeder *f, uint64_t number)
{
    f->n = (size_t)(wire_put(f->payload + f->n, number) - f->payload);
}

void put_signed(struct feeder *f, int64_t number)
{
    f->n = (size_t)(wire_put_signed(f->payload + f->n, number) - f->payload);
}

enum decode_status feed(struct feeder *f, uint16_t kind)
{
    struct snap_sink sink = sink_for(&f->log);
    uint8_t *exact = malloc(f->n ? f->n : 1);

    memcpy(exact, f->payload, f->n);
    f->status = snap_decoder_feed(f->decoder, kind, exact, (uint32_t)f->n, &sink);
    free(exact);
    f->n = 0;
    return f->status;
}

void must_begin(struct feeder *f, uint32_t flags)
{
    struct msg_snap_begin begin = {.id = 7, .flags = flags, .interpreters = 1};

    assert_int_equal(feed_fixed(f, MSG_SNAP_BEGIN, begin), DECODE_MORE);
}

enum decode_status feed_type(struct feeder *f, uint32_t id, const char *module, const char *name)
{
    struct msg_snap_type type = {.id = id,
                                 .object = (uint32_t)MSG_NO_INDEX,
                                 .module_bytes = (uint32_t)strlen(module),
                                 .name_bytes = (uint32_t)strlen(name)};

    put_bytes(f, &type, sizeof type);
    put_bytes(f, module, strlen(module));
    put_bytes(f, name, strlen(name));
    return feed(f, MSG_SNAP_TYPE);
}

void put_objects_head(struct feeder *f, uint32_t first, uint32_t count)
{
    struct msg_snap_objects head = {first, count};

    put_bytes(f, &head, sizeof head);
}

void put_object(struct feeder *f, uint64_t flags, uint64_t type, int64_t address8)
{
    put(f, flags);
    put(f, type);
    put_signed(f, address8);
    put(f, 1);  /* refcount */
    put(f, 16); /* bytes */
}

void must_start(struct feeder *f)
{
    must_begin(f, SNAPSHOT_EDGES);
    assert_int_equal(feed_type(f, 0, "builtins", "list"), DECODE_MORE);
}

void must_add(struct feeder *f, uint32_t index, uint64_t flags)
{
    put_objects_head(f, index, 1);
    put_object(f, flags, 0, 0x1000 + index);
    if (!(flags & OBJECT_MORE)) {
        put(f, 0);
        put(f, 0);
    }
    assert_int_equal(feed(f, MSG_SNAP_OBJECTS), DECODE_MORE);
}

enum decode_status feed_end(struct feeder *f, uint64_t objects, uint64_t strong, uint64_t weak)
{
    struct msg_snap_end end = {
        .objects = objects, .strong = strong, .weak = weak, .shallow_bytes = objects * 16};

    return feed_fixed(f, MSG_SNAP_END, end);
}
