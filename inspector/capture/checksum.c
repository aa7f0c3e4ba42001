#include "inspector/capture/checksum.h"

#include <string.h>

static const uint64_t P1 = 0x9e3779b185ebca87ull, P2 = 0xc2b2ae3d27d4eb4full,
                      P3 = 0x165667b19e3779f9ull, P4 = 0x85ebca77c2b2ae63ull,
                      P5 = 0x27d4eb2f165667c5ull;

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "captures are little-endian");

static uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static uint64_t read64(const uint8_t *p)
{
    uint64_t x;

    memcpy(&x, p, sizeof x);
    return x;
}

static uint64_t round_of(uint64_t lane, uint64_t input)
{
    return rotate(lane + input * P2, 31) * P1;
}

static uint64_t merge(uint64_t hash, uint64_t lane)
{
    return (hash ^ round_of(0, lane)) * P1 + P4;
}

static uint64_t stripes(const uint8_t **at, const uint8_t *end, uint64_t seed)
{
    uint64_t a = seed + P1 + P2, b = seed + P2, c = seed, d = seed - P1;
    const uint8_t *p = *at;

    for (; end - p >= 32; p += 32) {
        a = round_of(a, read64(p));
        b = round_of(b, read64(p + 8));
        c = round_of(c, read64(p + 16));
        d = round_of(d, read64(p + 24));
    }
    *at = p;
    uint64_t hash = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
    return merge(merge(merge(merge(hash, a), b), c), d);
}

uint64_t checksum(const void *bytes, size_t n, uint64_t seed)
{
    const uint8_t *p = n ? bytes : (const uint8_t *)"", *end = p + n;
    uint64_t hash = (n >= 32 ? stripes(&p, end, seed) : seed + P5) + n;

    for (; end - p >= 8; p += 8)
        hash = rotate(hash ^ round_of(0, read64(p)), 27) * P1 + P4;
    if (end - p >= 4) {
        uint32_t four;
        memcpy(&four, p, sizeof four);
        hash = rotate(hash ^ four * P1, 23) * P2 + P3;
        p += 4;
    }
    for (; p < end; p++)
        hash = rotate(hash ^ *p * P5, 11) * P1;
    hash = (hash ^ hash >> 33) * P2;
    hash = (hash ^ hash >> 29) * P3;
    return hash ^ hash >> 32;
}
