/*
 * A directed graph as compressed sparse rows, both ways: what the analyses work on. Borrows its arrays. Immutable, any
 * thread.
 *
 *      targets of v:   target[offset[v] … offset[v + 1])      parallel edges are repeated
 *      holders of v:   holder[rev_offset[v] … rev_offset[v + 1])
 */
#pragma once

#include <stdint.h>

#include "inspector/model/snapshot.h"

struct graph {
    uint32_t n; /* nodes 0 … n - 1 */
    const uint32_t *offset;
    const uint32_t *target;
    const uint32_t *rev_offset;
    const uint32_t *holder;
};

/* The strong references of a snapshot, which must have edges. */
static inline struct graph graph_of(const struct snapshot *s)
{
    return (struct graph){s->n_objects, s->strong.offset, s->strong.object, s->reverse.offset,
                          s->reverse.object};
}
