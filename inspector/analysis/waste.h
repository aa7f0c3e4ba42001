/*
 * Memory that a heap could do without: the same text many times, containers with room for what they do not hold, a dict for
 * each instance.
 *
 * Sizes are those that the interpreter counts (sys.getsizeof()); what a container would need is computed as CPython
 * 3.8 to 3.14 allocates: an empty list 56 bytes, a dict 64, a set 216 and its first 8 places inside. Immutable; any thread.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "inspector/analysis/entries.h"
#include "inspector/base/err.h"
#include "inspector/model/groups.h"

enum waste_kind {
    WASTE_DUPLICATES, /* all equal texts of a type but one of each */
    WASTE_DUPLICATE,  /* of one text: all but one */
    WASTE_EMPTY,      /* containers that hold nothing and have memory for something */
    WASTE_SPARSE,     /* dicts and sets that take WASTE_SPARSE_FACTOR times what a copy would */
    WASTE_SLACK,      /* lists: places that are allocated and not used */
    WASTE_DICT,       /* instances of a class: what they take more than with __slots__ */
    WASTE_KINDS,
};

enum { WASTE_SPARSE_FACTOR = 4, WASTE_TOP = 50, WASTE_INSTANCES_MIN = 100 };

struct waste_row {
    enum waste_kind kind;
    uint32_t type;   /* number in snapshot->types */
    uint32_t sample; /* an object of it */
    uint64_t
        count; /* objects: of DUPLICATE all of that text, of DUPLICATES those that are one too many */
    uint64_t bytes;      /* that could be saved */
    uint64_t attributes; /* DICT: the most that an instance has */
};

struct waste {
    struct waste_row *row; /* by bytes, descending */
    size_t n, cap;
};

void waste_deinit(struct waste *waste);
/* Sorts. After all are added. */
void waste_sort(struct waste *waste);

/* EMPTY, SPARSE, SLACK: exact lists, dicts and sets. The snapshot must have edges. */
ERR_CHECK struct err *waste_of_containers(const struct snapshot *snapshot,
                                          const struct entries *entries, const atomic_bool *cancel,
                                          struct waste *ret);

struct waste_text {
    uint64_t hash;
    uint32_t object;
};

/* DUPLICATES for each type, and the WASTE_TOP worst texts. Sorts `texts`. */
ERR_CHECK struct err *waste_of_texts(const struct snapshot *snapshot, struct waste_text *texts,
                                     size_t n, struct waste *ret);

/* How the instances of a class keep their attributes, as found out from one of them. */
struct waste_class {
    uint32_t group; /* groups.h */
    uint32_t
        dict_ordinal;    /* of the reference to __dict__; UINT32_MAX: values lie in the instance */
    uint32_t references; /* of the dict for each attribute: 1 if it shares its keys, else 2 */
};

/*
 * Python classes with WASTE_INSTANCES_MIN instances or more that are derived from nothing but object and other such classes:
 * one instance each, for finding out, in sample[group]; else SNAPSHOT_NONE. malloc'd.
 */
ERR_CHECK struct err *waste_candidates(const struct snapshot *snapshot, const struct groups *groups,
                                       uint32_t **sample);
/* DICT: of these classes. A lower bound: dicts of instances that were asked for are not seen unless all have one. */
ERR_CHECK struct err *waste_of_classes(const struct snapshot *snapshot, const struct groups *groups,
                                       const struct waste_class *classes, size_t n,
                                       struct waste *ret);
