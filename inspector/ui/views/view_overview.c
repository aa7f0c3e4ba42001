/* The first page: the target, its memory, its collector, its largest types. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "inspector/analysis/facts.h"
#include "inspector/base/units.h"
#include "inspector/rows/root_text.h"
#include "inspector/rows/rows_types.h"
#include "inspector/ui/views/views.h"

enum { REFRESH_MS = 2000, HEAD_LINES = 13, HEAD_PERCENT = 65, TOP_OWNERS = 5, LABEL_COLUMNS = 11 };

struct overview_view {
    struct view view;
    struct product *product;
    uint64_t garbage_bytes, top_bytes, live_bytes; /* once there are facts */
};

/* The sums that the head shows. */
static struct err *add_up(struct overview_view *self, const struct snapshot *s)
{
    const struct facts *facts = facts_of(s);
    uint32_t *top, n;

    self->garbage_bytes = self->top_bytes = self->live_bytes = 0;
    if (!facts)
        return NULL;
    for (uint32_t i = 0; i < facts->garbage.n; i++)
        self->garbage_bytes += snapshot_shallow(s, facts->garbage.object[i]);
    ERR_RETURN(retained_children(&facts->retained, DOMINATOR_ROOT, &top, &n));
    for (uint32_t i = 0; i < n; i++) {
        self->live_bytes += facts->retained.bytes[top[i]];
        self->top_bytes += i < TOP_OWNERS ? facts->retained.bytes[top[i]] : 0;
    }
    free(top);
    return NULL;
}

static struct err *overview_load(struct view *view, const void *arg)
{
    struct overview_view *self = (struct overview_view *)view;
    struct heap *heap = product_heap(self->product), *before = product_baseline(self->product);
    struct rows *rows;

    (void)arg;
    ERR_RETURN(add_up(self, heap->snapshot));
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

    draw_label(area, 0, info && info->file ? "file" : "process");
    draw_text(area, 0, LABEL_COLUMNS, ROLE_NORMAL, product_command(self->product));
}

static void draw_memory(const struct overview_view *self, struct area area)
{
    const struct session_info *info = product_info(self->product);
    struct session_memory memory;
    char rss[UNITS_BUF], private[UNITS_BUF];

    if (info && info->file) {
        draw_label(area, 1, "from");
        draw_text(area, 1, LABEL_COLUMNS, ROLE_NORMAL,
                  info->is_redacted ? "a capture, redacted: names are hashes, no values"
                                    : "a capture: nothing here changes the process");
        return;
    }
    draw_label(area, 1, "memory");
    if (!product_memory(self->product, &memory))
        return;
    int x = LABEL_COLUMNS;
    x += draw_printf(area, 1, x, ROLE_NORMAL, "resident %s",
                     units_bytes((int64_t)memory.rss_bytes, rss));
    if (!memory.has_copy)
        draw_text(area, 1, x, ROLE_DIM, "   no frozen copy; R makes one");
    else if (memory.copy_private_bytes)
        draw_printf(area, 1, x, ROLE_NORMAL, "   the frozen copy costs %s",
                    units_bytes((int64_t)memory.copy_private_bytes, private));
}

static void draw_snapshot(const struct overview_view *self, struct area area)
{
    const struct heap *heap = product_heap(self->product);
    const struct session_info *info = product_info(self->product);
    const struct snapshot *s = heap->snapshot;
    char objects[UNITS_BUF], references[UNITS_BUF], bytes[UNITS_BUF];
    char pause[UNITS_BUF], walk[UNITS_BUF], held[UNITS_BUF];

    draw_label(area, 2, "snapshot");
    draw_printf(area, 2, LABEL_COLUMNS, ROLE_NORMAL, "%s objects, %s references, %s",
                units_count(s->n_objects, objects), units_count(s->strong.n, references),
                units_bytes((int64_t)s->shallow_bytes, bytes));
    draw_label(area, 6, "its cost");
    draw_printf(area, 6, LABEL_COLUMNS, ROLE_NORMAL,
                "the target stood still for %s; the copy was walked in %s",
                units_duration_ns(heap->info.pause_ns, pause), units_duration_ns(s->walk_ns, walk));
    draw_label(area, 12, "attached");
    if (info)
        draw_printf(area, 12, LABEL_COLUMNS, ROLE_NORMAL,
                    "by ptrace, %s; a thread was borrowed for %s", info->how,
                    units_duration_ns(info->held_ns, held));
}

/* "9 references unexplained; roots by kind: 80 modules, 12 frames, 300 C code" */
static void draw_roots(const struct facts *facts, struct area area)
{
    const struct accounts *accounts = &facts->accounts;
    char count[UNITS_BUF];

    draw_label(area, 3, "roots");
    int x = LABEL_COLUMNS;
    bool is_first = true;
    x += draw_printf(area, 3, x, ROLE_NORMAL, "%s references unexplained",
                     units_count((int64_t)accounts->unexplained, count));
    for (int kind = ROOT_NONE + 1; kind < ROOT_KINDS; kind++)
        if (accounts->n_of_kind[kind]) {
            x += draw_printf(area, 3, x, ROLE_NORMAL, "%s %s %s", is_first ? ";" : ",",
                             units_count(accounts->n_of_kind[kind], count),
                             root_kind_name((enum root_kind)kind));
            is_first = false;
        }
}

static void draw_garbage(const struct garbage *garbage, uint64_t garbage_bytes, struct area area)
{
    char count[UNITS_BUF], bytes[UNITS_BUF], cycles[UNITS_BUF];

    draw_label(area, 4, "garbage");
    draw_printf(area, 4, LABEL_COLUMNS, ROLE_NORMAL,
                "%s object%s, %s, %s cycle%s: what a full collection would free now",
                units_count(garbage->n, count), garbage->n == 1 ? "" : "s",
                units_bytes((int64_t)garbage_bytes, bytes), units_count(garbage->n_cycles, cycles),
                garbage->n_cycles == 1 ? "" : "s");
}

/* What is computed in the background. */
static void draw_facts(const struct overview_view *self, struct area area)
{
    const struct snapshot *s = product_heap(self->product)->snapshot;
    const struct facts *facts = facts_of(s);
    char top[UNITS_BUF], all[UNITS_BUF];

    draw_label(area, 5, "largest");
    if (!facts) {
        draw_label(area, 3, "roots");
        draw_label(area, 4, "garbage");
        for (int y = 3; y <= 5; y++)
            draw_text(area, y, LABEL_COLUMNS, ROLE_DIM, draw_glyph(GLYPH_ELLIPSIS));
        return;
    }
    draw_roots(facts, area);
    draw_garbage(&facts->garbage, self->garbage_bytes, area);
    draw_printf(area, 5, LABEL_COLUMNS, ROLE_NORMAL,
                "the %d largest keep %s of %s alive, %d%%; d shows them", TOP_OWNERS,
                units_bytes((int64_t)self->top_bytes, top),
                units_bytes((int64_t)self->live_bytes, all),
                self->live_bytes ? (int)(self->top_bytes * 100 / self->live_bytes) : 0);
}

static void draw_collector(const struct overview_view *self, struct area area)
{
    const struct snapshot *s = product_heap(self->product)->snapshot;
    const struct msg_snap_gc *gc = &s->gc;
    char count[UNITS_BUF];
    uint64_t frozen = snapshot_population(s, MSG_GEN_PERMANENT);

    draw_label(area, 7, "collector");
    int x = LABEL_COLUMNS + draw_text(area, 7, LABEL_COLUMNS, gc->enabled ? ROLE_NORMAL : ROLE_WARN,
                                      gc->enabled ? "automatic" : "switched off");
    x += draw_printf(area, 7, x, ROLE_NORMAL, "   frozen %s", units_count((int64_t)frozen, count));
    x += draw_printf(area, 7, x, gc->garbage_count ? ROLE_WARN : ROLE_NORMAL, "   gc.garbage %s",
                     units_count((int64_t)gc->garbage_count, count));
    if (s->tracemalloc)
        draw_text(area, 7, x, ROLE_NORMAL, "   tracemalloc is tracing");
}

static void draw_generations(const struct overview_view *self, struct area area)
{
    const struct snapshot *s = product_heap(self->product)->snapshot;
    const struct msg_snap_gc *gc = &s->gc;

    draw_text(area, 8, 0, ROLE_HEADER,
              "generation   objects  count/threshold  collections  collected");
    for (uint32_t i = 0; i < 3; i++) {
        char population[UNITS_BUF], collections[UNITS_BUF], collected[UNITS_BUF], fill[64];
        snprintf(fill, sizeof fill, "%d/%d", gc->counts[i], gc->thresholds[i]);
        draw_printf(area, 9 + (int)i, 0,
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
    draw_facts(self, area);
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
    .head_percent = HEAD_PERCENT,
    .draw_head = overview_draw_head,
};
