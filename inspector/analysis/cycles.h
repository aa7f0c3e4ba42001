/*
 * Reference cycles for people: which there are, the shortest way round, the kind of reference to
 * make weak, and who holds them.
 *
 * A cycle here is a strongly connected component (components.h) of more than one object, or one
 * object that holds itself. On a Python heap these are useful once edges to modules, types and
 * globals are left out: the caller's `edge` does that, the same one for all functions here and
 * components_find().
 *
 *      components_find() ─► cycles_list() ─► the cycles, each a range of members
 *                                             └─► cycles_examine(), cycles_holders() of one of them
 *
 *      Node a ─.children─► list ─[0]─► Node b         the shortest loop: a, list, b
 *        ▲                              │             without all .parent there is no loop left
 *        └──────────── .parent ─────────┘             in here: that class is the cut
 *
 * Nothing is changed; results are malloc'd and freed with their _deinit(). Any thread.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "inspector/analysis/components.h"
#include "inspector/base/err.h"
#include "inspector/model/graph.h"

enum {
    /*
     * Objects of a cycle up to which the loop is the shortest there is; a search from each of them.
     */
    CYCLES_EXACT_MAX = 4096,
    /* In larger ones: searches, from members spread evenly, and edges that they look at in all. */
    CYCLES_SAMPLES = 64,
    CYCLES_EDGES_MAX = 1 << 26,
    /* Classes on the loop that are tried as cuts, the rarest first. */
    CYCLES_CUTS_MAX = 64,
};
#define CYCLES_NONE UINT32_MAX

/* ---- which there are ---- */

struct cycle {
    uint32_t first; /* its members are member[first … first + count) */
    uint32_t count;
    uint64_t bytes; /* shallow */
};

struct cycles {
    struct cycle *cycle; /* by objects, then bytes, descending */
    uint32_t n;
    uint32_t *member; /* nodes; ascending within each cycle */
};

/* `ctx` is for `edge`, `bytes_ctx` for `bytes`. `components` were found with the same edges. */
ERR_CHECK struct err *cycles_list(const struct graph *graph, const struct components *components,
                                  graph_reference_fn *edge, const void *ctx, graph_bytes_fn *bytes,
                                  const void *bytes_ctx, const atomic_bool *cancel,
                                  struct cycles *ret);
void cycles_deinit(struct cycles *cycles);

/* ---- one of them ---- */

struct cycle_spec {
    const struct graph *graph;
    const uint32_t *member; /* ascending */
    uint32_t count;
    graph_reference_fn *edge; /* NULL: all edges count */
    /* The kind of an edge, as "type A, attribute parent": a number of the caller's, CYCLES_NONE for
     * those that cannot be made weak. NULL: no cut is looked for. */
    uint32_t (*class_of)(const void *ctx, uint32_t from, uint32_t edge);
    const void *ctx; /* for both */
    const atomic_bool *cancel;
};

struct cycle_detail {
    uint32_t *loop_node; /* node[i] ─ edge[i] ─► node[i + 1]; the last one to the first */
    uint32_t *loop_edge; /* index in graph->target */
    uint32_t n_loop;     /* 0 only if the members are no cycle */
    bool is_shortest;    /* or only the shortest through one of the members that were tried */
    /*
     * The class without whose edges no loop is left among the members; of several, the one with the
     * fewest edges here, then the smallest number. CYCLES_NONE: no class of its own does it.
     */
    uint32_t cut;
    uint32_t n_cut_edges;
};

/*
 * Memory: 12 bytes for each edge between the members, 24 a member. A cut is certain; that there is
 * none too, unless the loop has edges of more than CYCLES_CUTS_MAX classes.
 */
ERR_CHECK struct err *cycles_examine(const struct cycle_spec *spec, struct cycle_detail *ret);
void cycle_detail_deinit(struct cycle_detail *detail);

struct cycle_holder {
    uint32_t holder; /* not a member */
    uint32_t held;   /* a member */
};

/*
 * What holds the members from outside, by any edge of the graph: the first n_max of them in *ret
 * (by `held`, then `holder`), malloc'd; all counted in *n_all.
 */
ERR_CHECK struct err *cycles_holders(const struct cycle_spec *spec, uint32_t n_max,
                                     struct cycle_holder **ret, uint32_t *n, uint64_t *n_all);
