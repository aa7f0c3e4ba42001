#include "inspector/rows/value.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit byte_units[] = {
    {"", 1},
    {"b", 1},
    {"k", 1 << 10},
    {"kib", 1 << 10},
    {"kb", 1000},
    {"m", 1 << 20},
    {"mib", 1 << 20},
    {"mb", 1000 * 1000},
    {"g", 1 << 30},
    {"gib", 1 << 30},
    {"gb", 1000 * 1000 * 1000},
    {NULL, 0},
};

static const struct unit count_units[] = {
    {"", 1}, {"k", 1000}, {"m", 1000 * 1000}, {"g", 1000 * 1000 * 1000}, {NULL, 0},
};

static const struct unit duration_units[] = {
    {"", 1}, {"us", 1}, {"ms", 1000}, {"s", 1000 * 1000}, {NULL, 0},
};

static const struct unit plain_units[] = {{"", 1}, {NULL, 0}};

static const struct unit bool_words[] = {
    {"yes", 1}, {"true", 1}, {"1", 1}, {"no", 0}, {"false", 0}, {"0", 0}, {NULL, 0},
};

static const struct unit share_units[] = {{"", 10}, {"%", 10}, {NULL, 0}};

struct kind_syntax {
    const struct unit *units;
    const char *expected;
};

static struct kind_syntax syntax_of(enum col_kind kind)
{
    switch (kind) {
    case COL_BYTES:
    case COL_BYTES_DELTA:
        return (struct kind_syntax){byte_units, "a size such as 512, 10k or 1.5mib"};
    case COL_COUNT:
    case COL_COUNT_DELTA:
        return (struct kind_syntax){count_units, "a number such as 100 or 2k"};
    case COL_DURATION_US:
        return (struct kind_syntax){duration_units, "a duration such as 500us, 20ms or 1.5s"};
    case COL_SHARE:
        return (struct kind_syntax){share_units, "a share such as 5% or 12.5%"};
    case COL_ADDRESS:
        return (struct kind_syntax){plain_units, "an address such as 0x7f12a0"};
    case COL_BOOL:
        return (struct kind_syntax){bool_words, "yes or no"};
    case COL_GENERATION:
        return (struct kind_syntax){plain_units, "a generation: 0, 1, 2 or permanent"};
    case COL_ID:
        return (struct kind_syntax){plain_units, "a number"};
    case COL_TEXT:
    case COL_TYPE:
        break;
    }
    return (struct kind_syntax){NULL, "text"};
}

static const struct unit *find_unit(const struct unit *units, const char *name)
{
    for (; units->name; units++)
        if (!strcasecmp(units->name, name))
            return units;
    return NULL;
}

/* Unsigned, 0x or decimal, nothing behind it: exact to the last bit. */
static bool parse_address(const char *text, int64_t *ret)
{
    char *end;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    uint64_t value = strtoull(text, &end, text[1] == 'x' || text[1] == 'X' ? 16 : 10);
    if (errno || *end)
        return false;
    *ret = (int64_t)value;
    return true;
}

/* <sign> digits [. digits] <unit>. Whole numbers are exact. */
static bool parse_scaled(const char *text, const struct unit *units, int64_t *ret)
{
    const double limit = 9.2e18; /* just inside int64_t */
    size_t sign = *text == '-' || *text == '+';
    size_t digits = strspn(text + sign, "0123456789.");
    char *end;

    if (!digits)
        return false;
    const struct unit *unit = find_unit(units, text + sign + digits);
    if (!unit)
        return false;
    if (!memchr(text, '.', sign + digits)) {
        errno = 0;
        int64_t whole = strtoll(text, &end, 10);
        return !errno && !__builtin_mul_overflow(whole, unit->factor, ret);
    }
    double value = strtod(text, &end) * (double)unit->factor;
    if (end != text + sign + digits || !(value > -limit && value < limit))
        return false;
    *ret = llround(value);
    return true;
}

struct err *value_parse(enum col_kind kind, const char *text, int64_t *ret)
{
    struct kind_syntax syntax = syntax_of(kind);
    bool good = false;

    if (kind == COL_BOOL) {
        const struct unit *word = find_unit(bool_words, text);
        good = word != NULL;
        if (good)
            *ret = word->factor;
    } else if (kind == COL_ADDRESS) {
        good = parse_address(text, ret);
    } else if (syntax.units) {
        good = parse_scaled(text, syntax.units, ret);
    }
    return good ? NULL : err_new(ERR_USAGE, NULL, "'%s' is not %s", text, syntax.expected);
}
