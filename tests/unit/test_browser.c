#include "inspector/ui/browser.h"

#include <poll.h>
#include <stdlib.h>

#include "inspector/base/mem.h"
#include "tests/support/table.h"
#include "tests/support/test.h"

static const struct column columns[] = {
    {.key = "name", .title = "Name", .help = "a name", .kind = COL_TEXT},
    {.key = "size", .title = "Size", .help = "a size", .kind = COL_BYTES, .flags = COL_F_DESC},
    {.key = "address", .title = "Address", .help = "where", .kind = COL_ADDRESS},
    {.key = "value", .title = "Value", .help = "a value", .kind = COL_TEXT, .flags = COL_F_NO_SORT},
};

static const char *const text = "delta   | 10   | 0x40 | d\n"
                                "alpha   | 2000 | 0x10 | a\n"
                                "charlie | 30   | 0x30 | c\n"
                                "bravo   | 400  | 0x20 | b\n";

/* What the browser said last. */
static char said[512];
static bool was_error;

static void say(void *ctx, bool is_error, const char *message)
{
    (void)ctx;
    snprintf(said, sizeof said, "%s", message);
    was_error = is_error;
}

struct fixture {
    struct job_runner *runner;
    struct browser *browser;
};

static void setup(struct fixture *f)
{
    said[0] = '\0';
    assert_ok(job_runner_create("test", &f->runner));
    f->browser = browser_create(&(struct browser_host){f->runner, say, NULL});
}

static void teardown(struct fixture *f)
{
    browser_destroy(f->browser);
    job_runner_destroy(f->runner);
}

static void settle(const struct fixture *f)
{
    while (job_runner_busy(f->runner)) {
        struct pollfd fd = {job_runner_fd(f->runner), POLLIN, 0};
        assert_int_equal(poll(&fd, 1, 30000), 1);
        job_runner_dispatch(f->runner);
    }
}

static void check_shown(const struct browser *b, const char *want)
{
    char shown[256];

    assert_string_equal(table_shown(browser_rows(b), shown, sizeof shown), want);
}

/* The name in the row under the cursor. */
static void check_cursor(const struct browser *b, const char *want)
{
    struct cell cell;

    assert_true(browser_selected(b) != SIZE_MAX);
    rows_cell_raw(browser_rows(b), browser_selected(b), 0, &cell);
    assert_string_equal(cell.text, want);
}

static void test_browser__the_cursor_stays_on_its_row(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f);
    struct browser *b = f.browser;
    browser_set_rows(b, table_create(columns, 4, text), "size");
    check_shown(b, "alpha bravo charlie delta");
    browser_action(b, ACT_DOWN);
    browser_action(b, ACT_DOWN);
    check_cursor(b, "charlie");
    browser_set_sort(b, 0, true);
    check_shown(b, "delta charlie bravo alpha");
    check_cursor(b, "charlie");
    browser_action(b, ACT_REVERSE);
    check_cursor(b, "charlie");
    assert_int_equal(browser_cursor(b), 2);
    teardown(&f);
}

static void test_browser__a_cursor_that_was_never_moved_stays_on_top(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f);
    browser_set_rows(f.browser, table_create(columns, 4, text), "size");
    browser_set_sort(f.browser, 0, true);
    check_cursor(f.browser, "delta");
    teardown(&f);
}

static void test_browser__a_hidden_row_gets_its_cursor_back(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f);
    struct browser *b = f.browser;
    browser_set_rows(b, table_create(columns, 4, text), "name");
    browser_action(b, ACT_LAST);
    check_cursor(b, "delta");
    assert_ok(browser_set_filter(b, "!delta"));
    check_cursor(b, "alpha");
    assert_ok(browser_set_filter(b, ""));
    check_cursor(b, "delta");
    assert_ok(browser_set_filter(b, "nothing"));
    assert_int_equal(browser_selected(b), SIZE_MAX);
    browser_action(b, ACT_DOWN);
    browser_action(b, ACT_MARK);
    assert_ok(browser_set_filter(b, ""));
    check_cursor(b, "delta");
    teardown(&f);
}

static void test_browser__a_newer_source_keeps_the_place(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f);
    struct browser *b = f.browser;
    browser_set_rows(b, table_create(columns, 4, text), "size");
    assert_ok(browser_set_filter(b, "size>10"));
    browser_action(b, ACT_LAST);
    browser_action(b, ACT_MARK);
    check_cursor(b, "charlie");
    browser_set_rows(b,
                     table_create(columns, 4,
                                  "delta   | 9    | 0x40 | d\n"
                                  "alpha   | 20   | 0x10 | a\n"
                                  "charlie | 3000 | 0x30 | c\n"
                                  "bravo   | 400  | 0x20 | b\n"),
                     "name");
    check_shown(b, "charlie bravo alpha");
    check_cursor(b, "charlie");
    assert_int_equal(browser_n_marked(b), 1);
    assert_true(browser_is_marked(b, 20));
    /* its row is gone: the line where it was, not the top */
    browser_set_rows(b,
                     table_create(columns, 4,
                                  "one   | 11 | 0x40 | d\n"
                                  "two   | 12 | 0x10 | a\n"
                                  "three | 13 | 0x30 | c\n"),
                     NULL);
    browser_select_id(b, 10);
    check_cursor(b, "two");
    browser_set_rows(b, table_create(columns, 4, "three | 13 | 0x30 | c\n"), NULL);
    browser_set_rows(b,
                     table_create(columns, 4,
                                  "three | 13 | 0x30 | c\n"
                                  "two   | 12 | 0x10 | a\n"),
                     NULL);
    check_cursor(b, "two");
    /* other columns: what does not fit any more is let go, and said */
    browser_set_rows(b, table_create(columns, 1, "x\ny\n"), "name");
    check_shown(b, "x y");
    assert_true(was_error);
    assert_non_null(strstr(said, "the filter does not fit"));
    teardown(&f);
}

static void test_browser__refuses_what_cannot_be(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f);
    struct browser *b = f.browser;
    assert_int_equal(browser_action(b, ACT_DOWN), EFFECT_IGNORED);
    browser_set_rows(b, table_create(columns, 4, text), NULL);
    check_shown(b, "delta alpha charlie bravo");
    browser_set_sort(b, 3, false);
    assert_true(was_error);
    check_shown(b, "delta alpha charlie bravo");
    assert_fails(browser_set_filter(b, "size>"), ERR_USAGE, "missing");
    assert_string_equal(browser_filter(b), "");
    assert_int_equal(browser_action(b, ACT_QUIT), EFFECT_IGNORED);
    /* `,` and `.` go around and leave out what cannot be sorted by */
    browser_action(b, ACT_SORT_PREVIOUS);
    assert_int_equal(browser_sort_column(b), 2);
    browser_action(b, ACT_SORT_NEXT);
    assert_int_equal(browser_sort_column(b), 0);
    teardown(&f);
}

static void test_browser__searches_around_the_end(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f);
    struct browser *b = f.browser;
    browser_set_rows(b, table_create(columns, 4, text), "name");
    browser_search_begin(b);
    browser_search_update(b, "l");
    check_cursor(b, "alpha");
    browser_search_update(b, "li");
    check_cursor(b, "charlie");
    browser_search_update(b, "l");
    browser_search_end(b, true);
    browser_action(b, ACT_SEARCH_NEXT);
    check_cursor(b, "charlie");
    browser_action(b, ACT_SEARCH_PREVIOUS);
    browser_action(b, ACT_SEARCH_PREVIOUS);
    check_cursor(b, "delta");
    assert_string_equal(said, "search went around the start");
    browser_search_begin(b);
    browser_search_update(b, "BRAVO");
    assert_string_equal(said, "no row has 'BRAVO'");
    browser_search_end(b, false);
    check_cursor(b, "delta");
    browser_action(b, ACT_SEARCH_NEXT);
    assert_string_equal(said, "search went around the end");
    teardown(&f);
}

static void test_browser__copies_and_explains(void **state)
{
    struct fixture f;
    struct str copy = STR_INIT;

    (void)state;
    setup(&f);
    struct browser *b = f.browser;
    browser_set_rows(b, table_create(columns, 4, text), "name");
    browser_copy_rows(b, &copy);
    assert_string_equal(copy.text, "alpha\t1.95 KiB\t0x10\ta\n");
    str_clear(&copy);
    browser_action(b, ACT_MARK);
    browser_action(b, ACT_DOWN);
    browser_action(b, ACT_MARK);
    browser_copy_rows(b, &copy);
    assert_string_equal(copy.text, "alpha\t1.95 KiB\t0x10\ta\ncharlie\t30 B\t0x30\tc\n");
    str_clear(&copy);
    assert_true(browser_copy_name(b, &copy));
    assert_string_equal(copy.text, "0x40");
    str_clear(&copy);
    browser_action(b, ACT_FIRST);
    browser_details(b, &copy);
    assert_non_null(strstr(copy.text, "Size     1.95 KiB (2,000 bytes)\n"));
    assert_non_null(strstr(copy.text, "Address  where\n"));
    str_deinit(&copy);
    teardown(&f);
}

/* -- Tables that are sorted by a job -- */

enum { MANY = BROWSER_SYNC_ROWS * 3 };

static size_t many_total(const struct rows *rows)
{
    (void)rows;
    return MANY;
}

static void many_cell(const struct rows *rows, size_t raw, unsigned col, struct cell *ret)
{
    (void)rows;
    ret->state = CELL_VALUE;
    ret->num = (int64_t)(raw * 7919 % MANY);
    if (col == 0) {
        snprintf(ret->buf, sizeof ret->buf, "row %zu", raw);
        ret->text = ret->buf;
    }
}

static uint64_t many_id(const struct rows *rows, size_t raw)
{
    (void)rows;
    return raw;
}

static void many_destroy(struct rows *rows)
{
    free(rows);
}

static struct rows *many_create(void)
{
    static const struct rows_ops ops = {"many", many_destroy, many_total, many_cell, many_id, NULL};
    struct rows *rows = xalloc(sizeof *rows);

    *rows = (struct rows){&ops, columns, 2, .immutable = true};
    return rows;
}

static void test_browser__long_tables_keep_the_old_order_until_the_new_one_is_there(void **state)
{
    struct fixture f;
    struct str title = STR_INIT;

    (void)state;
    setup(&f);
    struct browser *b = f.browser;
    browser_set_rows(b, many_create(), NULL);
    assert_false(job_runner_busy(f.runner)); /* the natural order needs no work */
    browser_move_to(b, 5);
    browser_set_sort(b, 1, false);
    assert_int_equal(browser_selected(b), 5);
    assert_int_equal(browser_cursor(b), 5);
    browser_describe(b, &title);
    assert_non_null(strstr(title.text, "sorting"));
    settle(&f);
    assert_int_equal(browser_selected(b), 5);
    assert_int_equal(browser_cursor(b), 5 * 7919 % MANY);
    str_clear(&title);
    browser_describe(b, &title);
    assert_null(strstr(title.text, "sorting"));
    str_deinit(&title);
    teardown(&f);
}

static void test_browser__newer_wishes_replace_older_ones(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f);
    struct browser *b = f.browser;
    browser_set_rows(b, many_create(), "size");
    for (int i = 0; i < 50; i++) {
        browser_set_sort(b, i % 2, i % 3);
        assert_ok(browser_set_filter(b, i % 4 ? "size<1000" : ""));
    }
    settle(&f);
    assert_int_equal(rows_count(browser_rows(b)), 1000);
    browser_set_rows(b, many_create(), NULL); /* while a sort may still run */
    browser_set_sort(b, 1, true);
    browser_set_rows(b, many_create(), NULL);
    settle(&f);
    struct cell cell;
    rows_cell(browser_rows(b), 0, 1, &cell);
    assert_int_equal(cell.num, 999);
    browser_set_sort(b, 0, true);
    teardown(&f); /* with a sort under way */
}

static void test_browser__cancelling_a_sort_keeps_what_is_shown(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f);
    struct browser *b = f.browser;
    browser_set_rows(b, many_create(), NULL);
    browser_set_sort(b, 0, false);
    job_runner_cancel_all(f.runner);
    settle(&f);
    if (browser_sort_column(b) == -1) { /* else it was faster than the cancellation */
        assert_non_null(strstr(said, "cancelled"));
        assert_int_equal(rows_raw(browser_rows(b), 7), 7);
    }
    teardown(&f);
}

static void test_browser__searches_long_tables_by_a_job(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f);
    struct browser *b = f.browser;
    browser_set_rows(b, many_create(), NULL);
    browser_search_begin(b);
    browser_search_update(b, "row 5999");
    browser_search_update(b, "row 59999");
    settle(&f);
    assert_int_equal(browser_selected(b), 59999);
    browser_search_end(b, true);
    browser_action(b, ACT_SEARCH_NEXT);
    settle(&f);
    assert_int_equal(browser_selected(b), 59999);
    /* sorting ends a search in progress, moving too */
    browser_action(b, ACT_SEARCH_NEXT);
    browser_set_sort(b, 1, false);
    browser_action(b, ACT_SEARCH_NEXT);
    browser_action(b, ACT_FIRST);
    settle(&f);
    assert_int_equal(browser_cursor(b), 0);
    teardown(&f);
}

static void test_browser__a_new_order_ends_a_search_in_the_old_one(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f);
    struct browser *b = f.browser;
    browser_set_rows(b, many_create(), NULL);
    for (int i = 0; i < 10; i++) {
        said[0] = '\0';
        browser_set_sort(b, i % 2, true);
        browser_search_begin(b);
        browser_search_update(
            b, "no such row"); /* waits behind the sort, runs when that is installed */
        settle(&f);
        assert_int_equal(browser_sort_column(b), i % 2);
        assert_string_equal(said, ""); /* the search was not finished */
    }
    teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_browser__the_cursor_stays_on_its_row),
        TEST(test_browser__a_cursor_that_was_never_moved_stays_on_top),
        TEST(test_browser__a_hidden_row_gets_its_cursor_back),
        TEST(test_browser__a_newer_source_keeps_the_place),
        TEST(test_browser__refuses_what_cannot_be),
        TEST(test_browser__searches_around_the_end),
        TEST(test_browser__copies_and_explains),
        TEST(test_browser__long_tables_keep_the_old_order_until_the_new_one_is_there),
        TEST(test_browser__newer_wishes_replace_older_ones),
        TEST(test_browser__cancelling_a_sort_keeps_what_is_shown),
        TEST(test_browser__searches_long_tables_by_a_job),
        TEST(test_browser__a_new_order_ends_a_search_in_the_old_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
