#include "agent/ag_text.h"

#include "agent/ag_pyver.h"
#include "agent/ag_sys.h"
#include "proto/msg.h"

enum { STR_LENGTH = 16, STR_STATE = 32 };

struct characters {
    const uint8_t *data;
    uint64_t length;
    unsigned kind; /* bytes a character */
    bool ascii;
};

bool ag_is_str(struct pyobj *object)
{
    struct pyobj *type = AG_FIELD(struct pyobj *, object, OB_TYPE);

    return AG_FIELD(uint64_t, type, TP_FLAGS) & TPF_STR_SUBCLASS;
}

uint64_t ag_str_length(struct pyobj *str)
{
    return AG_FIELD(uint64_t, str, STR_LENGTH);
}

/* PEP 393: compact strings carry their characters behind them, others point to them. */
static struct characters characters_of(struct pyobj *str)
{
    uint32_t state = AG_FIELD(uint32_t, str, STR_STATE);
    struct characters c = {.length = ag_str_length(str), .kind = state >> 2 & 7};
    bool compact = state >> 5 & 1;

    c.ascii = state >> 6 & 1;
    if (!compact)
        c.data = AG_FIELD(const uint8_t *, str, layout->str_compact);
    else
        c.data = (const uint8_t *)str + (c.ascii ? layout->str_ascii : layout->str_compact);
    if (!c.data || (c.kind != 1 && c.kind != 2 && c.kind != 4))
        c.length = 0; /* a legacy string that was never made ready */
    return c;
}

const void *ag_str_bytes(struct pyobj *str, uint64_t *bytes, unsigned *kind)
{
    struct characters c = characters_of(str);

    *bytes = c.length * c.kind;
    *kind = c.kind;
    return c.data;
}

static uint32_t character(const struct characters *c, uint64_t i)
{
    uint16_t two;
    uint32_t four;

    switch (c->kind) {
    case 1:
        return c->data[i];
    case 2:
        memcpy(&two, c->data + 2 * i, 2);
        return two;
    default:
        memcpy(&four, c->data + 4 * i, 4);
        return four;
    }
}

/* UTF-8 of one character into `to` (4 bytes); returns its length. */
static uint32_t encode(uint32_t ch, char *to)
{
    if (ch < 0x80) {
        to[0] = (char)ch;
        return 1;
    }
    if (ch < 0x800) {
        to[0] = (char)(0xc0 | ch >> 6);
        to[1] = (char)(0x80 | (ch & 0x3f));
        return 2;
    }
    if (ch < 0x10000) {
        to[0] = (char)(0xe0 | ch >> 12);
        to[1] = (char)(0x80 | (ch >> 6 & 0x3f));
        to[2] = (char)(0x80 | (ch & 0x3f));
        return 3;
    }
    to[0] = (char)(0xf0 | (ch >> 18 & 7));
    to[1] = (char)(0x80 | (ch >> 12 & 0x3f));
    to[2] = (char)(0x80 | (ch >> 6 & 0x3f));
    to[3] = (char)(0x80 | (ch & 0x3f));
    return 4;
}

uint32_t ag_str_utf8(struct pyobj *str, char *buf, uint32_t cap)
{
    struct characters c = characters_of(str);
    uint32_t n = 0;

    for (uint64_t i = 0; i < c.length; i++) {
        char bytes[4];
        uint32_t len = encode(character(&c, i), bytes);
        if (n + len > cap)
            break;
        memcpy(buf + n, bytes, len);
        n += len;
    }
    return n;
}

bool ag_str_is(struct pyobj *str, const char *ascii)
{
    struct characters c = characters_of(str);
    size_t n = strlen(ascii);

    return c.ascii && c.length == n && !memcmp(c.data, ascii, n);
}

void ag_put(struct ag_text *text, const char *c_string)
{
    size_t n = strlen(c_string);

    if (n > text->cap - text->n) {
        n = text->cap - text->n;
        text->cut = true;
    }
    memcpy(text->at + text->n, c_string, n);
    text->n += (uint32_t)n;
}

void ag_put_whole(struct ag_text *text, const char *c_string)
{
    if (strlen(c_string) > text->cap - text->n) {
        text->cap = text->n;
        text->cut = true;
    }
    ag_put(text, c_string);
}

static void put_number(struct ag_text *text, uint64_t n, unsigned base)
{
    char digits[24];
    int at = sizeof digits - 1;

    digits[at] = '\0';
    do
        digits[--at] = "0123456789abcdef"[n % base];
    while (n /= base);
    ag_put(text, digits + at);
}

void ag_put_decimal(struct ag_text *text, uint64_t n)
{
    put_number(text, n, 10);
}

void ag_put_hex(struct ag_text *text, uint64_t n)
{
    ag_put(text, "0x");
    put_number(text, n, 16);
}

void ag_put_str(struct ag_text *text, struct pyobj *str, uint32_t max)
{
    uint32_t room = text->cap - text->n;
    uint32_t n = ag_str_utf8(str, text->at + text->n, room < max ? room : max);

    if (n < ag_str_length(str))
        text->cut = true;
    text->n += n;
}

void ag_put_padded(struct ag_text *text, uint64_t n, unsigned width)
{
    uint64_t least = 1;

    while (--width)
        least *= 10;
    for (; least > 1 && n < least; least /= 10)
        ag_put(text, "0");
    ag_put_decimal(text, n);
}

/* A character or byte in quotes; what else is not printable is escaped by whoever prints it. */
static void put_escaped(struct ag_text *text, uint32_t ch, bool is_byte)
{
    char bytes[5] = {0};

    if (ch == '\n' || ch == '\t' || ch == '\r') {
        ag_put(text, ch == '\n' ? "\\n" : ch == '\t' ? "\\t" : "\\r");
    } else if (ch == '\'' || ch == '\\') {
        ag_put(text, ch == '\'' ? "\\'" : "\\\\");
    } else if (ch < ' ' || ch == 0x7f || (is_byte && ch > 0x7f)) {
        memcpy(bytes, "\\x", 2);
        bytes[2] = "0123456789abcdef"[ch >> 4];
        bytes[3] = "0123456789abcdef"[ch & 15];
        ag_put(text, bytes);
    } else {
        encode(ch, bytes);
        ag_put_whole(text, bytes);
    }
}

void ag_put_quoted(struct ag_text *text, struct pyobj *str, uint32_t max)
{
    struct characters c = characters_of(str);

    ag_put(text, "'");
    for (uint64_t i = 0; i < c.length && i < max && !text->cut; i++)
        put_escaped(text, character(&c, i), false);
    ag_put_whole(text, c.length > max ? "…'" : "'");
}

void ag_put_quoted_bytes(struct ag_text *text, const void *data, uint64_t n, uint32_t max)
{
    ag_put(text, "b'");
    for (uint64_t i = 0; i < n && i < max && !text->cut; i++)
        put_escaped(text, ((const uint8_t *)data)[i], true);
    ag_put_whole(text, n > max ? "…'" : "'");
}

/* A mark, then the bytes in hexadecimal. */
static void put_marked(struct ag_text *text, char mark, const uint8_t *bytes, unsigned n)
{
    char hex[2 + 32] = {mark};

    for (unsigned i = 0; i < n; i++) {
        hex[1 + 2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        hex[2 + 2 * i] = "0123456789abcdef"[bytes[i] & 15];
    }
    ag_put_whole(text, hex);
}

void ag_put_double(struct ag_text *text, const void *bytes)
{
    put_marked(text, VALUE_MARK_DOUBLE, bytes, 8);
}

void ag_put_complex(struct ag_text *text, const void *bytes)
{
    put_marked(text, VALUE_MARK_COMPLEX, bytes, 16);
}
