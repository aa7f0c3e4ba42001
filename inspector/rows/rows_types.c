#include "inspector/rows/rows_types.h"

#include <stdlib.h>
#include <string.h>

struct type_row {
    const char *name;
    uint64_t count, shallow_bytes, retained_bytes;
    int64_t count_delta, shallow_delta;
};

struct rows_types {
    struct rows rows;
    struct snapshot *snapshot, *baseline;
    bool has_retained;
    struct column columns[TYPES_COLUMNS];
    struct type_row *at;
    size_t n;
};

const struct column type_columns[TYPES_COLUMNS] = {
    [TYPES_TYPE] = {"type", "type", "module and qualified name of the type", COL_TYPE, 0, 16, 0},
    [TYPES_COUNT] = {"count", "count", "live instances of exactly this type", COL_COUNT, COL_F_DESC,
                     7, 1},
    [TYPES_SHALLOW] = {"shallow", "shallow",
                       "bytes of the instances themselves: sys.getsizeof(), and attribute values "
                       "that it forgets",
                       COL_BYTES, COL_F_DESC, 8, 0},
    [TYPES_RETAINED] = {"retained", "retained",
                        "bytes that would go with the instances, nothing counted twice", COL_BYTES,
                        COL_F_DESC | COL_F_JSON_ONLY, 8, 4},
    [TYPES_COUNT_DELTA] = {"count_delta", "+/- count",
                           "change of the count since the last snapshot", COL_COUNT_DELTA,
                           COL_F_DESC | COL_F_NO_JSON, 9, 2},
    [TYPES_SHALLOW_DELTA] = {"shallow_delta", "+/- shallow",
                             "change of the bytes since the last snapshot", COL_BYTES_DELTA,
                             COL_F_DESC | COL_F_NO_JSON, 11, 3},
};

static const struct rows_types *types_of(const struct rows *rows)
{
    return (const struct rows_types *)rows;
}

static void types_destroy(struct rows *rows)
{
    struct rows_types *types = (struct rows_types *)rows;

    snapshot_unref(types->snapshot);
    snapshot_unref(types->baseline);
    free(types->at);
    free(types);
}

static size_t types_total(const struct rows *rows)
{
    return types_of(rows)->n;
}

static void types_cell(const struct rows *rows, size_t raw, unsigned col, struct cell *ret)
{
    const struct type_row *row = &types_of(rows)->at[raw];

    ret->state = CELL_VALUE;
    ret->tone = TONE_NORMAL;
    switch ((enum rows_types_column)col) {
    case TYPES_TYPE:
        ret->text = row->name;
        break;
    case TYPES_COUNT:
        ret->num = (int64_t)row->count;
        break;
    case TYPES_SHALLOW:
        ret->num = (int64_t)row->shallow_bytes;
        break;
    case TYPES_COUNT_DELTA:
        ret->num = row->count_delta;
        ret->tone = row->count_delta > 0 ? TONE_WARN : row->count_delta < 0 ? TONE_GOOD : TONE_DIM;
        break;
    case TYPES_SHALLOW_DELTA:
        ret->num = row->shallow_delta;
        ret->tone = row->shallow_delta > 0   ? TONE_WARN
                    : row->shallow_delta < 0 ? TONE_GOOD
                                             : TONE_DIM;
        break;
    case TYPES_RETAINED:
        ret->num = (int64_t)row->retained_bytes;
        if (!types_of(rows)->has_retained)
            ret->state = CELL_NULL;
        break;
    case TYPES_COLUMNS:
        ret->state = CELL_NULL;
        break;
    }
}

/* FNV-1a of the name: the same type in another snapshot is the same row. */
static uint64_t types_id(const struct rows *rows, size_t raw)
{
    uint64_t hash = 0xcbf29ce484222325ull;

    for (const char *p = types_of(rows)->at[raw].name; *p; p++)
        hash = (hash ^ (unsigned char)*p) * 0x100000001b3ull;
    return hash;
}

static const struct rows_ops ops = {
    .name = "types",
    .destroy = types_destroy,
    .total = types_total,
    .cell = types_cell,
    .id = types_id,
};

/* Groups are sorted by name: a merge of two of them. `old` may be empty. */
static void merge(struct rows_types *types, const struct groups *now, const struct groups *old)
{
    uint32_t i = 0, j = 0;
    bool compare = types->baseline != NULL;

    while (i < now->n || j < old->n) {
        int order = i == now->n ? 1 : j == old->n ? -1 : strcmp(now->at[i].name, old->at[j].name);
        const struct group *here = order <= 0 ? &now->at[i++] : NULL;
        const struct group *before = order >= 0 ? &old->at[j++] : NULL;
        struct type_row row = {.name = here ? here->name : before->name};
        if (here) {
            row.count = here->count;
            row.shallow_bytes = here->shallow_bytes;
            row.retained_bytes = here->retained_bytes;
        }
        row.count_delta = (int64_t)row.count - (before ? (int64_t)before->count : 0);
        row.shallow_delta =
            (int64_t)row.shallow_bytes - (before ? (int64_t)before->shallow_bytes : 0);
        if (row.count || (compare && row.count_delta))
            types->at[types->n++] = row;
    }
}

/* Makes the source; `now` and `old` are used up, whatever happens. */
static struct err *create(struct snapshot *snapshot, struct snapshot *baseline, struct groups *now,
                          struct groups *old, bool has_retained, struct rows **ret)
{
    struct rows_types *types = calloc(1, sizeof *types);
    struct type_row *at = calloc((size_t)now->n + old->n + 1, sizeof *at);
    bool fine = types && at;

    if (fine) {
        types->rows = (struct rows){
            .ops = &ops,
            .columns = types->columns,
            .n_columns = baseline ? TYPES_COLUMNS : TYPES_COUNT_DELTA,
            .immutable = true,
        };
        memcpy(types->columns, type_columns, sizeof types->columns);
        if (has_retained)
            types->columns[TYPES_RETAINED].flags &= ~(unsigned)COL_F_JSON_ONLY;
        types->has_retained = has_retained;
        types->snapshot = snapshot_ref(snapshot);
        types->baseline = baseline ? snapshot_ref(baseline) : NULL;
        types->at = at;
        merge(types, now, old);
        *ret = &types->rows;
    } else {
        free(types);
        free(at);
    }
    groups_deinit(now);
    groups_deinit(old);
    return fine ? NULL : err_nomem();
}

struct err *rows_types_create(struct snapshot *snapshot, struct snapshot *baseline,
                              struct rows **ret)
{
    struct groups now, old = {0};

    ERR_RETURN(groups_make(snapshot, &now));
    struct err *err = baseline ? groups_make(baseline, &old) : NULL;
    if (err) {
        groups_deinit(&now);
        return err;
    }
    return create(snapshot, baseline, &now, &old, atomic_load(&snapshot->facts) != NULL, ret);
}

struct err *rows_types_of_objects(struct snapshot *snapshot, const uint32_t *objects, size_t n,
                                  struct rows **ret)
{
    struct groups groups, none = {0};

    ERR_RETURN(groups_make(snapshot, &groups));
    for (uint32_t i = 0; i < groups.n; i++)
        groups.at[i].count = groups.at[i].shallow_bytes = 0;
    for (size_t i = 0; i < n; i++) {
        struct group *group = &groups.at[groups.of_type[snapshot->type[objects[i]]]];
        group->count++;
        group->shallow_bytes += snapshot_shallow(snapshot, objects[i]);
    }
    return create(snapshot, NULL, &groups, &none, false, ret);
}

const char *rows_types_name(const struct rows *rows, size_t raw)
{
    return types_of(rows)->at[raw].name;
}

size_t rows_types_changed(const struct rows *rows)
{
    const struct rows_types *types = types_of(rows);
    size_t n = 0;

    for (size_t i = 0; types->baseline && i < types->n; i++)
        n += types->at[i].count_delta != 0 || types->at[i].shallow_delta != 0;
    return n;
}
