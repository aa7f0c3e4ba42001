#include "tests/support/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/base/mem.h"
#include "inspector/rows/value.h"

struct table {
    struct rows rows;
    struct cell *cells; /* n_rows * n_columns */
    size_t n_rows;
};

static void table_destroy(struct rows *rows)
{
    struct table *table = (struct table *)rows;

    free(table->cells);
    free(table);
}

static size_t table_total(const struct rows *rows)
{
    return ((const struct table *)rows)->n_rows;
}

static void table_cell(const struct rows *rows, size_t raw, unsigned col, struct cell *ret)
{
    const struct table *table = (const struct table *)rows;

    *ret = table->cells[raw * rows->n_columns + col];
    if (ret->text) /* half of the columns answer from storage, half from the cell's own buffer */
        ret->text = col % 2 ? ret->buf : table->cells[raw * rows->n_columns + col].buf;
}

static uint64_t table_id(const struct rows *rows, size_t raw)
{
    (void)rows;
    return raw * 10;
}

static const struct rows_ops table_ops = {
    .name = "table",
    .destroy = table_destroy,
    .total = table_total,
    .cell = table_cell,
    .id = table_id,
};

static void malformed(const char *line)
{
    fprintf(stderr, "malformed table at: %s\n", line);
    abort();
}

static void read_cell(enum col_kind kind, const char *text, struct cell *cell)
{
    if (!strcmp(text, "-"))
        return;
    cell->state = !strcmp(text, "?") ? CELL_PENDING : CELL_VALUE;
    if (cell->state == CELL_PENDING)
        return;
    snprintf(cell->buf, sizeof cell->buf, "%s", text);
    if (kind != COL_TEXT && kind != COL_TYPE) {
        struct err *err = value_parse(kind, text, &cell->num);
        if (!err)
            return;
        err_destroy(err);
        if (kind != COL_GENERATION)
            malformed(text);
    }
    cell->text = cell->buf;
}

/* The text up to the next '|' or line end without blanks around it; *text moves behind it. */
static void next_field(const char **text, char *buf, size_t buf_bytes)
{
    size_t bytes = strcspn(*text, "|\n");
    const char *start = *text, *end = start + bytes;

    *text = end + (*end != '\0');
    while (start < end && *start == ' ')
        start++;
    while (end > start && end[-1] == ' ')
        end--;
    snprintf(buf, buf_bytes, "%.*s", (int)(end - start), start);
}

struct rows *table_create(const struct column *columns, unsigned n_columns, const char *text)
{
    struct table *table = xalloc(sizeof *table);
    char field[CELL_BUF_BYTES];

    table->rows = (struct rows){&table_ops, columns, n_columns, .immutable = true};
    while (*text) {
        const char *line = text;
        size_t at = table->n_rows++ * n_columns;
        table->cells = xrealloc(table->cells, (at + n_columns) * sizeof *table->cells);
        memset(&table->cells[at], 0, n_columns * sizeof *table->cells);
        for (unsigned col = 0; col < n_columns; col++) {
            if (col && (text == line || text[-1] != '|'))
                malformed(line);
            next_field(&text, field, sizeof field);
            read_cell(columns[col].kind, field, &table->cells[at + col]);
        }
        if (text[-1] == '|')
            malformed(line);
    }
    return &table->rows;
}

const char *table_shown(const struct rows *rows, char *buf, size_t buf_bytes)
{
    size_t used = 0;

    buf[0] = '\0';
    for (size_t i = 0; i < rows_count(rows) && used < buf_bytes; i++) {
        char text[CELL_BUF_BYTES];
        struct cell cell;
        rows_cell(rows, i, 0, &cell);
        used += (size_t)snprintf(buf + used, buf_bytes - used, "%s%s", i ? " " : "",
                                 cell_format(&rows->columns[0], &cell, true, text));
    }
    return buf;
}
