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

/* The objects of a type, all, or a list of a heap's. */
struct objects_arg {
    struct product *product;
    const char *type;  /* NULL: all */
    struct heap *heap; /* NULL: the one that is looked at, also when there is a newer one */
    uint32_t *objects; /* with `heap`: these; taken over */
    size_t n;
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

/* A level of the dominator tree. */
struct retained_arg {
    struct product *product;
    struct heap *heap;
    uint32_t under;   /* an object, or DOMINATOR_ROOT */
    uint32_t select;  /* the row to be on, DOMINATOR_ROOT: the first */
    const char *held; /* how the one above holds it, for the crumbs; NULL: not known */
};
extern const struct view_ops retained_view;
/* Its top, as a tab: takes the struct product. */
extern const struct view_ops retained_top_view;

/* Why an object is alive: a path at a time, root first. Takes a struct object_place. */
extern const struct view_ops path_view;

/* The reference cycles, as a tab: takes the struct product. */
extern const struct view_ops cycles_view;
/* One of them, walked round. */
struct cycle_arg {
    struct product *product;
    struct heap *heap; /* whose cycles are known */
    const struct heap_cycle *cycle;
};
extern const struct view_ops cycle_view;

/* What a collection would free now, as a tab: takes the struct product. */
extern const struct view_ops garbage_view;

/* What a collection freed. Takes `collected` over. */
struct collected_arg {
    struct product *product;
    struct collected *collected;
};
extern const struct view_ops collected_view;
void collected_destroy(struct collected *collected);

/* What every list of objects does with one: value, dominated, owner, object. EFFECT_IGNORED for other actions. */
struct object_place {
    struct product *product;
    struct heap *heap;
    uint32_t object;
};
unsigned object_verb(struct app *app, const struct object_place *at, enum action action);
/* The same object in another snapshot, as far as address and type tell, or SNAPSHOT_NONE. */
uint32_t object_find_again(const struct snapshot *was, uint32_t object, const struct snapshot *now);
/* An empty table, for the time until there is one. */
ERR_CHECK struct err *no_rows(const struct heap *heap, struct rows **ret);
/* The last part of a type's name: enough for crumbs. */
const char *type_short_name(const char *type);
