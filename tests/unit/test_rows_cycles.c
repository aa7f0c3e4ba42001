#include "inspector/rows/rows_cycles.h"

#include "tests/support/fake_session.h"
#include "tests/support/fake_stream.h"
#include "tests/support/test.h"

static void assert_text(const struct rows *rows, size_t row, unsigned col, const char *want)
{
    char buf[CELL_BUF_BYTES];
    struct cell cell;

    rows_cell(rows, row, col, &cell);
    assert_string_equal(cell_format(&rows->columns[col], &cell, true, buf), want);
}

static const char graph[] = "a : app.Node size=10 -> b : app.Node size=20 -> l : list -> a,"
                            " h -> a, h +1; x : app.Leaf -> x";

static void test_rows_cycles__garbage_first(void **state)
{
    struct snapshot *s = fake_snapshot(graph);
    struct heap_cycles cycles;
    struct rows *rows;

    (void)state;
    assert_ok(facts_compute(s, NULL));
    assert_ok(heap_cycles_find(s, NULL, &cycles));
    assert_ok(rows_cycles_create(s, &cycles, &rows));
    assert_int_equal(rows_count(rows), 2);
    assert_text(rows, 0, CYCLES_STATE, "garbage");
    assert_text(rows, 0, CYCLES_TYPES, "1 Leaf");
    assert_text(rows, 1, CYCLES_STATE, "alive");
    assert_text(rows, 1, CYCLES_OBJECTS, "3");
    assert_text(rows, 1, CYCLES_SHALLOW, "46 B");
    assert_text(rows, 1, CYCLES_TYPES, "2 Node, 1 list");
    rows_destroy(rows);
    heap_cycles_deinit(&cycles);
    snapshot_unref(s);
}

static void test_rows_cycles__holders(void **state)
{
    struct snapshot *s = fake_snapshot(graph);
    struct lookup *lookup = lookup_create();
    struct heap_cycles cycles;
    struct cycle_names names;
    struct rows *rows;

    (void)state;
    assert_ok(facts_compute(s, NULL));
    assert_ok(heap_cycles_find(s, NULL, &cycles));
    assert_ok(cycle_names_examine(s, lookup, &cycles, &cycles.cycle[1], NULL, &names));
    assert_ok(rows_holders_create(s, lookup, &names, &rows));
    assert_int_equal(rows_count(rows), 1);
    assert_int_equal(rows_holders_object(rows, 0), fake_object(s, "h"));
    assert_text(rows, 0, HOLDERS_HELD, "app.Node");
    assert_text(rows, 0, HOLDERS_EDGE, "...");
    rows_destroy(rows);
    cycle_names_deinit(&names);
    heap_cycles_deinit(&cycles);
    lookup_destroy(lookup);
    snapshot_unref(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_cycles__garbage_first),
        cmocka_unit_test(test_rows_cycles__holders),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
