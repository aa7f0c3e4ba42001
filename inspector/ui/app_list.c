/*
 * What a user does with a list and needs a prompt, a menu or another view for: filter, search,
 * sort, details, copying.
 */
#include <stdlib.h>
#include <string.h>

#include "inspector/base/mem.h"
#include "inspector/base/str.h"
#include "inspector/ui/app_private.h"

/* The context of prompts and dialogs is the view: it goes away together with them. */
static struct browser *browser_of(void *view)
{
    return view_browser(view);
}

static struct app *app_of(void *view)
{
    return ((struct view *)view)->app;
}

/* -- Filter -- */

/* Small tables follow every letter. */
static bool filters_at_once(const struct browser *browser)
{
    return rows_total(browser_rows(browser)) <= BROWSER_SYNC_ROWS;
}

static void filter_changed(void *view, const char *text)
{
    struct browser *browser = browser_of(view);
    struct err *err = filters_at_once(browser) ? browser_set_filter(browser, text)
                                               : browser_check_filter(browser, text);

    app_prompt_note(app_of(view), true, err ? err->message : "");
    err_destroy(err);
}

/* The table shows what it showed before the prompt was opened. */
static void filter_cancelled(void *view)
{
    struct app *app = app_of(view);

    app_report(app, browser_set_filter(browser_of(view), app->filter_before));
}

static void filter_accepted(void *view, const char *text)
{
    app_report(app_of(view), browser_set_filter(browser_of(view), text));
}

static unsigned do_filter(struct app *app, struct view *view, const char *text)
{
    struct browser *browser = view_browser(view);

    if (text) {
        app_report(app, browser_set_filter(browser, text));
        return EFFECT_REDRAW;
    }
    free(app->filter_before);
    app->filter_before = xstrdup(browser_filter(browser));
    app_prompt(app, &(struct prompt_spec){.label = "filter: ",
                                          .initial = browser_filter(browser),
                                          .history = &app->filters,
                                          .changed = filter_changed,
                                          .accepted = filter_accepted,
                                          .cancelled = filter_cancelled,
                                          .ctx = view,
                                          .owner = view});
    return EFFECT_REDRAW;
}

/* -- Search -- */

static void search_changed(void *view, const char *text)
{
    browser_search_update(browser_of(view), text);
}

static void search_accepted(void *view, const char *text)
{
    if (!*text) /* nothing was typed: no search any more */
        browser_search_update(browser_of(view), "");
    browser_search_end(browser_of(view), true);
}

static void search_cancelled(void *view)
{
    browser_search_end(browser_of(view), false);
}

static unsigned do_search(struct app *app, struct view *view, const char *text)
{
    browser_search_begin(view_browser(view));
    if (text) {
        browser_search_update(view_browser(view), text);
        return EFFECT_REDRAW;
    }
    app_prompt(app, &(struct prompt_spec){.label = "/",
                                          .history = &app->searches,
                                          .changed = search_changed,
                                          .accepted = search_accepted,
                                          .cancelled = search_cancelled,
                                          .ctx = view,
                                          .owner = view});
    return EFFECT_REDRAW;
}

/* -- Sort -- */

static bool is_sortable(const struct column *column)
{
    return !(column->flags & (COL_F_NO_SORT | COL_F_JSON_ONLY));
}

/* The column of the `choice`-th menu item. */
static int chosen_column(const struct rows *rows, int choice)
{
    for (unsigned col = 0; col < rows->n_columns; col++)
        if (is_sortable(&rows->columns[col]) && !choice--)
            return (int)col;
    return -1;
}

static void sort_chosen(void *view, int choice)
{
    struct browser *browser = browser_of(view);

    if (choice >= 0)
        browser_choose_sort(browser, chosen_column(browser_rows(browser), choice));
}

static void open_sort_menu(struct app *app, struct view *view)
{
    struct browser *browser = view_browser(view);
    const struct rows *rows = browser_rows(browser);
    struct dialog_item *items = xalloc((rows->n_columns + 1) * sizeof *items);
    size_t n = 0, selected = 0;

    for (unsigned col = 0; col < rows->n_columns; col++) {
        const struct column *column = &rows->columns[col];
        if (!is_sortable(column))
            continue;
        if ((int)col == browser_sort_column(browser))
            selected = n;
        items[n] = (struct dialog_item){.label = column->title, .help = column->help};
        if (n < 9)
            items[n].key = (ui_key)('1' + n);
        n++;
    }
    app_dialog(app, &(struct dialog_spec){.kind = DIALOG_MENU,
                                          .title = "Sort by (again: reverse)",
                                          .items = items,
                                          .n_items = n,
                                          .selected = selected,
                                          .done = sort_chosen,
                                          .ctx = view,
                                          .owner = view});
    free(items);
}

static unsigned do_sort(struct app *app, struct view *view, const char *text)
{
    struct browser *browser = view_browser(view);
    int column = text ? rows_column(browser_rows(browser), text) : -1;

    if (text && column < 0)
        app_error(app, "there is no column '%s'", text);
    else if (text)
        browser_choose_sort(browser, column);
    else
        open_sort_menu(app, view);
    return EFFECT_REDRAW;
}

/* -- Details and copying -- */

static unsigned do_details(struct app *app, struct view *view, const char *text)
{
    struct str details = STR_INIT;

    (void)text;
    browser_details(view_browser(view), &details);
    if (details.len_bytes)
        app_open_text(app, "row", details.text);
    else
        app_message(app, "there is no row");
    str_deinit(&details);
    return EFFECT_REDRAW;
}

static unsigned do_copy_row(struct app *app, struct view *view, const char *text)
{
    struct str copy = STR_INIT;

    (void)text;
    browser_copy_rows(view_browser(view), &copy);
    term_copy(copy.text);
    app_message(app,
                browser_n_marked(view_browser(view)) ? "copied the marked rows" : "copied the row");
    str_deinit(&copy);
    return EFFECT_REDRAW;
}

static unsigned do_copy_address(struct app *app, struct view *view, const char *text)
{
    struct str copy = STR_INIT;

    (void)text;
    if (browser_copy_name(view_browser(view), &copy)) {
        term_copy(copy.text);
        app_message(app, "copied %s", copy.text);
    } else {
        app_message(app, "this row has no address or id");
    }
    str_deinit(&copy);
    return EFFECT_REDRAW;
}

static const struct {
    enum action action;
    unsigned (*run)(struct app *app, struct view *view, const char *text);
} actions[] = {
    {ACT_FILTER, do_filter},   {ACT_SEARCH, do_search},     {ACT_SORT, do_sort},
    {ACT_DETAILS, do_details}, {ACT_COPY_ROW, do_copy_row}, {ACT_COPY_ADDRESS, do_copy_address},
};

unsigned app_list_action(struct app *app, struct view *view, enum action action, const char *text)
{
    if (!browser_rows(view_browser(view)))
        return EFFECT_IGNORED;
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (actions[i].action == action)
            return actions[i].run(app, view, text);
    return EFFECT_IGNORED;
}
