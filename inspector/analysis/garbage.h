/*
 * Garbage: what a collection would free now, found by the collector's own rule.
 *
 * The rule is deduce_unreachable() of Modules/gcmodule.c (3.8 … 3.12), Python/gc.c (3.13 …): of
 * every object that is being collected, take its refcount and subtract the references that come
 * from others that are being collected, as their types' tp_traverse tells them (update_refs(),
 * subtract_refs()). What has something left is held from outside; it and all that tp_traverse leads
 * to from there is alive, the rest is not (move_unreachable()).
 *
 *      frame ─► a ─► b ⇄ c      refcounts  a 1  b 2  c 1      x 1  y 1
 *               x ⇄ y           left over  a 1  b 0  c 0      x 0  y 0    ⇒ a, b, c live
 *
 * The number of these is what gc.collect() returns, legacy finalizers included, with two exceptions
 * that no look at the heap can tell: finalizers that resurrect something make it less; callbacks of
 * weak references that are alive themselves, and go with what the callback drops
 * (WeakValueDictionary), are counted too (handle_weakrefs()).
 *
 * Memory: 4 bytes a node while it runs, 4 more for nodes near garbage, an eighth stays; 9 for each
 * piece of garbage. Cancellable. Any thread.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "inspector/base/err.h"
#include "inspector/model/graph.h"

enum { GARBAGE_NO_CYCLE = UINT32_MAX };

/* A reference that is counted but that its holder's tp_traverse does not tell. */
struct garbage_unvisited {
    uint32_t holder;
    uint32_t ordinal; /* among the references of the holder */
};

/* Sets are bits (bits.h); those that may be NULL are empty then. */
struct garbage_heap {
    const struct graph *graph; /* the counted references, one edge each */
    const uint32_t *refcount;  /* UINT32_MAX: more than that, or immortal */
    const uint64_t *collected; /* tracked, mortal, and in a generation that is collected */
    const struct garbage_unvisited *unvisited; /* by holder, then ordinal, ascending */
    size_t n_unvisited;
    const uint64_t *finalizer; /* tp_finalize will be called; may be NULL */
    const uint64_t *callback;  /* a weak reference to it has a callback; may be NULL */
    const uint64_t *legacy;    /* tp_del: before 3.4, and rare C types; may be NULL */
};

enum garbage_flags {
    GARBAGE_IN_CYCLE = 1 << 0, /* part of a cycle; others hang from cycles */
    GARBAGE_FINALIZER = 1 << 1,
    GARBAGE_CALLBACK = 1 << 2,
    GARBAGE_UNCOLLECTABLE = 1 << 3, /* has a legacy finalizer or hangs from one: is not freed */
};

struct garbage {
    uint32_t n;       /* unreachable objects: what gc.collect() returns */
    uint32_t *object; /* their numbers, ascending */
    uint8_t *flags;   /* enum garbage_flags, by index in `object` */
    uint32_t *cycle;  /* by index in `object`: 0 … n_cycles - 1, or GARBAGE_NO_CYCLE */
    uint64_t *set;    /* the same objects as bits */
    uint32_t n_cycles;
    uint32_t n_in_cycles, n_finalizers, n_callbacks, n_uncollectable; /* objects */
    /*
     * Objects that the collector does not look at but that go as well, because every reference to
     * them comes from what is freed: texts, numbers, what is untracked or in an older generation.
     * Ascending. Not in gc.collect()'s number.
     */
    uint32_t n_along;
    uint32_t *along;
};

ERR_CHECK struct err *garbage_find(const struct garbage_heap *heap, const atomic_bool *cancel,
                                   struct garbage *ret);
void garbage_deinit(struct garbage *garbage);
