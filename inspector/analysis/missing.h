/*
 * The objects of one snapshot that are not in another: what a collection freed, what went between
 * two looks.
 *
 * An object is the same when it lies at the same address and has the same type (by the address of
 * the type). CPython does not move objects; one that took over a freed one's place and has its type
 * as well cannot be told apart.
 *
 * Time and memory: one pass over each snapshot, 8 to 16 bytes for each object of the second one
 * while it runs. Any thread.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "inspector/base/err.h"
#include "inspector/model/snapshot.h"

/* The numbers (in `from`) of its objects that `in` does not have, ascending; malloc'd. `cancel` may
 * be NULL. */
ERR_CHECK struct err *missing_find(const struct snapshot *from, const struct snapshot *in,
                                   const atomic_bool *cancel, uint32_t **ret, size_t *n);
