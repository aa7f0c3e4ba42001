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
};

const struct column retained_columns[RETAINED_COLUMNS] = {
    [OBJECTS_ADDRESS] = {"address", "address", "where the object lies: id(object)", COL_ADDRESS, 0,
                         14, 3},
    [OBJECTS_TYPE] = {"type", "type", "module and qualified name of its type", COL_TYPE, 0, 12, 0},
    [OBJECTS_SHALLOW] = {"shallow", "shallow", "bytes of the object itself", COL_BYTES, COL_F_DESC,
                         8, 4},
    [OBJECTS_RETAINED] = {"retained", "retained",
                          "bytes that would go with it: its own, and what only it keeps alive",
                          COL_BYTES, COL_F_DESC, 8, 0},
    [OBJECTS_REFCOUNT] = {"refcount", "refcount", "references that CPython counts", COL_COUNT,
                          COL_F_DESC, 8, 6},
    [OBJECTS_GENERATION] = {"generation", "gen", "the collector's generation", COL_GENERATION,
                            COL_F_JSON_ONLY, 4, 9},
    [OBJECTS_TRACKED] = {"tracked", "tracked", "whether the collector tracks it", COL_BOOL,
                         COL_F_JSON_ONLY, 7, 9},
    [OBJECTS_FINALIZER] = {"finalizer", "finalizer", "its type has a finalizer", COL_BOOL,
                           COL_F_JSON_ONLY, 9, 9},
    [OBJECTS_FINALIZED] = {"finalized", "finalized", "its finalizer has run", COL_BOOL,
                           COL_F_JSON_ONLY, 9, 9},
    [OBJECTS_VALUE] = {"value", "value", "a preview of the value, read without running code",
                       COL_TEXT, COL_F_NO_SORT, 12, 2},
    [RETAINED_DOMINATES] = {"dominates", "dominates",
                            "objects that would go with it, itself not counted", COL_COUNT,
                            COL_F_DESC, 9, 1},
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

static void retained_cell(const struct rows *rows, size_t raw, unsigned col, struct cell *ret)
{
    const struct rows_retained *self = retained_of(rows);
    uint32_t object = self->objects[raw];
    const struct retained *retained = &self->facts->retained;

    if (col != RETAINED_DOMINATES) {
        object_cell(self->snapshot, self->lookup, object, (enum rows_objects_column)col, ret);
        return;
    }
    ret->state = CELL_VALUE;
    ret->tone = TONE_NORMAL;
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
    *ret = &self->rows;
    return NULL;
}

uint32_t rows_retained_object(const struct rows *rows, size_t raw)
{
    return retained_of(rows)->objects[raw];
}
