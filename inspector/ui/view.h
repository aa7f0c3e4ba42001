/*
 * Views: what fills the screen between the title and the status line.
 *
 * A view is a struct of its own with a `struct view` as first member, and a table of functions.
 * Most views are a list: they make a row source (rows/rows.h), name themselves, and say what Enter
 * does. The engine does the rest: cursor, scrolling, sort, filter, search, marks, details, help,
 * footer, crumbs, back.
 *
 * Adding a view, step by step (tests/tui/demo_views.c is a complete example):
 *
 * 1. Write the row source in inspector/rows/ and test it there, without a terminal.
 *
 * 2. Choose a class of keys in keymap.h (a new line there, if the view has keys of its own). Bind its
 *    actions in bindings.c: labels go to the footer. New actions are one line each in actions.h.
 *
 * 3. Write inspector/ui/views/view_types.c:
 *
 *      struct types_view {
 *              struct view view;
 *              struct snapshot *snapshot;
 *      };
 *
 *      static struct err *types_open(struct view *view, const void *arg)
 *      {
 *              struct types_view *self = (struct types_view *)view;
 *              struct rows *rows;
 *
 *              self->snapshot = snapshot_ref((struct snapshot *)arg);
 *              ERR_RETURN(rows_types_create(self->snapshot, NULL, &rows));
 *              view_set_rows(view, 0, rows, "shallow");
 *              return NULL;
 *      }
 *
 *      static unsigned types_action(struct view *view, enum action action)
 *      {
 *              struct types_view *self = (struct types_view *)view;
 *              size_t raw = view_selected(view);
 *
 *              if (action != ACT_OPEN || raw == SIZE_MAX)
 *                      return EFFECT_IGNORED;
 *              struct objects_arg arg = {self->snapshot, raw};
 *              return app_open(view->app, &objects_view, &arg);
 *      }
 *
 *      static void types_close(struct view *view)
 *      {
 *              snapshot_unref(((struct types_view *)view)->snapshot);
 *      }
 *
 *      const struct view_ops types_view = {
 *              .name = "types", .keys = KEYS_TYPES, .bytes = sizeof(struct types_view),
 *              .open = types_open, .close = types_close, .action = types_action,
 *              .empty = "no snapshot yet; R takes one",
 *      };
 *
 * 4. Make it reachable: as a tab (app_set_tabs), from another view (app_open), or by name on the
 *    command line (app_add_command).
 *
 * 5. Write tests/tui/<name>.steps, look at the golden screens, commit them.
 *
 * Two panes: call view_set_rows() for pane 0 and 1; the engine lays them out side by side, one above
 * the other or one at a time, whatever fits. Facts above the rows: `head_rows` and `draw_head`. A
 * picture of its own instead of rows: `draw`.
 *
 * Work that takes long: a job (analysis/job.h) on a runner that the app knows (app_add_runner); its
 * done() calls view_set_rows() with the result, which keeps the user's place. If done() uses the
 * view, close() must call job_cancel_wait(). Data that arrive later: cells that are CELL_PENDING,
 * the source's prefetch() to note what is wanted, and drawn() to ask for it.
 *
 * A view's functions are called on the UI thread, between open() and close().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "inspector/base/err.h"
#include "inspector/base/str.h"
#include "inspector/ui/actions.h"
#include "inspector/ui/browser.h"
#include "inspector/ui/draw.h"
#include "inspector/ui/keymap.h"

struct app;
struct view;

enum { VIEW_MAX_PANES = 2 };

struct view_ops {
    const char *name;    /* on the command line and in messages */
    enum key_class keys; /* which bindings are its own */
    size_t bytes;        /* of the whole struct, which comes zeroed */
    const char *empty;   /* what to show when pane 0 has no rows; NULL: "nothing here" */

    /*
     * Fills the view. `arg` is what the opener passed, valid for the call only. On failure close()
     * is not called and the view never appears.
     */
    struct err *(*open)(struct view *view, const void *arg);
    /* Releases what open() took; panes are the engine's. May be NULL. */
    void (*close)(struct view *view);
    /* Returns effects (actions.h), or EFFECT_IGNORED to leave the action to the engine. May be
     * NULL. */
    unsigned (*action)(struct view *view, enum action action);
    /* Appends what the title should say besides the crumb and the rows' own state. May be NULL. */
    void (*describe)(const struct view *view, struct str *ret);
    /* There are new data (a new snapshot, app_reload()): make new rows of them. May be NULL. */
    struct err *(*reload)(struct view *view, const void *arg);
    /* The cursor of the focused pane is on another row: say, to fill pane 1 from pane 0. May be
     * NULL. */
    void (*moved)(struct view *view);
    /* A frame was drawn: ask for what the rows turned out to lack. Must not block. May be NULL. */
    void (*drawn)(struct view *view);
    /* Called every `tick_ms` milliseconds while the view is on top and not paused. */
    unsigned (*tick)(struct view *view);
    unsigned tick_ms; /* 0: never */

    /* Lines that draw_head() would like on `width` columns; it may get fewer, and is not called
     * with none. Both or none. */
    int (*head_rows)(const struct view *view, int width);
    unsigned head_percent; /* of the view's lines that the head may take; 0: 50 */
    void (*draw_head)(const struct view *view, struct area area);
    /* Draws the whole view instead of panes. */
    void (*draw)(struct view *view, struct area area);
};

struct view_pane {
    struct browser *browser; /* NULL: no such pane */
    char *title;
    struct area area;  /* drawn last; height 0 if it was not shown */
    uint64_t moved_id; /* private: for moved() */
    bool has_moved_id;
};

/* The base of every view. Fields are for the view's own code and the engine's. */
struct view {
    const struct view_ops *ops;
    struct app *app;
    char *crumb; /* its place in "types › app.Node"; never NULL */
    struct view_pane panes[VIEW_MAX_PANES];
    unsigned n_panes, focus;
    bool is_paused; /* `z` */

    struct view *below;    /* private to nav.c: the view that Esc goes back to */
    uint64_t next_tick_ns; /* private to app.c */
};

/* -- For views -- */

/* The view's name in the crumbs. */
void view_set_crumb(struct view *view, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/*
 * Shows `rows` (taken) in pane 0 or 1. `sort` as in browser_set_rows(): only for the first time;
 * later rows keep the user's place, order and filter.
 */
void view_set_rows(struct view *view, unsigned pane, struct rows *rows, const char *sort);
/* A title above the pane; only shown when there are two. */
void view_set_pane_title(struct view *view, unsigned pane, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The raw row under the cursor of the focused pane, or SIZE_MAX. */
size_t view_selected(const struct view *view);
/* The focused pane's browser, or NULL. */
struct browser *view_browser(const struct view *view);

/* -- For the engine -- */

/* On failure *ret is untouched. */
ERR_CHECK struct err *view_create(struct app *app, const struct view_ops *ops, const void *arg,
                                  struct view **ret);
void view_destroy(struct view *view);
/* The view's own action(), then its panes. */
unsigned view_action(struct view *view, enum action action);
void view_draw(struct view *view, struct area area);
void view_describe(const struct view *view, struct str *ret);
/* Calls moved() if the cursor has moved since the last call. */
void view_check_moved(struct view *view);
size_t view_n_pending(const struct view *view);
/* Focuses the pane at this place of the screen and clicks into it; true if its row is to be opened.
 */
bool view_click(struct view *view, int y, int x);
