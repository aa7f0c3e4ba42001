#include "inspector/model/redact.h"

#include "tests/support/test.h"

static struct redact key;

/* The redacted name, valid until the next call. */
static const char *redacted(const char *name, bool is_sequence)
{
    static struct str text = {str_empty, 0, 0};

    str_clear(&text);
    redact_edge(&key, name, strlen(name), is_sequence, &text);
    return text.text;
}

static void test_redact__keeps_what_the_agent_says(void **state)
{
    static const char *const kept[] = {"key",       ".__dict__", ".__class__", "weakref",
                                       "default 0", "member",    "?",          ".cell_contents"};

    (void)state;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        assert_string_equal(redacted(kept[i], false), kept[i]);
    assert_string_equal(redacted("[12]", true), "[12]");
}

static void test_redact__hides_what_the_program_says(void **state)
{
    static const struct {
        const char *name, *before, *after;
    } cases[] = {
        {".password", ".", ""},
        {"['secret']", "['", "']"},
        {"[1234]", "[", "]"},
        {"[b'secret']", "[", "]"},
        {"slot secret", "slot ", ""},
        {"closure secret", "closure ", ""},
        {"local 'secret'", "local '", "'"},
        {"secret", "", ""},
        {"default secret", "", ""},
        {"['it's]", "[", "]"},
        {".__secret__", ".", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *text = redacted(cases[i].name, false);
        size_t head = strlen(cases[i].before), tail = strlen(cases[i].after);
        if (strlen(text) != head + 10 + tail || strncmp(text, cases[i].before, head) != 0 ||
            strcmp(text + strlen(text) - tail, cases[i].after) != 0 ||
            strspn(text + head, "0123456789abcdef") != 10)
            fail_msg("%s is redacted as %s", cases[i].name, text);
    }
    assert_string_not_equal(redacted("[secret]", true), "[secret]");
}

/* The same name is the same hash with one key, another with another. */
static void test_redact__hashes(void **state)
{
    char first[64], second[64];

    (void)state;
    snprintf(first, sizeof first, "%s", redacted(".password", false));
    assert_string_equal(redacted(".password", false), first);
    snprintf(second, sizeof second, "%s", redacted(".Password", false));
    assert_string_not_equal(first, second);
    assert_ok(redact_init(&key));
    assert_string_not_equal(redacted(".password", false), first);
}

/* SipHash-2-4 of the bytes 0 … 14 with key 0 … 15, from its paper. */
static void test_redact__is_siphash(void **state)
{
    const struct redact paper = {{0x0706050403020100, 0x0f0e0d0c0b0a0908}};
    struct str text = STR_INIT;
    char bytes[15];

    (void)state;
    for (int i = 0; i < 15; i++)
        bytes[i] = (char)i;
    redact_text(&paper, bytes, sizeof bytes, &text);
    assert_string_equal(text.text, "a129ca6149");
    str_deinit(&text);
}

static int setup(void **state)
{
    (void)state;
    assert_ok(redact_init(&key));
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_redact__keeps_what_the_agent_says),
        TEST(test_redact__hides_what_the_program_says),
        TEST(test_redact__hashes),
        TEST(test_redact__is_siphash),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
