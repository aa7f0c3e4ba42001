/*
 * The value of an object as Python's repr() would write it, short: containers with their first members,
 * instances with their attributes, and what the standard library's types mean. Read from memory as it
 * lies; no Python code runs, nothing is allocated.
 *
 *      [1, 2, 'a', … 97 more]      Point(x=1, y=2)      <Colour.RED: 1>      2024-05-06 07:08:09+02:00
 *
 * Bounded: in bytes, in members of each level, in depth; what contains itself is written "[...]" as
 * Python does. Floats stand as marks, see VALUE_PREVIEW in proto/msg.h.
 *
 * For the frozen copy, one thread.
 */
#pragma once

#include "agent/ag_shape.h"
#include "agent/ag_text.h"

enum {
    AG_PREVIEW_BYTES = 180,     /* of a preview in a table */
    AG_PREVIEW_ALL_BYTES = 4000 /* of the one that fills a screen */
};

enum { AG_PREVIEW_DEPTH = 3 };

/* One in the making. */
struct ag_preview {
    struct ag_text text;
    struct ag_types *types;
    uint32_t members[AG_PREVIEW_DEPTH]; /* how many are shown, by depth */
    int depth;                          /* containers that are open */
    struct pyobj *above[AG_PREVIEW_DEPTH];
};

/* A preview of at most `cap` bytes; `all`: as much as fits. */
struct ag_preview ag_preview_in(char *buf, uint32_t cap, struct ag_types *types, bool all);
/* Any object, as a member of what is open. NULL is what a tuple under construction holds. */
void ag_preview_put(struct ag_preview *p, struct pyobj *object);
/* The value of `object` as such, with its own type's shape; false (and nothing put): there is none. */
bool ag_preview_value(struct ag_preview *p, struct pyobj *object);
/* Cuts what does not stand for itself off the end of a text that ran out of room. */
void ag_preview_end(struct ag_preview *p);

/* ---- for those that put parts (ag_known.c) ---- */

/* The members of a container from here on: whether they are shown. False: "..." was put instead, since
 * it is too deep or contains itself. */
bool ag_preview_open(struct ag_preview *p, struct pyobj *object);
void ag_preview_close(struct ag_preview *p);
/* Before member `i` of `n`: puts the comma, or what says how many more there are, and then is false. */
bool ag_preview_next(struct ag_preview *p, uint64_t i, uint64_t n);
/* The name of a class without what it is nested in. */
void ag_preview_type(struct ag_preview *p, struct pyobj *type);
