#include "inspector/rows/rows_retained.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/base/bits.h"
#include "inspector/base/cleanup.h"
#include "inspector/base/str.h"
#include "inspector/rows/root_text.h"

struct rows_retained {
    struct rows rows;
    struct snapshot *snapshot;
    struct lookup *lookup;
    const struct facts *facts;
    uint32_t *objects;
    uint32_t n;
    uint64_t total_bytes;
    uint32_t under;
    /* By row: the reference by which `under` holds it, among that one's; found when a row is first looked at. */
    uint32_t *ordinal;
    struct str root; /* for the top level: how the row that was asked for last is held */
};

enum { NOT_LOOKED = UINT32_MAX, NOT_DIRECTLY = UINT32_MAX - 1 };

const struct column retained_columns[RETAINED_COLUMNS] = {
    [RETAINED_HELD] = {"held", "held as",
                       "how the object above refers to it; at the top, what holds it from outside; "
                       "- only through others",
                       COL_TEXT, COL_F_NO_SORT, 14, 0},
    [RETAINED_ADDRESS] = {"address", "address", "where the object lies: id(object)", COL_ADDRESS, 0,
                          14, 5},
    [RETAINED_TYPE] = {"type", "type", "module and qualified name of its type", COL_TYPE, 0, 14, 1},
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
                          8, 6},
    [RETAINED_REFCOUNT] = {"refcount", "refcount", "references that CPython counts", COL_COUNT,
                           COL_F_DESC, 8, 7},
    [RETAINED_GENERATION] = {"generation", "gen", "the collector's generation", COL_GENERATION,
                             COL_F_JSON_ONLY, 4, 9},
    [RETAINED_TRACKED] = {"tracked", "tracked", "whether the collector tracks it", COL_BOOL,
                          COL_F_JSON_ONLY, 7, 9},
    [RETAINED_FINALIZER] = {"finalizer", "finalizer", "its type has a finalizer", COL_BOOL,
                            COL_F_JSON_ONLY, 9, 9},
    [RETAINED_FINALIZED] = {"finalized", "finalized", "its finalizer has run", COL_BOOL,
                            COL_F_JSON_ONLY, 9, 9},
    [RETAINED_VALUE] = {"value", "value", "a preview of the value, read without running code",
                        COL_TEXT, COL_F_NO_SORT, 10, 3},
};

/* The same in the table of objects. */
static const enum rows_objects_column object_column[RETAINED_COLUMNS] = {
    [RETAINED_HELD] = OBJECTS_COLUMNS,
    [RETAINED_ADDRESS] = OBJECTS_ADDRESS,
    [RETAINED_TYPE] = OBJECTS_TYPE,
    [RETAINED_BYTES] = OBJECTS_RETAINED,
    [RETAINED_SHARE] = OBJECTS_COLUMNS,
    [RETAINED_DOMINATES] = OBJECTS_COLUMNS,
    [RETAINED_SHALLOW] = OBJECTS_SHALLOW,
    [RETAINED_REFCOUNT] = OBJECTS_REFCOUNT,
    [RETAINED_GENERATION] = OBJECTS_GENERATION,
    [RETAINED_TRACKED] = OBJECTS_TRACKED,
    [RETAINED_FINALIZER] = OBJECTS_FINALIZER,
    [RETAINED_FINALIZED] = OBJECTS_FINALIZED,
    [RETAINED_VALUE] = OBJECTS_VALUE,
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
    free(self->ordinal);
    str_deinit(&self->root);
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

/* ---- how they are held ---- */

struct wanted {
    uint32_t object, row;
};

static int by_object(const void *a, const void *b)
{
    const struct wanted *x = a, *y = b;

    return (x->object > y->object) - (x->object < y->object);
}

/* Looks through the references of `under` once for all of these rows. */
static void find_ordinals(struct rows_retained *self, struct wanted *wanted, size_t n)
{
    const struct snapshot *s = self->snapshot;
    uint32_t first = s->strong.offset[self->under], end = s->strong.offset[self->under + 1];

    qsort(wanted, n, sizeof *wanted, by_object);
    for (size_t i = 0; i < n; i++)
        self->ordinal[wanted[i].row] = NOT_DIRECTLY;
    for (uint32_t e = first; e < end; e++) {
        const struct wanted key = {.object = s->strong.object[e]};
        const struct wanted *found = bsearch(&key, wanted, n, sizeof *wanted, by_object);
        if (found && self->ordinal[found->row] == NOT_DIRECTLY)
            self->ordinal[found->row] = e - first;
    }
}

static void want_names(struct rows_retained *self, const uint32_t *raw, size_t n)
{
    _cleanup_free_ struct wanted *wanted = malloc((n + 1) * sizeof *wanted);
    size_t n_wanted = 0;

    if (!wanted)
        return;
    for (size_t i = 0; i < n; i++)
        if (self->ordinal[raw[i]] == NOT_LOOKED)
            wanted[n_wanted++] = (struct wanted){self->objects[raw[i]], raw[i]};
    if (n_wanted)
        find_ordinals(self, wanted, n_wanted);
    for (size_t i = 0; i < n; i++)
        if (self->ordinal[raw[i]] != NOT_DIRECTLY)
            lookup_want_edge(self->lookup, self->under, self->ordinal[raw[i]],
                             self->objects[raw[i]]);
}

/* At the top, of what several hold together: the holder on the shortest path. A namespace is best known by its module. */
static uint32_t one_holder(const struct rows_retained *self, uint32_t object)
{
    if (self->facts->accounts.kind[object] != ROOT_NONE &&
        !bits_has(self->facts->namespaces, object))
        return PATHS_NONE;
    return paths_holder(&self->facts->paths, object);
}

static void want_holders(struct rows_retained *self, const uint32_t *raw, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t object = self->objects[raw[i]], holder = one_holder(self, object);
        if (holder == PATHS_NONE)
            continue;
        lookup_want_value(self->lookup, holder);
        lookup_want_edge(self->lookup, holder, snapshot_ordinal(self->snapshot, holder, object),
                         object);
    }
}

/* "enum.__dict__, …" */
static void put_holder(struct rows_retained *self, uint32_t holder, uint32_t object)
{
    const struct snapshot *s = self->snapshot;
    bool is_module = self->facts->accounts.kind[holder] == ROOT_MODULE;
    const char *type = snapshot_type_of(s, holder)->name, *dot = strrchr(type, '.');
    const char *name = self->lookup ? lookup_value(self->lookup, holder) : NULL;
    const char *edge = self->lookup
                           ? lookup_edge(self->lookup, holder, snapshot_ordinal(s, holder, object))
                           : NULL;

    if (!is_module || !name || !*name)
        name = dot ? dot + 1 : type;
    str_printf(&self->root, "%s%s%s, …", name, edge && *edge == '.' ? "" : " ", edge ? edge : "");
}

static const char *root_of(struct rows_retained *self, uint32_t object)
{
    uint32_t holder = one_holder(self, object);

    str_clear(&self->root);
    if (holder == PATHS_NONE)
        root_text(self->snapshot, self->facts, self->lookup, object, &self->root);
    else
        put_holder(self, holder, object);
    return self->root.len_bytes ? self->root.text : NULL;
}

const char *rows_retained_held(struct rows *rows, size_t raw)
{
    struct rows_retained *self = (struct rows_retained *)rows;

    if (self->under == DOMINATOR_ROOT)
        return root_of(self, self->objects[raw]);
    if (!self->lookup || self->ordinal[raw] >= NOT_DIRECTLY)
        return NULL;
    return lookup_edge(self->lookup, self->under, self->ordinal[raw]);
}

static void set_held(const struct rows_retained *self, size_t raw, struct cell *ret)
{
    const char *text = rows_retained_held((struct rows *)self, raw);
    bool is_asked =
        self->under != DOMINATOR_ROOT && self->lookup && self->ordinal[raw] < NOT_DIRECTLY;

    ret->state = text ? CELL_VALUE : is_asked ? CELL_PENDING : CELL_NULL;
    if (text)
        snprintf(ret->buf, sizeof ret->buf, "%s", text);
    ret->text = ret->buf;
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
    if (col == RETAINED_HELD) {
        set_held(self, raw, ret);
        return;
    }
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
    struct rows_retained *self = (struct rows_retained *)rows;

    if (!self->lookup)
        return;
    for (size_t i = 0; i < n; i++)
        lookup_want_value(self->lookup, self->objects[raw[i]]);
    if (self->under == DOMINATOR_ROOT)
        want_holders(self, raw, n);
    else
        want_names(self, raw, n);
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
    self->under = under;
    self->ordinal = malloc((self->n + 1u) * sizeof *self->ordinal);
    if (!self->ordinal) {
        retained_destroy(&self->rows);
        return err_nomem();
    }
    memset(self->ordinal, 0xff, self->n * sizeof *self->ordinal); /* NOT_LOOKED */
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
