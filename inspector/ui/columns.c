#include "inspector/ui/columns.h"

#include <stdlib.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/base/utf8.h"

enum {
    MIN_TEXT_WIDTH = 8, /* for text columns that name no minimum */
    REST_WIDTH = 40, /* what the last text column may ask for before others have what they need */
    SORT_MARK_WIDTH = 1,
};

struct fit {
    bool is_in;
    int min, want;
};

enum draw_align columns_align(enum col_kind kind)
{
    switch (kind) {
    case COL_COUNT:
    case COL_BYTES:
    case COL_COUNT_DELTA:
    case COL_BYTES_DELTA:
    case COL_DURATION_US:
    case COL_GENERATION:
    case COL_ID:
        return ALIGN_RIGHT;
    case COL_TEXT:
    case COL_TYPE:
    case COL_ADDRESS:
    case COL_BOOL:
    case COL_SHARE:
        break;
    }
    return ALIGN_LEFT;
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static bool is_flexible(enum col_kind kind)
{
    return kind == COL_TEXT || kind == COL_TYPE;
}

/* The last text column, which takes what is left, or -1. */
static int rest_column(const struct rows *rows, const struct fit *fits)
{
    int last = -1;

    for (unsigned col = 0; col < rows->n_columns; col++)
        if (fits[col].is_in && rows->columns[col].kind == COL_TEXT)
            last = (int)col;
    return last;
}

static void measure(const struct rows *rows, const unsigned *natural, struct fit *fits)
{
    for (unsigned col = 0; col < rows->n_columns; col++) {
        const struct column *column = &rows->columns[col];
        int title = (int)utf8_width(column->title) + SORT_MARK_WIDTH;
        int want = larger((int)natural[col], title);
        int min = want;
        if (is_flexible(column->kind)) {
            min = larger(column->min_width ? (int)column->min_width : MIN_TEXT_WIDTH, title);
            want = larger(want, min);
        }
        fits[col] = (struct fit){!(column->flags & COL_F_JSON_ONLY), min, want};
    }
}

/* Columns that all the columns need at least. */
static int needed(const struct rows *rows, const struct fit *fits)
{
    int sum = -COLUMN_GAP;

    for (unsigned col = 0; col < rows->n_columns; col++)
        if (fits[col].is_in)
            sum += fits[col].min + COLUMN_GAP;
    return sum;
}

/* Leaves out the least important column; false if only one is left. */
static bool drop_one(const struct rows *rows, struct fit *fits)
{
    int victim = -1;
    unsigned n = 0;

    for (unsigned col = 0; col < rows->n_columns; col++) {
        if (!fits[col].is_in)
            continue;
        n++;
        if (victim < 0 || rows->columns[col].priority >= rows->columns[victim].priority)
            victim = (int)col;
    }
    if (n <= 1)
        return false;
    fits[victim].is_in = false;
    return true;
}

/*
 * Gives `spare` columns to those that want more than their minimum: equal parts, so that who wants
 * little gets it all and the rest is for the greedy. Returns what is left.
 */
static int share(const struct rows *rows, struct fit *fits, int spare)
{
    int n_wanting = 1;

    while (spare > 0 && n_wanting) {
        n_wanting = 0;
        for (unsigned col = 0; col < rows->n_columns; col++)
            n_wanting += fits[col].is_in && fits[col].want > fits[col].min;
        int part = n_wanting && spare / n_wanting ? spare / n_wanting : 1;
        for (unsigned col = 0; spare > 0 && col < rows->n_columns; col++) {
            int more = fits[col].is_in ? fits[col].want - fits[col].min : 0;
            more = more < part ? more : part;
            more = more < spare ? more : spare;
            fits[col].min += more;
            spare -= more;
        }
    }
    return spare;
}

unsigned columns_fit(const struct rows *rows, const unsigned *natural, int width,
                     struct column_place *ret)
{
    _cleanup_free_ struct fit *fits = xalloc((rows->n_columns + 1) * sizeof *fits);
    unsigned n = 0;
    int x = 0;

    measure(rows, natural, fits);
    while (needed(rows, fits) > width && drop_one(rows, fits))
        ;
    int rest = rest_column(rows, fits);
    if (rest >= 0 && fits[rest].want > REST_WIDTH)
        fits[rest].want = larger(fits[rest].min, REST_WIDTH);
    int spare = width - needed(rows, fits);
    if (spare > 0)
        spare = share(rows, fits, spare);
    if (rest >= 0 && spare > 0)
        fits[rest].min += spare;
    for (unsigned col = 0; col < rows->n_columns; col++) {
        if (!fits[col].is_in)
            continue;
        int room = fits[col].min < width - x ? fits[col].min : width - x;
        ret[n++] = (struct column_place){col, x, room};
        x += fits[col].min + COLUMN_GAP;
    }
    return n;
}
