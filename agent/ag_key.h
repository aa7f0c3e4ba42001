/*
 * A short form of an object as it would stand in a subscript: 'key', 3, b'x', None, (1, 'a'),
 * <class app.Node>, <Node 0x7f…>.
 *
 * No Python code runs, nothing is allocated. For the frozen copy, one thread.
 */
#pragma once

#include "agent/ag_text.h"

void ag_put_key(struct ag_text *text, struct pyobj *object);
/* The text of None, True, False, Ellipsis and NotImplemented; NULL for any other object. */
const char *ag_constant(struct pyobj *object);

/* The digits of an int, least significant first, 30 bits each. */
struct ag_digits {
    const uint32_t *at;
    uint64_t n;
    bool negative;
};
struct ag_digits ag_int_digits(struct pyobj *object);

enum {
    AG_DIGIT_BITS = 30,
    AG_DIGITS_MAX = 40, /* ints of more are given by their size: 1,200 bits, 361 decimal places */
    AG_DECIMALS_MAX = AG_DIGITS_MAX * 10 + 1,
};
/* Writes an int of at most AG_DIGITS_MAX digits in decimal; returns its length, 0: it has more. */
uint32_t ag_int_decimal(struct pyobj *object, char to[AG_DECIMALS_MAX]);
/* An int in decimal, else how large it is. */
void ag_put_int(struct ag_text *text, struct pyobj *object);
