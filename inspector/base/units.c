#include "inspector/base/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* `value` with three significant digits and `unit`. */
static void three_digits(char *buf, const char *sign, double value, const char *unit)
{
    int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;

    snprintf(buf, UNITS_BUF, "%s%.*f %s", sign, decimals, value, unit);
}

static const char *bytes_signed(int64_t bytes, const char *plus, char buf[UNITS_BUF])
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    const char *sign = bytes < 0 ? "-" : bytes > 0 ? plus : "";
    uint64_t size = bytes < 0 ? -(uint64_t)bytes : (uint64_t)bytes;
    double value = (double)size;
    unsigned unit = 0;

    if (size < 1024) {
        snprintf(buf, UNITS_BUF, "%s%" PRIu64 " B", sign, size);
        return buf;
    }
    for (value /= 1024; value >= 999.5 && unit + 1 < sizeof units / sizeof *units; value /= 1024)
        unit++;
    three_digits(buf, sign, value, units[unit]);
    return buf;
}

const char *units_bytes(int64_t bytes, char buf[UNITS_BUF])
{
    return bytes_signed(bytes, "", buf);
}

const char *units_bytes_delta(int64_t bytes, char buf[UNITS_BUF])
{
    return bytes_signed(bytes, "+", buf);
}

static const char *count_signed(int64_t count, const char *plus, char buf[UNITS_BUF])
{
    char digits[UNITS_BUF];
    uint64_t size = count < 0 ? -(uint64_t)count : (uint64_t)count;
    int n = snprintf(digits, sizeof digits, "%" PRIu64, size);
    char *out = buf;

    if (count < 0)
        *out++ = '-';
    else if (count > 0 && *plus)
        *out++ = *plus;
    for (int i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0)
            *out++ = ',';
        *out++ = digits[i];
    }
    *out = '\0';
    return buf;
}

const char *units_count(int64_t count, char buf[UNITS_BUF])
{
    return count_signed(count, "", buf);
}

const char *units_count_delta(int64_t count, char buf[UNITS_BUF])
{
    return count_signed(count, "+", buf);
}

const char *units_duration_ns(uint64_t ns, char buf[UNITS_BUF])
{
    if (ns < 1000)
        snprintf(buf, UNITS_BUF, "%" PRIu64 " ns", ns);
    else if (ns < 999500)
        three_digits(buf, "", (double)ns / 1e3, "us");
    else if (ns < 999500000)
        three_digits(buf, "", (double)ns / 1e6, "ms");
    else
        three_digits(buf, "", (double)ns / 1e9, "s");
    return buf;
}

const char *units_age_s(uint64_t seconds, char buf[UNITS_BUF])
{
    if (seconds < 60)
        snprintf(buf, UNITS_BUF, "%" PRIu64 "s", seconds);
    else if (seconds < 3600)
        snprintf(buf, UNITS_BUF, "%" PRIu64 "m%02" PRIu64 "s", seconds / 60, seconds % 60);
    else if (seconds < 86400)
        snprintf(buf, UNITS_BUF, "%" PRIu64 "h%02" PRIu64 "m", seconds / 3600, seconds / 60 % 60);
    else
        snprintf(buf, UNITS_BUF, "%" PRIu64 "d%02" PRIu64 "h", seconds / 86400,
                 seconds / 3600 % 24);
    return buf;
}
