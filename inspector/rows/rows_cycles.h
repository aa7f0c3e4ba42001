/*
 * The reference cycles of a heap, one a row; and what holds one of them from outside.
 */
#pragma once

#include "inspector/analysis/heap_cycles.h"
#include "inspector/rows/cycle_names.h"
#include "inspector/rows/lookup.h"
#include "inspector/rows/rows.h"

enum rows_cycles_column {
    CYCLES_STATE,
    CYCLES_OBJECTS,
    CYCLES_SHALLOW,
    CYCLES_RETAINED,
    CYCLES_FINALIZERS,
    CYCLES_TYPES,
    CYCLES_COLUMNS,
};

/* `cycles` (borrowed) must outlive the source. Raw rows are its cycles in their order. */
ERR_CHECK struct err *rows_cycles_create(struct snapshot *snapshot,
                                         const struct heap_cycles *cycles, struct rows **ret);
/* "39 Order, 78 list, 117 LineItem": the types of a cycle's objects, by number; "of the first 4096: …" for a large one. */
void rows_cycles_types(const struct snapshot *snapshot, const struct heap_cycles *cycles,
                       const struct heap_cycle *cycle, char *buf, size_t bytes);

enum rows_holders_column {
    HOLDERS_TYPE,
    HOLDERS_EDGE,
    HOLDERS_HELD,
    HOLDERS_ADDRESS,
    HOLDERS_VALUE,
    HOLDERS_COLUMNS,
};

/* Copied from `names`. `lookup` (borrowed, must outlive the source) gives names and previews. */
ERR_CHECK struct err *rows_holders_create(struct snapshot *snapshot, struct lookup *lookup,
                                          const struct cycle_names *names, struct rows **ret);
/* The holder of raw row `raw`. */
uint32_t rows_holders_object(const struct rows *rows, size_t raw);
