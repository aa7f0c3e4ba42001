/*
 * The product's views. Each is one file; what opening it takes stands here.
 */
#pragma once

#include "inspector/ui/view.h"
#include "inspector/ui/views/product.h"

/* Tabs and picker take the struct product. */
extern const struct view_ops procs_view;    /* choose a process */
extern const struct view_ops waiting_view;  /* while the first snapshot is taken */
extern const struct view_ops overview_view; /* the target, its collector, its largest types */
extern const struct view_ops types_view;    /* the type histogram */

/* The objects of a type, or all. */
struct objects_arg {
    struct product *product;
    const char *type; /* NULL: all */
};
extern const struct view_ops objects_view;
/* All objects, as a tab: takes the struct product. */
extern const struct view_ops all_objects_view;

/* One object, its referrers and referents. */
struct object_arg {
    struct product *product;
    struct heap *heap;
    uint32_t object;
};
extern const struct view_ops object_view;

/* What a collection freed. Takes `collected` over. */
struct collected_arg {
    struct product *product;
    struct collected *collected;
};
extern const struct view_ops collected_view;
void collected_destroy(struct collected *collected);
