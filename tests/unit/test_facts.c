#include "inspector/analysis/facts.h"

#include "inspector/analysis/heap_cycles.h"
#include "inspector/model/groups.h"
#include "tests/support/fake_stream.h"
#include "tests/support/test.h"

static const struct facts *compute(struct snapshot *s)
{
    assert_null(facts_of(s));
    assert_ok(facts_compute(s, NULL));
    assert_ok(facts_compute(s, NULL)); /* nothing to do */
    return facts_of(s);
}

static uint64_t retained(const struct snapshot *s, const char *name)
{
    uint64_t bytes = 0;

    assert_true(snapshot_retained(s, fake_object(s, name), &bytes));
    return bytes;
}

static void test_facts__retained(void **state)
{
    struct snapshot *s = fake_snapshot("a size=1 -> b size=10 -> d size=1000, a -> c size=100,"
                                       " c -> e size=10000, d -> e, a +1, root a");
    (void)state;
    compute(s);
    assert_int_equal(retained(s, "e"), 10000);
    assert_int_equal(retained(s, "d"), 1000);
    assert_int_equal(retained(s, "b"), 1010);
    assert_int_equal(retained(s, "c"), 100);
    assert_int_equal(retained(s, "a"), 11111);
    snapshot_unref(s);
}

/* Of instances that hold each other only the outermost count; a name that two types have is one group. */
static void test_facts__retained_by_type(void **state)
{
    struct snapshot *s = fake_snapshot("a : app.Node size=1 -> b : app.Node size=10 -> c size=100,"
                                       "d size=1000, a +1, d +1");
    struct groups groups;

    (void)state;
    compute(s);
    assert_ok(groups_make(s, &groups));
    assert_int_equal(groups.at[groups_find(&groups, "app.Node")].retained_bytes, 111);
    assert_int_equal(groups.at[groups_find(&groups, "builtins.object")].retained_bytes, 1100);
    groups_deinit(&groups);
    snapshot_unref(s);
}

/* Immortal objects belong to nobody. */
static void test_facts__immortals_are_not_retained(void **state)
{
    struct snapshot *s = fake_snapshot("a size=1 -> n size=50 immortal rc=9, a +1");

    (void)state;
    compute(s);
    assert_int_equal(retained(s, "a"), 1);
    snapshot_unref(s);
}

static void test_facts__garbage(void **state)
{
    struct snapshot *s = fake_snapshot("a -> b -> a, b -> c, d -> d, d +1");
    const struct facts *facts;

    (void)state;
    facts = compute(s);
    assert_int_equal(facts->garbage.n, 3);
    assert_int_equal(facts->garbage.n_in_cycles, 2);
    assert_int_equal(facts->retained.n_tree, 1);
    snapshot_unref(s);
}

/* Only what is in the generation is garbage for the collector; older objects hold. */
static void test_facts__garbage_of_a_generation(void **state)
{
    struct snapshot *s = fake_snapshot("a -> b -> a, o gen=2 -> p gen=2 -> o, p -> q gen=0");
    const struct {
        int generation;
        uint32_t n;
    } want[] = {{0, 2}, {1, 2}, {2, 5}};

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct garbage garbage;
        assert_ok(facts_garbage(s, want[i].generation, NULL, &garbage));
        assert_int_equal(garbage.n, want[i].n);
        garbage_deinit(&garbage);
    }
    snapshot_unref(s);
}

static void test_facts__cycles(void **state)
{
    struct snapshot *s =
        fake_snapshot("a size=1 -> b size=2 -> a, c size=4 -> d size=8 -> e size=16"
                      " -> c, c +1, f -> f, f +1");
    struct heap_cycles cycles;

    (void)state;
    compute(s);
    assert_ok(heap_cycles_find(s, NULL, &cycles));
    assert_int_equal(cycles.n, 3);
    assert_int_equal(cycles.n_garbage, 1);
    assert_true(cycles.cycle[0].is_garbage);
    assert_int_equal(cycles.cycle[0].shallow_bytes, 3);
    assert_false(cycles.cycle[1].is_garbage);
    assert_int_equal(cycles.cycle[1].count, 3);
    assert_int_equal(cycles.cycle[1].retained_bytes, 28);
    assert_int_equal(cycles.cycle[2].count, 1);
    assert_int_equal(cycles.n_folded, 0);
    heap_cycles_deinit(&cycles);
    snapshot_unref(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_facts__retained),
        TEST(test_facts__retained_by_type),
        TEST(test_facts__immortals_are_not_retained),
        TEST(test_facts__garbage),
        TEST(test_facts__garbage_of_a_generation),
        TEST(test_facts__cycles),
    };

    return cmocka_run_group_tests_name("facts", tests, NULL, NULL);
}
