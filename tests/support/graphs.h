/*
 * Graphs for tests: written down, random, and the shapes that break algorithms.
 *
 *      struct graphs g = graphs_parse("0>1 0>2 1>3 2>3 3>3");
 *      … g.graph …
 *      graphs_deinit(&g);
 *
 * Nodes are numbers; there are as many as the largest one needs. Edges keep their order. Without
 * memory the program aborts.
 */
#pragma once

#include <stdint.h>

#include "inspector/model/graph.h"

struct graphs {
    struct graph graph;
    uint32_t n_edges;
    uint32_t *arrays[4]; /* private: what `graph` borrows */
};

struct graphs_edge {
    uint32_t from, to;
};

/* Edges of one holder keep their order. */
struct graphs graphs_make(uint32_t n, const struct graphs_edge *edges, uint32_t n_edges);
struct graphs graphs_parse(const char *text);
void graphs_deinit(struct graphs *graphs);

/* A reproducible stream of numbers. */
struct graphs_rand {
    uint64_t state; /* not 0 */
};
/*
 * Begins with a seed, and has the program print it at its end, as the one at which a test failed,
 * unless graphs_rand_done() is reached.
 */
struct graphs_rand graphs_rand_begin(uint64_t seed);
void graphs_rand_done(void);
/* 0 … below - 1. */
uint32_t graphs_rand(struct graphs_rand *rand, uint32_t below);

/* At most n_max nodes, with self edges and parallel ones; sparse and dense ones alternate. */
struct graphs graphs_random(struct graphs_rand *rand, uint32_t n_max);

/* i > i + 1; each also > the last node, and back if `both_ways`. */
struct graphs graphs_list_and_hub(uint32_t n, bool both_ways);
/* Two rails with rungs in both directions. */
struct graphs graphs_ladder(uint32_t rungs);
/* Everything to everything, itself included. */
struct graphs graphs_complete(uint32_t n);
