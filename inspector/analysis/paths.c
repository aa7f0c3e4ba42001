#include "inspector/analysis/paths.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/analysis/reach.h"
#include "inspector/base/bits.h"
#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"

enum { CHECK_EVERY = 1 << 12 };
#define NONE UINT32_MAX

/* ---- distances ---- */

struct edge_filter {
    const struct graph *graph;
    graph_edge_fn *edge;
    const void *ctx;
};

static bool filter_edge(const void *ctx, uint32_t from, uint32_t edge)
{
    const struct edge_filter *filter = ctx;

    return filter->edge(filter->ctx, from, filter->graph->target[edge]);
}

struct err *paths_distances(const struct graph *graph, const uint64_t *roots, graph_edge_fn *edge,
                            const void *ctx, const atomic_bool *cancel, uint32_t **ret)
{
    struct edge_filter filter = {graph, edge, ctx};
    struct reach reach = {
        .graph = graph, .edge = edge ? filter_edge : NULL, .ctx = &filter, .cancel = cancel};
    uint32_t n_roots = bits_count(roots, graph->n), k = 0;
    _cleanup_free_ uint32_t *seeds = alloc_array(n_roots, sizeof *seeds);
    _cleanup_free_ uint32_t *distance = alloc_array(graph->n, sizeof *distance);
    _cleanup_free_ uint64_t *seen = NULL;

    if (!seeds || !distance)
        return err_nomem();
    for (uint32_t v = 0; v < graph->n; v++)
        if (bits_has(roots, v))
            seeds[k++] = v;
    memset(distance, 0xff, graph->n * sizeof *distance);
    ERR_RETURN(reach_find(&reach, seeds, n_roots, distance, &seen));
    *ret = take_ptr(distance);
    return NULL;
}

static bool counts(const struct paths *paths, uint32_t from, uint32_t to)
{
    return !paths->edge || paths->edge(paths->ctx, from, to);
}

uint32_t paths_holder(const struct paths *paths, uint32_t node)
{
    const struct graph *graph = paths->graph;
    uint32_t distance = paths->distance[node], best = PATHS_NONE;

    if (distance == PATHS_NONE || distance == 0)
        return PATHS_NONE;
    for (uint32_t e = graph->rev_offset[node]; e < graph->rev_offset[node + 1]; e++) {
        uint32_t holder = graph->holder[e];
        if (paths->distance[holder] == distance - 1 && holder < best && counts(paths, holder, node))
            best = holder;
    }
    return best;
}

/* ---- the finder ---- */

/* A node that the search has met: how far from the object, and by way of which other one. */
struct entry {
    uint32_t node;
    uint32_t below; /* entry of the node that it holds; NONE for the object */
    uint32_t steps; /* to the object */
    uint32_t next;  /* entry in the same bucket */
};

/* A step that paths may not take again: `holder` NONE says that `held` is no root any more. */
struct step {
    uint32_t holder, held;
};

struct path_finder {
    struct paths paths;
    uint32_t object;

    /* of one search */
    struct entry *entries;
    size_t n_entries, cap_entries;
    uint32_t *bucket; /* by estimated length less the object's distance: the entries to look at */
    size_t n_buckets, cap_buckets;
    uint32_t *best; /* by node: 1 + fewest steps so far, 0 not met; only touched where needed */

    /* of all */
    uint32_t round; /* the step, counted from the object, in which the paths of a round differ */
    uint32_t longest;
    bool can_differ;      /* whether there may be more in this round */
    struct step *blocked; /* of this round */
    size_t n_blocked, cap_blocked;
    struct step *steps; /* of all paths so far, one after the other, each from the object up */
    size_t n_steps, cap_steps;
    size_t *starts; /* by path: its first step */
    size_t n_starts, cap_starts;
    uint32_t *path; /* the last one */
    size_t cap_path;
};

struct err *path_finder_create(const struct paths *paths, uint32_t object, struct path_finder **ret)
{
    struct path_finder *finder = calloc(1, sizeof *finder);

    if (!finder)
        return err_nomem();
    finder->paths = *paths;
    finder->object = object;
    finder->can_differ = true;
    finder->best = calloc((size_t)paths->graph->n + 1, sizeof *finder->best);
    if (!finder->best) {
        free(finder);
        return err_nomem();
    }
    *ret = finder;
    return NULL;
}

void path_finder_destroy(struct path_finder *finder)
{
    if (!finder)
        return;
    free(finder->entries);
    free(finder->bucket);
    free(finder->best);
    free(finder->blocked);
    free(finder->steps);
    free(finder->starts);
    free(finder->path);
    free(finder);
}

static bool is_blocked(const struct path_finder *f, uint32_t holder, uint32_t held)
{
    for (size_t i = 0; i < f->n_blocked; i++)
        if (f->blocked[i].held == held && f->blocked[i].holder == holder)
            return true;
    return false;
}

static struct err *check_cancel(const atomic_bool *cancel)
{
    return cancel && atomic_load(cancel) ? err_new(ERR_CANCELLED, NULL, "cancelled") : NULL;
}

/* ---- one search ---- */

/* Puts an entry among those of an estimated length. */
static struct err *enqueue(struct path_finder *f, uint32_t entry, uint32_t length)
{
    size_t at = length - f->paths.distance[f->object];

    ERR_RETURN(grow(&f->bucket, &f->cap_buckets, at + 1, sizeof *f->bucket));
    while (f->n_buckets <= at)
        f->bucket[f->n_buckets++] = NONE;
    f->entries[entry].next = f->bucket[at];
    f->bucket[at] = entry;
    return NULL;
}

static struct err *meet(struct path_finder *f, uint32_t node, uint32_t below, uint32_t steps)
{
    uint32_t entry = (uint32_t)f->n_entries;

    ERR_RETURN(grow(&f->entries, &f->cap_entries, f->n_entries + 1, sizeof *f->entries));
    f->n_entries++;
    f->entries[entry] = (struct entry){node, below, steps, NONE};
    f->best[node] = steps + 1;
    return enqueue(f, entry, steps + f->paths.distance[node]);
}

/*
 * Looks at the holders of an entry's node. Only those are met now that do not make the path longer
 * than `length`; if there are others the entry waits for its turn among longer ones.
 */
static struct err *expand(struct path_finder *f, uint32_t entry, uint32_t length)
{
    const struct paths *p = &f->paths;
    uint32_t node = f->entries[entry].node, steps = f->entries[entry].steps + 1, later = NONE;

    for (uint32_t e = p->graph->rev_offset[node + 1]; e-- > p->graph->rev_offset[node];) {
        uint32_t holder = p->graph->holder[e], distance = p->distance[holder];
        if (distance == PATHS_NONE || distance + steps < length || distance + steps > later)
            continue;
        if (f->best[holder] && f->best[holder] <= steps + 1)
            continue;
        if ((p->tree && retained_holds(p->tree, f->object, holder)) || !counts(p, holder, node) ||
            is_blocked(f, holder, node))
            continue;
        if (distance + steps == length)
            ERR_RETURN(meet(f, holder, entry, steps));
        else
            later = distance + steps;
    }
    return later == NONE ? NULL : enqueue(f, entry, later);
}

static void forget_search(struct path_finder *f)
{
    for (size_t i = 0; i < f->n_entries; i++)
        f->best[f->entries[i].node] = 0;
    f->n_entries = f->n_buckets = 0;
}

/* The entry of the root at the end of a shortest path that takes no blocked step, or NONE. */
static struct err *search(struct path_finder *f, const atomic_bool *cancel, uint32_t *ret)
{
    uint32_t nearest = f->paths.distance[f->object], looked_at = 0;

    *ret = NONE;
    if (nearest == PATHS_NONE)
        return NULL;
    ERR_RETURN(meet(f, f->object, NONE, 0));
    for (size_t i = 0; i < f->n_buckets; i++)
        while (f->bucket[i] != NONE) {
            uint32_t at = f->bucket[i];
            const struct entry *entry = &f->entries[at];
            f->bucket[i] = entry->next;
            if (f->best[entry->node] != entry->steps + 1)
                continue; /* met again on a shorter way */
            if (bits_has(f->paths.roots, entry->node) && !is_blocked(f, NONE, entry->node)) {
                *ret = at;
                return NULL;
            }
            ERR_RETURN(expand(f, at, nearest + (uint32_t)i));
            if (++looked_at % CHECK_EVERY == 0)
                ERR_RETURN(check_cancel(cancel));
        }
    return NULL;
}

/* ---- one path after the other ---- */

static struct err *block(struct path_finder *f, struct step step)
{
    ERR_RETURN(grow(&f->blocked, &f->cap_blocked, f->n_blocked + 1, sizeof step));
    f->blocked[f->n_blocked++] = step;
    return NULL;
}

/*
 * The step of a path in which those of this round are to differ from it: the last of shorter ones.
 */
static struct step differing_step(const struct path_finder *f, size_t path)
{
    size_t end = path + 1 < f->n_starts ? f->starts[path + 1] : f->n_steps;
    size_t at = f->starts[path] + f->round;

    return f->steps[at < end ? at : end - 1];
}

/* Whether anything but its holder leads to what a step holds: not what only it leads to itself. */
static bool has_other_way(const struct path_finder *f, struct step step)
{
    const struct paths *p = &f->paths;
    const struct graph *graph = p->graph;

    for (uint32_t e = graph->rev_offset[step.held]; e < graph->rev_offset[step.held + 1]; e++) {
        uint32_t holder = graph->holder[e];
        if (holder != step.holder && p->distance[holder] != PATHS_NONE &&
            !(p->tree && retained_holds(p->tree, step.held, holder)) &&
            counts(p, holder, step.held))
            return true;
    }
    return false;
}

/* Blocks the steps in which the paths of this round have to differ. */
static struct err *begin_round(struct path_finder *f)
{
    f->n_blocked = 0;
    for (size_t i = 0; i < f->n_starts; i++) {
        struct step step = differing_step(f, i);
        ERR_RETURN(block(f, step));
        f->can_differ = f->can_differ || has_other_way(f, step);
    }
    return NULL;
}

/* The path from the root at `entry` down; remembers its steps. */
static struct err *take_path(struct path_finder *f, uint32_t entry, struct path *ret)
{
    uint32_t n = f->entries[entry].steps + 1;

    ERR_RETURN(grow(&f->path, &f->cap_path, n, sizeof *f->path));
    ERR_RETURN(grow(&f->steps, &f->cap_steps, f->n_steps + n, sizeof *f->steps));
    ERR_RETURN(grow(&f->starts, &f->cap_starts, f->n_starts + 1, sizeof *f->starts));
    f->starts[f->n_starts++] = f->n_steps;
    for (uint32_t i = 0; i < n; i++, entry = f->entries[entry].below)
        f->path[i] = f->entries[entry].node;
    for (uint32_t i = n; i-- > 0;)
        f->steps[f->n_steps++] = (struct step){i ? f->path[i - 1] : NONE, f->path[i]};
    if (n - 1 > f->longest)
        f->longest = n - 1;
    ERR_RETURN(block(f, differing_step(f, f->n_starts - 1)));
    *ret = (struct path){f->path, n};
    return NULL;
}

struct err *path_finder_next(struct path_finder *finder, const atomic_bool *cancel,
                             struct path *ret)
{
    for (;;) {
        uint32_t entry = NONE;
        struct err *err = finder->can_differ ? search(finder, cancel, &entry) : NULL;
        if (!err && entry != NONE)
            err = take_path(finder, entry, ret);
        forget_search(finder);
        if (err || entry != NONE)
            return err;
        finder->can_differ = false;
        if (finder->round >= finder->longest)
            break;
        finder->round++;
        ERR_RETURN(begin_round(finder));
        if (finder->round % CHECK_EVERY == 0)
            ERR_RETURN(check_cancel(cancel));
    }
    *ret = (struct path){NULL, 0};
    return NULL;
}
