#include "inspector/rows/cycle_breaks.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/analysis/subgraph.h"
#include "inspector/base/bits.h"
#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/rows/cycle_names.h"

/* The references that are left when those of the attribute are gone. */
struct rest {
    struct heap_cycles_edges edges; /* first: what heap_cycles_counts() wants */
    const uint64_t *weak;           /* bits, by reference */
};

static bool stays(const void *ctx, uint32_t from, uint32_t edge)
{
    const struct rest *rest = ctx;

    return !bits_has(rest->weak, edge) && heap_cycles_counts(&rest->edges, from, edge);
}

/* "app.Node.parent" is of "app.Node". */
static bool is_of_class(const char *attribute, const char *type)
{
    size_t n = strlen(type);

    return !strncmp(attribute, type, n) && attribute[n] == '.' && !strchr(attribute + n + 1, '.');
}

/* An instance of the attribute's class, or a dict that one of them may have as __dict__. */
static bool may_have_it(const struct snapshot *s, uint32_t object, const char *attribute)
{
    if (is_of_class(attribute, snapshot_type_of(s, object)->name))
        return true;
    if (strcmp(snapshot_type_of(s, object)->name, "builtins.dict") != 0)
        return false;
    for (uint32_t r = s->reverse.offset[object]; r < s->reverse.offset[object + 1]; r++)
        if (is_of_class(attribute, snapshot_type_of(s, s->reverse.object[r])->name))
            return true;
    return false;
}

/* The names of one cycle; how many. */
static uint32_t want_cycle(const struct snapshot *s, struct lookup *lookup,
                           const struct heap_cycles *cycles, const struct heap_cycle *cycle,
                           const char *attribute, uint32_t max)
{
    const uint32_t *member = cycles->member + cycle->first;
    uint32_t n = 0;

    for (uint32_t i = 0; i < cycle->count && n <= max; i++) {
        uint32_t first = s->strong.offset[member[i]], end = s->strong.offset[member[i] + 1];
        if (!may_have_it(s, member[i], attribute))
            continue;
        for (uint32_t e = first; e < end && n <= max; e++, n++)
            lookup_want_edge(lookup, member[i], e - first, s->strong.object[e]);
    }
    return n;
}

void cycle_breaks_want(const struct snapshot *s, struct lookup *lookup,
                       const struct heap_cycles *cycles, const char *attribute,
                       struct cycle_breaks *ret)
{
    uint32_t left = CYCLE_BREAKS_NAMES_MAX, at = 0;

    for (; at < cycles->n; at++) {
        uint32_t n = want_cycle(s, lookup, cycles, &cycles->cycle[at], attribute, left);
        if (n > left)
            break;
        left -= n;
    }
    *ret = (struct cycle_breaks){.attribute = attribute, .n_looked_at = at};
}

/* ---- counting ---- */

/* Marks the attribute's references of one cycle; whether there are any. */
static bool mark(const struct snapshot *s, const struct lookup *lookup, const uint32_t *member,
                 uint32_t count, const char *attribute, uint64_t *weak)
{
    bool any = false;

    for (uint32_t i = 0; i < count; i++) {
        if (!may_have_it(s, member[i], attribute))
            continue;
        for (uint32_t e = s->strong.offset[member[i]]; e < s->strong.offset[member[i] + 1]; e++) {
            _cleanup_free_ char *name = cycle_names_attribute(s, lookup, member[i], e);
            if (!name || strcmp(name, attribute) != 0)
                continue;
            bits_add(weak, e);
            any = true;
        }
    }
    return any;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* Whether an object is still part of a loop: not alone in its component, or its own holder. */
static bool is_in_loop(const struct subgraph *sub, const struct components *components,
                       uint32_t node)
{
    if (components->size[components->of[node]] > 1)
        return true;
    for (uint32_t e = sub->graph.offset[node]; e < sub->graph.offset[node + 1]; e++)
        if (sub->graph.target[e] == node)
            return true;
    return false;
}

/* `members`: of the cycles that have such references, ascending; `cycle_of` each of them. */
static struct err *count_dissolved(const struct rest *rest, const uint32_t *members, uint32_t n,
                                   const uint32_t *cycle_of, uint32_t n_cycles,
                                   const atomic_bool *cancel, uint32_t *ret)
{
    const struct graph graph = graph_of(rest->edges.snapshot);
    _cleanup_(components_deinit) struct components components = {.n = 0};
    _cleanup_(subgraph_deinit) struct subgraph sub = {.node = NULL};
    _cleanup_free_ uint64_t *holds = bits_new(n_cycles); /* cycles with a loop left */

    if (!holds)
        return err_nomem();
    ERR_RETURN(subgraph_make(&graph, members, n, stays, rest, &sub));
    ERR_RETURN(components_find(&sub.graph, NULL, NULL, cancel, &components));
    for (uint32_t i = 0; i < n; i++)
        if (is_in_loop(&sub, &components, i))
            bits_add(holds, cycle_of[members[i]]);
    *ret = n_cycles - bits_count(holds, n_cycles);
    return NULL;
}

struct err *cycle_breaks_count(const struct snapshot *s, const struct lookup *lookup,
                               const struct heap_cycles *cycles, const atomic_bool *cancel,
                               struct cycle_breaks *breaks)
{
    _cleanup_free_ uint64_t *weak = bits_new(s->strong.n);
    _cleanup_free_ uint32_t *members = NULL;
    _cleanup_free_ uint32_t *cycle_of = alloc_array(s->n_objects + 1u, sizeof *cycle_of);
    const struct rest rest = {heap_cycles_edges(s), weak};
    uint32_t n = 0, n_cycles = 0;
    size_t cap = 0;

    if (!weak || !cycle_of)
        return err_nomem();
    for (uint32_t c = 0; c < breaks->n_looked_at; c++) {
        const struct heap_cycle *cycle = &cycles->cycle[c];
        const uint32_t *member = cycles->member + cycle->first;
        if (!mark(s, lookup, member, cycle->count, breaks->attribute, weak))
            continue;
        ERR_RETURN(grow(&members, &cap, (size_t)n + cycle->count, sizeof *members));
        memcpy(members + n, member, cycle->count * sizeof *members);
        for (uint32_t i = 0; i < cycle->count; i++)
            cycle_of[member[i]] = n_cycles;
        n += cycle->count;
        n_cycles++;
    }
    breaks->count = 0;
    if (!n)
        return NULL;
    qsort(members, n, sizeof *members, by_number);
    return count_dissolved(&rest, members, n, cycle_of, n_cycles, cancel, &breaks->count);
}
