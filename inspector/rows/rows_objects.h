/*
 * Objects, one a row: all of a type, or any list.
 */
#pragma once

#include "inspector/model/snapshot.h"
#include "inspector/rows/lookup.h"
#include "inspector/rows/rows.h"

enum rows_objects_column {
    OBJECTS_ADDRESS,
    OBJECTS_TYPE,
    OBJECTS_SHALLOW,
    OBJECTS_RETAINED,
    OBJECTS_REFCOUNT,
    OBJECTS_GENERATION,
    OBJECTS_TRACKED,
    OBJECTS_FINALIZER,
    OBJECTS_FINALIZED,
    OBJECTS_VALUE,
    OBJECTS_COLUMNS,
};

/*
 * Makes a table of `n` objects; takes `objects` (malloc'd) over, also on failure. `lookup`
 * (borrowed, must outlive the source) gives the previews; NULL: none.
 */
ERR_CHECK struct err *rows_objects_create(struct snapshot *snapshot, struct lookup *lookup,
                                          uint32_t *objects, size_t n, struct rows **ret);
/* All instances of the types with this name (module.qualname), or all objects if it is NULL.
 * ERR_INPUT if there is no such type. */
ERR_CHECK struct err *rows_objects_of_type(struct snapshot *snapshot, struct lookup *lookup,
                                           const char *type, struct rows **ret);
/* The object of raw row `raw`. */
uint32_t rows_objects_object(const struct rows *rows, size_t raw);

/* The cells of one object, for tables that have more columns than these. */
void object_cell(const struct snapshot *snapshot, const struct lookup *lookup, uint32_t object,
                 enum rows_objects_column col, struct cell *ret);
/* The columns, OBJECTS_COLUMNS of them. */
extern const struct column object_columns[OBJECTS_COLUMNS];
