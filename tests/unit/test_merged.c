#include "inspector/analysis/merged.h"

#include <stdlib.h>

#include "inspector/base/bits.h"
#include "tests/support/graphs.h"
#include "tests/support/test.h"

enum { DEEP = 1000000, TEXT = 512 };

/* As "0:5 (1:3 (2:3) 3:2)": group, count, what is below. */
static size_t print(const struct merged *m, char *text)
{
    size_t at = 0;
    uint32_t depth = 0;

    for (uint32_t i = 0; i < m->n; i++) {
        const struct merged_step *s = &m->step[i];
        for (; depth > s->depth; depth--)
            at += (size_t)snprintf(text + at, TEXT - at, ")");
        if (i)
            at += (size_t)snprintf(text + at, TEXT - at, "%s", s->depth > depth ? " (" : " ");
        depth = s->depth;
        at += (size_t)snprintf(text + at, TEXT - at, "%u:%u", s->group, s->count);
    }
    for (; depth > 0; depth--)
        at += (size_t)snprintf(text + at, TEXT - at, ")");
    return at;
}

static void find(const struct graph *graph, uint32_t root, const uint32_t *members, uint32_t n,
                 const uint32_t *group, enum merged_direction direction, struct merged *ret)
{
    uint64_t *roots = bits_new(graph->n);
    uint32_t *distance;

    bits_add(roots, root);
    assert_ok(paths_distances(graph, roots, NULL, NULL, NULL, &distance));
    struct paths paths = {.graph = graph, .roots = roots, .distance = distance};
    assert_ok(merged_find(&paths, members, n, group, direction, NULL, ret));
    free(distance);
    free(roots);
}

static void assert_merged(const char *graph, const uint32_t *members, uint32_t n,
                          const uint32_t *group, enum merged_direction direction, const char *want)
{
    struct graphs g = graphs_parse(graph);
    struct merged m;
    char text[TEXT] = "";

    find(&g.graph, 0, members, n, group, direction, &m);
    print(&m, text);
    assert_string_equal(text, want);
    merged_deinit(&m);
    graphs_deinit(&g);
}

static void test_merged__by_node(void **state)
{
    const uint32_t members[] = {3, 4, 5};

    (void)state;
    assert_merged("0>1 0>2 1>3 2>4 2>5", members, 3, NULL, MERGED_FROM_ROOTS,
                  "0:3 (2:2 (4:1 5:1) 1:1 (3:1))");
    assert_merged("0>1 0>2 1>3 2>4 2>5", members, 3, NULL, MERGED_FROM_OBJECTS,
                  "3:1 (1:1 (0:1)) 4:1 (2:1 (0:1)) 5:1 (2:1 (0:1))");
}

/* Types: 7 the root, 8 lists, 9 rows. */
static void test_merged__by_type(void **state)
{
    const uint32_t members[] = {3, 4, 5, 6}, group[] = {7, 8, 8, 9, 9, 9, 9};

    (void)state;
    assert_merged("0>1 0>2 1>3 2>4 2>5 0>6", members, 4, group, MERGED_FROM_ROOTS,
                  "7:4 (8:3 (9:3) 9:1)");
    assert_merged("0>1 0>2 1>3 2>4 2>5 0>6", members, 4, group, MERGED_FROM_OBJECTS,
                  "9:4 (8:3 (7:3) 7:1)");
}

/* A member on the way to another one; one that no root reaches. */
static void test_merged__members_that_are_steps(void **state)
{
    const uint32_t members[] = {1, 2, 3};
    struct graphs g = graphs_parse("0>1 1>2 3>3");
    struct merged m;
    char text[TEXT] = "";

    (void)state;
    find(&g.graph, 0, members, 3, NULL, MERGED_FROM_ROOTS, &m);
    print(&m, text);
    assert_string_equal(text, "0:2 (1:2 (2:1))");
    assert_int_equal(m.step[1].ends, 1);
    assert_int_equal(m.step[2].ends, 1);
    assert_int_equal(m.step[0].below, 2);
    assert_int_equal(m.step[2].parent, 1);
    assert_int_equal(m.n_unreachable, 1);
    assert_int_equal(m.n_sampled, 3);
    merged_deinit(&m);
    graphs_deinit(&g);
}

/* How many different nodes stand behind a step, whatever the number of paths through it. */
static void test_merged__counts_nodes(void **state)
{
    const uint32_t members[] = {3, 4, 5, 5}, group[] = {7, 8, 8, 9, 9, 9};
    struct graphs g = graphs_parse("0>1 0>2 1>3 2>4 2>5");
    struct merged m;

    (void)state;
    find(&g.graph, 0, members, 4, group, MERGED_FROM_ROOTS, &m);
    assert_int_equal(m.n, 3);
    assert_int_equal(m.step[0].nodes, 1);
    assert_int_equal(m.step[1].nodes, 2);
    assert_int_equal(m.step[2].nodes, 3);
    assert_int_equal(m.step[2].count, 4);
    merged_deinit(&m);
    graphs_deinit(&g);
}

static void test_merged__nothing(void **state)
{
    const uint32_t members[] = {1};

    (void)state;
    assert_merged("0 1>1", members, 1, NULL, MERGED_FROM_ROOTS, "");
    assert_merged("0>1", members, 0, NULL, MERGED_FROM_OBJECTS, "");
}

/* A list of a million: ten thousand members stand for all, and paths end somewhere. */
static void check_deep(enum merged_direction direction)
{
    struct graphs g = graphs_list_and_hub(DEEP, true);
    uint32_t *members = calloc(DEEP, sizeof *members), *group = calloc(DEEP, sizeof *group);
    struct merged m;

    assert_non_null(members);
    assert_non_null(group);
    for (uint32_t i = 0; i < DEEP; i++)
        members[i] = i;
    find(&g.graph, 0, members, DEEP, group, direction, &m);
    assert_int_equal(m.n_members, DEEP);
    assert_int_equal(m.n_sampled, MERGED_SAMPLE_MAX);
    assert_int_equal(m.n, MERGED_DEPTH_MAX);
    assert_int_equal(m.step[0].count, MERGED_SAMPLE_MAX);
    assert_int_equal(m.n_deep, 9990);
    merged_deinit(&m);
    free(group);
    free(members);
    graphs_deinit(&g);
}

static void test_merged__deep(void **state)
{
    (void)state;
    check_deep(MERGED_FROM_ROOTS);
    check_deep(MERGED_FROM_OBJECTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_merged__by_node),
        TEST(test_merged__by_type),
        TEST(test_merged__members_that_are_steps),
        TEST(test_merged__counts_nodes),
        TEST(test_merged__nothing),
        TEST(test_merged__deep),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
