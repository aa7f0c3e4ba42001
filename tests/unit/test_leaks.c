#include "inspector/analysis/leaks.h"

#include <stdlib.h>

#include "inspector/analysis/leak_growth.h"
#include "inspector/base/str.h"
#include "tests/support/fake_stream.h"
#include "tests/support/test.h"

#define MB "1048576"

static struct snapshot *with_facts(const char *graph)
{
    struct snapshot *s = fake_snapshot(graph);

    assert_ok(facts_compute(s, NULL));
    return s;
}

static struct leaks find(const char *graph, const char *earlier, struct snapshot **ret)
{
    struct snapshot *before = earlier ? with_facts(earlier) : NULL;
    struct leaks leaks;

    *ret = with_facts(graph);
    assert_ok(leaks_find(*ret, before, NULL, &leaks));
    snapshot_unref(before);
    return leaks;
}

static const struct leak *of_kind(const struct leaks *leaks, enum leak_kind kind)
{
    for (size_t i = 0; i < leaks->n; i++)
        if (leaks->at[i].kind == kind)
            return &leaks->at[i];
    return NULL;
}

static void assert_object(const struct snapshot *s, const struct leak *leak, const char *want)
{
    char name[16];

    assert_non_null(leak);
    assert_string_equal(fake_name(s, leak->object, name), want);
}

/* "l -> m0, l -> m1 …", each `what` */
static void put_members(struct str *to, const char *container, const char *prefix, unsigned first,
                        unsigned n, const char *what)
{
    for (unsigned i = first; i < first + n; i++)
        str_printf(to, "%s -> %s%u\n%s%u %s\n", container, prefix, i, prefix, i, what);
}

/* ---- by size ---- */

static void test_leaks__small_heaps_have_none(void **state)
{
    struct snapshot *s;
    struct leaks leaks = find("root a; a : list size=1000 +1 -> b : dict size=500000", NULL, &s);

    (void)state;
    assert_int_equal(leaks.n, 0);
    assert_int_equal(leaks.total_bytes, 501000);
    leaks_deinit(&leaks);
    snapshot_unref(s);
}

/* Down as long as the largest child has 0.7 of its parent: b has, c and d have not. */
static void test_leaks__accumulation_point(void **state)
{
    struct snapshot *s;
    struct leaks leaks = find("root a; a : app.App size=100 +1 -> b : list size=100\n"
                              "a -> e : bytes size=400000\n"
                              "b -> c : bytes size=600000, b -> d : bytes size=900000",
                              NULL, &s);

    (void)state;
    assert_int_equal(leaks.n, 1);
    assert_int_equal(leaks.at[0].kind, LEAK_BIG);
    assert_object(s, &leaks.at[0], "b");
    assert_int_equal(leaks.at[0].retained_bytes, 1500100);
    assert_int_equal(leaks.at[0].count, 2);
    leaks_deinit(&leaks);
    snapshot_unref(s);
}

/* A big thing beside which nine tenths of the heap lie elsewhere is none. */
static void test_leaks__a_tenth(void **state)
{
    struct str graph = STR_INIT;
    struct snapshot *s;

    (void)state;
    str_append(&graph, "root a; a : app.Holder +1 -> big : bytes size=3000000\n");
    for (int i = 0; i < 60; i++) /* of sixty classes, so that they are no group either */
        str_printf(&graph, "root r%d; r%d : app.C%d +1 size=" MB "\n", i, i, i);
    struct leaks leaks = find(graph.text, NULL, &s);
    assert_int_equal(leaks.n, 0);
    leaks_deinit(&leaks);
    snapshot_unref(s);
    str_deinit(&graph);
}

/* Code is passed over: what a class holds is suspect, the class is not. */
static void test_leaks__not_code(void **state)
{
    struct snapshot *s;
    struct leaks leaks = find("type type metatype\n"
                              "root c; c : type size=100 +1 -> x : list size=2000000\n"
                              "c -> y : list size=2000000",
                              NULL, &s);

    (void)state;
    assert_int_equal(leaks.n, 2);
    assert_int_not_equal(leaks.at[0].object, fake_object(s, "c"));
    assert_int_not_equal(leaks.at[1].object, fake_object(s, "c"));
    leaks_deinit(&leaks);
    snapshot_unref(s);
}

/* Rows that two lists hold: none of them dominates them; most paths lead through the first. */
static void test_leaks__group(void **state)
{
    struct str graph = STR_INIT;
    struct snapshot *s;

    (void)state;
    str_append(&graph, "type app.Row class\nroot a; root b; a : list +1, b : list +1\n");
    put_members(&graph, "a", "m", 0, 20, ": app.Row size=100000");
    put_members(&graph, "b", "m", 0, 20, "");
    struct leaks leaks = find(graph.text, NULL, &s);
    assert_int_equal(leaks.n, 1);
    assert_int_equal(leaks.at[0].kind, LEAK_GROUP);
    assert_int_equal(leaks.at[0].count, 20);
    assert_int_equal(leaks.at[0].retained_bytes, 2000000);
    assert_object(s, &leaks.at[0], "a");
    leaks_deinit(&leaks);
    snapshot_unref(s);
    str_deinit(&graph);
}

/* ---- by number ---- */

static void check_instances(unsigned n, bool suspect)
{
    struct str graph = STR_INIT;
    struct snapshot *s;

    str_append(&graph, "type app.Row class\nroot l; l : list +1, root o; o : app.Row +1\n");
    for (unsigned i = 0; i < n; i++) /* some more than once */
        str_printf(&graph, "l -> m%u : app.Row\n", i % 100);
    struct leaks leaks = find(graph.text, NULL, &s);
    const struct leak *leak = of_kind(&leaks, LEAK_INSTANCES);
    assert_int_equal(leak != NULL, suspect);
    if (leak) {
        assert_object(s, leak, "l");
        assert_int_equal(leak->count, n);
        assert_int_equal(leak->total, 101);
    }
    leaks_deinit(&leaks);
    snapshot_unref(s);
    str_deinit(&graph);
}

static void test_leaks__instances(void **state)
{
    (void)state;
    check_instances(LEAKS_INSTANCES_MIN, false);
    check_instances(LEAKS_INSTANCES_MIN + 1, true);
}

/* ---- what is known ---- */

static void test_leaks__patterns(void **state)
{
    struct str graph = STR_INIT;
    struct snapshot *s;

    (void)state;
    str_append(&graph,
               "root f; f : functools._lru_cache_wrapper +1 -> d : dict\n"
               "root g; g : functools._lru_cache_wrapper +1 -> e : dict -> k -> v\n"
               "root h; h : function +1 -> t : tuple -> c : cell -> b : bytes size=1200000\n");
    for (unsigned i = 0; i < 1001; i++)
        str_printf(&graph, "d -> k%u, d -> v%u\n", i % 50, i % 50);
    struct leaks leaks = find(graph.text, NULL, &s);
    bool lru = false, cell = false;
    for (size_t i = 0; i < leaks.n; i++) {
        if (leaks.at[i].kind != LEAK_PATTERN)
            continue;
        lru |= leaks.at[i].object == fake_object(s, "d") && leaks.at[i].count == 1001;
        cell |= leaks.at[i].object == fake_object(s, "c") && leaks.at[i].retained_bytes == 1200016;
        assert_int_not_equal(leaks.at[i].object, fake_object(s, "e"));
    }
    assert_true(lru);
    assert_true(cell);
    leaks_deinit(&leaks);
    snapshot_unref(s);
    str_deinit(&graph);
}

static void test_leaks__pattern_names(void **state)
{
    const struct leak_pattern exact = {.type = "queue.Queue"}, prefix = {.type = "queue.*"};

    (void)state;
    assert_true(leak_pattern_matches(&exact, "queue.Queue"));
    assert_false(leak_pattern_matches(&exact, "queue.Queues"));
    assert_true(leak_pattern_matches(&prefix, "queue.LifoQueue"));
    assert_false(leak_pattern_matches(&prefix, "asyncio.queue.Queue"));
    for (size_t i = 0; i < n_leak_patterns; i++) {
        assert_non_null(strchr(leak_patterns[i].type, '.'));
        assert_true(*leak_patterns[i].keeps && *leak_patterns[i].advice);
    }
}

/* Cycles of the same classes are one suspect; fewer than ten are the collector's daily work. */
static void check_garbage(unsigned n, bool suspect)
{
    struct str graph = STR_INIT;
    struct snapshot *s;

    str_append(&graph, "type app.Order class, type app.Item class, root r\n");
    for (unsigned i = 0; i < n; i++)
        str_printf(&graph,
                   "o%u : app.Order gen=%u size=100 -> i%u : app.Item gen=1 size=50 -> o%u\n", i,
                   i % 2 * 2, i, i);
    struct leaks leaks = find(graph.text, NULL, &s);
    const struct leak *leak = of_kind(&leaks, LEAK_GARBAGE);
    assert_int_equal(leak != NULL, suspect);
    if (leak) {
        assert_int_equal(leaks.n, 1);
        assert_int_equal(leak->level, LEAK_LOW);
        assert_int_equal(leak->count, n);
        assert_int_equal(leak->total, 2 * n);
        assert_int_equal(leak->retained_bytes, 150 * n);
        assert_int_equal(leak->generation, 2);
        assert_int_not_equal(leak->classes[1], SNAPSHOT_NONE);
        assert_int_equal(leak->classes[2], SNAPSHOT_NONE);
    }
    leaks_deinit(&leaks);
    snapshot_unref(s);
    str_deinit(&graph);
}

static void test_leaks__garbage(void **state)
{
    (void)state;
    check_garbage(LEAKS_CYCLES_MIN - 1, false);
    check_garbage(LEAKS_CYCLES_MIN, true);
}

/* ---- growth ---- */

#define CACHE "type app.Row class\nroot a; a : app.App +1 -> c : list\n"

static struct str cache(unsigned first, unsigned n)
{
    struct str graph = STR_INIT;

    str_append(&graph, CACHE);
    put_members(&graph, "c", "m", first, n, ": app.Row");
    return graph;
}

/* 40 members, then n from `first` on. */
static void check_growth(unsigned first, unsigned n, bool grew)
{
    struct str before = cache(0, 40), after = cache(first, n);
    struct snapshot *s;
    struct leaks leaks = find(after.text, before.text, &s);
    const struct leak *leak = of_kind(&leaks, LEAK_GREW);

    assert_int_equal(leak != NULL, grew);
    if (leak) {
        assert_object(s, leak, "c");
        assert_int_equal(leak->grew, n - 40);
        assert_int_equal(leak->count, n);
    }
    assert_int_equal(of_kind(&leaks, LEAK_MORE) != NULL, n >= 140);
    leaks_deinit(&leaks);
    snapshot_unref(s);
    str_deinit(&before);
    str_deinit(&after);
}

static void test_leaks__growth(void **state)
{
    (void)state;
    check_growth(0, 49, false);
    check_growth(0, 50, true);
    check_growth(20, 60, true); /* half of the old ones are still there */
    check_growth(0, 140, true);
}

/* The address was used again: other members, another holder, or another type. */
static void test_leaks__reuse_is_no_growth(void **state)
{
    struct str before = cache(0, 40);
    const char *others[] = {CACHE, "root b; b : app.Other +1 -> c : list\n",
                            "type app.Row class\nroot a; a : app.App +1 -> c : tuple\n"};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct str after = STR_INIT;
        struct snapshot *s;
        str_append(&after, others[i]);
        put_members(&after, "c", "m", i ? 0 : 40, 80, ": app.Row");
        struct leaks leaks = find(after.text, before.text, &s);
        assert_null(of_kind(&leaks, LEAK_GREW));
        leaks_deinit(&leaks);
        snapshot_unref(s);
        str_deinit(&after);
    }
    str_deinit(&before);
}

/* Instances that are garbage do not count as more. */
static void test_leaks__garbage_is_no_growth(void **state)
{
    struct str after = STR_INIT;
    struct snapshot *s;

    (void)state;
    str_append(&after, CACHE);
    for (unsigned i = 0; i < 200; i++)
        str_printf(&after, "g%u : app.Row -> g%u\n", i, i);
    struct leaks leaks = find(after.text, CACHE, &s);
    assert_null(of_kind(&leaks, LEAK_MORE));
    leaks_deinit(&leaks);
    snapshot_unref(s);
    str_deinit(&after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_leaks__small_heaps_have_none),
        TEST(test_leaks__accumulation_point),
        TEST(test_leaks__a_tenth),
        TEST(test_leaks__not_code),
        TEST(test_leaks__group),
        TEST(test_leaks__instances),
        TEST(test_leaks__patterns),
        TEST(test_leaks__pattern_names),
        TEST(test_leaks__garbage),
        TEST(test_leaks__growth),
        TEST(test_leaks__reuse_is_no_growth),
        TEST(test_leaks__garbage_is_no_growth),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
