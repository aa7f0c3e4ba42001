#include "inspector/analysis/leak_growth.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/analysis/facts.h"
#include "inspector/base/bits.h"
#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/model/groups.h"

enum { CHECK_EVERY = 1 << 16 };

/* A container of `after` that may have grown. */
struct candidate {
    uint64_t address;
    uint32_t object;
    uint32_t is;
};

static int by_address(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    return (x->address > y->address) - (x->address < y->address);
}

static int by_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static int by_growth(const void *a, const void *b)
{
    const struct growth *x = a, *y = b;
    uint32_t xs = x->is - x->was, ys = y->is - y->was;

    if (xs != ys)
        return xs < ys ? 1 : -1;
    return (x->object > y->object) - (x->object < y->object);
}

/* ---- the same one? ---- */

static uint64_t type_address(const struct snapshot *s, uint32_t object)
{
    return snapshot_type_of(s, object)->address;
}

/* The addresses of some objects, ascending; NULL without memory. */
static uint64_t *addresses(const struct snapshot *s, const uint32_t *objects, uint32_t n)
{
    uint64_t *at = alloc_array((size_t)n + 1, sizeof *at);

    if (!at)
        return NULL;
    for (uint32_t i = 0; i < n; i++)
        at[i] = s->address[objects[i]];
    qsort(at, n, sizeof *at, by_u64);
    return at;
}

/* How many of the `n` objects of `s` are among the addresses. */
static uint32_t count_known(const struct snapshot *s, const uint32_t *objects, uint32_t n,
                            const uint64_t *known, uint32_t n_known)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < n; i++)
        count += bsearch(&s->address[objects[i]], known, n_known, sizeof *known, by_u64) != NULL;
    return count;
}

/* `b` of `before` and `a` of `after` lie at the same address and are of the same type. */
static struct err *is_same(const struct snapshot *before, uint32_t b, const struct snapshot *after,
                           uint32_t a, bool *ret)
{
    const uint32_t *had = before->strong.object + before->strong.offset[b];
    const uint32_t *holder = before->reverse.object + before->reverse.offset[b];
    uint32_t n_had = before->strong.offset[b + 1] - before->strong.offset[b];
    uint32_t n_holders = before->reverse.offset[b + 1] - before->reverse.offset[b];
    uint32_t n_has = after->strong.offset[a + 1] - after->strong.offset[a];
    uint32_t n_now = after->reverse.offset[a + 1] - after->reverse.offset[a];
    _cleanup_free_ uint64_t *has =
        addresses(after, after->strong.object + after->strong.offset[a], n_has);
    _cleanup_free_ uint64_t *holds =
        addresses(after, after->reverse.object + after->reverse.offset[a], n_now);

    if (!has || !holds)
        return err_nomem();
    *ret = 2 * count_known(before, had, n_had, has, n_has) >= n_had &&
           (!n_holders || count_known(before, holder, n_holders, holds, n_now));
    return NULL;
}

/* ---- containers ---- */

static struct err *find_candidates(const struct snapshot *after, const struct entries *entries,
                                   struct candidate **at, size_t *n)
{
    size_t cap = 0;

    for (uint32_t i = 0; i < after->n_objects; i++) {
        uint32_t is = entries_of(entries, after, i);
        if (is < GROWTH_ENTRIES_MIN)
            continue;
        ERR_RETURN(grow(at, &cap, *n + 1, sizeof **at));
        (*at)[(*n)++] = (struct candidate){after->address[i], i, is};
    }
    if (*n)
        qsort(*at, *n, sizeof **at, by_address);
    return NULL;
}

static struct err *compare(const struct snapshot *before, const struct snapshot *after,
                           const struct candidate *candidates, size_t n_candidates,
                           const atomic_bool *cancel, struct growth **ret, size_t *n)
{
    _cleanup_(entries_deinit) struct entries entries = {NULL};
    size_t cap = 0;

    ERR_RETURN(entries_make(before, &entries));
    for (uint32_t i = 0; i < before->n_objects; i++) {
        const struct candidate key = {before->address[i], 0, 0};
        const struct candidate *c =
            n_candidates ? bsearch(&key, candidates, n_candidates, sizeof key, by_address) : NULL;
        bool same = false;
        if (i % CHECK_EVERY == 0 && cancel && atomic_load(cancel))
            return err_new(ERR_CANCELLED, NULL, "cancelled");
        uint32_t was = c ? entries_of(&entries, before, i) : 0;
        if (!c || c->is < was + (uint64_t)GROWTH_ENTRIES_MIN ||
            type_address(before, i) != type_address(after, c->object))
            continue;
        ERR_RETURN(is_same(before, i, after, c->object, &same));
        if (!same)
            continue;
        ERR_RETURN(grow(ret, &cap, *n + 1, sizeof **ret));
        (*ret)[(*n)++] = (struct growth){c->object, was, c->is};
    }
    return NULL;
}

struct err *growth_of_containers(const struct snapshot *before, const struct snapshot *after,
                                 const struct entries *entries, const atomic_bool *cancel,
                                 struct growth **ret, size_t *n)
{
    _cleanup_free_ struct candidate *candidates = NULL;
    _cleanup_free_ struct growth *found = NULL;
    size_t n_candidates = 0, n_found = 0;

    ERR_RETURN(find_candidates(after, entries, &candidates, &n_candidates));
    ERR_RETURN(compare(before, after, candidates, n_candidates, cancel, &found, &n_found));
    if (n_found)
        qsort(found, n_found, sizeof *found, by_growth);
    *ret = take_ptr(found);
    *n = n_found;
    return NULL;
}

/* ---- classes ---- */

/* Living instances by group; the caller's. */
static uint64_t *count_living(const struct snapshot *s, const struct groups *groups)
{
    const struct facts *facts = facts_of(s);
    uint64_t *count = calloc(groups->n + 1u, sizeof *count);

    if (!count)
        return NULL;
    for (uint32_t i = 0; i < s->n_objects; i++)
        if (!bits_has(facts->garbage.set, i))
            count[groups->of_type[s->type[i]]]++;
    return count;
}

static int by_more(const void *a, const void *b)
{
    const struct growth_class *x = a, *y = b;
    uint64_t xs = x->is - x->was, ys = y->is - y->was;

    if (xs != ys)
        return xs < ys ? 1 : -1;
    return (x->type > y->type) - (x->type < y->type);
}

/* A type of each group. */
static void fill_types(const struct snapshot *s, const struct groups *groups, uint32_t *type)
{
    for (uint32_t t = s->n_types; t-- > 0;)
        type[groups->of_type[t]] = t;
}

struct err *growth_of_classes(const struct snapshot *before, const struct snapshot *after,
                              struct growth_class **ret, size_t *n)
{
    _cleanup_(groups_deinit) struct groups old = {NULL}, new = {NULL};

    ERR_RETURN(groups_make(before, &old));
    ERR_RETURN(groups_make(after, &new));
    _cleanup_free_ uint64_t *was = count_living(before, &old);
    _cleanup_free_ uint64_t *is = count_living(after, &new);
    _cleanup_free_ uint32_t *type = calloc(new.n + 1u, sizeof *type);
    _cleanup_free_ struct growth_class *found = calloc(new.n + 1u, sizeof *found);
    size_t n_found = 0;
    if (!was || !is || !type || !found)
        return err_nomem();
    fill_types(after, &new, type);
    for (uint32_t g = 0; g < new.n; g++) {
        if (!(new.at[g].flags &TYPE_PYTHON_CLASS) || is[g] < GROWTH_INSTANCES_MIN)
            continue;
        uint32_t then = groups_find(&old, new.at[g].name);
        uint64_t count = then == UINT32_MAX ? 0 : was[then];
        if (is[g] >= count + GROWTH_INSTANCES_MIN)
            found[n_found++] = (struct growth_class){type[g], count, is[g]};
    }
    if (n_found)
        qsort(found, n_found, sizeof *found, by_more);
    *ret = take_ptr(found);
    *n = n_found;
    return NULL;
}
