#include "inspector/rows/rows_retained.h"

#include "tests/support/fake_session.h"
#include "tests/support/fake_stream.h"
#include "tests/support/test.h"

struct table {
    struct snapshot *snapshot;
    struct lookup *lookup;
    struct rows *rows;
};

/* What is below the object of this name, or the top level; all names are home. */
static struct table open_table(const char *graph, const char *under)
{
    struct table t = {.snapshot = fake_snapshot(graph), .lookup = lookup_create()};
    uint32_t object = under ? fake_object(t.snapshot, under) : DOMINATOR_ROOT;

    fake_session = (struct fake_session){.questions = 0};
    assert_ok(facts_compute(t.snapshot, NULL));
    assert_ok(rows_retained_create(t.snapshot, t.lookup, object, &t.rows));
    rows_prefetch(t.rows, 0, rows_count(t.rows));
    struct lookup_batch *batch = lookup_take(t.lookup);
    if (batch) {
        assert_ok(lookup_batch_ask(batch, NULL, NULL));
        lookup_apply(t.lookup, batch);
    }
    return t;
}

static void close_table(struct table *t)
{
    rows_destroy(t->rows);
    lookup_destroy(t->lookup);
    snapshot_unref(t->snapshot);
}

static const char *text_of(const struct table *t, size_t row, unsigned col, char *buf)
{
    static struct cell cell;

    rows_cell(t->rows, row, col, &cell);
    return cell_format(&t->rows->columns[col], &cell, true, buf);
}

static void assert_text(const struct table *t, size_t row, unsigned col, const char *want)
{
    char buf[CELL_BUF_BYTES];

    assert_string_equal(text_of(t, row, col, buf), want);
}

#define GRAPH "a size=100 -> b size=600 -> c size=100, a -> d size=200, root a"

static void test_rows_retained__shares_of_the_level_above(void **state)
{
    struct table t = open_table(GRAPH, "a");

    (void)state;
    assert_int_equal(rows_count(t.rows), 2);
    assert_int_equal(rows_retained_total(t.rows), 1000);
    assert_text(&t, 0, RETAINED_BYTES, "700 B");
    assert_text(&t, 0, RETAINED_SHARE, " 70.0% #######   ");
    assert_text(&t, 0, RETAINED_DOMINATES, "1");
    assert_text(&t, 1, RETAINED_SHARE, " 20.0% ##        ");
    close_table(&t);
    t = open_table(GRAPH, NULL);
    assert_int_equal(rows_count(t.rows), 1);
    assert_text(&t, 0, RETAINED_SHARE, "100.0% ##########");
    close_table(&t);
}

/* By the name of the reference; if the one above holds it only through others, by none. */
static void test_rows_retained__how_they_are_held(void **state)
{
    struct table t = open_table("a -> b, a -> c, b -> d size=9000, c -> d, root a", "a");
    char want[32];

    (void)state;
    assert_int_equal(rows_count(t.rows), 3);
    assert_int_equal(rows_retained_object(t.rows, 0), fake_object(t.snapshot, "d"));
    assert_text(&t, 0, RETAINED_HELD, "-");
    snprintf(want, sizeof want, "e%u.0", fake_object(t.snapshot, "a"));
    assert_text(&t, 1, RETAINED_HELD, want);
    assert_string_equal(rows_retained_held(t.rows, 1), want);
    close_table(&t);
}

static void test_rows_retained__roots_by_what_holds_them(void **state)
{
    struct table t = open_table("a -> b, root a", NULL);

    (void)state;
    assert_text(&t, 0, RETAINED_HELD, "thread MainThread, main() app.py:7, local 'a'");
    close_table(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_retained__shares_of_the_level_above),
        cmocka_unit_test(test_rows_retained__how_they_are_held),
        cmocka_unit_test(test_rows_retained__roots_by_what_holds_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
