/* The type histogram, with what changed since the snapshot before. */
#include <stdio.h>
#include <string.h>

#include "inspector/rows/rows_types.h"
#include "inspector/ui/views/views.h"

#define ONLY_CHANGED "count_delta!=0"

struct types_view {
    struct view view;
    struct product *product;
};

static struct err *types_load(struct view *view, const void *arg)
{
    struct types_view *self = (struct types_view *)view;
    struct heap *heap = product_heap(self->product), *before = product_baseline(self->product);
    struct rows *rows;

    (void)arg;
    ERR_RETURN(rows_types_create(heap->snapshot, before ? before->snapshot : NULL, &rows));
    view_set_rows(view, 0, rows, "shallow");
    return NULL;
}

static struct err *types_open(struct view *view, const void *arg)
{
    ((struct types_view *)view)->product = (struct product *)arg;
    view_set_crumb(view, "types");
    return types_load(view, NULL);
}

static void types_describe(const struct view *view, struct str *ret)
{
    const struct types_view *self = (const struct types_view *)view;
    const struct heap *before = product_baseline(self->product);
    char time[32];
    struct tm tm;

    if (!before || app_is_scripted(view->app))
        return;
    localtime_r(&before->taken, &tm);
    strftime(time, sizeof time, "%H:%M:%S", &tm);
    str_printf(ret, "+/- since %s", time);
}

static unsigned open_type(struct view *view)
{
    struct types_view *self = (struct types_view *)view;
    size_t raw = view_selected(view);

    if (raw == SIZE_MAX)
        return EFFECT_REDRAW;
    struct objects_arg arg = {
        .product = self->product,
        .type = rows_types_name(browser_rows(view_browser(view)), raw),
    };
    return app_open(view->app, &objects_view, &arg);
}

/* D: only the types that changed, or all again. */
static unsigned toggle_changed(struct view *view)
{
    struct types_view *self = (struct types_view *)view;
    struct browser *browser = view_browser(view);

    if (!product_baseline(self->product))
        app_message(view->app, "there is one snapshot only; R takes another one to compare with");
    else
        app_report(view->app,
                   browser_set_filter(
                       browser, strcmp(browser_filter(browser), ONLY_CHANGED) ? ONLY_CHANGED : ""));
    return EFFECT_REDRAW;
}

static unsigned types_action(struct view *view, enum action action)
{
    if (action == ACT_OPEN)
        return open_type(view);
    if (action == ACT_DIFF)
        return toggle_changed(view);
    return EFFECT_IGNORED;
}

const struct view_ops types_view = {
    .name = "types",
    .keys = KEYS_TYPES,
    .bytes = sizeof(struct types_view),
    .open = types_open,
    .reload = types_load,
    .action = types_action,
    .describe = types_describe,
};
