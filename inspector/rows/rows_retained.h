/*
 * One level of the dominator tree: what roots retain, or what one object does; largest first.
 */
#pragma once

#include "inspector/analysis/facts.h"
#include "inspector/rows/rows_objects.h"

enum rows_retained_column {
    RETAINED_HELD,
    RETAINED_ADDRESS,
    RETAINED_TYPE,
    RETAINED_BYTES,
    RETAINED_SHARE,
    RETAINED_DOMINATES,
    RETAINED_SHALLOW,
    RETAINED_REFCOUNT,
    RETAINED_GENERATION,
    RETAINED_TRACKED,
    RETAINED_FINALIZER,
    RETAINED_FINALIZED,
    RETAINED_VALUE,
    RETAINED_COLUMNS,
};

extern const struct column retained_columns[RETAINED_COLUMNS];

/* `facts` must be computed. `under`: an object, or DOMINATOR_ROOT for the top level. */
ERR_CHECK struct err *rows_retained_create(struct snapshot *snapshot, struct lookup *lookup,
                                           uint32_t under, struct rows **ret);
/* How the object of raw row `raw` is held: by the object above, "['cache']", or from outside of the heap; NULL if that is not
 * known, or if the one above holds it only through others. Valid until the next call. */
const char *rows_retained_held(struct rows *rows, size_t raw);
/* What shares are of: what `under` retains, or all that roots reach. */
uint64_t rows_retained_total(const struct rows *rows);
/* The object of raw row `raw`. */
uint32_t rows_retained_object(const struct rows *rows, size_t raw);
