/*
 * What changed between two snapshots, by type, and by who holds what is new.
 */
#pragma once

#include "inspector/analysis/diff.h"
#include "inspector/rows/rows.h"

enum rows_diff_column {
    DIFF_TYPE,
    DIFF_COUNT_BEFORE,
    DIFF_COUNT_AFTER,
    DIFF_COUNT_DELTA,
    DIFF_SHALLOW_DELTA,
    DIFF_RETAINED_DELTA,
    DIFF_BORN,
    DIFF_COLUMNS,
};

extern const struct column diff_columns[DIFF_COLUMNS];

/*
 * Types by name, those that changed only. `born` (may be NULL) are `n` objects of `after` that count as new. Retained
 * bytes are known when the facts of both are.
 */
ERR_CHECK struct err *rows_diff_create(struct snapshot *before, struct snapshot *after,
                                       const uint32_t *born, size_t n, struct rows **ret);

enum rows_growth_column {
    GROWTH_COUNT,
    GROWTH_SHALLOW,
    GROWTH_TYPE,
    GROWTH_HOLDER,
    GROWTH_HOLDER_TYPE,
    GROWTH_ADDRESS,
    GROWTH_COLUMNS,
};

extern const struct column growth_columns[GROWTH_COLUMNS];

struct growth {
    struct diff_holder holder;
    char *name; /* of the holder, as a person would write it; malloc'd, never NULL */
};

/* Takes `at` (malloc'd, with its names) over, also on failure. */
ERR_CHECK struct err *rows_growth_create(struct snapshot *snapshot, struct growth *at, size_t n,
                                         struct rows **ret);
