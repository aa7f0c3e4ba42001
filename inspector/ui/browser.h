/*
 * The list engine: a row source on the screen, with a cursor, scrolling, sorting, filter, search
 * and marks.
 *
 * The cursor belongs to a row, not to a line: it is kept by the row's identity (rows_id) when the
 * order changes and when the source is replaced by a newer one. If a filter hides its row, it waits
 * for it until the user moves.
 *
 * Tables of more than BROWSER_SYNC_ROWS rows are sorted, filtered and searched by a job, if their
 * source is `immutable`; until it is done the old order stays on the screen.
 *
 *      browser_create ── browser_set_rows ──► browser_draw, browser_action, browser_set_filter …
 *                              ▲                        │
 *                              └── newer source ◄───────┘  browser_selected(): what Enter is about
 *
 * Owner: a view's pane (view.h). The UI thread only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inspector/analysis/job.h"
#include "inspector/base/err.h"
#include "inspector/base/str.h"
#include "inspector/rows/rows.h"
#include "inspector/ui/actions.h"
#include "inspector/ui/draw.h"

struct browser;

enum { BROWSER_SYNC_ROWS = 20000 };

/* What a browser needs from its surroundings. */
struct browser_host {
    struct job_runner *runner; /* for sorting and searching; outlives the browser */
    /* Something to tell the user: `text` is borrowed. */
    void (*say)(void *ctx, bool is_error, const char *text);
    void *ctx;
};

struct browser *browser_create(const struct browser_host *host);
/* Destroys its rows, too. Waits for a sort in progress, which stops within milliseconds. NULL is
 * fine. */
void browser_destroy(struct browser *browser);

/*
 * Shows `rows` (taken). `sort` is the key of the column to sort by at first, NULL for the natural
 * order; it counts only for the first source: later ones keep order, filter, search, cursor and
 * marks of the one before, as far as their columns have the same keys.
 */
void browser_set_rows(struct browser *browser, struct rows *rows, const char *sort);
/* The rows of a source that is not `immutable` have changed: sorts and filters them anew. */
void browser_rows_changed(struct browser *browser);
/* Borrowed; NULL before the first browser_set_rows(). */
struct rows *browser_rows(const struct browser *browser);
/* What to show instead of rows when there are none; copied. */
void browser_set_empty_text(struct browser *browser, const char *text);

/* -- The cursor -- */

/* The raw row under the cursor, or SIZE_MAX if there is none. */
size_t browser_selected(const struct browser *browser);
/* The same as a shown row. */
size_t browser_cursor(const struct browser *browser);
void browser_move_to(struct browser *browser, size_t shown);
/* Puts the cursor on the row with this identity; false if it is not shown. */
bool browser_select_id(struct browser *browser, uint64_t id);

/* -- What the user does -- */

/* Moving, sorting, marking, next match: EFFECT_IGNORED for anything else. */
unsigned browser_action(struct browser *browser, enum action action);
/* A click on line `y` of the area drawn last. True if it was on the row that the cursor was on
 * already. */
bool browser_click(struct browser *browser, int y);

/* Sorts by `column` (index) or, if -1, not at all. NO_SORT columns are refused with a message. */
void browser_set_sort(struct browser *browser, int column, bool descending);
/* Sorts by this column in its useful direction, or in the other if it is the sort column already.
 */
void browser_choose_sort(struct browser *browser, int column);
int browser_sort_column(const struct browser *browser);

/* Only parses. */
ERR_CHECK struct err *browser_check_filter(const struct browser *browser, const char *text);
/* "" is no filter. On failure nothing changes. */
ERR_CHECK struct err *browser_set_filter(struct browser *browser, const char *text);
const char *browser_filter(const struct browser *browser);

/*
 * Incremental search: begin() remembers the cursor; update() goes to the first match from there on;
 * end() stays, or goes back if not accepted. "" ends the highlighting.
 */
void browser_search_begin(struct browser *browser);
void browser_search_update(struct browser *browser, const char *text);
void browser_search_end(struct browser *browser, bool accept);

size_t browser_n_marked(const struct browser *browser);
bool browser_is_marked(const struct browser *browser, uint64_t id);

/* -- What is on the screen -- */

void browser_draw(struct browser *browser, struct area area, bool has_focus);
/* Appends "3/17 of 1,234", the filter and what else a title should say, joined by two blanks. */
void browser_describe(const struct browser *browser, struct str *ret);
/* Cells drawn last that have no value yet. */
size_t browser_n_pending(const struct browser *browser);

/* Appends the marked rows, or the one under the cursor, one a line, cells separated by tabs. */
void browser_copy_rows(const struct browser *browser, struct str *ret);
/* Appends the first address or id of the row under the cursor; false if it has none. */
bool browser_copy_name(const struct browser *browser, struct str *ret);
/* Appends all about the row under the cursor: every column, its full value and what it means. */
void browser_details(const struct browser *browser, struct str *ret);
