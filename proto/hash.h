/*
 * A hash of contents, for finding equal ones: 64 bits, eight bytes at a time, each step a multiplication to 128 bits
 * whose halves are folded (the construction of W. Yi's wyhash). Not against somebody who looks for collisions.
 *
 * No libc calls but memcpy. Any thread.
 */
#pragma once

#include <stdint.h>
#include <string.h>

static inline uint64_t hash_fold(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* `seed` keeps contents of different kinds apart. */
static inline uint64_t hash_bytes(const void *bytes, uint64_t n, uint64_t seed)
{
    const uint64_t a = 0xa0761d6478bd642fu, b = 0xe7037ed1a0b428dbu;
    const uint8_t *p = bytes;
    uint64_t hash = hash_fold(seed ^ a, n ^ b), word;

    for (; n >= 8; p += 8, n -= 8) {
        memcpy(&word, p, 8);
        hash = hash_fold(hash ^ word ^ a, b);
    }
    word = 0;
    memcpy(&word, p, n);
    return hash_fold(hash ^ word ^ a, b ^ n);
}
