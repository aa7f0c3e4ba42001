/*
 * The collector's lists of one interpreter, found without knowing where CPython keeps them.
 *
 * A freshly tracked object is the last of the youngest list, and lists are circular: its `next` is
 * that list's head. From there:
 *
 *      -12  int enabled, int debug       (-8 where the head is not 8-byte aligned)
 *        0  generation 0: PyGC_Head, int threshold, int count
 *      +24  generation 1
 *      +48  generation 2
 *      +72  maybe a pointer back to generation 0 (3.8–3.13), 8-byte aligned
 *           permanent generation: 24 bytes like the others
 *           statistics: 3 × {collections, collected, uncollectable}
 *           int collecting, PyObject *garbage, PyObject *callbacks
 *
 * (Modules/gcmodule.c and Include/internal/pycore_gc.h of each version; Debian's 3.13 moves the
 * whole block by 4 bytes, which is why nothing here is a constant.) Everything found is checked
 * before it is used.
 *
 * For the frozen copy, and for whoever holds the GIL: ag_heap_find() makes and frees one empty list, which starts no
 * collection. What it found stays true while the interpreter lives. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/ag_api.h"
#include "proto/msg.h"

enum { AG_LISTS = 4 }; /* generations 0, 1, 2 and the permanent one */

struct ag_heap {
    char *heads[AG_LISTS]; /* PyGC_Head * of each list */
    char *stats;
    char *enabled;
};

/*
 * Finds the lists of the interpreter whose thread state is current. NULL, or what does not look as
 * it should: the interpreter is then refused.
 */
const char *ag_heap_find(struct ag_heap *ret);
/* The first object of a list, or NULL; the one after `object`, or NULL at the end. */
struct pyobj *ag_heap_first(const struct ag_heap *heap, int list);
struct pyobj *ag_heap_next(const struct ag_heap *heap, int list, struct pyobj *object);
/* Fills everything but `interpreter`. */
/* gc.callbacks as the collector knows it, whatever the module's dict says; NULL if no `import gc` has made it yet. Borrowed. */
struct pyobj *ag_heap_callbacks(const struct ag_heap *heap);
/* Whether automatic collection is due: the youngest generation is over its threshold. */
bool ag_heap_is_due(const struct ag_heap *heap);
/* What gc.enable(), gc.disable(), gc.set_threshold() and gc.set_debug() write. */
void ag_heap_set_enabled(const struct ag_heap *heap, int enabled);
void ag_heap_set_debug(const struct ag_heap *heap, int flags);
void ag_heap_set_thresholds(const struct ag_heap *heap, const int32_t thresholds[3]);
/* How many objects are frozen; walks them. */
int64_t ag_heap_frozen(const struct ag_heap *heap);
void ag_heap_gc_state(const struct ag_heap *heap, struct msg_snap_gc *ret);
