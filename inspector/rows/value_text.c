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

enum { DOUBLE_DIGITS_MAX = 17 };

/* The shortest text that reads back as the same number, as Python's repr() has it. */
static void put_double(struct str *to, const char bytes[8])
{
    char text[40];
    double number;

    memcpy(&number, bytes, sizeof number);
    if (isnan(number) || isinf(number)) {
        str_append(to, isnan(number) ? "nan" : number > 0 ? "inf" : "-inf");
        return;
    }
    for (int digits = 1; digits <= DOUBLE_DIGITS_MAX; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    str_append(to, text);
    if (!strpbrk(text, ".e"))
        str_append(to, ".0");
}

static void put_text(struct str *to, const struct decoded_text *text)
{
    text_escape(to, text->bytes, text->len, 0);
}

static void put_quoted(struct str *to, const struct decoded_value *value)
{
    bool bytes = value->kind == VALUE_BYTES;

    str_append(to, bytes ? "b'" : "'");
    (bytes ? text_escape_bytes : text_escape)(to, value->text.bytes, value->text.len, '\'');
    /* a character has one to four bytes: fewer bytes than characters is a clipped text */
    bool clipped =
        bytes ? value->text.len < value->size
              : value->text.len < value->size ||
                    (value->text.len + 4 > VALUE_TEXT_BYTES && value->size * 4 > VALUE_TEXT_BYTES);
    str_append(to, "'");
    if (clipped) {
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
        put_double(&s, value->text.bytes);
        break;
    case VALUE_COMPLEX:
        str_append(&s, "(");
        put_double(&s, value->text.bytes);
        str_append(&s, ", ");
        put_double(&s, value->text.bytes + 8);
        str_append(&s, "j)");
        break;
    case VALUE_LEN:
        str_printf(&s, "%s item%s", units_count((int64_t)value->size, count),
                   value->size == 1 ? "" : "s");
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
