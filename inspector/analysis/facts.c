#include "inspector/analysis/facts.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/base/bits.h"
#include "inspector/base/cleanup.h"
#include "inspector/model/groups.h"

static uint64_t shallow_of(const void *ctx, uint32_t object)
{
    return snapshot_shallow(ctx, object);
}

/* ---- garbage ---- */

/*
 * The references as the collector sees them: with those that tp_traverse visits although there is no such reference
 * (VISITS_ALSO; 3.13.0–3.13.12 only). Few snapshots have any; then the graph is made anew.
 */
struct seen {
    struct graph graph;
    uint32_t *offset, *target, *rev_offset, *holder; /* NULL: those of the snapshot */
};

static void seen_deinit(struct seen *seen)
{
    free(seen->offset);
    free(seen->target);
    free(seen->rev_offset);
    free(seen->holder);
}

/* Rows of `from`, each followed by its additions. */
static void append_rows(const struct snapshot_edges *from, uint32_t n, const uint64_t *more,
                        uint32_t n_more, uint32_t *offset, uint32_t *to)
{
    uint32_t at = 0, k = 0;

    for (uint32_t v = 0; v < n; v++) {
        uint32_t count = from->offset[v + 1] - from->offset[v];
        offset[v] = at;
        memcpy(to + at, from->object + from->offset[v], count * sizeof *to);
        at += count;
        for (; k < n_more && more[k] >> 32 == v; k++)
            to[at++] = (uint32_t)more[k];
    }
    offset[n] = at;
}

static int by_key(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static struct err *extend(const struct snapshot *s, struct seen *seen)
{
    const struct snapshot_visits *also = &s->visited_too;
    size_t edges = (size_t)s->strong.n + also->n, nodes = s->n_objects + 1u;
    _cleanup_free_ uint64_t *forward = malloc(also->n * sizeof *forward);
    _cleanup_free_ uint64_t *backward = malloc(also->n * sizeof *backward);

    seen->offset = malloc(nodes * sizeof *seen->offset);
    seen->rev_offset = malloc(nodes * sizeof *seen->rev_offset);
    seen->target = malloc(edges * sizeof *seen->target);
    seen->holder = malloc(edges * sizeof *seen->holder);
    if (!forward || !backward || !seen->offset || !seen->rev_offset || !seen->target ||
        !seen->holder)
        return err_nomem();
    for (uint32_t i = 0; i < also->n; i++) {
        forward[i] = (uint64_t)also->at[i].holder << 32 | also->at[i].second;
        backward[i] = (uint64_t)also->at[i].second << 32 | also->at[i].holder;
    }
    qsort(backward, also->n, sizeof *backward, by_key);
    append_rows(&s->strong, s->n_objects, forward, also->n, seen->offset, seen->target);
    append_rows(&s->reverse, s->n_objects, backward, also->n, seen->rev_offset, seen->holder);
    seen->graph =
        (struct graph){s->n_objects, seen->offset, seen->target, seen->rev_offset, seen->holder};
    return NULL;
}

/* The callback is the only reference that a weak reference holds, but for its class. */
bool facts_has_callback(const struct snapshot *s, uint32_t weak)
{
    for (uint32_t e = s->strong.offset[weak]; e < s->strong.offset[weak + 1]; e++)
        if (s->strong.object[e] != snapshot_type_of(s, weak)->object)
            return true;
    return false;
}

/* Sets of objects that the rule asks for. */
struct marks {
    uint64_t *collected, *finalizer, *callback;
};

static void marks_deinit(struct marks *marks)
{
    free(marks->collected);
    free(marks->finalizer);
    free(marks->callback);
}

static struct err *mark(const struct snapshot *s, int generation, struct marks *marks)
{
    marks->collected = bits_new(s->n_objects);
    marks->finalizer = bits_new(s->n_objects);
    marks->callback = bits_new(s->n_objects);
    if (!marks->collected || !marks->finalizer || !marks->callback)
        return err_nomem();
    for (uint32_t l = 0; l < s->n_lists; l++) {
        const struct snapshot_list *list = &s->lists[l];
        if (list->generation > (uint32_t)generation)
            continue;
        for (uint32_t i = list->first; i < list->first + list->count; i++)
            if (!(s->flags[i] & OBJECT_IMMORTAL))
                bits_add(marks->collected, i);
    }
    for (uint32_t i = 0; i < s->n_objects; i++)
        if (snapshot_type_of(s, i)->flags & TYPE_FINALIZER && !(s->flags[i] & OBJECT_FINALIZED))
            bits_add(marks->finalizer, i);
    for (uint32_t i = 0; i < s->n_weak; i++)
        if (facts_has_callback(s, s->weak[i].holder))
            bits_add(marks->callback, s->weak[i].target);
    return NULL;
}

_Static_assert(sizeof(struct garbage_unvisited) == sizeof(struct snapshot_visit), "the same pair");

struct err *facts_garbage(const struct snapshot *s, int generation, const atomic_bool *cancel,
                          struct garbage *ret)
{
    _cleanup_(seen_deinit) struct seen seen = {.graph = graph_of(s)};
    _cleanup_(marks_deinit) struct marks marks = {.collected = NULL};

    if (s->visited_too.n)
        ERR_RETURN(extend(s, &seen));
    ERR_RETURN(mark(s, generation, &marks));
    const struct garbage_heap heap = {
        .graph = &seen.graph,
        .refcount = s->refcount,
        .collected = marks.collected,
        .unvisited = (const struct garbage_unvisited *)s->unvisited.at,
        .n_unvisited = s->unvisited.n,
        .finalizer = marks.finalizer,
        .callback = marks.callback,
    };
    return garbage_find(&heap, cancel, ret);
}

/* ---- all of it ---- */

static void destroy(struct snapshot_facts *base)
{
    struct facts *facts = (struct facts *)base;

    if (!facts)
        return;
    accounts_deinit(&facts->accounts);
    retained_deinit(&facts->retained);
    garbage_deinit(&facts->garbage);
    free(facts->namespaces);
    free((void *)facts->paths.roots);
    free((void *)facts->paths.distance);
    free(facts->base.group_retained);
    free(facts);
}

static void destroy_facts(struct facts **facts)
{
    destroy(*facts ? &(*facts)->base : NULL);
}

static struct err *compute_group_retained(const struct snapshot *s, const atomic_bool *cancel,
                                          struct facts *facts)
{
    _cleanup_(groups_deinit) struct groups groups = {.at = NULL};
    _cleanup_free_ uint32_t *group = malloc((s->n_objects + 1u) * sizeof *group);

    ERR_RETURN(groups_make(s, &groups));
    facts->base.group_retained = malloc((groups.n + 1u) * sizeof *facts->base.group_retained);
    if (!group || !facts->base.group_retained)
        return err_nomem();
    for (uint32_t i = 0; i < s->n_objects; i++)
        group[i] = groups.of_type[s->type[i]];
    return retained_by_group(&facts->retained, group, groups.n, cancel, facts->base.group_retained);
}

/* Who wants to know how far it is. */
struct watcher {
    facts_step_fn *step;
    void *ctx;
};

static void tell(const struct watcher *watcher, const char *what, double fraction)
{
    if (watcher->step)
        watcher->step(watcher->ctx, what, fraction);
}

static struct err *compute_retained(const struct snapshot *s, const atomic_bool *cancel,
                                    const struct watcher *watcher, struct facts *facts)
{
    struct graph graph = graph_of(s);
    _cleanup_(dominators_deinit) struct dominators dominators = {.n = 0};

    tell(watcher, "dominators", 0.3);
    ERR_RETURN(dominators_compute(&graph, facts->accounts.root, facts->accounts.n_roots, NULL, NULL,
                                  cancel, &dominators));
    tell(watcher, "sums", 0.6);
    ERR_RETURN(retained_compute(&dominators, shallow_of, s, cancel, &facts->retained));
    return compute_group_retained(s, cancel, facts);
}

/* Modules, and what variables hold: not the frames' own parts. */
static void add_named_roots(const struct snapshot *s, const struct accounts *accounts,
                            uint64_t *roots)
{
    const struct snapshot_roots *held = &s->held_from_outside;

    for (uint32_t i = 0; i < accounts->n_roots; i++)
        if (accounts->kind[accounts->root[i]] == ROOT_MODULE)
            bits_add(roots, accounts->root[i]);
    for (uint32_t i = 0; i < held->n_held; i++)
        if (held->held[i].kind == HELD_LOCAL || held->held[i].kind == HELD_TEMPORARY)
            bits_add(roots, held->held[i].object);
}

/* Roots that no named one leads to; whether there are any. */
static bool add_other_roots(const struct accounts *accounts, const uint32_t *distance,
                            uint64_t *roots)
{
    bool any = false;

    for (uint32_t i = 0; i < accounts->n_roots; i++)
        if (distance[accounts->root[i]] == PATHS_NONE) {
            bits_add(roots, accounts->root[i]);
            any = true;
        }
    return any;
}

/* A module is a root and needs no holder; into its namespace one comes through it, not through each of its functions. */
static bool leads_on(const void *ctx, uint32_t from, uint32_t to)
{
    const struct facts *facts = ctx;

    if (bits_has(facts->namespaces, to))
        return facts->accounts.kind[from] == ROOT_MODULE;
    return facts->accounts.kind[to] != ROOT_MODULE;
}

static struct err *find_namespaces(const struct snapshot *s, struct facts *facts)
{
    const struct accounts *accounts = &facts->accounts;

    facts->namespaces = bits_new(s->n_objects);
    if (!facts->namespaces)
        return err_nomem();
    for (uint32_t i = 0; i < accounts->n_roots; i++) {
        uint32_t module = accounts->root[i], first = s->strong.offset[module];
        if (accounts->kind[module] != ROOT_MODULE)
            continue;
        for (uint32_t e = first; e < s->strong.offset[module + 1]; e++)
            if (!strcmp(snapshot_type_of(s, s->strong.object[e])->name, "builtins.dict"))
                bits_add(facts->namespaces, s->strong.object[e]);
    }
    return NULL;
}

static struct err *find_distances(const struct snapshot *s, const atomic_bool *cancel,
                                  struct facts *facts)
{
    uint64_t *roots = bits_new(s->n_objects);
    uint32_t *distance;

    facts->paths.roots = roots;
    if (!roots)
        return err_nomem();
    add_named_roots(s, &facts->accounts, roots);
    ERR_RETURN(paths_distances(&facts->graph, roots, leads_on, facts, cancel, &distance));
    facts->paths.distance = distance;
    if (!add_other_roots(&facts->accounts, distance, roots))
        return NULL;
    facts->paths.distance = NULL;
    free(distance);
    ERR_RETURN(paths_distances(&facts->graph, roots, leads_on, facts, cancel, &distance));
    facts->paths.distance = distance;
    return NULL;
}

static struct err *compute_paths(const struct snapshot *s, const atomic_bool *cancel,
                                 struct facts *facts)
{
    facts->graph = graph_of(s);
    facts->paths = (struct paths){
        .graph = &facts->graph, .edge = leads_on, .ctx = facts, .tree = &facts->retained};
    ERR_RETURN(find_namespaces(s, facts));
    return find_distances(s, cancel, facts);
}

struct err *facts_compute_watched(struct snapshot *s, const atomic_bool *cancel,
                                  facts_step_fn *step, void *ctx)
{
    struct watcher watcher = {step, ctx};
    struct snapshot_facts *nobody = NULL;

    if (atomic_load(&s->facts))
        return NULL;
    _cleanup_(destroy_facts) struct facts *facts = calloc(1, sizeof *facts);
    if (!facts)
        return err_nomem();
    facts->base.destroy = destroy;
    tell(&watcher, "roots", 0);
    ERR_RETURN(accounts_compute(s, cancel, &facts->accounts));
    ERR_RETURN(compute_retained(s, cancel, &watcher, facts));
    tell(&watcher, "garbage", 0.75);
    ERR_RETURN(facts_garbage(s, 2, cancel, &facts->garbage));
    tell(&watcher, "distances from roots", 0.85);
    ERR_RETURN(compute_paths(s, cancel, facts));
    facts->base.retained = facts->retained.bytes;
    if (atomic_compare_exchange_strong(&s->facts, &nobody, &facts->base))
        facts = NULL;
    return NULL;
}

struct err *facts_compute(struct snapshot *s, const atomic_bool *cancel)
{
    return facts_compute_watched(s, cancel, NULL, NULL);
}

const struct facts *facts_of(const struct snapshot *s)
{
    return (const struct facts *)atomic_load(&s->facts);
}
