#include "tests/support/graphs.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static uint32_t *array(size_t n)
{
    uint32_t *ret = calloc(n + 1, sizeof *ret);

    if (!ret)
        abort();
    return ret;
}

/* Compressed sparse rows by the node that `key` gives; edges of a row keep their order. */
static void fill_rows(uint32_t n, const struct graphs_edge *edges, uint32_t n_edges, bool reverse,
                      uint32_t *offset, uint32_t *row)
{
    for (uint32_t e = 0; e < n_edges; e++)
        offset[reverse ? edges[e].to : edges[e].from]++;
    for (uint32_t v = 0, sum = 0; v <= n; v++) {
        sum += v < n ? offset[v] : 0;
        offset[v] = sum;
    }
    for (uint32_t e = n_edges; e-- > 0;) {
        const struct graphs_edge *edge = &edges[e];
        if (reverse)
            row[--offset[edge->to]] = edge->from;
        else
            row[--offset[edge->from]] = edge->to;
    }
}

struct graphs graphs_make(uint32_t n, const struct graphs_edge *edges, uint32_t n_edges)
{
    struct graphs ret = {.n_edges = n_edges};

    for (int i = 0; i < 4; i++)
        ret.arrays[i] = array(i % 2 ? n_edges : n);
    fill_rows(n, edges, n_edges, false, ret.arrays[0], ret.arrays[1]);
    fill_rows(n, edges, n_edges, true, ret.arrays[2], ret.arrays[3]);
    ret.graph = (struct graph){n, ret.arrays[0], ret.arrays[1], ret.arrays[2], ret.arrays[3]};
    return ret;
}

void graphs_deinit(struct graphs *graphs)
{
    for (int i = 0; i < 4; i++)
        free(graphs->arrays[i]);
    *graphs = (struct graphs){0};
}

struct graphs graphs_parse(const char *text)
{
    struct graphs_edge edges[256];
    uint32_t n = 0, n_edges = 0;

    while (*text) {
        char *end;
        struct graphs_edge *edge = &edges[n_edges];
        edge->from = (uint32_t)strtoul(text, &end, 10);
        n = edge->from + 1 > n ? edge->from + 1 : n;
        if (*end == '>') {
            edge->to = (uint32_t)strtoul(end + 1, &end, 10);
            n = edge->to + 1 > n ? edge->to + 1 : n;
            n_edges++;
        }
        if (end == text || n_edges == 256)
            abort();
        for (text = end; isspace((unsigned char)*text); text++)
            ;
    }
    return graphs_make(n, edges, n_edges);
}

static uint64_t seed_at_work;

static void print_seed(void)
{
    if (seed_at_work)
        fprintf(stderr, "failed with seed %" PRIu64 "\n", seed_at_work);
}

struct graphs_rand graphs_rand_begin(uint64_t seed)
{
    static bool is_registered;

    if (!is_registered && atexit(print_seed))
        abort();
    is_registered = true;
    seed_at_work = seed;
    return (struct graphs_rand){seed * 0x9e3779b97f4a7c15ull};
}

void graphs_rand_done(void)
{
    seed_at_work = 0;
}

/* xorshift64* */
uint32_t graphs_rand(struct graphs_rand *rand, uint32_t below)
{
    rand->state ^= rand->state >> 12;
    rand->state ^= rand->state << 25;
    rand->state ^= rand->state >> 27;
    return (uint32_t)((rand->state * 0x2545f4914f6cdd1dull >> 32) * below >> 32);
}

struct graphs graphs_random(struct graphs_rand *rand, uint32_t n_max)
{
    uint32_t n = 1 + graphs_rand(rand, n_max);
    uint32_t n_edges = graphs_rand(rand, graphs_rand(rand, 2) ? 2 * n + 1 : 4 * n + 1);
    struct graphs_edge *edges = calloc(n_edges + 1, sizeof *edges);

    if (!edges)
        abort();
    for (uint32_t e = 0; e < n_edges; e++)
        edges[e] = (struct graphs_edge){graphs_rand(rand, n), graphs_rand(rand, n)};
    struct graphs ret = graphs_make(n, edges, n_edges);
    free(edges);
    return ret;
}

/* Takes ownership of `edges`. */
static struct graphs make_and_free(uint32_t n, struct graphs_edge *edges, uint32_t n_edges)
{
    struct graphs ret = graphs_make(n, edges, n_edges);

    free(edges);
    return ret;
}

static struct graphs_edge *edges_new(size_t n)
{
    struct graphs_edge *edges = calloc(n, sizeof *edges);

    if (!edges)
        abort();
    return edges;
}

struct graphs graphs_list_and_hub(uint32_t n, bool both_ways)
{
    struct graphs_edge *edges = edges_new((size_t)3 * n);
    uint32_t k = 0, hub = n - 1;

    for (uint32_t i = 0; i < hub; i++) {
        if (i + 1 < hub)
            edges[k++] = (struct graphs_edge){i, i + 1};
        if (i && both_ways)
            edges[k++] = (struct graphs_edge){i, i - 1};
        edges[k++] = (struct graphs_edge){i, hub};
    }
    return make_and_free(n, edges, k);
}

struct graphs graphs_ladder(uint32_t rungs)
{
    struct graphs_edge *edges = edges_new((size_t)4 * rungs);
    uint32_t k = 0;

    for (uint32_t i = 0; i < rungs; i++) {
        if (i + 1 < rungs) {
            edges[k++] = (struct graphs_edge){2 * i, 2 * i + 2};
            edges[k++] = (struct graphs_edge){2 * i + 1, 2 * i + 3};
        }
        edges[k++] = (struct graphs_edge){2 * i, 2 * i + 1};
        edges[k++] = (struct graphs_edge){2 * i + 1, 2 * i};
    }
    return make_and_free(2 * rungs, edges, k);
}

struct graphs graphs_complete(uint32_t n)
{
    struct graphs_edge *edges = edges_new((size_t)n * n);
    uint32_t k = 0;

    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < n; j++)
            edges[k++] = (struct graphs_edge){i, j};
    return make_and_free(n, edges, k);
}
