/*
 * Bytes in and out of a payload: little-endian LEB128 varints, zigzag for signed numbers, counted
 * text.
 *
 * The writer is for buffers whose room was made before (WIRE_VARINT_MAX bytes for each number). The
 * reader is for bytes from the other side: it checks every step, and after the first wrong one it
 * is `bad` for good and yields zeros, so a caller may check once at the end of a record.
 *
 * No allocation, no libc calls but memcpy; both sides use it. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { WIRE_VARINT_MAX = 10 };

static inline uint64_t wire_zigzag(int64_t value)
{
    return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
}

static inline int64_t wire_unzigzag(uint64_t value)
{
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

/* Writes `value` at `p` and returns the byte behind it. */
static inline uint8_t *wire_put(uint8_t *p, uint64_t value)
{
    while (value >= 0x80) {
        *p++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *p++ = (uint8_t)value;
    return p;
}

static inline uint8_t *wire_put_signed(uint8_t *p, int64_t value)
{
    return wire_put(p, wire_zigzag(value));
}

struct wire_reader {
    const uint8_t *p;
    const uint8_t *end;
    bool bad;
};

static inline struct wire_reader wire_reader(const void *bytes, uint64_t n)
{
    return (struct wire_reader){bytes, (const uint8_t *)bytes + n, false};
}

static inline uint64_t wire_get(struct wire_reader *r)
{
    uint64_t value = 0;

    if (r->p < r->end && !(*r->p & 0x80)) /* nearly always one byte */
        return *r->p++;
    for (unsigned shift = 0; shift < 64 && r->p < r->end; shift += 7) {
        uint8_t byte = *r->p++;
        if (shift == 63 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return value;
    }
    r->bad = true;
    r->p = r->end;
    return 0;
}

static inline int64_t wire_get_signed(struct wire_reader *r)
{
    return wire_unzigzag(wire_get(r));
}

/* `n` raw bytes, copied to `to`; zeros when there are fewer. */
static inline void wire_get_bytes(struct wire_reader *r, void *to, uint64_t n)
{
    if ((uint64_t)(r->end - r->p) < n) {
        memset(to, 0, n);
        r->bad = true;
        r->p = r->end;
        return;
    }
    memcpy(to, r->p, n);
    r->p += n;
}

static inline uint8_t wire_get_u8(struct wire_reader *r)
{
    uint8_t byte;

    wire_get_bytes(r, &byte, 1);
    return byte;
}

/* A counted text: its bytes inside the payload (not terminated) and its length; at most `max`
 * bytes. */
static inline const char *wire_get_text(struct wire_reader *r, uint64_t max, uint32_t *len)
{
    uint64_t n = wire_get(r);
    const char *text = (const char *)r->p;

    if (n > max || n > (uint64_t)(r->end - r->p)) {
        r->bad = true;
        r->p = r->end;
        n = 0;
    }
    r->p += n;
    *len = (uint32_t)n;
    return text;
}
