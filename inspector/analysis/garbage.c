#include "inspector/analysis/garbage.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/analysis/components.h"
#include "inspector/analysis/reach.h"
#include "inspector/analysis/subgraph.h"
#include "inspector/base/bits.h"
#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"

enum { CHECK_EVERY = 1 << 16 };

struct search {
    const struct garbage_heap *heap;
    const struct graph *graph;
    const atomic_bool *cancel;
    uint64_t *blind;  /* holders with unvisited references */
    uint32_t *hidden; /* what unvisited references of collected objects lead to, ascending */
    size_t n_hidden;
    uint64_t *dying; /* found so far, in free_along() */
};

static struct err *check_cancel(const atomic_bool *cancel)
{
    return cancel && atomic_load(cancel) ? err_new(ERR_CANCELLED, NULL, "cancelled") : NULL;
}

/* ---- what tp_traverse tells ---- */

static int compare_unvisited(const void *a, const void *b)
{
    const struct garbage_unvisited *x = a, *y = b;

    if (x->holder != y->holder)
        return x->holder < y->holder ? -1 : 1;
    return (x->ordinal > y->ordinal) - (x->ordinal < y->ordinal);
}

static bool is_visited(const void *ctx, uint32_t from, uint32_t edge)
{
    const struct search *s = ctx;
    struct garbage_unvisited key = {from, edge - s->graph->offset[from]};

    return !bits_has(s->blind, from) ||
           !bsearch(&key, s->heap->unvisited, s->heap->n_unvisited, sizeof key, compare_unvisited);
}

static int compare_nodes(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static struct err *find_hidden(struct search *s)
{
    const struct garbage_heap *heap = s->heap;

    s->blind = bits_new(s->graph->n);
    s->hidden = alloc_array(heap->n_unvisited, sizeof *s->hidden);
    if (!s->blind || !s->hidden)
        return err_nomem();
    for (size_t i = 0; i < heap->n_unvisited; i++) {
        const struct garbage_unvisited *u = &heap->unvisited[i];
        bits_add(s->blind, u->holder);
        if (bits_has(heap->collected, u->holder))
            s->hidden[s->n_hidden++] = s->graph->target[s->graph->offset[u->holder] + u->ordinal];
    }
    if (s->n_hidden)
        qsort(s->hidden, s->n_hidden, sizeof *s->hidden, compare_nodes);
    return NULL;
}

/* ---- what lives ---- */

/* References to `v` that collected objects tell. `hidden` goes along with ascending v. */
static uint32_t count_told(const struct search *s, uint32_t v, size_t *hidden)
{
    const struct graph *graph = s->graph;
    uint32_t count = 0;

    for (uint32_t e = graph->rev_offset[v]; e < graph->rev_offset[v + 1]; e++)
        count += bits_has(s->heap->collected, graph->holder[e]);
    while (*hidden < s->n_hidden && s->hidden[*hidden] < v)
        (*hidden)++;
    for (; *hidden < s->n_hidden && s->hidden[*hidden] == v; (*hidden)++)
        count--;
    return count;
}

/* The collected objects that something else holds: malloc'd. */
static struct err *find_held(const struct search *s, uint32_t **ret, uint32_t *n)
{
    _cleanup_free_ uint32_t *held = NULL;
    size_t cap = 0, count = 0, hidden = 0;

    for (uint32_t v = 0; v < s->graph->n; v++) {
        if (v % CHECK_EVERY == 0)
            ERR_RETURN(check_cancel(s->cancel));
        if (bits_has(s->heap->collected, v) && s->heap->refcount[v] > count_told(s, v, &hidden)) {
            ERR_RETURN(grow(&held, &cap, count + 1, sizeof *held));
            held[count++] = v;
        }
    }
    *ret = take_ptr(held);
    *n = (uint32_t)count;
    return NULL;
}

/* What `seeds` reach within a set, by references that the collector visits. */
static struct err *visit_from(const struct search *s, const uint64_t *within, const uint32_t *seeds,
                              uint32_t n_seeds, uint64_t **ret)
{
    struct reach reach = {
        .graph = s->graph,
        .within = within,
        .edge = s->heap->n_unvisited ? is_visited : NULL,
        .ctx = s,
        .cancel = s->cancel,
    };

    return reach_find(&reach, seeds, n_seeds, NULL, ret);
}

/* The numbers in a set, ascending; malloc'd. */
static struct err *list_set(const uint64_t *set, uint32_t n, uint32_t **ret, uint32_t *n_ret)
{
    uint32_t count = bits_count(set, n), k = 0;
    uint32_t *list = alloc_array(count, sizeof *list);

    if (!list)
        return err_nomem();
    for (size_t word = 0; word < bits_words(n); word++)
        for (uint64_t left = set[word]; left; left &= left - 1)
            list[k++] = (uint32_t)(word * 64) + (uint32_t)__builtin_ctzll(left);
    *ret = list;
    *n_ret = count;
    return NULL;
}

static struct err *find_unreachable(struct search *s, struct garbage *ret)
{
    _cleanup_free_ uint32_t *held = NULL;
    _cleanup_free_ uint64_t *alive = NULL;
    uint32_t n_held = 0;

    ERR_RETURN(find_hidden(s));
    ERR_RETURN(find_held(s, &held, &n_held));
    ERR_RETURN(visit_from(s, s->heap->collected, held, n_held, &alive));
    for (size_t i = 0; i < bits_words(s->graph->n); i++)
        alive[i] = s->heap->collected[i] & ~alive[i];
    ret->set = take_ptr(alive);
    return list_set(ret->set, s->graph->n, &ret->object, &ret->n);
}

/* ---- what kind of garbage ---- */

/* Numbers the components that are cycles; `of` becomes the cycle of each object. */
static void number_cycles(const struct graph *graph, struct components *components,
                          struct garbage *ret)
{
    uint32_t *number = components->size; /* by component: its size, then its cycle's number */

    for (uint32_t i = 0; i < graph->n; i++) /* a self edge makes a cycle of one */
        for (uint32_t e = graph->offset[i]; e < graph->offset[i + 1]; e++)
            if (graph->target[e] == i && number[components->of[i]] == 1)
                number[components->of[i]] = 2;
    for (uint32_t c = 0; c < components->n; c++)
        number[c] = number[c] > 1 ? ret->n_cycles++ : GARBAGE_NO_CYCLE;
    for (uint32_t i = 0; i < graph->n; i++) {
        components->of[i] = number[components->of[i]];
        if (components->of[i] != GARBAGE_NO_CYCLE) {
            ret->flags[i] |= GARBAGE_IN_CYCLE;
            ret->n_in_cycles++;
        }
    }
    ret->cycle = take_ptr(components->of);
}

static struct err *find_cycles(const struct search *s, struct garbage *ret)
{
    struct subgraph sub;
    struct components components = {0};
    struct err *err = subgraph_make(s->graph, ret->object, ret->n,
                                    s->heap->n_unvisited ? is_visited : NULL, s, &sub);

    if (err)
        return err;
    err = components_find(&sub.graph, NULL, NULL, s->cancel, &components);
    if (!err)
        number_cycles(&sub.graph, &components, ret);
    components_deinit(&components);
    subgraph_deinit(&sub);
    return err;
}

/* move_legacy_finalizers(), move_legacy_finalizer_reachable() */
static struct err *find_uncollectable(const struct search *s, struct garbage *ret)
{
    _cleanup_free_ uint32_t *legacy = NULL;
    _cleanup_free_ uint64_t *kept = NULL;
    size_t cap = 0, n = 0;

    for (uint32_t i = 0; s->heap->legacy && i < ret->n; i++)
        if (bits_has(s->heap->legacy, ret->object[i])) {
            ERR_RETURN(grow(&legacy, &cap, n + 1, sizeof *legacy));
            legacy[n++] = ret->object[i];
        }
    if (!n)
        return NULL;
    ERR_RETURN(visit_from(s, ret->set, legacy, (uint32_t)n, &kept));
    for (uint32_t i = 0; i < ret->n; i++)
        if (bits_has(kept, ret->object[i])) {
            ret->flags[i] |= GARBAGE_UNCOLLECTABLE;
            ret->n_uncollectable++;
        }
    return NULL;
}

static struct err *classify(const struct search *s, struct garbage *ret)
{
    ret->flags = calloc((size_t)ret->n + 1, sizeof *ret->flags);
    if (!ret->flags)
        return err_nomem();
    ERR_RETURN(find_cycles(s, ret));
    ERR_RETURN(find_uncollectable(s, ret));
    for (uint32_t i = 0; i < ret->n; i++) {
        if (s->heap->finalizer && bits_has(s->heap->finalizer, ret->object[i])) {
            ret->flags[i] |= GARBAGE_FINALIZER;
            ret->n_finalizers++;
        }
        if (s->heap->callback && bits_has(s->heap->callback, ret->object[i])) {
            ret->flags[i] |= GARBAGE_CALLBACK;
            ret->n_callbacks++;
        }
    }
    return NULL;
}

/* ---- what goes along ---- */

/*
 * Takes back the references of a dying object; what loses its last one is dying too. lost[] is the
 * number of references taken back so far, the queue holds who is to lose its own next.
 */
static struct err *drop_references(struct search *s, uint32_t node, uint32_t *lost,
                                   uint32_t **queue, size_t *cap, size_t *n)
{
    const struct graph *graph = s->graph;

    for (uint32_t e = graph->offset[node]; e < graph->offset[node + 1]; e++) {
        uint32_t to = graph->target[e];
        if (bits_has(s->dying, to) || s->heap->refcount[to] == UINT32_MAX ||
            ++lost[to] < s->heap->refcount[to])
            continue;
        bits_add(s->dying, to);
        ERR_RETURN(grow(queue, cap, *n + 1, sizeof **queue));
        (*queue)[(*n)++] = to;
    }
    return NULL;
}

static struct err *find_along(struct search *s, struct garbage *ret)
{
    /* pages near garbage only are ever touched */
    _cleanup_free_ uint32_t *lost = calloc((size_t)s->graph->n + 1, sizeof *lost);
    _cleanup_free_ uint32_t *along = NULL;
    size_t cap = 0, n = 0;

    s->dying = bits_new(s->graph->n);
    if (!lost || !s->dying)
        return err_nomem();
    memcpy(s->dying, ret->set, bits_words(s->graph->n) * sizeof *s->dying);
    for (uint32_t i = 0; i < ret->n; i++) {
        if (!(ret->flags[i] & GARBAGE_UNCOLLECTABLE))
            ERR_RETURN(drop_references(s, ret->object[i], lost, &along, &cap, &n));
        if (i % CHECK_EVERY == 0)
            ERR_RETURN(check_cancel(s->cancel));
    }
    for (size_t i = 0; i < n; i++)
        ERR_RETURN(drop_references(s, along[i], lost, &along, &cap, &n));
    if (n)
        qsort(along, n, sizeof *along, compare_nodes);
    ret->along = take_ptr(along);
    ret->n_along = (uint32_t)n;
    return NULL;
}

struct err *garbage_find(const struct garbage_heap *heap, const atomic_bool *cancel,
                         struct garbage *ret)
{
    struct search s = {.heap = heap, .graph = heap->graph, .cancel = cancel};
    struct garbage garbage = {0};
    struct err *err = find_unreachable(&s, &garbage);

    if (!err)
        err = classify(&s, &garbage);
    if (!err)
        err = find_along(&s, &garbage);
    free(s.blind);
    free(s.hidden);
    free(s.dying);
    if (err) {
        garbage_deinit(&garbage);
        return err;
    }
    *ret = garbage;
    return NULL;
}

void garbage_deinit(struct garbage *garbage)
{
    free(garbage->object);
    free(garbage->flags);
    free(garbage->cycle);
    free(garbage->set);
    free(garbage->along);
    *garbage = (struct garbage){0};
}
