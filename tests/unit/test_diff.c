#include "inspector/analysis/diff.h"

#include <stdlib.h>

#include "inspector/base/bits.h"
#include "inspector/base/str.h"
#include "inspector/model/groups.h"
#include "inspector/rows/rows_diff.h"
#include "tests/support/fake_stream.h"
#include "tests/support/graphs.h"
#include "tests/support/test.h"

/* "a b": the objects of `after` that `before` does not have. */
static void assert_new(const char *before_text, const char *after_text, const char *wanted)
{
    struct snapshot *before = fake_snapshot(before_text), *after = fake_snapshot(after_text);
    uint32_t *match, born[64];
    char names[512];
    size_t n = 0;

    assert_ok(diff_match(before, after, NULL, &match));
    for (uint32_t i = 0; i < after->n_objects; i++)
        if (match[i] == SNAPSHOT_NONE)
            born[n++] = i;
    assert_string_equal(fake_names(after, born, n, names, sizeof names), wanted);
    free(match);
    snapshot_unref(before);
    snapshot_unref(after);
}

static void test_diff__matches(void **state)
{
    (void)state;
    assert_new("", "", "");
    assert_new("", "a", "a");
    assert_new("a", "", "");
    assert_new("a, b, c", "c, b, a, d", "d");
    assert_new("a : app.Node", "a : app.Other", "a");      /* another type */
    assert_new("a : int size=28", "a : int size=32", "a"); /* an int does not grow */
    assert_new("a : tuple size=48", "a : tuple size=56", "a");
    assert_new("a : str size=48", "a : str size=48", "");
    assert_new("a : list size=56", "a : list size=88", "");          /* a list does */
    assert_new("a : app.Node size=48", "a : app.Node size=320", ""); /* and attributes */
    assert_new("a : int size=5000000000", "a : int size=5000000008", "a");
}

/* Brute force on random heaps. */
static void random_heap(struct graphs_rand *rand, struct str *ret)
{
    static const char *const types[] = {"int", "list", "app.Node", "tuple", "str"};

    str_clear(ret);
    str_append(ret, "root o0\n");
    for (uint32_t i = 0; i < 40; i++) {
        if (i && graphs_rand(rand, 4) == 0)
            continue;
        str_printf(ret, "o%u : %s size=%u", i, types[graphs_rand(rand, 8) ? i % 5 : (i + 1) % 5],
                   16 + 8 * graphs_rand(rand, 2));
        for (uint32_t e = graphs_rand(rand, 4); e; e--)
            str_printf(ret, " -> o%u", graphs_rand(rand, 40));
        str_append(ret, "\n");
    }
}

static uint32_t brute_match(const struct snapshot *before, const struct snapshot *after, uint32_t a)
{
    const char *name = snapshot_type_of(after, a)->name;
    bool fixed = !strcmp(name, "builtins.int") || !strcmp(name, "builtins.tuple") ||
                 !strcmp(name, "builtins.str");

    for (uint32_t b = 0; b < before->n_objects; b++)
        if (before->address[b] == after->address[a] &&
            !strcmp(snapshot_type_of(before, b)->name, name) &&
            snapshot_type_of(before, b)->address == snapshot_type_of(after, a)->address &&
            (!fixed || snapshot_shallow(before, b) == snapshot_shallow(after, a)))
            return b;
    return SNAPSHOT_NONE;
}

struct heap_paths {
    struct graph graph;
    uint64_t *roots;
    uint32_t *distance;
    struct paths paths;
};

static void find_paths(const struct snapshot *s, struct heap_paths *ret)
{
    ret->graph = graph_of(s);
    ret->roots = bits_new(s->n_objects);
    for (uint32_t i = 0; i < s->n_roots; i++)
        bits_add(ret->roots, s->roots[i]);
    assert_ok(paths_distances(&ret->graph, ret->roots, NULL, NULL, NULL, &ret->distance));
    ret->paths =
        (struct paths){.graph = &ret->graph, .roots = ret->roots, .distance = ret->distance};
}

static bool is_new(const void *ctx, uint32_t object)
{
    const uint32_t *match = ctx;

    return match[object] == SNAPSHOT_NONE;
}

static uint32_t brute_holder(const struct heap_paths *p, const uint32_t *match, uint32_t object)
{
    while (match[object] == SNAPSHOT_NONE) {
        uint32_t up = paths_holder(&p->paths, object);
        if (up == PATHS_NONE)
            return p->distance[object] == PATHS_NONE ? DIFF_UNREACHABLE : DIFF_OUTSIDE;
        object = up;
    }
    return object;
}

static void check_holders(const struct snapshot *s, const uint32_t *match, unsigned seed)
{
    struct heap_paths p;
    struct groups groups;
    struct diff_holder *at;
    uint64_t total = 0, born = 0;
    size_t n;

    find_paths(s, &p);
    assert_ok(groups_make(s, &groups));
    const struct diff_spec spec = {.snapshot = s,
                                   .paths = &p.paths,
                                   .group_of_type = groups.of_type,
                                   .is_new = is_new,
                                   .ctx = match};
    assert_ok(diff_holders(&spec, &at, &n));
    for (size_t i = 0; i < n; i++) {
        uint64_t count = 0, bytes = 0;
        for (uint32_t o = 0; o < s->n_objects; o++)
            if (match[o] == SNAPSHOT_NONE && brute_holder(&p, match, o) == at[i].holder &&
                groups.of_type[s->type[o]] == at[i].group) {
                count++;
                bytes += snapshot_shallow(s, o);
            }
        if (count != at[i].count || bytes != at[i].shallow_bytes)
            fail_msg("seed %u: holder %u has %lu, not %lu", seed, at[i].holder,
                     (unsigned long)at[i].count, (unsigned long)count);
        assert_true(!i || at[i - 1].count >= at[i].count);
        total += count;
    }
    for (uint32_t o = 0; o < s->n_objects; o++)
        born += match[o] == SNAPSHOT_NONE;
    assert_int_equal(total, born);
    free(at);
    groups_deinit(&groups);
    free(p.roots);
    free(p.distance);
}

static void test_diff__random_heaps(void **state)
{
    struct str text = STR_INIT;

    (void)state;
    for (unsigned seed = 1; seed <= 2000; seed++) {
        struct graphs_rand rand = {seed};
        random_heap(&rand, &text);
        struct snapshot *before = fake_snapshot(text.text);
        random_heap(&rand, &text);
        struct snapshot *after = fake_snapshot(text.text);
        uint32_t *match;
        assert_ok(diff_match(before, after, NULL, &match));
        for (uint32_t i = 0; i < after->n_objects; i++)
            if (match[i] != brute_match(before, after, i))
                fail_msg("seed %u: object %u", seed, i);
        check_holders(after, match, seed);
        free(match);
        snapshot_unref(before);
        snapshot_unref(after);
    }
    str_deinit(&text);
}

static void test_diff__cancelled(void **state)
{
    struct snapshot *s = fake_snapshot("a");
    atomic_bool cancel = true;
    uint32_t *match;

    (void)state;
    assert_fails(diff_match(s, s, &cancel, &match), ERR_CANCELLED, "");
    snapshot_unref(s);
}

/* ---- rows ---- */

static void assert_cell(const struct rows *rows, size_t i, unsigned col, const char *wanted)
{
    struct cell cell;
    char buf[CELL_BUF_BYTES];

    rows_cell(rows, i, col, &cell);
    assert_string_equal(cell_format(&rows->columns[col], &cell, false, buf), wanted);
}

static void test_diff__rows_by_type(void **state)
{
    struct snapshot *before = fake_snapshot("a : app.Gone size=32, b : app.Same, c : list size=56");
    struct snapshot *after =
        fake_snapshot("b : app.Same, c : list size=88, d : app.New, e : app.New");
    uint32_t born[] = {fake_object(after, "d"), fake_object(after, "e")};
    struct rows *rows;

    (void)state;
    assert_ok(rows_diff_create(before, after, born, 2, &rows));
    snapshot_unref(before);
    snapshot_unref(after);
    assert_int_equal(rows_count(rows), 3); /* what has not changed is no row */
    assert_cell(rows, 0, DIFF_TYPE, "app.Gone");
    assert_cell(rows, 0, DIFF_COUNT_DELTA, "-1");
    assert_cell(rows, 0, DIFF_SHALLOW_DELTA, "-32 B");
    assert_cell(rows, 1, DIFF_TYPE, "app.New");
    assert_cell(rows, 1, DIFF_COUNT_BEFORE, "0");
    assert_cell(rows, 1, DIFF_COUNT_AFTER, "2");
    assert_cell(rows, 1, DIFF_BORN, "2");
    assert_cell(rows, 1, DIFF_RETAINED_DELTA, "-");
    assert_cell(rows, 2, DIFF_TYPE, "builtins.list");
    assert_cell(rows, 2, DIFF_COUNT_DELTA, "0");
    assert_cell(rows, 2, DIFF_SHALLOW_DELTA, "+32 B");
    rows_destroy(rows);
}

static void test_diff__rows_of_growth(void **state)
{
    struct snapshot *s = fake_snapshot("app : app.App -> a : app.Node size=64");
    struct growth *at = calloc(2, sizeof *at);
    uint32_t app = fake_object(s, "app"), a = fake_object(s, "a");
    struct rows *rows;

    (void)state;
    at[0] = (struct growth){{.holder = app, .sample = a, .count = 12000, .shallow_bytes = 64},
                            strdup("app.cache")};
    at[1] =
        (struct growth){{.holder = DIFF_UNREACHABLE, .sample = a, .count = 1}, strdup("(garbage)")};
    assert_ok(rows_growth_create(s, at, 2, &rows));
    snapshot_unref(s);
    assert_cell(rows, 0, GROWTH_COUNT, "+12,000");
    assert_cell(rows, 0, GROWTH_TYPE, "app.Node");
    assert_cell(rows, 0, GROWTH_HOLDER, "app.cache");
    assert_cell(rows, 0, GROWTH_HOLDER_TYPE, "app.App");
    assert_cell(rows, 1, GROWTH_HOLDER, "(garbage)");
    assert_cell(rows, 1, GROWTH_ADDRESS, "-");
    rows_destroy(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_diff__matches),      TEST(test_diff__random_heaps),   TEST(test_diff__cancelled),
        TEST(test_diff__rows_by_type), TEST(test_diff__rows_of_growth),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
