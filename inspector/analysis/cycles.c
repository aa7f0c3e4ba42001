#include "inspector/analysis/cycles.h"

#include <stdlib.h>

#include "inspector/base/bits.h"
#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"

enum { CHECK_EVERY = 1 << 16 };

static struct err *check_cancel(const atomic_bool *cancel)
{
    return cancel && atomic_load(cancel) ? err_new(ERR_CANCELLED, NULL, "cancelled") : NULL;
}

/* ---- which there are ---- */

static bool holds_itself(const struct graph *graph, graph_reference_fn *edge, const void *ctx,
                         uint32_t node)
{
    for (uint32_t e = graph->offset[node]; e < graph->offset[node + 1]; e++)
        if (graph->target[e] == node && (!edge || edge(ctx, node, e)))
            return true;
    return false;
}

struct lister {
    const struct graph *graph;
    const struct components *components;
    uint32_t *number; /* by component: its place in `cycle`, or CYCLES_NONE */
    struct cycles *cycles;
};

/* Gives numbers to the components that are cycles, and room for their members. */
static struct err *number_cycles(struct lister *l, graph_reference_fn *edge, const void *ctx,
                                 const atomic_bool *cancel)
{
    const struct components *c = l->components;
    size_t cap = 0, n = 0, n_members = 0;

    for (uint32_t i = 0; i < c->n; i++)
        l->number[i] = CYCLES_NONE;
    for (uint32_t v = 0; v < l->graph->n; v++) {
        uint32_t of = c->of[v];
        if (v % CHECK_EVERY == 0)
            ERR_RETURN(check_cancel(cancel));
        if (l->number[of] != CYCLES_NONE ||
            (c->size[of] == 1 && !holds_itself(l->graph, edge, ctx, v)))
            continue;
        ERR_RETURN(grow(&l->cycles->cycle, &cap, n + 1, sizeof *l->cycles->cycle));
        l->cycles->cycle[n] = (struct cycle){.first = (uint32_t)n_members};
        l->number[of] = (uint32_t)n++;
        n_members += c->size[of];
    }
    l->cycles->n = (uint32_t)n;
    l->cycles->member = alloc_array(n_members, sizeof *l->cycles->member);
    return l->cycles->member ? NULL : err_nomem();
}

static int compare_cycles(const void *a, const void *b)
{
    const struct cycle *x = a, *y = b;

    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return (x->first > y->first) - (x->first < y->first);
}

struct err *cycles_list(const struct graph *graph, const struct components *components,
                        graph_reference_fn *edge, const void *ctx, graph_bytes_fn *bytes,
                        const void *bytes_ctx, const atomic_bool *cancel, struct cycles *ret)
{
    struct cycles cycles = {0};
    _cleanup_free_ uint32_t *number = alloc_array(components->n, sizeof *number);
    struct lister lister = {graph, components, number, &cycles};
    struct err *err = number ? number_cycles(&lister, edge, ctx, cancel) : err_nomem();

    if (err) {
        cycles_deinit(&cycles);
        return err;
    }
    for (uint32_t v = 0; v < graph->n; v++)
        if (number[components->of[v]] != CYCLES_NONE) {
            struct cycle *cycle = &cycles.cycle[number[components->of[v]]];
            cycles.member[cycle->first + cycle->count++] = v;
            cycle->bytes += bytes(bytes_ctx, v);
        }
    if (cycles.n)
        qsort(cycles.cycle, cycles.n, sizeof *cycles.cycle, compare_cycles);
    *ret = cycles;
    return NULL;
}

void cycles_deinit(struct cycles *cycles)
{
    free(cycles->cycle);
    free(cycles->member);
    *cycles = (struct cycles){0};
}

/* ---- who holds one of them ---- */

struct err *cycles_holders(const struct cycle_spec *spec, uint32_t n_max, struct cycle_holder **ret,
                           uint32_t *n, uint64_t *n_all)
{
    const struct graph *graph = spec->graph;
    _cleanup_free_ uint64_t *members = bits_new(graph->n);
    _cleanup_free_ struct cycle_holder *holders = NULL;
    size_t cap = 0, count = 0;
    uint64_t all = 0;

    if (!members)
        return err_nomem();
    for (uint32_t i = 0; i < spec->count; i++)
        bits_add(members, spec->member[i]);
    for (uint32_t i = 0; i < spec->count; i++) {
        uint32_t held = spec->member[i];
        for (uint32_t e = graph->rev_offset[held]; e < graph->rev_offset[held + 1]; e++) {
            if (bits_has(members, graph->holder[e]) || all++ >= n_max)
                continue;
            ERR_RETURN(grow(&holders, &cap, count + 1, sizeof *holders));
            holders[count++] = (struct cycle_holder){graph->holder[e], held};
        }
        if (i % CHECK_EVERY == 0)
            ERR_RETURN(check_cancel(spec->cancel));
    }
    *ret = take_ptr(holders);
    *n = (uint32_t)count;
    *n_all = all;
    return NULL;
}
