/*
 * Leak suspects: what on a heap looks like it is there by mistake, each with the object that holds it.
 *
 * The rules, of Eclipse MAT (FindLeaksQuery) and for Python:
 *
 *   BIG         a top-level dominator that retains more than a tenth of all: followed to the accumulation point, down to the
 *               largest child as long as that has 0.7 of its parent
 *   GROUP       top-level dominators of one class that do so together: where at least 0.8 of their paths lead through
 *   INSTANCES   a container with more than a thousand instances of one Python class
 *   PATTERN     what leaks in Python programs again and again (leak_patterns.h)
 *   GARBAGE     cycles that wait for the collector, by the classes that they are made of
 *   GREW        with an earlier snapshot: a container that has more members now (leak_growth.h)
 *   MORE        with an earlier snapshot: a class that has more living instances now
 *
 * Modules, their namespaces and classes hold code and are no suspects themselves. What is smaller than LEAKS_BYTES_MIN is
 * none by its size. Any thread.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "inspector/analysis/facts.h"
#include "inspector/analysis/leak_patterns.h"

enum {
    LEAKS_BYTES_MIN = 1 << 20,
    LEAKS_PERCENT = 10,         /* of all that is reachable */
    LEAKS_INSTANCES_MIN = 1000, /* of one class in one container: more than this */
    LEAKS_GARBAGE_BYTES = 1 << 20,
    LEAKS_GARBAGE_OBJECTS = 10000,
    LEAKS_CYCLES_MIN = 10,  /* garbage cycles of the same classes that are worth a word */
    LEAKS_EACH_MAX = 5,     /* suspects of one kind and pattern, the largest */
    LEAKS_DEPTH_MAX = 1000, /* steps to an accumulation point */
    LEAKS_CLASSES_MAX = 3,  /* that a kind of garbage cycle is told by */
};

enum leak_kind {
    LEAK_GREW,
    LEAK_MORE,
    LEAK_BIG,
    LEAK_GROUP,
    LEAK_INSTANCES,
    LEAK_PATTERN,
    LEAK_GARBAGE,
    LEAK_KINDS,
};

enum leak_level { LEAK_HIGH, LEAK_MEDIUM, LEAK_LOW };

struct leak {
    enum leak_kind kind;
    enum leak_level level;
    uint32_t object; /* that holds it; of garbage: a member of an example; or SNAPSHOT_NONE */
    uint32_t type;   /* of what there is so much: number in snapshot->types, or SNAPSHOT_NONE */
    uint64_t count;  /* of these; members of a container; cycles */
    uint64_t total;  /* INSTANCES: of the type in all; GARBAGE: objects */
    uint64_t grew;   /* GREW, MORE: by so many */
    uint64_t retained_bytes; /* what would go with it */
    int generation;          /* GARBAGE: the oldest that some of it is in; -1: untracked */
    const struct leak_pattern *pattern;  /* PATTERN */
    uint32_t classes[LEAKS_CLASSES_MAX]; /* GARBAGE: types of the members, or SNAPSHOT_NONE */
};

struct leaks {
    struct leak *at; /* the worst first: by level, then retained bytes */
    size_t n, cap;
    uint64_t total_bytes; /* that roots reach */
};

/*
 * Facts must be computed of both snapshots. `before` (may be NULL): an earlier one of the same process. An object of the
 * same address is the same one only if it is of the same type and holds most of what it held; see leak_growth.h.
 */
ERR_CHECK struct err *leaks_find(const struct snapshot *snapshot, const struct snapshot *before,
                                 const atomic_bool *cancel, struct leaks *ret);
void leaks_deinit(struct leaks *leaks);
