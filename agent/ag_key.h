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
