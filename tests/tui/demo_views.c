#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/tui/demo.h"

/* -- Types: a list -- */

struct types_view {
    struct view view;
    struct demo *demo;
};

static struct err *types_open(struct view *view, const void *arg)
{
    struct types_view *self = (struct types_view *)view;

    self->demo = (struct demo *)arg;
    view_set_rows(view, 0, demo_types_create(self->demo->n_snapshots), "count");
    return NULL;
}

static struct err *types_reload(struct view *view, const void *arg)
{
    struct types_view *self = (struct types_view *)view;

    (void)arg;
    view_set_rows(view, 0, demo_types_create(self->demo->n_snapshots), NULL);
    return NULL;
}

static unsigned types_action(struct view *view, enum action action)
{
    struct types_view *self = (struct types_view *)view;
    size_t raw = view_selected(view);

    if (action != ACT_OPEN || raw == SIZE_MAX)
        return EFFECT_IGNORED;
    struct demo_objects_arg arg = {self->demo, demo_type_name(raw), 300 + raw};
    return app_open(view->app, &demo_objects_view, &arg);
}

const struct view_ops demo_types_view = {
    .name = "types",
    .keys = KEYS_TYPES,
    .bytes = sizeof(struct types_view),
    .open = types_open,
    .reload = types_reload,
    .action = types_action,
};

/* -- Objects: a list whose previews arrive later -- */

struct objects_view {
    struct view view;
    struct demo *demo;
};

static struct err *objects_open(struct view *view, const void *arg)
{
    const struct demo_objects_arg *objects = arg;

    ((struct objects_view *)view)->demo = objects->demo;
    view_set_crumb(view, "%s", objects->type);
    view_set_rows(view, 0, demo_objects_create(objects->type, objects->n, objects->demo->answers),
                  "size");
    return NULL;
}

static unsigned open_object(struct view *view, struct demo *demo)
{
    size_t raw = view_selected(view);

    if (raw == SIZE_MAX)
        return EFFECT_IGNORED;
    struct demo_object_arg arg = {demo, demo_object_address(raw)};
    return app_open(view->app, &demo_object_view, &arg);
}

static unsigned objects_action(struct view *view, enum action action)
{
    if (action == ACT_OPEN)
        return open_object(view, ((struct objects_view *)view)->demo);
    return EFFECT_IGNORED;
}

static void objects_drawn(struct view *view)
{
    demo_answers_ask(((struct objects_view *)view)->demo->answers);
}

const struct view_ops demo_objects_view = {
    .name = "objects",
    .keys = KEYS_OBJECTS,
    .bytes = sizeof(struct objects_view),
    .open = objects_open,
    .action = objects_action,
    .drawn = objects_drawn,
};

/* -- All objects: a list that is long enough for jobs -- */

static struct err *all_open(struct view *view, const void *arg)
{
    ((struct objects_view *)view)->demo = (struct demo *)arg;
    view_set_rows(view, 0, demo_objects_create(NULL, 50000, NULL), "address");
    return NULL;
}

const struct view_ops demo_all_view = {
    .name = "all objects",
    .keys = KEYS_OBJECTS,
    .bytes = sizeof(struct objects_view),
    .open = all_open,
    .action = objects_action,
};

/* -- One object: facts and two panes -- */

struct object_view {
    struct view view;
    struct demo *demo;
    uint64_t address;
};

static struct err *object_open(struct view *view, const void *arg)
{
    struct object_view *self = (struct object_view *)view;
    const struct demo_object_arg *object = arg;

    self->demo = object->demo;
    self->address = object->address;
    view_set_crumb(view, "0x%" PRIx64, object->address);
    view_set_rows(view, 0, demo_edges_create(7), NULL);
    view_set_rows(view, 1, demo_edges_create(26), NULL);
    view_set_pane_title(view, 0, "referrers");
    view_set_pane_title(view, 1, "referents");
    return NULL;
}

static unsigned object_action(struct view *view, enum action action)
{
    if (action == ACT_OPEN)
        return open_object(view, ((struct object_view *)view)->demo);
    if (action == ACT_VALUE)
        return app_open_text(view->app, "value", "{\n\t'key': 'a value',\n\t'日本語': '値'\n}\n");
    return EFFECT_IGNORED;
}

static int object_head_rows(const struct view *view, int width)
{
    (void)view;
    return width < 60 ? 3 : 2;
}

static void object_draw_head(const struct view *view, struct area area)
{
    const struct object_view *self = (const struct object_view *)view;

    draw_printf(area, 0, 0, ROLE_NORMAL, "app.models.Node at 0x%" PRIx64, self->address);
    draw_text(area, 1, 0, ROLE_NORMAL, "1.50 KiB, generation 2, 4 references");
    draw_text(area, 2, 0, ROLE_DIM, "a third fact, on narrow screens");
}

const struct view_ops demo_object_view = {
    .name = "object",
    .keys = KEYS_OBJECT,
    .bytes = sizeof(struct object_view),
    .open = object_open,
    .action = object_action,
    .head_rows = object_head_rows,
    .draw_head = object_draw_head,
};

/* -- Nothing -- */

static struct err *empty_open(struct view *view, const void *arg)
{
    (void)arg;
    view_set_rows(view, 0, demo_edges_create(0), NULL);
    return NULL;
}

const struct view_ops demo_empty_view = {
    .name = "empty",
    .keys = KEYS_LIST,
    .bytes = sizeof(struct view),
    .empty = "no reference cycles were found",
    .open = empty_open,
};

/* -- A picture of its own that changes by itself -- */

struct clock_view {
    struct view view;
    unsigned n_ticks;
};

static struct err *clock_open(struct view *view, const void *arg)
{
    (void)view;
    (void)arg;
    return NULL;
}

static unsigned clock_tick(struct view *view)
{
    ((struct clock_view *)view)->n_ticks++;
    return EFFECT_REDRAW;
}

static void clock_draw(struct view *view, struct area area)
{
    draw_printf(area, 1, 2, ROLE_NORMAL, "tick %u%s", ((struct clock_view *)view)->n_ticks,
                view->is_paused ? " (paused)" : "");
}

const struct view_ops demo_clock_view = {
    .name = "clock",
    .keys = KEYS_OVERVIEW,
    .bytes = sizeof(struct clock_view),
    .open = clock_open,
    .tick = clock_tick,
    .tick_ms = 20,
    .draw = clock_draw,
};
