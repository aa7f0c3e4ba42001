#include "inspector/analysis/heap_cycles.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/analysis/components.h"
#include "inspector/base/bits.h"
#include "inspector/base/cleanup.h"

/* ---- references that count ---- */

struct heap_cycles_edges heap_cycles_edges(const struct snapshot *s)
{
    struct heap_cycles_edges edges = {s, facts_of(s), SNAPSHOT_NONE};

    for (uint32_t i = 0; i < s->n_types; i++)
        if (!strcmp(s->types[i].name, "builtins.module"))
            edges.module_type = i;
    return edges;
}

static bool is_class(const struct snapshot *s, uint32_t object)
{
    return snapshot_type_of(s, object)->flags & TYPE_METATYPE;
}

bool heap_cycles_counts(const void *ctx, uint32_t from, uint32_t edge)
{
    const struct heap_cycles_edges *edges = ctx;
    const struct snapshot *s = edges->snapshot;
    uint32_t to = s->strong.object[edge];

    if (bits_has(edges->facts->garbage.set, from))
        return true;
    return !is_class(s, to) && s->type[to] != edges->module_type &&
           !bits_has(edges->facts->namespaces, to);
}

/* ---- finding ---- */

static uint64_t shallow_of(const void *ctx, uint32_t object)
{
    return snapshot_shallow(ctx, object);
}

static struct err *describe(const struct snapshot *s, const uint32_t *member,
                            struct heap_cycle *cycle)
{
    const struct facts *facts = facts_of(s);

    cycle->is_garbage = bits_has(facts->garbage.set, member[0]);
    for (uint32_t i = 0; i < cycle->count; i++)
        cycle->finalizers += snapshot_type_of(s, member[i])->flags & TYPE_FINALIZER &&
                             !(s->flags[member[i]] & OBJECT_FINALIZED);
    if (!cycle->is_garbage)
        return retained_of_set(&facts->retained, member, cycle->count, &cycle->retained_bytes);
    cycle->retained_bytes = cycle->shallow_bytes;
    return NULL;
}

/* Garbage first; each part stays in its order. */
static struct err *take_over(const struct snapshot *s, struct cycles *found,
                             struct heap_cycles *ret)
{
    struct heap_cycle *cycle = calloc(found->n + 1u, sizeof *cycle);
    const uint64_t *garbage = facts_of(s)->garbage.set;

    if (!cycle)
        return err_nomem();
    ret->cycle = cycle;
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < found->n; i++) {
            const struct cycle *from = &found->cycle[i];
            if (bits_has(garbage, found->member[from->first]) != !pass)
                continue;
            struct heap_cycle *to = &cycle[ret->n++];
            *to = (struct heap_cycle){
                .first = from->first, .count = from->count, .shallow_bytes = from->bytes};
            ERR_RETURN(describe(s, found->member + to->first, to));
            ret->n_garbage += to->is_garbage;
        }
    ret->member = take_ptr(found->member);
    return NULL;
}

static struct err *find(const struct snapshot *s, graph_reference_fn *edge, const void *ctx,
                        const atomic_bool *cancel, struct cycles *ret)
{
    struct graph graph = graph_of(s);
    _cleanup_(components_deinit) struct components components = {.n = 0};

    ERR_RETURN(components_find(&graph, edge, ctx, cancel, &components));
    return cycles_list(&graph, &components, edge, ctx, shallow_of, s, cancel, ret);
}

static uint32_t count_members(const struct cycles *cycles)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < cycles->n; i++)
        n += cycles->cycle[i].count;
    return n;
}

struct err *heap_cycles_find(const struct snapshot *s, const atomic_bool *cancel,
                             struct heap_cycles *ret)
{
    const struct heap_cycles_edges edges = heap_cycles_edges(s);
    _cleanup_(cycles_deinit) struct cycles all = {.n = 0}, found = {.n = 0};
    struct heap_cycles cycles = {.n = 0};

    ERR_RETURN(find(s, NULL, NULL, cancel, &all));
    ERR_RETURN(find(s, heap_cycles_counts, &edges, cancel, &found));
    cycles.n_folded = count_members(&all) - count_members(&found);
    struct err *err = take_over(s, &found, &cycles);
    if (err)
        heap_cycles_deinit(&cycles);
    else
        *ret = cycles;
    return err;
}

void heap_cycles_deinit(struct heap_cycles *cycles)
{
    free(cycles->cycle);
    free(cycles->member);
    *cycles = (struct heap_cycles){0};
}
