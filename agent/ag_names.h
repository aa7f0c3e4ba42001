/*
 * What a Python programmer would write to go from a holder to what it holds: `.parent`, `['key']`,
 * `[3]`, `closure x`, `slot left`, `local 'cache'`, `.__class__`.
 *
 * References are found by ag_edges.c, names here, by layout; the two are matched. A name whose
 * object the holder does not refer to is dropped, a reference that no name fits is called "?":
 * names never invent references.
 *
 * No Python code runs, nothing is allocated. For the frozen copy, one thread.
 */
#pragma once

#include <stdint.h>

#include "agent/ag_text.h"
#include "agent/ag_walk.h"

enum { AG_NAME_BYTES = 320, AG_NAMES_MAX = 256 };

struct ag_name {
    uint32_t ordinal; /* of the reference: strong ones in the order of ag_edges_of(), then the weak
                         ones */
    uint32_t target;  /* number of the object referred to */
    bool weak;
    uint32_t bytes; /* of the text; 0 until named */
    char text[AG_NAME_BYTES];

    uint32_t occurrence; /* private: how many earlier references go to the same object */
};

/* Private to ag_names_of(): room to sort in, an element for each name. */
struct ag_name_key {
    struct pyobj *object;
    uint32_t name; /* number in `names` */
    uint32_t seen; /* of an object's first key: how many candidates came so far */
    uint32_t
        skipped; /* of an object's first key: references to it before the first that was chosen */
};

/*
 * Names references of `holder`: from ordinal `first` on, only those to `target` unless it is NULL,
 * at most `max`, in order. Returns how many; *next is the ordinal to go on from, or UINT32_MAX at the
 * end. Each call looks at all of the holder: for many references give it room for many.
 */
uint32_t ag_names_of(struct ag_walk *walk, struct pyobj *holder, uint32_t first,
                     struct pyobj *target, struct ag_name *names, struct ag_name_key *keys,
                     uint32_t max, uint32_t *next);
