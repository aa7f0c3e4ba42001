/*
 * Fields of C types that no member descriptor tells of: a table of names and offsets.
 *
 * Names are only used where the object at an offset is one that the holder refers to (ag_names.c), so
 * a row that is wrong for some version names nothing; tests/e2e/test_kinds.c looks at each of them on
 * every interpreter. The offsets are those of Modules/ and Objects/ of CPython 3.8 to 3.14.
 *
 * For the frozen copy, one thread.
 */
#pragma once

#include "agent/ag_types.h"

typedef void ag_field_fn(struct pyobj *target, const char *edge, void *arg);

/* Calls `field` for every known field of `object` that is not NULL; those of C types that its type
 * derives from are among them. */
void ag_fields_of(struct pyobj *object, const struct ag_types *types, ag_field_fn *field,
                  void *arg);
/* What references of instances of `type` are that no field accounts for; NULL if nothing can be said. */
const char *ag_fields_rest(struct pyobj *type);

/* Calls `item` for every item of a deque, in order, until it returns false. False if `object` is no
 * deque. */
typedef bool ag_item_fn(struct pyobj *target, uint64_t i, void *arg);
bool ag_deque_items(struct pyobj *object, const struct ag_types *types, ag_item_fn *item,
                    void *arg);
