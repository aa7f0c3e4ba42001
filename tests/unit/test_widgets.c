/* Small parts of the interface: line editor, dialogs, wrapping, sets, the log. */
#include <locale.h>
#include <stdlib.h>

#include "inspector/base/log.h"
#include "inspector/base/mem.h"
#include "inspector/rows/rows.h"
#include "inspector/ui/dialog.h"
#include "inspector/ui/idset.h"
#include "inspector/ui/log_rows.h"
#include "inspector/ui/prompt.h"
#include "inspector/ui/wrap.h"
#include "tests/support/test.h"

/* -- Line editor -- */

static void type(struct prompt *prompt, const char *text)
{
    for (; *text; text++)
        prompt_insert(prompt, (ui_key)*text);
}

static void check_edit(struct prompt *prompt, enum action action, const char *want)
{
    assert_int_equal(prompt_action(prompt, action), PROMPT_EDITING);
    assert_string_equal(prompt_text(prompt), want);
}

static void test_widgets__prompt_edits_utf8(void **state)
{
    struct prompt *prompt = prompt_create(&(struct prompt_spec){.label = "/", .initial = "日本"});

    (void)state;
    check_edit(prompt, ACT_EDIT_LEFT, "日本");
    prompt_insert(prompt, 0xe9);
    assert_string_equal(prompt_text(prompt), "日é本");
    check_edit(prompt, ACT_EDIT_RUBOUT, "日本");
    check_edit(prompt, ACT_EDIT_DELETE, "日");
    check_edit(prompt, ACT_EDIT_DELETE, "日");
    check_edit(prompt, ACT_EDIT_HOME, "日");
    check_edit(prompt, ACT_EDIT_LEFT, "日");
    check_edit(prompt, ACT_EDIT_DELETE, "");
    type(prompt, "one two  three");
    check_edit(prompt, ACT_EDIT_KILL_WORD, "one two  ");
    check_edit(prompt, ACT_EDIT_KILL_WORD, "one ");
    type(prompt, "x");
    check_edit(prompt, ACT_EDIT_LEFT, "one x");
    check_edit(prompt, ACT_EDIT_KILL_END, "one ");
    check_edit(prompt, ACT_EDIT_KILL_START, "");
    prompt_insert(prompt, UI_KEY_UP); /* no text */
    prompt_insert(prompt, 7);
    assert_string_equal(prompt_text(prompt), "");
    /* rubbing out nothing closes it */
    assert_int_equal(prompt_action(prompt, ACT_EDIT_RUBOUT), PROMPT_CANCELLED);
    prompt_destroy(prompt);
}

static void enter(struct history *history, const char *text)
{
    struct prompt *prompt = prompt_create(&(struct prompt_spec){.label = ":", .history = history});

    type(prompt, text);
    assert_int_equal(prompt_action(prompt, ACT_EDIT_ACCEPT), PROMPT_ACCEPTED);
    prompt_destroy(prompt);
}

static void test_widgets__prompt_remembers(void **state)
{
    struct history history = {NULL, 0};

    (void)state;
    enter(&history, "one");
    enter(&history, "two");
    enter(&history, "");
    enter(&history, "one");
    struct prompt *prompt = prompt_create(&(struct prompt_spec){.label = ":", .history = &history});
    type(prompt, "new");
    check_edit(prompt, ACT_EDIT_OLDER, "one");
    check_edit(prompt, ACT_EDIT_OLDER, "two");
    check_edit(prompt, ACT_EDIT_OLDER, "two");
    check_edit(prompt, ACT_EDIT_NEWER, "one");
    check_edit(prompt, ACT_EDIT_NEWER, "new");
    check_edit(prompt, ACT_EDIT_NEWER, "new");
    prompt_destroy(prompt);
    for (int i = 0; i < 300; i++) {
        char text[16];
        snprintf(text, sizeof text, "n%d", i);
        enter(&history, text);
    }
    assert_int_equal(history.n_items, 100);
    assert_string_equal(history.items[99], "n299");
    history_deinit(&history);
}

/* -- Dialogs -- */

static struct dialog *make_dialog(enum dialog_kind kind)
{
    static const struct dialog_item items[] = {
        {"zero", NULL, '0', false}, {"one", "off", '1', true}, {"two", NULL, '2', false}};

    return dialog_create(&(struct dialog_spec){.kind = kind,
                                               .title = "Title",
                                               .items = items,
                                               .n_items = kind == DIALOG_CONFIRM ? 0 : 3,
                                               .selected = 2});
}

static void test_widgets__confirm_means_no_unless_told(void **state)
{
    struct dialog *dialog = make_dialog(DIALOG_CONFIRM);

    (void)state;
    assert_int_equal(dialog_action(dialog, ACT_DIALOG_ACCEPT), DIALOG_LEFT);
    assert_int_equal(dialog_action(dialog, ACT_DIALOG_NO), DIALOG_LEFT);
    assert_int_equal(dialog_action(dialog, ACT_DIALOG_YES), DIALOG_CHOSEN);
    assert_int_equal(dialog_action(dialog, ACT_DIALOG_OTHER), DIALOG_OPEN);
    assert_int_equal(dialog_action(dialog, ACT_DIALOG_ACCEPT), DIALOG_CHOSEN);
    assert_int_equal(dialog_action(dialog, ACT_NONE), DIALOG_OPEN);
    dialog_destroy(dialog);
}

static void test_widgets__choice_marks_and_a_button_does(void **state)
{
    struct dialog *dialog = make_dialog(DIALOG_CHOICE);
    enum dialog_state became = DIALOG_LEFT;

    (void)state;
    assert_int_equal(dialog_selected(dialog), 2);
    assert_true(dialog_key(dialog, '0', &became));
    assert_int_equal(became, DIALOG_OPEN);
    assert_int_equal(dialog_selected(dialog), 0);
    assert_int_equal(dialog_action(dialog, ACT_DIALOG_DOWN), DIALOG_OPEN);
    assert_int_equal(dialog_selected(dialog), 2); /* over the disabled one */
    dialog_key(dialog, '1', &became);
    assert_int_equal(dialog_selected(dialog), 2);
    dialog_action(dialog, ACT_DIALOG_DOWN);
    assert_int_equal(dialog_selected(dialog), 2);
    assert_false(dialog_key(dialog, 'x', &became));
    assert_int_equal(dialog_action(dialog, ACT_DIALOG_ACCEPT), DIALOG_LEFT);
    dialog_destroy(dialog);
}

static void test_widgets__menu_takes_by_enter_or_letter(void **state)
{
    struct dialog *dialog = make_dialog(DIALOG_MENU);
    enum dialog_state became = DIALOG_OPEN;

    (void)state;
    dialog_action(dialog, ACT_DIALOG_UP);
    assert_int_equal(dialog_selected(dialog), 0);
    assert_int_equal(dialog_action(dialog, ACT_DIALOG_YES), DIALOG_OPEN);
    assert_int_equal(dialog_action(dialog, ACT_DIALOG_ACCEPT), DIALOG_CHOSEN);
    assert_true(dialog_key(dialog, '2', &became));
    assert_int_equal(became, DIALOG_CHOSEN);
    assert_int_equal(dialog_selected(dialog), 2);
    dialog_destroy(dialog);
}

/* -- Wrapping -- */

static void check_wrap(const char *text, int width, const char *want)
{
    struct wrap wrap = {NULL, 0, 0};
    struct str joined = STR_INIT;

    wrap_text(&wrap, text, width);
    for (size_t i = 0; i < wrap.n_lines; i++) {
        str_append_bytes(&joined, text + wrap.lines[i].begin, wrap.lines[i].bytes);
        str_append(&joined, "|");
    }
    assert_string_equal(joined.text, want);
    str_deinit(&joined);
    wrap_deinit(&wrap);
}

static void test_widgets__wrap(void **state)
{
    (void)state;
    check_wrap("", 10, "");
    check_wrap("one two three", 7, "one two|three|");
    check_wrap("one two three", 8, "one two|three|");
    check_wrap("a\n\nb\n", 5, "a||b|");
    check_wrap("abcdefghij", 4, "abcd|efgh|ij|");
    check_wrap("  indented text", 8, "  indent|ed text|");
    check_wrap("日本語テキスト", 5, "日本|語テ|キス|ト|");
    check_wrap("日本", 1, "日|本|");
}

/* -- Sets -- */

static void test_widgets__idset(void **state)
{
    struct idset set = {0};
    enum { N = 5000 };

    (void)state;
    assert_false(idset_has(&set, 0));
    for (uint64_t id = 0; id < N; id++)
        assert_true(idset_toggle(&set, id * 4096));
    for (uint64_t id = 0; id < N; id += 2)
        assert_false(idset_toggle(&set, id * 4096));
    assert_int_equal(set.count, N / 2);
    for (uint64_t id = 0; id < N; id++)
        assert_int_equal(idset_has(&set, id * 4096), id % 2);
    assert_false(idset_has(&set, 1));
    idset_clear(&set);
    assert_false(idset_has(&set, 4096));
    assert_true(idset_toggle(&set, 4096));
    idset_deinit(&set);
}

/* -- Log -- */

static void test_widgets__log_forgets_the_oldest(void **state)
{
    struct rows *rows = log_rows_create(true);
    struct cell cell;

    (void)state;
    assert_int_equal(rows_count(rows), 0);
    for (int i = 0; i < LOG_LINES_MAX + 10; i++)
        log_line(i % 2 ? LOG_ERROR : LOG_INFO, "message %d", i);
    assert_int_equal(rows_count(rows), 0); /* not before it is asked to */
    assert_true(log_rows_update(rows));
    assert_false(log_rows_update(rows));
    assert_int_equal(rows_count(rows), LOG_LINES_MAX);
    assert_int_equal(rows_id(rows, 0), 10);
    rows_cell(rows, 0, 2, &cell);
    assert_string_equal(cell.text, "message 10");
    rows_cell(rows, 1, 1, &cell);
    assert_string_equal(cell.text, "error");
    rows_cell(rows, 0, 0, &cell);
    assert_string_equal(cell.text, "00:00:00");
    rows_destroy(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_widgets__prompt_edits_utf8),
        TEST(test_widgets__prompt_remembers),
        TEST(test_widgets__confirm_means_no_unless_told),
        TEST(test_widgets__choice_marks_and_a_button_does),
        TEST(test_widgets__menu_takes_by_enter_or_letter),
        TEST(test_widgets__wrap),
        TEST(test_widgets__idset),
        TEST(test_widgets__log_forgets_the_oldest),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
