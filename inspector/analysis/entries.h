/*
 * How many members a container has, from its references alone: lists, tuples, sets, deques have one reference each, dicts
 * two; but an instance's dict that shares its keys with those of others (PEP 412) has only one, so half of its members are
 * counted. Right for all of these and what is derived from them; a class that adds attributes of its own may have a few more.
 *
 * Immutable once made. Any thread.
 */
#pragma once

#include <stdint.h>

#include "inspector/base/err.h"
#include "inspector/model/snapshot.h"

struct entries {
    uint8_t *references; /* by type: for each member, 0 if it is no container */
};

/* The snapshot must have edges. */
ERR_CHECK struct err *entries_make(const struct snapshot *snapshot, struct entries *ret);
void entries_deinit(struct entries *entries);
/* 0 for what is no container. */
uint32_t entries_of(const struct entries *entries, const struct snapshot *snapshot,
                    uint32_t object);
