/* What views of objects share. */
#include <string.h>

#include "inspector/analysis/facts.h"
#include "inspector/rows/rows_objects.h"
#include "inspector/ui/views/views.h"

const char *type_short_name(const char *type)
{
    const char *dot = strrchr(type, '.');

    return dot && dot[1] ? dot + 1 : type;
}

uint32_t object_find_again(const struct snapshot *was, uint32_t object, const struct snapshot *now)
{
    uint32_t found = was == now ? object : snapshot_find(now, was->address[object]);

    if (found != SNAPSHOT_NONE &&
        snapshot_type_of(now, found)->address != snapshot_type_of(was, object)->address)
        found = SNAPSHOT_NONE;
    return found;
}

struct err *no_rows(const struct heap *heap, struct rows **ret)
{
    return rows_objects_create(heap->snapshot, heap->lookup, NULL, 0, ret);
}

/* The level of the tree that the object stands in. */
static unsigned open_owner(struct app *app, const struct object_place *at)
{
    const struct facts *facts = facts_of(at->heap->snapshot);
    struct retained_arg arg = {at->product, at->heap, DOMINATOR_ROOT, at->object, NULL};

    if (!facts) {
        product_need_facts(at->product, at->heap);
        app_message(app, "retained sizes are not computed yet");
        return EFFECT_REDRAW;
    }
    if (facts->retained.place[at->object] == RETAINED_NONE) {
        app_message(app, "no root reaches it: it is garbage");
        return EFFECT_REDRAW;
    }
    retained_above(&facts->retained, at->object, &arg.under, 1);
    return app_open(app, &retained_view, &arg);
}

unsigned object_verb(struct app *app, const struct object_place *at, enum action action)
{
    if (action == ACT_DOMINATED || action == ACT_PATH || action == ACT_OWNER)
        product_retry(at->product);
    switch (action) {
    case ACT_VALUE:
        product_show_value(at->product, at->heap, at->object);
        return EFFECT_REDRAW;
    case ACT_OBJECT:
        return app_open(app, &object_view, &(struct object_arg){at->product, at->heap, at->object});
    case ACT_DOMINATED:
        return app_open(
            app, &retained_view,
            &(struct retained_arg){at->product, at->heap, at->object, DOMINATOR_ROOT, NULL});
    case ACT_PATH:
        return app_open(app, &path_view, at);
    case ACT_OWNER:
        return open_owner(app, at);
    default:
        return EFFECT_IGNORED;
    }
}
