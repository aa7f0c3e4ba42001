/*
 * One reference cycle: the shortest way round, which the arrow keys walk; what holds it from outside; which attribute would
 * dissolve it if it were a weak reference.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/base/str.h"
#include "inspector/base/units.h"
#include "inspector/rows/rows_cycles.h"
#include "inspector/rows/rows_steps.h"
#include "inspector/ui/views/views.h"
#include "inspector/ui/wrap.h"

enum { LOOP, HOLDERS, FACT_LINES = 3, RING_LINES = 3, RING_STEPS = 12 };

/* Names are asked of the frozen copy, then the cycle is examined on the analyst's thread. */
struct examination {
    struct cycle_view *view; /* NULL: it was closed meanwhile */
    struct product *product;
    struct heap *heap;
    const struct heap_cycle *cycle;
    struct lookup *lookup; /* of its own: another thread will read it */
    struct cycle_names names;
};

struct cycle_view {
    struct view view;
    struct product *product;
    struct heap *heap;
    const struct heap_cycle *cycle; /* of the heap */
    struct examination *running;    /* NULL: done */
    struct job *job;                /* its second part, while that runs */
    struct cycle_names names;
    bool is_examined;
};

/* ---- examining ---- */

static void examination_destroy(struct examination *e)
{
    cycle_names_deinit(&e->names);
    lookup_destroy(e->lookup);
    heap_unref(e->heap);
    free(e);
}

static struct err *show(struct cycle_view *self)
{
    struct heap *heap = self->heap;
    const struct cycle_detail *detail = &self->names.detail;
    struct rows *loop, *holders;

    if (detail->n_loop)
        ERR_RETURN(rows_steps_of_loop(heap->snapshot, heap->lookup, detail->loop_node,
                                      detail->loop_edge, detail->n_loop, &loop));
    else
        ERR_RETURN(no_rows(heap, &loop));
    rows_prefetch(loop, 0, rows_count(loop)); /* the head shows names of all */
    view_set_rows(&self->view, LOOP, loop, NULL);
    ERR_RETURN(rows_holders_create(heap->snapshot, heap->lookup, &self->names, &holders));
    view_set_rows(&self->view, HOLDERS, holders, NULL);
    view_set_pane_title(&self->view, HOLDERS, "what holds it from outside");
    browser_set_empty_text(self->view.panes[HOLDERS].browser, "nothing on the heap");
    return NULL;
}

static struct err *run_examine(struct job *job, void *ctx)
{
    struct examination *e = ctx;

    return cycle_names_examine(e->heap->snapshot, e->lookup, &e->heap->cycles, e->cycle,
                               job_cancel_flag(job), &e->names);
}

static void examine_done(void *ctx, const struct job_result *result)
{
    struct examination *e = ctx;
    struct cycle_view *self = e->view;

    if (self) {
        self->running = NULL;
        self->job = NULL;
        if (!result->err) {
            self->names = e->names;
            e->names = (struct cycle_names){.n_holders = 0};
            self->is_examined = true;
            app_report(self->view.app, show(self));
        } else if (!result->is_cancelled) {
            app_error(self->view.app, "%s", result->err->message);
        }
        app_redraw(self->view.app);
    }
    examination_destroy(e);
}

static void names_are_there(void *ctx)
{
    struct examination *e = ctx;
    const struct job_spec spec = {
        .title = "looking at the cycle", .run = run_examine, .done = examine_done, .ctx = e};

    if (e->view)
        e->view->job = job_submit(product_analyst(e->product), &spec);
    else
        examination_destroy(e);
}

static void start(struct cycle_view *self)
{
    struct examination *e = xalloc(sizeof *e);

    *e = (struct examination){.view = self,
                              .product = self->product,
                              .heap = heap_ref(self->heap),
                              .cycle = self->cycle,
                              .lookup = lookup_create()};
    self->running = e;
    cycle_names_want(self->heap->snapshot, e->lookup, &self->heap->cycles, self->cycle);
    product_ask_aside(self->product, self->heap, e->lookup, names_are_there, e);
}

/* ---- the view ---- */

static struct err *cycle_open(struct view *view, const void *arg)
{
    struct cycle_view *self = (struct cycle_view *)view;
    const struct cycle_arg *at = arg;
    struct rows *rows;

    ERR_RETURN(no_rows(at->heap, &rows));
    self->product = at->product;
    self->heap = heap_ref(at->heap);
    self->cycle = at->cycle;
    view_set_crumb(view, "%s", at->cycle->is_garbage ? "garbage cycle" : "cycle");
    view_set_rows(view, LOOP, rows, NULL);
    view_set_pane_title(view, LOOP, "the way round");
    start(self);
    return NULL;
}

static void cycle_close(struct view *view)
{
    struct cycle_view *self = (struct cycle_view *)view;
    struct job *job = self->job;

    if (self->running)
        self->running->view = NULL;
    if (job)
        job_cancel_wait(product_analyst(self->product), job);
    cycle_names_deinit(&self->names);
    heap_unref(self->heap);
}

/* After the last row, which is the first object again, comes the second. */
static bool walk_on(struct view *view, enum action action)
{
    struct browser *browser = view_browser(view);
    size_t n = rows_count(browser_rows(browser)), at = browser_cursor(browser);

    if (view->focus != LOOP || n < 2)
        return false;
    if (action == ACT_DOWN && at + 1 == n)
        browser_move_to(browser, 1);
    else if (action == ACT_UP && !at)
        browser_move_to(browser, n - 2);
    else
        return false;
    return true;
}

static unsigned cycle_action(struct view *view, enum action action)
{
    struct cycle_view *self = (struct cycle_view *)view;
    size_t raw = self->is_examined ? view_selected(view) : SIZE_MAX;

    if (raw == SIZE_MAX)
        return EFFECT_IGNORED;
    if (walk_on(view, action))
        return EFFECT_REDRAW;
    const struct rows *rows = browser_rows(view_browser(view));
    struct object_place at = {self->product, self->heap,
                              view->focus == LOOP ? rows_steps_object(rows, raw)
                                                  : rows_holders_object(rows, raw)};
    return object_verb(view->app, &at, action == ACT_OPEN ? ACT_OBJECT : action);
}

static void cycle_describe(const struct view *view, struct str *ret)
{
    const struct cycle_view *self = (const struct cycle_view *)view;

    if (self->heap != product_heap(self->product))
        str_append(ret, "as it was in an earlier snapshot");
}

static void cycle_drawn(struct view *view)
{
    struct cycle_view *self = (struct cycle_view *)view;

    product_ask(self->product, self->heap);
}

/* ---- the head ---- */

/* "Order .items › list [0] › LineItem slot order › Order": the ring at a glance. */
static void put_ring(const struct cycle_view *self, struct str *ret)
{
    const struct snapshot *s = self->heap->snapshot;
    const struct cycle_detail *detail = &self->names.detail;
    const char *dots = draw_glyph(GLYPH_ELLIPSIS), *arrow = draw_glyph(GLYPH_CRUMB);

    if (!detail->n_loop)
        return;
    for (uint32_t i = 0; i < detail->n_loop && i < RING_STEPS; i++) {
        uint32_t node = detail->loop_node[i];
        uint32_t ordinal = detail->loop_edge[i] - s->strong.offset[node];
        const char *edge = lookup_edge(self->heap->lookup, node, ordinal);
        str_printf(ret, "%s %s %s ", type_short_name(snapshot_type_of(s, node)->name),
                   edge ? edge : dots, arrow);
    }
    if (detail->n_loop > RING_STEPS)
        str_printf(ret, "%s %s ", dots, arrow);
    str_append(ret, type_short_name(snapshot_type_of(s, detail->loop_node[0])->name));
}

static void wrap_ring(const struct cycle_view *self, int width, struct str *text, struct wrap *wrap)
{
    put_ring(self, text);
    wrap_text(wrap, text->len_bytes ? text->text : "", width);
    if (wrap->n_lines > RING_LINES)
        wrap->n_lines = RING_LINES;
}

static int cycle_head_rows(const struct view *view, int width)
{
    const struct cycle_view *self = (const struct cycle_view *)view;
    _cleanup_(str_deinit) struct str text = STR_INIT;
    _cleanup_(wrap_deinit) struct wrap wrap = {.n_lines = 0};

    if (!self->is_examined)
        return 1;
    wrap_ring(self, width, &text, &wrap);
    return FACT_LINES + (int)wrap.n_lines;
}

static void draw_size(const struct heap_cycle *cycle, struct area area, int y)
{
    char objects[UNITS_BUF], shallow[UNITS_BUF], retained[UNITS_BUF];

    draw_printf(area, y, 0, ROLE_NORMAL, "%s of %s object%s, shallow %s, retained %s%s",
                cycle->is_garbage ? "garbage" : "a cycle", units_count(cycle->count, objects),
                cycle->count == 1 ? "" : "s", units_bytes((int64_t)cycle->shallow_bytes, shallow),
                units_bytes((int64_t)cycle->retained_bytes, retained),
                cycle->finalizers ? ", with a finalizer" : "");
}

static void draw_verdict(const struct cycle_names *names, struct area area, int y)
{
    char holders[UNITS_BUF];

    if (names->make_weak)
        draw_printf(area, y, 0, ROLE_TITLE, "a weak reference as %s would dissolve it",
                    names->make_weak);
    else
        draw_text(area, y, 0, ROLE_NORMAL, "no attribute of one class dissolves it");
    draw_printf(area, y + 1, 0, ROLE_NORMAL,
                "held from outside by %s reference%s; %s way round has %" PRIu32 " reference%s:",
                units_count((int64_t)names->n_all_holders, holders),
                names->n_all_holders == 1 ? "" : "s",
                names->detail.is_shortest ? "the shortest" : "a short", names->detail.n_loop,
                names->detail.n_loop == 1 ? "" : "s");
}

static void cycle_draw_head(const struct view *view, struct area area)
{
    const struct cycle_view *self = (const struct cycle_view *)view;
    _cleanup_(str_deinit) struct str text = STR_INIT;
    _cleanup_(wrap_deinit) struct wrap wrap = {.n_lines = 0};

    draw_size(self->cycle, area, 0);
    if (!self->is_examined)
        return;
    draw_verdict(&self->names, area, 1);
    wrap_ring(self, area.width, &text, &wrap);
    for (size_t i = 0; i < wrap.n_lines; i++) {
        _cleanup_free_ char *line = xstrndup(text.text + wrap.lines[i].begin, wrap.lines[i].bytes);
        draw_text(area, FACT_LINES + (int)i, 0, ROLE_INFO, line);
    }
}

const struct view_ops cycle_view = {
    .name = "cycle",
    .keys = KEYS_CYCLE,
    .bytes = sizeof(struct cycle_view),
    .empty = "looking at it: the way round will appear here",
    .open = cycle_open,
    .close = cycle_close,
    .action = cycle_action,
    .describe = cycle_describe,
    .drawn = cycle_drawn,
    .head_rows = cycle_head_rows,
    .draw_head = cycle_draw_head,
};
