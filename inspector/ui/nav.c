#include "inspector/ui/nav.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/base/mem.h"
#include "inspector/base/utf8.h"
#include "inspector/ui/app.h"
#include "inspector/ui/view.h"

struct tab {
    char *title;
    const struct view_ops *ops;
    const void *arg;
    struct view *top; /* NULL: not opened yet */
};

struct nav {
    struct app *app;
    struct tab tabs[NAV_MAX_TABS];
    size_t n_tabs, current;
    struct view *closed; /* linked by `below` */
};

struct nav *nav_create(struct app *app)
{
    struct nav *nav = xalloc(sizeof *nav);

    nav->app = app;
    return nav;
}

/* Takes the top view off a stack and puts it aside. */
static void close_top(struct nav *nav, struct tab *tab)
{
    struct view *view = tab->top;

    tab->top = view->below;
    view->below = nav->closed;
    nav->closed = view;
    app_view_closes(nav->app, view);
}

static void close_tabs(struct nav *nav)
{
    for (size_t i = 0; i < nav->n_tabs; i++) {
        while (nav->tabs[i].top)
            close_top(nav, &nav->tabs[i]);
        free(nav->tabs[i].title);
    }
    nav->n_tabs = 0;
    nav->current = 0;
}

void nav_reap(struct nav *nav)
{
    while (nav->closed) {
        struct view *view = nav->closed;
        nav->closed = view->below;
        view_destroy(view);
    }
}

void nav_close_all(struct nav *nav)
{
    close_tabs(nav);
    nav_reap(nav);
}

void nav_destroy(struct nav *nav)
{
    if (!nav)
        return;
    nav_close_all(nav);
    free(nav);
}

struct err *nav_set_tabs(struct nav *nav, const struct nav_tab *tabs, size_t n_tabs)
{
    close_tabs(nav);
    nav->n_tabs = n_tabs < NAV_MAX_TABS ? n_tabs : NAV_MAX_TABS;
    for (size_t i = 0; i < nav->n_tabs; i++)
        nav->tabs[i] = (struct tab){xstrdup(tabs[i].title), tabs[i].ops, tabs[i].arg, NULL};
    return nav->n_tabs ? nav_select_tab(nav, 0) : NULL;
}

size_t nav_n_tabs(const struct nav *nav)
{
    return nav->n_tabs;
}

size_t nav_current_tab(const struct nav *nav)
{
    return nav->current;
}

struct err *nav_select_tab(struct nav *nav, size_t index)
{
    struct tab *tab = &nav->tabs[index];

    if (!tab->top)
        ERR_RETURN(view_create(nav->app, tab->ops, tab->arg, &tab->top));
    nav->current = index;
    app_redraw(nav->app);
    return NULL;
}

struct view *nav_top(const struct nav *nav)
{
    return nav->n_tabs ? nav->tabs[nav->current].top : NULL;
}

void nav_push(struct nav *nav, struct view *view)
{
    if (!nav->n_tabs) { /* nothing was there: a place of its own */
        nav->tabs[0] = (struct tab){xstrdup(view->ops->name), view->ops, NULL, NULL};
        nav->n_tabs = 1;
    }
    struct tab *tab = &nav->tabs[nav->current];
    view->below = tab->top;
    tab->top = view;
    app_redraw(nav->app);
}

bool nav_back(struct nav *nav)
{
    struct view *top = nav_top(nav);

    if (!top || !top->below)
        return false;
    close_top(nav, &nav->tabs[nav->current]);
    app_redraw(nav->app);
    return true;
}

struct err *nav_reload(struct nav *nav, const void *arg)
{
    for (size_t i = 0; i < nav->n_tabs; i++)
        for (struct view *view = nav->tabs[i].top; view; view = view->below)
            if (view->ops->reload)
                ERR_RETURN(view->ops->reload(view, arg));
    app_redraw(nav->app);
    return NULL;
}

int nav_draw_tabs(const struct nav *nav, struct area line)
{
    int x = 0;

    for (size_t i = 0; i < nav->n_tabs; i++) {
        bool is_current = i == nav->current;
        char *text = xasprintf(" %zu %s ", i + 1, nav->tabs[i].title);
        x += draw_text(line, 0, x, is_current ? ROLE_TAB_CURRENT : ROLE_TAB, text);
        free(text);
    }
    return x;
}

/* The crumbs below and including `view`, bottom first. */
static void append_crumbs(const struct view *view, struct str *ret)
{
    if (view->below)
        append_crumbs(view->below, ret);
    if (ret->len_bytes)
        str_printf(ret, " %s ", draw_glyph(GLYPH_CRUMB));
    str_append(ret, view->crumb);
}

int nav_draw_crumbs(const struct nav *nav, struct area line)
{
    const struct view *top = nav_top(nav);
    struct str crumbs = STR_INIT;
    int width = line.width;

    if (!top)
        return 0;
    append_crumbs(top, &crumbs);
    size_t last = crumbs.len_bytes - strlen(top->crumb);
    if ((int)utf8_width(crumbs.text) < width)
        width = (int)utf8_width(crumbs.text);
    draw_field(line, 0, 0, width, &(struct draw_field){.role = ROLE_CRUMB, .clip = CLIP_START},
               crumbs.text);
    /* The current view's own name once more, in its own role, at the end of what was drawn. */
    int own = (int)utf8_width(crumbs.text + last);
    if (own <= width)
        draw_text(line, 0, width - own, ROLE_TITLE, crumbs.text + last);
    str_deinit(&crumbs);
    return width;
}
