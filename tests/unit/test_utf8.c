#include "inspector/base/utf8.h"

#include <locale.h>

#include "tests/support/test.h"

static void test_utf8__decodes_valid(void **state)
{
    const char *text = "aé日\U0001f40d";
    const uint32_t want[] = {'a', 0xe9, 0x65e5, 0x1f40d};
    uint32_t c;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        size_t n = utf8_next(text, &c);
        char back[UTF8_MAX_BYTES];
        assert_int_equal(c, want[i]);
        assert_int_equal(utf8_encode(c, back), n);
        assert_memory_equal(back, text, n);
        text += n;
    }
    assert_int_equal(utf8_next(text, &c), 0);
}

static void test_utf8__bad_bytes_are_one_each(void **state)
{
    /* lone continuation, overlong, surrogate, beyond U+10FFFF, cut off by the end */
    const char *const bad[] = {"\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe6\x97"};
    uint32_t c;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(utf8_next(bad[i], &c), 1);
        assert_int_equal(c, UTF8_BAD);
        assert_int_equal(utf8_width(bad[i]), strlen(bad[i]));
    }
}

static void test_utf8__prev_finds_the_start(void **state)
{
    const char *text = "aé日\U0001f40d\x80";
    const size_t want[] = {10, 6, 3, 1, 0};
    size_t at = strlen(text);

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        at = utf8_prev(text, at);
        assert_int_equal(at, want[i]);
    }
}

static void test_utf8__widths(void **state)
{
    (void)state;
    assert_int_equal(utf8_width("plain"), 5);
    assert_int_equal(utf8_width("日本語"), 6);
    assert_int_equal(utf8_width("\U0001f40d"), 2);
    assert_int_equal(utf8_width("e\u0301"), 1);
    assert_int_equal(utf8_width("a\033b\x7f"), 4);
    /* two faces joined by U+200D: terminals draw one or two; we never send the joiner */
    assert_int_equal(utf8_width("\U0001f469\u200d\U0001f467"), 4);
    assert_int_equal(utf8_glyph(0x200d), 0);
    assert_int_equal(utf8_glyph(0x202e), '?');
    assert_int_equal(utf8_glyph('\n'), '?');
}

static void test_utf8__fit(void **state)
{
    size_t used;

    (void)state;
    assert_int_equal(utf8_fit("日本語", 5, &used), 6);
    assert_int_equal(used, 4);
    assert_int_equal(utf8_fit("e\u0301x", 1, &used), 3);
    assert_int_equal(used, 1);
    assert_int_equal(utf8_fit("abc", 0, &used), 0);
    assert_int_equal(utf8_fit_tail("app.日本", 5, &used), 3);
    assert_int_equal(used, 5);
    assert_int_equal(utf8_fit_tail("app.日本", 3, &used), 7);
    assert_int_equal(used, 2);
    assert_int_equal(utf8_fit_tail("ae\u0301", 1, &used), 1);
}

static void assert_safe(const char *text, const char *want)
{
    char copy[64];

    snprintf(copy, sizeof copy, "%s", text);
    utf8_make_safe(copy);
    assert_string_equal(copy, want);
}

static void test_utf8__make_safe(void **state)
{
    (void)state;
    assert_safe("", "");
    assert_safe("app é日本\U0001f40d e\u0301 ~", "app é日本\U0001f40d e\u0301 ~");
    assert_safe("a\nb\tc\x1b[31m\x7f", "a?b?c?[31m?");
    assert_safe("\xc2\x9b[31m", "?[31m");
    assert_safe("\x9b[31m\xff", "?[31m?");
    assert_safe("a\u202eb\u2066c\u061c", "a?b?c?");
    assert_safe("cut \xe6\x97", "cut ??");
    assert_safe("\xed\xa0\x80", "?"
                                "?"
                                "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_utf8__decodes_valid),
        TEST(test_utf8__bad_bytes_are_one_each),
        TEST(test_utf8__prev_finds_the_start),
        TEST(test_utf8__widths),
        TEST(test_utf8__fit),
        TEST(test_utf8__make_safe),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
