/*
 * A text to read: details of a row, results, whole messages. Scrolls, wraps, searches.
 */
#pragma once

struct view_ops;

struct pager_arg {
    const char *crumb;
    const char *text; /* copied; tabs become blanks */
};

/* Opened with a struct pager_arg; or app_open_text(). */
extern const struct view_ops pager_view;
