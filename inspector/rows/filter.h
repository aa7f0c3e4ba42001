/*
 * Filters: what a person types behind `f`, compiled.
 *
 *      Node            rows with "Node" in any text column, ignoring case (smart case: an
 * upper-case letter in the word makes it exact) !test           rows without it Node,Leaf either
 *      /No.e$/         a POSIX extended regular expression
 *      size>1mib       a column (by its key) against a number with an optional unit: b k kb kib m
 * mb mib g gb gib for bytes; us ms s for durations; operators > >= < <= = != type~Node       a text
 * column contains; type=app.Node  a text column equals a b             both (terms are joined by
 * blanks) "two words"     quotes keep a blank in a term
 *
 * A compiled filter is immutable; matching is re-entrant. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "inspector/base/err.h"

struct rows;
struct filter;

/*
 * Compiles `text` for the columns of `rows` (borrowed for the call only). An empty or blank text
 * gives *ret = NULL: no filter. ERR_USAGE says what is wrong and at which character (counted from
 * 1).
 */
ERR_CHECK struct err *filter_parse(const char *text, const struct rows *rows, struct filter **ret);
/* Whether raw row `raw` passes. A CELL_NULL or CELL_PENDING cell passes no comparison. */
bool filter_match(const struct filter *filter, const struct rows *rows, size_t raw);
void filter_destroy(struct filter *filter);
