/*
 * Sets of the numbers 0 … n - 1, a bit each. Any thread; a set is one thread's while it changes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

static inline size_t bits_words(uint32_t n)
{
    return ((size_t)n + 63) / 64;
}

/* An empty set, to be freed with free(); NULL without memory. */
static inline uint64_t *bits_new(uint32_t n)
{
    return calloc(bits_words(n) + 1, sizeof(uint64_t));
}

static inline bool bits_has(const uint64_t *bits, uint32_t i)
{
    return bits[i / 64] >> (i % 64) & 1;
}

static inline void bits_add(uint64_t *bits, uint32_t i)
{
    bits[i / 64] |= UINT64_C(1) << (i % 64);
}

static inline void bits_remove(uint64_t *bits, uint32_t i)
{
    bits[i / 64] &= ~(UINT64_C(1) << (i % 64));
}

/* Adds i; whether it was not in the set yet. */
static inline bool bits_add_new(uint64_t *bits, uint32_t i)
{
    uint64_t bit = UINT64_C(1) << (i % 64), old = bits[i / 64];

    bits[i / 64] = old | bit;
    return !(old & bit);
}

/* How many numbers are in the set. */
static inline uint32_t bits_count(const uint64_t *bits, uint32_t n)
{
    uint32_t count = 0;

    for (size_t i = 0; i < bits_words(n); i++)
        count += (uint32_t)__builtin_popcountll(bits[i]);
    return count;
}
