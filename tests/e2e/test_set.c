/* `ouro set` against what gc and tracemalloc say: what it says was and is, what is, and what its undo restores. */
#include <stdlib.h>

#include "inspector/base/mem.h"
#include "tests/support/ouro_cli.h"
#include "tests/support/target.h"
#include "tests/support/test.h"

enum { WORDS_MAX = 8 };

static struct target *start(const struct interp *interp, const char *how)
{
    struct target *target = target_start(interp, "tests/e2e/targets/switched.py", how, NULL);

    assert_string_equal(target_line(target), "\"ready\"");
    return target;
}

/* Runs `ouro set PID` with the words of `line`; --json, and nothing on stderr unless `warns`. */
static json_t *set(struct target *target, const char *line, const char *warns)
{
    char words[64], *saved = NULL;
    const char *at[WORDS_MAX] = {NULL};
    int n = 0;

    snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok_r(words, " ", &saved); word; word = strtok_r(NULL, " ", &saved))
        at[n++] = word;
    at[n++] = "--json";
    struct ouro ouro =
        ouro_run("set", target_pid(target), at[0], at[1], at[2], at[3], at[4], at[5], at[6], NULL);
    if (ouro.status || (warns ? !strstr(ouro.err, warns) : *ouro.err))
        test_fail("'ouro set %s': status %d, saying '%s'", line, ouro.status, ouro.err);
    json_t *answer = json_loads(ouro.out, 0, NULL);
    assert_non_null(answer);
    ouro_deinit(&ouro);
    return answer;
}

static bool is_same(const json_t *a, const json_t *b)
{
    return json_equal(a, b);
}

/* Sets, compares "before" and "after" with the target's own words, runs the undo and compares again. */
static void check(struct target *target, const char *line, const char *key, const char *wanted,
                  const char *warns)
{
    json_t *was = target_ask_json(target, "tell");
    json_t *answer = set(target, line, warns);
    json_t *is = target_ask_json(target, "tell");
    json_t *expected = json_loads(wanted, JSON_DECODE_ANY, NULL);
    char undo[64];
    int pid = 0, skipped = 0;

    assert_string_equal(json_text(answer, "switch"), key);
    if (!is_same(json_object_get(is, key), expected))
        test_fail("after '%s' %s is not %s", line, key, wanted);
    if (!is_same(json_object_get(answer, "after"), expected) ||
        !is_same(json_object_get(answer, "before"), json_object_get(was, key)))
        test_fail("'%s' tells of another %s before or after", line, key);
    snprintf(undo, sizeof undo, "%s", json_text(answer, "undo"));
    assert_int_equal(sscanf(undo, "ouro set %d %n", &pid, &skipped), 1);
    assert_int_equal(pid, target_pid(target));
    json_decref(set(target, undo + skipped, strstr(undo, "--yes") ? "" : NULL));
    json_t *again = target_ask_json(target, "tell");
    if (!is_same(again, was))
        test_fail("'%s' does not restore what was before '%s'", undo, line);
    json_decref(was);
    json_decref(answer);
    json_decref(is);
    json_decref(expected);
    json_decref(again);
}

static void set__automatic_collection(void **state)
{
    struct target *target = start(*state, NULL);

    check(target, "disable", "enabled", "false", NULL);
    check(target, "enable", "enabled", "true", NULL);
    json_decref(set(target, "disable", NULL));
    check(target, "enable", "enabled", "true", NULL);
    target_finish(target);
}

static void set__thresholds(void **state)
{
    struct target *target = start(*state, NULL);

    check(target, "threshold 1234 17 5", "thresholds", "[1234, 17, 5]", NULL);
    check(target, "threshold 0 0 0", "thresholds", "[0, 0, 0]", NULL);
    check(target, "threshold 1073741824 1 2", "thresholds", "[1073741824, 1, 2]", NULL);
    target_finish(target);
}

static void set__debug_flags(void **state)
{
    struct target *target = start(*state, NULL);

    check(target, "debug saveall --yes", "debug", "32", "nothing that is found is freed");
    check(target, "debug DEBUG_SAVEALL|uncollectable --yes", "debug", "36", "standard error");
    json_decref(set(target, "debug 32 --yes", ""));
    assert_string_equal(target_ask(target, "saved"), "1");
    check(target, "debug none", "debug", "0", NULL);
    json_decref(set(target, "debug none", NULL));
    assert_string_equal(target_ask(target, "saved"), "0");
    target_finish(target);
}

static void set__freezes(void **state)
{
    struct target *target = start(*state, NULL);
    json_t *told = target_ask_json(target, "tell");
    json_t *answer = set(target, "freeze", NULL);

    assert_int_equal(json_long(answer, "before"), json_long(told, "frozen")); /* 3.12: some are */
    json_decref(told);
    told = target_ask_json(target, "tell");
    int64_t frozen = json_long(told, "frozen");
    assert_true(frozen > 1000);
    assert_true(llabs(json_long(answer, "after") - frozen) < 60); /* frozen things may still die */
    assert_non_null(strstr(json_text(answer, "undo"), " unfreeze"));
    json_decref(answer);
    json_decref(told);
    answer = set(target, "unfreeze", NULL);
    told = target_ask_json(target, "tell");
    assert_true(llabs(json_long(answer, "before") - frozen) < 60);
    assert_int_equal(json_long(answer, "after"), 0);
    assert_int_equal(json_long(told, "frozen"), 0);
    json_decref(answer);
    json_decref(told);
    target_finish(target);
}

static void set__tracemalloc(void **state)
{
    struct target *target = start(*state, NULL);

    check(target, "tracemalloc start --yes", "tracemalloc", "1", "slower");
    check(target, "tracemalloc start 7 --yes", "tracemalloc", "7", "slower");
    json_decref(set(target, "tracemalloc start 3 --yes", "slower"));
    assert_string_equal(target_ask(target, "traced"), "true");
    check(target, "tracemalloc stop", "tracemalloc", "0", NULL);
    json_decref(set(target, "tracemalloc stop", NULL));
    assert_string_equal(target_ask(target, "traced"), "false");
    target_finish(target);
}

/* What needs --yes does nothing without. */
static void set__asks(void **state)
{
    struct target *target = start(*state, NULL);
    json_t *before = target_ask_json(target, "tell");

    struct ouro ouro = ouro_run("set", target_pid(target), "tracemalloc", "start", NULL);
    assert_int_equal(ouro.status, 2);
    assert_string_equal(ouro.out, "");
    ouro_deinit(&ouro);
    ouro = ouro_run("set", target_pid(target), "debug", "leak", NULL);
    assert_int_equal(ouro.status, 2);
    ouro_deinit(&ouro);
    json_t *after = target_ask_json(target, "tell");
    assert_true(is_same(before, after));
    json_decref(before);
    json_decref(after);
    target_finish(target);
}

static void set__as_text(void **state)
{
    struct target *target = start(*state, NULL);
    char wanted[128];

    struct ouro ouro = ouro_run("set", target_pid(target), "disable", "--undo", NULL);
    snprintf(wanted, sizeof wanted, "enabled: disabled, was enabled\nouro set %d enable\n",
             target_pid(target));
    assert_string_equal(ouro.out, wanted);
    assert_string_equal(ouro.err, "");
    assert_int_equal(ouro.status, 0);
    ouro_deinit(&ouro);
    target_finish(target);
}

/* A program that imported neither module knows neither of them afterwards. */
static void set__modules_not_imported(void **state)
{
    static const char *const lines[] = {"disable", "enable", "threshold 500 5 5",
                                        "debug 0", "freeze", "unfreeze"};
    struct target *target = start(*state, "unimported");
    char *before = xasprintf("%s", target_ask(target, "knows"));

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        json_decref(set(target, lines[i], NULL));
    json_decref(set(target, "tracemalloc start --yes", "slower"));
    json_t *answer = set(target, "tracemalloc stop", NULL);
    assert_int_equal(json_long(answer, "before"), 1);
    json_decref(answer);
    assert_string_equal(target_ask(target, "knows"), before);
    free(before);
    target_finish(target);
}

int main(int argc, char **argv)
{
    static const struct behaviour behaviours[] = {
        BEHAVIOUR(set__automatic_collection),
        BEHAVIOUR(set__thresholds),
        BEHAVIOUR(set__debug_flags),
        BEHAVIOUR(set__freezes),
        BEHAVIOUR(set__tracemalloc),
        BEHAVIOUR(set__asks),
        BEHAVIOUR(set__as_text),
        BEHAVIOUR(set__modules_not_imported),
    };

    return interp_main("set", behaviours, BEHAVIOURS(behaviours), argc, argv);
}
