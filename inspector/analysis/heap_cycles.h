/*
 * The reference cycles of a heap, as people want them: garbage first, then what is left when references to modules, to
 * classes and to modules' namespaces are cut.
 *
 * Without the cut nearly all code of a program is one strongly connected component: module, namespace, function, its
 * globals. Among garbage nothing is cut: all of it goes.
 *
 * Any thread. Algorithms: components.h, cycles.h.
 */
#pragma once

#include "inspector/analysis/cycles.h"
#include "inspector/analysis/facts.h"

struct heap_cycle {
    uint32_t first; /* its members are member[first … first + count), ascending */
    uint32_t count;
    uint64_t shallow_bytes;
    /* What would go if all members went; of what several hold only together nothing is in it. For garbage: their own. */
    uint64_t retained_bytes;
    uint32_t finalizers; /* members whose finalizer has not run */
    bool is_garbage;
};

struct heap_cycles {
    struct heap_cycle *cycle; /* garbage first; then by objects, then bytes, descending */
    uint32_t n;
    uint32_t *member;
    uint32_t n_garbage; /* cycles */
    uint32_t n_folded;  /* objects that are in cycles only through the references that are cut */
};

/* The snapshot's facts must be there. */
ERR_CHECK struct err *heap_cycles_find(const struct snapshot *snapshot, const atomic_bool *cancel,
                                       struct heap_cycles *ret);
void heap_cycles_deinit(struct heap_cycles *cycles);

/* The references that count; `ctx` is a const struct heap_cycles_edges *. */
struct heap_cycles_edges {
    const struct snapshot *snapshot;
    const struct facts *facts;
    uint32_t module_type; /* SNAPSHOT_NONE if there is none */
};
struct heap_cycles_edges heap_cycles_edges(const struct snapshot *snapshot);
graph_reference_fn heap_cycles_counts;
