/*
 * Dominators: which object's going would take which others along.
 *
 * Object d dominates v if every path from a root to v leads through d. The nearest such d is v's
 * immediate dominator; together they form a tree below a virtual root above all roots. What the
 * tree is good for stands in retained.h.
 *
 *      roots ─► a ─► b ─► d          idom: b ← a, c ← a, e ← c; d ← a (two ways)
 *               └──► c ─┘ └─ …       an edge back to a, or from d to itself, changes nothing
 *                    └─► e
 *
 * SEMI-NCA (L. Georgiadis, "Linear-Time Algorithms for Dominators and Related Problems", Princeton
 * TR-737-05, 2005, section 2.2): semidominators as in Lengauer and Tarjan, with path compression,
 * then each immediate dominator as the nearest common ancestor of semidominator and parent. No
 * recursion, no stack: the depth-first search goes back along its own tree, a path is turned round
 * while it is climbed.
 *
 * Memory while it runs: 24 bytes a node; what stays: 8. Cancellable. Any thread.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "inspector/base/err.h"
#include "inspector/model/graph.h"

/* idom of a node that only the virtual root dominates, and of one that no root reaches. */
#define DOMINATOR_ROOT        UINT32_MAX
#define DOMINATOR_UNREACHABLE (UINT32_MAX - 1)

struct dominators {
    uint32_t n;
    uint32_t n_reachable;
    uint32_t *idom;  /* by node; or one of the above */
    uint32_t *order; /* the n_reachable nodes, each after its immediate dominator */
};

/*
 * `roots` (nodes, repeats allowed) are held from outside. Edges that `edge` does not count hold
 * nothing; NULL: all count. ERR_NOMEM, ERR_CANCELLED.
 */
ERR_CHECK struct err *dominators_compute(const struct graph *graph, const uint32_t *roots,
                                         uint32_t n_roots, graph_edge_fn *edge, const void *ctx,
                                         const atomic_bool *cancel, struct dominators *ret);
void dominators_deinit(struct dominators *dominators);
