#include "inspector/ui/browser.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/ui/browser_private.h"

enum { WHEEL_ROWS = 3, DEFAULT_PAGE = 10, MAX_SAY_BYTES = 512 };

struct browser *browser_create(const struct browser_host *host)
{
    struct browser *b = xalloc(sizeof *b);

    b->host = *host;
    b->wanted = (struct browser_spec){-1, false, xstrdup("")};
    b->shown = (struct browser_spec){-1, false, xstrdup("")};
    b->page = DEFAULT_PAGE;
    return b;
}

void browser_destroy(struct browser *b)
{
    if (!b)
        return;
    browser_stop_ordering(b);
    browser_stop_searching(b);
    rows_destroy(b->rows);
    text_match_destroy(b->match);
    idset_deinit(&b->marks);
    free(b->wanted.filter_text);
    free(b->shown.filter_text);
    free(b->search_before);
    free(b->empty_text);
    free(b->natural);
    free(b);
}

void browser_say(const struct browser *b, bool is_error, const char *fmt, ...)
{
    char text[MAX_SAY_BYTES];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    b->host.say(b->host.ctx, is_error, text);
}

size_t browser_count(const struct browser *b)
{
    return b->rows ? rows_count(b->rows) : 0;
}

struct rows *browser_rows(const struct browser *b)
{
    return b->rows;
}

void browser_set_empty_text(struct browser *b, const char *text)
{
    free(b->empty_text);
    b->empty_text = xstrdup(text);
}

/* The useful direction of a column: large numbers first. */
static bool useful_direction(const struct rows *rows, int column)
{
    return column >= 0 && rows->columns[column].flags & COL_F_DESC;
}

/* Carries the wanted order over to a new source, whose columns may be others. */
static void adopt_spec(struct browser *b, const struct rows *rows)
{
    const char *key =
        b->wanted.sort_column >= 0 ? b->rows->columns[b->wanted.sort_column].key : NULL;
    struct filter *filter = NULL;
    struct err *err = filter_parse(b->wanted.filter_text, rows, &filter);

    b->wanted.sort_column = key ? rows_column(rows, key) : -1;
    if (b->wanted.sort_column >= 0 && rows->columns[b->wanted.sort_column].flags & COL_F_NO_SORT)
        b->wanted.sort_column = -1;
    if (err) {
        b->wanted.filter_text[0] = '\0';
        browser_say(b, true, "the filter does not fit these rows any more: %s", err->message);
        err_destroy(err);
    }
    filter_destroy(filter);
}

void browser_set_rows(struct browser *b, struct rows *rows, const char *sort)
{
    struct rows *old = b->rows;

    browser_stop_ordering(b);
    browser_stop_searching(b);
    if (old) {
        adopt_spec(b, rows);
    } else {
        b->wanted.sort_column = sort ? rows_column(rows, sort) : -1;
        b->wanted.descending = useful_direction(rows, b->wanted.sort_column);
    }
    b->rows = rows;
    if (!old || old->columns != rows->columns || old->n_columns != rows->n_columns) {
        free(b->natural);
        b->natural = xalloc((rows->n_columns + 1) * sizeof *b->natural);
    }
    rows_destroy(old);
    browser_arrange(b);
}

void browser_rows_changed(struct browser *b)
{
    browser_stop_ordering(b);
    browser_stop_searching(b);
    browser_arrange(b);
}

void browser_clamp(struct browser *b)
{
    size_t count = browser_count(b), page = (size_t)b->page;

    if (b->cursor >= count)
        b->cursor = count ? count - 1 : 0;
    if (b->top > b->cursor)
        b->top = b->cursor;
    if (b->cursor >= b->top + page)
        b->top = b->cursor - page + 1;
    if (b->top + page > count)
        b->top = count > page ? count - page : 0;
}

size_t browser_cursor(const struct browser *b)
{
    return b->cursor;
}

size_t browser_selected(const struct browser *b)
{
    return b->cursor < browser_count(b) ? rows_raw(b->rows, b->cursor) : SIZE_MAX;
}

void browser_move_to(struct browser *b, size_t shown)
{
    browser_stop_searching(b);
    b->cursor = shown;
    browser_clamp(b);
    b->has_anchor = browser_count(b) > 0;
    if (b->has_anchor)
        b->anchor_id = rows_id(b->rows, b->cursor);
}

bool browser_select_id(struct browser *b, uint64_t id)
{
    size_t shown = b->rows ? rows_find(b->rows, id) : SIZE_MAX;

    if (shown == SIZE_MAX)
        return false;
    browser_move_to(b, shown);
    return true;
}

/* Moves by `delta` rows, stopping at the ends. */
static void move_by(struct browser *b, long delta)
{
    size_t count = browser_count(b), distance = (size_t)labs(delta);

    if (delta < 0)
        browser_move_to(b, distance < b->cursor ? b->cursor - distance : 0);
    else
        browser_move_to(b, distance < count - b->cursor ? b->cursor + distance : count - 1);
}

/* Moves the page and takes the cursor along only as far as needed. */
static void scroll_by(struct browser *b, long delta)
{
    size_t count = browser_count(b), page = (size_t)b->page;
    size_t last_top = count > page ? count - page : 0;
    size_t distance = (size_t)labs(delta);

    if (delta < 0)
        b->top = distance < b->top ? b->top - distance : 0;
    else
        b->top = b->top + distance < last_top ? b->top + distance : last_top;
    size_t cursor = b->cursor < b->top           ? b->top
                    : b->cursor >= b->top + page ? b->top + page - 1
                                                 : b->cursor;
    browser_move_to(b, cursor);
}

static void toggle_mark(struct browser *b)
{
    idset_toggle(&b->marks, rows_id(b->rows, b->cursor));
    move_by(b, 1);
}

/* The sort columns in screen order: `step` columns from the current one. */
static void sort_step(struct browser *b, int step)
{
    int n = (int)b->rows->n_columns, column = b->wanted.sort_column;

    for (int i = 0; i < n; i++) {
        column = column < 0 ? (step > 0 ? 0 : n - 1) : (column + step + n) % n;
        if (!(b->rows->columns[column].flags & (COL_F_NO_SORT | COL_F_JSON_ONLY)))
            break;
    }
    if (column != b->wanted.sort_column)
        browser_choose_sort(b, column);
}

static void do_page_down(struct browser *b)
{
    move_by(b, b->page);
}

static void do_page_up(struct browser *b)
{
    move_by(b, -(long)b->page);
}

static void do_half_down(struct browser *b)
{
    move_by(b, (b->page + 1) / 2);
}

static void do_half_up(struct browser *b)
{
    move_by(b, -(long)(b->page + 1) / 2);
}

static void do_down(struct browser *b)
{
    move_by(b, 1);
}

static void do_up(struct browser *b)
{
    move_by(b, -1);
}

static void do_first(struct browser *b)
{
    browser_move_to(b, 0);
}

static void do_last(struct browser *b)
{
    browser_move_to(b, browser_count(b) - 1);
}

static void do_scroll_down(struct browser *b)
{
    scroll_by(b, WHEEL_ROWS);
}

static void do_scroll_up(struct browser *b)
{
    scroll_by(b, -WHEEL_ROWS);
}

static void do_sort_next(struct browser *b)
{
    sort_step(b, 1);
}

static void do_sort_previous(struct browser *b)
{
    sort_step(b, -1);
}

static void do_reverse(struct browser *b)
{
    browser_set_sort(b, b->wanted.sort_column, !b->wanted.descending);
}

static void do_unmark_all(struct browser *b)
{
    idset_clear(&b->marks);
}

static void do_search_next(struct browser *b)
{
    browser_search_from(b, b->cursor, 1);
}

static void do_search_previous(struct browser *b)
{
    browser_search_from(b, b->cursor, -1);
}

static const struct {
    enum action action;
    void (*run)(struct browser *b);
    bool needs_rows;
} actions[] = {
    {ACT_DOWN, do_down, true},
    {ACT_UP, do_up, true},
    {ACT_PAGE_DOWN, do_page_down, true},
    {ACT_PAGE_UP, do_page_up, true},
    {ACT_HALF_DOWN, do_half_down, true},
    {ACT_HALF_UP, do_half_up, true},
    {ACT_FIRST, do_first, true},
    {ACT_LAST, do_last, true},
    {ACT_SCROLL_DOWN, do_scroll_down, true},
    {ACT_SCROLL_UP, do_scroll_up, true},
    {ACT_MARK, toggle_mark, true},
    {ACT_UNMARK_ALL, do_unmark_all, false},
    {ACT_SORT_NEXT, do_sort_next, false},
    {ACT_SORT_PREVIOUS, do_sort_previous, false},
    {ACT_REVERSE, do_reverse, false},
    {ACT_SEARCH_NEXT, do_search_next, true},
    {ACT_SEARCH_PREVIOUS, do_search_previous, true},
};

unsigned browser_action(struct browser *b, enum action action)
{
    if (!b->rows)
        return EFFECT_IGNORED;
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (actions[i].action != action)
            continue;
        if (!actions[i].needs_rows || browser_count(b))
            actions[i].run(b);
        return EFFECT_REDRAW;
    }
    return EFFECT_IGNORED;
}

bool browser_click(struct browser *b, int y)
{
    size_t shown = b->top + (size_t)(y - 1); /* line 0 is the header */

    if (y < 1 || y > b->page || shown >= browser_count(b))
        return false;
    bool is_again = shown == b->cursor;
    browser_move_to(b, shown);
    return is_again;
}

void browser_set_sort(struct browser *b, int column, bool descending)
{
    if (column >= 0 && b->rows->columns[column].flags & COL_F_NO_SORT) {
        browser_say(b, true, "cannot sort by '%s': its values are fetched row by row",
                    b->rows->columns[column].title);
        return;
    }
    b->wanted.sort_column = column;
    b->wanted.descending = descending;
    browser_arrange(b);
}

void browser_choose_sort(struct browser *b, int column)
{
    bool again = column == b->wanted.sort_column;

    browser_set_sort(b, column, again ? !b->wanted.descending : useful_direction(b->rows, column));
}

int browser_sort_column(const struct browser *b)
{
    return b->wanted.sort_column;
}

struct err *browser_check_filter(const struct browser *b, const char *text)
{
    struct filter *filter = NULL;

    if (!b->rows)
        return NULL;
    ERR_RETURN(filter_parse(text, b->rows, &filter));
    filter_destroy(filter);
    return NULL;
}

struct err *browser_set_filter(struct browser *b, const char *text)
{
    ERR_RETURN(browser_check_filter(b, text));
    if (!b->rows || !strcmp(text, b->wanted.filter_text))
        return NULL;
    free(b->wanted.filter_text);
    b->wanted.filter_text = xstrdup(text[strspn(text, " \t")] ? text : "");
    browser_arrange(b);
    return NULL;
}

const char *browser_filter(const struct browser *b)
{
    return b->wanted.filter_text;
}

size_t browser_n_marked(const struct browser *b)
{
    return b->marks.count;
}

bool browser_is_marked(const struct browser *b, uint64_t id)
{
    return idset_has(&b->marks, id);
}

size_t browser_n_pending(const struct browser *b)
{
    return b->n_pending;
}
