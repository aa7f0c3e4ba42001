#include "inspector/base/str.h"

#include <stdlib.h>

#include "tests/support/test.h"

static void test_str__starts_empty(void **state)
{
    struct str s = STR_INIT;

    (void)state;
    assert_string_equal(s.text, "");
    assert_int_equal(s.len_bytes, 0);
    str_append(&s, "");
    assert_string_equal(s.text, "");
    str_clear(&s);
    str_deinit(&s);
    str_deinit(&s);
    assert_string_equal(s.text, "");
}

static void test_str__appends(void **state)
{
    struct str s = STR_INIT;

    (void)state;
    str_append(&s, "one ");
    str_append_bytes(&s, "two!", 3);
    str_append_char(&s, ' ');
    str_printf(&s, "%d%s", 3, "!");
    str_printf(&s, "%s", "");
    assert_string_equal(s.text, "one two 3!");
    assert_int_equal(s.len_bytes, 10);
    str_deinit(&s);
}

static void test_str__grows(void **state)
{
    struct str s = STR_INIT;
    char line[300];

    (void)state;
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    for (size_t i = 0; i < 5000; i++) {
        if (i % 2)
            str_append_char(&s, 'y');
        else
            str_printf(&s, "%s", line + i % 299);
        assert_int_equal(strlen(s.text), s.len_bytes);
    }
    assert_true(s.len_bytes > 300000);
    str_deinit(&s);
}

static void test_str__clear_keeps_the_memory(void **state)
{
    struct str s = STR_INIT;

    (void)state;
    str_append(&s, "text");
    const char *place = s.text;
    str_clear(&s);
    assert_string_equal(s.text, "");
    assert_int_equal(s.len_bytes, 0);
    str_append(&s, "more");
    assert_ptr_equal(s.text, place);
    str_deinit(&s);
}

static void test_str__steal(void **state)
{
    struct str s = STR_INIT;
    char *text;

    (void)state;
    str_append(&s, "text");
    text = str_steal(&s);
    assert_string_equal(text, "text");
    assert_string_equal(s.text, "");
    free(text);
    text = str_steal(&s); /* also of an empty one, the text is the caller's */
    assert_string_equal(text, "");
    text[0] = '\0';
    free(text);
    str_append(&s, "again");
    assert_string_equal(s.text, "again");
    str_deinit(&s);
}

static void test_str__keeps_zero_bytes(void **state)
{
    struct str s = STR_INIT;

    (void)state;
    str_append_bytes(&s, "a\0b", 3);
    assert_int_equal(s.len_bytes, 3);
    assert_memory_equal(s.text, "a\0b", 4);
    str_deinit(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_str__starts_empty), TEST(test_str__appends),
        TEST(test_str__grows),        TEST(test_str__clear_keeps_the_memory),
        TEST(test_str__steal),        TEST(test_str__keeps_zero_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
