/*
 * Rows of a browser as text: for the clipboard and for the details of a row.
 */
#include "inspector/base/units.h"
#include "inspector/base/utf8.h"
#include "inspector/ui/browser_private.h"

#include <inttypes.h>
#include <string.h>

static bool is_on_screen(const struct column *column)
{
    return !(column->flags & COL_F_JSON_ONLY);
}

static void append_row(const struct rows *rows, size_t raw, struct str *ret)
{
    char buf[CELL_BUF_BYTES];
    struct cell cell;
    const char *separator = "";

    for (unsigned col = 0; col < rows->n_columns; col++) {
        if (!is_on_screen(&rows->columns[col]))
            continue;
        rows_cell_raw(rows, raw, col, &cell);
        str_printf(ret, "%s%s", separator, cell_format(&rows->columns[col], &cell, true, buf));
        separator = "\t";
    }
    str_append(ret, "\n");
}

void browser_copy_rows(const struct browser *b, struct str *ret)
{
    if (!browser_count(b))
        return;
    if (!b->marks.count) {
        append_row(b->rows, browser_selected(b), ret);
        return;
    }
    for (size_t i = 0; i < browser_count(b); i++)
        if (idset_has(&b->marks, rows_id(b->rows, i)))
            append_row(b->rows, rows_raw(b->rows, i), ret);
}

bool browser_copy_name(const struct browser *b, struct str *ret)
{
    char buf[CELL_BUF_BYTES];
    struct cell cell;

    for (unsigned col = 0; browser_count(b) && col < b->rows->n_columns; col++) {
        const struct column *column = &b->rows->columns[col];
        if (column->kind != COL_ADDRESS && column->kind != COL_ID)
            continue;
        rows_cell(b->rows, b->cursor, col, &cell);
        if (cell.state != CELL_VALUE)
            continue;
        str_append(ret, cell_format(column, &cell, true, buf));
        return true;
    }
    return false;
}

/* Where the text on screen is rounded, the exact number too. */
static void append_exact(const struct column *column, const struct cell *cell, struct str *ret)
{
    char count[UNITS_BUF];

    if (cell->state != CELL_VALUE)
        return;
    if ((column->kind == COL_BYTES || column->kind == COL_BYTES_DELTA) &&
        (cell->num >= 1024 || cell->num <= -1024))
        str_printf(ret, " (%s bytes)", units_count(cell->num, count));
    if (column->kind == COL_DURATION_US && cell->num >= 1000)
        str_printf(ret, " (%s us)", units_count(cell->num, count));
}

void browser_details(const struct browser *b, struct str *ret)
{
    char buf[CELL_BUF_BYTES];
    struct cell cell;
    size_t widest = 0;

    if (!browser_count(b))
        return;
    for (unsigned col = 0; col < b->rows->n_columns; col++) {
        size_t width = utf8_width(b->rows->columns[col].title);
        if (is_on_screen(&b->rows->columns[col]) && width > widest)
            widest = width;
    }
    for (unsigned col = 0; col < b->rows->n_columns; col++) {
        const struct column *column = &b->rows->columns[col];
        if (!is_on_screen(column))
            continue;
        rows_cell(b->rows, b->cursor, col, &cell);
        size_t blanks = widest - utf8_width(column->title);
        str_printf(ret, "%s%*s  %s", column->title, (int)blanks, "",
                   cell_format(column, &cell, true, buf));
        append_exact(column, &cell, ret);
        str_append(ret, "\n");
    }
    str_append(ret, "\nColumns\n\n");
    for (unsigned col = 0; col < b->rows->n_columns; col++) {
        const struct column *column = &b->rows->columns[col];
        if (!is_on_screen(column))
            continue;
        str_printf(ret, "%s%*s  %s\n", column->title, (int)(widest - utf8_width(column->title)), "",
                   column->help ? column->help : "");
    }
    str_append(ret, "\nThe filter knows these columns as:");
    for (unsigned col = 0; col < b->rows->n_columns; col++)
        if (!(b->rows->columns[col].flags & (COL_F_NO_SORT | COL_F_JSON_ONLY)))
            str_printf(ret, " %s", b->rows->columns[col].key);
    str_append(ret, "\n");
}
