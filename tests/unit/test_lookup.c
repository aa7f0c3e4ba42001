#include "inspector/rows/lookup.h"

#include "tests/support/fake_session.h"
#include "tests/support/test.h"

static int setup(void **state)
{
    fake_session = (struct fake_session){.questions = 0};
    *state = lookup_create();
    return 0;
}

static int teardown(void **state)
{
    lookup_destroy(*state);
    return 0;
}

/* Asks for all that is wanted and takes the answers in. */
static void answer(struct lookup *lookup)
{
    struct lookup_batch *batch = lookup_take(lookup);

    assert_non_null(batch);
    assert_ok(lookup_batch_ask(batch, NULL, NULL));
    lookup_apply(lookup, batch);
}

static void test_lookup__knows_nothing_at_first(void **state)
{
    struct lookup *lookup = *state;

    assert_null(lookup_value(lookup, 0));
    assert_null(lookup_edge(lookup, 0, 0));
    assert_null(lookup_take(lookup));
}

static void test_lookup__values(void **state)
{
    struct lookup *lookup = *state;

    lookup_want_value(lookup, 3);
    lookup_want_value(lookup, 9);
    assert_null(lookup_value(lookup, 3)); /* wanting is not knowing */
    answer(lookup);
    assert_string_equal(fake_session.asked, "values 3 9\n");
    assert_string_equal(lookup_value(lookup, 3), "v3");
    assert_string_equal(lookup_value(lookup, 9), "v9");
    assert_null(lookup_value(lookup, 4));
}

static void test_lookup__nothing_is_asked_twice(void **state)
{
    struct lookup *lookup = *state;

    lookup_want_value(lookup, 3);
    lookup_want_value(lookup, 3);
    lookup_want_edge(lookup, 3, 1, 5);
    lookup_want_edge(lookup, 3, 1, 5);
    struct lookup_batch *batch = lookup_take(lookup);
    lookup_want_value(lookup, 3); /* under way */
    lookup_want_edge(lookup, 3, 1, 5);
    assert_null(lookup_take(lookup));
    assert_ok(lookup_batch_ask(batch, NULL, NULL));
    lookup_apply(lookup, batch);
    lookup_want_value(lookup, 3); /* known */
    lookup_want_edge(lookup, 3, 1, 5);
    assert_null(lookup_take(lookup));
    assert_string_equal(fake_session.asked, "values 3\nedges 3: 1 -> 5\n");
}

static void test_lookup__runs_of_one_holder(void **state)
{
    struct lookup *lookup = *state;

    lookup_want_edge(lookup, 7, 2, 20);
    lookup_want_edge(lookup, 7, 3, 21);
    lookup_want_edge(lookup, 7, 4, 22);
    lookup_want_edge(lookup, 7, 6, 23); /* a gap */
    lookup_want_edge(lookup, 8, 7, 24); /* another holder */
    lookup_want_edge(lookup, 8, 6, 25); /* backwards */
    answer(lookup);
    assert_string_equal(fake_session.asked, "edges 7: 2+3\n"
                                            "edges 7: 6 -> 23\n"
                                            "edges 8: 7 -> 24\n"
                                            "edges 8: 6 -> 25\n");
    assert_string_equal(lookup_edge(lookup, 7, 3), "e7.3");
    assert_string_equal(lookup_edge(lookup, 7, 6), "e7.6");
    assert_string_equal(lookup_edge(lookup, 8, 6), "e8.6");
    assert_null(lookup_edge(lookup, 7, 5));
}

static void test_lookup__answers_in_any_order(void **state)
{
    struct lookup *lookup = *state;

    fake_session.reversed = true;
    for (uint32_t i = 0; i < 200; i++) {
        lookup_want_value(lookup, i);
        lookup_want_edge(lookup, 1, i, i);
    }
    answer(lookup);
    assert_int_equal(fake_session.questions, 2);
    assert_string_equal(lookup_value(lookup, 77), "v77");
    assert_string_equal(lookup_edge(lookup, 1, 199), "e1.199");
}

static void test_lookup__what_is_not_answered(void **state)
{
    struct lookup *lookup = *state;

    fake_session.silent = 5;
    lookup_want_value(lookup, 5);
    lookup_want_value(lookup, 6);
    lookup_want_edge(lookup, 1, 5, 9);
    answer(lookup);
    assert_string_equal(lookup_value(lookup, 5), "");
    assert_string_equal(lookup_value(lookup, 6), "v6");
    assert_string_equal(lookup_edge(lookup, 1, 5), "?");
}

static void test_lookup__failure_keeps_what_came(void **state)
{
    struct lookup *lookup = *state;

    fake_session.fail_after = 2;
    lookup_want_value(lookup, 5);
    lookup_want_edge(lookup, 1, 1, 9);
    lookup_want_edge(lookup, 2, 1, 9);
    struct lookup_batch *batch = lookup_take(lookup);
    assert_fails(lookup_batch_ask(batch, NULL, NULL), ERR_TARGET_GONE, "has ended");
    lookup_apply(lookup, batch);
    assert_string_equal(lookup_value(lookup, 5), "v5");
    assert_string_equal(lookup_edge(lookup, 1, 1), "e1.1");
    assert_string_equal(lookup_edge(lookup, 2, 1), "?");
    lookup_want_edge(lookup, 2, 1, 9); /* given up for good */
    assert_null(lookup_take(lookup));
}

static void test_lookup__two_batches_at_once(void **state)
{
    struct lookup *lookup = *state;

    lookup_want_value(lookup, 1);
    struct lookup_batch *first = lookup_take(lookup);
    lookup_want_value(lookup, 2);
    struct lookup_batch *second = lookup_take(lookup);
    assert_ok(lookup_batch_ask(second, NULL, NULL));
    lookup_apply(lookup, second);
    assert_null(lookup_value(lookup, 1));
    assert_string_equal(lookup_value(lookup, 2), "v2");
    assert_ok(lookup_batch_ask(first, NULL, NULL));
    lookup_apply(lookup, first);
    assert_string_equal(lookup_value(lookup, 1), "v1");
}

static void test_lookup__texts_are_escaped(void **state)
{
    struct lookup *lookup = *state;

    fake_session.text = "a\n\x1b[31m";
    lookup_want_value(lookup, 1);
    lookup_want_edge(lookup, 1, 1, 1);
    answer(lookup);
    assert_string_equal(lookup_value(lookup, 1), "a\\n\\x1b[31m");
    assert_string_equal(lookup_edge(lookup, 1, 1), "a\\n\\x1b[31m");
}

/* The sanitizer counts what is left in batches that come home to nobody. */
static void test_lookup__batches_without_a_lookup(void **state)
{
    struct lookup *lookup = *state, *other = lookup_create();

    (void)lookup;
    lookup_want_value(other, 1);
    lookup_want_edge(other, 1, 1, 1);
    struct lookup_batch *batch = lookup_take(other);
    lookup_want_value(other, 2);
    lookup_destroy(other);
    assert_ok(lookup_batch_ask(batch, NULL, NULL));
    lookup_batch_destroy(batch);
    lookup_batch_destroy(NULL);
    lookup_destroy(NULL);
}

static void test_lookup__texts_stay_where_they_are(void **state)
{
    struct lookup *lookup = *state;

    lookup_want_value(lookup, 0);
    answer(lookup);
    const char *text = lookup_value(lookup, 0);
    for (uint32_t i = 1; i < 2000; i++)
        lookup_want_value(lookup, i);
    fake_session.asked[0] = '\0';
    answer(lookup);
    assert_ptr_equal(lookup_value(lookup, 0), text);
    assert_string_equal(text, "v0");
    assert_string_equal(lookup_value(lookup, 1999), "v1999");
}

#define LOOKUP(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOOKUP(test_lookup__knows_nothing_at_first),
        LOOKUP(test_lookup__values),
        LOOKUP(test_lookup__nothing_is_asked_twice),
        LOOKUP(test_lookup__runs_of_one_holder),
        LOOKUP(test_lookup__answers_in_any_order),
        LOOKUP(test_lookup__what_is_not_answered),
        LOOKUP(test_lookup__failure_keeps_what_came),
        LOOKUP(test_lookup__two_batches_at_once),
        LOOKUP(test_lookup__texts_are_escaped),
        LOOKUP(test_lookup__batches_without_a_lookup),
        LOOKUP(test_lookup__texts_stay_where_they_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
