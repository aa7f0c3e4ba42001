#include "inspector/base/opt.h"

#include <limits.h>

#include "inspector/base/str.h"
#include "tests/support/test.h"

enum { ARGS_MAX = 16 };

/* What a command line was parsed into. */
struct parsed {
    bool json;
    long limit;
    const char *type;
    char *argv[ARGS_MAX];
    char text[256]; /* what argv points to */
    int rest;
};

/* Parses the words of `line`. */
static struct err *parse(const char *line, struct parsed *p)
{
    const struct opt options[] = {
        OPT_FLAG(0, "json", &p->json, "print JSON"),
        OPT_INT('n', "limit", &p->limit, -5, 100, "N", "rows"),
        OPT_TEXT('t', "type", &p->type, "TYPE", "only these"),
        OPT_FLAG('v', "verbose", &p->json, "also"),
        OPT_END,
    };
    int argc = 0;
    char *saved = NULL;

    *p = (struct parsed){.limit = 7, .rest = -1};
    snprintf(p->text, sizeof p->text, "%s", line);
    for (char *word = strtok_r(p->text, " ", &saved); word; word = strtok_r(NULL, " ", &saved))
        p->argv[argc++] = strcmp(word, "EMPTY") ? word : word + strlen(word);
    return opt_parse(options, argc, p->argv, &p->rest);
}

static void test_opt__values_in_every_form(void **state)
{
    static const char *const lines[] = {"--limit=12", "--limit 12", "-n12", "-n 12"};
    struct parsed p;

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        assert_ok(parse(lines[i], &p));
        assert_int_equal(p.limit, 12);
        assert_int_equal(p.rest, 0);
    }
    assert_ok(parse("--type=a=b", &p));
    assert_string_equal(p.type, "a=b");
    assert_ok(parse("--type= x", &p));
    assert_string_equal(p.type, "");
    assert_string_equal(p.argv[0], "x");
}

static void test_opt__arguments_move_to_the_front(void **state)
{
    struct parsed p;

    (void)state;
    assert_ok(parse("12 --json 0x7f -n 3 - end", &p));
    assert_true(p.json);
    assert_int_equal(p.limit, 3);
    assert_int_equal(p.rest, 4);
    assert_string_equal(p.argv[0], "12");
    assert_string_equal(p.argv[1], "0x7f");
    assert_string_equal(p.argv[2], "-");
    assert_string_equal(p.argv[3], "end");
}

static void test_opt__nothing_behind_the_dashes_is_an_option(void **state)
{
    struct parsed p;

    (void)state;
    assert_ok(parse("a -- --json -n -- b", &p));
    assert_false(p.json);
    assert_int_equal(p.rest, 5);
    assert_string_equal(p.argv[1], "--json");
    assert_string_equal(p.argv[3], "--");
    assert_ok(parse("--", &p));
    assert_int_equal(p.rest, 0);
    assert_ok(parse("", &p));
    assert_int_equal(p.rest, 0);
}

static void test_opt__defaults_stay(void **state)
{
    struct parsed p;

    (void)state;
    assert_ok(parse("x", &p));
    assert_false(p.json);
    assert_int_equal(p.limit, 7);
    assert_null(p.type);
}

static void test_opt__the_last_one_counts(void **state)
{
    struct parsed p;

    (void)state;
    assert_ok(parse("-n 1 --limit=2 -n3", &p));
    assert_int_equal(p.limit, 3);
}

static void test_opt__wrong_usage(void **state)
{
    struct parsed p;

    (void)state;
    assert_fails(parse("--jsn", &p), ERR_USAGE, "there is no option '--jsn'");
    assert_fails(parse("--jso", &p), ERR_USAGE, "there is no option"); /* no abbreviations */
    assert_fails(parse("--=x", &p), ERR_USAGE, "there is no option");
    assert_fails(parse("-x", &p), ERR_USAGE, "there is no option '-x'");
    assert_fails(parse("--json=1", &p), ERR_USAGE, "'--json' takes no value");
    assert_fails(parse("-vn", &p), ERR_USAGE, "'--verbose' takes no value");
    assert_fails(parse("--type", &p), ERR_USAGE, "'--type' needs a value: TYPE");
    assert_fails(parse("-n", &p), ERR_USAGE, "'--limit' needs a value: N");
}

static void test_opt__numbers(void **state)
{
    static const char *const bad[] = {
        "x", "1x", "EMPTY", "101", "-6", "1.5", "99999999999999999999"};
    struct parsed p;
    char line[64];

    (void)state;
    assert_ok(parse("-n -5", &p));
    assert_int_equal(p.limit, -5);
    assert_ok(parse("-n 100", &p));
    assert_int_equal(p.limit, 100);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(line, sizeof line, "-n %s", bad[i]);
        assert_fails(parse(line, &p), ERR_USAGE,
                     "--limit must be a whole number from -5 to 100, not '");
        assert_int_equal(p.limit, 7);
    }
}

static void test_opt__number(void **state)
{
    long number = 3;

    (void)state;
    assert_ok(opt_number("9223372036854775807", "it", LONG_MIN, LONG_MAX, &number));
    assert_true(number == LONG_MAX);
    assert_fails(opt_number("9223372036854775808", "it", LONG_MIN, LONG_MAX, &number), ERR_USAGE,
                 "it must be a whole number");
    assert_true(number == LONG_MAX);
}

static void test_opt__help(void **state)
{
    bool flag;
    long number;
    const struct opt options[] = {
        OPT_FLAG(0, "json", &flag, "print JSON"),
        OPT_INT('n', "limit", &number, 0, 1, "N", "print N rows"),
        OPT_TEXT(0, "a-very-long-option-name", &number, "VALUE", "help"),
        OPT_END,
    };
    struct str s = STR_INIT;

    (void)state;
    opt_help(options, &s);
    assert_string_equal(s.text, "     --json                 print JSON\n"
                                "  -n --limit N              print N rows\n"
                                "     --a-very-long-option-name VALUE help\n");
    str_deinit(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_opt__values_in_every_form),
        TEST(test_opt__arguments_move_to_the_front),
        TEST(test_opt__nothing_behind_the_dashes_is_an_option),
        TEST(test_opt__defaults_stay),
        TEST(test_opt__the_last_one_counts),
        TEST(test_opt__wrong_usage),
        TEST(test_opt__numbers),
        TEST(test_opt__number),
        TEST(test_opt__help),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
