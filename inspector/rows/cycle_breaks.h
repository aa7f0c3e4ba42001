/*
 * How many cycles of a heap one attribute breaks: those that have such a reference and no loop left without it.
 *
 *      cycle_breaks_want()        notes the names that are wanted, of as many cycles as its bound allows
 *      … the lookup is asked …
 *      cycle_breaks_count()       of these cycles
 *
 * One thread, the lookup's.
 */
#pragma once

#include "inspector/analysis/heap_cycles.h"
#include "inspector/rows/lookup.h"

/* References whose names are asked for, for one attribute. */
enum { CYCLE_BREAKS_NAMES_MAX = 20000 };

struct cycle_breaks {
    const char *attribute; /* "__main__.Node.parent", from cycle_names.h; borrowed */
    uint32_t n_looked_at;  /* cycles, the first ones; fewer than all: the count is a lower bound */
    uint32_t count;
};

void cycle_breaks_want(const struct snapshot *snapshot, struct lookup *lookup,
                       const struct heap_cycles *cycles, const char *attribute,
                       struct cycle_breaks *ret);
ERR_CHECK struct err *cycle_breaks_count(const struct snapshot *snapshot,
                                         const struct lookup *lookup,
                                         const struct heap_cycles *cycles,
                                         const atomic_bool *cancel, struct cycle_breaks *breaks);
