/*
 * Numbers as people type them.
 *
 *      bytes       b; k kib, m mib, g gib: binary, like what we print; kb mb gb: decimal
 *      counts      k m g: decimal
 *      durations   us ms s; a number alone is microseconds
 *      booleans    yes no true false 1 0
 *      addresses   0x…, or decimal
 *
 * Upper and lower case alike; fractions (1.5mib) and signs where they make sense. Any thread.
 */
#pragma once

#include <stdint.h>

#include "inspector/base/err.h"
#include "inspector/rows/rows.h"

/*
 * Reads all of `text` as a value of a column of this kind, in the unit of its cells' `num` (an
 * address as its bit pattern). ERR_USAGE says what was expected. COL_TEXT and COL_TYPE have no
 * numbers: ERR_USAGE.
 */
ERR_CHECK struct err *value_parse(enum col_kind kind, const char *text, int64_t *ret);
