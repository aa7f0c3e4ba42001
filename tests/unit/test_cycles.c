#include "inspector/analysis/cycles.h"

#include <stdlib.h>

#include "tests/support/graphs.h"
#include "tests/support/test.h"

enum { GRAPHS = 2000, NODES = 12, CLASSES = 4, DEEP = 1000000, EDGES = 4 * NODES };

static uint64_t ten_each(const void *ctx, uint32_t v)
{
    (void)ctx;
    (void)v;
    return 10;
}

/* What edges are: their classes, and which are left out. By edge. */
struct kinds {
    uint32_t class_of[EDGES];
    bool is_cut[EDGES];
};

static uint32_t class_of(const void *ctx, uint32_t from, uint32_t edge)
{
    (void)from;
    return ((const struct kinds *)ctx)->class_of[edge];
}

static bool counts(const void *ctx, uint32_t from, uint32_t edge)
{
    (void)from;
    return !((const struct kinds *)ctx)->is_cut[edge];
}

static void list(const struct graph *graph, const struct kinds *kinds, struct cycles *ret)
{
    struct components c;

    assert_ok(components_find(graph, counts, kinds, NULL, &c));
    assert_ok(cycles_list(graph, &c, counts, kinds, ten_each, NULL, NULL, ret));
    components_deinit(&c);
}

static struct cycle_spec spec_of(const struct graph *graph, const struct kinds *kinds,
                                 const struct cycles *cycles, uint32_t i)
{
    return (struct cycle_spec){
        .graph = graph,
        .member = cycles->member + cycles->cycle[i].first,
        .count = cycles->cycle[i].count,
        .edge = counts,
        .class_of = class_of,
        .ctx = kinds,
    };
}

static void test_cycles__largest_first(void **state)
{
    struct graphs g = graphs_parse("0>0 1>2 2>1 3>4 4>5 5>3 2>3 6");
    struct kinds kinds = {0};
    struct cycles c;

    (void)state;
    list(&g.graph, &kinds, &c);
    assert_int_equal(c.n, 3);
    assert_int_equal(c.cycle[0].count, 3);
    assert_int_equal(c.member[c.cycle[0].first], 3);
    assert_int_equal(c.member[c.cycle[0].first + 2], 5);
    assert_int_equal(c.cycle[0].bytes, 30);
    assert_int_equal(c.cycle[1].count, 2);
    assert_int_equal(c.cycle[2].count, 1);
    cycles_deinit(&c);
    kinds.is_cut[0] = kinds.is_cut[1] = true; /* 0>0, 1>2 */
    list(&g.graph, &kinds, &c);
    assert_int_equal(c.n, 1);
    cycles_deinit(&c);
    graphs_deinit(&g);
}

static void test_cycles__nothing(void **state)
{
    struct graphs g = graphs_make(0, NULL, 0);
    struct kinds kinds = {0};
    struct cycles c;

    (void)state;
    list(&g.graph, &kinds, &c);
    assert_int_equal(c.n, 0);
    cycles_deinit(&c);
    graphs_deinit(&g);
}

/*
 * Three nodes of a tree: 0 the parent, 1 its list of children, 2 and 3 the children. Classes: 0
 * .children, 1 items, 2 .parent, 3 the children know their list.
 */
static void test_cycles__the_reference_to_make_weak(void **state)
{
    struct graphs g = graphs_parse("0>1 1>2 1>3 2>0 3>0 4>1 4>1");
    struct kinds kinds = {.class_of = {0, 1, 1, 2, 2}};
    struct cycle_detail detail;
    struct cycle_holder *holders;
    struct cycles c;
    uint32_t n;
    uint64_t n_all;

    (void)state;
    list(&g.graph, &kinds, &c);
    assert_int_equal(c.n, 1);
    struct cycle_spec spec = spec_of(&g.graph, &kinds, &c, 0);
    assert_ok(cycles_examine(&spec, &detail));
    assert_int_equal(detail.n_loop, 3);
    assert_true(detail.is_shortest);
    assert_memory_equal(detail.loop_node, ((uint32_t[]){0, 1, 2}), 12);
    assert_memory_equal(detail.loop_edge, ((uint32_t[]){0, 1, 3}), 12);
    assert_int_equal(detail.cut, 0); /* one reference; .parent would be two */
    assert_int_equal(detail.n_cut_edges, 1);
    cycle_detail_deinit(&detail);
    kinds.class_of[0] = CYCLES_NONE;
    assert_ok(cycles_examine(&spec, &detail));
    assert_int_equal(detail.cut, 1);
    assert_int_equal(detail.n_cut_edges, 2);
    cycle_detail_deinit(&detail);
    assert_ok(cycles_holders(&spec, 1, &holders, &n, &n_all));
    assert_int_equal(n, 1);
    assert_int_equal(n_all, 2);
    assert_int_equal(holders[0].holder, 4);
    assert_int_equal(holders[0].held, 1);
    free(holders);
    cycles_deinit(&c);
    graphs_deinit(&g);
}

/* Two loops that have no class in common. */
static void test_cycles__no_single_cut(void **state)
{
    struct graphs g = graphs_parse("0>1 1>0 1>2 2>1");
    struct kinds kinds = {.class_of = {0, 1, 2, 3}};
    struct cycle_detail detail;
    struct cycles c;

    (void)state;
    list(&g.graph, &kinds, &c);
    struct cycle_spec spec = spec_of(&g.graph, &kinds, &c, 0);
    assert_ok(cycles_examine(&spec, &detail));
    assert_int_equal(detail.n_loop, 2);
    assert_int_equal(detail.cut, CYCLES_NONE);
    cycle_detail_deinit(&detail);
    cycles_deinit(&c);
    graphs_deinit(&g);
}

static uint32_t one_class(const void *ctx, uint32_t from, uint32_t edge)
{
    (void)ctx;
    (void)from;
    (void)edge;
    return 7;
}

/* A component of its own for all nodes 0 … n - 1. */
static void examine_all(const struct graph *graph, uint32_t n, struct cycle_detail *ret)
{
    uint32_t *members = calloc(n, sizeof *members);

    assert_non_null(members);
    for (uint32_t i = 0; i < n; i++)
        members[i] = i;
    struct cycle_spec spec = {.graph = graph, .member = members, .count = n, .class_of = one_class};
    assert_ok(cycles_examine(&spec, ret));
    free(members);
}

static void test_cycles__large(void **state)
{
    struct graphs g = graphs_list_and_hub(DEEP, true);
    struct cycle_detail detail;

    (void)state;
    examine_all(&g.graph, DEEP - 1, &detail);
    assert_int_equal(detail.n_loop, 2);
    assert_false(detail.is_shortest);
    assert_int_equal(detail.cut, 7);
    cycle_detail_deinit(&detail);
    graphs_deinit(&g);
    g = graphs_complete(1000);
    examine_all(&g.graph, 1000, &detail);
    assert_int_equal(detail.n_loop, 1);
    assert_true(detail.is_shortest);
    cycle_detail_deinit(&detail);
    graphs_deinit(&g);
}

/* One ring of a million. */
static void test_cycles__a_ring(void **state)
{
    struct graphs_edge *edges = calloc(DEEP, sizeof *edges);
    struct cycle_detail detail;

    (void)state;
    assert_non_null(edges);
    for (uint32_t i = 0; i < DEEP; i++)
        edges[i] = (struct graphs_edge){i, (i + 1) % DEEP};
    struct graphs g = graphs_make(DEEP, edges, DEEP);
    free(edges);
    examine_all(&g.graph, DEEP, &detail);
    assert_int_equal(detail.n_loop, DEEP);
    assert_int_equal(detail.n_cut_edges, DEEP);
    cycle_detail_deinit(&detail);
    graphs_deinit(&g);
}

static void test_cycles__members_that_are_no_cycle(void **state)
{
    struct graphs g = graphs_parse("0>1 1>2");
    struct cycle_detail detail;

    (void)state;
    examine_all(&g.graph, 3, &detail);
    assert_int_equal(detail.n_loop, 0);
    assert_int_equal(detail.cut, CYCLES_NONE);
    cycle_detail_deinit(&detail);
    graphs_deinit(&g);
}

/* ---- against brute force ---- */

/* The length of the shortest loop among some nodes without a class; 0: there is none. */
static uint32_t slow_girth(const struct graph *graph, const struct kinds *kinds, uint32_t members,
                           uint32_t without)
{
    uint32_t steps[NODES][NODES], best = 0;

    memset(steps, 0, sizeof steps);
    for (uint32_t v = 0; v < graph->n; v++)
        for (uint32_t e = graph->offset[v]; e < graph->offset[v + 1]; e++)
            if (members >> v & 1 && members >> graph->target[e] & 1 && !kinds->is_cut[e] &&
                kinds->class_of[e] != without)
                steps[v][graph->target[e]] = 1;
    for (uint32_t k = 0; k < graph->n; k++)
        for (uint32_t i = 0; i < graph->n; i++)
            for (uint32_t j = 0; j < graph->n; j++) {
                uint32_t way = steps[i][k] + steps[k][j];
                if (steps[i][k] && steps[k][j] && (!steps[i][j] || way < steps[i][j]))
                    steps[i][j] = way;
            }
    for (uint32_t v = 0; v < graph->n; v++)
        if (steps[v][v] && (!best || steps[v][v] < best))
            best = steps[v][v];
    return best;
}

static void check_loop(const struct graph *graph, const struct kinds *kinds,
                       const struct cycle_detail *d)
{
    for (uint32_t i = 0; i < d->n_loop; i++) {
        uint32_t node = d->loop_node[i], edge = d->loop_edge[i];
        assert_true(graph->offset[node] <= edge && edge < graph->offset[node + 1]);
        assert_int_equal(graph->target[edge], d->loop_node[(i + 1) % d->n_loop]);
        assert_false(kinds->is_cut[edge]);
    }
}

static uint32_t slow_cut(const struct graph *graph, const struct kinds *kinds, uint32_t members)
{
    uint32_t best = CYCLES_NONE, fewest = UINT32_MAX;

    for (uint32_t class = 0; class < CLASSES; class ++) {
        uint32_t n = 0;
        for (uint32_t v = 0; v < graph->n; v++)
            for (uint32_t e = graph->offset[v]; e < graph->offset[v + 1]; e++)
                n += members >> v & 1 && members >> graph->target[e] & 1 && !kinds->is_cut[e] &&
                     kinds->class_of[e] == class;
        if (n < fewest && !slow_girth(graph, kinds, members, class)) {
            best = class;
            fewest = n;
        }
    }
    return best;
}

static void check_random(uint64_t seed)
{
    struct graphs_rand rand = graphs_rand_begin(seed);
    struct graphs g = graphs_random(&rand, NODES);
    struct kinds kinds = {0};
    struct cycles c;

    for (uint32_t e = 0; e < g.n_edges; e++) {
        kinds.class_of[e] = graphs_rand(&rand, CLASSES + 1);
        if (kinds.class_of[e] == CLASSES)
            kinds.class_of[e] = CYCLES_NONE;
        kinds.is_cut[e] = !graphs_rand(&rand, 5);
    }
    list(&g.graph, &kinds, &c);
    assert_int_equal(c.n > 0, slow_girth(&g.graph, &kinds, UINT32_MAX, CLASSES) > 0);
    for (uint32_t i = 0; i < c.n; i++) {
        struct cycle_spec spec = spec_of(&g.graph, &kinds, &c, i);
        struct cycle_detail d;
        uint32_t members = 0;
        for (uint32_t k = 0; k < spec.count; k++)
            members |= 1u << spec.member[k];
        assert_ok(cycles_examine(&spec, &d));
        if (d.n_loop != slow_girth(&g.graph, &kinds, members, CLASSES) ||
            d.cut != slow_cut(&g.graph, &kinds, members))
            fail_msg("seed %llu: a loop of %u, cut %d", (unsigned long long)seed, d.n_loop,
                     (int)d.cut);
        check_loop(&g.graph, &kinds, &d);
        cycle_detail_deinit(&d);
    }
    cycles_deinit(&c);
    graphs_deinit(&g);
}

static void test_cycles__as_brute_force(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= GRAPHS; seed++)
        check_random(seed);
    graphs_rand_done();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_cycles__largest_first),
        TEST(test_cycles__nothing),
        TEST(test_cycles__the_reference_to_make_weak),
        TEST(test_cycles__no_single_cut),
        TEST(test_cycles__large),
        TEST(test_cycles__a_ring),
        TEST(test_cycles__members_that_are_no_cycle),
        TEST(test_cycles__as_brute_force),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
