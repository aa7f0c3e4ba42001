/*
 * The account of refcounts: where each reference to an object comes from, and which objects are held from outside of
 * the heap: the roots.
 *
 *      refcount = from objects on the heap           strong references of the snapshot
 *               + from running frames                local variables, temporaries, also of frames that are objects
 *               + from static data and structures    at most as many as such places were seen …
 *               + unexplained                        … and what is left: C code, malloc'd structures
 *
 * A root is a module in sys.modules, an object that a running frame holds, one that has references which the heap does
 * not explain, or one that is immortal (its refcount is a constant; CPython 3.12+, PEP 683). Everything that no root reaches is garbage. Sums never exceed the
 * refcount: of borrowed references (3.14's frames) as many are counted as there is room for.
 *
 * Immutable once made. Any thread.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "inspector/base/err.h"
#include "inspector/model/snapshot.h"

/* Why an object is a root: the first that holds. */
enum root_kind {
    ROOT_NONE,
    ROOT_MODULE,      /* sys.modules: a module goes only if the program drops it from there */
    ROOT_FRAME,       /* a running frame */
    ROOT_THREAD,      /* a thread's structure: its exception, its context … */
    ROOT_INTERPRETER, /* the interpreter's structure, until 3.10 */
    ROOT_LIBRARY,     /* static data of the program or a library */
    ROOT_C,           /* nothing that can be seen: C code */
    ROOT_IMMORTAL,
    ROOT_KINDS,
};

struct account {
    uint32_t heap;
    uint32_t frames;
    uint32_t places;
    uint32_t unexplained;
    bool immortal; /* then the refcount says nothing, and the above is not its sum */
};

struct accounts {
    uint8_t *kind;  /* enum root_kind, by object */
    uint32_t *root; /* the objects that are one, ascending */
    uint32_t n_roots;
    uint32_t n_of_kind[ROOT_KINDS];
    uint64_t unexplained; /* references, over all mortal objects */

    /* private: indexes of held and places, by object */
    uint32_t *held, *place;
    uint32_t n_held, n_places;
};

/* The snapshot must have edges. */
ERR_CHECK struct err *accounts_compute(const struct snapshot *snapshot, const atomic_bool *cancel,
                                       struct accounts *ret);
void accounts_deinit(struct accounts *accounts);

struct account accounts_of(const struct accounts *accounts, const struct snapshot *snapshot,
                           uint32_t object);
/* What frames hold an object: indexes in snapshot->held_from_outside.held, references of their own first. */
const uint32_t *accounts_held(const struct accounts *accounts, const struct snapshot *snapshot,
                              uint32_t object, uint32_t *n);
/* The places that point to an object: indexes in held_from_outside.places. */
const uint32_t *accounts_places(const struct accounts *accounts, const struct snapshot *snapshot,
                                uint32_t object, uint32_t *n);
