/*
 * Row sources: every table of the product, without curses.
 *
 * A table (types, objects, referrers, processes …) is a `struct rows`: it has columns, a number of
 * rows and cells. The terminal interface, the text output and the JSON print the same row source,
 * so they cannot disagree, and each table can be tested without a terminal.
 *
 *      model, session ──► rows_types.c  ┐
 *                         rows_procs.c  ├─► struct rows ──► ui/browser.c, out/text.c, out/json.c
 *                         …             ┘       ▲
 *                                     rows_order (sort + filter)
 *
 * A source numbers its rows 0 … total-1 in its natural order: the *raw* rows. What is shown is an
 * order: a list of raw rows after filter and sort. rows_order_compute() builds one without touching
 * the source, on any thread; rows_order_install() puts it in place on the thread that owns the
 * source. Small tables use rows_arrange(), which does both.
 *
 *      struct rows *types = rows_types_create(snapshot);
 *      ERR_RETURN(rows_arrange(types, &(struct rows_spec){.sort_column = 2, .descending = true}));
 *      for (size_t i = 0; i < rows_count(types); i++) {
 *              struct cell cell;
 *              rows_cell(types, i, 0, &cell);
 *              …
 *      }
 *      rows_destroy(types);
 *
 * Threads: a source belongs to one thread, except that rows_order_compute() may run on another at
 * the same time if the source is `immutable` (its raw rows do not change while it lives). Cells of
 * COL_F_NO_SORT columns may change all the same, when an answer arrives: only the owner reads them.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inspector/base/err.h"

enum col_kind {
    COL_TEXT,        /* left-aligned; takes what width is left */
    COL_TYPE,        /* a type's name, module.qualname */
    COL_ADDRESS,     /* u64, printed 0x… */
    COL_COUNT,       /* a number of things, printed 1,234 */
    COL_BYTES,       /* a size, printed 1.5 KiB (JSON: plain bytes) */
    COL_COUNT_DELTA, /* a change of a number, printed with its sign */
    COL_BYTES_DELTA, /* a change of a size, printed with its sign */
    COL_DURATION_US, /* microseconds, printed 4.56 ms (JSON: plain microseconds) */
    COL_BOOL,        /* num 0 or 1, printed yes or no */
    COL_GENERATION,  /* text "permanent", or num 0, 1, 2 */
    COL_SHARE,       /* tenths of a percent, printed "35.2% ███▌" */
    COL_ID,          /* a plain number without separators: a pid */
};

enum col_flags {
    COL_F_JSON_ONLY = 1 << 0, /* in the JSON, on no screen */
    COL_F_NO_JSON = 1 << 1,   /* on the screen, not in the JSON (derived, or decoration) */
    COL_F_NO_SORT = 1 << 2,   /* cells are fetched one by one: no sort key, not filtered */
    COL_F_DESC = 1 << 3,      /* the useful order is largest first */
};

struct column {
    const char *key;   /* JSON key and filter field; a table's keys are distinct */
    const char *title; /* heading, at most 12 characters */
    const char *help;  /* one line: what it is, with its unit */
    enum col_kind kind;
    unsigned flags;     /* enum col_flags */
    unsigned min_width; /* cells of the terminal below which it is not worth showing */
    unsigned priority;  /* 0 is dropped last when the terminal is narrow */
};

enum cell_state {
    CELL_NULL,    /* there is no such value, or it is not known: null, shown as "-" */
    CELL_PENDING, /* asked for, not here yet: shown as "…" */
    CELL_VALUE,
};

/* What a row or cell means, for the colours; never the only carrier of a meaning. */
enum tone { TONE_NORMAL, TONE_DIM, TONE_GOOD, TONE_WARN, TONE_BAD };

enum { CELL_BUF_BYTES = 256 };

struct cell {
    enum cell_state state;
    enum tone tone;
    int64_t num;      /* for the numeric kinds; addresses as their bit pattern */
    const char *text; /* for COL_TEXT, COL_TYPE, COL_GENERATION (NULL there: num). Points into the
                         source's immutable storage or to `buf`; valid as long as both are. Escaped:
                         printable UTF-8. */
    char buf[CELL_BUF_BYTES];
};

struct filter; /* rows/filter.h */
struct rows;

/* What a source implements. `rows` is the first member of the source's own struct. */
struct rows_ops {
    const char *name; /* of the table: "types" */
    void (*destroy)(struct rows *rows);
    size_t (*total)(const struct rows *rows);
    /* Fills *ret for raw row `raw` < total and column `col` < n_columns. Re-entrant. *ret comes as
     * a CELL_NULL with TONE_NORMAL: set only what is known. */
    void (*cell)(const struct rows *rows, size_t raw, unsigned col, struct cell *ret);
    /* Identity of a raw row that survives re-sorting and a new snapshot (an address, a pid, a
     * type's name hash), for cursors and marks. */
    uint64_t (*id)(const struct rows *rows, size_t raw);
    /* Optional: these `n` raw rows are about to be shown, ask for what is CELL_PENDING in them.
     * Must not block: the answer arrives later and the owner redraws. */
    void (*prefetch)(struct rows *rows, const uint32_t *raw, size_t n);
};

struct rows {
    const struct rows_ops *ops;
    const struct column *columns;
    unsigned n_columns;
    bool immutable; /* raw rows never change, one-by-one cells apart: see Threads above */

    /* private to rows.c: the installed order; NULL means natural order, all rows */
    uint32_t *order;
    size_t order_count;
};

/* How a table is to be shown. */
struct rows_spec {
    int sort_column; /* index into columns, or -1 for the natural order */
    bool descending;
    const struct filter *filter; /* NULL: all rows; borrowed for the time of the call */
};

/* The result of sorting and filtering, not yet shown. */
struct rows_order {
    uint32_t *raw; /* malloc'd */
    size_t count;
};

static inline size_t rows_total(const struct rows *rows)
{
    return rows->ops->total(rows);
}

/* Rows that are shown: after the filter. */
size_t rows_count(const struct rows *rows);
/* The raw row behind shown row `i` < rows_count(). */
size_t rows_raw(const struct rows *rows, size_t i);
/* Cell of shown row `i`. */
void rows_cell(const struct rows *rows, size_t i, unsigned col, struct cell *ret);
/* Cell of raw row `raw`. What the source does not set is a CELL_NULL without tone. */
void rows_cell_raw(const struct rows *rows, size_t raw, unsigned col, struct cell *ret);
uint64_t rows_id(const struct rows *rows, size_t i);
/* The shown row with identity `id`, or SIZE_MAX. Linear. */
size_t rows_find(const struct rows *rows, uint64_t id);
/* Passes shown rows [first, first + n) to the source's prefetch, if it has one. */
void rows_prefetch(struct rows *rows, size_t first, size_t n);
/* The column with this key, or -1. */
int rows_column(const struct rows *rows, const char *key);
/* Whether a word can be looked for in cells of this kind: texts, and numbers that serve as names.
 */
bool col_reads_as_text(enum col_kind kind);

/*
 * Sorts (stable in both directions: equal rows keep their natural order) and filters. Texts compare
 * by their bytes; a generation with a text ("permanent") is older than every number. Values that
 * are NULL or pending sort last in both directions. `cancel` may be NULL; when another thread sets
 * it the call returns ERR_CANCELLED soon (within some milliseconds). Fails also without memory.
 * More than UINT32_MAX raw rows are an ERR_UNSUPPORTED; a COL_F_NO_SORT sort column is an
 * ERR_INTERNAL.
 *
 * Time and memory: 2 million rows take some tenths of a second and, while it runs, 32 bytes a row
 * for numbers and 48 for texts.
 */
ERR_CHECK struct err *rows_order_compute(const struct rows *rows, const struct rows_spec *spec,
                                         const atomic_bool *cancel, struct rows_order *ret);
/* Takes the order over (its arrays now belong to `rows`). */
void rows_order_install(struct rows *rows, struct rows_order *order);
/* compute + install, for the owner's thread. */
ERR_CHECK struct err *rows_arrange(struct rows *rows, const struct rows_spec *spec);

/*
 * The text of a value as a person reads it ("1.5 KiB", "0x7f…", "yes"), NULL as "-", pending as "…"
 * ("..." if `ascii`). Returns cell->text itself or `buf`.
 */
const char *cell_format(const struct column *column, const struct cell *cell, bool ascii,
                        char buf[CELL_BUF_BYTES]);

/* Destroys the source; NULL is fine. */
void rows_destroy(struct rows *rows);
