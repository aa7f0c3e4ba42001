/*
 * Retained sizes and the dominator tree: what goes away if this goes.
 *
 * An object retains its own bytes and those of all that it dominates (dominators.h). The tree is
 * kept in preorder, so everything that an object dominates stands in one piece behind it, and the
 * next child begins where the subtree of the one before it ends:
 *
 *                root              place    0 1 2 3 4
 *               ┌──┴─┐             node     a b c d e
 *               a    e             count    4 1 2 1 1      nodes of the subtree, itself included
 *             ┌─┴─┐
 *             b   c ── d           a: children at 0 + 1, 1 + 1, and 2 + 2 is its end
 *
 * Memory: 20 bytes a node stay, 4 more while it runs. Immutable once made. Any thread.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "inspector/analysis/dominators.h"
#include "inspector/analysis/reach.h"
#include "inspector/base/err.h"
#include "inspector/model/graph.h"

enum { RETAINED_NONE = UINT32_MAX };

struct retained {
    uint32_t n;
    uint32_t n_tree; /* nodes in the tree: those that a root reaches */
    uint64_t *bytes; /* by node; of one that no root reaches: its own */
    uint32_t *place; /* by node: in the tree, RETAINED_NONE for one that no root reaches */
    uint32_t *node;  /* by place */
    uint32_t *count; /* by place: nodes of the subtree */
};

/* `bytes` is asked once for each node, ascending. The dominators are not needed afterwards. */
ERR_CHECK struct err *retained_compute(const struct dominators *dominators, graph_bytes_fn *bytes,
                                       const void *ctx, const atomic_bool *cancel,
                                       struct retained *ret);
void retained_deinit(struct retained *retained);

/* Whether `node` is `above` or dominated by it. False if no root reaches one of them. */
bool retained_holds(const struct retained *retained, uint32_t above, uint32_t node);

/*
 * The children of a node, or of the virtual root (DOMINATOR_ROOT): by retained bytes descending,
 * then by number. *ret is malloc'd, NULL if there are none. Time: theirs, not the subtree's.
 */
ERR_CHECK struct err *retained_children(const struct retained *retained, uint32_t node,
                                        uint32_t **ret, uint32_t *n);

/*
 * What dominates `node`, the nearest first: its owner, the owner of that … the last one hangs from the root. At most
 * n_max of them are written to `ret`; returns how many there are. 0 for what no root reaches. Time: the siblings of
 * those above, at most.
 */
uint32_t retained_above(const struct retained *retained, uint32_t node, uint32_t *ret,
                        uint32_t n_max);

/*
 * The immediate dominators again, as in dominators.h: *ret (malloc'd) has an element for each node.
 */
ERR_CHECK struct err *retained_parents(const struct retained *retained, uint32_t **ret);

/*
 * What the objects of each group retain, nothing counted twice: an object counts for its group only
 * if none of the same group is above it in the tree. group[v] is the group of node v, 0 … n_groups
 * - 1, or RETAINED_NONE for a node that is in none; bytes[n_groups] is filled. Objects that no root
 * reaches count with their own bytes. What several objects of a group hold up only together is not
 * in it: retained_jointly().
 */
ERR_CHECK struct err *retained_by_group(const struct retained *retained, const uint32_t *group,
                                        uint32_t n_groups, const atomic_bool *cancel,
                                        uint64_t *bytes);

/*
 * The bytes that would go if all members (any order, no repeats) went, but for what several of them hold up only together:
 * of members below one another in the dominator tree only the uppermost counts.
 */
ERR_CHECK struct err *retained_of_set(const struct retained *retained, const uint32_t *members,
                                      uint32_t n_members, uint64_t *ret);

struct retained_set {
    uint64_t bytes;
    uint32_t count; /* objects, those of the set included */
};

/*
 * Exactly what would go if all objects of the set reach->without went at once: they, and what roots
 * reach only through them. `retained` has the same roots and edges. Objects that no root reaches
 * count only as members. Searches the whole graph.
 */
ERR_CHECK struct err *retained_jointly(const struct reach *reach, const uint32_t *roots,
                                       uint32_t n_roots, const struct retained *retained,
                                       graph_bytes_fn *bytes, const void *ctx,
                                       struct retained_set *ret);
