/*
 * Values: the text of strings, numbers, lengths and first members of containers, names of functions
 * and classes, file and line of code, attributes of instances. Read from memory as it lies; no Python code runs, nothing is
 * allocated.
 *
 * For the frozen copy, one thread.
 */
#pragma once

#include <stdbool.h>

#include <stdint.h>

#include "agent/ag_api.h"
#include "agent/ag_types.h"
#include "proto/msg.h"

struct ag_value {
    enum value_kind kind;
    uint64_t size; /* see enum value_kind */
    uint32_t text_bytes;
    uint32_t detail_bytes;
    char text[MSG_VALUE_TEXT_MAX];
    char detail[512];
};

/* Fills *ret; texts are clipped to `text_max` bytes (<= MSG_VALUE_TEXT_MAX). `type` is the object's, of
 * `types`. */
void ag_value_of(struct pyobj *object, struct ag_types *types, struct ag_type *type,
                 uint32_t text_max, struct ag_value *ret);

/* A hash of the contents of an exact str or bytes (proto/hash.h); false for all else. */
bool ag_hash_of(struct pyobj *object, const struct ag_type *type, uint64_t *ret);
