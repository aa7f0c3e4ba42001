#include "inspector/analysis/missing.h"

#include <stdlib.h>

#include "tests/support/fake_stream.h"
#include "tests/support/test.h"

/* The names of what is in `from` and not in `in`, as numbers of `from` give them. */
static void assert_missing(const char *from_graph, const char *in_graph, const char *want)
{
    struct snapshot *from = fake_snapshot(from_graph), *in = fake_snapshot(in_graph);
    uint32_t *missing;
    size_t n;
    char names[256];

    assert_ok(missing_find(from, in, NULL, &missing, &n));
    assert_string_equal(fake_names(from, missing, n, names, sizeof names), want);
    free(missing);
    snapshot_unref(from);
    snapshot_unref(in);
}

static void test_missing__finds_what_went(void **state)
{
    (void)state;
    assert_missing("a -> b -> c, d", "d, b", "a c");
    assert_missing("a, b", "b, a, c", "");
    assert_missing("a, b", "", "a b");
    assert_missing("", "a", "");
}

static void test_missing__another_type_is_another_object(void **state)
{
    (void)state;
    assert_missing("a : dict, b : dict", "a : list, b : dict", "a");
}

static void test_missing__many_objects(void **state)
{
    enum { N = 200 };
    char from[N * 8], in[N * 8];
    size_t used_from = 0, used_in = 0;
    char want[N * 8] = "";
    size_t used_want = 0;

    (void)state;
    for (int i = 0; i < N; i++) {
        used_from += (size_t)snprintf(from + used_from, sizeof from - used_from, "x%d,", i);
        if (i % 7)
            used_in += (size_t)snprintf(in + used_in, sizeof in - used_in, "x%d,", i);
        else
            used_want += (size_t)snprintf(want + used_want, sizeof want - used_want, "%sx%d",
                                          used_want ? " " : "", i);
    }
    assert_missing(from, in, want);
}

static void test_missing__can_be_cancelled(void **state)
{
    struct snapshot *s = fake_snapshot("a");
    atomic_bool cancel = true;
    uint32_t *missing = NULL;
    size_t n = 7;

    (void)state;
    assert_fails(missing_find(s, s, &cancel, &missing, &n), ERR_CANCELLED, "cancelled");
    assert_null(missing);
    assert_int_equal(n, 7);
    snapshot_unref(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_missing__finds_what_went),
        TEST(test_missing__another_type_is_another_object),
        TEST(test_missing__many_objects),
        TEST(test_missing__can_be_cancelled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
