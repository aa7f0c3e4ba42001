/*
 * A close look at one cycle, on a graph of its own (subgraph.h): the shortest loop, and the class
 * of edges that would dissolve it.
 */
#include <stdlib.h>
#include <string.h>

#include "inspector/analysis/cycles.h"
#include "inspector/analysis/subgraph.h"
#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"

enum { CHECK_EVERY = 1 << 8 };
#define NONE UINT32_MAX

/* ---- the shortest loop ---- */

struct loops {
    const struct graph *graph;
    uint32_t *mark;  /* by node: the search that met it last, NONE for no search */
    uint32_t *by;    /* by node: the edge that it was met by */
    uint32_t *from;  /* by node: the node before */
    uint32_t *depth; /* by node */
    uint32_t *queue;
    uint64_t looked_at;    /* edges */
    uint32_t best;         /* length, NONE without one */
    uint32_t *node, *edge; /* the best loop */
};

static void loops_deinit(struct loops *l)
{
    free(l->mark);
    free(l->by);
    free(l->from);
    free(l->depth);
    free(l->queue);
    free(l->node);
    free(l->edge);
}

static struct err *loops_init(struct loops *l, const struct graph *graph)
{
    size_t n = graph->n;

    *l = (struct loops){
        .graph = graph,
        .best = NONE,
        .mark = alloc_array(n, sizeof *l->mark),
        .by = alloc_array(n, sizeof *l->by),
        .from = alloc_array(n, sizeof *l->from),
        .depth = alloc_array(n, sizeof *l->depth),
        .queue = alloc_array(n, sizeof *l->queue),
    };
    if (!l->mark || !l->by || !l->from || !l->depth || !l->queue)
        return err_nomem();
    memset(l->mark, 0xff, n * sizeof *l->mark);
    return NULL;
}

/* Keeps the loop start → … → last → start; `closing` is its last edge. */
static struct err *keep_loop(struct loops *l, uint32_t start, uint32_t last, uint32_t closing)
{
    uint32_t length = l->depth[last] + 1, at = last, edge = closing;
    uint32_t *node = alloc_array(length, sizeof *node);
    uint32_t *edges = alloc_array(length, sizeof *edges);

    if (!node || !edges) {
        free(node);
        free(edges);
        return err_nomem();
    }
    for (uint32_t i = length; i-- > 0; at = l->from[at]) {
        node[i] = at;
        edges[i] = edge;
        edge = at == start ? NONE : l->by[at];
    }
    free(l->node);
    free(l->edge);
    l->node = node;
    l->edge = edges;
    l->best = length;
    return NULL;
}

/*
 * Breadth first from `start`: the first edge back to it closes the shortest loop through it. Looks
 * at no nodes below `first`, and no further than where a loop would be as long as the best one.
 */
static struct err *search_loop(struct loops *l, uint32_t start, uint32_t first)
{
    const struct graph *graph = l->graph;
    uint32_t head = 0, tail = 0;

    l->queue[tail++] = start;
    l->mark[start] = start;
    l->depth[start] = 0;
    l->from[start] = start;
    while (head < tail) {
        uint32_t node = l->queue[head++];
        if (l->depth[node] + 1 >= l->best)
            break;
        for (uint32_t e = graph->offset[node]; e < graph->offset[node + 1]; e++) {
            uint32_t to = graph->target[e];
            l->looked_at++;
            if (to == start)
                return keep_loop(l, start, node, e);
            if (to < first || l->mark[to] == start)
                continue;
            l->mark[to] = start;
            l->by[to] = e;
            l->from[to] = node;
            l->depth[to] = l->depth[node] + 1;
            l->queue[tail++] = to;
        }
    }
    return NULL;
}

/* From every node, each time without those that had their turn; or from a few. */
static struct err *search_loops(struct loops *l, const atomic_bool *cancel, bool *is_shortest)
{
    uint32_t n = l->graph->n;
    bool is_exact = n <= CYCLES_EXACT_MAX;
    uint32_t n_starts = is_exact ? n : CYCLES_SAMPLES;

    for (uint32_t i = 0; i < n_starts && l->best > 1; i++) {
        uint32_t start = is_exact ? i : (uint32_t)((uint64_t)i * n / n_starts);
        ERR_RETURN(search_loop(l, start, is_exact ? i : 0));
        if ((!is_exact || i % CHECK_EVERY == 0) && cancel && atomic_load(cancel))
            return err_new(ERR_CANCELLED, NULL, "cancelled");
        if (!is_exact && l->best != NONE && l->looked_at > CYCLES_EDGES_MAX)
            break;
    }
    *is_shortest = is_exact || l->best == 1;
    return NULL;
}

/* ---- the cut ---- */

struct cut {
    uint32_t class_of;
    uint32_t n_edges;
};

struct cutter {
    const struct graph *graph;
    const atomic_bool *cancel;
    uint32_t *class_of; /* by edge */
    uint32_t *holders;  /* by node: edges to it that are left */
    uint32_t *queue;
    struct cut cuts[CYCLES_CUTS_MAX]; /* by class, then by edges */
    uint32_t n_cuts;
};

static int compare_class(const void *a, const void *b)
{
    const struct cut *x = a, *y = b;

    return (x->class_of > y->class_of) - (x->class_of < y->class_of);
}

static int compare_edges(const void *a, const void *b)
{
    const struct cut *x = a, *y = b;

    if (x->n_edges != y->n_edges)
        return x->n_edges < y->n_edges ? -1 : 1;
    return compare_class(a, b);
}

/* A class that dissolves the cycle has an edge on every loop, so on this one. */
static void add_cut(struct cutter *c, uint32_t class_of)
{
    for (uint32_t i = 0; i < c->n_cuts; i++)
        if (c->cuts[i].class_of == class_of)
            return;
    if (class_of != CYCLES_NONE && c->n_cuts < CYCLES_CUTS_MAX)
        c->cuts[c->n_cuts++] = (struct cut){class_of, 0};
}

static void count_cuts(struct cutter *c)
{
    qsort(c->cuts, c->n_cuts, sizeof *c->cuts, compare_class);
    for (uint32_t e = 0; e < c->graph->offset[c->graph->n]; e++) {
        struct cut key = {c->class_of[e], 0};
        struct cut *cut = bsearch(&key, c->cuts, c->n_cuts, sizeof key, compare_class);
        if (cut)
            cut->n_edges++;
    }
    qsort(c->cuts, c->n_cuts, sizeof *c->cuts, compare_edges);
}

/* Whether no loop is left without a class: nodes that nothing leads to are taken away until none is
 * left (A. B. Kahn, 1962). */
static bool dissolves(struct cutter *c, uint32_t class_of)
{
    const struct graph *graph = c->graph;
    uint32_t head = 0, tail = 0;

    memset(c->holders, 0, graph->n * sizeof *c->holders);
    for (uint32_t e = 0; e < graph->offset[graph->n]; e++)
        c->holders[graph->target[e]] += c->class_of[e] != class_of;
    for (uint32_t v = 0; v < graph->n; v++)
        if (!c->holders[v])
            c->queue[tail++] = v;
    while (head < tail) {
        uint32_t node = c->queue[head++];
        for (uint32_t e = graph->offset[node]; e < graph->offset[node + 1]; e++)
            if (c->class_of[e] != class_of && --c->holders[graph->target[e]] == 0)
                c->queue[tail++] = graph->target[e];
    }
    return tail == graph->n;
}

static struct err *find_cut(const struct cycle_spec *spec, const struct subgraph *sub,
                            const struct loops *loop, struct cycle_detail *ret)
{
    uint32_t n_edges = sub->graph.offset[sub->graph.n];
    _cleanup_free_ uint32_t *class_of = alloc_array(n_edges, sizeof *class_of);
    _cleanup_free_ uint32_t *holders = alloc_array(sub->graph.n, sizeof *holders);
    struct cutter c = {&sub->graph, spec->cancel, class_of, holders, loop->queue, {{0, 0}}, 0};

    if (!class_of || !holders)
        return err_nomem();
    for (uint32_t v = 0; v < sub->graph.n; v++)
        for (uint32_t e = sub->graph.offset[v]; e < sub->graph.offset[v + 1]; e++)
            class_of[e] = spec->class_of(spec->ctx, sub->node[v], sub->edge[e]);
    for (uint32_t i = 0; i < loop->best; i++)
        add_cut(&c, class_of[loop->edge[i]]);
    count_cuts(&c);
    for (uint32_t i = 0; i < c.n_cuts; i++) {
        if (spec->cancel && atomic_load(spec->cancel))
            return err_new(ERR_CANCELLED, NULL, "cancelled");
        if (dissolves(&c, c.cuts[i].class_of)) {
            ret->cut = c.cuts[i].class_of;
            ret->n_cut_edges = c.cuts[i].n_edges;
            return NULL;
        }
    }
    return NULL;
}

/* ---- both ---- */

static struct err *examine(const struct cycle_spec *spec, const struct subgraph *sub,
                           struct loops *loop, struct cycle_detail *ret)
{
    ERR_RETURN(search_loops(loop, spec->cancel, &ret->is_shortest));
    if (loop->best == NONE)
        return NULL;
    if (spec->class_of)
        ERR_RETURN(find_cut(spec, sub, loop, ret));
    for (uint32_t i = 0; i < loop->best; i++) {
        loop->node[i] = sub->node[loop->node[i]];
        loop->edge[i] = sub->edge[loop->edge[i]];
    }
    ret->n_loop = loop->best;
    ret->loop_node = take_ptr(loop->node);
    ret->loop_edge = take_ptr(loop->edge);
    return NULL;
}

struct err *cycles_examine(const struct cycle_spec *spec, struct cycle_detail *ret)
{
    struct cycle_detail detail = {.cut = CYCLES_NONE};
    struct subgraph sub;
    struct loops loop;
    struct err *err =
        subgraph_make(spec->graph, spec->member, spec->count, spec->edge, spec->ctx, &sub);

    if (err)
        return err;
    err = loops_init(&loop, &sub.graph);
    if (!err)
        err = examine(spec, &sub, &loop, &detail);
    loops_deinit(&loop);
    subgraph_deinit(&sub);
    if (!err)
        *ret = detail;
    return err;
}

void cycle_detail_deinit(struct cycle_detail *detail)
{
    free(detail->loop_node);
    free(detail->loop_edge);
    *detail = (struct cycle_detail){0};
}
