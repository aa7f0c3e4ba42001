/*
 * A set of row identities: marks. Open addressing; one thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct idset {
    /* private */
    uint64_t *slots;
    bool *used;
    size_t cap; /* power of two, or 0 */
    size_t count;
};

void idset_deinit(struct idset *set);
bool idset_has(const struct idset *set, uint64_t id);
/* Puts `id` in if it is not there, else takes it out; returns whether it is in now. */
bool idset_toggle(struct idset *set, uint64_t id);
void idset_clear(struct idset *set);
