#include "inspector/analysis/entries.h"

#include "tests/support/fake_stream.h"
#include "tests/support/test.h"

static void test_entries__by_type(void **state)
{
    struct snapshot *s = fake_snapshot("d : dict -> k -> k, d -> v, d -> v\n"
                                       "l : list -> v -> k, l -> v, l -> v\n"
                                       "t : tuple, o -> v, q : collections.deque -> v\n");
    struct entries entries;

    (void)state;
    assert_ok(entries_make(s, &entries));
    assert_int_equal(entries_of(&entries, s, fake_object(s, "l")), 3);
    assert_int_equal(entries_of(&entries, s, fake_object(s, "d")), 1);
    assert_int_equal(entries_of(&entries, s, fake_object(s, "t")), 0);
    assert_int_equal(entries_of(&entries, s, fake_object(s, "q")), 1);
    assert_int_equal(entries_of(&entries, s, fake_object(s, "o")), 0); /* no container */
    entries_deinit(&entries);
    snapshot_unref(s);
}

/* What is derived from a container counts like it, over two steps, less the reference to its class. */
static void test_entries__inherited(void **state)
{
    struct snapshot *s = fake_snapshot("type app.Deep container heap object=deep\n"
                                       "type app.Cache container heap object=cache\n"
                                       "type dict container object=dict\n"
                                       "deep : type -> cache, cache : type -> dict, dict : type\n"
                                       "x : app.Deep -> k, x -> v, x -> k2, x -> v, x -> deep\n"
                                       "y : app.Cache -> k, y -> v, y -> cache, z : dict\n"
                                       "o : app.Deep -> deep");
    struct entries entries;

    (void)state;
    assert_ok(entries_make(s, &entries));
    assert_int_equal(entries_of(&entries, s, fake_object(s, "x")), 2);
    assert_int_equal(entries_of(&entries, s, fake_object(s, "y")), 1);
    assert_int_equal(entries_of(&entries, s, fake_object(s, "o")), 0);
    entries_deinit(&entries);
    snapshot_unref(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_entries__by_type),
        TEST(test_entries__inherited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
