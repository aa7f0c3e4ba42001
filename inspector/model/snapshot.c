#include "inspector/model/snapshot.h"

#include <stdatomic.h>
#include <stdlib.h>

struct snapshot *snapshot_ref(struct snapshot *snapshot)
{
    atomic_fetch_add(&snapshot->owners, 1);
    return snapshot;
}

static void free_arrays(struct snapshot *s)
{
    if (s->arrays_owner) {
        s->arrays_release(s->arrays_owner);
        return;
    }
    free(s->address);
    free(s->type);
    free(s->refcount);
    free(s->shallow);
    free(s->flags);
    free(s->strong.offset);
    free(s->strong.object);
    free(s->reverse.offset);
    free(s->reverse.object);
    free(s->weak);
    free(s->large);
}

void snapshot_unref(struct snapshot *s)
{
    if (!s || atomic_fetch_sub(&s->owners, 1) > 1)
        return;
    for (uint32_t i = 0; i < s->n_types; i++)
        free(s->types[i].name);
    free(s->types);
    struct snapshot_facts *facts = atomic_load(&s->facts);
    if (facts)
        facts->destroy(facts);
    free_arrays(s);
    roots_deinit(&s->held_from_outside);
    free(s->roots);
    free(s->unvisited.at);
    free(s->visited_too.at);
    free(s->lists);
    free(s);
}

uint64_t snapshot_shallow(const struct snapshot *s, uint32_t object)
{
    uint32_t low = 0, high = s->n_large;

    if (s->shallow[object] != UINT32_MAX)
        return s->shallow[object];
    while (low < high) { /* sorted: they came in the order of their numbers */
        uint32_t mid = low + (high - low) / 2;
        if (s->large[mid].object < object)
            low = mid + 1;
        else
            high = mid;
    }
    return low < s->n_large && s->large[low].object == object ? s->large[low].bytes : UINT32_MAX;
}

int snapshot_generation(const struct snapshot *s, uint32_t object)
{
    for (uint32_t i = 0; i < s->n_lists; i++)
        if (object >= s->lists[i].first && object - s->lists[i].first < s->lists[i].count)
            return (int)s->lists[i].generation;
    return -1;
}

uint64_t snapshot_population(const struct snapshot *s, uint32_t generation)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < s->n_lists; i++)
        if (s->lists[i].generation == generation)
            n += s->lists[i].count;
    return n;
}

uint32_t snapshot_find(const struct snapshot *s, uint64_t address)
{
    for (uint32_t i = 0; i < s->n_objects; i++)
        if (s->address[i] == address)
            return i;
    return SNAPSHOT_NONE;
}

const struct snap_pair *snapshot_weak_of(const struct snapshot *s, uint32_t holder, uint32_t *n)
{
    uint32_t low = 0, high = s->n_weak;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (s->weak[mid].holder < holder)
            low = mid + 1;
        else
            high = mid;
    }
    for (*n = 0; low + *n < s->n_weak && s->weak[low + *n].holder == holder;)
        (*n)++;
    return *n ? s->weak + low : NULL;
}

uint32_t snapshot_ordinal(const struct snapshot *s, uint32_t holder, uint32_t target)
{
    uint32_t first = s->strong.offset[holder], e = first;

    while (e + 1 < s->strong.offset[holder + 1] && s->strong.object[e] != target)
        e++;
    return e - first;
}
