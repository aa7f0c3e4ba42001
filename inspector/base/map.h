/*
 * A hash map from 64-bit keys to pointers, open addressing. Entries are never removed one by one.
 *
 * xalloc rules: for what the user looks at, not for whole heaps. One thread at a time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct map {
    struct map_entry *slots; /* private */
    size_t n_slots, n_used;
};

struct map_entry {
    uint64_t key;
    void *value;
    int used;
};

#define MAP_INIT ((struct map){NULL, 0, 0})

/* Frees the table, and every value with `free_value` unless that is NULL. */
void map_deinit(struct map *map, void (*free_value)(void *value));
/* The place of a key's value, NULL if the key is not there. Valid until the next map_put(). */
void **map_find(const struct map *map, uint64_t key);
/* The place of a key's value, made (holding NULL) if the key was not there. */
void **map_put(struct map *map, uint64_t key);
