/*
 * Shallow sizes in bytes, without running Python code.
 *
 *   shallow = getsizeof + inline
 *
 *   getsizeof   exactly what sys.getsizeof() returns: the type's __sizeof__ and the words that the
 *               interpreter puts before the object (the collector's header, 3.11+ dict and weakref
 *               words). Types whose __sizeof__ is written in Python are measured by the nearest
 *               base that has one in C.
 *   inline      attribute values that the interpreter keeps beside an instance until somebody asks
 *               for its __dict__ (3.11+; behind it since 3.13). sys.getsizeof() forgets them
 *               (python/cpython#128763): up to 280 bytes an instance.
 *
 * The common layouts of str, int, list and dict are measured here; everything else by calling the C
 * function behind its type's __sizeof__, which returns a new int. That is the one place where a
 * walk lets the interpreter allocate: some 32 bytes, in the frozen copy's own memory, given back at
 * once. One thread, in the frozen copy or with the GIL.
 */
#pragma once

#include <stdint.h>

#include "agent/ag_types.h"

struct ag_size {
    uint64_t getsizeof_bytes;
    uint64_t inline_bytes;
};

struct ag_size ag_size_of(struct pyobj *object, const struct ag_type *type);
