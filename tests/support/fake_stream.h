/*
 * A heap without a process: the stream of a snapshot, made from a graph that is written down in the
 * test, and the snapshot that the product builds from it.
 *
 *      struct snapshot *s = fake_snapshot("app : module -> cache : dict -> a, cache -> b\n"
 *                                         "a : app.Node size=64 -> b -> a\n"
 *                                         "b ~> a; root b\n");
 *      uint32_t a = fake_object(s, "a");
 *
 * A graph is a list of statements, separated by ',' ';' or line ends; '#' starts a comment. Words
 * are separated by blanks.
 *
 *      a                           an object
 *      a -> b -> c                 strong references, in this order; parallel ones by repeating
 *      a ~> b                      a weak reference
 *      a : app.Node size=64 rc=2   type and facts of the object named last; may stand anywhere
 *      type app.Node finalizer     facts of a type
 *      root a b                    held by local variables of these names of a running frame, main() in
 *                                  app.py; no part of any refcount
 *
 * Facts of an object: size=BYTES (default 16), rc=REFCOUNT (default: the strong references to it in
 * the graph), +N (so many more than that: held from outside), gen=0 1 2 or permanent (default 0;
 * the object is tracked), untracked, immortal, finalized.
 * Facts of a type: heap gc finalizer weakref opaque class container metatype object=NAME (the type itself).
 * A type without a dot is in builtins; the module of app.sub.Node is app.sub; a '/' says where the
 * module ends: app/Outer.Inner. The default is builtins.object.
 *
 * Objects are numbered as a walk does: by generation, youngest first, then the untracked ones, else
 * in the order in which the graph names them. Addresses depend on the name alone, so that the same
 * name in two graphs is the same object. Names have at most 8 characters: a-z 0-9 _.
 *
 * What is wrong with a graph aborts the test program with a message.
 */
#pragma once

#include <stdint.h>

#include "inspector/model/snapshot.h"
#include "proto/decode.h"
#include "tests/support/records.h"

/* How to cut a graph into records. Zeroed: as the agent would, in records as full as can be. */
struct fake_cut {
    uint32_t flags;         /* enum snapshot_flags, 0: SNAPSHOT_EDGES | SNAPSHOT_SERVE */
    uint32_t batch_objects; /* at most so many objects in a record */
    uint32_t more_above;    /* objects with more references send them in records of their own … */
    uint32_t more_refs;     /* … with so many references at most */
    struct msg_snap_gc gc;  /* `enabled` 0: thresholds 700, 10, 10, else nothing */
};

/* The records of a whole snapshot with id 1; records_deinit() them. `cut` may be NULL. */
void fake_stream(const char *graph, const struct fake_cut *cut, struct records *ret);
/* Feeds records to a new decoder; returns what the last feed said. */
enum decode_status fake_stream_feed(const struct records *records, const struct snap_sink *sink);
/* The snapshot of a graph, the caller's. */
struct snapshot *fake_snapshot(const char *graph);
struct snapshot *fake_snapshot_cut(const char *graph, const struct fake_cut *cut);
/* The snapshot that these records build; they must be right. */
struct snapshot *fake_snapshot_of(const struct records *records);

uint64_t fake_address(const char *name);
/* The number of a named object in a snapshot; aborts if it is not there. */
uint32_t fake_object(const struct snapshot *snapshot, const char *name);
/* The name of an object, written to `buf`. */
const char *fake_name(const struct snapshot *snapshot, uint32_t object, char buf[16]);
/* The names of `n` objects, joined by blanks, written to `buf`. */
const char *fake_names(const struct snapshot *snapshot, const uint32_t *objects, size_t n,
                       char *buf, size_t bytes);
