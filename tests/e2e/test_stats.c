/* `ouro stats` against what the gc module says. */
#include <stdlib.h>

#include "tests/support/ouro_cli.h"
#include "tests/support/target.h"
#include "tests/support/test.h"

enum {
    COUNT_SLACK = 40,
    POPULATION_SLACK = 60
}; /* what telling makes, and waiting does not have */

static void same(const json_t *told, const char *told_path, const json_t *stats, const char *path,
                 int64_t slack)
{
    int64_t wanted = json_long(told, told_path), got = json_long(stats, path);

    if (llabs(wanted - got) > slack)
        test_fail("%s is %lld, not %lld", path, (long long)got, (long long)wanted);
}

static void check_generation(const json_t *told, const json_t *stats, int i)
{
    static const char *const counters[] = {"collections", "collected", "uncollectable"};
    char told_path[64], path[64];

    for (size_t c = 0; c < 3; c++) {
        snprintf(told_path, sizeof told_path, "stats.%d.%s", i, counters[c]);
        snprintf(path, sizeof path, "generations.%d.%s", i, counters[c]);
        same(told, told_path, stats, path, 0);
    }
    snprintf(told_path, sizeof told_path, "thresholds.%d", i);
    same(told, told_path, stats, told_path, 0);
    snprintf(told_path, sizeof told_path, "counts.%d", i);
    same(told, told_path, stats, told_path, i ? 0 : COUNT_SLACK);
    snprintf(told_path, sizeof told_path, "populations.%d", i);
    snprintf(path, sizeof path, "generations.%d.population", i);
    same(told, told_path, stats, path, i ? 0 : POPULATION_SLACK);
}

static void check(const struct interp *interp, const char *state)
{
    struct target *target = target_start(interp, "tests/e2e/targets/counters.py", state, NULL);
    static const char *const plain[] = {"enabled", "debug", "garbage", "frozen", "tracemalloc"};

    target_line(target);
    json_t *told = target_ask_json(target, "tell");
    json_t *stats = ouro_json("stats", target_pid(target), NULL);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        same(told, plain[i], stats, plain[i], 0);
    for (int i = 0; i < 3; i++)
        check_generation(told, stats, i);
    assert_true(json_long(stats, "rss") > 1 << 20);
    json_decref(told);
    json_decref(stats);
    target_finish(target);
}

static void stats__of_a_usual_program(void **state)
{
    check(*state, "usual");
}

static void stats__of_an_unusual_one(void **state)
{
    check(*state, "unusual");
}

static void stats__of_a_collector_switched_off(void **state)
{
    check(*state, "off");
}

int main(int argc, char **argv)
{
    static const struct behaviour behaviours[] = {
        BEHAVIOUR(stats__of_a_usual_program),
        BEHAVIOUR(stats__of_an_unusual_one),
        BEHAVIOUR(stats__of_a_collector_switched_off),
    };

    return interp_main("stats", behaviours, BEHAVIOURS(behaviours), argc, argv);
}
