/*
 * Every type met on a walk, once: what has to be known to follow the references of its instances
 * and to measure them, worked out at the first instance.
 *
 * For the frozen copy (or under the GIL): reads type objects, runs no Python code, allocates only
 * pages of its own. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/ag_api.h"
#include "agent/ag_index.h"
#include "agent/ag_pyver.h"
#include "agent/ag_vec.h"

/* How the references of instances are found, beyond what tp_traverse says. */
enum ag_kind {
    AG_KIND_PLAIN, /* tp_traverse if it has one, and object members that it does not visit */
    AG_KIND_DICT,  /* exactly dict */
    AG_KIND_DICT_SUBCLASS,
    AG_KIND_LIST,  /* exactly list */
    AG_KIND_TUPLE, /* exactly tuple */
    AG_KIND_TYPE,  /* type objects */
    AG_KIND_CODE,
    AG_KIND_FRAME,
    AG_KIND_GENERATOR, /* generators, coroutines, asynchronous generators */
    AG_KIND_MODULE,
    AG_KIND_FUNCTION,
    AG_KIND_WEAKREF,
    AG_KIND_LEAF, /* exactly str, int, bytes, float …: no references */
};

/* How instances are measured. */
enum ag_size_kind {
    AG_SIZE_BASIC, /* object.__sizeof__: basicsize + |ob_size| * itemsize */
    AG_SIZE_STR,
    AG_SIZE_INT,
    AG_SIZE_LIST,
    AG_SIZE_DICT,
    AG_SIZE_METHOD, /* another __sizeof__ that is written in C */
};

enum { AG_MEMBERS_MAX = 24 };

typedef int ag_is_gc_fn(struct pyobj *object);

struct ag_type {
    struct pyobj *object;
    uint32_t id;
    uint32_t index; /* of the type object itself in the walk's index */
    uint64_t tp_flags;
    ag_traverse_fn *traverse; /* NULL: instances are no GC objects */
    ag_is_gc_fn *is_gc;
    int64_t basicsize_bytes;
    int64_t itemsize_bytes;
    uint32_t flags; /* enum type_flags of proto/msg.h */
    uint8_t kind;   /* enum ag_kind */
    uint8_t size_kind;
    uint8_t n_members;
    uint16_t members[AG_MEMBERS_MAX]; /* offsets of object members declared by C types */
    uint16_t tzinfo;   /* datetime, time: offset of the zone, there if the object says so; else 0 */
    void *sizeof_meth; /* the C function behind __sizeof__, its flags and its owner; not for
                          AG_SIZE_BASIC */
    int sizeof_flags;
    struct pyobj *sizeof_owner;
    uint8_t shape;       /* private to ag_shape.c */
    struct pyobj *names; /* with the shape: _fields of a named tuple, __dataclass_fields__ */
};

struct ag_types {
    struct ag_index *index; /* where type objects get their numbers */
    struct ag_vec table;    /* struct ag_type, by id */
    struct ag_vec slots;    /* private: hash of address -> id + 1 */
    ag_traverse_fn
        *subtype_traverse;  /* private: what Python classes have for tp_traverse, NULL unknown */
    const uint64_t *opaque; /* types whose instances are not looked into */
    uint32_t opaque_count;
    struct ag_type *last; /* private: a one-entry cache */
    bool failed;          /* no memory; sticky */
};

bool ag_types_init(struct ag_types *types, struct ag_index *index, const uint64_t *opaque,
                   uint32_t opaque_count);
/* The entry for a type, made at the first call. NULL without memory, or if `type` is no type. The
 * pointer is valid until the next call that adds one. */
struct ag_type *ag_types_get(struct ag_types *types, struct pyobj *type);

static inline struct ag_type *ag_types_by_id(const struct ag_types *types, uint32_t id)
{
    return (struct ag_type *)types->table.at + id;
}

static inline struct pyobj *ag_type_of(struct pyobj *object)
{
    return AG_FIELD(struct pyobj *, object, OB_TYPE);
}

/* PyObject_IS_GC: whether this object has a collector's header. */
static inline bool ag_is_gc(const struct ag_type *type, struct pyobj *object)
{
    return type->tp_flags & TPF_HAVE_GC && (!type->is_gc || type->is_gc(object));
}

/*
 * The texts of a type's name, as `type.__module__` and `type.__qualname__` give them. Written as
 * UTF-8 into buffers of `cap` bytes, clipped, not terminated; returns through *module_bytes and
 * *name_bytes.
 */
void ag_type_name(struct pyobj *type, char *module, uint32_t *module_bytes, char *name,
                  uint32_t *name_bytes, uint32_t cap);
/* The value under `key` in a dict with str keys, without allocating. NULL if absent. */
struct pyobj *ag_dict_find(struct pyobj *dict, const char *key);
