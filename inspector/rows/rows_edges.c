#include "inspector/rows/rows_edges.h"

#include <stdlib.h>

#include "inspector/rows/rows_objects.h"

/* One reference: whose, which of its, and to whom. */
struct edge_row {
    uint32_t holder;
    uint32_t ordinal; /* among the holder's references: strong ones first */
    uint32_t target;
    bool weak;
};

struct rows_edges {
    struct rows rows;
    struct snapshot *snapshot;
    struct lookup *lookup;
    enum edges_direction direction;
    struct edge_row *at;
    size_t n;
};

static const struct column columns[EDGES_COLUMNS] = {
    [EDGES_EDGE] = {"edge", "edge", "how one goes from the holder to the held", COL_TEXT,
                    COL_F_NO_SORT, 14, 0},
    [EDGES_TYPE] = {"type", "type", "type of the object at the other end", COL_TYPE, 0, 12, 0},
    [EDGES_ADDRESS] = {"address", "address", "where that object lies", COL_ADDRESS, 0, 14, 4},
    [EDGES_STRENGTH] = {"strength", "strength",
                        "strong references keep an object alive, weak ones do not", COL_TEXT, 0, 8,
                        5},
    [EDGES_SHALLOW] = {"shallow", "shallow", "bytes of that object itself", COL_BYTES,
                       COL_F_DESC | COL_F_NO_JSON, 8, 3},
    [EDGES_REFCOUNT] = {"refcount", "refcount", "its reference count", COL_COUNT,
                        COL_F_DESC | COL_F_NO_JSON, 8, 3},
    [EDGES_VALUE] = {"value", "value", "a preview of its value, read without running code",
                     COL_TEXT, COL_F_NO_SORT | COL_F_NO_JSON, 10, 1},
};

static const struct rows_edges *edges_of(const struct rows *rows)
{
    return (const struct rows_edges *)rows;
}

static uint32_t other_end(const struct rows_edges *edges, const struct edge_row *row)
{
    return edges->direction == EDGES_REFERRERS ? row->holder : row->target;
}

static void edges_destroy(struct rows *rows)
{
    struct rows_edges *edges = (struct rows_edges *)rows;

    snapshot_unref(edges->snapshot);
    free(edges->at);
    free(edges);
}

static size_t edges_total(const struct rows *rows)
{
    return edges_of(rows)->n;
}

static void edges_cell(const struct rows *rows, size_t raw, unsigned col, struct cell *ret)
{
    static const enum rows_objects_column object_column[EDGES_COLUMNS] = {
        [EDGES_TYPE] = OBJECTS_TYPE,       [EDGES_ADDRESS] = OBJECTS_ADDRESS,
        [EDGES_SHALLOW] = OBJECTS_SHALLOW, [EDGES_REFCOUNT] = OBJECTS_REFCOUNT,
        [EDGES_VALUE] = OBJECTS_VALUE,
    };
    const struct rows_edges *edges = edges_of(rows);
    const struct edge_row *row = &edges->at[raw];

    if (col != EDGES_EDGE && col != EDGES_STRENGTH) {
        object_cell(edges->snapshot, edges->lookup, other_end(edges, row), object_column[col], ret);
    } else {
        ret->state = CELL_VALUE;
        ret->text = row->weak ? "weak" : "strong";
        if (col == EDGES_EDGE) {
            ret->text = lookup_edge(edges->lookup, row->holder, row->ordinal);
            if (!ret->text)
                ret->state = CELL_PENDING;
        }
    }
    ret->tone = row->weak ? TONE_DIM : TONE_NORMAL;
}

/* The reference itself: the same object may be held several times. */
static uint64_t edges_id(const struct rows *rows, size_t raw)
{
    const struct rows_edges *edges = edges_of(rows);
    const struct edge_row *row = &edges->at[raw];

    return edges->snapshot->address[other_end(edges, row)] << 16 ^ row->ordinal;
}

static void edges_prefetch(struct rows *rows, const uint32_t *raw, size_t n)
{
    const struct rows_edges *edges = edges_of(rows);

    for (size_t i = 0; i < n; i++) {
        const struct edge_row *row = &edges->at[raw[i]];
        lookup_want_value(edges->lookup, other_end(edges, row));
        lookup_want_edge(edges->lookup, row->holder, row->ordinal, row->target);
    }
}

static const struct rows_ops ops = {
    .name = "edges",
    .destroy = edges_destroy,
    .total = edges_total,
    .cell = edges_cell,
    .id = edges_id,
    .prefetch = edges_prefetch,
};

static uint32_t strong_count(const struct snapshot *s, uint32_t object)
{
    return s->strong.offset[object + 1] - s->strong.offset[object];
}

static struct err *fill_referents(struct rows_edges *edges, uint32_t object)
{
    const struct snapshot *s = edges->snapshot;
    uint32_t n_weak, n_strong = strong_count(s, object);
    const struct snap_pair *weak = snapshot_weak_of(s, object, &n_weak);

    edges->at = calloc((size_t)n_strong + n_weak + 1, sizeof *edges->at);
    if (!edges->at)
        return err_nomem();
    for (uint32_t i = 0; i < n_strong; i++)
        edges->at[edges->n++] =
            (struct edge_row){object, i, s->strong.object[s->strong.offset[object] + i], false};
    for (uint32_t i = 0; i < n_weak; i++)
        edges->at[edges->n++] = (struct edge_row){object, n_strong + i, weak[i].target, true};
    return NULL;
}

/* Every place in `holder` at which it refers to `target`. */
static void add_places(struct rows_edges *edges, uint32_t holder, uint32_t target)
{
    const struct snapshot *s = edges->snapshot;
    uint32_t start = s->strong.offset[holder], end = s->strong.offset[holder + 1];

    for (uint32_t e = start; e < end; e++)
        if (s->strong.object[e] == target)
            edges->at[edges->n++] = (struct edge_row){holder, e - start, target, false};
}

static size_t count_weak_to(const struct snapshot *s, uint32_t target)
{
    size_t n = 0;

    for (uint32_t i = 0; i < s->n_weak; i++)
        n += s->weak[i].target == target;
    return n;
}

static struct err *fill_referrers(struct rows_edges *edges, uint32_t object)
{
    const struct snapshot *s = edges->snapshot;
    uint32_t start = s->reverse.offset[object], end = s->reverse.offset[object + 1];

    edges->at = calloc((end - start) + count_weak_to(s, object) + 1, sizeof *edges->at);
    if (!edges->at)
        return err_nomem();
    for (uint32_t e = start; e < end; e++)
        if (e == start || s->reverse.object[e] != s->reverse.object[e - 1])
            add_places(edges, s->reverse.object[e], object);
    for (uint32_t i = 0; i < s->n_weak; i++) {
        uint32_t first, n;
        if (s->weak[i].target != object)
            continue;
        first = (uint32_t)(snapshot_weak_of(s, s->weak[i].holder, &n) - s->weak);
        edges->at[edges->n++] = (struct edge_row){
            s->weak[i].holder, strong_count(s, s->weak[i].holder) + i - first, object, true};
    }
    return NULL;
}

struct err *rows_edges_create(struct snapshot *snapshot, struct lookup *lookup, uint32_t object,
                              enum edges_direction direction, struct rows **ret)
{
    struct rows_edges *edges = calloc(1, sizeof *edges);

    if (!edges)
        return err_nomem();
    edges->rows = (struct rows){
        .ops = &ops, .columns = columns, .n_columns = EDGES_COLUMNS, .immutable = true};
    edges->snapshot = snapshot_ref(snapshot);
    edges->lookup = lookup;
    edges->direction = direction;
    struct err *err = direction == EDGES_REFERRERS ? fill_referrers(edges, object)
                                                   : fill_referents(edges, object);
    if (err) {
        edges_destroy(&edges->rows);
        return err;
    }
    *ret = &edges->rows;
    return NULL;
}

uint32_t rows_edges_object(const struct rows *rows, size_t raw)
{
    const struct rows_edges *edges = edges_of(rows);

    return other_end(edges, &edges->at[raw]);
}
