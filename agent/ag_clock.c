#include "agent/ag_clock.h"

#include "agent/ag_attributes.h"
#include "agent/ag_sys.h"

enum {
    HAS_ZONE = 24, /* date, time, datetime: hash, flag, then the fields as bytes */
    FIELDS = 25,
    DATETIME_TIME = 4, /* where the time starts in a datetime's fields */
    DATETIME_ZONE = 40,
    TIME_ZONE = 32,
    DELTA_DAYS = 24, /* timedelta: ints */
    DELTA_SECONDS = 28,
    DELTA_MICROSECONDS = 32,
    ZONE_OFFSET = 16, /* timezone */
    ZONE_NAME = 24,
    HOUR_S = 3600,
    DAY_S = 24 * HOUR_S,
};

/* ---- dates and times ---- */

static void put_date(struct ag_text *text, const uint8_t *fields)
{
    ag_put_padded(text, (uint64_t)fields[0] << 8 | fields[1], 4);
    ag_put(text, "-");
    ag_put_padded(text, fields[2], 2);
    ag_put(text, "-");
    ag_put_padded(text, fields[3], 2);
}

static void put_time(struct ag_text *text, const uint8_t *fields)
{
    uint32_t us = (uint32_t)fields[3] << 16 | (uint32_t)fields[4] << 8 | fields[5];

    for (int i = 0; i < 3; i++) {
        ag_put(text, i ? ":" : "");
        ag_put_padded(text, fields[i], 2);
    }
    if (us) {
        ag_put(text, ".");
        ag_put_padded(text, us, 6);
    }
}

/* +02:00 */
static void put_offset(struct ag_text *text, struct pyobj *delta)
{
    int64_t seconds =
        (int64_t)AG_FIELD(int, delta, DELTA_DAYS) * DAY_S + AG_FIELD(int, delta, DELTA_SECONDS);

    ag_put(text, seconds < 0 ? "-" : "+");
    if (seconds < 0)
        seconds = -seconds;
    ag_put_padded(text, (uint64_t)(seconds / HOUR_S), 2);
    ag_put(text, ":");
    ag_put_padded(text, (uint64_t)(seconds / 60 % 60), 2);
    if (seconds % 60) {
        ag_put(text, ":");
        ag_put_padded(text, (uint64_t)(seconds % 60), 2);
    }
}

/* What a fixed offset is; the key of a zone whose rules would have to be run. */
static void put_zone(struct ag_preview *p, struct pyobj *zone)
{
    struct ag_type *type = ag_types_get(p->types, ag_type_of(zone));
    struct pyobj *key = type ? ag_attribute_find(zone, type, "key") : NULL;

    if (type && ag_shape_of(p->types, type) == AG_SHAPE_TIMEZONE) {
        put_offset(&p->text, AG_FIELD(struct pyobj *, zone, ZONE_OFFSET));
        return;
    }
    ag_put(&p->text, " ");
    if (key && ag_is_str(key))
        ag_put_str(&p->text, key, 60);
    else
        ag_preview_type(p, ag_type_of(zone));
}

static void put_timezone(struct ag_text *text, struct pyobj *zone)
{
    struct pyobj *name = AG_FIELD(struct pyobj *, zone, ZONE_NAME);
    struct pyobj *offset = AG_FIELD(struct pyobj *, zone, ZONE_OFFSET);

    if (name && ag_is_str(name)) {
        ag_put_str(text, name, 60);
        return;
    }
    ag_put(text, "UTC");
    if (AG_FIELD(int, offset, DELTA_DAYS) || AG_FIELD(int, offset, DELTA_SECONDS))
        put_offset(text, offset);
}

/* -1 day, 23:59:59 */
static void put_timedelta(struct ag_text *text, struct pyobj *delta)
{
    int days = AG_FIELD(int, delta, DELTA_DAYS), us = AG_FIELD(int, delta, DELTA_MICROSECONDS);
    uint64_t seconds = (uint64_t)AG_FIELD(int, delta, DELTA_SECONDS);

    if (days) {
        ag_put(text, days < 0 ? "-" : "");
        ag_put_decimal(text, days < 0 ? -(uint64_t)days : (uint64_t)days);
        ag_put(text, days == 1 || days == -1 ? " day, " : " days, ");
    }
    ag_put_decimal(text, seconds / HOUR_S);
    ag_put(text, ":");
    ag_put_padded(text, seconds / 60 % 60, 2);
    ag_put(text, ":");
    ag_put_padded(text, seconds % 60, 2);
    if (us) {
        ag_put(text, ".");
        ag_put_padded(text, (uint64_t)us, 6);
    }
}

/* ---- Decimal ---- */

enum {
    DEC_FLAGS = 24, /* mpd_t behind the header and the hash */
    DEC_EXP = 32,
    DEC_DIGITS = 40,
    DEC_WORDS = 48,
    DEC_DATA = 64,
    DEC_NEGATIVE = 1,
    DEC_INFINITE = 2,
    DEC_NAN = 4,
    DEC_SNAN = 8,
    WORD_DIGITS = 19,
    DECIMALS_MAX = 57, /* three words: more digits are given by their number */
};

/* The coefficient, most significant digit first. */
static uint32_t decimal_digits(struct pyobj *decimal, char *to)
{
    const uint64_t *data = AG_FIELD(const uint64_t *, decimal, DEC_DATA);
    uint64_t words = AG_FIELD(uint64_t, decimal, DEC_WORDS);
    uint32_t n = 0, zeros = 0;

    for (uint64_t w = words; w-- > 0;) {
        uint64_t word = data[w];
        for (int i = WORD_DIGITS; i-- > 0; word /= 10)
            to[n + (uint32_t)i] = (char)('0' + word % 10);
        n += WORD_DIGITS;
    }
    while (zeros + 1 < n && to[zeros] == '0')
        zeros++;
    memmove(to, to + zeros, n - zeros);
    return n - zeros;
}

static void put_zeros(struct ag_text *text, int64_t n)
{
    for (; n > 0 && !text->cut; n--)
        ag_put(text, "0");
}

/* The specification's to-scientific-string. */
static void put_number(struct ag_text *text, const char *digits, int64_t n, int64_t exp)
{
    enum { POSITIONAL_FROM = -6 };
    char c[2] = {0};
    int64_t left = n + exp;
    int64_t point = exp <= 0 && left > POSITIONAL_FROM ? left : 1;

    if (point <= 0) {
        ag_put(text, "0.");
        put_zeros(text, -point);
    }
    for (int64_t i = 0; i < n; i++) {
        ag_put(text, i && i == point ? "." : "");
        *c = digits[i];
        ag_put(text, c);
    }
    if (left != point) {
        ag_put(text, left - point < 0 ? "E-" : "E+");
        ag_put_decimal(text, (uint64_t)(left - point < 0 ? point - left : left - point));
    }
}

static void put_decimal(struct ag_preview *p, struct pyobj *decimal)
{
    uint8_t flags = AG_FIELD(uint8_t, decimal, DEC_FLAGS);
    char digits[DECIMALS_MAX];
    struct ag_text *text = &p->text;

    ag_preview_type(p, ag_type_of(decimal));
    ag_put(text, "('");
    ag_put(text, flags & DEC_NEGATIVE ? "-" : "");
    if (flags & DEC_INFINITE) {
        ag_put(text, "Infinity");
    } else if (flags & (DEC_NAN | DEC_SNAN)) {
        ag_put(text, flags & DEC_SNAN ? "sNaN" : "NaN");
    } else if (AG_FIELD(uint64_t, decimal, DEC_WORDS) * WORD_DIGITS > DECIMALS_MAX) {
        ag_put_decimal(text, AG_FIELD(uint64_t, decimal, DEC_DIGITS));
        ag_put(text, " digits");
    } else {
        uint32_t n = decimal_digits(decimal, digits);
        put_number(text, digits, n, AG_FIELD(int64_t, decimal, DEC_EXP));
    }
    ag_put(text, "')");
}

/* ---- all ---- */

bool ag_clock_put(struct ag_preview *p, struct pyobj *object, enum ag_shape shape)
{
    const uint8_t *fields = (const uint8_t *)object + FIELDS;
    bool has_zone = AG_FIELD(char, object, HAS_ZONE);

    switch (shape) {
    case AG_SHAPE_DATE:
        put_date(&p->text, fields);
        return true;
    case AG_SHAPE_DATETIME:
        put_date(&p->text, fields);
        ag_put(&p->text, " ");
        put_time(&p->text, fields + DATETIME_TIME);
        if (has_zone)
            put_zone(p, AG_FIELD(struct pyobj *, object, DATETIME_ZONE));
        return true;
    case AG_SHAPE_TIME:
        put_time(&p->text, fields);
        if (has_zone)
            put_zone(p, AG_FIELD(struct pyobj *, object, TIME_ZONE));
        return true;
    case AG_SHAPE_TIMEDELTA:
        put_timedelta(&p->text, object);
        return true;
    case AG_SHAPE_TIMEZONE:
        put_timezone(&p->text, object);
        return true;
    case AG_SHAPE_DECIMAL:
        put_decimal(p, object);
        return true;
    default:
        return false;
    }
}
