/*
 * Strongly connected components: sets of objects each of which leads to all others; the reference
 * cycles.
 *
 * Tarjan's algorithm in the space-saving form of D. J. Pearce ("A Space-Efficient Algorithm for
 * Finding Strongly Connected Components", Information Processing Letters 116, 2016), iterative.
 * Edges may be left out, as those from every instance to its type, without which a Python heap is
 * one giant component. What to do with components stands in cycles.h.
 *
 * Memory: 9 bytes a node while it runs, 4 stay, and 4 for each component. Cancellable. Any thread.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "inspector/base/err.h"
#include "inspector/model/graph.h"

struct components {
    uint32_t n;   /* components */
    uint32_t *of; /* node -> component 0 … n - 1; a component comes before those that lead to it */
    uint32_t *size; /* component -> nodes */
};

/* Goes forward only. `edge` NULL: all count; `cancel` may be NULL. */
ERR_CHECK struct err *components_find(const struct graph *graph, graph_reference_fn *edge,
                                      const void *ctx, const atomic_bool *cancel,
                                      struct components *ret);
void components_deinit(struct components *components);
