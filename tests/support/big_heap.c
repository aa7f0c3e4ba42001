#include "tests/support/big_heap.h"

#include <stdio.h>
#include <stdlib.h>

#include "inspector/model/builder.h"

enum { TYPES = 900, HUB_ALL = 20000, NEAR = 1000 };

struct making {
    const struct snap_sink *sink;
    uint32_t n;
    uint64_t strong, weak, bytes, state;
};

static uint32_t chance(struct making *m, uint32_t below)
{
    m->state = m->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((m->state >> 33) % below);
}

static void must(bool fine)
{
    if (!fine)
        abort();
}

static void add_edges(struct making *m, const uint32_t *targets, uint32_t n, enum edge_strength s)
{
    *(s == EDGE_STRONG ? &m->strong : &m->weak) += n;
    must(m->sink->edges(m->sink->ctx, targets, n, s));
}

static void add_object(struct making *m, uint32_t i)
{
    const struct snap_object object = {.address = 0x7f0000000000 + i * 64ull,
                                       .refcount = 2,
                                       .shallow_bytes = i % 100000 ? 16 + i % 500 : 1ull << 33,
                                       .index = i,
                                       .type = i % TYPES,
                                       .flags = OBJECT_TRACKED};
    uint32_t low = i > NEAR ? i - NEAR : 0;
    uint32_t span = m->n - low < 2 * NEAR ? m->n - low : 2 * NEAR;
    uint32_t near[2] = {low + chance(m, span), low + chance(m, span)};

    m->bytes += object.shallow_bytes;
    must(m->sink->object(m->sink->ctx, &object));
    if (i)
        add_edges(m, near, 2, EDGE_STRONG);
    for (uint32_t t = 1; !i && t < m->n; t += t < HUB_ALL ? 1 : 16)
        add_edges(m, &t, 1, EDGE_STRONG);
    if (i % 50 == 7)
        add_edges(m, near, 1, EDGE_WEAK);
}

struct snapshot *big_heap(uint32_t n)
{
    const struct msg_snap_begin begin = {.id = 1, .flags = SNAPSHOT_EDGES, .interpreters = 1};
    const struct msg_snap_gc gc = {.enabled = 1};
    const struct msg_snap_list list = {.generation = 2, .count = n};
    struct making m = {.n = n, .state = 1};
    struct builder *builder;
    struct snapshot *s = NULL;

    must(!builder_create(&builder));
    m.sink = builder_sink(builder);
    must(m.sink->begin(m.sink->ctx, &begin) && m.sink->gc(m.sink->ctx, &gc) &&
         m.sink->list(m.sink->ctx, &list));
    for (uint32_t i = 0; i < TYPES; i++) {
        char name[16];
        int bytes = snprintf(name, sizeof name, "T%u", i);
        const struct snap_type type = {
            .fixed = {.id = i, .object = SNAPSHOT_NONE, .address = i * 8},
            .module = {"app", 3},
            .name = {name, (uint32_t)bytes}};
        must(m.sink->type(m.sink->ctx, &type));
    }
    for (uint32_t i = 0; i < n; i++)
        add_object(&m, i);
    const struct msg_snap_end end = {n, m.strong, m.weak, m.bytes, 1};
    must(m.sink->end(m.sink->ctx, &end) && !builder_finish(builder, &s));
    builder_destroy(builder);
    return s;
}
