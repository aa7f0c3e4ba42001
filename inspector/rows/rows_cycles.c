#include "inspector/rows/rows_cycles.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/rows/rows_objects.h"

enum { TYPES_COUNTED = 32, MEMBERS_COUNTED = 4096 };

struct rows_cycles {
    struct rows rows;
    struct snapshot *snapshot;
    const struct heap_cycles *cycles;
};

static const struct column columns[CYCLES_COLUMNS] = {
    [CYCLES_STATE] = {"state", "state",
                      "garbage: nothing holds it, a collection frees it; alive: something does",
                      COL_TEXT, 0, 7, 1},
    [CYCLES_OBJECTS] = {"objects", "objects", "objects that reach one another", COL_COUNT,
                        COL_F_DESC, 7, 0},
    [CYCLES_SHALLOW] = {"shallow", "shallow", "bytes of these objects themselves", COL_BYTES,
                        COL_F_DESC, 8, 3},
    [CYCLES_RETAINED] = {"retained", "retained",
                         "bytes that would go with the objects; of garbage, their own", COL_BYTES,
                         COL_F_DESC, 8, 2},
    [CYCLES_FINALIZERS] = {"finalizers", "finalizers", "objects whose finalizer has not run",
                           COL_COUNT, COL_F_DESC, 4, 4},
    [CYCLES_TYPES] = {"types", "types", "of which types the objects are, the most frequent first",
                      COL_TEXT, 0, 20, 0},
};

static const struct rows_cycles *cycles_of(const struct rows *rows)
{
    return (const struct rows_cycles *)rows;
}

static void cycles_destroy(struct rows *rows)
{
    snapshot_unref(((struct rows_cycles *)rows)->snapshot);
    free(rows);
}

static size_t cycles_total(const struct rows *rows)
{
    return cycles_of(rows)->cycles->n;
}

/* ---- types ---- */

struct type_count {
    const char *name;
    uint32_t n;
};

static void count(struct type_count *types, unsigned *n_types, const char *name)
{
    unsigned i = 0;

    while (i < *n_types && strcmp(types[i].name, name) != 0)
        i++;
    if (i == TYPES_COUNTED)
        return;
    if (i == *n_types)
        types[(*n_types)++] = (struct type_count){name, 0};
    types[i].n++;
}

static int by_count(const void *a, const void *b)
{
    const struct type_count *x = a, *y = b;

    return x->n != y->n ? (x->n < y->n ? 1 : -1) : strcmp(x->name, y->name);
}

static const char *short_name(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot && dot[1] ? dot + 1 : name;
}

void rows_cycles_types(const struct snapshot *s, const struct heap_cycles *cycles,
                       const struct heap_cycle *cycle, char *buf, size_t bytes)
{
    struct type_count types[TYPES_COUNTED];
    unsigned n_types = 0;
    uint32_t n = cycle->count < MEMBERS_COUNTED ? cycle->count : MEMBERS_COUNTED;
    size_t used = 0;

    for (uint32_t i = 0; i < n; i++)
        count(types, &n_types, snapshot_type_of(s, cycles->member[cycle->first + i])->name);
    qsort(types, n_types, sizeof *types, by_count);
    *buf = '\0';
    if (n < cycle->count) /* of a large one the first will do, but it is said */
        used = (size_t)snprintf(buf, bytes, "of the first %" PRIu32 ": ", n);
    for (unsigned i = 0; i < n_types; i++) {
        char part[CELL_BUF_BYTES];
        size_t length = (size_t)snprintf(part, sizeof part, "%s%" PRIu32 " %.60s", i ? ", " : "",
                                         types[i].n, short_name(types[i].name));
        if (used + length + 1 > bytes)
            break;
        memcpy(buf + used, part, length + 1);
        used += length;
    }
}

static void cycles_cell(const struct rows *rows, size_t raw, unsigned col, struct cell *ret)
{
    const struct rows_cycles *self = cycles_of(rows);
    const struct heap_cycle *cycle = &self->cycles->cycle[raw];

    *ret = (struct cell){.state = CELL_VALUE, .tone = TONE_NORMAL};
    switch ((enum rows_cycles_column)col) {
    case CYCLES_STATE:
        ret->text = cycle->is_garbage ? "garbage" : "alive";
        ret->tone = cycle->is_garbage ? TONE_WARN : TONE_NORMAL;
        break;
    case CYCLES_OBJECTS:
        ret->num = cycle->count;
        break;
    case CYCLES_SHALLOW:
        ret->num = (int64_t)cycle->shallow_bytes;
        break;
    case CYCLES_RETAINED:
        ret->num = (int64_t)cycle->retained_bytes;
        break;
    case CYCLES_FINALIZERS:
        ret->num = cycle->finalizers;
        break;
    case CYCLES_TYPES:
        rows_cycles_types(self->snapshot, self->cycles, cycle, ret->buf, sizeof ret->buf);
        ret->text = ret->buf;
        break;
    case CYCLES_COLUMNS:
        ret->state = CELL_NULL;
        break;
    }
}

/* That of its first member. */
static uint64_t cycles_id(const struct rows *rows, size_t raw)
{
    const struct rows_cycles *self = cycles_of(rows);

    return self->snapshot->address[self->cycles->member[self->cycles->cycle[raw].first]];
}

static const struct rows_ops cycles_ops = {
    .name = "cycles",
    .destroy = cycles_destroy,
    .total = cycles_total,
    .cell = cycles_cell,
    .id = cycles_id,
};

struct err *rows_cycles_create(struct snapshot *snapshot, const struct heap_cycles *cycles,
                               struct rows **ret)
{
    struct rows_cycles *self = calloc(1, sizeof *self);

    if (!self)
        return err_nomem();
    self->rows = (struct rows){
        .ops = &cycles_ops, .columns = columns, .n_columns = CYCLES_COLUMNS, .immutable = true};
    self->snapshot = snapshot_ref(snapshot);
    self->cycles = cycles;
    *ret = &self->rows;
    return NULL;
}

/* ---- holders ---- */

struct rows_holders {
    struct rows rows;
    struct snapshot *snapshot;
    struct lookup *lookup;
    struct cycle_holder *at;
    uint32_t n;
};

static const struct column holder_columns[HOLDERS_COLUMNS] = {
    [HOLDERS_TYPE] = {"type", "type", "module and qualified name of the holder's type", COL_TYPE, 0,
                      12, 0},
    [HOLDERS_EDGE] = {"edge", "edge", "how one goes from the holder to the cycle", COL_TEXT,
                      COL_F_NO_SORT, 10, 0},
    [HOLDERS_HELD] = {"held", "held", "type of the object in the cycle that it holds", COL_TYPE, 0,
                      8, 2},
    [HOLDERS_ADDRESS] = {"address", "address", "where the holder lies: id(object)", COL_ADDRESS, 0,
                         14, 3},
    [HOLDERS_VALUE] = {"value", "value", "a preview of the holder's value", COL_TEXT, COL_F_NO_SORT,
                       10, 1},
};

static const struct rows_holders *holders_of(const struct rows *rows)
{
    return (const struct rows_holders *)rows;
}

static void holders_destroy(struct rows *rows)
{
    struct rows_holders *self = (struct rows_holders *)rows;

    snapshot_unref(self->snapshot);
    free(self->at);
    free(self);
}

static size_t holders_total(const struct rows *rows)
{
    return holders_of(rows)->n;
}

static void holders_cell(const struct rows *rows, size_t raw, unsigned col, struct cell *ret)
{
    const struct rows_holders *self = holders_of(rows);
    const struct cycle_holder *at = &self->at[raw];

    *ret = (struct cell){.state = CELL_VALUE, .tone = TONE_NORMAL};
    switch ((enum rows_holders_column)col) {
    case HOLDERS_TYPE:
        object_cell(self->snapshot, self->lookup, at->holder, OBJECTS_TYPE, ret);
        break;
    case HOLDERS_EDGE:
        ret->text = lookup_edge(self->lookup, at->holder,
                                snapshot_ordinal(self->snapshot, at->holder, at->held));
        if (!ret->text)
            ret->state = CELL_PENDING;
        break;
    case HOLDERS_HELD:
        object_cell(self->snapshot, self->lookup, at->held, OBJECTS_TYPE, ret);
        break;
    case HOLDERS_ADDRESS:
        object_cell(self->snapshot, self->lookup, at->holder, OBJECTS_ADDRESS, ret);
        break;
    case HOLDERS_VALUE:
        object_cell(self->snapshot, self->lookup, at->holder, OBJECTS_VALUE, ret);
        break;
    case HOLDERS_COLUMNS:
        ret->state = CELL_NULL;
        break;
    }
}

static uint64_t holders_id(const struct rows *rows, size_t raw)
{
    const struct rows_holders *self = holders_of(rows);

    return self->snapshot->address[self->at[raw].holder] << 8 ^
           self->snapshot->address[self->at[raw].held];
}

static void holders_prefetch(struct rows *rows, const uint32_t *raw, size_t n)
{
    const struct rows_holders *self = holders_of(rows);

    for (size_t i = 0; i < n; i++) {
        const struct cycle_holder *at = &self->at[raw[i]];
        lookup_want_value(self->lookup, at->holder);
        lookup_want_edge(self->lookup, at->holder,
                         snapshot_ordinal(self->snapshot, at->holder, at->held), at->held);
    }
}

static const struct rows_ops holders_ops = {
    .name = "holders",
    .destroy = holders_destroy,
    .total = holders_total,
    .cell = holders_cell,
    .id = holders_id,
    .prefetch = holders_prefetch,
};

struct err *rows_holders_create(struct snapshot *snapshot, struct lookup *lookup,
                                const struct cycle_names *names, struct rows **ret)
{
    struct rows_holders *self = calloc(1, sizeof *self);
    struct cycle_holder *at = malloc((names->n_holders + 1u) * sizeof *at);

    if (!self || !at) {
        free(self);
        free(at);
        return err_nomem();
    }
    if (names->n_holders)
        memcpy(at, names->holder, names->n_holders * sizeof *at);
    *self = (struct rows_holders){
        .rows = {.ops = &holders_ops,
                 .columns = holder_columns,
                 .n_columns = HOLDERS_COLUMNS,
                 .immutable = true},
        .snapshot = snapshot_ref(snapshot),
        .lookup = lookup,
        .at = at,
        .n = names->n_holders,
    };
    *ret = &self->rows;
    return NULL;
}

uint32_t rows_holders_object(const struct rows *rows, size_t raw)
{
    return holders_of(rows)->at[raw].holder;
}
