#include "inspector/analysis/owners.h"

#include <stdlib.h>

#include "inspector/analysis/dominators.h"
#include "inspector/base/bits.h"
#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"

enum { CHECK_EVERY = 1 << 16 };

static uint32_t owner_of(const struct owners_spec *spec, uint32_t member)
{
    uint32_t owner = spec->idom[member];

    while (owner < DOMINATOR_UNREACHABLE && spec->pass && spec->pass(spec->ctx, owner))
        owner = spec->idom[owner];
    return owner;
}

/* One row for each group, then one for members that are shared and one for unreachable ones. */
static struct err *fill(const struct owners_spec *spec, const uint32_t *members, uint32_t n_members,
                        struct owners_row *rows)
{
    _cleanup_free_ uint64_t *seen = bits_new(spec->n);

    if (!seen)
        return err_nomem();
    for (uint32_t i = 0; i < n_members; i++) {
        uint32_t owner = owner_of(spec, members[i]), group = spec->n_groups;
        if (owner < DOMINATOR_UNREACHABLE)
            group = spec->group[owner];
        else
            group += owner == DOMINATOR_UNREACHABLE;
        struct owners_row *row = &rows[group];
        if (!row->n_members)
            row->sample = owner < DOMINATOR_UNREACHABLE ? owner : members[i];
        row->n_members++;
        row->bytes += spec->bytes(spec->ctx, members[i]);
        row->n_owners += owner < DOMINATOR_UNREACHABLE && bits_add_new(seen, owner);
        if (i % CHECK_EVERY == 0 && spec->cancel && atomic_load(spec->cancel))
            return err_new(ERR_CANCELLED, NULL, "cancelled");
    }
    return NULL;
}

static int compare_rows(const void *a, const void *b)
{
    const struct owners_row *x = a, *y = b;

    if (x->n_members != y->n_members)
        return x->n_members < y->n_members ? 1 : -1;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return (x->group > y->group) - (x->group < y->group);
}

struct err *owners_find(const struct owners_spec *spec, const uint32_t *members, uint32_t n_members,
                        struct owners *ret)
{
    size_t n_rows = (size_t)spec->n_groups + 2;
    struct owners_row *rows = calloc(n_rows, sizeof *rows);
    struct err *err = rows ? fill(spec, members, n_members, rows) : err_nomem();
    uint32_t n = 0;

    if (err) {
        free(rows);
        return err;
    }
    for (size_t i = 0; i < n_rows; i++) {
        rows[i].group = (uint32_t)i;
        if (i >= spec->n_groups)
            rows[i].group = i == spec->n_groups ? OWNERS_SHARED : OWNERS_UNREACHABLE;
        if (rows[i].n_members)
            rows[n++] = rows[i];
    }
    qsort(rows, n, sizeof *rows, compare_rows);
    *ret = (struct owners){rows, n};
    return NULL;
}

void owners_deinit(struct owners *owners)
{
    free(owners->row);
    *owners = (struct owners){0};
}
