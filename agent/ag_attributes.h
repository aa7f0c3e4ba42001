/*
 * The attributes of an instance by name: slots, members that C types declare, values beside or inside
 * the instance, its __dict__. Properties and whatever else would have to be run are not among them.
 *
 * For the frozen copy, one thread.
 */
#pragma once

#include "agent/ag_types.h"

/* The name of a slot is a C string, that of any other attribute a str: one of the two is NULL. */
struct ag_attribute {
    const char *slot;
    struct pyobj *name;
    struct pyobj *value; /* never NULL */
};

typedef bool ag_attribute_fn(const struct ag_attribute *attribute, void *arg);

/* Calls `each`, slots first, in the order of definition, until it returns false. C types' members are
 * left out: they are implementation. */
void ag_attributes_each(struct pyobj *object, const struct ag_type *type, ag_attribute_fn *each,
                        void *arg);
/* The attribute of this name, C types' members included; NULL if the instance has none. */
struct pyobj *ag_attribute_find(struct pyobj *object, const struct ag_type *type, const char *name);
/* What a lookup in the type finds: `name` in the namespaces along the MRO, the first. */
struct pyobj *ag_type_find(struct pyobj *type, const char *name);
