#include "inspector/base/map.h"

#include <stdlib.h>

#include "inspector/base/mem.h"

enum { SLOTS_FIRST = 64 };

void map_deinit(struct map *map, void (*free_value)(void *value))
{
    for (size_t i = 0; free_value && i < map->n_slots; i++)
        if (map->slots[i].used)
            free_value(map->slots[i].value);
    free(map->slots);
    *map = MAP_INIT;
}

/* Where a key is, or would be. */
static struct map_entry *slot_of(const struct map *map, uint64_t key)
{
    size_t mask = map->n_slots - 1;
    size_t i = (key * 0x9e3779b97f4a7c15ull >> 32) & mask;

    while (map->slots[i].used && map->slots[i].key != key)
        i = (i + 1) & mask;
    return &map->slots[i];
}

void **map_find(const struct map *map, uint64_t key)
{
    struct map_entry *entry = map->n_slots ? slot_of(map, key) : NULL;

    return entry && entry->used ? &entry->value : NULL;
}

static void grow_slots(struct map *map)
{
    struct map old = *map;

    map->n_slots = old.n_slots ? old.n_slots * 2 : SLOTS_FIRST;
    map->slots = xalloc(map->n_slots * sizeof *map->slots);
    for (size_t i = 0; i < old.n_slots; i++)
        if (old.slots[i].used)
            *slot_of(map, old.slots[i].key) = old.slots[i];
    free(old.slots);
}

void **map_put(struct map *map, uint64_t key)
{
    if ((map->n_used + 1) * 2 > map->n_slots)
        grow_slots(map);
    struct map_entry *entry = slot_of(map, key);
    if (!entry->used) {
        *entry = (struct map_entry){key, NULL, 1};
        map->n_used++;
    }
    return &entry->value;
}
