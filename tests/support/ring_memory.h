/*
 * Memory for a ring of any size, shared with threads and with children that are forked later: the
 * two control pages, and the data mapped twice in a row.
 */
#pragma once

#include <stdint.h>

#include "proto/ring.h"

struct ring_memory {
    struct ring_control *control;
    uint8_t *data;
    uint64_t bytes; /* of data, a power of two, at least a page */
};

/* Aborts the test program when there is no memory. */
void ring_memory_init(struct ring_memory *memory, uint64_t bytes);
void ring_memory_deinit(struct ring_memory *memory);

void ring_memory_producer(const struct ring_memory *memory, struct ring *ret);
void ring_memory_consumer(const struct ring_memory *memory, struct ring *ret);
