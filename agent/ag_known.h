/*
 * Previews of the standard library's types by their C structures and attributes: dates, Decimal, UUID,
 * paths, arrays, patterns … The offsets are those of CPython 3.8 to 3.14; tests/e2e/test_values.c looks at
 * each of them on every interpreter.
 *
 * For the frozen copy, one thread.
 */
#pragma once

#include "agent/ag_preview.h"

/* Puts the value of an object of one of these shapes; false: another shape. */
bool ag_known_put(struct ag_preview *p, struct pyobj *object, struct ag_type *type);

/* Items of an array.array. */
uint64_t ag_array_length(struct pyobj *array);

/* What an object of the operating system's kind has, see VALUE_PREVIEW in proto/msg.h; 0: nothing. */
uint64_t ag_resource_of(struct pyobj *object, enum ag_shape shape);
