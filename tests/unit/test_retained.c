#include "inspector/analysis/retained.h"

#include <stdlib.h>

#include "inspector/base/bits.h"
#include "inspector/base/cleanup.h"
#include "tests/support/graphs.h"
#include "tests/support/test.h"

enum { GRAPHS = 2000, NODES = 16, GROUPS = 3, DEEP = 1000000 };

/* Sums that tell which nodes are in them: node v has 2^v bytes. */
static uint64_t bit_of(const void *ctx, uint32_t v)
{
    (void)ctx;
    return UINT64_C(1) << v;
}

static uint64_t huge(const void *ctx, uint32_t v)
{
    (void)ctx;
    (void)v;
    return UINT64_C(1) << 40;
}

static void compute(const struct graphs *g, const uint32_t *roots, uint32_t n_roots,
                    graph_bytes_fn *bytes, struct retained *ret)
{
    struct dominators d;

    assert_ok(dominators_compute(&g->graph, roots, n_roots, NULL, NULL, NULL, &d));
    assert_ok(retained_compute(&d, bytes, NULL, NULL, ret));
    dominators_deinit(&d);
}

static void test_retained__what_only_it_holds(void **state)
{
    struct graphs g = graphs_parse("0>1 0>2 1>3 2>3 2>4 5>4 5>6");
    uint32_t root = 0;
    struct retained r;

    (void)state;
    compute(&g, &root, 1, bit_of, &r);
    assert_int_equal(r.bytes[0], 0x1f);
    assert_int_equal(r.bytes[1], 0x02);        /* 3 has another holder */
    assert_int_equal(r.bytes[2], 0x04 + 0x10); /* 5 holds 4 too, but nothing holds 5 */
    assert_int_equal(r.bytes[5], 0x20);
    assert_int_equal(r.place[5], RETAINED_NONE);
    assert_int_equal(r.count[r.place[2]], 2);
    assert_true(retained_holds(&r, 0, 4));
    assert_true(retained_holds(&r, 4, 4));
    assert_false(retained_holds(&r, 1, 3));
    assert_false(retained_holds(&r, 5, 6));
    retained_deinit(&r);
    graphs_deinit(&g);
}

static void assert_children(const struct retained *r, uint32_t node, const uint32_t *want,
                            uint32_t n_want)
{
    _cleanup_free_ uint32_t *children = NULL;
    uint32_t n;

    assert_ok(retained_children(r, node, &children, &n));
    assert_int_equal(n, n_want);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(children[i], want[i]);
}

static void test_retained__children_largest_first(void **state)
{
    struct graphs g = graphs_parse("0>1 0>2 2>3 0>4 5>6");
    struct retained r;

    (void)state;
    compute(&g, (uint32_t[]){0, 5}, 2, bit_of, &r);
    assert_children(&r, DOMINATOR_ROOT, (uint32_t[]){5, 0}, 2);
    assert_children(&r, 0, (uint32_t[]){4, 2, 1}, 3);
    assert_children(&r, 2, (uint32_t[]){3}, 1);
    assert_children(&r, 3, NULL, 0);
    retained_deinit(&r);
    compute(&g, (uint32_t[]){5}, 1, bit_of, &r);
    assert_children(&r, 0, NULL, 0); /* not in the tree */
    retained_deinit(&r);
    graphs_deinit(&g);
}

/* 1 and 2 are of one type, 2 below 1: 2's bytes are in 1's already. */
static void test_retained__groups_count_nothing_twice(void **state)
{
    struct graphs g = graphs_parse("0>1 1>2 2>3 0>4 5");
    const uint32_t group[] = {RETAINED_NONE, 0, 0, 1, 0, 1};
    uint64_t bytes[2];
    uint32_t root = 0;
    struct retained r;

    (void)state;
    compute(&g, &root, 1, bit_of, &r);
    assert_ok(retained_by_group(&r, group, 2, NULL, bytes));
    assert_int_equal(bytes[0], 0x02 + 0x04 + 0x08 + 0x10);
    assert_int_equal(bytes[1], 0x08 + 0x20); /* 5 is garbage: itself */
    retained_deinit(&r);
    graphs_deinit(&g);
}

/* 1 and 2 hold 3 together: neither retains it, the two do. */
static void test_retained__jointly(void **state)
{
    struct graphs g = graphs_parse("0>1 0>2 1>3 2>3 0>4 3>4");
    uint64_t set = 1u << 1 | 1u << 2;
    struct reach reach = {.graph = &g.graph, .without = &set};
    uint32_t root = 0;
    struct retained_set jointly;
    struct retained r;

    (void)state;
    compute(&g, &root, 1, bit_of, &r);
    assert_ok(retained_jointly(&reach, &root, 1, &r, bit_of, NULL, &jointly));
    assert_int_equal(jointly.bytes, 0x0e);
    assert_int_equal(jointly.count, 3);
    retained_deinit(&r);
    graphs_deinit(&g);
}

/* A sum of 2^60 bytes; a tree as deep as the list is long. */
static void test_retained__deep_and_large(void **state)
{
    struct graphs g = graphs_list_and_hub(DEEP, false);
    uint32_t root = 0;
    struct retained r;

    (void)state;
    compute(&g, &root, 1, huge, &r);
    assert_true(r.bytes[0] == (uint64_t)DEEP << 40);
    assert_true(r.bytes[5] == (uint64_t)(DEEP - 6) << 40);
    retained_deinit(&r);
    graphs_deinit(&g);
}

static void test_retained__nothing(void **state)
{
    struct graphs g = graphs_make(0, NULL, 0);
    uint64_t bytes[1] = {1};
    struct retained r;

    (void)state;
    compute(&g, NULL, 0, bit_of, &r);
    assert_children(&r, DOMINATOR_ROOT, NULL, 0);
    assert_ok(retained_by_group(&r, NULL, 1, NULL, bytes));
    assert_int_equal(bytes[0], 0);
    retained_deinit(&r);
    graphs_deinit(&g);
}

/* ---- against brute force ---- */

/* The nodes that roots reach without `without`, as a set of bits. */
static uint64_t slow_reach(const struct graph *graph, uint64_t roots, uint64_t without)
{
    uint64_t seen = roots & ~without, before;

    do {
        before = seen;
        for (uint32_t v = 0; v < graph->n; v++)
            for (uint32_t e = graph->offset[v]; e < graph->offset[v + 1]; e++)
                if (seen >> v & 1)
                    seen |= UINT64_C(1) << graph->target[e] & ~without;
    } while (seen != before);
    return seen;
}

/* The group's members that no other member dominates, and what each retains. */
static uint64_t slow_group(const struct graph *graph, const uint64_t *retained, uint64_t alive,
                           uint64_t members)
{
    uint64_t sum = members & ~alive;

    for (uint32_t v = 0; v < graph->n; v++) {
        bool is_top = members & alive & 1u << v;
        for (uint32_t other = 0; other < graph->n; other++)
            if (other != v && members >> other & 1 && alive >> other & 1)
                is_top = is_top && !(retained[other] >> v & 1);
        if (is_top)
            sum += retained[v];
    }
    return sum;
}

static void check_groups(const struct graph *graph, const struct retained *r, uint64_t alive,
                         struct graphs_rand *rand)
{
    uint32_t group[NODES];
    uint64_t members[GROUPS] = {0}, bytes[GROUPS];

    for (uint32_t v = 0; v < graph->n; v++) {
        group[v] = graphs_rand(rand, GROUPS);
        members[group[v]] |= UINT64_C(1) << v;
    }
    assert_ok(retained_by_group(r, group, GROUPS, NULL, bytes));
    for (int g = 0; g < GROUPS; g++)
        assert_int_equal(bytes[g], slow_group(graph, r->bytes, alive, members[g]));
}

static void check_jointly(const struct graph *graph, const uint32_t *roots, uint32_t n_roots,
                          uint64_t root_set, const struct retained *r, struct graphs_rand *rand)
{
    uint64_t set = graphs_rand(rand, 1u << graph->n);
    struct reach reach = {.graph = graph, .without = &set};
    struct retained_set jointly;

    assert_ok(retained_jointly(&reach, roots, n_roots, r, bit_of, NULL, &jointly));
    assert_int_equal(jointly.bytes,
                     set | (slow_reach(graph, root_set, 0) & ~slow_reach(graph, root_set, set)));
    assert_int_equal(jointly.count, __builtin_popcountll(jointly.bytes));
}

/* Children partition what their parent holds: the places and counts fit together. */
static void check_tree(const struct retained *r)
{
    for (uint32_t place = 0; place < r->n_tree; place++) {
        uint64_t below = 0;
        _cleanup_free_ uint32_t *children = NULL;
        uint32_t n, node = r->node[place];
        assert_int_equal(r->place[node], place);
        assert_ok(retained_children(r, node, &children, &n));
        for (uint32_t i = 0; i < n; i++)
            below += r->bytes[children[i]];
        assert_int_equal(r->bytes[node], below + (UINT64_C(1) << node));
        assert_int_equal(r->count[place], __builtin_popcountll(r->bytes[node]));
    }
}

/* All that hold it and nothing else, each next one further out; a limit keeps the nearest. */
static void check_above(const struct retained *r)
{
    uint32_t above[NODES], nearest, want;

    for (uint32_t node = 0; node < r->n; node++) {
        uint32_t n = retained_above(r, node, above, NODES);
        want = 0;
        for (uint32_t other = 0; other < r->n; other++)
            want += other != node && retained_holds(r, other, node);
        assert_int_equal(n, want);
        for (uint32_t i = 0; i < n; i++)
            assert_true(retained_holds(r, above[i], i ? above[i - 1] : node));
        assert_int_equal(retained_above(r, node, &nearest, 1), n);
        if (n)
            assert_int_equal(nearest, above[0]);
    }
}

static void check_random(uint64_t seed)
{
    struct graphs_rand rand = graphs_rand_begin(seed);
    struct graphs g = graphs_random(&rand, NODES);
    uint32_t roots[3], n_roots = graphs_rand(&rand, 4);
    uint64_t root_set = 0;
    struct retained r;

    for (uint32_t i = 0; i < n_roots; i++) {
        roots[i] = graphs_rand(&rand, g.graph.n);
        root_set |= UINT64_C(1) << roots[i];
    }
    compute(&g, roots, n_roots, bit_of, &r);
    uint64_t alive = slow_reach(&g.graph, root_set, 0);
    for (uint32_t v = 0; v < g.graph.n; v++) {
        uint64_t own = UINT64_C(1) << v;
        uint64_t want = alive & own ? alive & ~slow_reach(&g.graph, root_set, own) : own;
        if (r.bytes[v] != want)
            fail_msg("seed %llu: %u retains %llx, not %llx", (unsigned long long)seed, v,
                     (unsigned long long)r.bytes[v], (unsigned long long)want);
    }
    check_above(&r);
    check_tree(&r);
    check_groups(&g.graph, &r, alive, &rand);
    check_jointly(&g.graph, roots, n_roots, root_set, &r, &rand);
    retained_deinit(&r);
    graphs_deinit(&g);
}

static void test_retained__as_brute_force(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= GRAPHS; seed++)
        check_random(seed);
    graphs_rand_done();
}

/* The tree alone gives the dominators back that it was made of. */
static void test_retained__parents_are_the_dominators(void **state)
{
    struct graphs_rand rand = graphs_rand_begin(11);

    (void)state;
    for (int i = 0; i < GRAPHS; i++) {
        struct graphs g = graphs_random(&rand, NODES);
        uint32_t roots[] = {graphs_rand(&rand, g.graph.n), graphs_rand(&rand, g.graph.n)};
        _cleanup_free_ uint32_t *parent = NULL;
        struct dominators d;
        struct retained r;
        assert_ok(dominators_compute(&g.graph, roots, 2, NULL, NULL, NULL, &d));
        assert_ok(retained_compute(&d, bit_of, NULL, NULL, &r));
        assert_ok(retained_parents(&r, &parent));
        for (uint32_t v = 0; v < g.graph.n; v++)
            assert_int_equal(parent[v], d.idom[v]);
        retained_deinit(&r);
        dominators_deinit(&d);
        graphs_deinit(&g);
    }
    graphs_rand_done();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_retained__what_only_it_holds),
        TEST(test_retained__children_largest_first),
        TEST(test_retained__groups_count_nothing_twice),
        TEST(test_retained__jointly),
        TEST(test_retained__deep_and_large),
        TEST(test_retained__nothing),
        TEST(test_retained__as_brute_force),
        TEST(test_retained__parents_are_the_dominators),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
