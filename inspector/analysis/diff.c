#include "inspector/analysis/diff.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"

enum { CHECK_EVERY = 1 << 16 };

static bool is_cancelled(const atomic_bool *cancel, uint32_t i)
{
    return i % CHECK_EVERY == 0 && cancel && atomic_load(cancel);
}

static struct err *cancelled(void)
{
    return err_new(ERR_CANCELLED, NULL, "cancelled");
}

/* ---- the same objects ---- */

/* Object numbers by address, open addressing, at most half full; SNAPSHOT_NONE is free. */
struct table {
    uint32_t *slots;
    size_t mask;
};

static size_t place(const struct table *table, uint64_t address)
{
    return (address / 8 * 0x9e3779b97f4a7c15ull >> 20) & table->mask;
}

static struct err *make_table(const struct snapshot *s, struct table *ret)
{
    size_t n = 64;

    while (n < (size_t)s->n_objects * 2)
        n *= 2;
    ret->slots = alloc_array(n, sizeof *ret->slots);
    ret->mask = n - 1;
    if (!ret->slots)
        return err_nomem();
    memset(ret->slots, 0xff, n * sizeof *ret->slots);
    for (uint32_t i = 0; i < s->n_objects; i++) {
        size_t at = place(ret, s->address[i]);
        while (ret->slots[at] != SNAPSHOT_NONE)
            at = (at + 1) & ret->mask;
        ret->slots[at] = i;
    }
    return NULL;
}

static uint32_t find(const struct table *table, const struct snapshot *s, uint64_t address)
{
    for (size_t at = place(table, address); table->slots[at] != SNAPSHOT_NONE;
         at = (at + 1) & table->mask)
        if (s->address[table->slots[at]] == address)
            return table->slots[at];
    return SNAPSHOT_NONE;
}

static bool has_fixed_size(const struct snapshot_type *type)
{
    static const char *const names[] = {"builtins.int", "builtins.str", "builtins.bytes",
                                        "builtins.tuple", "builtins.frozenset"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(type->name, names[i]))
            return true;
    return false;
}

/* `fixed`: by type of `after`, whether instances keep their size. */
static bool is_same(const struct snapshot *before, uint32_t b, const struct snapshot *after,
                    uint32_t a, const bool *fixed)
{
    const struct snapshot_type *was = snapshot_type_of(before, b), *is = snapshot_type_of(after, a);

    if (was->address != is->address || strcmp(was->name, is->name) != 0)
        return false;
    return !fixed[after->type[a]] || snapshot_shallow(before, b) == snapshot_shallow(after, a);
}

struct err *diff_match(const struct snapshot *before, const struct snapshot *after,
                       const atomic_bool *cancel, uint32_t **ret)
{
    _cleanup_free_ uint32_t *match = alloc_array(after->n_objects + 1u, sizeof *match);
    _cleanup_free_ bool *fixed = calloc(after->n_types + 1u, sizeof *fixed);
    _cleanup_free_ void *slots = NULL;
    struct table table;

    if (!match || !fixed)
        return err_nomem();
    ERR_RETURN(make_table(before, &table));
    slots = table.slots;
    for (uint32_t t = 0; t < after->n_types; t++)
        fixed[t] = has_fixed_size(&after->types[t]);
    for (uint32_t i = 0; i < after->n_objects; i++) {
        if (is_cancelled(cancel, i))
            return cancelled();
        uint32_t was = find(&table, before, after->address[i]);
        match[i] =
            was != SNAPSHOT_NONE && is_same(before, was, after, i, fixed) ? was : SNAPSHOT_NONE;
    }
    *ret = take_ptr(match);
    return NULL;
}

/* ---- who holds the new ones ---- */

#define NOT_KNOWN (UINT32_MAX - 2)

/* The holder of a new object, remembered for all on the way to it. */
static uint32_t holder_of(const struct diff_spec *spec, uint32_t *known, uint32_t object)
{
    uint32_t at = object, end;

    while (known[at] == NOT_KNOWN && spec->is_new(spec->ctx, at)) {
        uint32_t up = paths_holder(spec->paths, at);
        if (up == PATHS_NONE) {
            known[at] = spec->paths->distance[at] == PATHS_NONE ? DIFF_UNREACHABLE : DIFF_OUTSIDE;
            break;
        }
        at = up;
    }
    end = spec->is_new(spec->ctx, at) ? known[at] : at;
    for (at = object; known[at] == NOT_KNOWN && spec->is_new(spec->ctx, at);
         at = paths_holder(spec->paths, at))
        known[at] = end;
    return end;
}

static int by_holder(const void *a, const void *b)
{
    const struct diff_holder *x = a, *y = b;

    if (x->holder != y->holder)
        return x->holder < y->holder ? -1 : 1;
    return (x->group > y->group) - (x->group < y->group);
}

static int by_count(const void *a, const void *b)
{
    const struct diff_holder *x = a, *y = b;

    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    if (x->shallow_bytes != y->shallow_bytes)
        return x->shallow_bytes > y->shallow_bytes ? -1 : 1;
    return by_holder(a, b);
}

/* One entry for each holder and group. */
static size_t add_up(struct diff_holder *at, size_t n)
{
    size_t used = 0;

    qsort(at, n, sizeof *at, by_holder);
    for (size_t i = 0; i < n; i++) {
        if (used && !by_holder(&at[used - 1], &at[i])) {
            at[used - 1].count += at[i].count;
            at[used - 1].shallow_bytes += at[i].shallow_bytes;
        } else {
            at[used++] = at[i];
        }
    }
    return used;
}

struct err *diff_holders(const struct diff_spec *spec, struct diff_holder **ret, size_t *n)
{
    const struct snapshot *s = spec->snapshot;
    _cleanup_free_ uint32_t *known = alloc_array(s->n_objects + 1u, sizeof *known);
    _cleanup_free_ struct diff_holder *at = NULL;
    size_t cap = 0, used = 0, compact_at = 1 << 20;

    if (!known)
        return err_nomem();
    for (uint32_t i = 0; i < s->n_objects; i++)
        known[i] = NOT_KNOWN;
    for (uint32_t i = 0; i < s->n_objects; i++) {
        if (is_cancelled(spec->cancel, i))
            return cancelled();
        if (!spec->is_new(spec->ctx, i))
            continue;
        ERR_RETURN(grow(&at, &cap, used + 1, sizeof *at));
        at[used++] =
            (struct diff_holder){holder_of(spec, known, i), spec->group_of_type[s->type[i]], i, 1,
                                 snapshot_shallow(s, i)};
        if (used == compact_at) { /* few holders hold many */
            used = add_up(at, used);
            compact_at = used * 2 > compact_at ? used * 2 : compact_at;
        }
    }
    used = add_up(at, used);
    qsort(at, used, sizeof *at, by_count);
    *ret = take_ptr(at);
    *n = used;
    return NULL;
}
