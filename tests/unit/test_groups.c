#include "inspector/model/groups.h"

#include "tests/support/fake_stream.h"
#include "tests/support/test.h"

static void test_groups__same_names_count_as_one(void **state)
{
    /* a '/' splits a name elsewhere: two types with the same full name */
    struct snapshot *s =
        fake_snapshot("a : app.sub.Node size=10, b : app/sub.Node size=5, c : dict\n"
                      "type app.sub.Node heap, type app/sub.Node finalizer");
    struct groups groups;

    (void)state;
    assert_int_equal(s->n_types, 3);
    assert_ok(groups_make(s, &groups));
    assert_int_equal(groups.n, 2);
    uint32_t node = groups_find(&groups, "app.sub.Node");
    assert_int_equal(groups.at[node].count, 2);
    assert_int_equal(groups.at[node].shallow_bytes, 15);
    assert_int_equal(groups.at[node].flags, TYPE_HEAP | TYPE_FINALIZER);
    assert_int_equal(groups.of_type[0], node);
    assert_int_equal(groups.of_type[1], node);
    assert_int_equal(groups.of_type[2], groups_find(&groups, "builtins.dict"));
    groups_deinit(&groups);
    snapshot_unref(s);
}

static void test_groups__are_sorted_by_name(void **state)
{
    struct snapshot *s = fake_snapshot("a : m.c, b : m.a, c : m.b, d : m.aa");
    struct groups groups;

    (void)state;
    assert_ok(groups_make(s, &groups));
    assert_int_equal(groups.n, 4);
    for (uint32_t i = 0; i + 1 < groups.n; i++)
        assert_true(strcmp(groups.at[i].name, groups.at[i + 1].name) < 0);
    groups_deinit(&groups);
    snapshot_unref(s);
}

static void test_groups__find(void **state)
{
    struct snapshot *s = fake_snapshot("a : dict"), *empty = fake_snapshot("");
    struct groups groups;

    (void)state;
    assert_ok(groups_make(s, &groups));
    assert_int_equal(groups_find(&groups, "builtins.dict"), 0);
    assert_int_equal(groups_find(&groups, "dict"), UINT32_MAX);
    groups_deinit(&groups);
    assert_ok(groups_make(empty, &groups));
    assert_int_equal(groups.n, 0);
    assert_int_equal(groups_find(&groups, ""), UINT32_MAX);
    groups_deinit(&groups);
    snapshot_unref(s);
    snapshot_unref(empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_groups__same_names_count_as_one),
        TEST(test_groups__are_sorted_by_name),
        TEST(test_groups__find),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
