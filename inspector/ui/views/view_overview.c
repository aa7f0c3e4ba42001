/* The first page: the target, its memory, its collector, its largest types. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "inspector/base/units.h"
#include "inspector/rows/rows_types.h"
#include "inspector/ui/views/views.h"

enum { REFRESH_MS = 2000, HEAD_LINES = 10, LABEL_COLUMNS = 11 };

struct overview_view {
    struct view view;
    struct product *product;
};

static struct err *overview_load(struct view *view, const void *arg)
{
    struct overview_view *self = (struct overview_view *)view;
    struct heap *heap = product_heap(self->product), *before = product_baseline(self->product);
    struct rows *rows;

    (void)arg;
    ERR_RETURN(rows_types_create(heap->snapshot, before ? before->snapshot : NULL, &rows));
    view_set_rows(view, 0, rows, "shallow");
    return NULL;
}

static struct err *overview_open(struct view *view, const void *arg)
{
    ((struct overview_view *)view)->product = (struct product *)arg;
    view_set_crumb(view, "overview");
    return overview_load(view, NULL);
}

static unsigned overview_tick(struct view *view)
{
    product_measure(((struct overview_view *)view)->product);
    return EFFECT_NONE;
}

static unsigned overview_action(struct view *view, enum action action)
{
    struct overview_view *self = (struct overview_view *)view;
    size_t raw = view_selected(view);

    if (action != ACT_OPEN || raw == SIZE_MAX)
        return EFFECT_IGNORED;
    struct objects_arg arg = {
        .product = self->product,
        .type = rows_types_name(browser_rows(view_browser(view)), raw),
    };
    return app_open(view->app, &objects_view, &arg);
}

/* ---- the head ---- */

static int overview_head_rows(const struct view *view, int width)
{
    (void)view;
    (void)width;
    return HEAD_LINES;
}

static void draw_label(struct area area, int y, const char *label)
{
    draw_text(area, y, 0, ROLE_DIM, label);
}

static void draw_process(const struct overview_view *self, struct area area)
{
    const struct session_info *info = product_info(self->product);
    char held[UNITS_BUF];

    draw_label(area, 0, info && info->file ? "file" : "process");
    draw_text(area, 0, LABEL_COLUMNS, ROLE_NORMAL, product_command(self->product));
    draw_label(area, 1, info && info->file ? "from" : "attached");
    if (info && info->file)
        draw_text(area, 1, LABEL_COLUMNS, ROLE_NORMAL,
                  info->is_redacted ? "a capture, redacted: names are hashes, no values"
                                    : "a capture: nothing here changes the process");
    else if (info)
        draw_printf(area, 1, LABEL_COLUMNS, ROLE_NORMAL,
                    "by ptrace, %s; a thread was borrowed for %s", info->how,
                    units_duration_ns(info->held_ns, held));
}

static void draw_memory(const struct overview_view *self, struct area area)
{
    struct session_memory memory;
    char rss[UNITS_BUF], private[UNITS_BUF];

    draw_label(area, 2, "memory");
    if (!product_memory(self->product, &memory))
        return;
    int x = LABEL_COLUMNS;
    x += draw_printf(area, 2, x, ROLE_NORMAL, "resident %s",
                     units_bytes((int64_t)memory.rss_bytes, rss));
    if (!memory.has_copy)
        draw_text(area, 2, x, ROLE_DIM, "   no frozen copy; R makes one");
    else if (memory.copy_private_bytes)
        draw_printf(area, 2, x, ROLE_NORMAL, "   the frozen copy costs %s",
                    units_bytes((int64_t)memory.copy_private_bytes, private));
}

static void draw_snapshot(const struct overview_view *self, struct area area)
{
    const struct heap *heap = product_heap(self->product);
    const struct snapshot *s = heap->snapshot;
    char objects[UNITS_BUF], references[UNITS_BUF], bytes[UNITS_BUF];
    char pause[UNITS_BUF], walk[UNITS_BUF];

    draw_label(area, 3, "snapshot");
    draw_printf(area, 3, LABEL_COLUMNS, ROLE_NORMAL, "%s objects, %s references, %s",
                units_count(s->n_objects, objects), units_count(s->strong.n, references),
                units_bytes((int64_t)s->shallow_bytes, bytes));
    draw_label(area, 4, "its cost");
    draw_printf(area, 4, LABEL_COLUMNS, ROLE_NORMAL,
                "the target stood still for %s; the copy was walked in %s",
                units_duration_ns(heap->info.pause_ns, pause), units_duration_ns(s->walk_ns, walk));
}

static void draw_collector(const struct overview_view *self, struct area area)
{
    const struct snapshot *s = product_heap(self->product)->snapshot;
    const struct msg_snap_gc *gc = &s->gc;
    char count[UNITS_BUF];
    uint64_t frozen = snapshot_population(s, MSG_GEN_PERMANENT);

    draw_label(area, 5, "collector");
    int x = LABEL_COLUMNS + draw_text(area, 5, LABEL_COLUMNS, gc->enabled ? ROLE_NORMAL : ROLE_WARN,
                                      gc->enabled ? "automatic" : "switched off");
    x += draw_printf(area, 5, x, ROLE_NORMAL, "   frozen %s", units_count((int64_t)frozen, count));
    x += draw_printf(area, 5, x, gc->garbage_count ? ROLE_WARN : ROLE_NORMAL, "   gc.garbage %s",
                     units_count((int64_t)gc->garbage_count, count));
    if (s->tracemalloc)
        draw_text(area, 5, x, ROLE_NORMAL, "   tracemalloc is tracing");
}

static void draw_generations(const struct overview_view *self, struct area area)
{
    const struct snapshot *s = product_heap(self->product)->snapshot;
    const struct msg_snap_gc *gc = &s->gc;

    draw_text(area, 6, 0, ROLE_HEADER,
              "generation   objects  count/threshold  collections  collected");
    for (uint32_t i = 0; i < 3; i++) {
        char population[UNITS_BUF], collections[UNITS_BUF], collected[UNITS_BUF], fill[64];
        snprintf(fill, sizeof fill, "%d/%d", gc->counts[i], gc->thresholds[i]);
        draw_printf(area, 7 + (int)i, 0,
                    gc->thresholds[i] && gc->counts[i] > gc->thresholds[i] ? ROLE_WARN
                                                                           : ROLE_NORMAL,
                    "%10u  %8s  %15s  %11s  %9s", i,
                    units_count((int64_t)snapshot_population(s, i), population), fill,
                    units_count((int64_t)gc->generations[i].collections, collections),
                    units_count((int64_t)gc->generations[i].collected, collected));
    }
}

static void overview_draw_head(const struct view *view, struct area area)
{
    const struct overview_view *self = (const struct overview_view *)view;

    if (!product_heap(self->product))
        return;
    draw_process(self, area);
    draw_memory(self, area);
    draw_snapshot(self, area);
    draw_collector(self, area);
    draw_generations(self, area);
}

const struct view_ops overview_view = {
    .name = "overview",
    .keys = KEYS_OVERVIEW,
    .bytes = sizeof(struct overview_view),
    .open = overview_open,
    .reload = overview_load,
    .action = overview_action,
    .tick = overview_tick,
    .tick_ms = REFRESH_MS,
    .head_rows = overview_head_rows,
    .draw_head = overview_draw_head,
};
