#include "inspector/out/json.h"

#include <stdlib.h>

#include "tests/support/table.h"
#include "tests/support/test.h"

static const struct column columns[] = {
    {.key = "type", .title = "type", .kind = COL_TYPE},
    {.key = "count", .title = "count", .kind = COL_COUNT},
    {.key = "bytes", .title = "bytes", .kind = COL_BYTES, .flags = COL_F_JSON_ONLY},
    {.key = "address", .title = "address", .kind = COL_ADDRESS},
    {.key = "tracked", .title = "tracked", .kind = COL_BOOL},
    {.key = "generation", .title = "gen", .kind = COL_GENERATION},
    {.key = "note", .title = "note", .kind = COL_TEXT, .flags = COL_F_NO_JSON},
};
enum { N_COLUMNS = sizeof columns / sizeof *columns };

/* What is written into a stream while a test runs. */
struct output {
    FILE *to;
    char *text;
    size_t bytes;
};

static void open_output(struct output *output)
{
    output->to = open_memstream(&output->text, &output->bytes);
    assert_non_null(output->to);
}

static void assert_output(struct output *output, const char *want)
{
    assert_int_equal(fclose(output->to), 0);
    assert_string_equal(output->text, want);
    free(output->text);
}

static void test_json__exact_text(void **state)
{
    struct rows *rows = table_create(columns, N_COLUMNS,
                                     "app.Node | 3 | 1024 | 0x7f12 | yes | 2 | hidden\n"
                                     "dict | - | ? | 0xffffffffffffffff | no | permanent | -\n");
    struct output output;
    struct json json;

    (void)state;
    open_output(&output);
    json_begin(&json, output.to);
    json_put(&json, "schema", json_integer(1));
    json_put(&json, "target", json_pack("{s:i, s:n}", "pid", 12, "file"));
    json_put_rows(&json, "rows", rows, 0);
    json_end(&json);
    assert_output(
        &output,
        "{\"schema\": 1,\n"
        " \"target\": {\"pid\": 12, \"file\": null},\n"
        " \"rows\": [\n"
        "  {\"type\": \"app.Node\", \"count\": 3, \"bytes\": 1024, \"address\": \"0x7f12\", "
        "\"tracked\": true, \"generation\": 2},\n"
        "  {\"type\": \"dict\", \"count\": null, \"bytes\": null, "
        "\"address\": \"0xffffffffffffffff\", \"tracked\": false, \"generation\": \"permanent\"}"
        "]}\n");
    rows_destroy(rows);
}

static void test_json__limit_and_order(void **state)
{
    static const struct column one[] = {{.key = "n", .title = "n", .kind = COL_ID}};
    struct rows *rows = table_create(one, 1, "3\n1\n2\n");
    struct output output;
    struct json json;

    (void)state;
    assert_ok(rows_arrange(rows, &(struct rows_spec){.sort_column = 0}));
    open_output(&output);
    json_begin(&json, output.to);
    json_put_rows(&json, "a", rows, 2);
    json_put_rows(&json, "b", rows, 0);
    json_put_rows(&json, "c", rows, 99);
    json_end(&json);
    assert_output(&output, "{\"a\": [\n  {\"n\": 1},\n  {\"n\": 2}],\n"
                           " \"b\": [\n  {\"n\": 1},\n  {\"n\": 2},\n  {\"n\": 3}],\n"
                           " \"c\": [\n  {\"n\": 1},\n  {\"n\": 2},\n  {\"n\": 3}]}\n");
    rows_destroy(rows);
}

static void test_json__empty(void **state)
{
    struct rows *rows = table_create(columns, N_COLUMNS, "");
    struct output output;
    struct json json;

    (void)state;
    open_output(&output);
    json_begin(&json, output.to);
    json_put_rows(&json, "rows", rows, 0);
    json_end(&json);
    assert_output(&output, "{\"rows\": []}\n");
    open_output(&output);
    json_begin(&json, output.to);
    json_end(&json);
    assert_output(&output, "{}\n");
    rows_destroy(rows);
}

/* The text of one cell as JSON, the caller's. */
static char *cell_text(enum col_kind kind, const struct cell *cell)
{
    json_t *value = json_cell(&(struct column){.key = "x", .kind = kind}, cell);
    char *text = json_dumps(value, JSON_ENCODE_ANY);

    json_decref(value);
    return text;
}

static void assert_cell(enum col_kind kind, struct cell cell, const char *want)
{
    char *text = cell_text(kind, &cell);

    assert_non_null(text);
    assert_string_equal(text, want);
    free(text);
}

static void test_json__cells(void **state)
{
    (void)state;
    assert_cell(COL_COUNT, (struct cell){.state = CELL_VALUE, .num = INT64_MAX},
                "9223372036854775807");
    assert_cell(COL_BYTES_DELTA, (struct cell){.state = CELL_VALUE, .num = -5}, "-5");
    assert_cell(COL_DURATION_US, (struct cell){.state = CELL_VALUE, .num = 1500}, "1500");
    assert_cell(COL_ID, (struct cell){.state = CELL_VALUE, .num = 12}, "12");
    assert_cell(COL_ADDRESS, (struct cell){.state = CELL_VALUE, .num = -1},
                "\"0xffffffffffffffff\"");
    assert_cell(COL_GENERATION, (struct cell){.state = CELL_VALUE, .num = 0}, "0");
    assert_cell(COL_TEXT, (struct cell){.state = CELL_VALUE, .text = "a\"b\\é日"},
                "\"a\\\"b\\\\é日\"");
    assert_cell(COL_TEXT, (struct cell){.state = CELL_NULL, .text = "x"}, "null");
    assert_cell(COL_COUNT, (struct cell){.state = CELL_PENDING, .num = 7}, "null");
}

/* A key is never missing, whatever a source gives: the other side reads it without looking. */
static void test_json__texts_that_are_none(void **state)
{
    (void)state;
    assert_cell(COL_TEXT, (struct cell){.state = CELL_VALUE, .text = NULL}, "null");
    assert_cell(COL_TEXT,
                (struct cell){.state = CELL_VALUE,
                              .text = "a\xff"
                                      "b"},
                "\"a\\\\xffb\"");
    assert_cell(COL_GENERATION, (struct cell){.state = CELL_VALUE, .text = "\x80"}, "\"\\\\x80\"");
}

static void test_json__put_null(void **state)
{
    struct output output;
    struct json json;

    (void)state;
    open_output(&output);
    json_begin(&json, output.to);
    json_put(&json, "bad", json_string("\xff")); /* NULL: no valid text */
    json_end(&json);
    assert_output(&output, "{\"bad\": null}\n");
}

static void test_json__units(void **state)
{
    json_t *value = json_us(1999);

    (void)state;
    assert_int_equal(json_integer_value(value), 1);
    json_decref(value);
    value = json_address(0);
    assert_string_equal(json_string_value(value), "0x0");
    json_decref(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_json__exact_text),
        TEST(test_json__limit_and_order),
        TEST(test_json__empty),
        TEST(test_json__cells),
        TEST(test_json__texts_that_are_none),
        TEST(test_json__put_null),
        TEST(test_json__units),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
