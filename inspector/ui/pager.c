#include "inspector/ui/pager.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/base/units.h"
#include "inspector/ui/app.h"
#include "inspector/ui/wrap.h"

enum { TAB_WIDTH = 8, WHEEL_ROWS = 3, MARGIN = 1 };

struct pager {
    struct view view;
    char *text;
    struct wrap wrap;
    int width;  /* for which `wrap` was made; 0: not yet */
    size_t top; /* the first line on the screen */
    int page;   /* lines drawn last */
    struct text_match *match;
    size_t search_origin;
};

static struct pager *pager_of(void *view)
{
    return view;
}

static char *expand_tabs(const char *text)
{
    struct str out = STR_INIT;
    size_t column = 0;

    for (; *text; text++) {
        if (*text != '\t') {
            str_append_char(&out, *text);
            column = *text == '\n' ? 0 : column + 1;
            continue;
        }
        do
            str_append_char(&out, ' ');
        while (++column % TAB_WIDTH);
    }
    return str_steal(&out);
}

static struct err *pager_open(struct view *view, const void *arg)
{
    const struct pager_arg *pager = arg;

    view_set_crumb(view, "%s", pager->crumb);
    pager_of(view)->text = expand_tabs(pager->text);
    pager_of(view)->page = 1;
    return NULL;
}

static void pager_close(struct view *view)
{
    struct pager *p = pager_of(view);

    free(p->text);
    wrap_deinit(&p->wrap);
    text_match_destroy(p->match);
}

static size_t last_top(const struct pager *p)
{
    size_t page = (size_t)p->page;

    return p->wrap.n_lines > page ? p->wrap.n_lines - page : 0;
}

/* Wraps for this width and keeps the same text at the top. */
static void lay_out(struct pager *p, int width)
{
    size_t at = p->top < p->wrap.n_lines ? p->wrap.lines[p->top].begin : 0;

    if (p->width == width)
        return;
    p->width = width;
    wrap_text(&p->wrap, p->text, width);
    for (p->top = 0; p->top + 1 < p->wrap.n_lines && p->wrap.lines[p->top + 1].begin <= at;)
        p->top++;
}

static void pager_draw(struct view *view, struct area area)
{
    struct pager *p = pager_of(view);
    struct draw_field field = {.role = ROLE_NORMAL, .match = p->match};

    lay_out(p, area.width - 2 * MARGIN);
    p->page = area.height;
    if (p->top > last_top(p))
        p->top = last_top(p);
    for (int y = 0; y < area.height && p->top + (size_t)y < p->wrap.n_lines; y++) {
        const struct wrap_line *line = &p->wrap.lines[p->top + (size_t)y];
        _cleanup_free_ char *text = xstrndup(p->text + line->begin, line->bytes);
        draw_field(area, y, MARGIN, area.width - 2 * MARGIN, &field, text);
    }
}

static void pager_describe(const struct view *view, struct str *ret)
{
    const struct pager *p = (const struct pager *)view;
    size_t end = p->top + (size_t)p->page;

    if (p->wrap.n_lines > (size_t)p->page)
        str_printf(ret, "lines %zu-%zu of %zu", p->top + 1,
                   end < p->wrap.n_lines ? end : p->wrap.n_lines, p->wrap.n_lines);
}

static void scroll_by(struct pager *p, long delta)
{
    size_t distance = (size_t)labs(delta);

    if (delta < 0)
        p->top = distance < p->top ? p->top - distance : 0;
    else
        p->top = p->top + distance < last_top(p) ? p->top + distance : last_top(p);
}

/* Goes to the next line with the text, from line `from` on and around the end. */
static void search(struct pager *p, size_t from, int step)
{
    size_t n = p->wrap.n_lines;

    for (size_t i = 0; p->match && i < n; i++) {
        size_t at = step > 0 ? (from + i) % n : (from + n - i) % n;
        const struct wrap_line *line = &p->wrap.lines[at];
        _cleanup_free_ char *text = xstrndup(p->text + line->begin, line->bytes);
        if (!text_match_find(p->match, text, NULL, NULL))
            continue;
        p->top = at;
        return;
    }
    if (p->match)
        app_message(p->view.app, "no line has '%s'", text_match_word(p->match));
}

static void search_changed(void *view, const char *text)
{
    struct pager *p = pager_of(view);

    text_match_destroy(p->match);
    p->match = *text ? text_match_create(text) : NULL;
    p->top = p->search_origin;
    search(p, p->top, 1);
}

static void search_accepted(void *view, const char *text)
{
    if (!*text) /* nothing was typed: no search any more */
        search_changed(view, "");
}

static void search_cancelled(void *view)
{
    search_changed(view, "");
}

static unsigned open_search(struct pager *p)
{
    p->search_origin = p->top;
    app_prompt(p->view.app, &(struct prompt_spec){.label = "/",
                                                  .changed = search_changed,
                                                  .accepted = search_accepted,
                                                  .cancelled = search_cancelled,
                                                  .ctx = p,
                                                  .owner = p});
    return EFFECT_REDRAW;
}

static unsigned copy(struct pager *p)
{
    term_copy(p->text);
    app_message(p->view.app, "copied the text");
    return EFFECT_REDRAW;
}

static unsigned pager_action(struct view *view, enum action action)
{
    struct pager *p = pager_of(view);
    const long page = p->page, all = (long)p->wrap.n_lines;
    const struct {
        enum action action;
        long delta;
    } moves[] = {
        {ACT_DOWN, 1},
        {ACT_UP, -1},
        {ACT_PAGE_DOWN, page},
        {ACT_PAGE_UP, -page},
        {ACT_HALF_DOWN, (page + 1) / 2},
        {ACT_HALF_UP, -(page + 1) / 2},
        {ACT_FIRST, -all},
        {ACT_LAST, all},
        {ACT_SCROLL_DOWN, WHEEL_ROWS},
        {ACT_SCROLL_UP, -WHEEL_ROWS},
    };

    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
        if (moves[i].action == action) {
            scroll_by(p, moves[i].delta);
            return EFFECT_REDRAW;
        }
    if (action == ACT_SEARCH)
        return open_search(p);
    if (action == ACT_COPY_ROW)
        return copy(p);
    if (action == ACT_SEARCH_NEXT || action == ACT_SEARCH_PREVIOUS) {
        size_t n = p->wrap.n_lines ? p->wrap.n_lines : 1;
        int step = action == ACT_SEARCH_NEXT ? 1 : -1;
        search(p, (p->top + n + (size_t)step) % n, step);
        return EFFECT_REDRAW;
    }
    return EFFECT_IGNORED;
}

const struct view_ops pager_view = {
    .name = "text",
    .keys = KEYS_PAGER,
    .bytes = sizeof(struct pager),
    .open = pager_open,
    .close = pager_close,
    .action = pager_action,
    .describe = pager_describe,
    .draw = pager_draw,
};
