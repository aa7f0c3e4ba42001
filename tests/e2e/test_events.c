/*
 * Following: every collection is told, and gc.callbacks is afterwards what it was.
 *
 * OURO_EVENTS_S sets for how many seconds 5,000 collections a second are followed (3; at most 25).
 */
#include <signal.h>
#include <stdlib.h>

#include "inspector/base/mem.h"
#include "tests/support/following.h"
#include "tests/support/proc_state.h"
#include "tests/support/target.h"
#include "tests/support/test.h"

enum {
    CLEAN_MS = 2000,
    SECONDS = 3,
    RATE = 5000,
    BURST = 40000,       /* more than the ring holds */
    RING_EVENTS = 32768, /* what it holds */
    LOOPS = 20000,       /* collections of a measurement */
    COST_NS_MAX = 2000,
    ROUNDS = 9,
};

static struct target *start(const struct interp *interp, const char *how)
{
    struct target *target = target_start(interp, "tests/e2e/targets/collecting.py", how, NULL);

    assert_string_equal(target_line(target), "\"ready\"");
    return target;
}

static int64_t ask_number(struct target *target, const char *line)
{
    json_t *answer = target_ask_json(target, line);
    int64_t number = json_integer_value(answer);

    json_decref(answer);
    return number;
}

/* What the interpreter counted between two answers to "counters" is what the last line says. */
static void check_counters(const json_t *before, const json_t *after, const struct followed *f)
{
    static const char *const counters[] = {"collections", "collected", "uncollectable"};
    char path[64], ours[80];
    int64_t all = 0;

    for (int g = 0; g < 3; g++)
        for (int c = 0; c < 3; c++) {
            snprintf(path, sizeof path, "%d.%s", g, counters[c]);
            snprintf(ours, sizeof ours, "generations.%s", path);
            int64_t wanted = json_long(after, path) - json_long(before, path);
            if (json_long(f->end, ours) != wanted)
                test_fail("%s is %lld, not %lld", path, (long long)json_long(f->end, ours),
                          (long long)wanted);
            all += c ? 0 : wanted;
        }
    assert_int_equal(json_long(f->end, "collections"), all);
    assert_int_equal(f->n, all);
    assert_int_equal(json_long(f->end, "lost"), 0);
    assert_true(json_long(f->end, "complete"));
}

/* Numbers without gaps, times that do not go back, pauses that fit between them. */
static void check_order(const struct followed *f)
{
    int64_t time_us = 0;

    for (size_t i = 0; i < f->n; i++) {
        assert_int_equal(json_long(f->at[i], "number"), i);
        assert_true(json_long(f->at[i], "time_us") + 1000 >= time_us); /* clocks are compared */
        assert_true(json_long(f->at[i], "pause_ns") > 0);
        time_us = json_long(f->at[i], "time_us");
    }
}

/* ---- what is told ---- */

static void events__each_generation(void **state)
{
    struct target *target = start(*state, NULL);
    json_t *before = target_ask_json(target, "counters");
    struct following following = following_start(target_pid(target), NULL, NULL);

    target_ask(target, "each");
    struct followed *f = following_stop(&following, SIGTERM);
    json_t *after = target_ask_json(target, "counters");
    check_counters(before, after, f);
    check_order(f);
    assert_true(f->n > 3);
    for (size_t i = 0; i < f->n; i++) {
        assert_string_equal(json_text(f->at[i], "trigger"), i < 3 ? "call" : "threshold");
        if (i < 3) {
            assert_int_equal(json_long(f->at[i], "generation"), i);
            assert_int_equal(json_long(f->at[i], "collected"), 1);
        }
    }
    json_decref(before);
    json_decref(after);
    followed_destroy(f);
    target_finish(target);
}

static void events__uncollectable(void **state)
{
    struct target *target = start(*state, NULL);
    json_t *before = target_ask_json(target, "counters");
    struct following following = following_start(target_pid(target), NULL, NULL);

    assert_int_equal(ask_number(target, "uncollectable"), 1);
    struct followed *f = following_stop(&following, SIGINT);
    json_t *after = target_ask_json(target, "counters");
    check_counters(before, after, f);
    json_decref(before);
    json_decref(after);
    followed_destroy(f);
    target_finish(target);
}

/* 5,000 a second: none is lost, each of them freed one list. */
static void events__none_is_lost(void **state)
{
    const char *seconds = getenv("OURO_EVENTS_S");
    struct target *target = start(*state, NULL);
    json_t *before = target_ask_json(target, "counters");
    struct following following = following_start(target_pid(target), NULL, NULL);

    target_send(target, "spin %d %d", seconds ? atoi(seconds) : SECONDS, RATE);
    json_t *answer = target_json(target);
    int64_t spun = json_integer_value(answer);
    struct followed *f = following_stop(&following, SIGTERM);
    json_t *after = target_ask_json(target, "counters");
    check_counters(before, after, f);
    check_order(f);
    assert_int_equal(f->n, spun);
    assert_int_equal(json_long(f->end, "generations.0.collected"), spun);
    json_decref(answer);
    json_decref(before);
    json_decref(after);
    followed_destroy(f);
    target_finish(target);
}

/* An inspector that does not read: the target goes on, and what it could not tell is counted. */
static void events__what_is_lost_is_counted(void **state)
{
    struct target *target = start(*state, NULL);
    struct following following = following_start(target_pid(target), NULL, NULL);
    char line[32];

    kill(following.running.pid, SIGSTOP);
    snprintf(line, sizeof line, "burst %d", BURST);
    target_ask(target, line);
    kill(following.running.pid, SIGCONT);
    target_ask(target, "burst 3");
    struct followed *f = following_stop(&following, SIGTERM);
    assert_int_equal(json_long(f->end, "collections"), BURST + 3);
    assert_int_equal((int64_t)f->n + json_long(f->end, "lost"), BURST + 3);
    assert_true(f->n >= RING_EVENTS && json_long(f->end, "lost") > 0);
    int64_t told_lost = 0;
    for (size_t i = 0; i < json_array_size(f->lines); i++) {
        const json_t *one = json_array_get(f->lines, i);
        if (!strcmp(json_text(one, "event"), "lost"))
            told_lost += json_long(one, "count");
    }
    assert_int_equal(told_lost, json_long(f->end, "lost"));
    followed_destroy(f);
    target_finish(target);
}

static void events__intervals(void **state)
{
    struct target *target = start(*state, NULL);
    struct following following = following_start(target_pid(target), "--interval", "1");
    int64_t collections = 0;

    target_ask(target, "burst 100");
    ouro_await(&following.running, "\"interval\"");
    struct followed *f = following_stop(&following, SIGTERM);
    for (size_t i = 0; i < json_array_size(f->lines); i++) {
        const json_t *line = json_array_get(f->lines, i);
        if (strcmp(json_text(line, "event"), "interval") != 0)
            continue;
        collections += json_long(line, "collections");
        assert_true(json_long(line, "rss") > 1 << 20);
        assert_true(json_long(line, "longest_us") <= json_long(line, "pause_us"));
    }
    assert_int_equal(collections, 100);
    followed_destroy(f);
    target_finish(target);
}

static void events__as_text(void **state)
{
    struct target *target = start(*state, NULL);
    struct ouro_running running =
        ouro_start(ouro_path(), "stats", target_pid(target), "--follow", NULL);

    ouro_await(&running, "cause\n");
    target_ask(target, "burst 5");
    kill(running.pid, SIGTERM);
    struct ouro ouro = ouro_end(&running);
    assert_int_equal(ouro.status, 0);
    assert_string_equal(ouro.err, "");
    assert_non_null(strstr(ouro.out, "  call\n"));
    assert_non_null(strstr(ouro.out, ": 5 collections, "));
    assert_non_null(strstr(ouro.out, "; 0 lost\n"));
    ouro_deinit(&ouro);
    target_finish(target);
}

/* The process ends while somebody follows: so does the following, and all is well. */
static void events__of_a_process_that_ends(void **state)
{
    struct target *target = start(*state, NULL);
    struct following following = following_start(target_pid(target), NULL, NULL);

    target_ask(target, "burst 10");
    target_finish(target); /* with a last collection or two */
    struct followed *f = following_stop(&following, 0);
    assert_true(f->n >= 10);
    followed_destroy(f);
}

/* ---- what is left ---- */

struct look {
    struct target *target;
    json_t *wanted, *got;
};

static bool is_as_before(void *arg)
{
    struct look *look = arg;

    json_decref(look->got);
    look->got = target_ask_json(look->target, "baseline");
    return json_equal(look->got, look->wanted);
}

static void check_as_before(struct target *target, json_t *wanted)
{
    struct look look = {target, wanted, NULL};

    if (!wait_until(is_as_before, &look, CLEAN_MS)) {
        char *got = json_dumps(look.got, 0), *want = json_dumps(wanted, 0);
        test_fail("it is\n%s, not\n%s", got, want);
    }
    json_decref(look.got);
    proc_assert_clean(target_pid(target), CLEAN_MS);
}

/* What it says twice: answering changes a program at first. */
static json_t *settled(struct target *target)
{
    struct look look = {target, target_ask_json(target, "baseline"), NULL};

    while (!is_as_before(&look)) {
        json_decref(look.wanted);
        look.wanted = json_incref(look.got);
    }
    json_decref(look.got);
    return look.wanted;
}

static void events__leave_nothing(void **state)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGKILL, SIGTERM, SIGKILL};
    struct target *target = start(*state, NULL);
    pid_t pid = target_pid(target);

    json_decref(ouro_json("stats", pid, NULL));      /* the agent's code is mapped now, and stays */
    json_decref(target_ask_json(target, "members")); /* like whatever it has never done before */
    target_ask(target, "burst 100");
    proc_assert_clean(pid, CLEAN_MS);
    json_t *before = settled(target);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct following following = following_start(pid, NULL, NULL);
        assert_int_equal(ask_number(target, "members"), 1);
        target_ask(target, "burst 100");
        followed_destroy(following_stop(&following, signals[i]));
        check_as_before(target, before);
    }
    json_decref(before);
    target_finish(target);
}

/* Killed in the middle of a burst, with other callbacks before and after ours. */
static void events__killed_while_it_collects(void **state)
{
    struct target *target = start(*state, NULL);
    pid_t pid = target_pid(target);

    target_ask(target, "others 1");
    struct following following = following_start(pid, NULL, NULL);
    assert_int_equal(ask_number(target, "others 2"), 4);
    target_send(target, "burst %d", BURST);
    followed_destroy(following_stop(&following, SIGKILL));
    target_line(target);
    proc_assert_clean(pid, CLEAN_MS);
    assert_int_equal(ask_number(target, "members"), 3);
    target_finish(target);
}

static void events__detached_by_another(void **state)
{
    struct target *target = start(*state, NULL);
    struct following following = following_start(target_pid(target), NULL, NULL);

    target_ask(target, "burst 10");
    json_decref(ouro_json("detach", target_pid(target), NULL));
    assert_int_equal(ask_number(target, "members"), 0);
    struct followed *f = following_stop(&following, 0);
    assert_int_equal(f->n, 10);
    assert_false(json_long(f->end, "complete"));
    followed_destroy(f);
    target_finish(target);
}

/* gc is not known to a program that never imported it. */
static void events__module_not_imported(void **state)
{
    struct target *target = start(*state, "unimported");
    const bool knew = !strcmp(target_ask(target, "knows_gc"), "true");

    struct following following = following_start(target_pid(target), NULL, NULL);
    assert_string_equal(target_ask(target, "knows_gc"), knew ? "true" : "false");
    followed_destroy(following_stop(&following, SIGTERM));
    assert_string_equal(target_ask(target, "knows_gc"), knew ? "true" : "false");
    target_finish(target);
}

/* ---- what programs do with it ---- */

/* A forked child has no ring: the function does nothing there, and goes at the first collection. */
static void events__in_a_forked_child(void **state)
{
    struct target *target = start(*state, NULL);

    target_ignore_stderr(target); /* from 3.12 on fork() warns of the agent's thread */
    struct following following = following_start(target_pid(target), NULL, NULL);
    assert_int_equal(ask_number(target, "child"), 10);
    target_ask(target, "burst 7");
    struct followed *f = following_stop(&following, SIGTERM);
    assert_int_equal(f->n, 7); /* the parent's */
    followed_destroy(f);
    target_finish(target);
}

static void events__called_by_hand(void **state)
{
    struct target *target = start(*state, NULL);
    struct following following = following_start(target_pid(target), NULL, NULL);

    assert_int_equal(ask_number(target, "by_hand"), 1);
    target_ask(target, "burst 2");
    struct followed *f = following_stop(&following, SIGTERM);
    assert_int_equal(json_long(f->at[f->n - 1], "generation"), 0);
    assert_int_equal(json_long(f->at[f->n - 1], "collected"), 1);
    followed_destroy(f);
    target_finish(target);
}

/* Put back when nobody follows any more: it does nothing. */
static void events__kept_by_the_program(void **state)
{
    struct target *target = start(*state, NULL);
    struct following following = following_start(target_pid(target), NULL, NULL);

    assert_int_equal(ask_number(target, "keep"), 1);
    followed_destroy(following_stop(&following, SIGTERM));
    assert_int_equal(ask_number(target, "members"), 0);
    proc_assert_clean(target_pid(target), CLEAN_MS);
    assert_int_equal(ask_number(target, "restore"), 1);
    target_finish(target);
}

/* ---- what it costs ---- */

static double nanoseconds_each(struct target *target)
{
    char line[48];

    snprintf(line, sizeof line, "work %d", LOOPS);
    json_t *answer = target_ask_json(target, line);
    double seconds = json_number_value(answer);
    json_decref(answer);
    return seconds * 1e9 / LOOPS;
}

/*
 * What following adds to a collection, in processor time of the thread that collects: best of some rounds, by turns. It is all
 * that is added: nobody is woken. At 5,000 a second 2 µs are the hundredth that a program may lose.
 */
static void events__cost(void **state)
{
    const struct interp *interp = *state;
    struct target *target = start(interp, NULL);
    double without = 1e9, with = 1e9;

    for (int round = 0; round < ROUNDS; round++) {
        double ns = nanoseconds_each(target);
        without = ns < without ? ns : without;
        struct following following = following_start(target_pid(target), NULL, NULL);
        ns = nanoseconds_each(target);
        with = ns < with ? ns : with;
        struct followed *f = following_stop(&following, SIGTERM);
        assert_int_equal(f->n, LOOPS);
        followed_destroy(f);
    }
    printf(
        "%s: a collection of nothing takes %.0f ns, while followed %.0f: %.2f %% of the speed at "
        "%d a second\n",
        interp->name, without, with, 100 - (with - without) * RATE / 1e7, RATE);
    assert_true(with - without < COST_NS_MAX);
    target_finish(target);
}

int main(int argc, char **argv)
{
    static const struct behaviour behaviours[] = {
        BEHAVIOUR(events__each_generation),
        BEHAVIOUR(events__uncollectable),
        BEHAVIOUR(events__none_is_lost),
        BEHAVIOUR(events__what_is_lost_is_counted),
        BEHAVIOUR(events__intervals),
        BEHAVIOUR(events__as_text),
        BEHAVIOUR(events__of_a_process_that_ends),
        BEHAVIOUR(events__leave_nothing),
        BEHAVIOUR(events__killed_while_it_collects),
        BEHAVIOUR(events__detached_by_another),
        BEHAVIOUR(events__module_not_imported),
        BEHAVIOUR(events__in_a_forked_child),
        BEHAVIOUR(events__called_by_hand),
        BEHAVIOUR(events__kept_by_the_program),
        BEHAVIOUR(events__cost),
    };

    return interp_main("events", behaviours, BEHAVIOURS(behaviours), argc, argv);
}
