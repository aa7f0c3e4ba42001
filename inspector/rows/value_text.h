/*
 * The preview of a value as a Python programmer would write it: 'text', 3.5, 4 items, handle
 * app.py:42.
 *
 * Numbers are written for LC_NUMERIC "C". Any thread.
 */
#pragma once

#include "proto/decode.h"

enum { VALUE_TEXT_BYTES = 200 }; /* of text to ask for one object */

/* malloc'd, escaped; "" for what has no preview. */
char *value_text(const struct decoded_value *value);
