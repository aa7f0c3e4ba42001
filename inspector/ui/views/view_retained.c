/* The dominator tree, a level at a time: what only this object keeps alive. Enter goes down, Esc back up. */
#include <inttypes.h>
#include <string.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/str.h"
#include "inspector/base/units.h"
#include "inspector/rows/root_text.h"
#include "inspector/rows/rows_retained.h"
#include "inspector/ui/views/views.h"

enum { CRUMB_BYTES = 32, OWNERS_SHOWN = 4, TOP_LINES = 1, HEAD_LINES = 3 };

struct retained_view {
    struct view view;
    struct product *product;
    struct heap *heap;
    uint32_t under;
    bool is_there; /* the rows are a level of the tree */
    bool is_gone;  /* a newer snapshot does not have the object */
};

static void set_empty_text(struct retained_view *self, enum facts_state state)
{
    const char *text = "it keeps nothing else alive; O shows the object";

    if (state == FACTS_CANCELLED)
        text = "cancelled; Enter computes retained sizes";
    else if (state == FACTS_COMING)
        text = "computing retained sizes: they will appear here";
    else if (state == FACTS_NEVER)
        text = "not computed before there was a newer snapshot";
    else if (self->under != DOMINATOR_ROOT &&
             facts_of(self->heap->snapshot)->retained.place[self->under] == RETAINED_NONE)
        text = "no root reaches it: garbage keeps nothing alive";
    browser_set_empty_text(view_browser(&self->view), text);
}

static struct err *load(struct retained_view *self)
{
    struct heap *heap = self->heap;
    enum facts_state state = product_need_facts(self->product, heap);
    struct rows *rows;

    if (state == FACTS_THERE)
        ERR_RETURN(rows_retained_create(heap->snapshot, heap->lookup, self->under, &rows));
    else
        ERR_RETURN(no_rows(heap, &rows));
    self->is_there = state == FACTS_THERE;
    view_set_rows(&self->view, 0, rows, "retained");
    set_empty_text(self, state);
    return NULL;
}

static struct err *retained_open(struct view *view, const void *arg)
{
    struct retained_view *self = (struct retained_view *)view;
    const struct retained_arg *at = arg;

    self->product = at->product;
    self->heap = heap_ref(at->heap);
    self->under = at->under;
    if (self->under == DOMINATOR_ROOT)
        view_set_crumb(view, "roots");
    else if (at->held)
        view_set_crumb(view, "%s", at->held);
    else
        view_set_crumb(view, "%s",
                       type_short_name(snapshot_type_of(self->heap->snapshot, self->under)->name));
    struct err *err = load(self);
    if (err)
        heap_unref(self->heap);
    else if (at->select != DOMINATOR_ROOT)
        browser_select_id(view_browser(view), self->heap->snapshot->address[at->select]);
    return err;
}

static struct err *retained_top_open(struct view *view, const void *arg)
{
    struct product *product = (struct product *)arg;

    return retained_open(view, &(struct retained_arg){product, product_heap(product),
                                                      DOMINATOR_ROOT, DOMINATOR_ROOT, NULL});
}

static void retained_close(struct view *view)
{
    heap_unref(((struct retained_view *)view)->heap);
}

static struct err *retained_reload(struct view *view, const void *arg)
{
    struct retained_view *self = (struct retained_view *)view;
    struct heap *was = self->heap, *now = product_heap(self->product);
    uint32_t under = self->under;

    (void)arg;
    if (under != DOMINATOR_ROOT)
        under = object_find_again(was->snapshot, under, now->snapshot);
    self->is_gone = self->under != DOMINATOR_ROOT && under == SNAPSHOT_NONE;
    if (self->is_gone)
        return NULL;
    self->heap = heap_ref(now);
    self->under = under;
    struct err *err = load(self);
    heap_unref(was);
    return err;
}

static void retained_describe(const struct view *view, struct str *ret)
{
    if (((const struct retained_view *)view)->is_gone)
        str_append(ret, "gone: as it was in an earlier snapshot");
}

static void retained_drawn(struct view *view)
{
    struct retained_view *self = (struct retained_view *)view;

    if (self->under != DOMINATOR_ROOT && !lookup_value(self->heap->lookup, self->under))
        lookup_want_value(self->heap->lookup, self->under);
    product_ask(self->product, self->heap);
}

/* A level down, or the object itself where there is none. */
static unsigned go_down(struct retained_view *self, size_t raw, const struct object_place *at)
{
    const struct retained *tree = &facts_of(self->heap->snapshot)->retained;
    struct rows *rows = browser_rows(view_browser(&self->view));
    const char *held = rows_retained_held(rows, raw);
    struct retained_arg arg = {at->product, at->heap, at->object, DOMINATOR_ROOT,
                               held && strlen(held) <= CRUMB_BYTES ? held : NULL};

    if (tree->count[tree->place[at->object]] == 1)
        return object_verb(self->view.app, at, ACT_OBJECT);
    return app_open(self->view.app, &retained_view, &arg);
}

static unsigned retained_action(struct view *view, enum action action)
{
    struct retained_view *self = (struct retained_view *)view;
    struct object_place at = {self->product, self->heap, self->under};
    size_t raw = self->is_there ? view_selected(view) : SIZE_MAX;

    if (action == ACT_OPEN && !self->is_there) { /* it was cancelled: once more */
        product_retry(self->product);
        app_report(view->app, load(self));
        return EFFECT_REDRAW;
    }
    if (action == ACT_OWNER && self->under == DOMINATOR_ROOT) {
        app_message(view->app, "this is the top: nothing keeps these alive together");
        return EFFECT_REDRAW;
    }
    if (action == ACT_OWNER)
        return object_verb(view->app, &at, action);
    if (raw != SIZE_MAX)
        at.object = rows_retained_object(browser_rows(view_browser(view)), raw);
    else if (action != ACT_OBJECT || self->under == DOMINATOR_ROOT)
        return EFFECT_IGNORED;
    return action == ACT_OPEN ? go_down(self, raw, &at) : object_verb(view->app, &at, action);
}

/* ---- the head ---- */

static int retained_head_rows(const struct view *view, int width)
{
    const struct retained_view *self = (const struct retained_view *)view;

    (void)width;
    if (!self->is_there)
        return 0;
    return self->under == DOMINATOR_ROOT ? TOP_LINES : HEAD_LINES;
}

static void draw_top(const struct retained_view *self, struct area area)
{
    const struct snapshot *s = self->heap->snapshot;
    const struct facts *facts = facts_of(s);
    const struct rows *rows = browser_rows(view_browser(&self->view));
    char bytes[UNITS_BUF], objects[UNITS_BUF], roots[UNITS_BUF], garbage[UNITS_BUF];

    draw_printf(area, 0, 0, ROLE_NORMAL, "%s roots keep %s alive, %s objects; %s are not reachable",
                units_count(facts->accounts.n_roots, roots),
                units_bytes((int64_t)rows_retained_total(rows), bytes),
                units_count(facts->retained.n_tree, objects),
                units_count((int64_t)s->n_objects - facts->retained.n_tree, garbage));
}

/* "only kept alive through app.Cache, module, …", or why it hangs from the root itself. */
static void draw_owners(const struct retained_view *self, struct area area, int y)
{
    const struct snapshot *s = self->heap->snapshot;
    const struct facts *facts = facts_of(s);
    uint32_t owners[OWNERS_SHOWN];
    uint32_t n = retained_above(&facts->retained, self->under, owners, OWNERS_SHOWN);
    _cleanup_(str_deinit) struct str line = STR_INIT;

    if (facts->accounts.kind[self->under] != ROOT_NONE) {
        str_append(&line, "root: ");
        root_text(s, facts, self->heap->lookup, self->under, &line);
    } else if (n) {
        str_append(&line, "only kept alive through ");
        for (uint32_t i = 0; i < n && i < OWNERS_SHOWN; i++)
            str_printf(&line, "%s%s", i ? ", that through " : "",
                       snapshot_type_of(s, owners[i])->name);
        if (n > OWNERS_SHOWN)
            str_printf(&line, ", and %" PRIu32 " more", n - OWNERS_SHOWN);
    } else if (facts->retained.place[self->under] != RETAINED_NONE) {
        str_append(&line, "held up by several roots together");
    }
    draw_text(area, y, 0, ROLE_NORMAL, line.text ? line.text : "");
}

static void draw_object(const struct retained_view *self, struct area area)
{
    const struct snapshot *s = self->heap->snapshot;
    const struct retained *tree = &facts_of(s)->retained;
    uint32_t place = tree->place[self->under];
    char bytes[UNITS_BUF], own[UNITS_BUF], objects[UNITS_BUF];
    const char *value = lookup_value(self->heap->lookup, self->under);

    int x = draw_text(area, 0, 0, ROLE_TITLE, snapshot_type_of(s, self->under)->name);
    x += draw_printf(area, 0, x, ROLE_DIM, " at %#" PRIx64 "  ", s->address[self->under]);
    draw_text(area, 0, x, ROLE_NORMAL, value ? value : "");
    draw_printf(area, 1, 0, ROLE_NORMAL, "retains %s in %s objects, itself %s",
                units_bytes((int64_t)tree->bytes[self->under], bytes),
                units_count(place == RETAINED_NONE ? 1 : tree->count[place], objects),
                units_bytes((int64_t)snapshot_shallow(s, self->under), own));
    draw_owners(self, area, 2);
}

static void retained_draw_head(const struct view *view, struct area area)
{
    const struct retained_view *self = (const struct retained_view *)view;

    if (self->under == DOMINATOR_ROOT)
        draw_top(self, area);
    else
        draw_object(self, area);
}

#define RETAINED_OPS                                                                               \
    .name = "retained", .keys = KEYS_RETAINED, .bytes = sizeof(struct retained_view),              \
    .close = retained_close, .reload = retained_reload, .action = retained_action,                 \
    .describe = retained_describe, .drawn = retained_drawn, .head_rows = retained_head_rows,       \
    .draw_head = retained_draw_head

const struct view_ops retained_view = {.open = retained_open, RETAINED_OPS};
const struct view_ops retained_top_view = {.open = retained_top_open, RETAINED_OPS};
