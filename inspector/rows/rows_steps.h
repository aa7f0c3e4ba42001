/*
 * Steps from object to object along references, one a row: a path from a root, or the way round a cycle.
 *
 *      edge              type            root
 *                        builtins.dict   thread MainThread, <module>() app.py:42, its namespace
 *      ['cache']         builtins.dict
 *      ['k1']            app.Row
 *
 * Each row is an object, with the reference that leads to it from the row before.
 */
#pragma once

#include "inspector/analysis/facts.h"
#include "inspector/base/str.h"
#include "inspector/rows/lookup.h"
#include "inspector/rows/rows.h"

enum rows_steps_column {
    STEPS_EDGE,
    STEPS_TYPE,
    STEPS_ADDRESS,
    STEPS_STRENGTH,
    STEPS_ROOT,
    STEPS_RETAINED, /* from here on not in the JSON */
    STEPS_VALUE,
    STEPS_COLUMNS,
};

/*
 * The objects of a path, root first; each holds the next. Copied. `facts` of the snapshot must be there. `lookup`
 * (borrowed, must outlive the source) gives names and previews.
 */
ERR_CHECK struct err *rows_steps_of_path(struct snapshot *snapshot, struct lookup *lookup,
                                         const uint32_t *objects, uint32_t n, struct rows **ret);
/*
 * The way round a cycle: edges[i] (number in snapshot->strong) leads from objects[i] to objects[i + 1], the last one back to
 * the first, which therefore comes a second time, as the last row.
 */
ERR_CHECK struct err *rows_steps_of_loop(struct snapshot *snapshot, struct lookup *lookup,
                                         const uint32_t *objects, const uint32_t *edges, uint32_t n,
                                         struct rows **ret);
/* The object of raw row `raw`. */
uint32_t rows_steps_object(const struct rows *rows, size_t raw);

/*
 * What a Python programmer would write for the path, as far as its names are known: "app.cache['k1'].parent"; starts with
 * the module, or with the variable of the frame. False, and nothing appended, if there is no such expression.
 */
bool rows_steps_expression(const struct rows *rows, struct str *ret);
/* The same for as many of the first rows as have one: their number, 0 if there is none. */
size_t rows_steps_prefix(const struct rows *rows, struct str *ret);
