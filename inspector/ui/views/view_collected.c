/* What a collection did: the figures, and what it freed by type. */
#include <inttypes.h>
#include <stdlib.h>

#include "inspector/base/units.h"
#include "inspector/rows/rows_types.h"
#include "inspector/ui/views/views.h"

enum { HEAD_LINES = 3 };

struct collected_state {
    struct view view;
    struct collected *collected;
};

static struct err *collected_open(struct view *view, const void *arg)
{
    struct collected_state *self = (struct collected_state *)view;
    struct collected *collected = ((const struct collected_arg *)arg)->collected;
    struct rows *rows;
    struct err *err =
        rows_types_of_objects(collected->before, collected->freed, collected->n_freed, &rows);

    if (err) {
        collected_destroy(collected);
        return err;
    }
    self->collected = collected;
    view_set_crumb(view, "collection");
    view_set_rows(view, 0, rows, "shallow");
    return NULL;
}

static void collected_close(struct view *view)
{
    collected_destroy(((struct collected_state *)view)->collected);
}

static uint64_t freed_bytes(const struct collected *collected)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < collected->n_freed; i++)
        bytes += snapshot_shallow(collected->before, collected->freed[i]);
    return bytes;
}

static int collected_head_rows(const struct view *view, int width)
{
    (void)view;
    (void)width;
    return HEAD_LINES;
}

static void collected_draw_head(const struct view *view, struct area area)
{
    const struct collected *collected = ((const struct collected_state *)view)->collected;
    const struct collect_info *info = &collected->info;
    char count[UNITS_BUF], predicted[UNITS_BUF], freed[UNITS_BUF], bytes[UNITS_BUF],
        pause[UNITS_BUF], held[UNITS_BUF];

    draw_printf(area, 0, 0, ROLE_TITLE,
                "generation %d: %s unreachable objects collected, predicted %s, %" PRId64
                " uncollectable",
                info->generation, units_count(info->collected, count),
                units_count(collected->predicted, predicted), collected->uncollectable);
    draw_printf(area, 1, 0, ROLE_NORMAL, "freed with all that only they held: %s objects, %s",
                units_count((int64_t)collected->n_freed, freed),
                units_bytes((int64_t)freed_bytes(collected), bytes));
    draw_printf(area, 2, 0, ROLE_NORMAL, "the collection took %s, with a copy before and after %s",
                units_duration_ns(info->pause_ns, pause), units_duration_ns(info->held_ns, held));
}

const struct view_ops collected_view = {
    .name = "collection",
    .keys = KEYS_LIST,
    .bytes = sizeof(struct collected_state),
    .empty = "the collection freed nothing",
    .open = collected_open,
    .close = collected_close,
    .head_rows = collected_head_rows,
    .draw_head = collected_draw_head,
};
