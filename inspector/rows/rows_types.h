/*
 * The type histogram: one row for each type name, with the change since an earlier snapshot if
 * there is one.
 */
#pragma once

#include "inspector/model/groups.h"
#include "inspector/model/snapshot.h"
#include "inspector/rows/rows.h"

enum rows_types_column {
    TYPES_TYPE,
    TYPES_COUNT,
    TYPES_SHALLOW,
    TYPES_RETAINED,
    TYPES_COUNT_DELTA, /* the last two only with a baseline; not in the JSON */
    TYPES_SHALLOW_DELTA,
    TYPES_COLUMNS,
};

/* The columns: TYPES_COUNT_DELTA of them without a baseline. */
extern const struct column type_columns[TYPES_COLUMNS];

/*
 * `baseline` (may be NULL) is an earlier snapshot of the same process. Both are kept alive by the
 * source. Rows are by name; types that only the baseline has come with a count of 0.
 */
ERR_CHECK struct err *rows_types_create(struct snapshot *snapshot, struct snapshot *baseline,
                                        struct rows **ret);
/* The types of `n` of a snapshot's objects only: what a collection freed. */
ERR_CHECK struct err *rows_types_of_objects(struct snapshot *snapshot, const uint32_t *objects,
                                            size_t n, struct rows **ret);
/* The name of raw row `raw`, valid as long as the source. */
const char *rows_types_name(const struct rows *rows, size_t raw);
/* How many rows differ from the baseline; 0 without one. */
size_t rows_types_changed(const struct rows *rows);
