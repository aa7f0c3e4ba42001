/*
 * UTF-8 text measured in terminal columns.
 *
 * Texts that come from a target are escaped before they get here, but nothing here relies on it:
 * every byte sequence has a width and a picture. The *glyph* of a character is what we let a
 * terminal see of it:
 *
 *      printable                         itself, 1 or 2 columns; a combining mark 0
 *      control, not UTF-8, bidi control  '?', 1 column
 *      joiner, variation selector, BOM   nothing, 0 columns: terminals disagree about the width of
 *                                        what these join, and a wrong guess shifts a table
 *
 * Widths are those of wcwidth() in the current LC_CTYPE. Any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { UTF8_MAX_BYTES = 4 };
#define UTF8_BAD UINT32_MAX /* what utf8_next() gives for a byte that starts no valid character */

/*
 * Decodes the first character of `text` into *ret. Returns its length in bytes: 0 at the end of the
 * text, 1 for a bad byte.
 */
size_t utf8_next(const char *text, uint32_t *ret);
/* Byte offset at which the character that ends before byte offset `at` > 0 starts. */
size_t utf8_prev(const char *text, size_t at);
/* Encodes code point `c`; returns the length in bytes. Not terminated. */
size_t utf8_encode(uint32_t c, char buf[UTF8_MAX_BYTES]);

/*
 * Replaces, in place, each byte that is not UTF-8 and each control or bidirectional control character
 * by a '?': what is left is one line of valid UTF-8. The same in every locale.
 */
void utf8_make_safe(char *text);

/* The code point to show for `c` (see above): `c`, '?', or 0 for nothing. */
uint32_t utf8_glyph(uint32_t c);
/* Columns of the glyph of `c`: 0, 1 or 2. */
unsigned utf8_char_width(uint32_t c);
/* Columns of a whole text. */
size_t utf8_width(const char *text);
/*
 * Bytes of the longest prefix of `text` that is at most `columns` wide, with the combining marks
 * that follow it. *used (may be NULL) is its width.
 */
size_t utf8_fit(const char *text, size_t columns, size_t *used);
/* Byte offset of the longest suffix that is at most `columns` wide. *used (may be NULL) is its
 * width. */
size_t utf8_fit_tail(const char *text, size_t columns, size_t *used);
