/*
 * The references that one object holds, as addresses: what its tp_traverse visits, corrected and
 * completed.
 *
 * tp_traverse is what the collector sees. It leaves out what cannot be part of a cycle (str keys,
 * names), what is not owned (weak referents), and everything of types that the collector does not
 * know (code objects, static types, ranges); 3.13.0–3.13.12 visit an instance's attribute values
 * when they should visit its __dict__. What is added or put right here is said at each function in
 * ag_edges.c. Every owned reference that can be found this way is listed once for each time it is
 * held: the sum over all holders never exceeds an object's refcount.
 *
 * For the frozen copy, or a thread with the GIL. Calls C code of extension types (their
 * tp_traverse), never Python code; writes no refcount. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/ag_types.h"
#include "agent/ag_vec.h"

struct ag_edges {
    struct ag_vec strong; /* struct pyobj *; parallel references are repeated */
    struct ag_vec weak;
    struct ag_vec
        unvisited; /* positions in `strong`, as pointers: tp_traverse does not visit these,
                                though they lead to objects that can be tracked */
    struct ag_vec visited_too; /* struct pyobj *: visited, though there is no such reference */
    bool failed;               /* no memory; sticky */
};

/* Fills `edges` (emptied first) with what `object`, of type `type`, holds. */
void ag_edges_of(struct ag_edges *edges, struct pyobj *object, const struct ag_type *type);

/* Where an instance keeps its attributes. */
struct ag_attributes {
    struct pyobj *dict;    /* its __dict__, if it exists as an object */
    struct pyobj **values; /* else, or as well (3.13+): values beside it … */
    uint64_t n_values;
    uint64_t
        inline_bytes; /* memory of these values that belongs to no object and to no getsizeof */
    bool shared;      /* 3.13+: `dict` and `values` are the same attributes */
};
/* No API is called: asking would create the __dict__. */
struct ag_attributes ag_attributes_of(struct pyobj *object, uint64_t tp_flags);
/* The name of attribute value `i`, from the keys that instances share; NULL if there is none. */
struct pyobj *ag_attribute_name(struct pyobj *type, uint64_t i);

/* The layouts of dict keys, for those that want more than PyDict_Next() says. */
enum ag_dict_keys { AG_KEYS_GENERAL, AG_KEYS_STR, AG_KEYS_SPLIT };
enum ag_dict_keys ag_dict_keys_of(struct pyobj *dict);
