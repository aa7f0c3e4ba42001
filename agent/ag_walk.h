/*
 * The walk: every object of the heap, once, streamed into the snapshot ring.
 *
 * Objects are numbered in the order of discovery: first the collector's lists, generation by
 * generation (so a generation is a range of numbers), then what running frames hold, then whatever
 * their references lead to. The list of objects is its own queue: object i is looked at after i -
 * 1, and may append new ones. Nothing is recursive.
 *
 *   lists ──► index: 0 … n0 | n0 … n1 | n1 … n2 | permanent | frames | found on the way …
 *                    └─ generation 0 ┘                               ▲          │
 *                                                       references ──┴──────────┘
 *
 * What is written is described in proto/msg.h. The object being looked at is noted in shared
 * memory, so that a crash inside a broken extension type can be blamed on it.
 *
 * For the frozen copy, one thread. The index and the types stay valid afterwards, for questions.
 */
#pragma once

#include "agent/ag_edges.h"
#include "agent/ag_index.h"
#include "agent/ag_send.h"
#include "agent/ag_types.h"

struct ag_walk {
    struct ag_index index;
    struct ag_types types;
    struct ag_edges edges;  /* scratch, of the object looked at last */
    struct ag_vec closures; /* struct ag_closure */

    /* private */
    struct ag_sender *sender;
    const struct shm *shm;
    uint32_t flags; /* enum snapshot_flags */
    uint32_t types_sent;
    uint8_t *batch; /* payload of the SNAP_OBJECTS record in the making */
    uint32_t batch_bytes;
    uint32_t batch_count;
    uint64_t last_address;
    struct msg_snap_end totals;
    struct ag_vec strong; /* u32 numbers: the references of the object at hand */
    struct ag_vec weak;
    struct ag_vec unvisited;   /* struct ag_pair: holder, ordinal; see SNAP_VISITS */
    struct ag_vec visited_too; /* struct ag_pair: holder, target */
};

struct ag_pair {
    uint32_t first;
    uint32_t second;
};

/* A function's tuple of cells or of defaults: lets a tuple's members be named after the function's
 * variables. */
struct ag_closure {
    struct pyobj *tuple;
    struct pyobj *function;
};

/*
 * Walks the heap and sends everything, SNAP_BEGIN to SNAP_END or SNAP_FAILED. `request` says how,
 * `opaque` which types to leave alone. False when it could not be finished.
 */
bool ag_walk_run(struct ag_walk *walk, struct ag_sender *sender,
                 const struct msg_req_snapshot *request, const uint64_t *opaque);

/* Gives back what a walk took; a copy just ends. */
void ag_walk_free(struct ag_walk *walk);

/*
 * For signal handlers of the walking thread. A number that differs from one call to the next as long
 * as the walk gets on, 0 when it is over; and, after a crash, makes sure that shm_copy names the type
 * to blame: where that is the one of whoever holds an address with no object behind it, that is
 * looked for.
 */
uint64_t ag_walk_progress(const struct ag_walk *walk);
void ag_walk_blame(struct ag_walk *walk);
