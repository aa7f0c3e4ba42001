#include "inspector/rows/rows_edges.h"

#include "tests/support/fake_session.h"
#include "tests/support/fake_stream.h"
#include "tests/support/test.h"

/* A snapshot, and the table of one object's references. */
struct table {
    struct snapshot *snapshot;
    struct lookup *lookup;
    struct rows *rows;
};

static struct table open_table(const char *graph, const char *object,
                               enum edges_direction direction)
{
    struct table table = {.snapshot = fake_snapshot(graph), .lookup = lookup_create()};

    fake_session = (struct fake_session){.questions = 0};
    assert_ok(rows_edges_create(table.snapshot, table.lookup, fake_object(table.snapshot, object),
                                direction, &table.rows));
    return table;
}

static void close_table(struct table *table)
{
    rows_destroy(table->rows);
    lookup_destroy(table->lookup);
    snapshot_unref(table->snapshot);
}

/* Brings all names home and gives the rows as "edge>object" ("edge~object": weak). */
static const char *dump(struct table *table, char *buf, size_t bytes)
{
    size_t used = 0;

    rows_prefetch(table->rows, 0, rows_count(table->rows));
    struct lookup_batch *batch = lookup_take(table->lookup);
    if (batch) {
        assert_ok(lookup_batch_ask(batch, NULL, NULL));
        lookup_apply(table->lookup, batch);
    }
    buf[0] = '\0';
    for (size_t i = 0; i < rows_count(table->rows) && used < bytes; i++) {
        struct cell edge, strength;
        char name[16];
        rows_cell(table->rows, i, EDGES_EDGE, &edge);
        rows_cell(table->rows, i, EDGES_STRENGTH, &strength);
        assert_int_equal(edge.state, CELL_VALUE);
        used += (size_t)snprintf(buf + used, bytes - used, "%s%s%s%s", i ? " " : "", edge.text,
                                 strcmp(strength.text, "weak") ? ">" : "~",
                                 fake_name(table->snapshot,
                                           rows_edges_object(table->rows, rows_raw(table->rows, i)),
                                           name));
    }
    return buf;
}

static void assert_edges(const char *graph, const char *object, enum edges_direction direction,
                         const char *want)
{
    struct table table = open_table(graph, object, direction);
    char text[512];

    assert_string_equal(dump(&table, text, sizeof text), want);
    close_table(&table);
}

static void test_rows_edges__referents(void **state)
{
    (void)state;
    assert_edges("a -> b, a -> c, b -> c", "a", EDGES_REFERENTS, "e0.0>b e0.1>c");
    assert_edges("a -> b", "b", EDGES_REFERENTS, "");
    assert_edges("a -> a", "a", EDGES_REFERENTS, "e0.0>a");
}

static void test_rows_edges__referrers(void **state)
{
    (void)state;
    assert_edges("a -> b, a -> c, b -> c", "c", EDGES_REFERRERS, "e0.1>a e1.0>b");
    assert_edges("a -> b", "a", EDGES_REFERRERS, "");
    assert_edges("a -> a", "a", EDGES_REFERRERS, "e0.0>a");
}

static void test_rows_edges__parallel_ones(void **state)
{
    (void)state;
    assert_edges("a -> b, a -> c, a -> b, a -> b", "a", EDGES_REFERENTS,
                 "e0.0>b e0.1>c e0.2>b e0.3>b");
    assert_edges("a -> b, a -> c, a -> b, d -> b, a -> b", "b", EDGES_REFERRERS,
                 "e0.0>a e0.2>a e0.3>a e3.0>d");
}

static void test_rows_edges__weak_ones_come_last(void **state)
{
    (void)state;
    assert_edges("a ~> b, a -> c, a ~> c", "a", EDGES_REFERENTS, "e0.0>c e0.1~b e0.2~c");
    assert_edges("a ~> b, a -> c, d ~> c, d ~> b, e -> b", "b", EDGES_REFERRERS,
                 "e4.0>e e0.1~a e3.1~d"); /* ordinals count the strong ones first */
}

static void test_rows_edges__cells(void **state)
{
    struct table table =
        open_table("a : dict rc=9 -> b : app.Node size=64 rc=3, a ~> b", "a", EDGES_REFERENTS);
    struct cell cell;

    (void)state;
    rows_cell(table.rows, 0, EDGES_EDGE, &cell);
    assert_int_equal(cell.state, CELL_PENDING);
    rows_cell(table.rows, 0, EDGES_VALUE, &cell);
    assert_int_equal(cell.state, CELL_PENDING);
    rows_cell(table.rows, 0, EDGES_TYPE, &cell);
    assert_string_equal(cell.text, "app.Node");
    assert_int_equal(cell.tone, TONE_NORMAL);
    rows_cell(table.rows, 0, EDGES_ADDRESS, &cell);
    assert_true((uint64_t)cell.num == fake_address("b"));
    rows_cell(table.rows, 0, EDGES_SHALLOW, &cell);
    assert_int_equal(cell.num, 64);
    rows_cell(table.rows, 0, EDGES_REFCOUNT, &cell);
    assert_int_equal(cell.num, 3);
    for (unsigned col = 0; col < EDGES_COLUMNS; col++) { /* a weak one is dim all along */
        rows_cell(table.rows, 1, col, &cell);
        assert_int_equal(cell.tone, TONE_DIM);
    }
    close_table(&table);
}

static void test_rows_edges__asks_for_runs(void **state)
{
    struct table table = open_table("a -> b, a -> c, a -> d, a ~> d", "a", EDGES_REFERENTS);
    char text[512];

    (void)state;
    dump(&table, text, sizeof text);
    assert_string_equal(fake_session.asked, "values 1 2 3\nedges 0: 0+4\n");
    close_table(&table);
    table = open_table("a -> d, b -> d, c, c ~> d", "d", EDGES_REFERRERS);
    dump(&table, text, sizeof text);
    assert_string_equal(fake_session.asked,
                        "values 0 2 3\nedges 0: 0 -> 1\nedges 2: 0 -> 1\nedges 3: 0 -> 1\n");
    close_table(&table);
}

/* Rows of one object at several places are different rows, and stay the same when sorted. */
static void test_rows_edges__identities(void **state)
{
    struct table table = open_table("a -> b, a -> b, a -> c, a ~> b, a -> b", "a", EDGES_REFERENTS);
    uint64_t ids[5];

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        ids[i] = rows_id(table.rows, i);
        for (size_t k = 0; k < i; k++)
            assert_true(ids[i] != ids[k]);
    }
    assert_ok(rows_arrange(table.rows, &(struct rows_spec){EDGES_STRENGTH, true, NULL}));
    assert_true(rows_id(table.rows, 0) == ids[4]);
    close_table(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_rows_edges__referents),     TEST(test_rows_edges__referrers),
        TEST(test_rows_edges__parallel_ones), TEST(test_rows_edges__weak_ones_come_last),
        TEST(test_rows_edges__cells),         TEST(test_rows_edges__asks_for_runs),
        TEST(test_rows_edges__identities),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
