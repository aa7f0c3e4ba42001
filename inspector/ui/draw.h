/*
 * Drawing, without curses in sight: text into areas of the screen.
 *
 * Everything is drawn anew in each frame (curses sends only what differs). Coordinates are relative
 * to the area; what lies outside it is not drawn. Any byte sequence may be passed: what a terminal
 * must not see is shown as '?' (base/utf8.h), and in ASCII mode so is everything beyond ASCII.
 *
 * Only between term_begin_frame() and term_end_frame(), on their thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "inspector/rows/match.h"
#include "inspector/ui/theme.h"

struct area {
    int y, x, height, width; /* in screen cells */
};

enum draw_align { ALIGN_LEFT, ALIGN_RIGHT, ALIGN_CENTER };
enum draw_clip {
    CLIP_END,   /* "app.models.No…" */
    CLIP_START, /* "…models.Node": for names whose end says most */
};

/* Pictures of our own, in UTF-8 or ASCII. */
enum glyph {
    GLYPH_ELLIPSIS,
    GLYPH_CRUMB,
    GLYPH_UP,
    GLYPH_DOWN,
    GLYPH_MARK,
    GLYPH_HLINE,
    GLYPH_VLINE,
    GLYPH_TOP_LEFT,
    GLYPH_TOP_RIGHT,
    GLYPH_BOTTOM_LEFT,
    GLYPH_BOTTOM_RIGHT,
    GLYPH_RADIO_ON,
    GLYPH_RADIO_OFF,
    GLYPH_DOT,
    N_GLYPHS
};

/* How a text stands in a field of a table. */
struct draw_field {
    enum role role;
    enum draw_align align;
    enum draw_clip clip;
    const struct text_match *match; /* occurrences are shown in ROLE_MATCH; NULL: none */
};

struct area draw_screen(void);
/* Rows [first, first + height) of `area`, cut to it. */
struct area area_rows(struct area area, int first, int height);
/* Columns [first, first + width) of `area`, cut to it. */
struct area area_cols(struct area area, int first, int width);

const char *draw_glyph(enum glyph glyph);

/* Fills `width` columns with blanks in `role`; a negative width means up to the end of the area. */
void draw_blank(struct area area, int y, int x, int width, enum role role);
/* Draws `text` up to the end of the area, with an ellipsis if it is longer. Returns the columns
 * used. */
int draw_text(struct area area, int y, int x, enum role role, const char *text);
/* The same from a format; at most 512 bytes. */
int draw_printf(struct area area, int y, int x, enum role role, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* Draws `text` against the right end of the area. Returns the columns used. */
int draw_text_right(struct area area, int y, enum role role, const char *text);
/* Draws a field of exactly `width` columns, blanks included. */
void draw_field(struct area area, int y, int x, int width, const struct draw_field *field,
                const char *text);
/* A frame around `area` with `title` in its upper edge. The inside is blanked. */
void draw_frame(struct area area, const char *title);
/* Where the cursor is to be when the frame is shown; last call wins. */
void draw_cursor(struct area area, int y, int x);
/* Takes the cursor's place: false if it is to be hidden. */
bool draw_take_cursor(int *y, int *x);
