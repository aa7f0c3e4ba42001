/*
 * Sorting and filtering what a browser shows: at once for small tables, by a job for large ones.
 *
 *      wanted ──(small, or not immutable)── rows_arrange() ──────────────────────┐
 *         └────(large)── order_run() on the worker ── order_done() ──────────────┴─► shown
 *
 * A newer wish cancels the job of an older one. The job reads raw rows only, so that the old order
 * can stay on the screen while it runs.
 */
#include <stdlib.h>
#include <string.h>

#include "inspector/base/mem.h"
#include "inspector/ui/browser_private.h"

struct order_job {
    struct browser *browser;
    const struct rows *rows;
    struct job *job;
    struct browser_spec spec;
    struct filter *filter;
    struct rows_order order; /* the result */
    bool is_stopped;         /* the browser no longer wants it */
};

void browser_spec_copy(struct browser_spec *to, const struct browser_spec *from)
{
    char *filter_text = xstrdup(from->filter_text);

    free(to->filter_text);
    *to = *from;
    to->filter_text = filter_text;
}

/*
 * Puts the cursor back on its row, at the same height of the page if possible. If another filter hides
 * the row, the first one that passes is the natural place; if the row is gone, the line where it was.
 */
static void restore_cursor(struct browser *b, bool is_other_filter)
{
    size_t offset = b->cursor - b->top;
    size_t found = b->has_anchor ? rows_find(b->rows, b->anchor_id) : SIZE_MAX;

    if (found != SIZE_MAX) {
        b->cursor = found;
        b->top = found > offset ? found - offset : 0;
    } else if (is_other_filter) {
        b->cursor = b->top = 0;
    }
    browser_clamp(b);
}

/* A source without an order shows all rows in their natural one, whatever was shown before it. */
static void admit_natural_order(struct browser *b)
{
    if (b->rows->order)
        return;
    b->shown.sort_column = -1;
    b->shown.filter_text[0] = '\0';
}

static void order_shown(struct browser *b, const struct browser_spec *spec)
{
    bool is_other_filter = strcmp(b->shown.filter_text, spec->filter_text) != 0;

    browser_spec_copy(&b->shown, spec);
    restore_cursor(b, is_other_filter);
}

static struct err *order_run(struct job *job, void *ctx)
{
    struct order_job *order = ctx;
    struct rows_spec spec = {order->spec.sort_column, order->spec.descending, order->filter};

    return rows_order_compute(order->rows, &spec, job_cancel_flag(job), &order->order);
}

/* The user or a lack of memory stopped it: what is shown is what is wanted now. */
static void give_up(struct browser *b, const struct err *err)
{
    browser_say(b, err->code != ERR_CANCELLED, "%s", err->message);
    admit_natural_order(b);
    browser_spec_copy(&b->wanted, &b->shown);
}

static void order_done(void *ctx, const struct job_result *result)
{
    struct order_job *order = ctx;
    struct browser *b = order->browser;

    if (!order->is_stopped) {
        b->ordering = NULL;
        if (result->err) {
            give_up(b, result->err);
        } else {
            browser_stop_searching(b);
            rows_order_install(b->rows, &order->order);
            order_shown(b, &order->spec);
        }
    }
    free(order->order.raw);
    filter_destroy(order->filter);
    free(order->spec.filter_text);
    free(order);
}

void browser_stop_ordering(struct browser *b)
{
    struct order_job *order = b->ordering;

    if (!order)
        return;
    b->ordering = NULL;
    order->is_stopped = true;
    job_cancel_wait(b->host.runner, order->job);
}

static void arrange_by_job(struct browser *b, struct filter *filter)
{
    struct order_job *order = xalloc(sizeof *order);

    admit_natural_order(b);
    order->browser = b;
    order->rows = b->rows;
    order->filter = filter;
    browser_spec_copy(&order->spec, &b->wanted);
    b->ordering = order;
    order->job = job_submit(b->host.runner,
                            &(struct job_spec){b->wanted.filter_text[0] ? "filtering" : "sorting",
                                               order_run, order_done, order});
}

void browser_arrange(struct browser *b)
{
    struct filter *filter = NULL;
    struct err *err;

    browser_stop_ordering(b);
    if (!b->rows)
        return;
    err = filter_parse(b->wanted.filter_text, b->rows, &filter);
    if (!err && b->rows->immutable && rows_total(b->rows) > BROWSER_SYNC_ROWS) {
        bool is_natural = !filter && b->wanted.sort_column < 0;
        if (!is_natural || b->rows->order) {
            arrange_by_job(b, filter);
            return;
        }
        order_shown(b, &b->wanted); /* the natural order is there already */
        return;
    }
    if (!err) {
        browser_stop_searching(b);
        err = rows_arrange(
            b->rows, &(struct rows_spec){b->wanted.sort_column, b->wanted.descending, filter});
    }
    filter_destroy(filter);
    if (err)
        give_up(b, err);
    else
        order_shown(b, &b->wanted);
    err_destroy(err);
}
