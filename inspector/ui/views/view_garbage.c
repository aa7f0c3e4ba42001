/* What a collection would free now, by type; of one of three generations, which ] and [ change. */
#include <inttypes.h>
#include <string.h>

#include "inspector/base/mem.h"
#include "inspector/base/str.h"
#include "inspector/base/units.h"
#include "inspector/rows/rows_types.h"
#include "inspector/ui/views/views.h"

enum { GENERATIONS = 3, HEAD_LINES = 6, ALL = 2 };

struct garbage_view {
    struct view view;
    struct product *product;
    struct heap *heap; /* what the rows show */
    int generation;
    bool is_there;
    uint64_t bytes[GENERATIONS], along_bytes[GENERATIONS];
};

static uint64_t sum(const struct snapshot *s, const uint32_t *objects, uint32_t n)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < n; i++)
        bytes += snapshot_shallow(s, objects[i]);
    return bytes;
}

/* What is known now: the older generations are computed after all else. */
static void add_up(struct garbage_view *self, const struct heap *heap)
{
    for (int g = 0; g < GENERATIONS; g++) {
        const struct garbage *garbage = heap_garbage(heap, g);
        self->bytes[g] = garbage ? sum(heap->snapshot, garbage->object, garbage->n) : 0;
        self->along_bytes[g] = garbage ? sum(heap->snapshot, garbage->along, garbage->n_along) : 0;
    }
}

static struct err *load(struct garbage_view *self, struct heap *heap)
{
    enum facts_state state = product_need_facts(self->product, heap);
    const struct garbage *garbage = heap_garbage(heap, self->generation);
    struct rows *rows;

    if (garbage)
        ERR_RETURN(rows_types_of_objects(heap->snapshot, garbage->object, garbage->n, &rows));
    else
        ERR_RETURN(no_rows(heap, &rows));
    self->is_there = garbage != NULL;
    view_set_rows(&self->view, 0, rows, "shallow"); /* the old rows go before their heap does */
    if (self->heap != heap) {
        heap_unref(self->heap);
        self->heap = heap_ref(heap);
    }
    add_up(self, heap);
    browser_set_empty_text(view_browser(&self->view),
                           garbage                    ? "nothing: no object here is unreachable"
                           : state == FACTS_CANCELLED ? "cancelled; Enter computes it"
                           : state == FACTS_NEVER     ? "not computed; R takes a new snapshot"
                                                      : "computing: it will appear here");
    return NULL;
}

static struct err *garbage_open(struct view *view, const void *arg)
{
    struct garbage_view *self = (struct garbage_view *)view;

    self->product = (struct product *)arg;
    self->generation = ALL;
    view_set_crumb(view, "garbage");
    return load(self, product_heap(self->product));
}

static void garbage_close(struct view *view)
{
    heap_unref(((struct garbage_view *)view)->heap);
}

static struct err *garbage_reload(struct view *view, const void *arg)
{
    struct garbage_view *self = (struct garbage_view *)view;

    (void)arg;
    return load(self, product_heap(self->product));
}

/* The garbage that is of one type. */
static unsigned open_type(struct garbage_view *self, size_t raw)
{
    const struct snapshot *s = self->heap->snapshot;
    const struct garbage *garbage = heap_garbage(self->heap, self->generation);
    const char *type = rows_types_name(browser_rows(view_browser(&self->view)), raw);
    uint32_t *objects = xalloc((garbage->n + 1u) * sizeof *objects);
    size_t n = 0;

    for (uint32_t i = 0; i < garbage->n; i++)
        if (!strcmp(snapshot_type_of(s, garbage->object[i])->name, type))
            objects[n++] = garbage->object[i];
    return app_open(self->view.app, &objects_view,
                    &(struct objects_arg){self->product, type, self->heap, objects, n});
}

static unsigned turn(struct garbage_view *self, int step)
{
    self->generation = (self->generation + step + GENERATIONS) % GENERATIONS;
    app_report(self->view.app, load(self, self->heap));
    return EFFECT_REDRAW;
}

static unsigned garbage_action(struct view *view, enum action action)
{
    struct garbage_view *self = (struct garbage_view *)view;
    size_t raw = self->is_there ? view_selected(view) : SIZE_MAX;

    if (action == ACT_NEXT_PANE)
        return turn(self, 1);
    if (action == ACT_PREVIOUS_PANE)
        return turn(self, -1);
    if (action == ACT_OPEN && !self->is_there) { /* it was cancelled: once more */
        product_retry(self->product);
        app_report(view->app, load(self, self->heap));
        return EFFECT_REDRAW;
    }
    if (action == ACT_OPEN && raw != SIZE_MAX)
        return open_type(self, raw);
    return EFFECT_IGNORED;
}

/* ---- the head ---- */

static int garbage_head_rows(const struct view *view, int width)
{
    (void)view;
    (void)width;
    return HEAD_LINES;
}

static void draw_generation(const struct garbage_view *self, struct area area, int y, int g)
{
    static const char *const names[GENERATIONS] = {"0, the youngest", "0 and 1", "all: 0, 1, 2"};
    const struct garbage *garbage = heap_garbage(self->heap, g);
    bool is_chosen = g == self->generation;
    enum role role = is_chosen ? ROLE_TITLE : ROLE_NORMAL;
    char count[UNITS_BUF], bytes[UNITS_BUF];

    draw_printf(area, y, 0, role, "%c %-15s %11s  %9s", is_chosen ? '*' : ' ', names[g],
                garbage ? units_count(garbage->n, count) : "not known",
                garbage ? units_bytes((int64_t)self->bytes[g], bytes) : "");
}

/* "1,200 in 34 cycles, 56 hang from them; 3 with a finalizer, 0 with a weakref callback" */
static void draw_parts(const struct garbage *g, struct area area, int y)
{
    char in[UNITS_BUF], cycles[UNITS_BUF], rest[UNITS_BUF];

    draw_printf(area, y, 0, ROLE_NORMAL,
                "%s in %s cycle%s, %s hang from them; %" PRIu32 " with a finalizer, %" PRIu32
                " with a weakref callback",
                units_count(g->n_in_cycles, in), units_count(g->n_cycles, cycles),
                g->n_cycles == 1 ? "" : "s", units_count(g->n - g->n_in_cycles, rest),
                g->n_finalizers, g->n_callbacks);
}

static void garbage_draw_head(const struct view *view, struct area area)
{
    const struct garbage_view *self = (const struct garbage_view *)view;
    const struct garbage *garbage = heap_garbage(self->heap, self->generation);
    char along[UNITS_BUF], bytes[UNITS_BUF];

    draw_text(area, 0, 0, ROLE_HEADER, "  would be freed      objects      bytes");
    for (int g = 0; g < GENERATIONS; g++)
        draw_generation(self, area, 1 + g, g);
    if (!garbage)
        return;
    draw_parts(garbage, area, 4);
    draw_printf(area, 5, 0, garbage->n_uncollectable ? ROLE_WARN : ROLE_NORMAL,
                "along with them %s objects that the collector does not count, %s; %" PRIu32
                " uncollectable",
                units_count(garbage->n_along, along),
                units_bytes((int64_t)self->along_bytes[self->generation], bytes),
                garbage->n_uncollectable);
}

const struct view_ops garbage_view = {
    .name = "garbage",
    .keys = KEYS_GARBAGE,
    .bytes = sizeof(struct garbage_view),
    .open = garbage_open,
    .close = garbage_close,
    .reload = garbage_reload,
    .action = garbage_action,
    .head_rows = garbage_head_rows,
    .draw_head = garbage_draw_head,
};
