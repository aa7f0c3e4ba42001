/*
 * Who holds all objects of a set: their shortest paths merged by type, and their immediate dominators.
 *
 * Objects count as one when they have the same type; but each module that sys.modules holds, and its namespace, stands for
 * itself, because that is where people look for the culprit. Owners are looked for beyond namespaces: the module.
 *
 * Algorithms: merged.h, owners.h. Any thread.
 */
#pragma once

#include "inspector/analysis/facts.h"
#include "inspector/analysis/merged.h"
#include "inspector/analysis/owners.h"

struct heap_merged {
    struct merged merged; /* from the roots down */
    struct owners owners;
    uint64_t shallow_bytes;  /* of the set */
    uint64_t retained_bytes; /* of each of them that no other of them dominates: what would go */
};

/* The snapshot's facts must be there. `members`: objects, ascending. */
ERR_CHECK struct err *heap_merged_find(const struct snapshot *snapshot, const uint32_t *members,
                                       uint32_t n_members, const atomic_bool *cancel,
                                       struct heap_merged *ret);
void heap_merged_deinit(struct heap_merged *merged);
