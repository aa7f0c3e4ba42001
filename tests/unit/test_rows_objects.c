#include "inspector/rows/rows_objects.h"

#include <stdlib.h>

#include "tests/support/fake_session.h"
#include "tests/support/fake_stream.h"
#include "tests/support/test.h"

/* The shown objects by name. */
static void assert_shown(const struct rows *rows, const struct snapshot *s, const char *want)
{
    uint32_t objects[64];
    char names[256];
    size_t n = rows_count(rows);

    assert_true(n <= 64);
    for (size_t i = 0; i < n; i++)
        objects[i] = rows_objects_object(rows, rows_raw(rows, i));
    assert_string_equal(fake_names(s, objects, n, names, sizeof names), want);
}

/* What a person reads in a cell. */
static void assert_cell(const struct rows *rows, size_t row, unsigned col, const char *want)
{
    struct cell cell;
    char buf[CELL_BUF_BYTES];

    rows_cell(rows, row, col, &cell);
    assert_string_equal(cell_format(&rows->columns[col], &cell, true, buf), want);
}

static void test_rows_objects__of_a_type(void **state)
{
    struct snapshot *s = fake_snapshot("a : dict, b : app.Node, c : dict, d : app/Node");
    struct rows *rows;

    (void)state;
    assert_ok(rows_objects_of_type(s, NULL, "app.Node", &rows));
    assert_shown(rows, s, "b d"); /* two types with one name */
    rows_destroy(rows);
    assert_ok(rows_objects_of_type(s, NULL, "builtins.dict", &rows));
    assert_shown(rows, s, "a c");
    rows_destroy(rows);
    assert_ok(rows_objects_of_type(s, NULL, NULL, &rows));
    assert_shown(rows, s, "a b c d");
    rows_destroy(rows);
    assert_fails(rows_objects_of_type(s, NULL, "app.Nod", &rows), ERR_INPUT,
                 "there is no type 'app.Nod'");
    snapshot_unref(s);
}

static void test_rows_objects__cells(void **state)
{
    struct snapshot *s =
        fake_snapshot("a : app.Node size=1536 rc=1234 gen=2 finalized, type app.Node finalizer,"
                      "p gen=permanent, u untracked immortal rc=4294967295 size=5000000000");
    struct rows *rows;

    (void)state;
    assert_ok(rows_objects_of_type(s, NULL, NULL, &rows));
    char address[32];
    snprintf(address, sizeof address, "0x%llx", (unsigned long long)fake_address("a"));
    assert_cell(rows, 0, OBJECTS_ADDRESS, address);
    assert_cell(rows, 0, OBJECTS_TYPE, "app.Node");
    assert_cell(rows, 0, OBJECTS_SHALLOW, "1.50 KiB");
    assert_cell(rows, 0, OBJECTS_RETAINED, "-");
    assert_cell(rows, 0, OBJECTS_REFCOUNT, "1,234");
    assert_cell(rows, 0, OBJECTS_GENERATION, "2");
    assert_cell(rows, 0, OBJECTS_TRACKED, "yes");
    assert_cell(rows, 0, OBJECTS_FINALIZER, "yes");
    assert_cell(rows, 0, OBJECTS_FINALIZED, "yes");
    assert_cell(rows, 0, OBJECTS_VALUE, "-"); /* nobody to ask */
    assert_cell(rows, 1, OBJECTS_GENERATION, "permanent");
    assert_cell(rows, 1, OBJECTS_FINALIZER, "no");
    assert_cell(rows, 2, OBJECTS_GENERATION, "-");
    assert_cell(rows, 2, OBJECTS_TRACKED, "no");
    assert_cell(rows, 2, OBJECTS_SHALLOW, "4.66 GiB");
    assert_cell(rows, 2, OBJECTS_REFCOUNT, "4,294,967,295");
    rows_destroy(rows);
    snapshot_unref(s);
}

static void test_rows_objects__values_arrive(void **state)
{
    struct snapshot *s = fake_snapshot("a, b, c");
    struct lookup *lookup = lookup_create();
    struct rows *rows;

    (void)state;
    fake_session = (struct fake_session){.silent = 1};
    assert_ok(rows_objects_of_type(s, lookup, NULL, &rows));
    assert_cell(rows, 0, OBJECTS_VALUE, "...");
    rows_prefetch(rows, 0, 2);
    struct lookup_batch *batch = lookup_take(lookup);
    assert_ok(lookup_batch_ask(batch, NULL, NULL));
    lookup_apply(lookup, batch);
    assert_string_equal(fake_session.asked, "values 0 1\n");
    assert_cell(rows, 0, OBJECTS_VALUE, "v0");
    assert_cell(rows, 1, OBJECTS_VALUE, "-"); /* no preview */
    assert_cell(rows, 2, OBJECTS_VALUE, "...");
    rows_destroy(rows);
    lookup_destroy(lookup);
    snapshot_unref(s);
}

static void test_rows_objects__any_list(void **state)
{
    struct snapshot *s = fake_snapshot("a, b, c");
    uint32_t *objects = malloc(2 * sizeof *objects);
    struct rows *rows;

    (void)state;
    objects[0] = 2;
    objects[1] = 0;
    assert_ok(rows_objects_create(s, NULL, objects, 2, &rows));
    assert_shown(rows, s, "c a");
    assert_true(rows_id(rows, 0) == fake_address("c"));
    snapshot_unref(s); /* the table keeps it */
    assert_cell(rows, 1, OBJECTS_TYPE, "builtins.object");
    rows_destroy(rows);
}

static void test_rows_objects__sorts(void **state)
{
    struct snapshot *s = fake_snapshot("a size=3 gen=1, b size=5000000000 gen=permanent,"
                                       "c size=3 untracked, d size=7 gen=0");
    struct rows *rows;

    (void)state;
    assert_ok(rows_objects_of_type(s, NULL, NULL, &rows));
    assert_ok(rows_arrange(rows, &(struct rows_spec){OBJECTS_SHALLOW, true, NULL}));
    assert_shown(rows, s, "b d a c");
    assert_ok(rows_arrange(rows, &(struct rows_spec){OBJECTS_GENERATION, false, NULL}));
    assert_shown(rows, s, "d a b c"); /* not tracked comes last, either way */
    assert_ok(rows_arrange(rows, &(struct rows_spec){OBJECTS_GENERATION, true, NULL}));
    assert_shown(rows, s, "b a d c");
    rows_destroy(rows);
    snapshot_unref(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_rows_objects__of_a_type),     TEST(test_rows_objects__cells),
        TEST(test_rows_objects__values_arrive), TEST(test_rows_objects__any_list),
        TEST(test_rows_objects__sorts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
