/*
 * Colours by role. Code names what a text is; the theme decides how that looks, with colours or
 * without.
 *
 * The default background is the terminal's own, and only the eight ANSI colours are used, so that
 * the user's palette, light or dark, stays in force. Without colours, bold, reverse and underline
 * carry the same distinctions.
 */
#pragma once

#include "inspector/rows/rows.h"

enum role {
    ROLE_NORMAL,
    ROLE_TITLE,             /* the view one is in */
    ROLE_CRUMB,             /* the views it was opened from */
    ROLE_TAB,               /* a tab's name */
    ROLE_TAB_CURRENT,       /* the tab one is in */
    ROLE_HEADER,            /* column headings */
    ROLE_HEADER_SORT,       /* the heading of the sort column */
    ROLE_SELECTED,          /* the row under the cursor */
    ROLE_SELECTED_INACTIVE, /* the same in a pane without focus */
    ROLE_DIM,
    ROLE_GOOD,
    ROLE_WARN,
    ROLE_BAD,
    ROLE_KEY,     /* a key's name in the footer or the help */
    ROLE_MATCH,   /* the text that was searched for */
    ROLE_MARK,    /* a marked row */
    ROLE_INFO,    /* a chip in the title: filter, partial, sorting */
    ROLE_MESSAGE, /* in the status line */
    ROLE_ERROR,   /* in the status line */
    ROLE_PROMPT,  /* "filter: " */
    ROLE_BAR,     /* the full part of a progress bar */
    ROLE_DIALOG,  /* frame and title of a dialog */
    ROLE_BUTTON,  /* a button that is not chosen */
    N_ROLES
};

/* Sets the roles up; after the terminal was started. */
void theme_init(bool with_color);
/* Curses attributes of `role`, colour pair included. */
unsigned theme_attr(enum role role);
/* The role for a cell's tone. */
enum role theme_tone_role(enum tone tone);
