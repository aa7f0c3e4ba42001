/*
 * Paths from roots to an object: why it is alive. Shortest first; weak references are no edges of
 * the graph and never hold.
 *
 * One breadth-first search from all roots gives every object its distance; it is made once for a
 * heap and costs about as much as a single search from an object in bad cases. With it, a path is
 * found by going from the object to its holders in the order of steps so far + distance still to go
 * (A* with unit steps: P. E. Hart, N. J. Nilsson, B. Raphael, 1968). The first path costs little
 * more than to look at the holders along it, and later ones look no further than they have to. A
 * search from the object without distances would look at everything that leads to it before it
 * meets a root, which is most of the heap when it passes a type.
 *
 *      finder ─► path_finder_next() ─► root … object, or an empty path when there are no more
 *
 * Memory: distances 4 bytes a node; a finder up to 4 more, and 16 for each node it looks at. A
 * finder belongs to one thread at a time, distances are immutable.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "inspector/analysis/retained.h"
#include "inspector/base/err.h"
#include "inspector/model/graph.h"

enum { PATHS_NONE = UINT32_MAX };

struct paths {
    const struct graph *graph;
    const uint64_t *roots;       /* bits.h */
    const uint32_t *distance;    /* by node: edges from the nearest root; or PATHS_NONE */
    graph_edge_fn *edge;         /* edges that count, the same as for `distance`; NULL: all */
    const void *ctx;             /* for `edge` */
    const struct retained *tree; /* or NULL: then later paths along lists take long */
};

/* The distances, malloc'd, of graph->n nodes. `roots`: bits. */
ERR_CHECK struct err *paths_distances(const struct graph *graph, const uint64_t *roots,
                                      graph_edge_fn *edge, const void *ctx,
                                      const atomic_bool *cancel, uint32_t **ret);

/* The first node on a shortest path to `node`: its holder with the smallest number that is one step
 * nearer to a root. PATHS_NONE for roots and for what no root reaches. */
uint32_t paths_holder(const struct paths *paths, uint32_t node);

struct path {
    uint32_t *node; /* a root, …, the object; owned by the finder, valid until its next call */
    uint32_t n;     /* 0: there are no more paths */
};

struct path_finder;

/* What `paths` points to must live as long as the finder. */
ERR_CHECK struct err *path_finder_create(const struct paths *paths, uint32_t object,
                                         struct path_finder **ret);
void path_finder_destroy(struct path_finder *finder);

/*
 * The next path. No two are the same; none passes through a node twice. First come those that end
 * with a holder of the object that no path before ended with, shortest first, until every holder
 * that a root reaches without the object had its path. Then, shortest first again, those that
 * differ from all before in the last step but one, and so on. Not every path there is: their number
 * grows exponentially. After an error, only path_finder_destroy().
 */
ERR_CHECK struct err *path_finder_next(struct path_finder *finder, const atomic_bool *cancel,
                                       struct path *ret);
