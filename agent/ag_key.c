#include "agent/ag_key.h"

#include "agent/ag_pyver.h"
#include "agent/ag_sys.h"
#include "agent/ag_types.h"

enum {
    KEY_TEXT_BYTES = 120, /* of a str or bytes key */
    KEY_DEPTH = 2,        /* tuples in tuples that are written out */
    KEY_MEMBERS = 4,
    TYPE_TEXT_BYTES = 80,
    BYTES_DATA = 32,
};

static void put_quoted(struct ag_text *text, struct pyobj *str)
{
    ag_put(text, "'");
    ag_put_str(text, str, KEY_TEXT_BYTES);
    ag_put(text, ag_str_length(str) > KEY_TEXT_BYTES ? "…'" : "'");
}

static void put_bytes(struct ag_text *text, struct pyobj *bytes)
{
    uint64_t n = AG_FIELD(uint64_t, bytes, OB_SIZE);
    const uint8_t *data = (const uint8_t *)bytes + BYTES_DATA;

    ag_put(text, "b'");
    for (uint64_t i = 0; i < n && i < KEY_TEXT_BYTES / 4; i++) {
        char c[5] = {(char)data[i]};
        if (data[i] < ' ' || data[i] > '~' || data[i] == '\'' || data[i] == '\\') {
            memcpy(c, "\\x", 2);
            c[2] = "0123456789abcdef"[data[i] >> 4];
            c[3] = "0123456789abcdef"[data[i] & 15];
        }
        ag_put(text, c);
    }
    ag_put(text, n > KEY_TEXT_BYTES / 4 ? "…'" : "'");
}

struct ag_digits ag_int_digits(struct pyobj *object)
{
    int64_t size = AG_FIELD(int64_t, object, OB_SIZE);
    struct ag_digits digits = {
        .at = (const uint32_t *)((char *)object + layout->int_digits),
        .n = (uint64_t)(size < 0 ? -size : size),
        .negative = size < 0,
    };

    if (layout->minor >=
        12) { /* lv_tag: sign in the low two bits (2: negative), count above three */
        digits.negative = (size & 3) == 2;
        digits.n = (uint64_t)size >> 3;
    }
    return digits;
}

/* Decimal by repeated division: a few hundred steps at most. */
uint32_t ag_int_decimal(struct pyobj *object, char to[AG_DECIMALS_MAX])
{
    struct ag_digits digits = ag_int_digits(object);
    uint32_t rest[AG_DIGITS_MAX];
    uint32_t at = AG_DECIMALS_MAX;

    if (digits.n > AG_DIGITS_MAX)
        return 0;
    memcpy(rest, digits.at, digits.n * sizeof *rest);
    do {
        uint64_t carry = 0;
        for (uint64_t i = digits.n; i-- > 0;) {
            carry = carry << AG_DIGIT_BITS | rest[i];
            rest[i] = (uint32_t)(carry / 10);
            carry %= 10;
        }
        to[--at] = (char)('0' + carry);
        while (digits.n && !rest[digits.n - 1])
            digits.n--;
    } while (digits.n);
    if (digits.negative)
        to[--at] = '-';
    memmove(to, to + at, AG_DECIMALS_MAX - at);
    return AG_DECIMALS_MAX - at;
}

void ag_put_int(struct ag_text *text, struct pyobj *object)
{
    enum { SHORT = 5 }; /* digits that are written out */
    struct ag_digits digits = ag_int_digits(object);
    char decimal[AG_DECIMALS_MAX + 1];

    if (digits.n > SHORT) {
        ag_put(text, "<int of ");
        ag_put_decimal(text, digits.n * AG_DIGIT_BITS);
        ag_put(text, " bits>");
        return;
    }
    decimal[ag_int_decimal(object, decimal)] = '\0';
    ag_put(text, decimal);
}

static void put_type_name(struct ag_text *text, struct pyobj *type)
{
    char module[TYPE_TEXT_BYTES], name[TYPE_TEXT_BYTES + 1];
    uint32_t module_bytes, name_bytes;

    ag_type_name(type, module, &module_bytes, name, &name_bytes, TYPE_TEXT_BYTES);
    name[name_bytes] = '\0';
    ag_put(text, name);
}

const char *ag_constant(struct pyobj *object)
{
    return object == api._Py_NoneStruct             ? "None"
           : object == api._Py_TrueStruct           ? "True"
           : object == api._Py_FalseStruct          ? "False"
           : object == api._Py_EllipsisObject       ? "..."
           : object == api._Py_NotImplementedStruct ? "NotImplemented"
                                                    : NULL;
}

static void put_key(struct ag_text *text, struct pyobj *object, int depth)
{
    struct pyobj *type = ag_type_of(object);
    const char *constant = ag_constant(object);

    if (constant)
        ag_put(text, constant);
    else if (type == api.PyUnicode_Type)
        put_quoted(text, object);
    else if (type == api.PyLong_Type)
        ag_put_int(text, object);
    else if (type == api.PyBytes_Type)
        put_bytes(text, object);
    else if (type == api.PyTuple_Type && depth < KEY_DEPTH) {
        uint64_t n = AG_FIELD(uint64_t, object, OB_SIZE);
        ag_put(text, "(");
        for (uint64_t i = 0; i < n && i < KEY_MEMBERS; i++) {
            struct pyobj *member =
                AG_FIELD(struct pyobj *, object, layout->tuple_items + (int)(8 * i));
            ag_put(text, i ? ", " : "");
            if (member)
                put_key(text, member, depth + 1);
        }
        ag_put(text, n > KEY_MEMBERS ? ", …)" : n == 1 ? ",)" : ")");
    } else if (AG_FIELD(uint64_t, type, TP_FLAGS) & TPF_TYPE_SUBCLASS) {
        ag_put(text, "<class ");
        put_type_name(text, object);
        ag_put(text, ">");
    } else {
        ag_put(text, "<");
        put_type_name(text, type);
        ag_put(text, " ");
        ag_put_hex(text, (uint64_t)object);
        ag_put(text, ">");
    }
}

void ag_put_key(struct ag_text *text, struct pyobj *object)
{
    put_key(text, object, 0);
}
