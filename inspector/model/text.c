#include "inspector/model/text.h"

#include <stdbool.h>
#include <stdint.h>

/* Decodes one character of (W)UTF-8; returns its length, 0 if the bytes are none. */
static size_t decode(const unsigned char *p, size_t n, uint32_t *ret)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = p[0] < 0x80       ? 1
                 : p[0] >> 5 == 6  ? 2
                 : p[0] >> 4 == 14 ? 3
                 : p[0] >> 3 == 30 ? 4
                                   : 0;

    if (!len || len > n)
        return 0;
    uint32_t ch = len == 1 ? p[0] : p[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if (p[i] >> 6 != 2)
            return 0;
        ch = ch << 6 | (p[i] & 0x3f);
    }
    if (ch < smallest[len] || ch > 0x10ffff)
        return 0;
    *ret = ch;
    return len;
}

/* Characters that change how others are shown: direction marks, separators, private use is left
 * alone. */
static bool is_unsafe(uint32_t ch)
{
    return ch < 0x20 || (ch >= 0x7f && ch < 0xa0) || (ch >= 0xd800 && ch < 0xe000) || ch == 0xad ||
           ch == 0x61c || (ch >= 0x200b && ch <= 0x200f) || (ch >= 0x2028 && ch <= 0x202e) ||
           (ch >= 0x2060 && ch <= 0x206f) || ch == 0xfeff || (ch >= 0xfff0 && ch <= 0xffff) ||
           ch >= 0xe0000;
}

static void put_escape(struct str *to, uint32_t ch)
{
    if (ch == '\n')
        str_append(to, "\\n");
    else if (ch == '\t')
        str_append(to, "\\t");
    else if (ch == '\r')
        str_append(to, "\\r");
    else if (ch < 0x100)
        str_printf(to, "\\x%02x", ch);
    else if (ch < 0x10000)
        str_printf(to, "\\u%04x", ch);
    else
        str_printf(to, "\\U%08x", ch);
}

void text_escape(struct str *to, const char *bytes, size_t n, char quote)
{
    const unsigned char *p = (const unsigned char *)bytes;

    while (n) {
        uint32_t ch = 0;
        size_t len = decode(p, n, &ch);
        if (!len) {
            put_escape(to, *p);
            len = 1;
        } else if (quote && (ch == (unsigned char)quote || ch == '\\')) {
            str_append_char(to, '\\');
            str_append_char(to, (char)ch);
        } else if (is_unsafe(ch)) {
            put_escape(to, ch);
        } else {
            str_append_bytes(to, (const char *)p, len);
        }
        p += len;
        n -= len;
    }
}

void text_escape_bytes(struct str *to, const char *bytes, size_t n, char quote)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char ch = (unsigned char)bytes[i];
        if (quote && (ch == (unsigned char)quote || ch == '\\')) {
            str_append_char(to, '\\');
            str_append_char(to, (char)ch);
        } else if (ch < 0x20 || ch > 0x7e) {
            put_escape(to, ch);
        } else {
            str_append_char(to, (char)ch);
        }
    }
}
