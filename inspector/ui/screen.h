/*
 * The screen as text, for tests: what curses believes the terminal shows.
 */
#pragma once

#include <stdbool.h>

#include "inspector/base/str.h"

/*
 * Appends the screen, one line a row, blanks at the ends removed. With attributes, each row is
 * followed by a line for each run of cells that does not look plain: "    5-9 bold,reverse
 * red/default".
 */
void screen_dump(bool with_attrs, struct str *ret);
/* Whether `text` is on one row of the screen. */
bool screen_has(const char *text);
