#include "inspector/analysis/owners.h"

#include "inspector/analysis/dominators.h"
#include "tests/support/graphs.h"
#include "tests/support/test.h"

static uint64_t ten_each(const void *ctx, uint32_t v)
{
    (void)ctx;
    (void)v;
    return 10;
}

static bool is_dict(const void *ctx, uint32_t owner)
{
    (void)ctx;
    return owner == 2;
}

static void assert_row(const struct owners_row *row, uint32_t group, uint32_t n_owners,
                       uint32_t n_members, uint32_t sample)
{
    assert_int_equal(row->group, group);
    assert_int_equal(row->n_owners, n_owners);
    assert_int_equal(row->n_members, n_members);
    assert_int_equal(row->bytes, 10 * n_members);
    assert_int_equal(row->sample, sample);
}

/* 0 and 1 of group 0, the dict 2 of 0 of group 1, members 3 … 9 of group 2. */
static void test_owners__by_group(void **state)
{
    struct graphs g = graphs_parse("0>2 2>3 2>4 0>5 1>6 0>7 1>7 8>8 1>9");
    const uint32_t group[] = {0, 0, 1, 2, 2, 2, 2, 2, 2, 2}, members[] = {3, 4, 5, 6, 7, 8, 9};
    struct dominators d;
    struct owners owners;

    (void)state;
    assert_ok(dominators_compute(&g.graph, (uint32_t[]){0, 1}, 2, NULL, NULL, NULL, &d));
    struct owners_spec spec = {
        .idom = d.idom, .n = g.graph.n, .group = group, .n_groups = 3, .bytes = ten_each};
    assert_ok(owners_find(&spec, members, 7, &owners));
    assert_int_equal(owners.n, 4);
    assert_row(&owners.row[0], 0, 2, 3, 0); /* 5, 6 and 9 */
    assert_row(&owners.row[1], 1, 1, 2, 2); /* 3 and 4 */
    assert_row(&owners.row[2], OWNERS_UNREACHABLE, 0, 1, 8);
    assert_row(&owners.row[3], OWNERS_SHARED, 0, 1, 7);
    owners_deinit(&owners);
    spec.pass = is_dict;
    assert_ok(owners_find(&spec, members, 7, &owners));
    assert_int_equal(owners.n, 3);
    assert_row(&owners.row[0], 0, 2, 5, 0);
    owners_deinit(&owners);
    assert_ok(owners_find(&spec, NULL, 0, &owners));
    assert_int_equal(owners.n, 0);
    owners_deinit(&owners);
    dominators_deinit(&d);
    graphs_deinit(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_owners__by_group)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
