/*
 * The references of one object: what it holds (referents), or what holds it (referrers), one
 * reference a row, weak ones marked. Names come from the frozen copy.
 */
#pragma once

#include "inspector/model/snapshot.h"
#include "inspector/rows/lookup.h"
#include "inspector/rows/rows.h"

enum edges_direction { EDGES_REFERRERS, EDGES_REFERENTS };

enum rows_edges_column {
    EDGES_EDGE,
    EDGES_TYPE,
    EDGES_ADDRESS,
    EDGES_STRENGTH,
    EDGES_SHALLOW, /* from here on: of the object at the other end, not in the JSON */
    EDGES_REFCOUNT,
    EDGES_VALUE,
    EDGES_COLUMNS,
};

/* The snapshot must have edges. `lookup` (borrowed, must outlive the source) gives names and
 * previews. */
ERR_CHECK struct err *rows_edges_create(struct snapshot *snapshot, struct lookup *lookup,
                                        uint32_t object, enum edges_direction direction,
                                        struct rows **ret);
/* The object at the other end of raw row `raw`. */
uint32_t rows_edges_object(const struct rows *rows, size_t raw);
