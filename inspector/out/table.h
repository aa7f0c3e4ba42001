/*
 * A table as text: headings, aligned columns, one line a row. On a terminal lines are cut to its width (the least
 * important columns go first, then the widest texts); elsewhere nothing is cut.
 */
#pragma once

#include <stdio.h>

#include "inspector/rows/rows.h"

/* Prints the first `limit` shown rows (0: all). */
void table_print(FILE *to, const struct rows *rows, size_t limit);
