/*
 * What can be reached from some nodes, breadth first.
 *
 * The queue is an array of all nodes found so far, so what the next ones need is fetched before
 * their turn: a heap larger than the caches is searched as fast as memory delivers, not one miss
 * after the other.
 *
 * Memory: an eighth of a byte a node stays; 4 bytes for each node found while it runs. Any thread.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "inspector/base/err.h"
#include "inspector/model/graph.h"

struct reach {
    const struct graph *graph;
    const uint64_t *within;    /* only these nodes (bits.h), seeds too; NULL: all */
    const uint64_t *without;   /* none of these; NULL: no exception */
    graph_reference_fn *edge;  /* NULL: all edges count */
    const void *ctx;           /* for `edge` */
    const atomic_bool *cancel; /* or NULL */
};

/*
 * Finds what the seeds (repeats allowed) reach, themselves included. *ret (bits.h) is malloc'd.
 * `distance`, unless NULL, has an element for each node: the edges from the nearest seed are
 * written into those that are found, the others are left alone.
 */
ERR_CHECK struct err *reach_find(const struct reach *reach, const uint32_t *seeds, uint32_t n_seeds,
                                 uint32_t *distance, uint64_t **ret);
