/*
 * What modules, threads or kinds of roots keep alive, each with all that is theirs.
 *
 *      module    the module object and its namespace
 *      thread    what its running frames hold
 *      root      everything that is held from outside in one way (analysis/account.h)
 *
 * Retained bytes are of the whole group, nothing counted twice; what several groups hold only together is in none.
 */
#pragma once

#include "inspector/analysis/facts.h"
#include "inspector/rows/lookup.h"
#include "inspector/rows/rows.h"

enum owners_kind { OWNERS_MODULES, OWNERS_THREADS, OWNERS_ROOTS };

enum rows_owners_column {
    OWNERS_NAME,
    OWNERS_OBJECTS, /* of the group itself */
    OWNERS_SHALLOW, /* of these */
    OWNERS_RETAINED,
    OWNERS_COLUMNS,
};

extern const struct column owners_columns[OWNERS_COLUMNS];

/* The snapshot's facts must be there. `lookup` (borrowed, must outlive the source) gives the names of modules. */
ERR_CHECK struct err *rows_owners_create(struct snapshot *snapshot, struct lookup *lookup,
                                         enum owners_kind kind, struct rows **ret);
