#include "inspector/base/units.h"

#include "tests/support/test.h"

static void test_units__bytes(void **state)
{
    static const struct {
        int64_t bytes;
        const char *want;
    } cases[] = {
        {0, "0 B"},
        {1, "1 B"},
        {-1, "-1 B"},
        {1023, "1023 B"},
        {1024, "1.00 KiB"},
        {1536, "1.50 KiB"},
        {10240, "10.0 KiB"},
        {102400, "100 KiB"},
        {1023 * 1024, "1.00 MiB"}, /* never four digits */
        {999 * 1024, "999 KiB"},
        {-1536, "-1.50 KiB"},
        {1 << 20, "1.00 MiB"},
        {12897484, "12.3 MiB"},
        {1LL << 30, "1.00 GiB"},
        {1LL << 40, "1.00 TiB"},
        {1LL << 50, "1.00 PiB"},
        {1LL << 60, "1.00 EiB"},
        {INT64_MAX, "8.00 EiB"},
        {INT64_MIN, "-8.00 EiB"},
    };
    char buf[UNITS_BUF];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(units_bytes(cases[i].bytes, buf), cases[i].want);
    assert_string_equal(units_bytes_delta(1536, buf), "+1.50 KiB");
    assert_string_equal(units_bytes_delta(5, buf), "+5 B");
    assert_string_equal(units_bytes_delta(-5, buf), "-5 B");
    assert_string_equal(units_bytes_delta(0, buf), "0 B");
}

static void test_units__three_digits_everywhere(void **state)
{
    char buf[UNITS_BUF];

    (void)state;
    for (int64_t bytes = 1024; bytes > 0 && bytes < INT64_MAX / 2; bytes += bytes / 100 + 1) {
        units_bytes(bytes, buf);
        size_t digits = strspn(buf, "0123456789.");
        if (digits - (strchr(buf, '.') != NULL) != 3)
            fail_msg("%lld is written as %s", (long long)bytes, buf);
    }
}

static void test_units__counts(void **state)
{
    char buf[UNITS_BUF];

    (void)state;
    assert_string_equal(units_count(0, buf), "0");
    assert_string_equal(units_count(999, buf), "999");
    assert_string_equal(units_count(1000, buf), "1,000");
    assert_string_equal(units_count(1234567, buf), "1,234,567");
    assert_string_equal(units_count(-1234567, buf), "-1,234,567");
    assert_string_equal(units_count(INT64_MAX, buf), "9,223,372,036,854,775,807");
    assert_string_equal(units_count(INT64_MIN, buf), "-9,223,372,036,854,775,808");
    assert_string_equal(units_count_delta(12, buf), "+12");
    assert_string_equal(units_count_delta(-12, buf), "-12");
    assert_string_equal(units_count_delta(0, buf), "0");
}

static void test_units__durations(void **state)
{
    static const struct {
        uint64_t ns;
        const char *want;
    } cases[] = {
        {0, "0 ns"},           {850, "850 ns"},        {999, "999 ns"},
        {1000, "1.00 us"},     {12300, "12.3 us"},     {999499, "999 us"},
        {999500, "1.00 ms"},   {4560000, "4.56 ms"},   {999499999, "999 ms"},
        {999500000, "1.00 s"}, {1200000000, "1.20 s"}, {UINT64_MAX, "18446744074 s"},
    };
    char buf[UNITS_BUF];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(units_duration_ns(cases[i].ns, buf), cases[i].want);
}

static void test_units__ages(void **state)
{
    char buf[UNITS_BUF];

    (void)state;
    assert_string_equal(units_age_s(0, buf), "0s");
    assert_string_equal(units_age_s(59, buf), "59s");
    assert_string_equal(units_age_s(60, buf), "1m00s");
    assert_string_equal(units_age_s(245, buf), "4m05s");
    assert_string_equal(units_age_s(3599, buf), "59m59s");
    assert_string_equal(units_age_s(7620, buf), "2h07m");
    assert_string_equal(units_age_s(86399, buf), "23h59m");
    assert_string_equal(units_age_s(273600, buf), "3d04h");
    assert_true(strlen(units_age_s(UINT64_MAX, buf)) < UNITS_BUF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_units__bytes),  TEST(test_units__three_digits_everywhere),
        TEST(test_units__counts), TEST(test_units__durations),
        TEST(test_units__ages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
