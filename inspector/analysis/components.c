#include "inspector/analysis/components.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/base/bits.h"
#include "inspector/base/mem.h"

enum {
    CHECK_EVERY = 1 << 16,
    ROW_HEAD = 4, /* references of a node that are fetched when it is entered */
    AHEAD = 6,    /* nodes of the path between two stages of fetching, on the way back */
};

/*
 * One word a node says everything: 0 not visited; 1 … index a visit number, smaller for older
 * nodes, lowered to that of the oldest node it leads back to; from UINT32_MAX - 1 down a finished
 * component. Two stacks share one array: the path of the search grows from the left, finished nodes
 * that wait for their component's root from the right.
 */
struct pearce {
    const struct graph *graph;
    graph_reference_fn *edge;
    const void *ctx;
    const atomic_bool *cancel;
    uint32_t *rindex;
    uint32_t *stack;  /* n nodes: path | … | waiting */
    uint32_t *cursor; /* by depth on the path: the next edge to look at */
    uint64_t *is_root;
    uint32_t path, waiting; /* lengths */
    uint32_t index, component;
    uint32_t steps;
};

static void begin_visit(struct pearce *p, uint32_t node)
{
    const struct graph *graph = p->graph;
    uint32_t begin = graph->offset[node], end = graph->offset[node + 1];

    p->stack[p->path] = node;
    p->cursor[p->path++] = begin;
    bits_add(p->is_root, node);
    p->rindex[node] = p->index++;
    for (uint32_t e = begin; e < end && e < begin + ROW_HEAD; e++) {
        __builtin_prefetch(&p->rindex[graph->target[e]], 1);
        __builtin_prefetch(&graph->offset[graph->target[e]]);
    }
}

/* The search is about to go back along its path: fetch those nodes, and what they will look at. */
static void fetch_back(const struct pearce *p)
{
    const struct graph *graph = p->graph;

    if (p->path <= 2 * AHEAD)
        return;
    uint32_t at = p->path - 1 - 2 * AHEAD, node = p->stack[at];
    __builtin_prefetch(&p->rindex[node], 1);
    __builtin_prefetch(&graph->offset[node + 1]);
    __builtin_prefetch(&graph->target[p->cursor[at]]);
    at += AHEAD;
    uint32_t next = p->cursor[at] + 1; /* the edge that it went down by is done */
    if (next < graph->offset[p->stack[at] + 1]) {
        __builtin_prefetch(&p->rindex[graph->target[next]], 1);
        __builtin_prefetch(&graph->offset[graph->target[next]]);
    }
}

static void finish_visit(struct pearce *p, uint32_t node)
{
    uint32_t n = p->graph->n;

    p->path--;
    fetch_back(p);
    if (!bits_has(p->is_root, node)) { /* it waits for the root of its component */
        p->stack[n - ++p->waiting] = node;
        return;
    }
    p->index--;
    while (p->waiting && p->rindex[node] <= p->rindex[p->stack[n - p->waiting]]) {
        uint32_t member = p->stack[n - p->waiting--];
        p->rindex[member] = p->component;
        p->index--;
    }
    p->rindex[node] = p->component--;
}

/* Looks at the next edge of the node on top of the path; false when there is none left. */
static bool next_edge(struct pearce *p, uint32_t node)
{
    const struct graph *graph = p->graph;

    while (p->cursor[p->path - 1] < graph->offset[node + 1]) {
        uint32_t edge = p->cursor[p->path - 1], target = graph->target[edge];
        p->steps++;
        if (p->edge && !p->edge(p->ctx, node, edge)) {
            p->cursor[p->path - 1]++;
            continue;
        }
        if (!p->rindex[target]) { /* down; this edge is looked at again on the way back */
            begin_visit(p, target);
            return true;
        }
        if (p->rindex[target] < p->rindex[node]) {
            p->rindex[node] = p->rindex[target];
            bits_remove(p->is_root, node);
        }
        p->cursor[p->path - 1]++;
    }
    return false;
}

static struct err *visit(struct pearce *p, uint32_t start)
{
    begin_visit(p, start);
    while (p->path) {
        uint32_t node = p->stack[p->path - 1];
        if (!next_edge(p, node))
            finish_visit(p, node);
        if (p->steps >= CHECK_EVERY) {
            p->steps = 0;
            if (p->cancel && atomic_load(p->cancel))
                return err_new(ERR_CANCELLED, NULL, "cancelled");
        }
    }
    return NULL;
}

/* Components were numbered downwards from UINT32_MAX - 1: from 0 up, and counted. */
static struct err *number_components(struct pearce *p, struct components *ret)
{
    uint32_t first = UINT32_MAX - 1;

    ret->n = first - p->component;
    ret->size = calloc((size_t)ret->n + 1, sizeof *ret->size);
    if (!ret->size)
        return err_nomem();
    for (uint32_t v = 0; v < p->graph->n; v++) {
        p->rindex[v] = first - p->rindex[v];
        ret->size[p->rindex[v]]++;
    }
    ret->of = p->rindex;
    p->rindex = NULL;
    return NULL;
}

struct err *components_find(const struct graph *graph, graph_reference_fn *edge, const void *ctx,
                            const atomic_bool *cancel, struct components *ret)
{
    size_t n = (size_t)graph->n + 1;
    struct components result = {0};
    struct pearce p = {
        .graph = graph,
        .edge = edge,
        .ctx = ctx,
        .cancel = cancel,
        .rindex = alloc_array(n, sizeof *p.rindex),
        .stack = alloc_array(n, sizeof *p.stack),
        .cursor = alloc_array(n, sizeof *p.cursor),
        .is_root = bits_new(graph->n),
        .index = 1,
        .component = UINT32_MAX - 1,
    };
    struct err *err = p.rindex && p.stack && p.cursor && p.is_root ? NULL : err_nomem();

    if (!err)
        memset(p.rindex, 0, n * sizeof *p.rindex);
    for (uint32_t v = 0; !err && v < graph->n; v++)
        if (!p.rindex[v])
            err = visit(&p, v);
    if (!err)
        err = number_components(&p, &result);
    free(p.rindex);
    free(p.stack);
    free(p.cursor);
    free(p.is_root);
    if (err)
        return err;
    *ret = result;
    return NULL;
}

void components_deinit(struct components *components)
{
    free(components->of);
    free(components->size);
    *components = (struct components){0};
}
