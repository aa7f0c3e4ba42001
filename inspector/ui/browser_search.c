/*
 * Searching what a browser shows, from a row on and around the end. Large tables are searched by a
 * job: it reads the installed order, so whoever installs another one calls browser_stop_searching()
 * first.
 * Cells that are fetched one by one are searched in small tables only, as far as they are known.
 */
#include <stdlib.h>

#include "inspector/base/mem.h"
#include "inspector/ui/browser_private.h"

enum { CANCEL_ROWS = 1024 };

struct search_job {
    struct browser *browser;
    const struct rows *rows;
    struct job *job;
    struct text_match *match;
    size_t from;
    int step;
    bool is_stopped;
    size_t found; /* the result: a shown row, or SIZE_MAX */
    bool is_wrapped;
};

/* Columns without any of the flags `skipped` are looked at. */
static bool row_matches(const struct rows *rows, size_t shown, const struct text_match *match,
                        unsigned skipped)
{
    char buf[CELL_BUF_BYTES];
    struct cell cell;

    for (unsigned col = 0; col < rows->n_columns; col++) {
        const struct column *column = &rows->columns[col];
        if (column->flags & skipped || !col_reads_as_text(column->kind))
            continue;
        rows_cell(rows, shown, col, &cell);
        if (cell.state == CELL_VALUE &&
            text_match_find(match, cell_format(column, &cell, false, buf), NULL, NULL))
            return true;
    }
    return false;
}

/* Looks at every row once, beginning with `from`. */
static void search(struct search_job *search, const atomic_bool *cancel)
{
    size_t count = rows_count(search->rows), at = search->from;
    /* On the worker, cells that the owner may fill in at any time are taboo (rows.h). */
    unsigned skipped = COL_F_JSON_ONLY | (cancel ? COL_F_NO_SORT : 0);

    search->found = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        if (i % CANCEL_ROWS == 0 && cancel && atomic_load_explicit(cancel, memory_order_relaxed))
            return;
        if (row_matches(search->rows, at, search->match, skipped)) {
            search->found = at;
            return;
        }
        if (search->step > 0 && ++at == count) {
            at = 0;
            search->is_wrapped = true;
        } else if (search->step < 0 && at-- == 0) {
            at = count - 1;
            search->is_wrapped = true;
        }
    }
}

static void install_result(struct browser *b, const struct search_job *search)
{
    if (search->found == SIZE_MAX) {
        browser_say(b, false, "no row has '%s'", text_match_word(search->match));
        return;
    }
    b->cursor = search->found;
    b->has_anchor = true;
    b->anchor_id = rows_id(b->rows, b->cursor);
    browser_clamp(b);
    if (search->is_wrapped)
        browser_say(b, false, "search went around the %s", search->step > 0 ? "end" : "start");
}

static struct err *search_run(struct job *job, void *ctx)
{
    struct search_job *job_search = ctx;

    search(job_search, job_cancel_flag(job));
    return NULL;
}

static void search_done(void *ctx, const struct job_result *result)
{
    struct search_job *job_search = ctx;

    if (!job_search->is_stopped) {
        job_search->browser->searching = NULL;
        if (result->is_cancelled)
            browser_say(job_search->browser, false, "the search was cancelled");
        else
            install_result(job_search->browser, job_search);
    }
    text_match_destroy(job_search->match);
    free(job_search);
}

void browser_stop_searching(struct browser *b)
{
    struct search_job *job_search = b->searching;

    if (!job_search)
        return;
    b->searching = NULL;
    job_search->is_stopped = true;
    job_cancel_wait(b->host.runner, job_search->job);
}

/* From `from` itself on; `is_wrapped`: that is already around the end. */
static void search_at(struct browser *b, size_t from, int step, bool is_wrapped)
{
    struct search_job here = {.browser = b,
                              .rows = b->rows,
                              .match = b->match,
                              .from = from,
                              .step = step,
                              .is_wrapped = is_wrapped};

    browser_stop_searching(b);
    if (!browser_count(b))
        return;
    if (browser_count(b) <= BROWSER_SYNC_ROWS || !b->rows->immutable) {
        search(&here, NULL);
        install_result(b, &here);
        return;
    }
    struct search_job *job_search = xalloc(sizeof *job_search);
    *job_search = here;
    job_search->match = text_match_create(text_match_word(b->match));
    b->searching = job_search;
    job_search->job = job_submit(
        b->host.runner, &(struct job_spec){"searching", search_run, search_done, job_search});
}

void browser_search_from(struct browser *b, size_t from, int step)
{
    size_t count = browser_count(b);

    if (!b->match) {
        browser_say(b, false, "nothing to search for yet; '/' asks for a text");
        return;
    }
    if (!count)
        return;
    bool is_wrapped = step > 0 ? from + 1 >= count : from == 0;
    if (step > 0)
        search_at(b, is_wrapped ? 0 : from + 1, step, is_wrapped);
    else
        search_at(b, is_wrapped ? count - 1 : from - 1, step, is_wrapped);
}

static void set_match(struct browser *b, const char *word)
{
    browser_stop_searching(b);
    text_match_destroy(b->match);
    b->match = *word ? text_match_create(word) : NULL;
}

static void return_to_origin(struct browser *b)
{
    b->top = b->search_origin_top;
    b->cursor = b->search_origin;
    browser_clamp(b);
}

void browser_search_begin(struct browser *b)
{
    b->search_origin = b->cursor;
    b->search_origin_top = b->top;
    free(b->search_before);
    b->search_before = xstrdup(b->match ? text_match_word(b->match) : "");
}

void browser_search_update(struct browser *b, const char *text)
{
    set_match(b, text);
    return_to_origin(b);
    if (b->match)
        search_at(b, b->cursor, 1, false);
}

void browser_search_end(struct browser *b, bool accept)
{
    if (accept)
        return;
    set_match(b, b->search_before);
    return_to_origin(b);
}
