#include "inspector/out/trigger.h"

#include "inspector/base/units.h"
#include "tests/support/test.h"

static struct trigger must_parse(const char *text)
{
    struct trigger trigger;

    assert_ok(trigger_parse(text, strlen(text), &trigger));
    assert_string_equal(trigger.text, text);
    assert_false(trigger.has_fired);
    return trigger;
}

static void test_trigger__parse(void **state)
{
    struct trigger t = must_parse("rss>2GiB");

    (void)state;
    assert_int_equal(t.kind, TRIGGER_RSS);
    assert_true(t.limit == 2ll << 30);
    t = must_parse("pause>50ms");
    assert_int_equal(t.kind, TRIGGER_PAUSE);
    assert_int_equal(t.limit, 50 * 1000);
    t = must_parse("objects>1000000");
    assert_int_equal(t.kind, TRIGGER_OBJECTS);
    assert_int_equal(t.limit, 1000000);
    t = must_parse("garbage>0");
    assert_int_equal(t.kind, TRIGGER_GARBAGE);
    t = must_parse("type:app.make.<locals>.Row>7");
    assert_int_equal(t.kind, TRIGGER_TYPE);
    assert_string_equal(t.type, "app.make.<locals>.Row");
    assert_int_equal(t.limit, 7);
    assert_ok(trigger_parse("rss>1kib,pause>1s", 8, &t));
    assert_string_equal(t.text, "rss>1kib");
    assert_int_equal(t.limit, 1024);
}

static void test_trigger__what_is_none(void **state)
{
    static const char *const texts[] = {"",       "rss",     ">5",         "rss<5", "rs>5",
                                        "rsss>5", "type:>5", "types>5",    "rss>",  "rss>x",
                                        "rss>-5", "type>5",  "garbage>1 2"};
    struct trigger t = {.limit = 77};
    char longer[TRIGGER_TEXT_BYTES + 8];

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct err *err = trigger_parse(texts[i], strlen(texts[i]), &t);
        if (!err || err->code != ERR_USAGE)
            fail_msg("'%s' was taken", texts[i]);
        err_destroy(err);
    }
    snprintf(longer, sizeof longer, "type:%0*d>5", (int)sizeof longer - 8, 0);
    assert_fails(trigger_parse(longer, strlen(longer), &t), ERR_USAGE, "no condition");
    assert_int_equal(t.limit, 77);
}

static void test_trigger__fires_once_for_each_crossing(void **state)
{
    struct trigger t = must_parse("objects>1000");

    (void)state;
    assert_int_equal(trigger_look(&t, 1000), TRIGGER_QUIET);
    assert_int_equal(trigger_look(&t, 1001), TRIGGER_FIRES);
    assert_int_equal(trigger_look(&t, 5000), TRIGGER_QUIET);
    assert_int_equal(trigger_look(&t, 999), TRIGGER_QUIET); /* hovers */
    assert_int_equal(trigger_look(&t, 1001), TRIGGER_QUIET);
    assert_int_equal(trigger_look(&t, 951), TRIGGER_QUIET);
    assert_int_equal(trigger_look(&t, 950), TRIGGER_REARMS);
    assert_int_equal(trigger_look(&t, 950), TRIGGER_QUIET);
    assert_int_equal(trigger_look(&t, 1001), TRIGGER_FIRES);
    t = must_parse("garbage>0");
    assert_int_equal(trigger_look(&t, 1), TRIGGER_FIRES);
    assert_int_equal(trigger_look(&t, 0), TRIGGER_REARMS);
}

static void test_trigger__needs(void **state)
{
    static const struct {
        const char *text;
        bool snapshot, edges;
    } table[] = {{"rss>1", false, false},
                 {"pause>1s", false, false},
                 {"objects>1", true, false},
                 {"type:a>1", true, false},
                 {"garbage>1", true, true}};

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct trigger t = must_parse(table[i].text);
        bool edges;
        assert_int_equal(trigger_needs_snapshot(&t, &edges), table[i].snapshot);
        assert_int_equal(edges, table[i].edges);
    }
}

static void test_trigger__figures(void **state)
{
    struct trigger rss = must_parse("rss>1"), pause = must_parse("pause>1s"),
                   objects = must_parse("objects>1");
    char buf[UNITS_BUF];

    (void)state;
    assert_string_equal(trigger_figure(&rss, 2048, buf), "2.00 KiB");
    assert_string_equal(trigger_figure(&pause, 12300, buf), "12.3 ms");
    assert_string_equal(trigger_figure(&objects, 1234567, buf), "1,234,567");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_trigger__parse),
        TEST(test_trigger__what_is_none),
        TEST(test_trigger__fires_once_for_each_crossing),
        TEST(test_trigger__needs),
        TEST(test_trigger__figures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
