#include "inspector/rows/rows_objects.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/model/groups.h"

struct rows_objects {
    struct rows rows;
    struct snapshot *snapshot;
    struct lookup *lookup;
    struct column columns[OBJECTS_COLUMNS];
    uint32_t *objects;
    size_t n;
};

const struct column object_columns[OBJECTS_COLUMNS] = {
    [OBJECTS_ADDRESS] = {"address", "address", "where the object lies: id(object)", COL_ADDRESS, 0,
                         14, 0},
    [OBJECTS_TYPE] = {"type", "type", "module and qualified name of its type", COL_TYPE, 0, 12, 3},
    [OBJECTS_SHALLOW] = {"shallow", "shallow",
                         "bytes of the object itself: sys.getsizeof(), and attribute values that "
                         "it forgets",
                         COL_BYTES, COL_F_DESC, 8, 1},
    [OBJECTS_RETAINED] = {"retained", "retained",
                          "bytes that would go with it: its own, and what only it keeps alive",
                          COL_BYTES, COL_F_DESC | COL_F_JSON_ONLY, 8, 4},
    [OBJECTS_REFCOUNT] = {"refcount", "refcount",
                          "references that CPython counts: sys.getrefcount() less its argument",
                          COL_COUNT, COL_F_DESC, 8, 2},
    [OBJECTS_GENERATION] = {"generation", "gen",
                            "the collector's generation: 0 youngest, 2 oldest; - not tracked",
                            COL_GENERATION, 0, 4, 5},
    [OBJECTS_TRACKED] = {"tracked", "tracked", "whether the collector tracks it", COL_BOOL,
                         COL_F_JSON_ONLY, 7, 9},
    [OBJECTS_FINALIZER] = {"finalizer", "finalizer", "its type has __del__ or another tp_finalize",
                           COL_BOOL, COL_F_JSON_ONLY, 9, 9},
    [OBJECTS_FINALIZED] = {"finalized", "finalized", "its finalizer has run", COL_BOOL,
                           COL_F_JSON_ONLY, 9, 9},
    [OBJECTS_VALUE] = {"value", "value", "a preview of the value, read without running code",
                       COL_TEXT, COL_F_NO_SORT, 12, 1},
};

static void set_generation(const struct snapshot *s, uint32_t object, struct cell *ret)
{
    int generation = snapshot_generation(s, object);

    ret->text = generation == MSG_GEN_PERMANENT ? "permanent" : NULL;
    ret->num = generation;
    if (generation < 0)
        ret->state = CELL_NULL;
}

static void set_value(const struct lookup *lookup, uint32_t object, struct cell *ret)
{
    ret->text = lookup ? lookup_value(lookup, object) : "";
    if (!ret->text)
        ret->state = CELL_PENDING;
    else if (!*ret->text)
        ret->state = CELL_NULL;
}

void object_cell(const struct snapshot *s, const struct lookup *lookup, uint32_t object,
                 enum rows_objects_column col, struct cell *ret)
{
    uint64_t retained;

    ret->state = CELL_VALUE;
    ret->tone = TONE_NORMAL;
    ret->text = NULL;
    switch (col) {
    case OBJECTS_ADDRESS:
        ret->num = (int64_t)s->address[object];
        break;
    case OBJECTS_TYPE:
        ret->text = snapshot_type_of(s, object)->name;
        break;
    case OBJECTS_SHALLOW:
        ret->num = (int64_t)snapshot_shallow(s, object);
        break;
    case OBJECTS_REFCOUNT:
        ret->num = s->refcount[object];
        if (s->flags[object] & OBJECT_IMMORTAL)
            ret->tone = TONE_DIM;
        break;
    case OBJECTS_GENERATION:
        set_generation(s, object, ret);
        break;
    case OBJECTS_TRACKED:
        ret->num = (s->flags[object] & OBJECT_TRACKED) != 0;
        break;
    case OBJECTS_FINALIZER:
        ret->num = (snapshot_type_of(s, object)->flags & TYPE_FINALIZER) != 0;
        break;
    case OBJECTS_FINALIZED:
        ret->num = (s->flags[object] & OBJECT_FINALIZED) != 0;
        break;
    case OBJECTS_VALUE:
        set_value(lookup, object, ret);
        break;
    case OBJECTS_RETAINED:
        if (snapshot_retained(s, object, &retained))
            ret->num = (int64_t)retained;
        else
            ret->state = CELL_NULL;
        break;
    case OBJECTS_COLUMNS:
        ret->state = CELL_NULL;
        break;
    }
}

static const struct rows_objects *objects_of(const struct rows *rows)
{
    return (const struct rows_objects *)rows;
}

static void objects_destroy(struct rows *rows)
{
    struct rows_objects *objects = (struct rows_objects *)rows;

    snapshot_unref(objects->snapshot);
    free(objects->objects);
    free(objects);
}

static size_t objects_total(const struct rows *rows)
{
    return objects_of(rows)->n;
}

static void objects_cell(const struct rows *rows, size_t raw, unsigned col, struct cell *ret)
{
    const struct rows_objects *objects = objects_of(rows);

    object_cell(objects->snapshot, objects->lookup, objects->objects[raw],
                (enum rows_objects_column)col, ret);
}

static uint64_t objects_id(const struct rows *rows, size_t raw)
{
    return objects_of(rows)->snapshot->address[objects_of(rows)->objects[raw]];
}

static void objects_prefetch(struct rows *rows, const uint32_t *raw, size_t n)
{
    const struct rows_objects *objects = objects_of(rows);

    for (size_t i = 0; objects->lookup && i < n; i++)
        lookup_want_value(objects->lookup, objects->objects[raw[i]]);
}

static const struct rows_ops ops = {
    .name = "objects",
    .destroy = objects_destroy,
    .total = objects_total,
    .cell = objects_cell,
    .id = objects_id,
    .prefetch = objects_prefetch,
};

struct err *rows_objects_create(struct snapshot *snapshot, struct lookup *lookup, uint32_t *list,
                                size_t n, struct rows **ret)
{
    struct rows_objects *objects = calloc(1, sizeof *objects);

    if (!objects) {
        free(list);
        return err_nomem();
    }
    memcpy(objects->columns, object_columns, sizeof objects->columns);
    if (atomic_load(&snapshot->facts))
        objects->columns[OBJECTS_RETAINED].flags &= ~(unsigned)COL_F_JSON_ONLY;
    objects->rows = (struct rows){
        .ops = &ops, .columns = objects->columns, .n_columns = OBJECTS_COLUMNS, .immutable = true};
    objects->snapshot = snapshot_ref(snapshot);
    objects->lookup = lookup;
    objects->objects = list;
    objects->n = n;
    *ret = &objects->rows;
    return NULL;
}

static struct err *all_objects(struct snapshot *s, struct lookup *lookup, struct rows **ret)
{
    uint32_t *list = malloc((s->n_objects + 1u) * sizeof *list);

    if (!list)
        return err_nomem();
    for (uint32_t i = 0; i < s->n_objects; i++)
        list[i] = i;
    return rows_objects_create(s, lookup, list, s->n_objects, ret);
}

struct err *rows_objects_of_type(struct snapshot *s, struct lookup *lookup, const char *type,
                                 struct rows **ret)
{
    struct groups groups;
    uint32_t *list;
    size_t n = 0;

    if (!type)
        return all_objects(s, lookup, ret);
    ERR_RETURN(groups_make(s, &groups));
    uint32_t wanted = groups_find(&groups, type);
    list = wanted == UINT32_MAX ? NULL : malloc((groups.at[wanted].count + 1) * sizeof *list);
    for (uint32_t i = 0; list && i < s->n_objects; i++)
        if (groups.of_type[s->type[i]] == wanted)
            list[n++] = i;
    groups_deinit(&groups);
    if (wanted == UINT32_MAX)
        return err_new(ERR_INPUT, "see 'ouro types' for the names: module.qualname",
                       "there is no type '%s'", type);
    if (!list)
        return err_nomem();
    return rows_objects_create(s, lookup, list, n, ret);
}

uint32_t rows_objects_object(const struct rows *rows, size_t raw)
{
    return objects_of(rows)->objects[raw];
}
