/*
 * Containers that have more members than in an earlier snapshot, and classes that have more living instances.
 *
 * A container is the same one if it lies at the same address, is of the same type, at least half of what it referred to is
 * still in it, and something that held it before still does. An address that was freed and used again by another one of
 * that type is then no survivor, unless all of that is a coincidence.
 *
 * Memory: 16 bytes for each container that has enough members. Any thread.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "inspector/analysis/entries.h"
#include "inspector/base/err.h"
#include "inspector/model/snapshot.h"

enum { GROWTH_ENTRIES_MIN = 10, GROWTH_INSTANCES_MIN = 100 };

struct growth {
    uint32_t object;  /* in `after` */
    uint32_t was, is; /* members */
};

/* Those that have at least GROWTH_ENTRIES_MIN more, by growth, descending; malloc'd. Both with edges. */
ERR_CHECK struct err *growth_of_containers(const struct snapshot *before,
                                           const struct snapshot *after,
                                           const struct entries *entries, const atomic_bool *cancel,
                                           struct growth **ret, size_t *n);

struct growth_class {
    uint32_t type; /* one of this name, in `after` */
    uint64_t was, is;
};

/*
 * Python classes (by name) that have at least GROWTH_INSTANCES_MIN more instances that are no garbage: facts of both
 * snapshots must be there. By growth, descending; malloc'd.
 */
ERR_CHECK struct err *growth_of_classes(const struct snapshot *before, const struct snapshot *after,
                                        struct growth_class **ret, size_t *n);
