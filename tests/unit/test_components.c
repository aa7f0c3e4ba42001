#include "inspector/analysis/components.h"

#include <stdlib.h>

#include "tests/support/graphs.h"
#include "tests/support/test.h"

enum { GRAPHS = 2000, NODES = 20, DEEP = 1000000 };

static void test_components__two_and_what_lies_between(void **state)
{
    struct graphs g = graphs_parse("0>1 1>0 1>2 2>3 3>4 4>3 5>5");
    struct components c;

    (void)state;
    assert_ok(components_find(&g.graph, NULL, NULL, NULL, &c));
    assert_int_equal(c.n, 4);
    assert_int_equal(c.of[0], c.of[1]);
    assert_int_equal(c.of[3], c.of[4]);
    assert_int_equal(c.size[c.of[0]], 2);
    assert_int_equal(c.size[c.of[2]], 1);
    assert_true(c.of[3] < c.of[2] && c.of[2] < c.of[0]); /* what is led to comes first */
    components_deinit(&c);
    graphs_deinit(&g);
}

static bool is_not_edge(const void *ctx, uint32_t from, uint32_t edge)
{
    (void)from;
    return edge != *(const uint32_t *)ctx;
}

/* One of two parallel edges is cut, then the only one back. */
static void test_components__edges_that_do_not_count(void **state)
{
    struct graphs g = graphs_parse("0>1 0>1 1>0");
    struct components c;

    (void)state;
    for (uint32_t cut = 0; cut < 3; cut++) {
        assert_ok(components_find(&g.graph, is_not_edge, &cut, NULL, &c));
        assert_int_equal(c.n, cut == 2 ? 2 : 1);
        components_deinit(&c);
    }
    graphs_deinit(&g);
}

static void assert_n(struct graphs g, uint32_t want)
{
    struct components c;

    assert_ok(components_find(&g.graph, NULL, NULL, NULL, &c));
    assert_int_equal(c.n, want);
    components_deinit(&c);
    graphs_deinit(&g);
}

static void test_components__shapes(void **state)
{
    (void)state;
    assert_n(graphs_make(0, NULL, 0), 0);
    assert_n(graphs_list_and_hub(DEEP, false), DEEP);
    assert_n(graphs_list_and_hub(DEEP, true), 2);
    assert_n(graphs_ladder(DEEP / 2), DEEP / 2);
    assert_n(graphs_complete(500), 1);
}

static void test_components__cancel(void **state)
{
    struct graphs g = graphs_list_and_hub(200000, false);
    atomic_bool cancel = true;
    struct components c;

    (void)state;
    assert_fails(components_find(&g.graph, NULL, NULL, &cancel, &c), ERR_CANCELLED, "cancelled");
    graphs_deinit(&g);
}

/* ---- against brute force ---- */

static void slow_closure(const struct graph *graph, bool leads[NODES][NODES])
{
    for (uint32_t v = 0; v < graph->n; v++) {
        leads[v][v] = true;
        for (uint32_t e = graph->offset[v]; e < graph->offset[v + 1]; e++)
            leads[v][graph->target[e]] = true;
    }
    for (uint32_t k = 0; k < graph->n; k++)
        for (uint32_t i = 0; i < graph->n; i++)
            for (uint32_t j = 0; j < graph->n; j++)
                leads[i][j] = leads[i][j] || (leads[i][k] && leads[k][j]);
}

static void check_random(uint64_t seed)
{
    struct graphs_rand rand = graphs_rand_begin(seed);
    struct graphs g = graphs_random(&rand, NODES);
    bool leads[NODES][NODES] = {{false}};
    struct components c;

    slow_closure(&g.graph, leads);
    assert_ok(components_find(&g.graph, NULL, NULL, NULL, &c));
    for (uint32_t a = 0; a < g.graph.n; a++) {
        uint32_t size = 0;
        for (uint32_t b = 0; b < g.graph.n; b++) {
            bool same = leads[a][b] && leads[b][a];
            size += same;
            if (same != (c.of[a] == c.of[b]))
                fail_msg("seed %llu: %u and %u", (unsigned long long)seed, a, b);
            if (leads[a][b])
                assert_true(c.of[b] <= c.of[a]);
        }
        assert_int_equal(c.size[c.of[a]], size);
    }
    components_deinit(&c);
    graphs_deinit(&g);
}

static void test_components__as_brute_force(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= GRAPHS; seed++)
        check_random(seed);
    graphs_rand_done();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_components__two_and_what_lies_between),
        TEST(test_components__edges_that_do_not_count),
        TEST(test_components__shapes),
        TEST(test_components__cancel),
        TEST(test_components__as_brute_force),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
