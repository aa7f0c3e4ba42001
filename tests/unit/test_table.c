#include "inspector/out/table.h"

#include <locale.h>
#include <pty.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "inspector/base/str.h"
#include "tests/support/table.h"
#include "tests/support/test.h"

static const struct column columns[] = {
    {.key = "type", .title = "type", .kind = COL_TYPE, .min_width = 8, .priority = 0},
    {.key = "count", .title = "count", .kind = COL_COUNT, .min_width = 5, .priority = 1},
    {.key = "bytes", .title = "bytes", .kind = COL_BYTES, .min_width = 8, .priority = 2},
    {.key = "hidden", .title = "hidden", .kind = COL_ID, .flags = COL_F_JSON_ONLY},
    {.key = "value", .title = "value", .kind = COL_TEXT, .min_width = 6, .priority = 3},
};
enum { N_COLUMNS = sizeof columns / sizeof *columns };

static const char text[] = "app.Node | 3 | 1024 | 7 | 'a text'\n"
                           "app.models.Customer | 1234567 | 5 | 7 | -\n"
                           "日本 | ? | 12345678 | 7 | x\n";

/* What is printed to a file. The caller's. */
static char *print_to_file(const struct rows *rows, size_t limit)
{
    char *printed = NULL;
    size_t bytes;
    FILE *to = open_memstream(&printed, &bytes);

    table_print(to, rows, limit);
    fclose(to);
    return printed;
}

static void assert_printed(const struct rows *rows, size_t limit, const char *want)
{
    char *printed = print_to_file(rows, limit);

    assert_string_equal(printed, want);
    free(printed);
}

static void test_table__aligned_columns(void **state)
{
    struct rows *rows = table_create(columns, N_COLUMNS, text);

    (void)state;
    assert_printed(rows, 0,
                   "type                     count     bytes  value\n"
                   "app.Node                     3  1.00 KiB  'a text'\n"
                   "app.models.Customer  1,234,567       5 B  -\n"
                   "日本                         …  11.8 MiB  x\n");
    rows_destroy(rows);
}

static void test_table__limit(void **state)
{
    struct rows *rows = table_create(columns, N_COLUMNS, text);

    (void)state; /* widths are those of what is printed */
    assert_printed(rows, 1,
                   "type      count     bytes  value\n"
                   "app.Node      3  1.00 KiB  'a text'\n");
    rows_destroy(rows);
}

static void test_table__shown_rows_in_order(void **state)
{
    static const struct column one[] = {{.key = "n", .title = "n", .kind = COL_COUNT}};
    struct rows *rows = table_create(one, 1, "30\n1\n2000\n");

    (void)state;
    assert_ok(rows_arrange(rows, &(struct rows_spec){.sort_column = 0, .descending = true}));
    assert_printed(rows, 0, "    n\n2,000\n   30\n    1\n");
    rows_destroy(rows);
}

static void test_table__columns_without_a_value_are_left_out(void **state)
{
    struct rows *rows = table_create(columns, N_COLUMNS, "a | - | 5 | 7 | -\nb | - | 6 | 7 | -\n");

    (void)state;
    assert_printed(rows, 0, "type  bytes\na       5 B\nb       6 B\n");
    rows_destroy(rows);
}

static void test_table__no_rows(void **state)
{
    struct rows *rows = table_create(columns, N_COLUMNS, "");

    (void)state;
    assert_printed(rows, 0, "type  count  bytes  value\n");
    rows_destroy(rows);
}

/* Only the first 10,000 rows are measured; the others are printed in full all the same. */
static void test_table__nothing_is_cut_in_a_file(void **state)
{
    static const struct column one[] = {{.key = "name", .title = "name", .kind = COL_TEXT},
                                        {.key = "n", .title = "n", .kind = COL_COUNT}};
    struct str lines = STR_INIT;
    struct rows *rows;
    char *printed;

    (void)state;
    for (int i = 0; i < 10000; i++)
        str_append(&lines, "short | 1\n");
    str_append(&lines, "a much longer text | 1234567890\n");
    rows = table_create(one, 2, lines.text);
    printed = print_to_file(rows, 0);
    assert_non_null(strstr(printed, "a much longer text  1,234,567,890\n"));
    free(printed);
    rows_destroy(rows);
    str_deinit(&lines);
}

/* ---- on a terminal ---- */

/* What is printed to a terminal of this width. */
static void print_to_terminal(const struct rows *rows, unsigned short width, char *buf,
                              size_t bytes)
{
    struct winsize size = {.ws_row = 24, .ws_col = width};
    struct termios raw = {.c_cflag = CS8 | CREAD};
    int ours, theirs;
    size_t used = 0;
    ssize_t got;

    assert_int_equal(openpty(&ours, &theirs, NULL, &raw, &size), 0);
    FILE *to = fdopen(theirs, "w");
    table_print(to, rows, 0);
    fclose(to);
    while ((got = read(ours, buf + used, bytes - used - 1)) > 0)
        used += (size_t)got;
    buf[used] = '\0';
    close(ours);
}

static void assert_on_terminal(unsigned short width, const char *want)
{
    struct rows *rows = table_create(columns, N_COLUMNS, text);
    char printed[1024];

    print_to_terminal(rows, width, printed, sizeof printed);
    assert_string_equal(printed, want);
    rows_destroy(rows);
}

static void test_table__fits(void **state)
{
    (void)state;
    assert_on_terminal(50, "type                     count     bytes  value\n"
                           "app.Node                     3  1.00 KiB  'a text'\n"
                           "app.models.Customer  1,234,567       5 B  -\n"
                           "日本                         …  11.8 MiB  x\n");
}

static void test_table__widest_text_is_cut_first(void **state)
{
    (void)state;
    assert_on_terminal(42, "type             count     bytes  value\n"
                           "app.Node             3  1.00 KiB  'a text'\n"
                           "app.models…  1,234,567       5 B  -\n"
                           "日本                 …  11.8 MiB  x\n");
}

static void test_table__least_important_column_goes(void **state)
{
    (void)state;
    assert_on_terminal(30, "type          count     bytes\n"
                           "app.Node          3  1.00 KiB\n"
                           "app.mod…  1,234,567       5 B\n"
                           "日本              …  11.8 MiB\n");
    assert_on_terminal(19, "type          count\n"
                           "app.Node          3\n"
                           "app.mod…  1,234,567\n"
                           "日本              …\n");
}

static void test_table__narrower_than_anything(void **state)
{
    (void)state;
    assert_on_terminal(1, "type\n"
                          "app.Node\n"
                          "app.mod…\n"
                          "日本\n");
}

static void test_table__no_line_is_wider_than_the_terminal(void **state)
{
    struct rows *rows = table_create(columns, N_COLUMNS, text);

    (void)state;
    for (unsigned short width = 8; width < 60; width++) {
        char printed[1024], *line = printed, *end;
        print_to_terminal(rows, width, printed, sizeof printed);
        for (; (end = strchr(line, '\n')); line = end + 1) {
            *end = '\0';
            size_t columns_used = mbstowcs(NULL, line, 0);
            columns_used += strstr(line, "日本") ? 2 : 0;
            if (columns_used > width)
                fail_msg("%zu columns on a terminal of %u: %s", columns_used, width, line);
        }
    }
    rows_destroy(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_table__aligned_columns),
        TEST(test_table__limit),
        TEST(test_table__shown_rows_in_order),
        TEST(test_table__columns_without_a_value_are_left_out),
        TEST(test_table__no_rows),
        TEST(test_table__nothing_is_cut_in_a_file),
        TEST(test_table__fits),
        TEST(test_table__widest_text_is_cut_first),
        TEST(test_table__least_important_column_goes),
        TEST(test_table__narrower_than_anything),
        TEST(test_table__no_line_is_wider_than_the_terminal),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
