/*
 * A heap as somebody looks at it: a snapshot, and what has been asked of its frozen copy. Shared by the views that show
 * it; counted. One thread (the snapshot inside may be read by any).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "inspector/analysis/garbage.h"
#include "inspector/analysis/heap_cycles.h"
#include "inspector/model/snapshot.h"
#include "inspector/rows/lookup.h"
#include "inspector/session/session.h"

struct heap {
    struct snapshot *snapshot;
    struct lookup *lookup;
    struct snapshot_info info;
    time_t taken;              /* wall clock */
    struct garbage younger[2]; /* what collecting generation 0, or 1, would free … */
    bool has_younger;          /* … once it is known */
    struct heap_cycles cycles;
    bool has_cycles; /* they were looked for */
    int owners;      /* private */
};

/* Takes `snapshot` over. One owner, the caller. */
struct heap *heap_create(struct snapshot *snapshot, const struct snapshot_info *info);
struct heap *heap_ref(struct heap *heap);
/* NULL is fine. */
void heap_unref(struct heap *heap);
/* What collecting `generation` (0, 1, 2) would free, NULL while it is not known. Valid as long as the heap. */
const struct garbage *heap_garbage(const struct heap *heap, int generation);
