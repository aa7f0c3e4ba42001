/*
 * Where the user is: tabs, each with a stack of views.
 *
 *      tabs      1 overview   2 types         3 cycles
 *      stacks                 types
 *                             objects of Node
 *                             0x7f12…          ◄ on top: the one on the screen
 *
 * Views below the top stay alive, so going back finds cursor, scrolling, filter and sort as they
 * were. A tab's first view is created when the tab is first shown. Closed views are only put aside,
 * because the one that closes itself is still running; nav_reap() destroys them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "inspector/base/err.h"
#include "inspector/base/str.h"
#include "inspector/ui/draw.h"

struct app;
struct nav;
struct view;
struct view_ops;

enum { NAV_MAX_TABS = 9 };

struct nav_tab {
    const char *title; /* short: the tab line has room for nine; copied */
    const struct view_ops *ops;
    const void
        *arg; /* passed to open() when the tab is first shown; must live as long as the tab */
};

struct nav *nav_create(struct app *app);
void nav_destroy(struct nav *nav);

/* Closes everything and starts with these tabs, the first one shown. The tab line appears with two
 * or more. */
ERR_CHECK struct err *nav_set_tabs(struct nav *nav, const struct nav_tab *tabs, size_t n_tabs);
size_t nav_n_tabs(const struct nav *nav);
size_t nav_current_tab(const struct nav *nav);
/* Shows tab `tab` < nav_n_tabs(), as it was left. */
ERR_CHECK struct err *nav_select_tab(struct nav *nav, size_t tab);

/* The view on the screen, or NULL if there is none. */
struct view *nav_top(const struct nav *nav);
/* Puts a view (taken) on top of the current tab's stack. */
void nav_push(struct nav *nav, struct view *view);
/* Closes the top view if there is one below it. */
bool nav_back(struct nav *nav);
/* Calls reload(view, arg) of every view of every tab. The first error ends it. */
ERR_CHECK struct err *nav_reload(struct nav *nav, const void *arg);
/* Closes and destroys every view. */
void nav_close_all(struct nav *nav);
/* Destroys the views that were closed. */
void nav_reap(struct nav *nav);

/* Draws " 1 overview  2 types " at the left of a line; returns the columns used. */
int nav_draw_tabs(const struct nav *nav, struct area line);
/* Draws "types › app.Node › 0x7f12", cut at its start if it is too long; returns the columns used.
 */
int nav_draw_crumbs(const struct nav *nav, struct area line);
