#include "inspector/rows/rows.h"

#include <stdlib.h>

#include "inspector/base/clock.h"
#include "inspector/base/mem.h"
#include "inspector/rows/filter.h"
#include "tests/support/table.h"
#include "tests/support/test.h"

static const struct column columns[] = {
    {.key = "name", .kind = COL_TEXT},
    {.key = "copy", .kind = COL_TEXT},
    {.key = "delta", .kind = COL_BYTES_DELTA},
    {.key = "address", .kind = COL_ADDRESS},
    {.key = "gen", .kind = COL_GENERATION},
    {.key = "value", .kind = COL_TEXT, .flags = COL_F_NO_SORT},
};

enum { N_COLUMNS = 6, NAME = 0, COPY = 1, DELTA = 2, ADDRESS = 3, GEN = 4, VALUE = 5 };

static const char *const text = "c | bb      | -5 | 0xffffffff00000000 | 2         | v\n"
                                "a | aaaaaaaab | 0 | 0x10            | permanent | v\n"
                                "e | -       | -  | -                  | 0         | v\n"
                                "b | aaaaaaaaa | 7 | 0x7f0000000000  | 1         | v\n"
                                "d | bb      | -5 | 0x20               | 0         | v\n"
                                "f | ?       | ?  | ?                  | ?         | v\n";

static void check_order(int column, bool descending, const char *want)
{
    struct rows *rows = table_create(columns, N_COLUMNS, text);
    char shown[128];

    assert_ok(
        rows_arrange(rows, &(struct rows_spec){.sort_column = column, .descending = descending}));
    assert_string_equal(table_shown(rows, shown, sizeof shown), want);
    rows_destroy(rows);
}

static void test_rows__sorts_every_kind(void **state)
{
    (void)state;
    check_order(-1, false, "c a e b d f");
    check_order(NAME, false, "a b c d e f");
    check_order(NAME, true, "f e d c b a");
    check_order(ADDRESS, false, "a d b c e f");
    check_order(GEN, false, "e d b c a f");
}

static void test_rows__stable_with_nulls_last_in_both_directions(void **state)
{
    (void)state;
    check_order(DELTA, false, "c d a b e f");
    check_order(DELTA, true, "b a c d e f");
    check_order(COPY, false, "b a c d e f");
    check_order(COPY, true, "c d a b e f");
}

static void test_rows__find_and_ids_follow_the_order(void **state)
{
    struct rows *rows = table_create(columns, N_COLUMNS, text);
    struct filter *filter = NULL;

    (void)state;
    assert_int_equal(rows_find(rows, 30), 3);
    assert_ok(filter_parse("!c", rows, &filter));
    assert_ok(rows_arrange(rows, &(struct rows_spec){NAME, true, filter}));
    assert_int_equal(rows_count(rows), 5);
    assert_int_equal(rows_raw(rows, 0), 5);
    assert_int_equal(rows_find(rows, 30), 3);
    assert_int_equal(rows_find(rows, 0), SIZE_MAX);
    assert_int_equal(rows_column(rows, "gen"), GEN);
    assert_int_equal(rows_column(rows, "nope"), -1);
    filter_destroy(filter);
    rows_destroy(rows);
}

static void test_rows__refuses_what_it_cannot_sort(void **state)
{
    struct rows *rows = table_create(columns, N_COLUMNS, text);
    struct rows_order order = {NULL, 77};
    atomic_bool cancel = true;

    (void)state;
    assert_fails(rows_order_compute(rows, &(struct rows_spec){VALUE, false, NULL}, NULL, &order),
                 ERR_INTERNAL, "cannot sort");
    assert_fails(
        rows_order_compute(rows, &(struct rows_spec){N_COLUMNS, false, NULL}, NULL, &order),
        ERR_INTERNAL, "cannot sort");
    assert_fails(rows_order_compute(rows, &(struct rows_spec){NAME, false, NULL}, &cancel, &order),
                 ERR_CANCELLED, "cancelled");
    assert_int_equal(order.count, 77);
    rows_destroy(rows);
}

static void test_rows__an_empty_table_works(void **state)
{
    struct rows *rows = table_create(columns, N_COLUMNS, "");

    (void)state;
    for (int col = -1; col < VALUE; col++) {
        assert_ok(rows_arrange(rows, &(struct rows_spec){.sort_column = col}));
        assert_int_equal(rows_count(rows), 0);
    }
    rows_destroy(rows);
    rows_destroy(NULL);
}

static const char *format(enum col_kind kind, struct cell cell)
{
    static char buf[CELL_BUF_BYTES];

    return cell_format(&(struct column){.kind = kind}, &cell, true, buf);
}

static void test_rows__cells_read_like_a_person_wants(void **state)
{
    (void)state;
    assert_string_equal(format(COL_COUNT, (struct cell){.state = CELL_NULL}), "-");
    assert_string_equal(format(COL_COUNT, (struct cell){.state = CELL_PENDING}), "...");
#define NUM(value) ((struct cell){.state = CELL_VALUE, .num = (value)})
    assert_string_equal(format(COL_COUNT, NUM(1234567)), "1,234,567");
    assert_string_equal(format(COL_COUNT_DELTA, NUM(1234)), "+1,234");
    assert_string_equal(format(COL_BYTES, NUM(1536)), "1.50 KiB");
    assert_string_equal(format(COL_BYTES_DELTA, NUM(-5)), "-5 B");
    assert_string_equal(format(COL_DURATION_US, NUM(4560)), "4.56 ms");
    assert_string_equal(format(COL_ADDRESS, NUM(-1)), "0xffffffffffffffff");
    assert_string_equal(format(COL_BOOL, NUM(1)), "yes");
    assert_string_equal(format(COL_ID, NUM(12345)), "12345");
    assert_string_equal(format(COL_GENERATION, NUM(2)), "2");
    assert_string_equal(
        format(COL_GENERATION, (struct cell){.state = CELL_VALUE, .text = "permanent"}),
        "permanent");
    assert_string_equal(format(COL_TEXT, (struct cell){.state = CELL_VALUE}), "");
}

/* A big source whose cells are computed. */
enum { BIG_ROWS = 2 * 1000 * 1000, BIG_TYPES = 300 };

struct big {
    struct rows rows;
    char types[BIG_TYPES][24];
};

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 31) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 33;
}

static void big_destroy(struct rows *rows)
{
    free(rows);
}

static size_t big_total(const struct rows *rows)
{
    (void)rows;
    return BIG_ROWS;
}

static void big_cell(const struct rows *rows, size_t raw, unsigned col, struct cell *ret)
{
    const struct big *big = (const struct big *)rows;

    ret->state = CELL_VALUE;
    ret->num = (int64_t)(mix(raw) & 0xffffff);
    if (col == 1)
        ret->text = big->types[mix(raw) % BIG_TYPES];
    if (col == 2) {
        /* too many to be numbered, and each one some times over */
        snprintf(ret->buf, sizeof ret->buf, "object %llx", (unsigned long long)mix(raw) & 0x7ffff);
        ret->text = ret->buf;
    }
}

static uint64_t big_id(const struct rows *rows, size_t raw)
{
    (void)rows;
    return raw;
}

static struct rows *big_create(void)
{
    static const struct rows_ops ops = {"big", big_destroy, big_total, big_cell, big_id, NULL};
    static const struct column big_columns[] = {
        {.key = "size", .kind = COL_BYTES},
        {.key = "type", .kind = COL_TYPE},
        {.key = "value", .kind = COL_TEXT},
    };
    struct big *big = xalloc(sizeof *big);

    big->rows = (struct rows){&ops, big_columns, 3, .immutable = true};
    for (unsigned i = 0; i < BIG_TYPES; i++)
        snprintf(big->types[i], sizeof big->types[i], "package.module.T%u", i % (BIG_TYPES / 2));
    return &big->rows;
}

/* Whether rows a and b may follow each other. */
static bool in_order(const struct rows *rows, unsigned col, bool descending, size_t a, size_t b)
{
    struct cell left, right;

    rows_cell_raw(rows, a, col, &left);
    rows_cell_raw(rows, b, col, &right);
    int order =
        col == 0 ? (left.num > right.num) - (left.num < right.num) : strcmp(left.text, right.text);
    if (!order)
        return a < b;
    return descending ? order > 0 : order < 0;
}

static void test_rows__two_million_rows(void **state)
{
    struct rows *rows = big_create();

    (void)state;
    for (unsigned col = 0; col < 3; col++)
        for (int descending = 0; descending < 2; descending++) {
            uint64_t start_ns = clock_ns();
            assert_ok(rows_arrange(rows, &(struct rows_spec){(int)col, descending, NULL}));
            print_message("column %u: %llu ms\n", col,
                          (unsigned long long)(clock_ns() - start_ns) / NS_PER_MS);
            assert_int_equal(rows_count(rows), BIG_ROWS);
            for (size_t i = 1; i < BIG_ROWS; i++)
                if (!in_order(rows, col, descending, rows_raw(rows, i - 1), rows_raw(rows, i)))
                    fail_msg("column %u: rows %zu and %zu are out of order", col, i - 1, i);
        }
    rows_destroy(rows);
}

static void record_prefetch(struct rows *rows, const uint32_t *raw, size_t n)
{
    size_t *sum = *(size_t **)(rows + 1);

    for (size_t i = 0; i < n; i++)
        *sum += raw[i] + 1;
}

static void prefetch_destroy(struct rows *rows)
{
    (void)rows;
}

static size_t prefetch_total(const struct rows *rows)
{
    (void)rows;
    return 1000;
}

static void test_rows__prefetch_passes_what_is_shown(void **state)
{
    static const struct rows_ops ops = {"p",  prefetch_destroy, prefetch_total, NULL,
                                        NULL, record_prefetch};
    size_t sum = 0;
    struct {
        struct rows rows;
        size_t *sum;
    } source = {{.ops = &ops}, &sum};

    (void)state;
    rows_prefetch(&source.rows, 997, 50);
    assert_int_equal(sum, 998 + 999 + 1000);
    sum = 0;
    rows_prefetch(&source.rows, 0, 1000);
    assert_int_equal(sum, 1000 * 1001 / 2);
    rows_prefetch(&source.rows, 1000, 1);
    assert_int_equal(sum, 1000 * 1001 / 2);
    rows_destroy(&source.rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_rows__sorts_every_kind),
        TEST(test_rows__stable_with_nulls_last_in_both_directions),
        TEST(test_rows__find_and_ids_follow_the_order),
        TEST(test_rows__refuses_what_it_cannot_sort),
        TEST(test_rows__an_empty_table_works),
        TEST(test_rows__cells_read_like_a_person_wants),
        TEST(test_rows__two_million_rows),
        TEST(test_rows__prefetch_passes_what_is_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
