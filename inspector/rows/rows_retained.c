#include "inspector/rows/rows_retained.h"

#include <stdlib.h>
#include <string.h>

struct rows_retained {
    struct rows rows;
    struct snapshot *snapshot;
    struct lookup *lookup;
    const struct facts *facts;
    uint32_t *objects;
    uint32_t n;
    uint64_t total_bytes;
};

const struct column retained_columns[RETAINED_COLUMNS] = {
    [RETAINED_ADDRESS] = {"address", "address", "where the object lies: id(object)", COL_ADDRESS, 0,
                          14, 3},
    [RETAINED_TYPE] = {"type", "type", "module and qualified name of its type", COL_TYPE, 0, 12, 0},
    [RETAINED_BYTES] = {"retained", "retained",
                        "bytes that would go with it: its own, and what only it keeps alive",
                        COL_BYTES, COL_F_DESC, 8, 0},
    [RETAINED_SHARE] = {"share", "share",
                        "retained bytes in percent of what the level above retains", COL_SHARE,
                        COL_F_DESC | COL_F_NO_JSON, 8, 2},
    [RETAINED_DOMINATES] = {"dominates", "dominates",
                            "objects that would go with it, itself not counted", COL_COUNT,
                            COL_F_DESC, 9, 4},
    [RETAINED_SHALLOW] = {"shallow", "shallow", "bytes of the object itself", COL_BYTES, COL_F_DESC,
                          8, 5},
    [RETAINED_REFCOUNT] = {"refcount", "refcount", "references that CPython counts", COL_COUNT,
                           COL_F_DESC, 8, 6},
    [RETAINED_GENERATION] = {"generation", "gen", "the collector's generation", COL_GENERATION,
                             COL_F_JSON_ONLY, 4, 9},
    [RETAINED_TRACKED] = {"tracked", "tracked", "whether the collector tracks it", COL_BOOL,
                          COL_F_JSON_ONLY, 7, 9},
    [RETAINED_FINALIZER] = {"finalizer", "finalizer", "its type has a finalizer", COL_BOOL,
                            COL_F_JSON_ONLY, 9, 9},
    [RETAINED_FINALIZED] = {"finalized", "finalized", "its finalizer has run", COL_BOOL,
                            COL_F_JSON_ONLY, 9, 9},
    [RETAINED_VALUE] = {"value", "value", "a preview of the value, read without running code",
                        COL_TEXT, COL_F_NO_SORT, 12, 1},
};

/* The same in the table of objects. */
static const enum rows_objects_column object_column[RETAINED_COLUMNS] = {
    [RETAINED_ADDRESS] = OBJECTS_ADDRESS,     [RETAINED_TYPE] = OBJECTS_TYPE,
    [RETAINED_BYTES] = OBJECTS_RETAINED,      [RETAINED_SHARE] = OBJECTS_COLUMNS,
    [RETAINED_DOMINATES] = OBJECTS_COLUMNS,   [RETAINED_SHALLOW] = OBJECTS_SHALLOW,
    [RETAINED_REFCOUNT] = OBJECTS_REFCOUNT,   [RETAINED_GENERATION] = OBJECTS_GENERATION,
    [RETAINED_TRACKED] = OBJECTS_TRACKED,     [RETAINED_FINALIZER] = OBJECTS_FINALIZER,
    [RETAINED_FINALIZED] = OBJECTS_FINALIZED, [RETAINED_VALUE] = OBJECTS_VALUE,
};

static const struct rows_retained *retained_of(const struct rows *rows)
{
    return (const struct rows_retained *)rows;
}

static void retained_destroy(struct rows *rows)
{
    struct rows_retained *self = (struct rows_retained *)rows;

    snapshot_unref(self->snapshot);
    free(self->objects);
    free(self);
}

static size_t retained_total(const struct rows *rows)
{
    return retained_of(rows)->n;
}

static int64_t share(const struct rows_retained *self, uint32_t object)
{
    uint64_t bytes = self->facts->retained.bytes[object];

    return self->total_bytes ? (int64_t)((double)bytes * 1000 / (double)self->total_bytes + 0.5)
                             : 0;
}

static void retained_cell(const struct rows *rows, size_t raw, unsigned col, struct cell *ret)
{
    const struct rows_retained *self = retained_of(rows);
    uint32_t object = self->objects[raw];
    const struct retained *retained = &self->facts->retained;

    if (object_column[col] != OBJECTS_COLUMNS) {
        object_cell(self->snapshot, self->lookup, object, object_column[col], ret);
        return;
    }
    ret->state = CELL_VALUE;
    ret->tone = TONE_NORMAL;
    if (col == RETAINED_SHARE) {
        ret->num = share(self, object);
        return;
    }
    ret->num = retained->place[object] == RETAINED_NONE
                   ? 0
                   : (int64_t)retained->count[retained->place[object]] - 1;
}

static uint64_t retained_id(const struct rows *rows, size_t raw)
{
    return retained_of(rows)->snapshot->address[retained_of(rows)->objects[raw]];
}

static void retained_prefetch(struct rows *rows, const uint32_t *raw, size_t n)
{
    const struct rows_retained *self = retained_of(rows);

    for (size_t i = 0; self->lookup && i < n; i++)
        lookup_want_value(self->lookup, self->objects[raw[i]]);
}

static const struct rows_ops ops = {
    .name = "retained",
    .destroy = retained_destroy,
    .total = retained_total,
    .cell = retained_cell,
    .id = retained_id,
    .prefetch = retained_prefetch,
};

static void add_up(struct rows_retained *self, uint32_t under)
{
    const struct retained *retained = &self->facts->retained;

    if (under != DOMINATOR_ROOT)
        self->total_bytes = retained->bytes[under];
    for (uint32_t i = 0; under == DOMINATOR_ROOT && i < self->n; i++)
        self->total_bytes += retained->bytes[self->objects[i]];
}

struct err *rows_retained_create(struct snapshot *snapshot, struct lookup *lookup, uint32_t under,
                                 struct rows **ret)
{
    struct rows_retained *self = calloc(1, sizeof *self);

    if (!self)
        return err_nomem();
    self->rows = (struct rows){
        .ops = &ops, .columns = retained_columns, .n_columns = RETAINED_COLUMNS, .immutable = true};
    self->snapshot = snapshot_ref(snapshot);
    self->lookup = lookup;
    self->facts = facts_of(snapshot);
    struct err *err = retained_children(&self->facts->retained, under, &self->objects, &self->n);
    if (err) {
        retained_destroy(&self->rows);
        return err;
    }
    add_up(self, under);
    *ret = &self->rows;
    return NULL;
}

uint64_t rows_retained_total(const struct rows *rows)
{
    return retained_of(rows)->total_bytes;
}

uint32_t rows_retained_object(const struct rows *rows, size_t raw)
{
    return retained_of(rows)->objects[raw];
}
