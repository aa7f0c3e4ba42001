/*
 * `ouro gc` does what gc.collect() would have done: two processes with the same garbage, one collected
 * from outside, one by itself, end up the same.
 */
#include <stdlib.h>

#include "tests/support/ouro_cli.h"
#include "tests/support/target.h"
#include "tests/support/test.h"

static struct target *start(const struct interp *interp, const char *scenario)
{
    struct target *target = target_start(interp, "tests/e2e/targets/garbage.py", scenario, NULL);

    assert_string_equal(target_line(target), "\"ready\"");
    return target;
}

/* What was freed of the program's own classes is what the program expects. */
static void check_freed(struct target *target, const json_t *answer, int generation)
{
    char question[32];
    const char *type;
    json_t *row, *count;
    size_t i;

    snprintf(question, sizeof question, "expect %d", generation);
    json_t *expected = target_ask_json(target, question);
    json_object_foreach(expected, type, count)
    {
        row = json_row(answer, "type", type);
        if (!row || json_long(row, "count") != json_integer_value(count))
            test_fail("of %s %lld were freed, not %lld", type,
                      row ? (long long)json_long(row, "count") : 0,
                      (long long)json_integer_value(count));
    }
    json_array_foreach(json_object_get(answer, "rows"), i,
                       row) if (!strncmp(json_text(row, "type"), "__main__.", 9) &&
                                !json_object_get(expected, json_text(row, "type")))
        test_fail("%lld instances of %s were freed", (long long)json_long(row, "count"),
                  json_text(row, "type"));
    json_decref(expected);
}

/* The snapshot just before says what the collection will find; only a finalizer can change it. */
static void check_prediction(const json_t *answer, bool resurrects)
{
    int64_t predicted = json_long(answer, "predicted"), collected = json_long(answer, "collected");

    if (resurrects ? predicted < collected : predicted != collected)
        test_fail("%lld were predicted, %lld collected", (long long)predicted,
                  (long long)collected);
}

static void check(const struct interp *interp, const char *scenario, int generation)
{
    struct target *target = start(interp, scenario), *twin = start(interp, scenario);
    char number[8], question[32];

    snprintf(number, sizeof number, "%d", generation);
    snprintf(question, sizeof question, "collect %d", generation);
    json_t *answer = ouro_json("gc", target_pid(target), "-g", number, NULL);
    json_t *collected = target_ask_json(twin, question);
    json_t *after = target_ask_json(target, "after"), *wanted = target_ask_json(twin, "after");
    if (!json_equal(after, wanted)) {
        char *got = json_dumps(after, 0), *want = json_dumps(wanted, 0);
        test_fail("generation %d: afterwards it is %s, not %s", generation, got, want);
    }
    assert_int_equal(json_long(answer, "collected"), json_integer_value(collected));
    assert_int_equal(json_long(answer, "uncollectable"), json_long(after, "garbage"));
    assert_int_equal(json_long(answer, "generation"), generation);
    check_prediction(answer, !strcmp(scenario, "resurrection"));
    assert_true(json_long(answer, "pause_us") <= json_long(answer, "held_us"));
    check_freed(target, answer, generation);
    json_decref(answer);
    json_decref(collected);
    json_decref(after);
    json_decref(wanted);
    target_finish(target);
    target_finish(twin);
}

static void check_all_generations(void **state, const char *scenario)
{
    for (int generation = 0; generation <= 2; generation++)
        check(*state, scenario, generation);
}

static void gc__nothing_to_free(void **state)
{
    check_all_generations(state, "nothing");
}

static void gc__cycles(void **state)
{
    check_all_generations(state, "cycles");
}

static void gc__automatic_collection_enabled(void **state)
{
    check_all_generations(state, "enabled");
}

static void gc__each_generation(void **state)
{
    check_all_generations(state, "generations");
}

static void gc__finalizers(void **state)
{
    check_all_generations(state, "finalizers");
}

static void gc__resurrection(void **state)
{
    check_all_generations(state, "resurrection");
}

static void gc__save_all(void **state)
{
    check_all_generations(state, "saveall");
}

static void gc__callbacks(void **state)
{
    check_all_generations(state, "callbacks");
}

/* A program that never imported gc does not know it afterwards. */
static void gc__module_not_imported(void **state)
{
    struct target *target = start(*state, "unimported");
    const char *known_before = target_ask(target, "knows_gc");

    if (!strcmp(known_before, "true")) { /* some interpreters import it at their start */
        target_finish(target);
        skip();
    }
    for (int generation = 0; generation <= 2; generation++) {
        char number[8];
        snprintf(number, sizeof number, "%d", generation);
        json_t *answer = ouro_json("gc", target_pid(target), "-g", number, NULL);
        if (generation == 0) /* nothing is left for the others */
            check_freed(target, answer, generation);
        json_decref(answer);
        assert_string_equal(target_ask(target, "knows_gc"), "false");
    }
    target_finish(target);
}

int main(int argc, char **argv)
{
    static const struct behaviour behaviours[] = {
        BEHAVIOUR(gc__nothing_to_free),
        BEHAVIOUR(gc__cycles),
        BEHAVIOUR(gc__automatic_collection_enabled),
        BEHAVIOUR(gc__each_generation),
        BEHAVIOUR(gc__finalizers),
        BEHAVIOUR(gc__resurrection),
        BEHAVIOUR(gc__save_all),
        BEHAVIOUR(gc__callbacks),
        BEHAVIOUR(gc__module_not_imported),
    };

    return interp_main("gc", behaviours, BEHAVIOURS(behaviours), argc, argv);
}
