#include "inspector/ui/draw.h"

#include <ncurses.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "inspector/base/utf8.h"
#include "inspector/ui/term.h"

enum {
    MAX_MARKS = 3,   /* combining marks for one base: curses keeps that many */
    RUN_CHARS = 256, /* characters sent to curses at once */
    MAX_PRINTF_BYTES = 512,
};

static const char *const glyphs[N_GLYPHS][2] = {
    [GLYPH_ELLIPSIS] = {"…", "..."},
    [GLYPH_CRUMB] = {"›", ">"},
    [GLYPH_UP] = {"▲", "^"},
    [GLYPH_DOWN] = {"▼", "v"},
    [GLYPH_MARK] = {"*", "*"},
    [GLYPH_HLINE] = {"─", "-"},
    [GLYPH_VLINE] = {"│", "|"},
    [GLYPH_TOP_LEFT] = {"┌", "+"},
    [GLYPH_TOP_RIGHT] = {"┐", "+"},
    [GLYPH_BOTTOM_LEFT] = {"└", "+"},
    [GLYPH_BOTTOM_RIGHT] = {"┘", "+"},
    [GLYPH_RADIO_ON] = {"(•)", "(*)"},
    [GLYPH_RADIO_OFF] = {"( )", "( )"},
    [GLYPH_DOT] = {"·", "-"},
};

static struct {
    bool is_set;
    int y, x;
} cursor;

const char *draw_glyph(enum glyph glyph)
{
    return glyphs[glyph][term_is_ascii()];
}

struct area draw_screen(void)
{
    return (struct area){0, 0, term_rows(), term_cols()};
}

/* [first, first + size) within [0, limit). */
static void cut(int limit, int *first, int *size)
{
    if (*first < 0) {
        *size += *first;
        *first = 0;
    }
    if (*first > limit)
        *first = limit;
    if (*size > limit - *first)
        *size = limit - *first;
    if (*size < 0)
        *size = 0;
}

struct area area_rows(struct area area, int first, int height)
{
    cut(area.height, &first, &height);
    return (struct area){area.y + first, area.x, height, area.width};
}

struct area area_cols(struct area area, int first, int width)
{
    cut(area.width, &first, &width);
    return (struct area){area.y, area.x + first, area.height, width};
}

void draw_blank(struct area area, int y, int x, int width, enum role role)
{
    if (width < 0)
        width = area.width - x;
    cut(area.width, &x, &width);
    if (y < 0 || y >= area.height || !width)
        return;
    attrset((int)theme_attr(role));
    mvhline(area.y + y, area.x + x, ' ' | theme_attr(role), width);
}

/* One character as curses gets it; returns how many wchar_t it became. */
static size_t put_char(uint32_t c, bool has_base, unsigned *n_marks, wchar_t out[2])
{
    uint32_t glyph = utf8_glyph(c);
    unsigned width = utf8_char_width(c);

    if (!width) {
        /* A mark without a base would stick to the column before. */
        if (!glyph || !has_base || ++*n_marks > MAX_MARKS || term_is_ascii())
            return 0;
        out[0] = (wchar_t)glyph;
        return 1;
    }
    *n_marks = 0;
    if (glyph > 0x7e && term_is_ascii()) {
        out[0] = out[1] = '?';
        return width;
    }
    out[0] = (wchar_t)glyph;
    return 1;
}

/* Draws the first `bytes` of `text` at a place of the screen; the caller has made sure that it
 * fits. */
static void put_text(int y, int x, const char *text, size_t bytes)
{
    wchar_t run[RUN_CHARS + 2];
    size_t n = 0, at = 0;
    unsigned n_marks = 0;
    uint32_t c;

    move(y, x);
    for (size_t step; at < bytes && (step = utf8_next(text + at, &c)); at += step) {
        n += put_char(c, n > 0, &n_marks, run + n);
        if (n < RUN_CHARS)
            continue;
        addnwstr(run, (int)n);
        n = 0;
    }
    if (n)
        addnwstr(run, (int)n);
}

int draw_text(struct area area, int y, int x, enum role role, const char *text)
{
    if (y < 0 || y >= area.height || x < 0 || x >= area.width)
        return 0;
    size_t room = (size_t)(area.width - x), used;
    size_t bytes = utf8_fit(text, room, &used);
    attrset((int)theme_attr(role));
    if (!text[bytes]) {
        put_text(area.y + y, area.x + x, text, bytes);
        return (int)used;
    }
    const char *ellipsis = draw_glyph(GLYPH_ELLIPSIS);
    size_t dots = utf8_width(ellipsis);
    if (room < dots)
        return 0;
    bytes = utf8_fit(text, room - dots, &used);
    put_text(area.y + y, area.x + x, text, bytes);
    put_text(area.y + y, area.x + x + (int)used, ellipsis, strlen(ellipsis));
    return (int)(used + dots);
}

int draw_printf(struct area area, int y, int x, enum role role, const char *fmt, ...)
{
    char text[MAX_PRINTF_BYTES];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return draw_text(area, y, x, role, text);
}

int draw_text_right(struct area area, int y, enum role role, const char *text)
{
    int width = (int)utf8_width(text);
    int x = width < area.width ? area.width - width : 0;

    return draw_text(area, y, x, role, text);
}

/* Shows the occurrences in the `bytes` at `text`, which start at column `x` of the screen. */
static void highlight(int y, int x, const char *text, size_t bytes, const struct text_match *match)
{
    attr_t attrs = theme_attr(ROLE_MATCH);
    size_t from = 0, at, n;

    while (from < bytes && text_match_find(match, text + from, &at, &n)) {
        size_t begin = from + at, end = begin + n < bytes ? begin + n : bytes;
        if (begin >= bytes)
            return;
        char *before = strndup(text, begin), *found = strndup(text + begin, end - begin);
        if (before && found)
            mvchgat(y, x + (int)utf8_width(before), (int)utf8_width(found), attrs & ~A_COLOR,
                    (short)PAIR_NUMBER(attrs), NULL);
        free(before);
        free(found);
        from = begin + n;
    }
}

void draw_field(struct area area, int y, int x, int width, const struct draw_field *field,
                const char *text)
{
    size_t skip = 0, bytes, used;
    const char *ellipsis = "";

    cut(area.width, &x, &width);
    draw_blank(area, y, x, width, field->role);
    if (y < 0 || y >= area.height || width <= 0)
        return;
    size_t room = (size_t)width, dots = 0;
    bytes = utf8_fit(text, room, &used);
    if (text[bytes]) {
        ellipsis = draw_glyph(GLYPH_ELLIPSIS);
        dots = utf8_width(ellipsis);
        if (dots > room)
            dots = 0, ellipsis = "";
        if (field->clip == CLIP_START) {
            skip = utf8_fit_tail(text, room - dots, &used);
            bytes = strlen(text + skip);
        } else {
            bytes = utf8_fit(text, room - dots, &used);
        }
    }
    int blanks = width - (int)(used + dots);
    int at = area.x + x +
             (field->align == ALIGN_RIGHT    ? blanks
              : field->align == ALIGN_CENTER ? blanks / 2
                                             : 0);
    int dots_at = field->clip == CLIP_START ? at : at + (int)used;
    int text_at = field->clip == CLIP_START ? at + (int)dots : at;
    attrset((int)theme_attr(field->role));
    if (dots)
        put_text(area.y + y, dots_at, ellipsis, strlen(ellipsis));
    put_text(area.y + y, text_at, text + skip, bytes);
    if (field->match)
        highlight(area.y + y, text_at, text + skip, bytes, field->match);
}

static void draw_edge(struct area area, int y, enum glyph left, enum glyph right)
{
    draw_text(area, y, 0, ROLE_DIALOG, draw_glyph(left));
    for (int x = 1; x < area.width - 1; x++)
        draw_text(area, y, x, ROLE_DIALOG, draw_glyph(GLYPH_HLINE));
    draw_text(area, y, area.width - 1, ROLE_DIALOG, draw_glyph(right));
}

void draw_frame(struct area area, const char *title)
{
    draw_edge(area, 0, GLYPH_TOP_LEFT, GLYPH_TOP_RIGHT);
    for (int y = 1; y < area.height - 1; y++) {
        draw_blank(area, y, 0, -1, ROLE_NORMAL);
        draw_text(area, y, 0, ROLE_DIALOG, draw_glyph(GLYPH_VLINE));
        draw_text(area, y, area.width - 1, ROLE_DIALOG, draw_glyph(GLYPH_VLINE));
    }
    draw_edge(area, area.height - 1, GLYPH_BOTTOM_LEFT, GLYPH_BOTTOM_RIGHT);
    if (title && *title) {
        struct area edge = area_cols(area, 2, area.width - 4);
        int used = draw_text(edge, 0, 1, ROLE_DIALOG, title);
        draw_text(edge, 0, 0, ROLE_DIALOG, " ");
        draw_text(edge, 0, used + 1, ROLE_DIALOG, " ");
    }
}

void draw_cursor(struct area area, int y, int x)
{
    cursor.is_set = true;
    cursor.y = area.y + y;
    cursor.x = area.x + x;
}

bool draw_take_cursor(int *y, int *x)
{
    bool is_set = cursor.is_set;

    *y = cursor.y;
    *x = cursor.x;
    cursor.is_set = false;
    return is_set;
}
