#include "inspector/analysis/dominators.h"

#include <stdlib.h>

#include "tests/support/graphs.h"
#include "tests/support/test.h"

enum {
    GRAPHS = 3000, /* random ones */
    NODES = 14,
    DEEP = 1000000,
    R = -1, /* in expectations: the virtual root */
    U = -2, /* unreachable */
};

static void compute(const struct graphs *g, const uint32_t *roots, uint32_t n_roots,
                    struct dominators *ret)
{
    assert_ok(dominators_compute(&g->graph, roots, n_roots, NULL, NULL, NULL, ret));
}

/* Node 0 is the only root. `want`: the immediate dominators, R or U. */
static void assert_idoms(const char *text, const int *want)
{
    struct graphs g = graphs_parse(text);
    struct dominators d;
    uint32_t root = 0;

    compute(&g, &root, 1, &d);
    for (uint32_t v = 0; v < g.graph.n; v++)
        if ((int)d.idom[v] != want[v])
            fail_msg("%s: idom of %u is %d, not %d", text, v, (int)d.idom[v], want[v]);
    dominators_deinit(&d);
    graphs_deinit(&g);
}

static void test_dominators__a_chain(void **state)
{
    (void)state;
    assert_idoms("0>1 1>2", (int[]){R, 0, 1});
}

static void test_dominators__two_ways(void **state)
{
    (void)state;
    assert_idoms("0>1 0>2 1>3 2>3 3>4", (int[]){R, 0, 0, 0, 3});
}

static void test_dominators__loops_change_nothing(void **state)
{
    (void)state;
    assert_idoms("0>1 1>1 1>2 2>0 2>1 1>2 1>2", (int[]){R, 0, 1});
}

/* Two nodes that nothing leads to: alone, and in a circle that leads into the rest. */
static void test_dominators__orphans(void **state)
{
    (void)state;
    assert_idoms("0>1 2>1 3>4 4>3 4>1 5", (int[]){R, 0, U, U, U, U});
}

/* Ways that part at a root's child and meet below it: 0 as a number and 0 as "none" must differ. */
static void test_dominators__reconvergence_below_a_roots_child(void **state)
{
    struct graphs g = graphs_parse("0>2 1>3 2>4 3>4 2>5 5>6 2>6");
    struct dominators d;

    (void)state;
    compute(&g, (uint32_t[]){0, 1}, 2, &d);
    assert_int_equal(d.idom[0], DOMINATOR_ROOT);
    assert_int_equal(d.idom[1], DOMINATOR_ROOT);
    assert_int_equal(d.idom[4], DOMINATOR_ROOT);
    assert_int_equal(d.idom[6], 2);
    dominators_deinit(&d);
    graphs_deinit(&g);
}

static void test_dominators__a_root_that_another_one_leads_to(void **state)
{
    struct graphs g = graphs_parse("0>1 1>2");
    struct dominators d;

    (void)state;
    compute(&g, (uint32_t[]){0, 1, 1}, 3, &d);
    assert_int_equal(d.idom[1], DOMINATOR_ROOT);
    assert_int_equal(d.idom[2], 1);
    dominators_deinit(&d);
    graphs_deinit(&g);
}

static void test_dominators__nothing(void **state)
{
    struct graphs g = graphs_make(0, NULL, 0);
    struct dominators d;

    (void)state;
    compute(&g, NULL, 0, &d);
    assert_int_equal(d.n_reachable, 0);
    dominators_deinit(&d);
    graphs_deinit(&g);
    g = graphs_parse("0>1 1>0");
    compute(&g, NULL, 0, &d);
    assert_int_equal(d.n_reachable, 0);
    assert_int_equal(d.idom[0], DOMINATOR_UNREACHABLE);
    dominators_deinit(&d);
    graphs_deinit(&g);
}

static bool no_edge_to(const void *ctx, uint32_t from, uint32_t to)
{
    (void)from;
    return to != *(const uint32_t *)ctx;
}

static void test_dominators__edges_that_do_not_count(void **state)
{
    struct graphs g = graphs_parse("0>1 0>2 1>3 2>3");
    uint32_t root = 0, cut = 2;
    struct dominators d;

    (void)state;
    assert_ok(dominators_compute(&g.graph, &root, 1, no_edge_to, &cut, NULL, &d));
    assert_int_equal(d.idom[2], DOMINATOR_UNREACHABLE);
    assert_int_equal(d.idom[3], 1);
    dominators_deinit(&d);
    graphs_deinit(&g);
}

static void test_dominators__cancel(void **state)
{
    struct graphs g = graphs_list_and_hub(200000, false);
    uint32_t root = 0;
    atomic_bool cancel = true;
    struct dominators d;

    (void)state;
    assert_fails(dominators_compute(&g.graph, &root, 1, NULL, NULL, &cancel, &d), ERR_CANCELLED,
                 "cancelled");
    graphs_deinit(&g);
}

/* ---- shapes ---- */

/*
 * A list with a hub that all point to; both ways it is the one that takes iterative algorithms
 * hours.
 */
static void check_list(bool both_ways)
{
    struct graphs g = graphs_list_and_hub(DEEP, both_ways);
    struct dominators d;
    uint32_t root = 0;

    compute(&g, &root, 1, &d);
    assert_int_equal(d.n_reachable, DEEP);
    for (uint32_t v = 1; v < DEEP - 1; v++)
        assert_int_equal(d.idom[v], v - 1);
    assert_int_equal(d.idom[DEEP - 1], 0);
    dominators_deinit(&d);
    graphs_deinit(&g);
}

static void test_dominators__list_and_hub(void **state)
{
    (void)state;
    check_list(false);
    check_list(true);
}

/* From one end of a ladder, every node can be reached along either rail. */
static void test_dominators__ladder(void **state)
{
    struct graphs g = graphs_ladder(DEEP / 2);
    struct dominators d;
    uint32_t root = 0;

    (void)state;
    compute(&g, &root, 1, &d);
    for (uint32_t v = 1; v < DEEP; v++)
        assert_int_equal(d.idom[v], 0);
    dominators_deinit(&d);
    graphs_deinit(&g);
}

static void test_dominators__complete(void **state)
{
    struct graphs g = graphs_complete(500);
    struct dominators d;
    uint32_t root = 7;

    (void)state;
    compute(&g, &root, 1, &d);
    for (uint32_t v = 0; v < 500; v++)
        assert_int_equal(d.idom[v], v == 7 ? DOMINATOR_ROOT : 7);
    dominators_deinit(&d);
    graphs_deinit(&g);
}

/* ---- against brute force ---- */

/* What the roots reach without passing through `without`. */
static void reach(const struct graph *graph, const uint32_t *roots, uint32_t n_roots,
                  uint32_t without, bool *seen)
{
    uint32_t stack[NODES], depth = 0;

    memset(seen, 0, NODES);
    for (uint32_t i = 0; i < n_roots; i++)
        if (roots[i] != without && !seen[roots[i]]) {
            seen[roots[i]] = true;
            stack[depth++] = roots[i];
        }
    while (depth) {
        uint32_t v = stack[--depth];
        for (uint32_t e = graph->offset[v]; e < graph->offset[v + 1]; e++) {
            uint32_t to = graph->target[e];
            if (to != without && !seen[to]) {
                seen[to] = true;
                stack[depth++] = to;
            }
        }
    }
}

/* v's immediate dominator is the one of its dominators that all its other ones dominate. */
static uint32_t slow_idom(uint32_t n, bool alive[NODES], bool without[NODES][NODES], uint32_t v)
{
    if (!alive[v])
        return DOMINATOR_UNREACHABLE;
    for (uint32_t d = 0; d < n; d++) {
        bool is_nearest = d != v && !without[d][v];
        for (uint32_t other = 0; other < n && is_nearest; other++)
            if (other != v && other != d && !without[other][v])
                is_nearest = !without[other][d];
        if (is_nearest)
            return d;
    }
    return DOMINATOR_ROOT;
}

static void check_order(const struct dominators *d)
{
    bool before[NODES] = {false};

    for (uint32_t i = 0; i < d->n_reachable; i++) {
        uint32_t v = d->order[i];
        assert_true(d->idom[v] == DOMINATOR_ROOT || before[d->idom[v]]);
        assert_false(before[v]);
        before[v] = true;
    }
}

static void check_random(uint64_t seed)
{
    struct graphs_rand rand = graphs_rand_begin(seed);
    struct graphs g = graphs_random(&rand, NODES);
    uint32_t n = g.graph.n, roots[3], n_roots = graphs_rand(&rand, 4), reachable = 0;
    bool alive[NODES] = {false}, without[NODES][NODES];
    struct dominators d;

    for (uint32_t i = 0; i < n_roots; i++)
        roots[i] = graphs_rand(&rand, n);
    reach(&g.graph, roots, n_roots, UINT32_MAX, alive);
    for (uint32_t v = 0; v < n; v++)
        reach(&g.graph, roots, n_roots, v, without[v]);
    compute(&g, roots, n_roots, &d);
    for (uint32_t v = 0; v < n; v++) {
        uint32_t want = slow_idom(n, alive, without, v);
        if (d.idom[v] != want)
            fail_msg("seed %llu: idom of %u is %u, not %u", (unsigned long long)seed, v, d.idom[v],
                     want);
        reachable += alive[v];
    }
    assert_int_equal(d.n_reachable, reachable);
    check_order(&d);
    dominators_deinit(&d);
    graphs_deinit(&g);
}

static void test_dominators__as_brute_force(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= GRAPHS; seed++)
        check_random(seed);
    graphs_rand_done();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_dominators__a_chain),
        TEST(test_dominators__two_ways),
        TEST(test_dominators__loops_change_nothing),
        TEST(test_dominators__orphans),
        TEST(test_dominators__reconvergence_below_a_roots_child),
        TEST(test_dominators__a_root_that_another_one_leads_to),
        TEST(test_dominators__nothing),
        TEST(test_dominators__edges_that_do_not_count),
        TEST(test_dominators__cancel),
        TEST(test_dominators__list_and_hub),
        TEST(test_dominators__ladder),
        TEST(test_dominators__complete),
        TEST(test_dominators__as_brute_force),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
