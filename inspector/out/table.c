#include "inspector/out/table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "inspector/base/mem.h"
#include "inspector/base/utf8.h"

enum { GAP = 2, MEASURED_MAX = 10000 };

struct layout {
    const struct rows *rows;
    size_t n;        /* rows to print */
    unsigned *width; /* of each column; 0: not printed */
    bool cut;        /* what is wider; else it sticks out */
};

static bool is_text(const struct column *column)
{
    return column->kind == COL_TEXT || column->kind == COL_TYPE;
}

static const char *text_of(const struct rows *rows, size_t row, unsigned col, struct cell *cell,
                           char buf[CELL_BUF_BYTES])
{
    rows_cell(rows, row, col, cell);
    return cell_format(&rows->columns[col], cell, false, buf);
}

/* The natural width of every column, from the rows that will be printed; all-null columns are left out. */
static void measure(struct layout *layout)
{
    for (unsigned col = 0; col < layout->rows->n_columns; col++) {
        const struct column *column = &layout->rows->columns[col];
        bool empty = true;
        if (column->flags & COL_F_JSON_ONLY)
            continue;
        unsigned widest = (unsigned)utf8_width(column->title);
        for (size_t i = 0; i < layout->n && i < MEASURED_MAX; i++) {
            struct cell cell;
            char buf[CELL_BUF_BYTES];
            unsigned width = (unsigned)utf8_width(text_of(layout->rows, i, col, &cell, buf));
            widest = width > widest ? width : widest;
            empty = empty && cell.state == CELL_NULL;
        }
        layout->width[col] = empty && layout->n ? 0 : widest;
    }
}

static unsigned total_width(const struct layout *layout)
{
    unsigned total = 0;

    for (unsigned col = 0; col < layout->rows->n_columns; col++)
        if (layout->width[col])
            total += layout->width[col] + (total ? GAP : 0);
    return total;
}

/* The widest text column that can still give something, or -1. */
static int widest_text(const struct layout *layout)
{
    int widest = -1;

    for (unsigned col = 0; col < layout->rows->n_columns; col++) {
        const struct column *column = &layout->rows->columns[col];
        if (is_text(column) && layout->width[col] > column->min_width &&
            (widest < 0 || layout->width[col] > layout->width[widest]))
            widest = (int)col;
    }
    return widest;
}

/* The printed column that matters least, or -1 when only one is left. */
static int least_important(const struct layout *layout)
{
    int least = -1, printed = 0;

    for (unsigned col = 0; col < layout->rows->n_columns; col++) {
        if (!layout->width[col])
            continue;
        printed++;
        if (least < 0 ||
            layout->rows->columns[col].priority >= layout->rows->columns[least].priority)
            least = (int)col;
    }
    return printed > 1 ? least : -1;
}

static void fit(struct layout *layout, unsigned width)
{
    while (total_width(layout) > width) {
        int col = widest_text(layout);
        if (col >= 0) {
            unsigned excess = total_width(layout) - width;
            unsigned spare = layout->width[col] - layout->rows->columns[col].min_width;
            layout->width[col] -= excess < spare ? excess : spare;
            continue;
        }
        col = least_important(layout);
        if (col < 0)
            return;
        layout->width[col] = 0;
    }
}

static void print_cell(FILE *to, const char *text, unsigned width, bool cut, bool left, bool last)
{
    size_t used = utf8_width(text);
    const char *more = "";

    if (cut && used > width) {
        size_t bytes = utf8_fit(text, width - 1, &used);
        fwrite(text, 1, bytes, to);
        text = "";
        more = "…";
        used++;
    }
    int pad = used < width ? (int)(width - used) : 0;
    if (left)
        fprintf(to, "%s%s%*s", text, more, last ? 0 : pad, "");
    else
        fprintf(to, "%*s%s%s", pad, "", text, more);
}

/* A line: the headings when `row` is SIZE_MAX. */
static void print_line(FILE *to, const struct layout *layout, size_t row)
{
    const struct rows *rows = layout->rows;
    bool first = true;
    unsigned last = 0;

    for (unsigned col = 0; col < rows->n_columns; col++)
        last = layout->width[col] ? col : last;
    for (unsigned col = 0; col < rows->n_columns; col++) {
        struct cell cell;
        char buf[CELL_BUF_BYTES];
        if (!layout->width[col])
            continue;
        const char *text =
            row == SIZE_MAX ? rows->columns[col].title : text_of(rows, row, col, &cell, buf);
        fprintf(to, "%*s", first ? 0 : GAP, "");
        print_cell(to, text, layout->width[col], layout->cut, is_text(&rows->columns[col]),
                   col == last);
        first = false;
    }
    fputc('\n', to);
}

static unsigned terminal_width(FILE *to)
{
    struct winsize size;

    if (!isatty(fileno(to)) || ioctl(fileno(to), TIOCGWINSZ, &size) || !size.ws_col)
        return UINT32_MAX;
    return size.ws_col;
}

void table_print(FILE *to, const struct rows *rows, size_t limit)
{
    size_t n = rows_count(rows);
    unsigned width = terminal_width(to);
    struct layout layout = {rows, limit && limit < n ? limit : n,
                            xalloc(rows->n_columns * sizeof *layout.width), width != UINT32_MAX};

    measure(&layout);
    fit(&layout, width);
    print_line(to, &layout, SIZE_MAX);
    for (size_t i = 0; i < layout.n; i++)
        print_line(to, &layout, i);
    free(layout.width);
}
