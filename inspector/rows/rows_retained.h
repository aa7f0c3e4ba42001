/*
 * One level of the dominator tree: what roots retain, or what one object does; largest first.
 */
#pragma once

#include "inspector/analysis/facts.h"
#include "inspector/rows/rows_objects.h"

enum rows_retained_column {
    RETAINED_DOMINATES = OBJECTS_COLUMNS, /* the others are enum rows_objects_column */
    RETAINED_COLUMNS,
};

extern const struct column retained_columns[RETAINED_COLUMNS];

/* `facts` must be computed. `under`: an object, or DOMINATOR_ROOT for the top level. */
ERR_CHECK struct err *rows_retained_create(struct snapshot *snapshot, struct lookup *lookup,
                                           uint32_t under, struct rows **ret);
/* The object of raw row `raw`. */
uint32_t rows_retained_object(const struct rows *rows, size_t raw);
