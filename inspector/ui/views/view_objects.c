/* Lists of objects: of one type, or all. */
#include <stdlib.h>

#include "inspector/base/mem.h"
#include "inspector/rows/rows_objects.h"
#include "inspector/ui/views/views.h"

struct objects_view {
    struct view view;
    struct product *product;
    struct heap *heap; /* what the rows show */
    char *type;        /* NULL: all */
};

static struct err *objects_load(struct view *view, const void *arg)
{
    struct objects_view *self = (struct objects_view *)view;
    struct heap *heap = product_heap(self->product);
    struct rows *rows;
    struct err *err = rows_objects_of_type(heap->snapshot, heap->lookup, self->type, &rows);

    (void)arg;
    if (err && err->code == ERR_INPUT && self->heap) { /* no instance is left */
        err_destroy(err);
        err = rows_objects_create(heap->snapshot, heap->lookup, NULL, 0, &rows);
    }
    if (err)
        return err;
    view_set_rows(view, 0, rows, "shallow"); /* the old rows go before their heap does */
    heap_unref(self->heap);
    self->heap = heap_ref(heap);
    return NULL;
}

static struct err *objects_open(struct view *view, const void *arg)
{
    struct objects_view *self = (struct objects_view *)view;
    const struct objects_arg *objects = arg;

    self->product = objects->product;
    self->type = objects->type ? xstrdup(objects->type) : NULL;
    view_set_crumb(view, "%s", objects->type ? objects->type : "objects");
    struct err *err = objects_load(view, NULL);
    if (err)
        free(self->type);
    return err;
}

static struct err *all_objects_open(struct view *view, const void *arg)
{
    return objects_open(view, &(struct objects_arg){(struct product *)arg, NULL});
}

static void objects_close(struct view *view)
{
    struct objects_view *self = (struct objects_view *)view;

    heap_unref(self->heap);
    free(self->type);
}

static void objects_drawn(struct view *view)
{
    struct objects_view *self = (struct objects_view *)view;

    product_ask(self->product, self->heap);
}

static unsigned objects_action(struct view *view, enum action action)
{
    struct objects_view *self = (struct objects_view *)view;
    size_t raw = view_selected(view);

    if (raw == SIZE_MAX || (action != ACT_OPEN && action != ACT_VALUE))
        return EFFECT_IGNORED;
    uint32_t object = rows_objects_object(browser_rows(view_browser(view)), raw);
    if (action == ACT_OPEN)
        return app_open(view->app, &object_view,
                        &(struct object_arg){self->product, self->heap, object});
    product_show_value(self->product, self->heap, object);
    return EFFECT_REDRAW;
}

const struct view_ops objects_view = {
    .name = "objects of a type",
    .keys = KEYS_OBJECTS,
    .bytes = sizeof(struct objects_view),
    .empty = "no instance is left",
    .open = objects_open,
    .close = objects_close,
    .reload = objects_load,
    .action = objects_action,
    .drawn = objects_drawn,
};

const struct view_ops all_objects_view = {
    .name = "objects",
    .keys = KEYS_OBJECTS,
    .bytes = sizeof(struct objects_view),
    .open = all_objects_open,
    .close = objects_close,
    .reload = objects_load,
    .action = objects_action,
    .drawn = objects_drawn,
};
