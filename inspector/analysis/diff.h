/*
 * Two looks at one process, object by object: which are the same, which are new, who holds the new ones.
 *
 * CPython does not move objects, so an address is an identity until it is used again. An object is the same when at its
 * address lies one of the same type (by address and name) that can be it: an int, str, bytes, tuple or frozenset must have the
 * same size, which it can never change (but for a str that got its UTF-8 form, which counts as another). What was
 * freed and made again with the same type, place and size cannot be told apart.
 *
 * Time: two passes over each snapshot; memory: 4 bytes an object of the result, 8 to 16 more while it runs. Any thread.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "inspector/analysis/paths.h"
#include "inspector/base/err.h"
#include "inspector/model/snapshot.h"

/* For each object of `after` its number in `before`, or SNAPSHOT_NONE; malloc'd, never NULL. `cancel` may be NULL. */
ERR_CHECK struct err *diff_match(const struct snapshot *before, const struct snapshot *after,
                                 const atomic_bool *cancel, uint32_t **ret);

/* New objects of one type that one object holds. */
struct diff_holder {
    uint32_t holder; /* an object that is not new; DIFF_OUTSIDE, DIFF_UNREACHABLE */
    uint32_t group;  /* of the types: groups.h */
    uint32_t sample; /* one of them */
    uint64_t count;
    uint64_t shallow_bytes;
};

#define DIFF_OUTSIDE     UINT32_MAX       /* roots themselves, and what leads to them is new */
#define DIFF_UNREACHABLE (UINT32_MAX - 1) /* garbage */

struct diff_spec {
    const struct snapshot *snapshot;
    const struct paths *paths;     /* of it: shortest paths from roots */
    const uint32_t *group_of_type; /* groups.h */
    bool (*is_new)(const void *ctx, uint32_t object);
    const void *ctx;
    const atomic_bool *cancel; /* or NULL */
};

/*
 * Who holds the new objects: each one's shortest path from a root is gone back from it until an object that is not new.
 * That one grew. *ret: malloc'd, by count, then bytes descending, then by holder and group.
 */
ERR_CHECK struct err *diff_holders(const struct diff_spec *spec, struct diff_holder **ret,
                                   size_t *n);
