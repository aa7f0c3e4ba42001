#include "inspector/rows/rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/base/clock.h"
#include "inspector/base/units.h"

enum { SHARE_CELLS = 10 }; /* of a bar */

_Static_assert((int)CELL_BUF_BYTES >= (int)UNITS_BUF,
               "cell_format() lets units write into the buffer");

size_t rows_count(const struct rows *rows)
{
    return rows->order ? rows->order_count : rows_total(rows);
}

size_t rows_raw(const struct rows *rows, size_t i)
{
    return rows->order ? rows->order[i] : i;
}

void rows_cell(const struct rows *rows, size_t i, unsigned col, struct cell *ret)
{
    rows_cell_raw(rows, rows_raw(rows, i), col, ret);
}

void rows_cell_raw(const struct rows *rows, size_t raw, unsigned col, struct cell *ret)
{
    ret->state = CELL_NULL;
    ret->tone = TONE_NORMAL;
    ret->num = 0;
    ret->text = NULL;
    ret->buf[0] = '\0';
    rows->ops->cell(rows, raw, col, ret);
}

uint64_t rows_id(const struct rows *rows, size_t i)
{
    return rows->ops->id(rows, rows_raw(rows, i));
}

size_t rows_find(const struct rows *rows, uint64_t id)
{
    size_t count = rows_count(rows);

    for (size_t i = 0; i < count; i++)
        if (rows_id(rows, i) == id)
            return i;
    return SIZE_MAX;
}

void rows_prefetch(struct rows *rows, size_t first, size_t n)
{
    enum { BATCH = 256 };
    uint32_t raw[BATCH];
    size_t count = rows_count(rows);

    if (!rows->ops->prefetch || first >= count)
        return;
    if (n > count - first)
        n = count - first;
    while (n) {
        size_t batch = n < BATCH ? n : BATCH;
        for (size_t i = 0; i < batch; i++)
            raw[i] = (uint32_t)rows_raw(rows, first + i);
        rows->ops->prefetch(rows, raw, batch);
        first += batch;
        n -= batch;
    }
}

int rows_column(const struct rows *rows, const char *key)
{
    for (unsigned i = 0; i < rows->n_columns; i++)
        if (!strcmp(rows->columns[i].key, key))
            return (int)i;
    return -1;
}

bool col_reads_as_text(enum col_kind kind)
{
    return kind == COL_TEXT || kind == COL_TYPE || kind == COL_ADDRESS || kind == COL_ID;
}

void rows_order_install(struct rows *rows, struct rows_order *order)
{
    free(rows->order);
    rows->order = order->raw;
    rows->order_count = order->count;
    *order = (struct rows_order){NULL, 0};
}

struct err *rows_arrange(struct rows *rows, const struct rows_spec *spec)
{
    struct rows_order order;

    ERR_RETURN(rows_order_compute(rows, spec, NULL, &order));
    rows_order_install(rows, &order);
    return NULL;
}

/* "35.2% ███▌      ": the number, and a bar that is whole at 100%. */
static const char *format_share(int64_t num, bool ascii, char buf[CELL_BUF_BYTES])
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    int64_t whole = num < 0 ? 0 : num > 1000 ? 1000 : num;
    int eighth = (int)(whole * SHARE_CELLS * 8 / 1000), full = eighth / 8, used = full;
    int n = snprintf(buf, CELL_BUF_BYTES, "%3" PRId64 ".%" PRId64 "%% ", num / 10, num % 10);

    for (int i = 0; i < full; i++)
        n += snprintf(buf + n, CELL_BUF_BYTES - (size_t)n, "%s", ascii ? "#" : "█");
    if (!ascii && eighth % 8) {
        n += snprintf(buf + n, CELL_BUF_BYTES - (size_t)n, "%s", eighths[eighth % 8]);
        used++;
    }
    snprintf(buf + n, CELL_BUF_BYTES - (size_t)n, "%*s", SHARE_CELLS - used, "");
    return buf;
}

const char *cell_format(const struct column *column, const struct cell *cell, bool ascii,
                        char buf[CELL_BUF_BYTES])
{
    if (cell->state == CELL_NULL)
        return "-";
    if (cell->state == CELL_PENDING)
        return ascii ? "..." : "…";
    switch (column->kind) {
    case COL_TEXT:
    case COL_TYPE:
        return cell->text ? cell->text : "";
    case COL_GENERATION:
        if (cell->text)
            return cell->text;
        __attribute__((fallthrough));
    case COL_ID:
        snprintf(buf, CELL_BUF_BYTES, "%" PRId64, cell->num);
        return buf;
    case COL_ADDRESS:
        snprintf(buf, CELL_BUF_BYTES, "0x%" PRIx64, (uint64_t)cell->num);
        return buf;
    case COL_COUNT:
        return units_count(cell->num, buf);
    case COL_BYTES:
        return units_bytes(cell->num, buf);
    case COL_COUNT_DELTA:
        return units_count_delta(cell->num, buf);
    case COL_BYTES_DELTA:
        return units_bytes_delta(cell->num, buf);
    case COL_DURATION_US:
        return units_duration_ns((uint64_t)cell->num * NS_PER_US, buf);
    case COL_SHARE:
        return format_share(cell->num, ascii, buf);
    case COL_BOOL:
        return cell->num ? "yes" : "no";
    }
    return "";
}

void rows_destroy(struct rows *rows)
{
    if (!rows)
        return;
    free(rows->order);
    rows->order = NULL;
    rows->ops->destroy(rows);
}
