/*
 * What can be computed about one snapshot, all of it, once: the account of refcounts and the roots, retained sizes and the
 * dominator tree, garbage.
 *
 *      facts_compute(snapshot, &cancel)          on a worker; then, on any thread:
 *      const struct facts *facts = facts_of(snapshot);
 *
 * They belong to the snapshot, are published when whole, and never change.
 *
 * How the retained size of an object comes to mean "about what deleting it frees":
 *   - roots are the objects that something outside of the heap holds (account.h)
 *   - immortal objects (3.12+) are roots, so None, small numbers, interned names and static types count for nobody
 *   - classes, modules and namespaces are objects like others: a class that only its module holds belongs to the
 *     module; instances do not belong to their class, which does not hold them
 *   - weak references hold nothing
 *   - what no root reaches is garbage and counts for itself alone
 */
#pragma once

#include "inspector/analysis/account.h"
#include "inspector/analysis/garbage.h"
#include "inspector/analysis/paths.h"
#include "inspector/analysis/retained.h"

struct facts {
    struct snapshot_facts base; /* what tables show: first */
    struct accounts accounts;
    struct retained retained;
    struct garbage garbage; /* of a full collection */
    struct graph graph;
    uint64_t *namespaces; /* bits.h: dicts of the modules in sys.modules */
    /*
     * From roots that people have names for: modules, variables of frames; roots of the other kinds start paths only where
     * no such root leads. Nothing leads to a module, and only the module into its namespace.
     */
    struct paths paths;
};

/* Computes and publishes; nothing to do if somebody did. The snapshot must have edges. */
ERR_CHECK struct err *facts_compute(struct snapshot *snapshot, const atomic_bool *cancel);
/* Told on the worker before each step: what comes, and the share of all that is done, 0 … 1. */
typedef void facts_step_fn(void *ctx, const char *what, double fraction);
/* The same with progress. */
ERR_CHECK struct err *facts_compute_watched(struct snapshot *snapshot, const atomic_bool *cancel,
                                            facts_step_fn *step, void *ctx);
/* NULL until they are computed. */
const struct facts *facts_of(const struct snapshot *snapshot);

/*
 * What collecting `generation` (0, 1, 2) would free, by the collector's own rule. The caller's. 3.14's young generation is
 * 0, its 1 is not a generation of its own.
 */
ERR_CHECK struct err *facts_garbage(const struct snapshot *snapshot, int generation,
                                    const atomic_bool *cancel, struct garbage *ret);

/* Whether a weak reference (an object) has a callback. The snapshot must have edges. */
bool facts_has_callback(const struct snapshot *snapshot, uint32_t weak);
