/* The picker: the Python processes of the machine. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/base/mem.h"
#include "inspector/rows/rows_procs.h"
#include "inspector/ui/views/views.h"

enum { REFRESH_MS = 3000, QUESTION_BYTES = 1024 };

/* A look at all processes, on a worker: with many of them it takes a while. */
struct listing {
    struct procs_view *view; /* NULL: it was closed meanwhile */
    struct pyprocs procs;
};

struct procs_view {
    struct view view;
    struct product *product;
    struct listing *listing; /* under way, or NULL */
    bool hides_others;       /* H: those that cannot be attached to */
    pid_t asked;             /* for the dialog */
};

static struct err *run_listing(struct job *job, void *ctx)
{
    (void)job;
    return pyprocs_list(&((struct listing *)ctx)->procs);
}

static void listing_done(void *ctx, const struct job_result *result)
{
    struct listing *listing = ctx;
    struct procs_view *self = listing->view;

    if (self) {
        self->listing = NULL;
        if (result->err)
            app_error(self->view.app, "%s", result->err->message);
        else
            view_set_rows(&self->view, 0, rows_procs_create(&listing->procs), "rss");
    }
    pyprocs_deinit(&listing->procs);
    free(listing);
}

static void start_listing(struct procs_view *self)
{
    if (self->listing)
        return;
    self->listing = xalloc(sizeof *self->listing);
    self->listing->view = self;
    job_submit(app_ui_runner(self->view.app), &(struct job_spec){.title = "listing processes",
                                                                 .run = run_listing,
                                                                 .done = listing_done,
                                                                 .ctx = self->listing});
}

static struct err *procs_open(struct view *view, const void *arg)
{
    struct procs_view *self = (struct procs_view *)view;
    struct pyprocs none = {0};

    self->product = (struct product *)arg;
    view_set_crumb(view, "processes");
    view_set_rows(view, 0, rows_procs_create(&none), "rss");
    start_listing(self);
    return NULL;
}

static void procs_close(struct view *view)
{
    struct procs_view *self = (struct procs_view *)view;

    if (self->listing)
        self->listing->view = NULL;
}

static unsigned procs_tick(struct view *view)
{
    start_listing((struct procs_view *)view);
    return EFFECT_NONE;
}

static void attach_answered(void *ctx, int choice)
{
    struct procs_view *self = ctx;

    if (choice >= 0)
        product_attach(self->product, self->asked, false);
}

static unsigned ask_to_attach(struct view *view)
{
    struct procs_view *self = (struct procs_view *)view;
    size_t raw = view_selected(view);
    char text[QUESTION_BYTES];

    if (raw == SIZE_MAX)
        return EFFECT_REDRAW;
    const struct pyproc *proc = rows_procs_proc(browser_rows(view_browser(view)), raw);
    if (!proc->attachable) {
        app_error(view->app, "%s", proc->why);
        return EFFECT_REDRAW;
    }
    self->asked = proc->pid;
    snprintf(text, sizeof text,
             "%.200s\n\n"
             "One of its threads is borrowed for some milliseconds to load the\n"
             "agent. For each snapshot the process is cloned: it stands still for\n"
             "about 25 ms for each GiB, and what it writes while the clone lives is\n"
             "copied page by page. Its heap is not changed.",
             proc->command);
    app_dialog(view->app, &(struct dialog_spec){.kind = DIALOG_CONFIRM,
                                                .title = "Attach",
                                                .text = text,
                                                .yes = "attach",
                                                .done = attach_answered,
                                                .ctx = self,
                                                .owner = view});
    return EFFECT_REDRAW;
}

/* u: only processes of the user under the cursor, or all again. */
static unsigned toggle_user(struct view *view)
{
    struct browser *browser = view_browser(view);
    size_t raw = view_selected(view);
    char filter[128];

    if (!strncmp(browser_filter(browser), "user=", 5))
        snprintf(filter, sizeof filter, "%s", "");
    else if (raw != SIZE_MAX)
        snprintf(filter, sizeof filter, "user=%s",
                 rows_procs_proc(browser_rows(browser), raw)->user);
    else
        return EFFECT_REDRAW;
    app_report(view->app, browser_set_filter(browser, filter));
    return EFFECT_REDRAW;
}

static unsigned toggle_others(struct view *view)
{
    struct procs_view *self = (struct procs_view *)view;

    self->hides_others = !self->hides_others;
    app_report(view->app,
               browser_set_filter(view_browser(view), self->hides_others ? "attachable=yes" : ""));
    return EFFECT_REDRAW;
}

static unsigned procs_action(struct view *view, enum action action)
{
    switch (action) {
    case ACT_OPEN:
        return ask_to_attach(view);
    case ACT_USER:
        return toggle_user(view);
    case ACT_HIDE:
        return toggle_others(view);
    case ACT_SNAPSHOT:
        return procs_tick(view);
    default:
        return EFFECT_IGNORED;
    }
}

const struct view_ops procs_view = {
    .name = "processes",
    .keys = KEYS_PROCS,
    .bytes = sizeof(struct procs_view),
    .empty = "no Python process found; those of other users show when run as root",
    .open = procs_open,
    .close = procs_close,
    .action = procs_action,
    .tick = procs_tick,
    .tick_ms = REFRESH_MS,
};

/* ---- while an attach is under way ---- */

static struct err *waiting_open(struct view *view, const void *arg)
{
    (void)arg;
    view_set_crumb(view, "attaching");
    return NULL;
}

static void waiting_draw(struct view *view, struct area area)
{
    (void)view;
    draw_text(area, 1, 2, ROLE_NORMAL, "Attaching and taking the first snapshot …");
    draw_text(area, 3, 2, ROLE_DIM, "^c cancels and undoes it");
}

const struct view_ops waiting_view = {
    .name = "attaching",
    .keys = KEYS_GLOBAL,
    .bytes = sizeof(struct view),
    .open = waiting_open,
    .draw = waiting_draw,
};
