/*
 * Private to browser*.c: what a browser is made of.
 */
#pragma once

#include "inspector/rows/filter.h"
#include "inspector/rows/match.h"
#include "inspector/ui/browser.h"
#include "inspector/ui/idset.h"

/* An order: wanted, or on the screen. */
struct browser_spec {
    int sort_column; /* or -1 */
    bool descending;
    char *filter_text; /* never NULL */
};

struct order_job;
struct search_job;

struct browser {
    struct browser_host host;
    struct rows *rows;
    char *empty_text;

    struct browser_spec wanted, shown; /* they differ while `ordering` */
    struct order_job *ordering;        /* the sort that runs, or NULL */

    size_t cursor, top; /* shown rows; cursor < rows_count() unless that is 0 */
    bool has_anchor;    /* the user has put the cursor on a row … */
    uint64_t anchor_id; /* … with this identity */
    int page;           /* lines of rows drawn last */

    struct text_match *match; /* what to highlight, or NULL */
    struct search_job *searching;
    size_t search_origin, search_origin_top;
    char *search_before; /* the word before the prompt was opened */

    struct idset marks;

    unsigned *natural; /* for each column: the widest text seen so far */
    size_t n_pending;
};

/* browser.c */
size_t browser_count(const struct browser *b);
/* Keeps cursor and top inside the rows and the cursor inside the page. */
void browser_clamp(struct browser *b);
/* Says something through the host. */
void browser_say(const struct browser *b, bool is_error, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* browser_order.c */
void browser_spec_copy(struct browser_spec *to, const struct browser_spec *from);
/* Brings the rows into the wanted order, now or by a job. */
void browser_arrange(struct browser *b);
/* Ends a sort in progress; nothing uses the rows any more. */
void browser_stop_ordering(struct browser *b);

/* browser_search.c */
/* Goes to the first match at or behind `from` (in `step` direction, around the end). */
void browser_search_from(struct browser *b, size_t from, int step);
void browser_stop_searching(struct browser *b);
