/* The reference cycles: garbage first, then those that are alive. */
#include <inttypes.h>

#include "inspector/base/str.h"
#include "inspector/base/units.h"
#include "inspector/rows/rows_cycles.h"
#include "inspector/ui/views/views.h"

enum { HEAD_LINES = 2 };

struct cycles_view {
    struct view view;
    struct product *product;
    struct heap *heap; /* what the rows show */
    bool is_there;
};

static struct err *load(struct cycles_view *self, struct heap *heap)
{
    enum facts_state state = product_need_cycles(self->product, heap);
    struct rows *rows;

    if (state == FACTS_THERE)
        ERR_RETURN(rows_cycles_create(heap->snapshot, &heap->cycles, &rows));
    else
        ERR_RETURN(no_rows(heap, &rows));
    self->is_there = state == FACTS_THERE;
    view_set_rows(&self->view, 0, rows, NULL); /* the old rows go before their heap does */
    browser_set_empty_text(view_browser(&self->view),
                           self->is_there ? "no reference cycles"
                           : state == FACTS_CANCELLED
                               ? "cancelled; Enter looks for cycles"
                               : "looking for cycles: they will appear here");
    if (self->heap != heap) {
        heap_unref(self->heap);
        self->heap = heap_ref(heap);
    }
    return NULL;
}

static struct err *cycles_open(struct view *view, const void *arg)
{
    struct cycles_view *self = (struct cycles_view *)view;

    self->product = (struct product *)arg;
    view_set_crumb(view, "cycles");
    return load(self, product_heap(self->product));
}

static void cycles_close(struct view *view)
{
    heap_unref(((struct cycles_view *)view)->heap);
}

static struct err *cycles_reload(struct view *view, const void *arg)
{
    struct cycles_view *self = (struct cycles_view *)view;

    (void)arg;
    return load(self, product_heap(self->product));
}

static unsigned cycles_action(struct view *view, enum action action)
{
    struct cycles_view *self = (struct cycles_view *)view;
    size_t raw = view_selected(view);

    if (action != ACT_OPEN)
        return EFFECT_IGNORED;
    if (!self->is_there) { /* it was cancelled: once more */
        product_retry(self->product);
        app_report(view->app, load(self, self->heap));
        return EFFECT_REDRAW;
    }
    if (raw == SIZE_MAX)
        return EFFECT_IGNORED;
    struct cycle_arg arg = {self->product, self->heap, &self->heap->cycles.cycle[raw]};
    return app_open(view->app, &cycle_view, &arg);
}

static int cycles_head_rows(const struct view *view, int width)
{
    (void)width;
    return ((const struct cycles_view *)view)->is_there ? HEAD_LINES : 0;
}

static void cycles_draw_head(const struct view *view, struct area area)
{
    const struct heap_cycles *cycles = &((const struct cycles_view *)view)->heap->cycles;
    char n[UNITS_BUF], garbage[UNITS_BUF], folded[UNITS_BUF];

    draw_printf(area, 0, 0, ROLE_NORMAL, "%s cycle%s, %s of them garbage",
                units_count(cycles->n, n), cycles->n == 1 ? "" : "s",
                units_count(cycles->n_garbage, garbage));
    draw_printf(area, 1, 0, ROLE_DIM,
                "%s objects are in cycles only through modules, classes or globals: not shown",
                units_count(cycles->n_folded, folded));
}

const struct view_ops cycles_view = {
    .name = "cycles",
    .keys = KEYS_CYCLES,
    .bytes = sizeof(struct cycles_view),
    .open = cycles_open,
    .close = cycles_close,
    .reload = cycles_reload,
    .action = cycles_action,
    .head_rows = cycles_head_rows,
    .draw_head = cycles_draw_head,
};
