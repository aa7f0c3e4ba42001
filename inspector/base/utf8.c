#include "inspector/base/utf8.h"

#include <stdbool.h>
#include <string.h>
#include <wchar.h>

/* Length that the first byte announces, 0 if it cannot start a character. */
static size_t announced(unsigned char c)
{
    if (c < 0x80)
        return 1;
    if (c >= 0xc2 && c <= 0xdf)
        return 2;
    if (c >= 0xe0 && c <= 0xef)
        return 3;
    if (c >= 0xf0 && c <= 0xf4)
        return 4;
    return 0;
}

size_t utf8_next(const char *text, uint32_t *ret)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    static const unsigned char mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    unsigned char first = (unsigned char)*text;
    size_t n = announced(first);

    if (!first)
        return 0;
    uint32_t c = first & mask[n];
    for (size_t i = 1; i < n; i++) {
        unsigned char next = (unsigned char)text[i];
        if ((next & 0xc0) != 0x80)
            n = 0; /* the terminator ends up here too: never read past it */
        else
            c = c << 6 | (next & 0x3f);
    }
    if (!n || c < smallest[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
        *ret = UTF8_BAD;
        return 1;
    }
    *ret = c;
    return n;
}

size_t utf8_prev(const char *text, size_t at)
{
    size_t start = at - 1;
    uint32_t c;

    while (start && at - start < UTF8_MAX_BYTES && ((unsigned char)text[start] & 0xc0) == 0x80)
        start--;
    return start + utf8_next(text + start, &c) == at ? start : at - 1;
}

size_t utf8_encode(uint32_t c, char buf[UTF8_MAX_BYTES])
{
    if (c < 0x80) {
        buf[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i; i--, c >>= 6)
        buf[i] = (char)(0x80 | (c & 0x3f));
    buf[0] = (char)(lead[n] | c);
    return n;
}

/* Joins or restyles its neighbours and has no picture of its own. */
static bool is_invisible_joiner(uint32_t c)
{
    return (c >= 0x200b && c <= 0x200d) || c == 0x2060 || c == 0xfeff ||
           (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xe0000 && c <= 0xe0fff);
}

/* Could reorder the rest of the line in a terminal that implements it. */
static bool is_bidi_control(uint32_t c)
{
    return c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

void utf8_make_safe(char *text)
{
    char *to = text;
    size_t n;
    uint32_t c;

    for (; (n = utf8_next(text, &c)); text += n) {
        if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == UTF8_BAD || is_bidi_control(c)) {
            *to++ = '?';
        } else {
            memmove(to, text, n);
            to += n;
        }
    }
    *to = '\0';
}

uint32_t utf8_glyph(uint32_t c)
{
    if (c >= 0x20 && c < 0x7f)
        return c;
    if (c < 0xa0 || c == UTF8_BAD || is_bidi_control(c))
        return '?';
    if (is_invisible_joiner(c))
        return 0;
    return wcwidth((wchar_t)c) < 0 ? '?' : c;
}

unsigned utf8_char_width(uint32_t c)
{
    uint32_t glyph = utf8_glyph(c);

    if (!glyph)
        return 0;
    return glyph < 0x7f ? 1 : (unsigned)wcwidth((wchar_t)glyph);
}

size_t utf8_width(const char *text)
{
    size_t width = 0, n;
    uint32_t c;

    for (; (n = utf8_next(text, &c)); text += n)
        width += utf8_char_width(c);
    return width;
}

size_t utf8_fit(const char *text, size_t columns, size_t *used)
{
    size_t width = 0, at = 0, n;
    uint32_t c;

    for (; (n = utf8_next(text + at, &c)); at += n) {
        unsigned w = utf8_char_width(c);
        if (width + w > columns)
            break;
        width += w;
    }
    if (used)
        *used = width;
    return at;
}

size_t utf8_fit_tail(const char *text, size_t columns, size_t *used)
{
    size_t at = strlen(text), best = at, width = 0, best_width = 0;
    uint32_t c = 0;

    while (at) {
        at = utf8_prev(text, at);
        utf8_next(text + at, &c);
        unsigned w = utf8_char_width(c);
        if (width + w > columns)
            break;
        width += w;
        if (w) { /* never start with a combining mark whose base is cut off */
            best = at;
            best_width = width;
        }
    }
    if (used)
        *used = best_width;
    return best;
}
