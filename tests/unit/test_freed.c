#include "inspector/analysis/freed.h"

#include <stdlib.h>

#include "tests/support/fake_stream.h"
#include "tests/support/test.h"

static void assert_freed(const char *before_graph, const char *after_graph, const char *want)
{
    struct snapshot *before = fake_snapshot(before_graph), *after = fake_snapshot(after_graph);
    uint32_t *freed;
    size_t n;
    char names[256];

    assert_ok(freed_find(before, after, NULL, &freed, &n));
    assert_string_equal(fake_names(before, freed, n, names, sizeof names), want);
    free(freed);
    snapshot_unref(before);
    snapshot_unref(after);
}

static void test_freed__a_garbage_cycle(void **state)
{
    (void)state;
    assert_freed("app -> a -> b -> a, x -> y -> x, y -> text untracked", "app -> a -> b -> a",
                 "x y text");
}

static void test_freed__nothing(void **state)
{
    (void)state;
    assert_freed("app -> a", "app -> a", "");
    assert_freed("", "", "");
}

/* A collection untracks a tuple that cannot be part of a cycle; when only C code holds it, no walk
 * finds it any more, nor what only it holds. Nothing of that was freed. */
static void test_freed__a_tuple_that_was_only_untracked(void **state)
{
    (void)state;
    assert_freed("tup : tuple +1 -> text untracked, tup -> more untracked, x -> x", "", "x");
}

static void test_freed__held_through_a_chain(void **state)
{
    (void)state;
    assert_freed(
        "tup : tuple +1 -> inner : tuple -> leaf untracked, x -> y -> x, y -> own untracked", "",
        "x y own");
}

static void test_freed__garbage_that_points_at_what_lives(void **state)
{
    /* both hold `leaf`: it lives as long as one of them does */
    (void)state;
    assert_freed("tup : tuple +1 -> leaf untracked, x -> x, x -> leaf", "", "x");
}

static void test_freed__untracked_objects_hold_nobody_up(void **state)
{
    /* its count says that more hold it than the heap knows, but it is no container: it went with
     * what held it (the count of a string includes the table of interned ones, and so on) */
    (void)state;
    assert_freed("x -> x, x -> text untracked +1", "", "x text");
}

static void test_freed__weak_references_hold_nobody(void **state)
{
    (void)state;
    assert_freed("tup : tuple +1 ~> x, x -> x", "", "x");
}

static void test_freed__can_be_cancelled(void **state)
{
    struct snapshot *s = fake_snapshot("a");
    atomic_bool cancel = true;
    uint32_t *freed;
    size_t n;

    (void)state;
    assert_fails(freed_find(s, s, &cancel, &freed, &n), ERR_CANCELLED, "cancelled");
    snapshot_unref(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_freed__a_garbage_cycle),
        TEST(test_freed__nothing),
        TEST(test_freed__a_tuple_that_was_only_untracked),
        TEST(test_freed__held_through_a_chain),
        TEST(test_freed__garbage_that_points_at_what_lives),
        TEST(test_freed__untracked_objects_hold_nobody_up),
        TEST(test_freed__weak_references_hold_nobody),
        TEST(test_freed__can_be_cancelled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
