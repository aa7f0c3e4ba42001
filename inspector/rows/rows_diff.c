#include "inspector/rows/rows_diff.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/base/cleanup.h"
#include "inspector/model/groups.h"

struct type_change {
    const char *name;
    uint64_t count_before, count_after, born;
    int64_t shallow_delta, retained_delta;
};

struct rows_diff {
    struct rows rows;
    struct snapshot *before, *after;
    struct type_change *at;
    size_t n;
    bool has_retained;
};

const struct column diff_columns[DIFF_COLUMNS] = {
    [DIFF_TYPE] = {"type", "type", "module and qualified name of the type", COL_TYPE, 0, 16, 0},
    [DIFF_COUNT_BEFORE] = {"count_before", "before", "instances in the first snapshot", COL_COUNT,
                           COL_F_DESC, 7, 4},
    [DIFF_COUNT_AFTER] = {"count_after", "after", "instances in the last snapshot", COL_COUNT,
                          COL_F_DESC, 7, 3},
    [DIFF_COUNT_DELTA] = {"count_delta", "+/- count", "change of the number of instances",
                          COL_COUNT_DELTA, COL_F_DESC, 9, 1},
    [DIFF_SHALLOW_DELTA] = {"shallow_delta", "+/- shallow",
                            "change of the bytes of the instances themselves", COL_BYTES_DELTA,
                            COL_F_DESC, 11, 0},
    [DIFF_RETAINED_DELTA] = {"retained_delta", "+/- retained",
                             "change of the bytes that would go with the instances",
                             COL_BYTES_DELTA, COL_F_DESC, 12, 2},
    [DIFF_BORN] = {"born", "born",
                   "instances that are new and still there: of three snapshots, made between the "
                   "first and the second",
                   COL_COUNT, COL_F_DESC, 7, 2},
};

static struct rows_diff *diff_of(const struct rows *rows)
{
    return (struct rows_diff *)rows;
}

static void diff_destroy(struct rows *rows)
{
    struct rows_diff *self = diff_of(rows);

    snapshot_unref(self->before);
    snapshot_unref(self->after);
    free(self->at);
    free(self);
}

static size_t diff_total(const struct rows *rows)
{
    return diff_of(rows)->n;
}

static enum tone tone_of(int64_t delta)
{
    return delta > 0 ? TONE_WARN : delta < 0 ? TONE_GOOD : TONE_DIM;
}

static void set_delta(struct cell *ret, int64_t delta)
{
    ret->num = delta;
    ret->tone = tone_of(delta);
}

static void diff_cell(const struct rows *rows, size_t raw, unsigned col, struct cell *ret)
{
    const struct type_change *row = &diff_of(rows)->at[raw];

    ret->state = CELL_VALUE;
    switch ((enum rows_diff_column)col) {
    case DIFF_TYPE:
        ret->text = row->name;
        break;
    case DIFF_COUNT_BEFORE:
        ret->num = (int64_t)row->count_before;
        break;
    case DIFF_COUNT_AFTER:
        ret->num = (int64_t)row->count_after;
        break;
    case DIFF_COUNT_DELTA:
        set_delta(ret, (int64_t)(row->count_after - row->count_before));
        break;
    case DIFF_SHALLOW_DELTA:
        set_delta(ret, row->shallow_delta);
        break;
    case DIFF_RETAINED_DELTA:
        set_delta(ret, row->retained_delta);
        if (!diff_of(rows)->has_retained)
            ret->state = CELL_NULL;
        break;
    case DIFF_BORN:
        ret->num = (int64_t)row->born;
        break;
    case DIFF_COLUMNS:
        ret->state = CELL_NULL;
        break;
    }
}

/* FNV-1a of the name. */
static uint64_t diff_id(const struct rows *rows, size_t raw)
{
    uint64_t hash = 0xcbf29ce484222325ull;

    for (const char *p = diff_of(rows)->at[raw].name; *p; p++)
        hash = (hash ^ (unsigned char)*p) * 0x100000001b3ull;
    return hash;
}

static const struct rows_ops diff_ops = {
    .name = "diff",
    .destroy = diff_destroy,
    .total = diff_total,
    .cell = diff_cell,
    .id = diff_id,
};

/* Groups are sorted by name: a merge. `born` is by group of `is`. */
static void merge(struct rows_diff *self, const struct groups *was, const struct groups *is,
                  const uint64_t *born)
{
    uint32_t i = 0, j = 0;

    while (i < was->n || j < is->n) {
        int order = i == was->n ? 1 : j == is->n ? -1 : strcmp(was->at[i].name, is->at[j].name);
        static const struct group none;
        const struct group *before = order <= 0 ? &was->at[i++] : &none;
        const struct group *after = order >= 0 ? &is->at[j++] : &none;
        struct type_change row = {
            .name = order <= 0 ? before->name : after->name,
            .count_before = before->count,
            .count_after = after->count,
            .born = order >= 0 ? born[j - 1] : 0,
            .shallow_delta = (int64_t)(after->shallow_bytes - before->shallow_bytes),
            .retained_delta = (int64_t)(after->retained_bytes - before->retained_bytes),
        };
        if (row.count_before != row.count_after || row.shallow_delta || row.born)
            self->at[self->n++] = row;
    }
}

static struct err *fill(struct rows_diff *self, const uint32_t *born, size_t n_born)
{
    struct groups was = {0}, is = {0};
    _cleanup_free_ uint64_t *by_group = NULL;
    struct err *err = groups_make(self->before, &was);

    if (!err)
        err = groups_make(self->after, &is);
    if (!err) {
        by_group = calloc(is.n + 1u, sizeof *by_group);
        self->at = calloc((size_t)was.n + is.n + 1, sizeof *self->at);
        err = by_group && self->at ? NULL : err_nomem();
    }
    for (size_t i = 0; !err && i < n_born; i++)
        by_group[is.of_type[self->after->type[born[i]]]]++;
    if (!err)
        merge(self, &was, &is, by_group);
    groups_deinit(&was);
    groups_deinit(&is);
    return err;
}

struct err *rows_diff_create(struct snapshot *before, struct snapshot *after, const uint32_t *born,
                             size_t n, struct rows **ret)
{
    struct rows_diff *self = calloc(1, sizeof *self);

    if (!self)
        return err_nomem();
    self->rows = (struct rows){
        .ops = &diff_ops, .columns = diff_columns, .n_columns = DIFF_COLUMNS, .immutable = true};
    self->before = snapshot_ref(before);
    self->after = snapshot_ref(after);
    self->has_retained = atomic_load(&before->facts) && atomic_load(&after->facts);
    struct err *err = fill(self, born, n);
    if (err)
        diff_destroy(&self->rows);
    else
        *ret = &self->rows;
    return err;
}

/* ---- who holds what is new ---- */

struct rows_growth {
    struct rows rows;
    struct snapshot *snapshot;
    struct growth *at;
    size_t n;
};

const struct column growth_columns[GROWTH_COLUMNS] = {
    [GROWTH_COUNT] = {"count", "new", "new objects", COL_COUNT_DELTA, COL_F_DESC, 7, 0},
    [GROWTH_SHALLOW] = {"shallow", "bytes", "bytes of these themselves", COL_BYTES_DELTA,
                        COL_F_DESC, 8, 1},
    [GROWTH_TYPE] = {"type", "type", "what they are", COL_TYPE, 0, 12, 0},
    [GROWTH_HOLDER] = {"holder", "under", "the nearest object on the way to a root that is not new",
                       COL_TEXT, 0, 16, 0},
    [GROWTH_HOLDER_TYPE] = {"holder_type", "its type", "what the holder is", COL_TYPE, 0, 12, 2},
    [GROWTH_ADDRESS] = {"holder_address", "its address", "where the holder lies", COL_ADDRESS, 0,
                        14, 3},
};

static struct rows_growth *growth_of(const struct rows *rows)
{
    return (struct rows_growth *)rows;
}

static void free_growth(struct growth *at, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(at[i].name);
    free(at);
}

static void growth_destroy(struct rows *rows)
{
    struct rows_growth *self = growth_of(rows);

    free_growth(self->at, self->n);
    snapshot_unref(self->snapshot);
    free(self);
}

static size_t growth_total(const struct rows *rows)
{
    return growth_of(rows)->n;
}

static void growth_cell(const struct rows *rows, size_t raw, unsigned col, struct cell *ret)
{
    const struct snapshot *s = growth_of(rows)->snapshot;
    const struct growth *row = &growth_of(rows)->at[raw];
    bool is_object = row->holder.holder < s->n_objects;

    ret->state = CELL_VALUE;
    switch ((enum rows_growth_column)col) {
    case GROWTH_COUNT:
        ret->num = (int64_t)row->holder.count;
        break;
    case GROWTH_SHALLOW:
        ret->num = (int64_t)row->holder.shallow_bytes;
        break;
    case GROWTH_TYPE:
        ret->text = snapshot_type_of(s, row->holder.sample)->name;
        break;
    case GROWTH_HOLDER:
        ret->text = row->name;
        break;
    case GROWTH_HOLDER_TYPE:
        ret->text = is_object ? snapshot_type_of(s, row->holder.holder)->name : NULL;
        ret->state = is_object ? CELL_VALUE : CELL_NULL;
        break;
    case GROWTH_ADDRESS:
        ret->num = is_object ? (int64_t)s->address[row->holder.holder] : 0;
        ret->state = is_object ? CELL_VALUE : CELL_NULL;
        break;
    case GROWTH_COLUMNS:
        ret->state = CELL_NULL;
        break;
    }
}

static uint64_t growth_id(const struct rows *rows, size_t raw)
{
    const struct diff_holder *h = &growth_of(rows)->at[raw].holder;

    return (uint64_t)h->holder << 32 | h->group;
}

static const struct rows_ops growth_ops = {
    .name = "growth",
    .destroy = growth_destroy,
    .total = growth_total,
    .cell = growth_cell,
    .id = growth_id,
};

struct err *rows_growth_create(struct snapshot *snapshot, struct growth *at, size_t n,
                               struct rows **ret)
{
    struct rows_growth *self = calloc(1, sizeof *self);

    if (!self) {
        free_growth(at, n);
        return err_nomem();
    }
    self->rows = (struct rows){.ops = &growth_ops,
                               .columns = growth_columns,
                               .n_columns = GROWTH_COLUMNS,
                               .immutable = true};
    self->snapshot = snapshot_ref(snapshot);
    self->at = at;
    self->n = n;
    *ret = &self->rows;
    return NULL;
}
