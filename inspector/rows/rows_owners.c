#include "inspector/rows/rows_owners.h"

#include <stdlib.h>

#include "inspector/base/bits.h"
#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/rows/root_text.h"

struct owner {
    const char *name; /* static, or the snapshot's; NULL: the value of `module` */
    uint32_t module;
    uint32_t n_objects;
    uint64_t shallow_bytes, retained_bytes;
};

struct rows_owners {
    struct rows rows;
    struct snapshot *snapshot;
    struct lookup *lookup;
    struct owner *at;
    size_t n, cap;
};

const struct column owners_columns[OWNERS_COLUMNS] = {
    [OWNERS_NAME] = {"owner", "owner", "module, thread, or what holds objects from outside",
                     COL_TEXT, COL_F_NO_SORT, 20, 0},
    [OWNERS_OBJECTS] = {"objects", "objects", "objects that it holds directly", COL_COUNT,
                        COL_F_DESC, 8, 2},
    [OWNERS_SHALLOW] = {"shallow", "shallow", "bytes of these objects themselves", COL_BYTES,
                        COL_F_DESC, 8, 3},
    [OWNERS_RETAINED] = {"retained", "retained",
                         "bytes that would go if it let go of all of them at once", COL_BYTES,
                         COL_F_DESC, 8, 0},
};

static struct rows_owners *owners_of(const struct rows *rows)
{
    return (struct rows_owners *)rows;
}

static void owners_destroy(struct rows *rows)
{
    struct rows_owners *self = owners_of(rows);

    snapshot_unref(self->snapshot);
    free(self->at);
    free(self);
}

static size_t owners_total(const struct rows *rows)
{
    return owners_of(rows)->n;
}

static void owners_cell(const struct rows *rows, size_t raw, unsigned col, struct cell *ret)
{
    const struct rows_owners *self = owners_of(rows);
    const struct owner *owner = &self->at[raw];

    *ret = (struct cell){.state = CELL_VALUE, .tone = TONE_NORMAL};
    switch ((enum rows_owners_column)col) {
    case OWNERS_NAME:
        ret->text = owner->name ? owner->name : lookup_value(self->lookup, owner->module);
        if (!ret->text)
            ret->state = CELL_PENDING;
        return;
    case OWNERS_OBJECTS:
        ret->num = owner->n_objects;
        return;
    case OWNERS_SHALLOW:
        ret->num = (int64_t)owner->shallow_bytes;
        return;
    case OWNERS_RETAINED:
        ret->num = (int64_t)owner->retained_bytes;
        return;
    case OWNERS_COLUMNS:
        return;
    }
}

static uint64_t owners_id(const struct rows *rows, size_t raw)
{
    (void)rows;
    return raw;
}

static void owners_prefetch(struct rows *rows, const uint32_t *raw, size_t n)
{
    const struct rows_owners *self = owners_of(rows);

    for (size_t i = 0; self->lookup && i < n; i++)
        if (!self->at[raw[i]].name)
            lookup_want_value(self->lookup, self->at[raw[i]].module);
}

static const struct rows_ops ops = {
    .name = "owners",
    .destroy = owners_destroy,
    .total = owners_total,
    .cell = owners_cell,
    .id = owners_id,
    .prefetch = owners_prefetch,
};

/* ---- groups ---- */

static struct err *add(struct rows_owners *self, struct owner owner, const uint32_t *members,
                       uint32_t n)
{
    const struct facts *facts = facts_of(self->snapshot);

    for (uint32_t i = 0; i < n; i++)
        owner.shallow_bytes += snapshot_shallow(self->snapshot, members[i]);
    owner.n_objects = n;
    ERR_RETURN(retained_of_set(&facts->retained, members, n, &owner.retained_bytes));
    ERR_RETURN(grow(&self->at, &self->cap, self->n + 1, sizeof *self->at));
    self->at[self->n++] = owner;
    return NULL;
}

static struct err *add_modules(struct rows_owners *self)
{
    const struct snapshot *s = self->snapshot;
    const struct facts *facts = facts_of(s);

    for (uint32_t i = 0; i < facts->accounts.n_roots; i++) {
        uint32_t member[2] = {facts->accounts.root[i]}, n = 1;
        if (facts->accounts.kind[member[0]] != ROOT_MODULE)
            continue;
        for (uint32_t e = s->strong.offset[member[0]]; e < s->strong.offset[member[0] + 1]; e++)
            if (bits_has(facts->namespaces, s->strong.object[e]) && n < 2)
                member[n++] = s->strong.object[e];
        ERR_RETURN(add(self, (struct owner){.module = member[0]}, member, n));
    }
    return NULL;
}

/* Each object once: a variable may be held by several frames. */
static struct err *add_thread(struct rows_owners *self, const struct snapshot_thread *thread,
                              uint64_t *seen, uint32_t *members)
{
    const struct snapshot_roots *roots = &self->snapshot->held_from_outside;
    uint32_t n = 0;

    for (uint32_t f = thread->first_frame; f < thread->first_frame + thread->n_frames; f++) {
        const struct snapshot_frame *frame = &roots->frames[f];
        for (uint32_t h = frame->first_held; h < frame->first_held + frame->n_held; h++)
            if (bits_add_new(seen, roots->held[h].object))
                members[n++] = roots->held[h].object;
    }
    for (uint32_t i = 0; i < n; i++)
        bits_remove(seen, members[i]);
    return add(self, (struct owner){.name = thread->name}, members, n);
}

static struct err *add_threads(struct rows_owners *self)
{
    const struct snapshot_roots *roots = &self->snapshot->held_from_outside;
    _cleanup_free_ uint32_t *members = malloc((roots->n_held + 1u) * sizeof *members);
    _cleanup_free_ uint64_t *seen = bits_new(self->snapshot->n_objects);

    if (!members || !seen)
        return err_nomem();
    for (uint32_t i = 0; i < roots->n_threads; i++)
        ERR_RETURN(add_thread(self, &roots->threads[i], seen, members));
    return NULL;
}

static struct err *add_roots(struct rows_owners *self)
{
    const struct accounts *accounts = &facts_of(self->snapshot)->accounts;
    _cleanup_free_ uint32_t *members = malloc((accounts->n_roots + 1u) * sizeof *members);

    if (!members)
        return err_nomem();
    for (int kind = ROOT_NONE + 1; kind < ROOT_KINDS; kind++) {
        uint32_t n = 0;
        for (uint32_t i = 0; i < accounts->n_roots; i++)
            if (accounts->kind[accounts->root[i]] == kind)
                members[n++] = accounts->root[i];
        if (n)
            ERR_RETURN(add(self, (struct owner){.name = root_kind_name((enum root_kind)kind)},
                           members, n));
    }
    return NULL;
}

struct err *rows_owners_create(struct snapshot *snapshot, struct lookup *lookup,
                               enum owners_kind kind, struct rows **ret)
{
    struct rows_owners *self = calloc(1, sizeof *self);

    if (!self)
        return err_nomem();
    self->rows = (struct rows){
        .ops = &ops, .columns = owners_columns, .n_columns = OWNERS_COLUMNS, .immutable = true};
    self->snapshot = snapshot_ref(snapshot);
    self->lookup = lookup;
    struct err *err = kind == OWNERS_MODULES   ? add_modules(self)
                      : kind == OWNERS_THREADS ? add_threads(self)
                                               : add_roots(self);
    if (err) {
        owners_destroy(&self->rows);
        return err;
    }
    *ret = &self->rows;
    return NULL;
}
