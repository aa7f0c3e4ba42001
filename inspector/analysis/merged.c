#include "inspector/analysis/merged.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"

enum { CHECK_EVERY = 1 << 8 };
#define NONE MERGED_NONE

/* Steps in the order in which they are found, with a hash table of (parent, group) -> step. */
struct tree {
    const struct paths *paths;
    const uint32_t *group;
    struct merged_step *step;
    size_t n, cap;
    uint32_t *slots;
    size_t n_slots;  /* a power of two, more than twice n */
    uint32_t *memo;  /* by node: 1 + its step, or 1 + its holder; only touched along paths */
    uint32_t *chain; /* the nodes between a member and what is known already */
    size_t cap_chain;
};

static size_t place(const struct tree *t, uint32_t parent, uint32_t group)
{
    uint64_t key = ((uint64_t)parent << 32 | group) * 0x9e3779b97f4a7c15ull;

    return (key ^ key >> 32) & (t->n_slots - 1);
}

static void insert(struct tree *t, uint32_t step)
{
    size_t at = place(t, t->step[step].parent, t->step[step].group);

    while (t->slots[at] != NONE)
        at = (at + 1) & (t->n_slots - 1);
    t->slots[at] = step;
}

static struct err *make_slots(struct tree *t)
{
    size_t n_slots = t->n_slots ? 4 * t->n_slots : 1024;
    uint32_t *slots = alloc_array(n_slots, sizeof *slots);

    if (!slots)
        return err_nomem();
    memset(slots, 0xff, n_slots * sizeof *slots);
    free(t->slots);
    t->slots = slots;
    t->n_slots = n_slots;
    for (size_t i = 0; i < t->n; i++)
        insert(t, (uint32_t)i);
    return NULL;
}

/* The step of a node's group below another one, made if it is not there. */
static struct err *step_below(struct tree *t, uint32_t parent, uint32_t node, uint32_t *ret)
{
    uint32_t group = t->group ? t->group[node] : node;

    if (t->n * 2 >= t->n_slots)
        ERR_RETURN(make_slots(t));
    for (size_t at = place(t, parent, group); t->slots[at] != NONE;
         at = (at + 1) & (t->n_slots - 1)) {
        const struct merged_step *step = &t->step[t->slots[at]];
        if (step->parent == parent && step->group == group) {
            *ret = t->slots[at];
            return NULL;
        }
    }
    ERR_RETURN(grow(&t->step, &t->cap, t->n + 1, sizeof *t->step));
    t->step[t->n] = (struct merged_step){
        .group = group,
        .sample = node,
        .parent = parent,
        .depth = parent == NONE ? 0 : t->step[parent].depth + 1,
    };
    insert(t, (uint32_t)t->n);
    *ret = (uint32_t)t->n++;
    return NULL;
}

/* Up from the member to a node whose step is known, or the root, then down again making steps. */
static struct err *add_from_roots(struct tree *t, uint32_t member, uint32_t *ret)
{
    size_t n = 0;
    uint32_t at = member, step = NONE;

    for (; at != PATHS_NONE && !t->memo[at]; at = paths_holder(t->paths, at)) {
        ERR_RETURN(grow(&t->chain, &t->cap_chain, n + 1, sizeof *t->chain));
        t->chain[n++] = at;
    }
    if (at != PATHS_NONE)
        step = t->memo[at] - 1;
    while (n-- > 0) {
        if (step == NONE || t->step[step].depth + 1 < MERGED_DEPTH_MAX)
            ERR_RETURN(step_below(t, step, t->chain[n], &step));
        t->step[step].nodes++; /* each node comes here once: then it has its memo */
        t->memo[t->chain[n]] = step + 1;
    }
    *ret = step;
    return NULL;
}

static uint32_t holder_of(struct tree *t, uint32_t node)
{
    if (!t->memo[node]) /* 1 + PATHS_NONE is 0: roots are asked again, which costs nothing */
        t->memo[node] = paths_holder(t->paths, node) + 1;
    return t->memo[node] - 1;
}

static struct err *add_from_objects(struct tree *t, uint32_t member, uint32_t *ret)
{
    uint32_t step = NONE;

    for (uint32_t at = member; at != PATHS_NONE; at = holder_of(t, at)) {
        ERR_RETURN(step_below(t, step, at, &step));
        if (t->step[step].depth + 1 == MERGED_DEPTH_MAX)
            break;
    }
    *ret = step;
    return NULL;
}

static struct err *add_member(struct tree *t, uint32_t member, enum merged_direction direction,
                              struct merged *merged)
{
    uint32_t step;

    if (t->paths->distance[member] == PATHS_NONE) {
        merged->n_unreachable++;
        return NULL;
    }
    merged->n_deep += t->paths->distance[member] >= MERGED_DEPTH_MAX;
    ERR_RETURN(direction == MERGED_FROM_ROOTS ? add_from_roots(t, member, &step)
                                              : add_from_objects(t, member, &step));
    t->step[step].ends++;
    return NULL;
}

/* ---- into preorder ---- */

struct key {               /* what children are sorted by */
    uint32_t after_parent; /* 1 + the parent, 0 for none */
    uint32_t count;
    uint32_t group;
    uint32_t step;
};

static int compare_keys(const void *a, const void *b)
{
    const struct key *x = a, *y = b;

    if (x->after_parent != y->after_parent)
        return x->after_parent < y->after_parent ? -1 : 1;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return (x->group > y->group) - (x->group < y->group);
}

/* Sums: a parent was found before its children. */
static void add_up(struct tree *t)
{
    for (size_t i = 0; i < t->n; i++)
        t->step[i].count = t->step[i].ends;
    for (size_t i = t->n; i-- > 0;)
        if (t->step[i].parent != NONE) {
            t->step[t->step[i].parent].count += t->step[i].count;
            t->step[t->step[i].parent].below += t->step[i].below + 1;
        }
}

/* Gives each step its place: behind its parent come the children, each with what is below it. */
static void give_places(const struct tree *t, const struct key *keys, uint32_t *places)
{
    uint32_t next = 0;

    for (size_t i = 0; i < t->n; i++) {
        if (i && keys[i].after_parent != keys[i - 1].after_parent)
            next = places[keys[i].after_parent - 1] + 1;
        places[keys[i].step] = next;
        next += t->step[keys[i].step].below + 1;
    }
}

static struct err *into_preorder(const struct tree *t, struct merged *ret)
{
    _cleanup_free_ struct key *keys = alloc_array(t->n, sizeof *keys);
    _cleanup_free_ uint32_t *places = alloc_array(t->n, sizeof *places);
    struct merged_step *steps = alloc_array(t->n, sizeof *steps);

    if (!keys || !places || !steps) {
        free(steps);
        return err_nomem();
    }
    for (size_t i = 0; i < t->n; i++)
        keys[i] =
            (struct key){t->step[i].parent + 1, t->step[i].count, t->step[i].group, (uint32_t)i};
    if (t->n)
        qsort(keys, t->n, sizeof *keys, compare_keys);
    give_places(t, keys, places);
    for (size_t i = 0; i < t->n; i++) {
        steps[places[i]] = t->step[i];
        if (t->step[i].parent != NONE)
            steps[places[i]].parent = places[t->step[i].parent];
    }
    ret->step = steps;
    ret->n = (uint32_t)t->n;
    return NULL;
}

/* ---- all members ---- */

static struct err *add_members(struct tree *t, const uint32_t *members, uint32_t n_members,
                               enum merged_direction direction, const atomic_bool *cancel,
                               struct merged *merged)
{
    uint32_t n = n_members < MERGED_SAMPLE_MAX ? n_members : MERGED_SAMPLE_MAX;

    merged->n_members = n_members;
    merged->n_sampled = n;
    t->memo = calloc((size_t)t->paths->graph->n + 1, sizeof *t->memo);
    if (!t->memo)
        return err_nomem();
    ERR_RETURN(make_slots(t));
    for (uint32_t i = 0; i < n; i++) {
        uint32_t member = members[(uint64_t)i * n_members / n];
        ERR_RETURN(add_member(t, member, direction, merged));
        if (i % CHECK_EVERY == 0 && cancel && atomic_load(cancel))
            return err_new(ERR_CANCELLED, NULL, "cancelled");
    }
    add_up(t);
    return into_preorder(t, merged);
}

struct err *merged_find(const struct paths *paths, const uint32_t *members, uint32_t n_members,
                        const uint32_t *group, enum merged_direction direction,
                        const atomic_bool *cancel, struct merged *ret)
{
    struct tree tree = {.paths = paths, .group = group};
    struct merged merged = {0};
    struct err *err = add_members(&tree, members, n_members, direction, cancel, &merged);

    free(tree.step);
    free(tree.slots);
    free(tree.memo);
    free(tree.chain);
    if (err)
        return err;
    *ret = merged;
    return NULL;
}

void merged_deinit(struct merged *merged)
{
    free(merged->step);
    *merged = (struct merged){0};
}
