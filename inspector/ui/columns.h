/*
 * How wide the columns of a table are on a line of given width. Pure arithmetic; any thread.
 *
 *      mark │ numbers: never clipped │ names: as wide as seen │ last text column: the rest
 *
 * When the line is too narrow, columns are left out by priority; when there is room, names get what
 * they were seen to need and the last text column takes what is left. Nothing depends on the rows
 * below the page, so widths change only when something wider comes into view.
 */
#pragma once

#include "inspector/rows/rows.h"
#include "inspector/ui/draw.h"

struct column_place {
    unsigned col; /* index into the table's columns */
    int x, width;
};

enum { COLUMN_GAP = 2 };

/*
 * Places the columns of `rows` on `width` columns of the screen. `natural` is, for each column, the
 * widest text seen. Writes at most n_columns places, in screen order; returns how many. At least
 * one column is placed if there is any.
 */
unsigned columns_fit(const struct rows *rows, const unsigned *natural, int width,
                     struct column_place *ret);
/* How cells of this kind stand in their column. */
enum draw_align columns_align(enum col_kind kind);
