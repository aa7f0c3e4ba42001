#include "tests/support/records.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/base/mem.h"

enum { HEAD_BYTES = 6 };

void records_deinit(struct records *records)
{
    free(records->bytes);
    *records = RECORDS_INIT;
}

static void append(struct records *records, const void *bytes, size_t n)
{
    if (!n)
        return;
    if (records->n + n > records->cap) {
        records->cap = (records->n + n) * 2;
        records->bytes = xrealloc(records->bytes, records->cap);
    }
    memcpy(records->bytes + records->n, bytes, n);
    records->n += n;
}

void records_add(struct records *records, uint16_t kind, const void *fixed, size_t fixed_bytes,
                 const void *tail, size_t tail_bytes)
{
    uint32_t bytes = (uint32_t)(fixed_bytes + tail_bytes);

    append(records, &kind, sizeof kind);
    append(records, &bytes, sizeof bytes);
    append(records, fixed, fixed_bytes);
    append(records, tail, tail_bytes);
}

bool records_next(const uint8_t *bytes, size_t n, size_t *at, struct record *ret)
{
    struct record record;

    if (n - *at < HEAD_BYTES)
        return false;
    memcpy(&record.kind, bytes + *at, sizeof record.kind);
    memcpy(&record.bytes, bytes + *at + sizeof record.kind, sizeof record.bytes);
    if (record.bytes > n - *at - HEAD_BYTES)
        return false;
    record.payload = bytes + *at + HEAD_BYTES;
    *at += HEAD_BYTES + record.bytes;
    *ret = record;
    return true;
}
