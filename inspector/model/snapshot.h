/*
 * A snapshot: one heap at one instant, as immutable arrays.
 *
 * Objects are numbered 0 … n_objects - 1 in the order of the walk: the collector's lists first,
 * youngest generation first, so that a generation is a range of numbers. Everything about object i
 * stands at index i of its array.
 *
 *   address[i] type[i] refcount[i] shallow[i] flags[i]
 *   references: compressed sparse rows, parallel references repeated
 *      strong.offset[i] … strong.offset[i+1]  ─►  strong.object[…]  in the order of their names
 *      reverse: the same, by target           ─►  holders, ascending
 *      weak:    pairs, sorted by holder; few
 *
 * A snapshot is built once (builder.h), then never changes: any number of threads may read it
 * without locks. It is counted: snapshot_ref() for another owner, snapshot_unref() when done. Texts
 * (type names) are raw bytes as the target wrote them, escaped for showing (text.h), and live as
 * long as the snapshot.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inspector/base/err.h"
#include "inspector/model/roots.h"
#include "proto/decode.h"

enum { SNAPSHOT_NONE = UINT32_MAX };

struct snapshot_type {
    char *name;            /* module.qualname, escaped, UTF-8 */
    uint32_t module_bytes; /* of it: the module */
    uint64_t address;
    uint32_t object; /* its number as an object, SNAPSHOT_NONE if it is none */
    uint32_t flags;  /* enum type_flags */
    uint64_t count;  /* instances (of exactly this type) */
    uint64_t shallow_bytes;
};

struct snapshot_list { /* a generation of an interpreter: objects [first, first + count) */
    uint32_t interpreter;
    uint32_t generation; /* 0, 1, 2, MSG_GEN_PERMANENT */
    uint32_t first;
    uint32_t count;
};

struct snapshot_edges {
    uint32_t *offset; /* n_objects + 1; NULL: not there */
    uint32_t *object;
    uint32_t n;
};

struct snapshot_visit {
    uint32_t holder;
    uint32_t second; /* an ordinal or a target */
};

struct snapshot_visits {
    struct snapshot_visit *at; /* by holder, ascending */
    uint32_t n;
};

/* What was computed about a snapshot, as far as tables show it. Immutable once it is there. */
struct snapshot_facts {
    const uint64_t *retained; /* bytes, by object */
    uint64_t *group_retained; /* bytes, by type name, as groups.h numbers them */
    void (*destroy)(struct snapshot_facts *facts);
};

struct snapshot {
    uint32_t n_objects;
    uint64_t *address;
    uint32_t *type;     /* number in `types` */
    uint32_t *refcount; /* as it lies in the object; clipped to UINT32_MAX */
    uint32_t *shallow;  /* bytes; use snapshot_shallow(), a few are larger than 4 GiB */
    uint8_t *flags;     /* enum object_flags */

    struct snapshot_type *types;
    uint32_t n_types;

    bool has_edges;
    struct snapshot_edges strong;
    struct snapshot_edges reverse;
    struct snap_pair *weak;
    uint32_t n_weak;

    struct snapshot_roots held_from_outside;
    uint32_t *roots; /* objects that running frames hold, one entry for each reference */
    uint32_t n_roots;

    /* Where tp_traverse, which the collector computes with, differs from `strong`; few. */
    struct snapshot_visits unvisited;   /* ordinals of strong references that it does not visit */
    struct snapshot_visits visited_too; /* targets that it visits besides */

    struct snapshot_list *lists;
    uint32_t n_lists;
    struct msg_snap_gc gc; /* of the main interpreter */
    uint32_t interpreters;
    bool tracemalloc;
    uint64_t shallow_bytes;
    uint64_t walk_ns;

    _Atomic(struct snapshot_facts *) facts; /* NULL until computed, see analysis/facts.h */

    /* private */
    struct snap_large *large; /* the sizes that do not fit, by object */
    uint32_t n_large;
    void *arrays_owner; /* of the arrays over objects and references; NULL: the snapshot itself */
    void (*arrays_release)(void *owner);
    _Atomic int owners;
};

struct snapshot *snapshot_ref(struct snapshot *snapshot);
/* NULL is fine. */
void snapshot_unref(struct snapshot *snapshot);

/* Shallow size of an object in bytes: what sys.getsizeof() says, and attribute values that it
 * forgets. */
uint64_t snapshot_shallow(const struct snapshot *snapshot, uint32_t object);
/* 0, 1, 2, MSG_GEN_PERMANENT, or -1 for an object that the collector does not track. */
int snapshot_generation(const struct snapshot *snapshot, uint32_t object);
/* Objects in a generation (0, 1, 2, MSG_GEN_PERMANENT), of all interpreters. */
uint64_t snapshot_population(const struct snapshot *snapshot, uint32_t generation);
/* The object at this address, or SNAPSHOT_NONE. Linear. */
uint32_t snapshot_find(const struct snapshot *snapshot, uint64_t address);
/* Weak references that go out of `holder`: the first pair (NULL: none) and how many. */
const struct snap_pair *snapshot_weak_of(const struct snapshot *snapshot, uint32_t holder,
                                         uint32_t *n);
/* The ordinal of the first reference from `holder` to `target`, which there must be. */
uint32_t snapshot_ordinal(const struct snapshot *snapshot, uint32_t holder, uint32_t target);

/* Bytes that would go if the object went; false while nobody has computed it. */
static inline bool snapshot_retained(const struct snapshot *snapshot, uint32_t object,
                                     uint64_t *ret)
{
    const struct snapshot_facts *facts = atomic_load(&snapshot->facts);

    if (facts)
        *ret = facts->retained[object];
    return facts != NULL;
}

static inline const struct snapshot_type *snapshot_type_of(const struct snapshot *snapshot,
                                                           uint32_t object)
{
    return &snapshot->types[snapshot->type[object]];
}
