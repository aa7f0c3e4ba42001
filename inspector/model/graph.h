/*
 * A directed graph as compressed sparse rows, both ways: what the analyses work on. Borrows its
 * arrays. Immutable, any thread.
 *
 *      targets of v:   target[offset[v] … offset[v + 1])      parallel edges are repeated
 *      holders of v:   holder[rev_offset[v] … rev_offset[v + 1])
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "inspector/model/snapshot.h"

struct graph {
    uint32_t n; /* nodes 0 … n - 1 */
    const uint32_t *offset;
    const uint32_t *target;
    const uint32_t *rev_offset;
    const uint32_t *holder;
};

/*
 * Whether an edge counts, for those who ask from both of its ends: all parallel edges count, or none.
 * Always the same answer for the same edge.
 */
typedef bool graph_edge_fn(const void *ctx, uint32_t from, uint32_t to);

/*
 * Whether an edge counts, for those who go forward only: `edge` is its index in target[], so
 * edge - offset[from] is its ordinal among the references of `from`.
 */
typedef bool graph_reference_fn(const void *ctx, uint32_t from, uint32_t edge);

/* A node's own size in bytes. */
typedef uint64_t graph_bytes_fn(const void *ctx, uint32_t node);

/* The strong references of a snapshot, which must have edges. */
static inline struct graph graph_of(const struct snapshot *s)
{
    return (struct graph){s->n_objects, s->strong.offset, s->strong.object, s->reverse.offset,
                          s->reverse.object};
}
