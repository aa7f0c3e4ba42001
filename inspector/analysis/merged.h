/*
 * The paths to many objects at once, merged: who holds these 40,000 rows.
 *
 * Each object's shortest path (paths.h), with every object on it replaced by its group, as its
 * type; paths that begin alike share their steps. The same graph node always has the same path, so
 * paths that meet stay together up to the root.
 *
 *      from roots                          from objects
 *      module app         40,000           Row                 40,000
 *      └─ dict            40,000           ├─ list             39,990
 *         ├─ list         39,990           │  └─ dict          39,990
 *         │  └─ Row       39,990           │     └─ module app 39,990
 *         └─ Row              10           └─ dict                 10
 *
 * The tree stands in preorder, largest first among children, each step with the number of steps
 * below it, as in retained.h. Memory: up to 4 bytes a node of the graph, where paths lie. Any
 * thread.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "inspector/analysis/paths.h"
#include "inspector/base/err.h"

enum {
    /*
     * Members that are looked at, spread evenly over all: shares are good to about a percent.
     */
    MERGED_SAMPLE_MAX = 10000,
    /* Steps; what is further away hangs at the last. Nobody reads more. */
    MERGED_DEPTH_MAX = 1000,
    MERGED_NONE = UINT32_MAX,
};

enum merged_direction { MERGED_FROM_ROOTS, MERGED_FROM_OBJECTS };

struct merged_step {
    uint32_t group;
    uint32_t sample; /* a node of this group, for names */
    uint32_t parent; /* MERGED_NONE for the first ones */
    uint32_t depth;  /* 0, … */
    uint32_t count;  /* sampled members whose path leads through here */
    uint32_t ends;   /* of these, paths that end here */
    uint32_t below;  /* steps below: they are the next ones */
    uint32_t nodes;  /* different nodes that are merged here; MERGED_FROM_ROOTS only, else 0 */
};

struct merged {
    struct merged_step *step;
    uint32_t n;
    uint32_t n_members, n_sampled; /* equal: not a sample */
    uint32_t n_unreachable;        /* sampled ones that no root reaches: in no path */
    uint32_t n_deep;               /* sampled ones beyond MERGED_DEPTH_MAX */
};

/* `group` by node, NULL: each node is its own. `members`: nodes, repeats count again. */
ERR_CHECK struct err *merged_find(const struct paths *paths, const uint32_t *members,
                                  uint32_t n_members, const uint32_t *group,
                                  enum merged_direction direction, const atomic_bool *cancel,
                                  struct merged *ret);
void merged_deinit(struct merged *merged);
