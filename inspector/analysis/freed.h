/*
 * What a collection freed: the objects of the snapshot just before it that are gone in the one just after.
 *
 * Gone from sight is not always freed. A collection also stops tracking dicts and tuples that can never be part of a
 * cycle (untrack_dicts(), untrack_tuples() in Modules/gcmodule.c); one of those that only C code holds is then found by
 * no walk. It is told apart by its refcount: a tracked object with more references than the heap accounts for is held
 * from outside, so no collection frees it, nor what it refers to.
 *
 * Time and memory: missing.h, and a pass over what is missing. Any thread.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "inspector/base/err.h"
#include "inspector/model/snapshot.h"

/* The numbers (in `before`, which must have edges) of the objects that were freed, ascending; malloc'd. */
ERR_CHECK struct err *freed_find(const struct snapshot *before, const struct snapshot *after,
                                 const atomic_bool *cancel, uint32_t **ret, size_t *n);
