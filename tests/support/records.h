/*
 * A list of records, as they would stand in a ring, in one buffer that can be written to a file:
 *
 *      kind u16, payload_bytes u32 (little-endian, no padding), payload; the next record
 *
 * The fuzzers read their input in this form, the fake stream writes it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct records {
    uint8_t *bytes;
    size_t n, cap;
};

struct record {
    uint16_t kind;
    uint32_t bytes;
    const uint8_t *payload; /* inside the list's buffer; not aligned */
};

#define RECORDS_INIT ((struct records){NULL, 0, 0})

void records_deinit(struct records *records);
/* Appends a record whose payload is `fixed` and then `tail` (may be NULL with 0 bytes). */
void records_add(struct records *records, uint16_t kind, const void *fixed, size_t fixed_bytes,
                 const void *tail, size_t tail_bytes);
/*
 * The record at byte offset *at of a buffer, and moves *at behind it. False at the end, and when
 * fewer bytes are left than the record says.
 */
bool records_next(const uint8_t *bytes, size_t n, size_t *at, struct record *ret);
