#include "inspector/rows/heap.h"

#include <stdlib.h>

#include "inspector/base/mem.h"

struct heap *heap_create(struct snapshot *snapshot, const struct snapshot_info *info)
{
    struct heap *heap = xalloc(sizeof *heap);

    *heap = (struct heap){snapshot, lookup_create(), *info, time(NULL), 1};
    return heap;
}

struct heap *heap_ref(struct heap *heap)
{
    heap->owners++;
    return heap;
}

void heap_unref(struct heap *heap)
{
    if (!heap || --heap->owners)
        return;
    snapshot_unref(heap->snapshot);
    lookup_destroy(heap->lookup);
    free(heap);
}
