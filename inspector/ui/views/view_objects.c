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
    bool is_list;      /* of this heap: another one does not have it */
};

static struct err *objects_load(struct view *view, const void *arg)
{
    struct objects_view *self = (struct objects_view *)view;
    struct heap *heap = product_heap(self->product);
    struct rows *rows;

    if (self->is_list)
        return NULL;
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

static struct err *open_list(struct view *view, const struct objects_arg *list)
{
    struct objects_view *self = (struct objects_view *)view;
    struct rows *rows;

    ERR_RETURN(rows_objects_create(list->heap->snapshot, list->heap->lookup, list->objects, list->n,
                                   &rows));
    view_set_rows(view, 0, rows, "shallow");
    self->heap = heap_ref(list->heap);
    self->is_list = true;
    return NULL;
}

static struct err *objects_open(struct view *view, const void *arg)
{
    struct objects_view *self = (struct objects_view *)view;
    const struct objects_arg *objects = arg;

    self->product = objects->product;
    self->type = objects->type ? xstrdup(objects->type) : NULL;
    view_set_crumb(view, "%s", objects->type ? objects->type : "objects");
    struct err *err = objects->heap ? open_list(view, objects) : objects_load(view, NULL);
    if (err)
        free(self->type);
    return err;
}

static struct err *all_objects_open(struct view *view, const void *arg)
{
    return objects_open(view, &(struct objects_arg){.product = (struct product *)arg});
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

    if (raw == SIZE_MAX)
        return EFFECT_IGNORED;
    struct object_place at = {self->product, self->heap,
                              rows_objects_object(browser_rows(view_browser(view)), raw)};
    return object_verb(view->app, &at, action == ACT_OPEN ? ACT_OBJECT : action);
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
