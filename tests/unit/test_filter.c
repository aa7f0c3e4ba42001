#include "inspector/rows/filter.h"

#include "inspector/rows/rows.h"
#include "inspector/rows/value.h"
#include "tests/support/table.h"
#include "tests/support/test.h"

static const struct column columns[] = {
    {.key = "name", .kind = COL_TEXT},
    {.key = "type", .kind = COL_TYPE},
    {.key = "address", .kind = COL_ADDRESS},
    {.key = "count", .kind = COL_COUNT},
    {.key = "size", .kind = COL_BYTES},
    {.key = "pause", .kind = COL_DURATION_US},
    {.key = "gen", .kind = COL_GENERATION},
    {.key = "alive", .kind = COL_BOOL},
    {.key = "grown", .kind = COL_BYTES_DELTA},
    {.key = "value", .kind = COL_TEXT, .flags = COL_F_NO_SORT},
    {.key = "secret", .kind = COL_TEXT, .flags = COL_F_JSON_ONLY},
};

enum { N_COLUMNS = sizeof columns / sizeof *columns };

static const char *const text =
    /* name      type       address              count  size    pause  gen        alive grown value
       secret */
    "apple     | app.Node | 0x7f0000000010     | 3    | 1kib  | 5ms  | 0        | yes | -1k  | v   "
    "| hidden\n"
    "pear tree | app.Leaf | 0xffffffffff000000 | 1500 | 1mib  | 2s   | 2        | no  | 4k   | v   "
    "| x\n"
    "Zebra     | dict     | 0x10               | -    | ?     | 10us | permanent | yes | 0   | v   "
    "| x\n"
    "a,b       | builtins.list | 0x20          | 7    | 2kb   | 1us  | 1        | no  | -    | v   "
    "| x\n";

/* The names of the rows that pass, joined by blanks. */
static void check(const char *filter_text, const char *want)
{
    struct rows *rows = table_create(columns, N_COLUMNS, text);
    struct filter *filter = NULL;
    char shown[256];

    assert_ok(filter_parse(filter_text, rows, &filter));
    assert_ok(rows_arrange(rows, &(struct rows_spec){.sort_column = -1, .filter = filter}));
    table_shown(rows, shown, sizeof shown);
    if (strcmp(shown, want) != 0)
        fprintf(stderr, "filter: %s\n", filter_text);
    assert_string_equal(shown, want);
    filter_destroy(filter);
    rows_destroy(rows);
}

static void check_error(const char *filter_text, const char *part)
{
    struct rows *rows = table_create(columns, N_COLUMNS, text);
    struct filter *filter = NULL;

    assert_fails(filter_parse(filter_text, rows, &filter), ERR_USAGE, part);
    assert_null(filter);
    rows_destroy(rows);
}

static void test_filter__empty_is_none(void **state)
{
    struct filter *filter = (struct filter *)state;
    struct rows *rows = table_create(columns, N_COLUMNS, text);

    assert_ok(filter_parse(" \t ", rows, &filter));
    assert_null(filter);
    rows_destroy(rows);
}

static void test_filter__words(void **state)
{
    (void)state;
    check("node", "apple");
    check("Node", "apple");
    check("nODE", "");
    check("app", "apple pear tree");
    check("!app", "Zebra a,b");
    check("zebra,LEAF,Leaf", "pear tree Zebra");
    check("!apple,zebra", "pear tree a,b");
    check("app leaf", "pear tree");
    check("\"pear tree\"", "pear tree");
    check("\"a,b\"", "a,b");
    check("0x7f00", "apple");
    check("hidden", "");
    check("!!apple", "apple");
}

static void test_filter__expressions(void **state)
{
    (void)state;
    check("/^app\\.(node|leaf)$/", "apple pear tree");
    check("/APP/", "");
    check("/r t/", "pear tree");
    check("!/^app/", "Zebra a,b");
    check("/zeb/,/\\/x/", "Zebra");
    check("/p{2}le$/ /a+.*p?\\+?/", "apple");
}

static void test_filter__numbers(void **state)
{
    (void)state;
    check("size>1k", "pear tree a,b");
    check("size>=1k", "apple pear tree a,b");
    check("size=2kb", "a,b");
    check("size<1.5KiB", "apple");
    check("size!=1kib", "pear tree a,b");
    check("count>1k", "pear tree");
    check("count=3,7", "apple a,b");
    check("pause>=5ms", "apple pear tree");
    check("pause<5", "a,b");
    check("grown<0", "apple");
    check("grown>-1k", "pear tree Zebra");
    check("alive=yes", "apple Zebra");
    check("gen>=1", "pear tree Zebra a,b");
    check("gen=permanent", "Zebra");
    check("gen!=permanent", "apple pear tree a,b");
    check("address>0x7f0000000010", "pear tree");
    check("address=0x10", "Zebra");
    check("count>2 size>1k", "pear tree a,b");
    check("size>1m,count=3", "apple");
}

static void test_filter__null_passes_no_comparison(void **state)
{
    (void)state;
    check("count!=99", "apple pear tree a,b");
    check("size>0", "apple pear tree a,b");
    check("!count>5", "apple Zebra");
}

static void test_filter__text_columns(void **state)
{
    (void)state;
    check("type=dict", "Zebra");
    check("type=Dict", "");
    check("type!=dict", "apple pear tree a,b");
    check("type~node,list", "apple a,b");
    check("name=\"pear tree\"", "pear tree");
    check("secret=hidden", "apple");
}

static void test_filter__errors_say_where(void **state)
{
    (void)state;
    check_error("siz>3", "there is no column 'siz' at character 1");
    check_error("siz>3", "name, type, address");
    check_error("日本 siz>3", "at character 4");
    check_error("type>3", "text is compared with ~ = or != at character 6");
    check_error("size~3", "'~' is for text");
    check_error("size>lots", "'lots' is not a size such as");
    check_error("size>", "something is missing at character 6");
    check_error("alive=perhaps", "yes or no");
    check_error("a,,b", "something is missing at character 3");
    check_error("a,", "something is missing at character 3");
    check_error("!", "something is missing at character 2");
    check_error("/abc", "no closing '/' at character 1");
    check_error("/a(/", "at character 1");
    check_error("/a{9}{9}{99}/", "the expression repeats too much at character 1");
    check_error("/a+++++++++++++/", "the expression repeats too much");
    check_error("/(a)\\1/", "back references are not supported");
    check_error("/a/b", "a blank or comma is missing at character 4");
    check_error("\"abc", "the quote is not closed");
    check_error("value=v", "only rows on the screen");
    check_error("size>99999999999g", "is not a size");
}

static void test_filter__values(void **state)
{
    int64_t num = 0;

    (void)state;
    assert_ok(value_parse(COL_BYTES, "1.5m", &num));
    assert_int_equal(num, 3 << 19);
    assert_ok(value_parse(COL_BYTES, "-2KB", &num));
    assert_int_equal(num, -2000);
    assert_ok(value_parse(COL_ADDRESS, "0xffffffffffffffff", &num));
    assert_int_equal(num, -1);
    assert_ok(value_parse(COL_COUNT, "9007199254740993", &num)); /* exact where a double is not */
    assert_int_equal(num, INT64_C(9007199254740993));
    num = 42;
    assert_fails(value_parse(COL_COUNT, "", &num), ERR_USAGE, "is not a number");
    assert_fails(value_parse(COL_COUNT, "1.2.3", &num), ERR_USAGE, "is not a number");
    assert_fails(value_parse(COL_BYTES, "1e3", &num), ERR_USAGE, "is not a size");
    assert_fails(value_parse(COL_ADDRESS, "-1", &num), ERR_USAGE, "is not an address");
    assert_int_equal(num, 42);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_filter__empty_is_none),
        TEST(test_filter__words),
        TEST(test_filter__expressions),
        TEST(test_filter__numbers),
        TEST(test_filter__null_passes_no_comparison),
        TEST(test_filter__text_columns),
        TEST(test_filter__errors_say_where),
        TEST(test_filter__values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
