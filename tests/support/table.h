/*
 * A row source written down in the test.
 *
 *      static const struct column columns[] = {{.key = "type", .kind = COL_TYPE}, …};
 *      struct rows *rows = table_create(columns, 3, "app.Node | 3 | 1024\n"
 *                                                   "dict     | - | ?\n");
 *
 * Cells are separated by '|' and blanks around them do not count; "-" is a null and "?" a pending
 * cell; numbers are written as rows/value.h reads them, generations may be a word. The identity of
 * a row is its line number times ten. The source is immutable.
 */
#pragma once

#include <stddef.h>

#include "inspector/rows/rows.h"

/* Aborts the test program on a malformed table. */
struct rows *table_create(const struct column *columns, unsigned n_columns, const char *text);

/* What is shown, as text: the first column of each shown row, joined by blanks. In `buf`. */
const char *table_shown(const struct rows *rows, char *buf, size_t buf_bytes);
