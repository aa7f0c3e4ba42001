#include "inspector/rows/rows_types.h"

#include "tests/support/fake_stream.h"
#include "tests/support/test.h"

/* The rows as "type count shallow" and, with a baseline, the two changes; one a line. */
static const char *dump(const struct rows *rows, char *buf, size_t bytes)
{
    static const unsigned columns[] = {TYPES_COUNT, TYPES_SHALLOW, TYPES_COUNT_DELTA,
                                       TYPES_SHALLOW_DELTA};
    size_t used = 0;

    buf[0] = '\0';
    for (size_t i = 0; i < rows_count(rows) && used < bytes; i++) {
        struct cell cell;
        rows_cell(rows, i, TYPES_TYPE, &cell);
        used += (size_t)snprintf(buf + used, bytes - used, "%s", cell.text);
        for (size_t c = 0; c < 4 && columns[c] < rows->n_columns; c++) {
            rows_cell(rows, i, columns[c], &cell);
            used += (size_t)snprintf(buf + used, bytes - used, " %lld", (long long)cell.num);
        }
        used += (size_t)snprintf(buf + used, bytes - used, "\n");
    }
    return buf;
}

static void assert_rows(const struct rows *rows, const char *want)
{
    char text[1024];

    assert_string_equal(dump(rows, text, sizeof text), want);
}

static void test_rows_types__histogram(void **state)
{
    struct snapshot *s = fake_snapshot(
        "a : dict size=64, b : app.Node, c : dict size=5000000000, d : app/Node size=1");
    struct rows *rows;

    (void)state;
    assert_ok(rows_types_create(s, NULL, &rows));
    snapshot_unref(s); /* the table keeps it */
    assert_int_equal(rows->n_columns, TYPES_COUNT_DELTA);
    assert_rows(rows, "app.Node 2 17\nbuiltins.dict 2 5000000064\n");
    assert_string_equal(rows_types_name(rows, 0), "app.Node");
    assert_int_equal(rows_types_changed(rows), 0);
    rows_destroy(rows);
}

static void test_rows_types__types_without_instances_are_left_out(void **state)
{
    struct snapshot *s = fake_snapshot("a : dict");
    struct rows *rows;

    (void)state;
    s->types[0].count = 0;
    assert_ok(rows_types_create(s, NULL, &rows));
    assert_int_equal(rows_count(rows), 0);
    rows_destroy(rows);
    snapshot_unref(s);
}

static void test_rows_types__change_since_a_baseline(void **state)
{
    struct snapshot *before =
        fake_snapshot("a : dict size=10, b : app.Gone size=7, c : list size=4,"
                      "d : app.Same size=3");
    struct snapshot *after = fake_snapshot("a : dict size=12, e : dict size=5, c : app.New size=9,"
                                           "f : list size=1, d : app.Same size=3");
    struct rows *rows;
    struct cell cell;

    (void)state;
    assert_ok(rows_types_create(after, before, &rows));
    snapshot_unref(before);
    snapshot_unref(after);
    assert_int_equal(rows->n_columns, TYPES_COLUMNS);
    assert_rows(rows, "app.Gone 0 0 -1 -7\n"
                      "app.New 1 9 1 9\n"
                      "app.Same 1 3 0 0\n"
                      "builtins.dict 2 17 1 7\n"
                      "builtins.list 1 1 0 -3\n");
    assert_int_equal(rows_types_changed(rows), 4);
    rows_cell(rows, 0, TYPES_COUNT_DELTA, &cell);
    assert_int_equal(cell.tone, TONE_GOOD);
    rows_cell(rows, 1, TYPES_SHALLOW_DELTA, &cell);
    assert_int_equal(cell.tone, TONE_WARN);
    rows_cell(rows, 2, TYPES_COUNT_DELTA, &cell);
    assert_int_equal(cell.tone, TONE_DIM);
    rows_destroy(rows);
}

static void test_rows_types__of_objects(void **state)
{
    struct snapshot *s =
        fake_snapshot("a : dict size=1, b : dict size=2, c : list size=5000000000");
    const uint32_t objects[] = {1, 2};
    struct rows *rows;

    (void)state;
    assert_ok(rows_types_of_objects(s, objects, 2, &rows));
    assert_rows(rows, "builtins.dict 1 2\nbuiltins.list 1 5000000000\n");
    rows_destroy(rows);
    assert_ok(rows_types_of_objects(s, objects, 0, &rows));
    assert_int_equal(rows_count(rows), 0);
    rows_destroy(rows);
    snapshot_unref(s);
}

static void test_rows_types__identity_is_the_name(void **state)
{
    struct snapshot *first = fake_snapshot("a : dict, b : app.Node, c : app.Edge");
    struct snapshot *second = fake_snapshot("c : app.Node, x : set, d : dict");
    struct rows *rows, *later;

    (void)state;
    assert_ok(rows_types_create(first, NULL, &rows));
    assert_ok(rows_types_create(second, NULL, &later));
    assert_string_equal(rows_types_name(rows, 1), "app.Node");
    assert_string_equal(rows_types_name(later, 0), "app.Node");
    assert_true(rows_id(rows, 1) == rows_id(later, 0));
    assert_int_equal(rows_find(later, rows_id(rows, 2)), 1);
    assert_true(rows_find(later, rows_id(rows, 0)) == SIZE_MAX);
    rows_destroy(rows);
    rows_destroy(later);
    snapshot_unref(first);
    snapshot_unref(second);
}

static void test_rows_types__retained_is_not_known(void **state)
{
    struct snapshot *s = fake_snapshot("a");
    struct rows *rows;
    struct cell cell;

    (void)state;
    assert_ok(rows_types_create(s, NULL, &rows));
    rows_cell(rows, 0, TYPES_RETAINED, &cell);
    assert_int_equal(cell.state, CELL_NULL);
    rows_destroy(rows);
    snapshot_unref(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_rows_types__histogram),
        TEST(test_rows_types__types_without_instances_are_left_out),
        TEST(test_rows_types__change_since_a_baseline),
        TEST(test_rows_types__of_objects),
        TEST(test_rows_types__identity_is_the_name),
        TEST(test_rows_types__retained_is_not_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
