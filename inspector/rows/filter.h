/*
 * Filters: what a person types behind `f`, compiled.
 *
 *      Node            rows with "Node" in any text column (addresses and pids are text here),
 *                      ignoring case; an upper-case letter in the word makes it exact (smart case)
 *      !test           rows without it; !a,b is neither
 *      Node,Leaf       either
 *      /No.e$/         a POSIX extended regular expression; same columns, same smart case; \/ is a
 *                      slash
 *      size>1mib       a column, by its key, against a number with an optional unit (rows/value.h);
 *                      operators > >= < <= = !=
 *      type~Node       a text column contains (smart case); type=app.Node  a text column equals
 *      type=A,B        either value: what follows a comma inherits column and operator
 *      a b             both (terms are joined by blanks)
 *      "two words"     quotes keep blanks, commas and operators in a term or a value
 *
 * Columns whose cells are fetched one by one (COL_F_NO_SORT) are not searched and cannot be named:
 * what is not on the screen could not match.
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
/*
 * Whether raw row `raw` of a table with the same columns passes. A CELL_NULL or CELL_PENDING cell
 * passes no comparison, not even !=.
 */
bool filter_match(const struct filter *filter, const struct rows *rows, size_t raw);
void filter_destroy(struct filter *filter);
