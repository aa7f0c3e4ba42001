#include "inspector/rows/value_text.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>

#include "tests/support/test.h"

static struct decoded_text text_of(const char *text)
{
    return (struct decoded_text){text, (uint32_t)strlen(text)};
}

static void assert_text(const struct decoded_value *value, const char *want)
{
    char *text = value_text(value);

    assert_string_equal(text, want);
    free(text);
}

static void assert_value(enum value_kind kind, uint64_t size, const char *text, const char *want)
{
    assert_text(&(struct decoded_value){.kind = kind, .size = size, .text = text_of(text)}, want);
}

static void assert_float(double number, const char *want)
{
    char bytes[8];

    memcpy(bytes, &number, sizeof bytes);
    assert_text(&(struct decoded_value){.kind = VALUE_FLOAT, .text = {bytes, 8}}, want);
}

static void assert_complex(double real, double imaginary, const char *want)
{
    char bytes[16];

    memcpy(bytes, &real, 8);
    memcpy(bytes + 8, &imaginary, 8);
    assert_text(&(struct decoded_value){.kind = VALUE_COMPLEX, .text = {bytes, 16}}, want);
}

/* The right column is what repr() prints in CPython 3.11. */
static void test_value_text__floats(void **state)
{
    static const struct {
        double number;
        const char *want;
    } cases[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {1.0, "1.0"},
        {-2.0, "-2.0"},
        {3.5, "3.5"},
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1.0 / 3, "0.3333333333333333"},
        {100.0, "100.0"},
        {1200.0, "1200.0"},
        {123456789.0, "123456789.0"},
        {123456789.125, "123456789.125"},
        {1e15, "1000000000000000.0"},
        {1234567890123456.0, "1234567890123456.0"},
        {9999999999999998.0, "9999999999999998.0"},
        {1e16, "1e+16"},
        {1.5e16, "1.5e+16"},
        {12345678901234568.0, "1.2345678901234568e+16"},
        {1e22, "1e+22"},
        {1e100, "1e+100"},
        {-1.7976931348623157e308, "-1.7976931348623157e+308"},
        {0.001, "0.001"},
        {0.0001, "0.0001"},
        {0.00012345, "0.00012345"},
        {0.00001, "1e-05"},
        {0.000012345, "1.2345e-05"},
        {5e-324, "5e-324"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_float(cases[i].number, cases[i].want);
    assert_float(INFINITY, "inf");
    assert_float(-INFINITY, "-inf");
    assert_float(NAN, "nan");
    assert_float(-NAN, "nan");
}

static void test_value_text__floats_read_back(void **state)
{
    uint64_t bits = 0x9e3779b97f4a7c15;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        double number;
        bits = bits * 6364136223846793005u + 1442695040888963407u;
        memcpy(&number, &bits, sizeof number);
        if (isnan(number) || isinf(number))
            continue;
        char *text = value_text(&(struct decoded_value){
            .kind = VALUE_FLOAT, .text = {(const char *)&number, sizeof number}});
        if (strtod(text, NULL) != number || !strpbrk(text, ".e"))
            fail_msg("%.17g is written as %s", number, text);
        free(text);
    }
}

static void test_value_text__complex(void **state)
{
    (void)state;
    assert_complex(1, 2, "(1+2j)");
    assert_complex(1.5, -2.25, "(1.5-2.25j)");
    assert_complex(0, 2, "2j");
    assert_complex(0, -2, "-2j");
    assert_complex(-0.0, 2, "(-0+2j)");
    assert_complex(1, -0.0, "(1-0j)");
    assert_complex(0, 0, "0j");
    assert_complex(NAN, INFINITY, "(nan+infj)");
    assert_complex(1, NAN, "(1+nanj)");
    assert_complex(-INFINITY, -INFINITY, "(-inf-infj)");
    assert_complex(1e16, 1e-7, "(1e+16+1e-07j)");
    assert_complex(100, 1200, "(100+1200j)");
}

static void test_value_text__strings(void **state)
{
    (void)state;
    assert_value(VALUE_STR, 0, "", "''");
    assert_value(VALUE_STR, 5, "hello", "'hello'");
    assert_value(VALUE_STR, 6, "it's\n\x1b", "'it\\'s\\n\\x1b'");
    assert_value(VALUE_STR, 2, "日本", "'日本'");
    assert_value(VALUE_STR, 1, "\xed\xa0\x80", "'\\ud800'");
}

static void test_value_text__clipped_strings(void **state)
{
    char text[VALUE_TEXT_BYTES + 1], want[3 * VALUE_TEXT_BYTES];

    (void)state;
    assert_value(VALUE_STR, 1234567, "begin", "'begin'… 1,234,567 characters");
    /* as long as can be, and complete */
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    snprintf(want, sizeof want, "'%s'", text);
    assert_value(VALUE_STR, VALUE_TEXT_BYTES, text, want);
    snprintf(want, sizeof want, "'%s'", text + 2);
    assert_value(VALUE_STR, VALUE_TEXT_BYTES - 2, text + 2, want);
    snprintf(want, sizeof want, "'%s'… 201 characters", text);
    assert_value(VALUE_STR, VALUE_TEXT_BYTES + 1, text, want);
    /* characters of two bytes: half as many of them */
    for (size_t i = 0; i + 1 < sizeof text; i += 2)
        memcpy(text + i, "é", 2);
    snprintf(want, sizeof want, "'%s'", text);
    assert_value(VALUE_STR, VALUE_TEXT_BYTES / 2, text, want);
    snprintf(want, sizeof want, "'%s'… 101 characters", text);
    assert_value(VALUE_STR, VALUE_TEXT_BYTES / 2 + 1, text, want);
}

static void test_value_text__bytes(void **state)
{
    (void)state;
    assert_text(&(struct decoded_value){.kind = VALUE_BYTES, .size = 4, .text = {"a\0'\xff", 4}},
                "b'a\\x00\\'\\xff'");
    assert_value(VALUE_BYTES, 2000, "begin", "b'begin'… 2,000 bytes");
    assert_value(VALUE_BYTES, 0, "", "b''");
}

static void test_value_text__ints(void **state)
{
    (void)state;
    assert_value(VALUE_INT, 1, "0", "0");
    assert_value(VALUE_INT, 70, "-1180591620717411303424", "-1180591620717411303424");
    assert_value(VALUE_INT, 1234567, "", "an int of about 1,234,567 bits");
}

static void test_value_text__containers(void **state)
{
    (void)state;
    assert_value(VALUE_LEN, 0, "", "0 items");
    assert_value(VALUE_LEN, 1, "", "1 item");
    assert_value(VALUE_LEN, 12345, "", "12,345 items");
    assert_value(VALUE_LEN, 100, "[1, 'a', … 98 more]", "100 items: [1, 'a', … 98 more]");
    assert_value(VALUE_LEN, 0, "[]", "0 items");
}

/* Floats in a preview are marks, and what only looks like one is a text. */
static void test_value_text__previews(void **state)
{
    (void)state;
    assert_value(VALUE_PREVIEW, 0, "Point(x=1, y=2)", "Point(x=1, y=2)");
    assert_value(VALUE_PREVIEW, 0,
                 "P(x=\x01"
                 "000000000000f83f)",
                 "P(x=1.5)");
    assert_value(VALUE_PREVIEW, 0,
                 "[\x02"
                 "000000000000f83f00000000000000c0, \x01"
                 "0000000000000000]",
                 "[(1.5-2j), 0.0]");
    assert_value(VALUE_LEN, 1,
                 "[\x01"
                 "000000000000f03f]",
                 "1 item: [1.0]");
    assert_value(VALUE_PREVIEW, 0,
                 "\x01"
                 "00000000000000",
                 "\\x0100000000000000");
    assert_value(VALUE_PREVIEW, 0,
                 "\x01"
                 "000000000000F03F",
                 "\\x01000000000000F03F");
    assert_value(VALUE_PREVIEW, 0,
                 "\x02"
                 "0000",
                 "\\x020000");
    assert_value(VALUE_PREVIEW, 0, "a\x1b\x7f\n", "a\\x1b\\x7f\\n");
}

static void assert_place(const char *name, const char *file, uint64_t line, const char *want)
{
    assert_text(
        &(struct decoded_value){
            .kind = VALUE_PLACE, .size = line, .text = text_of(name), .detail = text_of(file)},
        want);
}

static void test_value_text__places(void **state)
{
    (void)state;
    assert_place("handle", "/srv/shop/web/app.py", 42, "handle web/app.py:42");
    assert_place("handle", "app.py", 1, "handle app.py:1");
    assert_place("handle", "/app.py", 1, "handle /app.py:1");
    assert_place("handle", "web/app.py", 0, "handle web/app.py");
    assert_place("handle", "", 42, "handle");
    assert_place("h\n", "a\x1b/b", 7, "h\\n a\\x1b/b:7");
}

static void test_value_text__names_and_constants(void **state)
{
    (void)state;
    assert_value(VALUE_NONE, 5, "x", "");
    assert_value(VALUE_CONSTANT, 0, "None", "None");
    assert_value(VALUE_NAME, 0, "app.handle\n", "app.handle\\n");
    assert_value(VALUE_TEXT, 0, "line\x1b", "line\\x1b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_value_text__floats),
        TEST(test_value_text__floats_read_back),
        TEST(test_value_text__complex),
        TEST(test_value_text__strings),
        TEST(test_value_text__clipped_strings),
        TEST(test_value_text__bytes),
        TEST(test_value_text__ints),
        TEST(test_value_text__containers),
        TEST(test_value_text__previews),
        TEST(test_value_text__places),
        TEST(test_value_text__names_and_constants),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
