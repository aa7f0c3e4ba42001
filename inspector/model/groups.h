/*
 * The types of a snapshot by name: types of the same module and name (a class statement that ran
 * twice) count as one.
 *
 * Immutable once made; borrows the snapshot's texts. Any thread.
 */
#pragma once

#include <stdint.h>

#include "inspector/base/err.h"
#include "inspector/model/snapshot.h"

struct group {
    const char *name;
    uint64_t count;
    uint64_t shallow_bytes;
    uint64_t retained_bytes; /* by the instances, nothing counted twice; 0 while not computed */
    uint32_t flags;          /* enum type_flags of any of its types */
};

struct groups {
    struct group *at;
    uint32_t n;
    uint32_t *of_type; /* type number -> group number */
};

ERR_CHECK struct err *groups_make(const struct snapshot *snapshot, struct groups *ret);
void groups_deinit(struct groups *groups);
/* The group with this name, UINT32_MAX if there is none. Linear. */
uint32_t groups_find(const struct groups *groups, const char *name);
