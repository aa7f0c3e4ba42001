#include "inspector/ui/view.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/base/mem.h"
#include "inspector/base/utf8.h"
#include "inspector/ui/app.h"

enum {
    MIN_SIDE_WIDTH = 60, /* columns of a pane beside another */
    MIN_STACK_ROWS = 6,  /* lines of a pane above another: title, header and four rows */
    HEAD_PERCENT = 50,   /* of the view's lines that a head may take if its view says nothing */
    MAX_TITLE_BYTES = 256,
};

static void say(void *ctx, bool is_error, const char *text)
{
    struct view *view = ctx;

    if (is_error)
        app_error(view->app, "%s", text);
    else
        app_message(view->app, "%s", text);
}

struct err *view_create(struct app *app, const struct view_ops *ops, const void *arg,
                        struct view **ret)
{
    assert(ops->bytes >= sizeof(struct view));
    struct view *view = xalloc(ops->bytes);

    view->ops = ops;
    view->app = app;
    view->crumb = xstrdup(ops->name);
    struct err *err = ops->open(view, arg);
    if (err) {
        view->ops = &(const struct view_ops){.name = ops->name}; /* no close() */
        view_destroy(view);
        return err;
    }
    *ret = view;
    return NULL;
}

void view_destroy(struct view *view)
{
    if (!view)
        return;
    /* Browsers first: a sort of theirs may still read what close() releases. */
    for (unsigned i = 0; i < VIEW_MAX_PANES; i++) {
        browser_destroy(view->panes[i].browser);
        free(view->panes[i].title);
    }
    if (view->ops->close)
        view->ops->close(view);
    free(view->crumb);
    free(view);
}

void view_set_crumb(struct view *view, const char *fmt, ...)
{
    char text[MAX_TITLE_BYTES];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    free(view->crumb);
    view->crumb = xstrdup(text);
}

/* Makes the pane if it is not there. */
static struct view_pane *need_pane(struct view *view, unsigned index)
{
    struct view_pane *pane = &view->panes[index];

    if (pane->browser)
        return pane;
    struct browser_host host = {app_ui_runner(view->app), say, view};
    pane->browser = browser_create(&host);
    pane->title = xstrdup("");
    if (!index && view->ops->empty)
        browser_set_empty_text(pane->browser, view->ops->empty);
    if (index >= view->n_panes)
        view->n_panes = index + 1;
    return pane;
}

void view_set_rows(struct view *view, unsigned pane, struct rows *rows, const char *sort)
{
    browser_set_rows(need_pane(view, pane)->browser, rows, sort);
    app_redraw(view->app);
}

void view_set_pane_title(struct view *view, unsigned index, const char *fmt, ...)
{
    struct view_pane *pane = need_pane(view, index);
    char text[MAX_TITLE_BYTES];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    free(pane->title);
    pane->title = xstrdup(text);
}

struct browser *view_browser(const struct view *view)
{
    return view->panes[view->focus].browser;
}

size_t view_selected(const struct view *view)
{
    struct browser *browser = view_browser(view);

    return browser ? browser_selected(browser) : SIZE_MAX;
}

static void focus_pane(struct view *view, unsigned pane)
{
    if (pane < view->n_panes && view->panes[pane].browser)
        view->focus = pane;
}

unsigned view_action(struct view *view, enum action action)
{
    unsigned effect = EFFECT_IGNORED;

    if (view->ops->action)
        effect = view->ops->action(view, action);
    if (!(effect & EFFECT_IGNORED))
        return effect;
    if (view->n_panes > 1 && (action == ACT_NEXT_PANE || action == ACT_PREVIOUS_PANE)) {
        focus_pane(view, (view->focus + 1) % view->n_panes);
        return EFFECT_REDRAW;
    }
    struct browser *browser = view_browser(view);
    return browser ? browser_action(browser, action) : EFFECT_IGNORED;
}

void view_check_moved(struct view *view)
{
    struct view_pane *pane = &view->panes[view->focus];

    if (!view->ops->moved || !pane->browser)
        return;
    size_t raw = browser_selected(pane->browser);
    bool has_id = raw != SIZE_MAX;
    struct rows *rows = browser_rows(pane->browser);
    uint64_t id = has_id ? rows->ops->id(rows, raw) : 0;
    if (has_id == pane->has_moved_id && id == pane->moved_id)
        return;
    pane->has_moved_id = has_id;
    pane->moved_id = id;
    view->ops->moved(view);
    app_redraw(view->app);
}

size_t view_n_pending(const struct view *view)
{
    size_t n = 0;

    for (unsigned i = 0; i < view->n_panes; i++)
        if (view->panes[i].browser && view->panes[i].area.height)
            n += browser_n_pending(view->panes[i].browser);
    return n;
}

static bool is_inside(struct area area, int y, int x)
{
    return y >= area.y && y < area.y + area.height && x >= area.x && x < area.x + area.width;
}

bool view_click(struct view *view, int y, int x)
{
    for (unsigned i = 0; i < view->n_panes; i++) {
        struct area area = view->panes[i].area;
        if (!view->panes[i].browser || !is_inside(area, y, x))
            continue;
        bool had_focus = view->focus == i;
        focus_pane(view, i);
        return browser_click(view->panes[i].browser, y - area.y) && had_focus;
    }
    return false;
}

/* -- Drawing -- */

/* "referrers  3/12  filter: dict", at the left of a line. */
static void draw_pane_title(const struct view *view, unsigned index, struct area line)
{
    const struct view_pane *pane = &view->panes[index];
    bool has_focus = index == view->focus;
    struct str state = STR_INIT;

    browser_describe(pane->browser, &state);
    int used = draw_text(line, 0, 0, has_focus ? ROLE_TITLE : ROLE_DIM, pane->title);
    draw_text(line, 0, used + 2, ROLE_INFO, state.text);
    str_deinit(&state);
}

static void draw_pane(struct view *view, unsigned index, struct area area)
{
    struct view_pane *pane = &view->panes[index];

    draw_pane_title(view, index, area_rows(area, 0, 1));
    pane->area = area_rows(area, 1, area.height - 1);
    browser_draw(pane->browser, pane->area, index == view->focus);
}

/* The names of both panes on one line, the focused one marked, with the state of that one. */
static void draw_pane_tabs(const struct view *view, struct area line)
{
    struct str state = STR_INIT;
    int x = 0;

    for (unsigned i = 0; i < view->n_panes; i++) {
        bool has_focus = i == view->focus;
        char *name = xasprintf(" %s ", view->panes[i].title);
        x += draw_text(line, 0, x, has_focus ? ROLE_TAB_CURRENT : ROLE_TAB, name);
        free(name);
    }
    browser_describe(view->panes[view->focus].browser, &state);
    draw_text(line, 0, x + 1, ROLE_INFO, state.text);
    str_deinit(&state);
}

static void draw_separator(struct area area, int x)
{
    for (int y = 0; y < area.height; y++)
        draw_text(area, y, x, ROLE_DIM, draw_glyph(GLYPH_VLINE));
}

/* Lines that a pane can use: title, header, and a line for each row. */
static int useful_rows(const struct view_pane *pane, int limit)
{
    struct rows *rows = browser_rows(pane->browser);
    size_t n = rows ? rows_count(rows) : 0;

    if (n > (size_t)limit)
        return limit;
    return (int)n + 2 > MIN_STACK_ROWS ? (int)n + 2 : MIN_STACK_ROWS;
}

/* Half of `height` for the upper pane, but what one pane cannot use is for the other. */
static int upper_rows(const struct view *view, int height)
{
    int upper = useful_rows(&view->panes[0], height), lower = useful_rows(&view->panes[1], height);

    if (upper < height / 2)
        return upper;
    return lower < height - height / 2 ? height - lower : height / 2;
}

static void draw_two_panes(struct view *view, struct area area)
{
    int side = (area.width - 1) / 2, top = area.height / 2;

    if (side >= MIN_SIDE_WIDTH) {
        draw_pane(view, 0, area_cols(area, 0, side));
        draw_separator(area, side);
        draw_pane(view, 1, area_cols(area, side + 1, area.width - side - 1));
    } else if (top >= MIN_STACK_ROWS) {
        top = upper_rows(view, area.height);
        draw_pane(view, 0, area_rows(area, 0, top));
        draw_pane(view, 1, area_rows(area, top, area.height - top));
    } else {
        struct view_pane *pane = &view->panes[view->focus];
        draw_pane_tabs(view, area_rows(area, 0, 1));
        pane->area = area_rows(area, 1, area.height - 1);
        browser_draw(pane->browser, pane->area, true);
    }
}

void view_draw(struct view *view, struct area area)
{
    int head = 0;

    for (unsigned i = 0; i < VIEW_MAX_PANES; i++)
        view->panes[i].area.height = 0;
    if (view->ops->draw) {
        view->ops->draw(view, area);
        return;
    }
    if (view->ops->head_rows) {
        head = view->ops->head_rows(view, area.width);
        int most = area.height *
                   (view->ops->head_percent ? (int)view->ops->head_percent : HEAD_PERCENT) / 100;
        head = head < most ? head : most;
        if (head > 0)
            view->ops->draw_head(view, area_rows(area, 0, head));
    }
    struct area body = area_rows(area, head, area.height - head);
    if (view->n_panes > 1) {
        draw_two_panes(view, body);
    } else if (view->panes[0].browser) {
        view->panes[0].area = body;
        browser_draw(view->panes[0].browser, body, true);
    }
}

void view_describe(const struct view *view, struct str *ret)
{
    if (view->ops->describe)
        view->ops->describe(view, ret);
    if (view->n_panes != 1 || !view->panes[0].browser)
        return;
    if (ret->len_bytes)
        str_append(ret, "  ");
    browser_describe(view->panes[0].browser, ret);
}
