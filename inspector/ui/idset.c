#include "inspector/ui/idset.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/base/mem.h"

enum { FIRST_CAP = 64 };

void idset_deinit(struct idset *set)
{
    free(set->slots);
    free(set->used);
    *set = (struct idset){0};
}

static size_t hash(uint64_t id, size_t cap)
{
    return (size_t)((id * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (cap - 1);
}

/* The slot of `id`, or the free one where it would go. The set is never full. */
static size_t find(const struct idset *set, uint64_t id)
{
    size_t at = hash(id, set->cap);

    while (set->used[at] && set->slots[at] != id)
        at = (at + 1) & (set->cap - 1);
    return at;
}

bool idset_has(const struct idset *set, uint64_t id)
{
    return set->count && set->used[find(set, id)];
}

static void insert(struct idset *set, uint64_t id)
{
    size_t at = find(set, id);

    set->slots[at] = id;
    set->used[at] = true;
    set->count++;
}

static void resize(struct idset *set, size_t cap)
{
    struct idset old = *set;

    *set =
        (struct idset){xalloc(cap * sizeof *set->slots), xalloc(cap * sizeof *set->used), cap, 0};
    for (size_t i = 0; i < old.cap; i++)
        if (old.used[i])
            insert(set, old.slots[i]);
    idset_deinit(&old);
}

/* Closes the gap at `at`, so that searches that passed over it still find what is behind. */
static void remove_slot(struct idset *set, size_t at)
{
    set->used[at] = false;
    set->count--;
    for (size_t i = (at + 1) & (set->cap - 1); set->used[i]; i = (i + 1) & (set->cap - 1)) {
        set->used[i] = false;
        set->count--;
        insert(set, set->slots[i]);
    }
}

bool idset_toggle(struct idset *set, uint64_t id)
{
    if (set->count * 2 >= set->cap)
        resize(set, set->cap ? set->cap * 2 : FIRST_CAP);
    size_t at = find(set, id);
    if (set->used[at]) {
        remove_slot(set, at);
        return false;
    }
    insert(set, id);
    return true;
}

void idset_clear(struct idset *set)
{
    if (set->cap)
        memset(set->used, 0, set->cap * sizeof *set->used);
    set->count = 0;
}
