/*
 * One frame:
 *
 *       1 overview  2 types  3 cycles                     python3.12, pid 4242    tabs, heading
 *      types › app.Node                                   3/17 of 1,234  filter…   title
 *      …                                                                           the view
 *      message, or the prompt                    retained sizes ####.... 42% 3s    status
 *      ? help  Enter open  / search  f filter …                                    footer
 *
 * Low terminals go without the tab line, very low ones without the footer (it takes the place of an
 * empty status line).
 */
#include <stdlib.h>
#include <string.h>

#include "inspector/base/clock.h"
#include "inspector/base/mem.h"
#include "inspector/base/units.h"
#include "inspector/base/utf8.h"
#include "inspector/ui/app_private.h"

enum {
    TAB_LINE_ROWS = 16, /* terminal rows from which on there is a tab line */
    FOOTER_ROWS = 12,   /* terminal rows from which on the footer has a line of its own */
    BAR_WIDTH = 16,
    BAR_MIN_COLS = 100, /* narrower terminals show the percentage only */
    PROGRESS_DELAY_MS = 150,
    HEADING_MIN = 10, /* columns of the heading that are worth showing: its end, the pid */
    CRUMB_SHARE = 3,  /* the title's state gets at most two thirds of the line */
};

bool app_has_progress(const struct app *app)
{
    struct job_progress progress;

    return app_current_job(app, &progress) != NULL;
}

/* " 42%", "12,345", or nothing. */
static void describe_amount(const struct job_progress *progress, struct str *ret)
{
    char done[UNITS_BUF];

    if (progress->fraction >= 0)
        str_printf(ret, " %d%%", (int)(progress->fraction * 100));
    else if (progress->done_count)
        str_printf(ret, " %s", units_count((int64_t)progress->done_count, done));
}

static void append_bar(const struct job_progress *progress, struct str *ret)
{
    int full = (int)(progress->fraction * BAR_WIDTH);

    if (progress->fraction < 0)
        return;
    str_append(ret, " [");
    for (int i = 0; i < BAR_WIDTH; i++)
        str_append(ret, i < full ? "#" : "-");
    str_append(ret, "]");
}

/* "walking the heap [####----] 42% 12 MB/s 3s (+1)  ^c cancels", or of that what a narrow line can
 * hold. */
static void describe_progress(const struct job_progress *progress, bool is_test, bool is_wide,
                              struct str *ret)
{
    char age[UNITS_BUF];

    str_append(ret, progress->title);
    if (is_wide)
        append_bar(progress, ret);
    describe_amount(progress, ret);
    if (*progress->text && is_wide)
        str_printf(ret, " %s", progress->text);
    /* In tests the clock stands still, so that screens can be compared. */
    str_printf(ret, " %s", units_age_s(is_test ? 0 : progress->elapsed_ns / NS_PER_S, age));
    if (progress->n_queued)
        str_printf(ret, " (+%zu)", progress->n_queued);
    str_append(ret, progress->is_cancelled ? "  cancelling" : "  ^c cancels");
}

/* Draws at the right of the status line in at most `room` columns; returns those used. */
static int draw_progress(const struct app *app, struct area line, int room)
{
    struct job_progress progress;
    struct str text = STR_INIT;
    bool is_test = app->script != NULL;

    if (!app_current_job(app, &progress))
        return 0;
    if (!is_test && progress.elapsed_ns < (uint64_t)PROGRESS_DELAY_MS * NS_PER_MS)
        return 0;
    describe_progress(&progress, is_test, line.width >= BAR_MIN_COLS, &text);
    if ((int)utf8_width(text.text) > room) {
        str_clear(&text);
        describe_amount(&progress, &text);
        str_append(&text, "  ^c");
    }
    int width = (int)utf8_width(text.text);
    if (width <= room)
        draw_text(area_cols(line, line.width - width, width), 0, 0, ROLE_INFO, text.text);
    str_deinit(&text);
    return width <= room ? width : 0;
}

/* -- Footer -- */

struct footer {
    struct area line;
    int x;
    const struct app *app;
};

static void add_hint(struct footer *footer, ui_key key, const char *label)
{
    char name[KEY_NAME_BYTES];
    int width;

    key_to_name(key, name);
    width = (int)(utf8_width(name) + 1 + utf8_width(label));
    if (footer->x + width > footer->line.width)
        return;
    int used = draw_text(footer->line, 0, footer->x, ROLE_KEY, name);
    draw_text(footer->line, 0, footer->x + used + 1, ROLE_NORMAL, label);
    footer->x += width + 2;
}

/* The labelled bindings of one class that are in force in `keys`; help has its own place. */
static void add_class(struct footer *footer, enum key_class keys, enum key_class from)
{
    size_t n;
    const struct binding *bindings = keymap_bindings(footer->app->keymap, &n);

    for (size_t i = 0; i < n; i++)
        if (bindings[i].keys == from && bindings[i].label && bindings[i].action != ACT_HELP &&
            keymap_is_effective(footer->app->keymap, keys, &bindings[i]))
            add_hint(footer, bindings[i].key, bindings[i].label);
}

/* "? help" at the right end, whatever else there is no room for; returns the columns it takes. */
static int draw_help_hint(const struct app *app, struct area line, enum key_class keys)
{
    struct footer footer = {line, 0, app};
    size_t n;
    const struct binding *bindings = keymap_bindings(app->keymap, &n);

    for (size_t i = 0; i < n; i++) {
        if (bindings[i].action != ACT_HELP || !bindings[i].label ||
            !keymap_is_effective(app->keymap, keys, &bindings[i]))
            continue;
        char name[KEY_NAME_BYTES];
        int width = (int)(utf8_width(key_to_name(bindings[i].key, name)) + 1 +
                          utf8_width(bindings[i].label));
        footer.line = area_cols(line, line.width - width, width);
        add_hint(&footer, bindings[i].key, bindings[i].label);
        return width + 2;
    }
    return 0;
}

static void draw_footer(const struct app *app, struct area line)
{
    struct footer footer = {line, 0, app};
    struct view *view = nav_top(app->nav);
    enum key_class keys = view ? view->ops->keys : KEYS_GLOBAL;

    if (app->prompt)
        keys = KEYS_PROMPT;
    if (app->dialog)
        keys = app->dialog_keys;
    footer.line.width -= draw_help_hint(app, line, keys);
    if (!app->prompt && !app->dialog && view && view->n_panes > 1)
        add_class(&footer, KEYS_PANES, KEYS_PANES);
    for (enum key_class from = keys; from != KEYS_NONE; from = key_class_parent(from))
        add_class(&footer, keys, from);
}

/* -- Status line -- */

static void draw_status(const struct app *app, struct area line, bool with_footer)
{
    if (app->prompt) {
        prompt_draw(app->prompt, line);
        return;
    }
    /* What was said comes first: progress will still be there after the next key. */
    int said = app->message ? (int)utf8_width(app->message) + 2 : 0;
    int right = draw_progress(app, line, line.width - said);
    struct area left = area_cols(line, 0, right ? line.width - right - 2 : line.width);
    if (app->message)
        draw_text(left, 0, 0, app->is_message_error ? ROLE_ERROR : ROLE_MESSAGE, app->message);
    else if (with_footer)
        draw_footer(app, left);
}

/* -- Title -- */

static void draw_title(const struct app *app, struct area line)
{
    const struct view *view = nav_top(app->nav);
    struct str state = STR_INIT;

    if (!view)
        return;
    view_describe(view, &state);
    int room = line.width - line.width / CRUMB_SHARE;
    int width = (int)utf8_width(state.text);
    if (width > room)
        width = room;
    int used = nav_draw_crumbs(app->nav, area_cols(line, 0, line.width - width - 2));
    /* What the crumbs left free goes to the state, if it was cut. */
    struct area right = area_cols(line, used + 2, line.width - used - 2);
    draw_text_right(right, 0, ROLE_INFO, state.text);
    str_deinit(&state);
}

static void draw_top_line(const struct app *app, struct area line)
{
    int width = (int)utf8_width(app->heading), used = nav_draw_tabs(app->nav, line);
    int room = line.width - used - 1;

    if (width > room)
        width = room < HEADING_MIN ? 0 : room;
    if (width > 0)
        draw_field(line, 0, line.width - width, width,
                   &(struct draw_field){.role = ROLE_DIM, .clip = CLIP_START}, app->heading);
}

static void draw_too_small(struct area screen)
{
    draw_printf(screen, 0, 0, ROLE_NORMAL, "terminal too small: %dx%d", screen.width,
                screen.height);
    draw_printf(screen, 1, 0, ROLE_NORMAL, "needs %dx%d; Q quits", TERM_MIN_COLS, TERM_MIN_ROWS);
}

static void draw_all(struct app *app, struct area screen)
{
    struct view *view = nav_top(app->nav);
    bool has_tabs = (nav_n_tabs(app->nav) > 1 || *app->heading) && screen.height >= TAB_LINE_ROWS;
    bool has_footer = screen.height >= FOOTER_ROWS;
    int top = has_tabs + 1, bottom = 1 + has_footer;

    if (has_tabs)
        draw_top_line(app, area_rows(screen, 0, 1));
    draw_title(app, area_rows(screen, has_tabs, 1));
    struct area body = area_rows(screen, top, screen.height - top - bottom);
    if (view)
        view_draw(view, body);
    draw_status(app, area_rows(screen, screen.height - bottom, 1), !has_footer);
    if (has_footer)
        draw_footer(app, area_rows(screen, screen.height - 1, 1));
    if (app->dialog)
        dialog_draw(app->dialog, area_rows(screen, 0, screen.height - 1));
}

void app_draw_frame(struct app *app)
{
    struct area screen = draw_screen();
    int y, x;

    term_begin_frame();
    if (term_is_too_small())
        draw_too_small(screen);
    else
        draw_all(app, screen);
    if (!draw_take_cursor(&y, &x) || app->dialog || term_is_too_small())
        y = -1;
    term_end_frame(y, x, app->is_repaint);
    app->is_repaint = false;
    struct view *view = nav_top(app->nav);
    if (view && view->ops->drawn && !term_is_too_small())
        view->ops->drawn(view);
}
