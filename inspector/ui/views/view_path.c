/* Why an object is alive: one path at a time, from a root down to it; ] and [ go to the next and back. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/analysis/facts.h"
#include "inspector/base/bits.h"
#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/base/str.h"
#include "inspector/base/units.h"
#include "inspector/rows/rows_steps.h"
#include "inspector/ui/views/views.h"

enum { HEAD_LINES = 2, PREFETCH_STEPS = 200 };

struct found_path {
    uint32_t *object; /* root first */
    uint32_t n;
};

struct path_view {
    struct view view;
    struct product *product;
    struct heap *heap;
    uint32_t object;
    bool is_gone;    /* a newer snapshot does not have it */
    bool is_closing; /* there is nothing to show any more */

    struct found_path *path;
    uint32_t n_paths, current;
    bool is_all; /* there are no more */

    /* the job's while there is one, else ours */
    struct job *job;
    struct path_finder *finder;
    struct found_path next;
};

/* ---- searching, on the analyst's thread ---- */

static void keep(struct path_view *self, const uint32_t *object, uint32_t n)
{
    self->next.object = xalloc((n + 1u) * sizeof *object);
    memcpy(self->next.object, object, n * sizeof *object);
    self->next.n = n;
}

static struct err *run_search(struct job *job, void *ctx)
{
    struct path_view *self = ctx;
    const struct facts *facts = facts_of(self->heap->snapshot);
    bool is_unnamed_root = facts->accounts.kind[self->object] != ROOT_NONE &&
                           !bits_has(facts->paths.roots, self->object);
    struct path path;

    if (!self->finder) {
        ERR_RETURN(path_finder_create(&facts->paths, self->object, &self->finder));
        if (is_unnamed_root) { /* held directly: by C code, say */
            keep(self, &self->object, 1);
            return NULL;
        }
    }
    ERR_RETURN(path_finder_next(self->finder, job_cancel_flag(job), &path));
    if (path.n)
        keep(self, path.node, path.n);
    return NULL;
}

/* ---- showing ---- */

static struct err *show(struct path_view *self, uint32_t which)
{
    const struct found_path *path = &self->path[which];
    struct rows *rows;

    ERR_RETURN(
        rows_steps_of_path(self->heap->snapshot, self->heap->lookup, path->object, path->n, &rows));
    rows_prefetch(rows, 0, path->n < PREFETCH_STEPS ? path->n : PREFETCH_STEPS);
    self->current = which;
    view_set_rows(&self->view, 0, rows, NULL);
    browser_move_to(view_browser(&self->view), 0);
    return NULL;
}

static void set_empty_text(struct path_view *self, const char *text)
{
    browser_set_empty_text(view_browser(&self->view), text);
}

static void say_none(struct path_view *self)
{
    const struct facts *facts = facts_of(self->heap->snapshot);

    set_empty_text(self, bits_has(facts->garbage.set, self->object)
                             ? "nothing holds it: it is garbage, a full collection frees it"
                             : "no root leads to it: only garbage holds it");
}

static void search_done(void *ctx, const struct job_result *result)
{
    struct path_view *self = ctx;
    struct found_path path = self->next;

    self->job = NULL;
    self->next = (struct found_path){NULL, 0};
    if (self->is_closing || result->err || !path.n) {
        free(path.object);
        self->is_all = !result->err;
        if (result->err) { /* a finder is of no use after an error */
            path_finder_destroy(self->finder);
            self->finder = NULL;
            self->is_all = self->n_paths > 0;
        }
        if (self->is_closing)
            return;
        if (result->is_cancelled)
            set_empty_text(self, "cancelled; ] searches again");
        else if (result->err)
            app_error(self->view.app, "%s", result->err->message);
        else if (self->n_paths)
            app_message(self->view.app, "there is no other path");
        else
            say_none(self);
        app_redraw(self->view.app);
        return;
    }
    self->path = xrealloc(self->path, (self->n_paths + 1u) * sizeof *self->path);
    self->path[self->n_paths++] = path;
    app_report(self->view.app, show(self, self->n_paths - 1));
}

static void start_search(struct path_view *self)
{
    if (self->job)
        return;
    self->job = job_submit(product_analyst(self->product), &(struct job_spec){
                                                               .title = "searching a path",
                                                               .run = run_search,
                                                               .done = search_done,
                                                               .ctx = self,
                                                           });
}

/* Forgets what was found, and stops looking for more. */
static void clear(struct path_view *self)
{
    bool was_closing = self->is_closing;

    self->is_closing = true;
    if (self->job)
        job_cancel_wait(product_analyst(self->product), self->job);
    self->is_closing = was_closing;
    path_finder_destroy(self->finder);
    self->finder = NULL;
    for (uint32_t i = 0; i < self->n_paths; i++)
        free(self->path[i].object);
    free(self->path);
    self->path = NULL;
    self->n_paths = self->current = 0;
    self->is_all = false;
}

static struct err *load(struct path_view *self)
{
    enum facts_state state = product_need_facts(self->product, self->heap);
    struct rows *rows;

    ERR_RETURN(no_rows(self->heap, &rows));
    view_set_rows(&self->view, 0, rows, NULL);
    set_empty_text(self, state == FACTS_CANCELLED ? "cancelled; ] searches again"
                         : state == FACTS_NEVER   ? "not computed before there was a newer snapshot"
                                                  : "searching: the path will appear here");
    if (state == FACTS_THERE)
        start_search(self);
    return NULL;
}

static struct err *path_open(struct view *view, const void *arg)
{
    struct path_view *self = (struct path_view *)view;
    const struct object_place *at = arg;

    self->product = at->product;
    self->heap = heap_ref(at->heap);
    self->object = at->object;
    view_set_crumb(view, "path to %s",
                   type_short_name(snapshot_type_of(self->heap->snapshot, self->object)->name));
    struct err *err = load(self);
    if (err)
        heap_unref(self->heap);
    return err;
}

static void path_close(struct view *view)
{
    struct path_view *self = (struct path_view *)view;

    self->is_closing = true;
    clear(self);
    heap_unref(self->heap);
}

static struct err *path_reload(struct view *view, const void *arg)
{
    struct path_view *self = (struct path_view *)view;
    struct heap *was = self->heap, *now = product_heap(self->product);
    uint32_t found = object_find_again(was->snapshot, self->object, now->snapshot);

    (void)arg;
    if (was == now && (self->n_paths || self->job)) /* nothing new about this */
        return NULL;
    self->is_gone = found == SNAPSHOT_NONE;
    if (self->is_gone)
        return NULL;
    clear(self);
    self->heap = heap_ref(now);
    self->object = found;
    struct err *err = load(self);
    heap_unref(was);
    return err;
}

/* ---- what the user does ---- */

static void search_again(struct path_view *self)
{
    product_retry(self->product);
    if (product_need_facts(self->product, self->heap) == FACTS_THERE)
        start_search(self);
    else
        set_empty_text(self, "searching: the path will appear here");
}

static unsigned next_path(struct path_view *self)
{
    if (self->current + 1 < self->n_paths)
        app_report(self->view.app, show(self, self->current + 1));
    else if (self->is_all)
        app_message(self->view.app, "there is no other path");
    else
        search_again(self);
    return EFFECT_REDRAW;
}

static unsigned previous_path(struct path_view *self)
{
    if (self->current)
        app_report(self->view.app, show(self, self->current - 1));
    else
        app_message(self->view.app, "this is the first path");
    return EFFECT_REDRAW;
}

static unsigned path_action(struct view *view, enum action action)
{
    struct path_view *self = (struct path_view *)view;
    size_t raw = self->n_paths ? view_selected(view) : SIZE_MAX;

    if (action == ACT_NEXT_PANE)
        return next_path(self);
    if (action == ACT_PREVIOUS_PANE)
        return previous_path(self);
    if (raw == SIZE_MAX)
        return EFFECT_IGNORED;
    struct object_place at = {self->product, self->heap,
                              rows_steps_object(browser_rows(view_browser(view)), raw)};
    return object_verb(view->app, &at, action == ACT_OPEN ? ACT_OBJECT : action);
}

static void path_describe(const struct view *view, struct str *ret)
{
    const struct path_view *self = (const struct path_view *)view;

    if (self->is_gone)
        str_append(ret, "gone: as it was in an earlier snapshot  ");
    if (self->n_paths)
        str_printf(ret, "path %" PRIu32 " of %" PRIu32 "%s", self->current + 1, self->n_paths,
                   self->is_all ? "" : " or more");
}

static void path_drawn(struct view *view)
{
    struct path_view *self = (struct path_view *)view;

    product_ask(self->product, self->heap);
}

/* ---- the head ---- */

static int path_head_rows(const struct view *view, int width)
{
    (void)width;
    return ((const struct path_view *)view)->n_paths ? HEAD_LINES : 0;
}

static void path_draw_head(const struct view *view, struct area area)
{
    const struct path_view *self = (const struct path_view *)view;
    const struct snapshot *s = self->heap->snapshot;
    uint32_t steps = self->path[self->current].n - 1;
    _cleanup_(str_deinit) struct str expression = STR_INIT;

    if (steps)
        draw_printf(area, 0, 0, ROLE_NORMAL,
                    "%" PRIu32 " reference%s from a root to %s at %#" PRIx64, steps,
                    steps == 1 ? "" : "s", snapshot_type_of(s, self->object)->name,
                    s->address[self->object]);
    else
        draw_printf(area, 0, 0, ROLE_NORMAL, "%s at %#" PRIx64 " is a root itself",
                    snapshot_type_of(s, self->object)->name, s->address[self->object]);
    if (rows_steps_expression(browser_rows(view_browser(view)), &expression))
        draw_text(area, 1, 0, ROLE_TITLE, expression.text);
}

const struct view_ops path_view = {
    .name = "path",
    .keys = KEYS_PATH,
    .bytes = sizeof(struct path_view),
    .open = path_open,
    .close = path_close,
    .reload = path_reload,
    .action = path_action,
    .describe = path_describe,
    .drawn = path_drawn,
    .head_rows = path_head_rows,
    .draw_head = path_draw_head,
};
