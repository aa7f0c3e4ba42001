#include "inspector/rows/heap.h"

#include <stdlib.h>

#include "inspector/analysis/facts.h"
#include "inspector/base/mem.h"

struct heap *heap_create(struct snapshot *snapshot, const struct snapshot_info *info)
{
    struct heap *heap = xalloc(sizeof *heap);

    *heap = (struct heap){.snapshot = snapshot,
                          .lookup = lookup_create(),
                          .info = *info,
                          .taken = time(NULL),
                          .owners = 1};
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
    heap_cycles_deinit(&heap->cycles);
    garbage_deinit(&heap->younger[0]);
    garbage_deinit(&heap->younger[1]);
    snapshot_unref(heap->snapshot);
    lookup_destroy(heap->lookup);
    free(heap);
}

const struct garbage *heap_garbage(const struct heap *heap, int generation)
{
    const struct facts *facts = facts_of(heap->snapshot);

    if (generation == 2)
        return facts ? &facts->garbage : NULL;
    return heap->has_younger ? &heap->younger[generation] : NULL;
}
