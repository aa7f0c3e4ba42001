#include "inspector/analysis/heap_merged.h"

#include <stdlib.h>

#include "inspector/analysis/dominators.h"
#include "tests/support/fake_stream.h"
#include "tests/support/graphs.h"
#include "tests/support/test.h"

enum { GRAPHS = 500, NODES = 14 };

static struct snapshot *with_facts(const char *graph)
{
    struct snapshot *s = fake_snapshot(graph);

    assert_ok(facts_compute(s, NULL));
    return s;
}

/* Two caches hold the rows; one row is in both; one is garbage. */
static void test_heap_merged__paths_and_owners(void **state)
{
    struct snapshot *s = with_facts("root app\n"
                                    "app : app.App -> c1 : dict -> r1, c1 -> r2, app -> c2 : dict\n"
                                    "c2 -> r3, c1 -> r4, c2 -> r4, r5 -> r5\n"
                                    "r1 : app.Row size=100, r2 : app.Row size=100\n"
                                    "r3 : app.Row size=100, r4 : app.Row size=100\n"
                                    "r5 : app.Row size=100");
    const char *names[] = {"r1", "r2", "r3", "r4", "r5"};
    uint32_t members[5];
    struct heap_merged found;
    char name[16];

    (void)state;
    for (int i = 0; i < 5; i++)
        members[i] = fake_object(s, names[i]);
    assert_ok(heap_merged_find(s, members, 5, NULL, &found));
    assert_int_equal(found.shallow_bytes, 500);
    assert_int_equal(found.retained_bytes, 500);
    assert_int_equal(found.merged.n, 3); /* App, dict, Row */
    assert_int_equal(found.merged.n_unreachable, 1);
    assert_int_equal(found.merged.step[1].count, 4);
    assert_int_equal(found.merged.step[1].nodes, 2);
    assert_int_equal(found.owners.n, 3);
    assert_int_equal(found.owners.row[0].n_members, 3); /* the dicts: r1 r2, r3 */
    assert_int_equal(found.owners.row[0].n_owners, 2);
    assert_int_equal(found.owners.row[1].n_members, 1); /* the app: r4 */
    assert_string_equal(fake_name(s, found.owners.row[1].sample, name), "app");
    assert_int_equal(found.owners.row[2].group, OWNERS_UNREACHABLE);
    heap_merged_deinit(&found);
    snapshot_unref(s);
}

static uint64_t bit_of(const void *ctx, uint32_t v)
{
    (void)ctx;
    return UINT64_C(1) << v;
}

/* Against the definition: all nodes that a member dominates, each once. */
static void test_heap_merged__retained_of_sets(void **state)
{
    struct graphs_rand rand = graphs_rand_begin(5);

    (void)state;
    for (int i = 0; i < GRAPHS; i++) {
        struct graphs g = graphs_random(&rand, NODES);
        uint32_t root = graphs_rand(&rand, g.graph.n), members[NODES], n = 0;
        uint64_t want = 0, got;
        struct dominators d;
        struct retained r;
        assert_ok(dominators_compute(&g.graph, &root, 1, NULL, NULL, NULL, &d));
        assert_ok(retained_compute(&d, bit_of, NULL, NULL, &r));
        for (uint32_t v = g.graph.n; v-- > 0;)
            if (graphs_rand(&rand, 3) == 0)
                members[n++] = v;
        for (uint32_t m = 0; m < n; m++)
            for (uint32_t v = 0; v < g.graph.n; v++)
                if (v == members[m] || retained_holds(&r, members[m], v))
                    want |= bit_of(NULL, v);
        assert_ok(retained_of_set(&r, members, n, &got));
        assert_int_equal(got, want);
        retained_deinit(&r);
        dominators_deinit(&d);
        graphs_deinit(&g);
    }
    graphs_rand_done();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_heap_merged__paths_and_owners),
        TEST(test_heap_merged__retained_of_sets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
