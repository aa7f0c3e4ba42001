/* Suspects by what they retain: BIG, GROUP, INSTANCES. */
#include <stdlib.h>

#include "inspector/analysis/leaks_private.h"
#include "inspector/analysis/merged.h"
#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"

enum {
    DROP_PERCENT = 70, /* a child that has so much of its parent is what the parent is about */
    COMMON_PERCENT = 80,
    HIGH_PERCENT = 30,
    HIGH_BYTES = 10 << 20,
    INSTANCES_HIGH = 100000,
};

static uint64_t retained(const struct finder *f, uint32_t object)
{
    return f->facts->retained.bytes[object];
}

static enum leak_level level_of(const struct finder *f, uint64_t bytes)
{
    return bytes >= HIGH_BYTES && bytes * 100 >= f->leaks->total_bytes * HIGH_PERCENT ? LEAK_HIGH
                                                                                      : LEAK_MEDIUM;
}

/* ---- accumulation points ---- */

/* Down to the largest child, as long as it has most of its parent. */
static struct err *follow(const struct finder *f, uint32_t *object)
{
    for (int depth = 0; depth < LEAKS_DEPTH_MAX; depth++) {
        _cleanup_free_ uint32_t *children = NULL;
        uint32_t n = 0;
        ERR_RETURN(retained_children(&f->facts->retained, *object, &children, &n));
        if (!n || retained(f, children[0]) * 100 < retained(f, *object) * DROP_PERCENT)
            return NULL;
        *object = children[0];
    }
    return NULL;
}

static struct err *add_big(struct finder *f, uint32_t object)
{
    const struct leak leak = {
        .kind = LEAK_BIG,
        .level = level_of(f, retained(f, object)),
        .object = object,
        .type = SNAPSHOT_NONE,
        .count = entries_of(&f->entries, f->s, object),
        .retained_bytes = retained(f, object),
    };

    return leaks_add(f, &leak);
}

/*
 * What holds code is no suspect, but what it holds may be: the big ones among its children are looked at in its place. A
 * list of those still to look at; a heap has at most 100 / LEAKS_PERCENT that are big and next to one another.
 */
static struct err *examine(struct finder *f, uint32_t top)
{
    _cleanup_free_ uint32_t *todo = NULL;
    size_t n_todo = 0, cap = 0;

    ERR_RETURN(grow(&todo, &cap, 1, sizeof *todo));
    todo[n_todo++] = top;
    while (n_todo) {
        _cleanup_free_ uint32_t *children = NULL;
        uint32_t object = todo[--n_todo], n = 0;
        ERR_RETURN(follow(f, &object));
        if (!leaks_is_code(f, object)) {
            ERR_RETURN(add_big(f, object));
            continue;
        }
        ERR_RETURN(retained_children(&f->facts->retained, object, &children, &n));
        for (uint32_t i = 0; i < n && retained(f, children[i]) >= f->limit; i++) {
            ERR_RETURN(grow(&todo, &cap, n_todo + 1, sizeof *todo));
            todo[n_todo++] = children[i];
        }
    }
    return NULL;
}

/* ---- groups ---- */

/* How far most of the paths go together; SNAPSHOT_NONE if they do not, or only through code. */
static struct err *common_point(const struct finder *f, const uint32_t *member, uint32_t n,
                                uint32_t *ret)
{
    _cleanup_(merged_deinit) struct merged merged = {NULL};

    *ret = SNAPSHOT_NONE;
    ERR_RETURN(
        merged_find(&f->facts->paths, member, n, NULL, MERGED_FROM_ROOTS, f->cancel, &merged));
    for (uint32_t i = 0; i < merged.n; i++) { /* the largest child is the next one */
        const struct merged_step *step = &merged.step[i];
        if ((uint64_t)step->count * 100 < (uint64_t)merged.n_sampled * COMMON_PERCENT)
            break;
        *ret = leaks_is_code(f, step->sample) ? SNAPSHOT_NONE : step->sample;
        if (!step->below)
            break;
    }
    return NULL;
}

static struct err *add_group(struct finder *f, uint32_t group, const uint32_t *member, uint32_t n,
                             uint64_t bytes)
{
    uint32_t point;

    ERR_RETURN(common_point(f, member, n, &point));
    /* texts and tuples are scattered over all code; somebody has to hold them together */
    if (point == SNAPSHOT_NONE && !(f->groups.at[group].flags & TYPE_PYTHON_CLASS))
        return NULL;
    const struct leak leak = {
        .kind = LEAK_GROUP,
        .level = level_of(f, bytes),
        .object = point,
        .type = f->s->type[member[0]],
        .count = n,
        .retained_bytes = bytes,
    };
    return leaks_add(f, &leak);
}

/* `top`: top-level dominators that are not big. */
static struct err *examine_groups(struct finder *f, const uint32_t *top, uint32_t n)
{
    _cleanup_free_ uint64_t *bytes = calloc(f->groups.n + 1u, sizeof *bytes);
    _cleanup_free_ uint32_t *member = alloc_array((size_t)n + 1, sizeof *member);

    if (!bytes || !member)
        return err_nomem();
    for (uint32_t i = 0; i < n; i++)
        if (!leaks_is_code(f, top[i]))
            bytes[f->groups.of_type[f->s->type[top[i]]]] += retained(f, top[i]);
    for (uint32_t g = 0; g < f->groups.n; g++) {
        uint32_t n_members = 0;
        if (bytes[g] < f->limit)
            continue;
        for (uint32_t i = 0; i < n; i++)
            if (f->groups.of_type[f->s->type[top[i]]] == g && !leaks_is_code(f, top[i]))
                member[n_members++] = top[i];
        if (n_members)
            ERR_RETURN(add_group(f, g, member, n_members, bytes[g]));
    }
    return NULL;
}

struct err *leaks_by_size(struct finder *f)
{
    _cleanup_free_ uint32_t *top = NULL;
    uint32_t n = 0, big = 0;

    ERR_RETURN(retained_children(&f->facts->retained, DOMINATOR_ROOT, &top, &n));
    for (; big < n && retained(f, top[big]) >= f->limit; big++)
        ERR_RETURN(examine(f, top[big]));
    return examine_groups(f, top + big, n - big);
}

/* ---- many of one class in one container ---- */

struct tally {
    uint32_t *count; /* by group, 0 between two containers */
    uint32_t best, n_best;
};

/* The Python class of which a container refers to most. */
static void tally(const struct finder *f, uint32_t container, struct tally *t)
{
    const struct snapshot *s = f->s;
    uint32_t first = s->strong.offset[container], end = s->strong.offset[container + 1];

    t->best = SNAPSHOT_NONE;
    t->n_best = 0;
    for (uint32_t e = first; e < end; e++) {
        uint32_t type = s->type[s->strong.object[e]], group = f->groups.of_type[type];
        if (s->types[type].flags & TYPE_PYTHON_CLASS && ++t->count[group] > t->n_best) {
            t->n_best = t->count[group];
            t->best = type;
        }
    }
    for (uint32_t e = first; e < end; e++)
        t->count[f->groups.of_type[s->type[s->strong.object[e]]]] = 0;
}

struct err *leaks_by_instances(struct finder *f)
{
    const struct snapshot *s = f->s;
    _cleanup_free_ uint32_t *count = calloc(f->groups.n + 1u, sizeof *count);
    struct tally t = {.count = count};

    if (!count)
        return err_nomem();
    for (uint32_t i = 0; i < s->n_objects; i++) {
        if (entries_of(&f->entries, s, i) <= LEAKS_INSTANCES_MIN || leaks_is_code(f, i) ||
            f->facts->retained.place[i] == RETAINED_NONE)
            continue;
        tally(f, i, &t);
        if (t.n_best <= LEAKS_INSTANCES_MIN)
            continue;
        const struct leak leak = {
            .kind = LEAK_INSTANCES,
            .level = t.n_best >= INSTANCES_HIGH ? LEAK_HIGH : LEAK_MEDIUM,
            .object = i,
            .type = t.best,
            .count = t.n_best,
            .total = f->groups.at[f->groups.of_type[t.best]].count,
            .retained_bytes = retained(f, i),
        };
        ERR_RETURN(leaks_add(f, &leak));
    }
    return NULL;
}
