#include "inspector/ui/columns.h"

#include <locale.h>

#include "tests/support/table.h"
#include "tests/support/test.h"

static const struct column columns[] = {
    {.key = "type", .title = "Type", .kind = COL_TYPE, .min_width = 10, .priority = 0},
    {.key = "count", .title = "Count", .kind = COL_COUNT, .priority = 1},
    {.key = "size", .title = "Size", .kind = COL_BYTES, .priority = 3},
    {.key = "hidden", .title = "Hidden", .kind = COL_TEXT, .flags = COL_F_JSON_ONLY},
    {.key = "value", .title = "Value", .kind = COL_TEXT, .min_width = 12, .priority = 2},
};

enum { TYPE, COUNT, SIZE, HIDDEN, VALUE, N_COLUMNS };

static const unsigned natural[N_COLUMNS] = {30, 9, 8, 50, 100};

/* "type:0+12 count:14+9": what is placed where. */
static void check(unsigned n_columns, int width, const char *want)
{
    struct rows *rows = table_create(columns, n_columns, "");
    struct column_place places[N_COLUMNS];
    char text[256] = "";
    size_t used = 0;
    unsigned n = columns_fit(rows, natural, width, places);

    for (unsigned i = 0; i < n; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s:%d+%d", i ? " " : "",
                                 columns[places[i].col].key, places[i].x, places[i].width);
    assert_string_equal(text, want);
    rows_destroy(rows);
}

static void test_columns__all_fit_and_the_last_text_takes_the_rest(void **state)
{
    (void)state;
    check(5, 120, "type:0+30 count:32+9 size:43+8 value:53+67");
}

static void test_columns__names_and_text_share_what_is_short(void **state)
{
    (void)state;
    /* 21 columns beyond the minimum: equal parts, until one has enough */
    check(5, 66, "type:0+21 count:23+9 size:34+8 value:44+22");
}

static void test_columns__the_least_important_go_first(void **state)
{
    (void)state;
    check(5, 44, "type:0+15 count:17+9 value:28+16");
    check(5, 34, "type:0+23 count:25+9");
    check(5, 20, "type:0+20");
}

static void test_columns__the_last_one_is_never_dropped(void **state)
{
    (void)state;
    check(5, 6, "type:0+6");
    check(5, 0, "type:0+0");
}

static void test_columns__without_text_nothing_is_stretched(void **state)
{
    (void)state;
    check(3, 200, "type:0+30 count:32+9 size:43+8");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_columns__all_fit_and_the_last_text_takes_the_rest),
        TEST(test_columns__names_and_text_share_what_is_short),
        TEST(test_columns__the_least_important_go_first),
        TEST(test_columns__the_last_one_is_never_dropped),
        TEST(test_columns__without_text_nothing_is_stretched),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
