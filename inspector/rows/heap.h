/*
 * A heap as somebody looks at it: a snapshot, and what has been asked of its frozen copy. Shared by the views that show
 * it; counted. One thread (the snapshot inside may be read by any).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "inspector/model/snapshot.h"
#include "inspector/rows/lookup.h"
#include "inspector/session/session.h"

struct heap {
    struct snapshot *snapshot;
    struct lookup *lookup;
    struct snapshot_info info;
    time_t taken; /* wall clock */
    int owners;   /* private */
};

/* Takes `snapshot` over. One owner, the caller. */
struct heap *heap_create(struct snapshot *snapshot, const struct snapshot_info *info);
struct heap *heap_ref(struct heap *heap);
/* NULL is fine. */
void heap_unref(struct heap *heap);
