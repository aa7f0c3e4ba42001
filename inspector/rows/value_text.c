#include "inspector/rows/value_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/base/str.h"
#include "inspector/base/units.h"
#include "inspector/model/text.h"

enum {
    DECIMALS_MAX = 16,     /* of d.ddd…e±xx: enough for every double */
    POSITIONAL_FIRST = -4, /* decimal exponents [first, end) are written without one */
    POSITIONAL_END = 16,
};

/* As repr() writes it: the fewest digits that read back as the same number. `point`: with ".0" when
 * it would look like an int. */
static void put_double(struct str *to, const char bytes[8], bool point)
{
    char text[40];
    double number;
    int decimals = 0;

    memcpy(&number, bytes, sizeof number);
    if (isnan(number) || isinf(number)) {
        str_append(to, isnan(number) ? "nan" : number > 0 ? "inf" : "-inf");
        return;
    }
    do
        snprintf(text, sizeof text, "%.*e", decimals, number);
    while (strtod(text, NULL) != number && ++decimals <= DECIMALS_MAX);
    int exponent = atoi(strchr(text, 'e') + 1);
    if (exponent >= POSITIONAL_FIRST && exponent < POSITIONAL_END) {
        snprintf(text, sizeof text, "%.*f", decimals > exponent ? decimals - exponent : 0, number);
        point = point && !strchr(text, '.');
    } else {
        point = false;
    }
    str_append(to, text);
    str_append(to, point ? ".0" : "");
}

/* "(1+2j)", or "2j" without a real part. */
static void put_complex(struct str *to, const char bytes[16])
{
    static const char zero[8];
    bool real = memcmp(bytes, zero, sizeof zero); /* -0.0 counts */
    struct str imaginary = STR_INIT;

    put_double(&imaginary, bytes + 8, false);
    if (real) {
        str_append(to, "(");
        put_double(to, bytes, false);
        str_append(to, *imaginary.text == '-' ? "" : "+");
    }
    str_append(to, imaginary.text);
    str_append(to, real ? "j)" : "j");
    str_deinit(&imaginary);
}

static void put_text(struct str *to, const struct decoded_text *text)
{
    text_escape(to, text->bytes, text->len, 0);
}

/* How many characters: bytes that do not continue one. */
static uint64_t count_characters(const struct decoded_text *text)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < text->len; i++)
        n += (text->bytes[i] & 0xc0) != 0x80;
    return n;
}

static void put_quoted(struct str *to, const struct decoded_value *value)
{
    bool bytes = value->kind == VALUE_BYTES;
    uint64_t shown = bytes ? value->text.len : count_characters(&value->text);

    str_append(to, bytes ? "b'" : "'");
    (bytes ? text_escape_bytes : text_escape)(to, value->text.bytes, value->text.len, '\'');
    str_append(to, "'");
    if (shown < value->size) {
        char count[UNITS_BUF];
        str_printf(to, "… %s %s", units_count((int64_t)value->size, count),
                   bytes ? "bytes" : "characters");
    }
}

/* "name  file.py:12": the file's last two parts are enough to know it. */
static void put_place(struct str *to, const struct decoded_value *value)
{
    const char *file = value->detail.bytes, *end = file + value->detail.len;
    int slashes = 0;

    put_text(to, &value->text);
    for (const char *p = end; p > file && slashes < 2; p--)
        if (p[-1] == '/' && ++slashes == 2)
            file = p;
    if (file == end)
        return;
    str_append(to, " ");
    text_escape(to, file, (size_t)(end - file), 0);
    if (value->size)
        str_printf(to, ":%" PRIu64, value->size);
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The `n` bytes that a preview writes in hexadecimal; false: these are none. */
static bool read_hex(const char *text, const char *end, char *bytes, size_t n)
{
    if ((size_t)(end - text) < 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (char)(high << 4 | low);
    }
    return true;
}

/* A preview: floats stand as marks. */
static void put_preview(struct str *to, const struct decoded_text *text)
{
    const char *p = text->bytes, *end = p + text->len;
    char bytes[16];

    while (p < end) {
        size_t n = *p == VALUE_MARK_DOUBLE ? 8 : *p == VALUE_MARK_COMPLEX ? 16 : 0;
        if (n && read_hex(p + 1, end, bytes, n)) {
            if (n == 8)
                put_double(to, bytes, true);
            else
                put_complex(to, bytes);
            p += 1 + 2 * n;
            continue;
        }
        const char *start = p++;
        while (p < end && *p != VALUE_MARK_DOUBLE && *p != VALUE_MARK_COMPLEX)
            p++;
        text_escape(to, start, (size_t)(p - start), 0);
    }
}

char *value_text(const struct decoded_value *value)
{
    struct str s = STR_INIT;
    char count[UNITS_BUF];

    switch (value->kind) {
    case VALUE_NONE:
        break;
    case VALUE_STR:
    case VALUE_BYTES:
        put_quoted(&s, value);
        break;
    case VALUE_INT:
        if (value->text.len)
            put_text(&s, &value->text);
        else
            str_printf(&s, "an int of about %s bits", units_count((int64_t)value->size, count));
        break;
    case VALUE_FLOAT:
        put_double(&s, value->text.bytes, true);
        break;
    case VALUE_COMPLEX:
        put_complex(&s, value->text.bytes);
        break;
    case VALUE_LEN:
        str_printf(&s, "%s item%s", units_count((int64_t)value->size, count),
                   value->size == 1 ? "" : "s");
        if (value->text.len && value->size) {
            str_append(&s, ": ");
            put_preview(&s, &value->text);
        }
        break;
    case VALUE_PREVIEW:
        put_preview(&s, &value->text);
        break;
    case VALUE_PLACE:
        put_place(&s, value);
        break;
    case VALUE_CONSTANT:
    case VALUE_NAME:
    case VALUE_TEXT:
        put_text(&s, &value->text);
        break;
    }
    return str_steal(&s);
}
