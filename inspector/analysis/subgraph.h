/*
 * Some nodes of a graph and the edges between them as a graph of its own, numbered 0 … n - 1: so
 * that looking closely at a few thousand of ten million objects costs little.
 *
 * Memory: 8 bytes an edge and 4 a node stay; 3/16 of a byte for each node of the whole graph while
 * it is made. Any thread.
 */
#pragma once

#include <stdint.h>

#include "inspector/base/err.h"
#include "inspector/model/graph.h"

struct subgraph {
    struct graph graph;   /* forward only: rev_offset and holder are NULL */
    const uint32_t *node; /* its node -> the whole graph's; borrowed from the caller */
    uint32_t *edge;       /* its edge -> the whole graph's */
    uint32_t *offset;     /* private: what `graph` borrows */
    uint32_t *target;
};

/*
 * `nodes` (ascending, no repeats) must live as long as the result. Only edges that `edge` counts
 * are in it; NULL: all between the nodes.
 */
ERR_CHECK struct err *subgraph_make(const struct graph *graph, const uint32_t *nodes,
                                    uint32_t n_nodes, graph_reference_fn *edge, const void *ctx,
                                    struct subgraph *ret);
void subgraph_deinit(struct subgraph *subgraph);
