#include "inspector/model/text.h"

#include <stdbool.h>

#include "inspector/base/utf8.h"
#include "tests/support/test.h"

static void assert_escaped(const char *bytes, size_t n, char quote, const char *want)
{
    struct str s = STR_INIT;

    text_escape(&s, bytes, n, quote);
    assert_string_equal(s.text, want);
    str_deinit(&s);
}

#define ESCAPED(literal, want) assert_escaped(literal, sizeof(literal) - 1, 0, want)
#define QUOTED(literal, want)  assert_escaped(literal, sizeof(literal) - 1, '\'', want)

static void test_text__printable_stays(void **state)
{
    (void)state;
    ESCAPED("", "");
    ESCAPED("app.Node 'x' \\ ~", "app.Node 'x' \\ ~");
    ESCAPED("é日本\U0001f40d e\u0301", "é日本\U0001f40d e\u0301");
    ESCAPED("\u00a0\u0100\ue000", "\u00a0\u0100\ue000");
}

static void test_text__control_characters(void **state)
{
    (void)state;
    ESCAPED("a\nb\tc\rd", "a\\nb\\tc\\rd");
    ESCAPED("\0\x01\x1f\x7f", "\\x00\\x01\\x1f\\x7f");
    ESCAPED("\xc2\x80\xc2\x85\xc2\x9f", "\\x80\\x85\\x9f");
}

static void test_text__terminal_escapes(void **state)
{
    (void)state;
    ESCAPED("\x1b[31mred\x1b]0;title\a", "\\x1b[31mred\\x1b]0;title\\x07");
    ESCAPED("\xc2\x9b[m", "\\x9b[m"); /* CSI as one character */
    ESCAPED("\x9b[m", "\\x9b[m");     /* and as one byte */
}

static void test_text__what_changes_its_neighbours(void **state)
{
    (void)state;
    ESCAPED("a\u202eb\u202cc", "a\\u202eb\\u202cc");        /* right-to-left override */
    ESCAPED("\u200e\u200f\u061c", "\\u200e\\u200f\\u061c"); /* direction marks */
    ESCAPED("\u2066\u2067\u2068\u2069", "\\u2066\\u2067\\u2068\\u2069"); /* isolates */
    ESCAPED("\u200b\u200d\u2060\ufeff", "\\u200b\\u200d\\u2060\\ufeff"); /* no width */
    ESCAPED("\u2028\u2029", "\\u2028\\u2029");                           /* line separators */
    ESCAPED("\u00ad", "\\xad");                                          /* soft hyphen */
    ESCAPED("\ufff9\uffff\U000e0041", "\\ufff9\\uffff\\U000e0041");
}

/* What the terminal interface would have to replace is gone before it gets there. */
static void test_text__leaves_no_unsafe_glyph(void **state)
{
    (void)state;
    for (uint32_t ch = 1; ch < 0x110000; ch++) {
        struct str s = STR_INIT;
        char bytes[UTF8_MAX_BYTES];
        uint32_t got;
        text_escape(&s, bytes, utf8_encode(ch, bytes), 0);
        bool is_escaped = s.text[0] == '\\' && s.text[1];
        bool is_bidi = ch == 0x61c || ch == 0x200e || ch == 0x200f ||
                       (ch >= 0x202a && ch <= 0x202e) || (ch >= 0x2066 && ch <= 0x2069);
        utf8_next(s.text, &got);
        if (!is_escaped && (got != ch || is_bidi || ch < 0x20 || (ch >= 0x7f && ch < 0xa0)))
            fail_msg("U+%04x is let through", ch);
        str_deinit(&s);
    }
}

static void test_text__surrogates(void **state)
{
    (void)state;
    ESCAPED("\xed\xa0\x80", "\\ud800");
    ESCAPED("a\xed\xbf\xbf", "a\\udfff");
    ESCAPED("\xed\xa0\xbd\xed\xb0\x8d", "\\ud83d\\udc0d"); /* a pair is two characters here */
}

static void test_text__bytes_that_are_no_utf8(void **state)
{
    (void)state;
    ESCAPED("\xff\xfe", "\\xff\\xfe");
    ESCAPED("\x80z", "\\x80z");
    ESCAPED("\xc0\xaf", "\\xc0\\xaf");                   /* overlong */
    ESCAPED("\xe0\x80\xaf", "\\xe0\\x80\\xaf");          /* overlong */
    ESCAPED("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* beyond U+10FFFF */
    ESCAPED("\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80");
    ESCAPED("\xc3(", "\\xc3(");
}

static void test_text__cut_off_characters(void **state)
{
    static const char text[] = "\xf0\x9f\x90\x8d";

    (void)state;
    for (size_t n = 1; n < 4; n++) {
        struct str s = STR_INIT;
        text_escape(&s, text, n, 0);
        assert_int_equal(s.len_bytes, 4 * n);
        assert_memory_equal(s.text, "\\xf0\\x9f\\x90", 4 * n);
        str_deinit(&s);
    }
}

static void test_text__quotes(void **state)
{
    (void)state;
    QUOTED("it's \\n \"x\"", "it\\'s \\\\n \"x\"");
    assert_escaped("it's \"x\"", 8, '"', "it's \\\"x\\\"");
}

static void test_text__bytes(void **state)
{
    struct str s = STR_INIT;

    (void)state;
    text_escape_bytes(&s, "a\0b\n\xc3\xa9\x7f~'\\", 10, '\'');
    assert_string_equal(s.text, "a\\x00b\\n\\xc3\\xa9\\x7f~\\'\\\\");
    str_clear(&s);
    text_escape_bytes(&s, "a\0'\\", 4, 0);
    assert_string_equal(s.text, "a\\x00'\\");
    assert_int_equal(s.len_bytes, 7);
    str_deinit(&s);
}

static void test_text__appends(void **state)
{
    struct str s = STR_INIT;

    (void)state;
    str_append(&s, "type ");
    text_escape(&s, "N\n", 2, 0);
    text_escape_bytes(&s, "\n", 1, 0);
    assert_string_equal(s.text, "type N\\n\\n");
    str_deinit(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_text__printable_stays),
        TEST(test_text__control_characters),
        TEST(test_text__terminal_escapes),
        TEST(test_text__what_changes_its_neighbours),
        TEST(test_text__leaves_no_unsafe_glyph),
        TEST(test_text__surrogates),
        TEST(test_text__bytes_that_are_no_utf8),
        TEST(test_text__cut_off_characters),
        TEST(test_text__quotes),
        TEST(test_text__bytes),
        TEST(test_text__appends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
