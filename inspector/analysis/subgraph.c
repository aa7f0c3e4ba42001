#include "inspector/analysis/subgraph.h"

#include <stdlib.h>

#include "inspector/base/bits.h"
#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"

/* From a node of the whole graph to its number in the subgraph: how many members come before it. */
struct rank {
    uint64_t *members;
    uint32_t *before; /* by word of `members` */
};

static void rank_deinit(struct rank *rank)
{
    free(rank->members);
    free(rank->before);
}

static struct err *rank_init(struct rank *rank, uint32_t n, const uint32_t *nodes, uint32_t n_nodes)
{
    uint32_t count = 0;

    *rank = (struct rank){bits_new(n), alloc_array(bits_words(n), sizeof(uint32_t))};
    if (!rank->members || !rank->before) {
        rank_deinit(rank);
        return err_nomem();
    }
    for (uint32_t i = 0; i < n_nodes; i++)
        bits_add(rank->members, nodes[i]);
    for (size_t word = 0; word < bits_words(n); word++) {
        rank->before[word] = count;
        count += (uint32_t)__builtin_popcountll(rank->members[word]);
    }
    return NULL;
}

static uint32_t rank_of(const struct rank *rank, uint32_t node)
{
    uint64_t lower = rank->members[node / 64] & ((UINT64_C(1) << node % 64) - 1);

    return rank->before[node / 64] + (uint32_t)__builtin_popcountll(lower);
}

/* The edges of all members in a row; only counted if the arrays are NULL. */
static uint32_t add_edges(const struct graph *graph, const struct rank *rank, uint32_t n_nodes,
                          graph_reference_fn *edge, const void *ctx, struct subgraph *s)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < n_nodes; i++) {
        uint32_t node = s->node[i];
        s->offset[i] = count;
        for (uint32_t e = graph->offset[node]; e < graph->offset[node + 1]; e++) {
            uint32_t to = graph->target[e];
            if (!bits_has(rank->members, to) || (edge && !edge(ctx, node, e)))
                continue;
            if (s->target) {
                s->target[count] = rank_of(rank, to);
                s->edge[count] = e;
            }
            count++;
        }
    }
    s->offset[n_nodes] = count;
    return count;
}

struct err *subgraph_make(const struct graph *graph, const uint32_t *nodes, uint32_t n_nodes,
                          graph_reference_fn *edge, const void *ctx, struct subgraph *ret)
{
    struct subgraph s = {.node = nodes};
    struct rank rank;

    ERR_RETURN(rank_init(&rank, graph->n, nodes, n_nodes));
    s.offset = alloc_array((size_t)n_nodes + 1, sizeof *s.offset);
    if (s.offset) {
        uint32_t n_edges = add_edges(graph, &rank, n_nodes, edge, ctx, &s);
        s.target = alloc_array(n_edges, sizeof *s.target);
        s.edge = alloc_array(n_edges, sizeof *s.edge);
    }
    if (!s.offset || !s.target || !s.edge) {
        rank_deinit(&rank);
        subgraph_deinit(&s);
        return err_nomem();
    }
    add_edges(graph, &rank, n_nodes, edge, ctx, &s);
    rank_deinit(&rank);
    s.graph = (struct graph){.n = n_nodes, .offset = s.offset, .target = s.target};
    *ret = s;
    return NULL;
}

void subgraph_deinit(struct subgraph *subgraph)
{
    free(subgraph->edge);
    free(subgraph->offset);
    free(subgraph->target);
    *subgraph = (struct subgraph){0};
}
