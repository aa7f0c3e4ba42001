/*
 * Sorting: the key of every row is read once, then keys and row numbers are sorted together.
 *
 *      raw rows ──filter──► raw numbers ──keys──► { key, raw } ──sort──► order
 *                                          └► NULL ones, put behind in their natural order
 *
 * Numbers become 64-bit keys whose unsigned order is the wanted one (sign bit flipped; all bits
 * flipped for descending) and go through a radix sort, which is stable and linear. Texts of large
 * tables are mostly a few type names many times over, as pointers to the same strings: those are
 * numbered in sorted order and go the same way. Other texts are merge-sorted by their first eight
 * bytes, then by the rest.
 */
#include "inspector/rows/rows.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/rows/filter.h"
#include "inspector/rows/text_order.h"

enum {
    CANCEL_STRIDE = 4096, /* rows between two looks at the cancel flag */
    RADIX_BITS = 8,
    RADIX_SLOTS = 1 << RADIX_BITS,
    KEY_BITS = 64,
};

struct num_item {
    uint64_t key;
    uint32_t raw;
};

static bool is_cancelled(const atomic_bool *cancel)
{
    return cancel && atomic_load_explicit(cancel, memory_order_relaxed);
}

static struct err *cancelled(void)
{
    return err_new(ERR_CANCELLED, NULL, "sorting was cancelled");
}

/* The raw numbers that pass the filter, in natural order. */
static struct err *select_rows(const struct rows *rows, const struct filter *filter,
                               const atomic_bool *cancel, struct rows_order *ret)
{
    size_t total = rows_total(rows);

    if (total > UINT32_MAX)
        return err_new(ERR_UNSUPPORTED, NULL, "'%s' has more than %u rows", rows->ops->name,
                       UINT32_MAX);
    _cleanup_free_ uint32_t *raw = malloc((total ? total : 1) * sizeof *raw);
    if (!raw)
        return err_nomem();
    size_t count = 0;
    for (size_t i = 0; i < total; i++) {
        if (i % CANCEL_STRIDE == 0 && is_cancelled(cancel))
            return cancelled();
        if (!filter || filter_match(filter, rows, i))
            raw[count++] = (uint32_t)i;
    }
    *ret = (struct rows_order){take_ptr(raw), count};
    return NULL;
}

/* The unsigned number by which this cell sorts upwards. */
static uint64_t number_key(enum col_kind kind, const struct cell *cell)
{
    const uint64_t sign = UINT64_C(1) << (KEY_BITS - 1);

    if (kind == COL_ADDRESS)
        return (uint64_t)cell->num;
    if (kind == COL_GENERATION && cell->text)
        return UINT64_MAX;
    return (uint64_t)cell->num ^ sign;
}

/*
 * Sorts `items` by key, least significant byte first; `spare` has as much room. Passes in which all
 * keys agree are skipped, so small numbers cost two or three passes. The result is in *items
 * (swapped).
 */
static bool radix_sort(struct num_item **items, struct num_item **spare, size_t n,
                       const atomic_bool *cancel)
{
    for (unsigned shift = 0; shift < KEY_BITS; shift += RADIX_BITS) {
        size_t start[RADIX_SLOTS] = {0};
        const struct num_item *from = *items;
        struct num_item *to = *spare;

        if (is_cancelled(cancel))
            return false;
        for (size_t i = 0; i < n; i++)
            start[from[i].key >> shift & (RADIX_SLOTS - 1)]++;
        if (n && start[from[0].key >> shift & (RADIX_SLOTS - 1)] == n)
            continue;
        size_t sum = 0;
        for (unsigned slot = 0; slot < RADIX_SLOTS; slot++) {
            size_t count = start[slot];
            start[slot] = sum;
            sum += count;
        }
        for (size_t i = 0; i < n; i++)
            to[start[from[i].key >> shift & (RADIX_SLOTS - 1)]++] = from[i];
        *spare = *items;
        *items = to;
    }
    return true;
}

/* Puts what has no value behind the `n_valued` sorted rows, in natural order. */
static void append_nulls(uint32_t *raw, size_t n_valued, const uint32_t *nulls, size_t n_nulls)
{
    if (n_nulls)
        memcpy(raw + n_valued, nulls, n_nulls * sizeof *raw);
}

static struct err *sort_items(struct num_item **items, size_t n, const atomic_bool *cancel)
{
    struct num_item *spare = malloc((n ? n : 1) * sizeof *spare);

    if (!spare)
        return err_nomem();
    bool done = radix_sort(items, &spare, n, cancel);
    free(spare);
    return done ? NULL : cancelled();
}

static struct err *sort_numbers(const struct rows *rows, const struct rows_spec *spec,
                                const atomic_bool *cancel, struct rows_order *order)
{
    unsigned col = (unsigned)spec->sort_column;
    enum col_kind kind = rows->columns[col].kind;
    size_t n = order->count, n_valued = 0, n_nulls = 0;
    _cleanup_free_ struct num_item *items = malloc((n ? n : 1) * sizeof *items);
    _cleanup_free_ uint32_t *nulls = malloc((n ? n : 1) * sizeof *nulls);
    struct cell cell;

    if (!items || !nulls)
        return err_nomem();
    for (size_t i = 0; i < n; i++) {
        if (i % CANCEL_STRIDE == 0 && is_cancelled(cancel))
            return cancelled();
        rows_cell_raw(rows, order->raw[i], col, &cell);
        if (cell.state != CELL_VALUE) {
            nulls[n_nulls++] = order->raw[i];
            continue;
        }
        uint64_t key = number_key(kind, &cell);
        items[n_valued++] = (struct num_item){spec->descending ? ~key : key, order->raw[i]};
    }
    ERR_RETURN(sort_items(&items, n_valued, cancel));
    for (size_t i = 0; i < n_valued; i++)
        order->raw[i] = items[i].raw;
    append_nulls(order->raw, n_valued, nulls, n_nulls);
    return NULL;
}

static struct err *read_texts(const struct rows *rows, unsigned col, const atomic_bool *cancel,
                              const struct rows_order *order, struct text_order *texts,
                              uint32_t *nulls, size_t *n_nulls)
{
    struct cell cell;

    for (size_t i = 0; i < order->count; i++) {
        if (i % CANCEL_STRIDE == 0 && is_cancelled(cancel))
            return cancelled();
        rows_cell_raw(rows, order->raw[i], col, &cell);
        if (cell.state != CELL_VALUE || !cell.text)
            nulls[(*n_nulls)++] = order->raw[i];
        else
            ERR_RETURN(text_order_add(texts, cell.text, cell.text == cell.buf, order->raw[i]));
    }
    return NULL;
}

/* Many rows, few strings: sorts the strings, then the rows by the number of their string. */
static struct err *sort_ranked(struct text_order *texts, const struct rows_spec *spec,
                               const atomic_bool *cancel, uint32_t *raw)
{
    size_t n = texts->count;
    _cleanup_free_ struct num_item *items = malloc((n ? n : 1) * sizeof *items);

    if (!items)
        return err_nomem();
    for (size_t i = 0; i < n; i++) {
        uint64_t key = text_order_rank(texts, i);
        items[i] = (struct num_item){spec->descending ? ~key : key, texts->items[i].raw};
    }
    ERR_RETURN(sort_items(&items, n, cancel));
    for (size_t i = 0; i < n; i++)
        raw[i] = items[i].raw;
    return NULL;
}

static struct err *sort_texts(const struct rows *rows, const struct rows_spec *spec,
                              const atomic_bool *cancel, struct rows_order *order)
{
    _cleanup_(text_order_deinit) struct text_order texts = {0};
    size_t n = order->count, n_nulls = 0;
    _cleanup_free_ uint32_t *nulls = malloc((n ? n : 1) * sizeof *nulls);

    if (!nulls)
        return err_nomem();
    ERR_RETURN(text_order_init(&texts, n));
    ERR_RETURN(
        read_texts(rows, (unsigned)spec->sort_column, cancel, order, &texts, nulls, &n_nulls));
    if (text_order_is_ranked(&texts)) {
        ERR_RETURN(sort_ranked(&texts, spec, cancel, order->raw));
    } else {
        ERR_RETURN(text_order_merge_sort(&texts, spec->descending, cancel));
        for (size_t i = 0; i < texts.count; i++)
            order->raw[i] = texts.items[i].raw;
    }
    append_nulls(order->raw, texts.count, nulls, n_nulls);
    return NULL;
}

struct err *rows_order_compute(const struct rows *rows, const struct rows_spec *spec,
                               const atomic_bool *cancel, struct rows_order *ret)
{
    struct rows_order order;
    struct err *err = NULL;

    if (spec->sort_column >= (int)rows->n_columns ||
        (spec->sort_column >= 0 && rows->columns[spec->sort_column].flags & COL_F_NO_SORT))
        return err_new(ERR_INTERNAL, NULL, "cannot sort '%s' by column %d", rows->ops->name,
                       spec->sort_column);
    ERR_RETURN(select_rows(rows, spec->filter, cancel, &order));
    if (spec->sort_column >= 0) {
        enum col_kind kind = rows->columns[spec->sort_column].kind;
        err = kind == COL_TEXT || kind == COL_TYPE ? sort_texts(rows, spec, cancel, &order)
                                                   : sort_numbers(rows, spec, cancel, &order);
    }
    if (err) {
        free(order.raw);
        return err;
    }
    *ret = order;
    return NULL;
}
