/*
 * The immediate dominators of many objects, by group: who owns two million tuples.
 *
 * Unlike holders, an owner is alone: its going would take the object along. Owners of no interest
 * can be passed over, towards the root: as the dicts that only hold an instance's attributes.
 *
 * Memory: an eighth of a byte a node while it runs. Any thread.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "inspector/base/err.h"
#include "inspector/model/graph.h"

/* Groups of members that have no owner: several roots hold them, or none reaches them. */
#define OWNERS_SHARED      UINT32_MAX
#define OWNERS_UNREACHABLE (UINT32_MAX - 1)

struct owners_row {
    uint32_t group;
    uint32_t sample;    /* an owner, for names; without one, a member */
    uint32_t n_owners;  /* different ones; 0 without one */
    uint32_t n_members; /* that they own */
    uint64_t bytes;     /* of these members, shallow */
};

struct owners {
    struct owners_row *row; /* by members, then bytes, descending */
    uint32_t n;
};

struct owners_spec {
    const uint32_t *idom;  /* dominators.h */
    uint32_t n;            /* nodes */
    const uint32_t *group; /* by node, 0 … n_groups - 1 */
    uint32_t n_groups;
    bool (*pass)(const void *ctx, uint32_t owner); /* passed over; NULL: none */
    graph_bytes_fn *bytes;
    const void *ctx;           /* for pass() and bytes() */
    const atomic_bool *cancel; /* or NULL */
};

/* `members`: nodes, no repeats. */
ERR_CHECK struct err *owners_find(const struct owners_spec *spec, const uint32_t *members,
                                  uint32_t n_members, struct owners *ret);
void owners_deinit(struct owners *owners);
