/* One object: facts, what holds it, what it holds. Enter follows a reference, Esc comes back. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "inspector/analysis/facts.h"
#include "inspector/base/cleanup.h"
#include "inspector/base/str.h"
#include "inspector/rows/root_text.h"
#include "inspector/rows/rows_edges.h"
#include "inspector/rows/rows_objects.h"
#include "inspector/ui/views/views.h"

enum {
    REFERRERS,
    REFERENTS,
    LINE_BYTES = 512,
    PREFETCH_ROWS = 200,
    NARROW_COLUMNS = 70, /* below: a line more */
    WIDE_COLUMNS = 90,   /* from here on the account has its full words */
};

#define ONLY_STRONG "strength=strong"

struct object_view {
    struct view view;
    struct product *product;
    struct heap *heap; /* the one it is shown from: the newest that has it */
    uint32_t object;
    bool is_gone; /* a newer snapshot does not have it */
};

static struct err *load_tables(struct object_view *self)
{
    struct heap *heap = self->heap;
    struct rows *referrers, *referents;

    ERR_RETURN(
        rows_edges_create(heap->snapshot, heap->lookup, self->object, EDGES_REFERRERS, &referrers));
    struct err *err =
        rows_edges_create(heap->snapshot, heap->lookup, self->object, EDGES_REFERENTS, &referents);
    if (err) {
        rows_destroy(referrers);
        return err;
    }
    /* what fits on some screens is asked for at once: scrolling and searching find it there */
    rows_prefetch(referrers, 0, PREFETCH_ROWS);
    rows_prefetch(referents, 0, PREFETCH_ROWS);
    view_set_pane_title(&self->view, REFERRERS, "referrers: what holds it");
    view_set_pane_title(&self->view, REFERENTS, "referents: what it holds");
    view_set_rows(&self->view, REFERRERS, referrers, NULL);
    view_set_rows(&self->view, REFERENTS, referents, NULL);
    return NULL;
}

static struct err *object_open(struct view *view, const void *arg)
{
    struct object_view *self = (struct object_view *)view;
    const struct object_arg *object = arg;

    self->product = object->product;
    self->heap = heap_ref(object->heap);
    self->object = object->object;
    view_set_crumb(view, "%s",
                   type_short_name(snapshot_type_of(self->heap->snapshot, self->object)->name));
    struct err *err = load_tables(self);
    if (err)
        heap_unref(self->heap);
    return err;
}

static void object_close(struct view *view)
{
    heap_unref(((struct object_view *)view)->heap);
}

static struct err *object_reload(struct view *view, const void *arg)
{
    struct object_view *self = (struct object_view *)view;
    struct heap *now = product_heap(self->product);
    uint32_t found = object_find_again(self->heap->snapshot, self->object, now->snapshot);

    (void)arg;
    self->is_gone = found == SNAPSHOT_NONE;
    if (self->is_gone)
        return NULL;
    struct heap *was = self->heap;
    self->heap = heap_ref(now);
    self->object = found;
    struct err *err = load_tables(self);
    heap_unref(was);
    return err;
}

static void object_describe(const struct view *view, struct str *ret)
{
    const struct object_view *self = (const struct object_view *)view;

    if (self->is_gone)
        str_append(ret, "gone: as it was in an earlier snapshot");
}

static void object_drawn(struct view *view)
{
    struct object_view *self = (struct object_view *)view;

    if (self->heap->lookup && !lookup_value(self->heap->lookup, self->object))
        lookup_want_value(self->heap->lookup, self->object);
    product_ask(self->product, self->heap);
}

static unsigned follow(struct view *view)
{
    struct object_view *self = (struct object_view *)view;
    size_t raw = view_selected(view);

    if (raw == SIZE_MAX)
        return EFFECT_REDRAW;
    struct object_arg arg = {self->product, self->heap,
                             rows_edges_object(browser_rows(view_browser(view)), raw)};
    return app_open(view->app, &object_view, &arg);
}

/* W: weak references are there, or not. */
static unsigned toggle_weak(struct view *view)
{
    struct browser *browser = view_browser(view);
    const char *filter = strcmp(browser_filter(browser), ONLY_STRONG) ? ONLY_STRONG : "";

    app_report(view->app, browser_set_filter(browser, filter));
    return EFFECT_REDRAW;
}

static unsigned object_action(struct view *view, enum action action)
{
    struct object_view *self = (struct object_view *)view;

    if (action == ACT_OPEN)
        return follow(view);
    if (action == ACT_WEAK)
        return toggle_weak(view);
    return object_verb(view->app, &(struct object_place){self->product, self->heap, self->object},
                       action);
}

/* ---- the facts above ---- */

static const char *cell_text(const struct object_view *self, enum rows_objects_column col,
                             struct cell *cell, char buf[CELL_BUF_BYTES])
{
    object_cell(self->heap->snapshot, self->heap->lookup, self->object, col, cell);
    return cell_format(&object_columns[col], cell, false, buf);
}

static bool is_narrow(int width)
{
    return width < NARROW_COLUMNS;
}

static int object_head_rows(const struct view *view, int width)
{
    const struct object_view *self = (const struct object_view *)view;
    bool knows = facts_of(self->heap->snapshot) != NULL;

    return 4 + knows + (knows && is_narrow(width));
}

/* "tracked, has a finalizer"; `brief` leaves out what is usual. */
static void flags_line(const struct object_view *self, bool brief, char *line)
{
    const struct snapshot *s = self->heap->snapshot;
    uint8_t flags = s->flags[self->object];
    bool is_tracked = flags & OBJECT_TRACKED;
    const char *tracked = is_tracked ? (brief ? "" : ", tracked") : ", not tracked";
    char all[LINE_BYTES];

    snprintf(all, sizeof all, "%s%s%s%s", tracked, flags & OBJECT_IMMORTAL ? ", immortal" : "",
             snapshot_type_of(s, self->object)->flags & TYPE_FINALIZER ? ", has a finalizer" : "",
             flags & OBJECT_FINALIZED ? ", finalized" : "");
    snprintf(line, LINE_BYTES, "%s", *all ? all + 2 : "");
}

/* "refcount 4: 3 from the heap, 1 from running frames, 0 static data, 0 unexplained (C code)" */
static void draw_account(const struct object_view *self, struct area area, int y)
{
    const struct snapshot *s = self->heap->snapshot;
    const struct facts *facts = facts_of(s);
    struct cell cell;
    char buf[CELL_BUF_BYTES];
    _cleanup_(str_deinit) struct str line = STR_INIT;

    str_printf(&line, "refcount %s", cell_text(self, OBJECTS_REFCOUNT, &cell, buf));
    if (facts) {
        str_append(&line, ": ");
        account_text(s, facts, self->object, area.width < WIDE_COLUMNS, &line);
    }
    draw_text(area, y, 0, ROLE_NORMAL, line.text);
}

/* Why it is alive, in a line: the root that it is, or what would take it along. */
static void draw_why(const struct object_view *self, struct area area, int y)
{
    const struct snapshot *s = self->heap->snapshot;
    const struct facts *facts = facts_of(s);
    _cleanup_(str_deinit) struct str line = STR_INIT;
    uint32_t owner;

    if (!facts)
        return;
    if (facts->accounts.kind[self->object] != ROOT_NONE) {
        str_append(&line, "root: ");
        root_text(s, facts, self->heap->lookup, self->object, &line);
    } else if (facts->retained.place[self->object] == RETAINED_NONE) {
        str_append(&line, "garbage: no root reaches it");
    } else if (!retained_above(&facts->retained, self->object, &owner, 1)) {
        str_append(&line, "held up by several roots together");
    } else {
        str_printf(&line, "only kept alive through %s at %#" PRIx64,
                   snapshot_type_of(s, owner)->name, s->address[owner]);
    }
    draw_text(area, y, 0, ROLE_NORMAL, line.text);
}

static void object_draw_head(const struct view *view, struct area area)
{
    const struct object_view *self = (const struct object_view *)view;
    struct cell cells[6];
    char bufs[6][CELL_BUF_BYTES], flags[LINE_BYTES];
    const char *address = cell_text(self, OBJECTS_ADDRESS, &cells[0], bufs[0]);
    const char *value = cell_text(self, OBJECTS_VALUE, &cells[1], bufs[1]);
    const char *shallow = cell_text(self, OBJECTS_SHALLOW, &cells[2], bufs[2]);
    const char *retained = cell_text(self, OBJECTS_RETAINED, &cells[3], bufs[3]);
    const char *generation = cell_text(self, OBJECTS_GENERATION, &cells[4], bufs[4]);
    const char *refcount = cell_text(self, OBJECTS_REFCOUNT, &cells[5], bufs[5]);
    bool narrow = is_narrow(area.width);

    flags_line(self, narrow, flags);
    int used = draw_text(area, 0, 0, ROLE_TITLE,
                         snapshot_type_of(self->heap->snapshot, self->object)->name);
    draw_printf(area, 0, used, ROLE_DIM, " at %s", address);
    draw_text(area, 1, 0, ROLE_NORMAL, value);
    int x = draw_printf(area, 2, 0, ROLE_NORMAL, "shallow %s   ", shallow);
    if (facts_of(self->heap->snapshot))
        x += draw_printf(area, 2, x, ROLE_NORMAL, "retained %s   ", retained);
    if (narrow)
        draw_printf(area, 3, 0, ROLE_NORMAL, "refcount %s  gen %s  %s", refcount, generation,
                    flags);
    else
        draw_printf(area, 2, x, ROLE_NORMAL, "generation %s   %s", generation, flags);
    draw_account(self, area, 3 + narrow);
    draw_why(self, area, 4 + narrow);
}

const struct view_ops object_view = {
    .name = "object",
    .keys = KEYS_OBJECT,
    .bytes = sizeof(struct object_view),
    .empty = "nothing in the heap holds it: a root, or held by C code",
    .open = object_open,
    .close = object_close,
    .reload = object_reload,
    .action = object_action,
    .describe = object_describe,
    .drawn = object_drawn,
    .head_rows = object_head_rows,
    .draw_head = object_draw_head,
};
