/*
 * One cycle looked at closely, with names: the shortest way round, the attribute that would dissolve it if it were a weak
 * reference, what holds it from outside.
 *
 *      cycle_names_want()            notes the names that are wanted of the references inside
 *      … the lookup is asked …
 *      cycle_names_examine()         with the names that are known
 *
 * The kind of a reference that can be made weak is an attribute of a class: "__main__.Node.parent", whether the value lies
 * in the instance or in its __dict__.
 */
#pragma once

#include "inspector/analysis/heap_cycles.h"
#include "inspector/rows/lookup.h"

enum {
    /* Names are wanted of at most so many references of a cycle; in a larger one, of the first ones. */
    CYCLE_NAMES_MAX = 20000,
    CYCLE_HOLDERS_MAX = 20,
};

struct cycle_names {
    struct cycle_detail detail;
    char *make_weak; /* NULL: no attribute of its own dissolves the cycle */
    struct cycle_holder *holder;
    uint32_t n_holders;
    uint64_t n_all_holders;
};

void cycle_names_want(const struct snapshot *snapshot, struct lookup *lookup,
                      const struct heap_cycles *cycles, const struct heap_cycle *cycle);
ERR_CHECK struct err *cycle_names_examine(const struct snapshot *snapshot,
                                          const struct lookup *lookup,
                                          const struct heap_cycles *cycles,
                                          const struct heap_cycle *cycle, const atomic_bool *cancel,
                                          struct cycle_names *ret);
void cycle_names_deinit(struct cycle_names *names);

/* "__main__.Node.parent" for a reference that can be made weak, as far as its name is known; malloc'd. NULL for others. */
char *cycle_names_attribute(const struct snapshot *snapshot, const struct lookup *lookup,
                            uint32_t from, uint32_t edge);
