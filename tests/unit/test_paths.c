#include "inspector/analysis/paths.h"

#include <stdlib.h>

#include "inspector/base/bits.h"
#include "tests/support/graphs.h"
#include "tests/support/test.h"

enum { GRAPHS = 2000, NODES = 12, DEEP = 1000000, PATHS_LIMIT = 300 };

static uint64_t no_bytes(const void *ctx, uint32_t v)
{
    (void)ctx;
    (void)v;
    return 1;
}

/* A graph of at most 64 nodes with all that the finder can use. */
struct heap {
    struct graphs graphs;
    uint64_t roots;
    uint32_t *distance;
    struct retained tree;
    struct paths paths;
};

static void heap_init(struct heap *h, struct graphs graphs, uint64_t roots)
{
    uint32_t list[64], n = 0;
    struct dominators d;

    *h = (struct heap){.graphs = graphs, .roots = roots};
    for (uint32_t v = 0; v < graphs.graph.n; v++)
        if (roots >> v & 1)
            list[n++] = v;
    assert_ok(dominators_compute(&h->graphs.graph, list, n, NULL, NULL, NULL, &d));
    assert_ok(retained_compute(&d, no_bytes, NULL, NULL, &h->tree));
    dominators_deinit(&d);
    assert_ok(paths_distances(&h->graphs.graph, &h->roots, NULL, NULL, NULL, &h->distance));
    h->paths = (struct paths){
        .graph = &h->graphs.graph,
        .roots = &h->roots,
        .distance = h->distance,
        .tree = &h->tree,
    };
}

static void heap_deinit(struct heap *h)
{
    free(h->distance);
    retained_deinit(&h->tree);
    graphs_deinit(&h->graphs);
}

/* The paths to an object, as "0 1 4; 2 4". */
static void assert_paths(const struct heap *h, uint32_t object, const char *want)
{
    struct path_finder *finder;
    struct path path;
    char text[256] = "";
    size_t at = 0;

    assert_ok(path_finder_create(&h->paths, object, &finder));
    for (;;) {
        assert_ok(path_finder_next(finder, NULL, &path));
        if (!path.n)
            break;
        for (uint32_t i = 0; i < path.n; i++)
            at += (size_t)snprintf(text + at, sizeof text - at, "%s%u", i ? " " : (at ? "; " : ""),
                                   path.node[i]);
    }
    assert_ok(path_finder_next(finder, NULL, &path)); /* and stays at the end */
    assert_int_equal(path.n, 0);
    assert_string_equal(text, want);
    path_finder_destroy(finder);
}

static void test_paths__shortest_first(void **state)
{
    struct heap h;

    (void)state;
    heap_init(&h, graphs_parse("0>1 1>2 2>3 0>4 4>3 3>5"), 1);
    assert_paths(&h, 3, "0 4 3; 0 1 2 3");
    assert_paths(&h, 5, "0 4 3 5; 0 1 2 3 5");
    assert_int_equal(h.distance[5], 3);
    assert_int_equal(paths_holder(&h.paths, 5), 3);
    assert_int_equal(paths_holder(&h.paths, 3), 4);
    assert_int_equal(paths_holder(&h.paths, 0), PATHS_NONE);
    heap_deinit(&h);
}

/* 3's holders 1 and 2 first, then the second way to 2. */
static void test_paths__another_holder_before_another_way_to_the_same(void **state)
{
    struct heap h;

    (void)state;
    heap_init(&h, graphs_parse("0>2 2>3 4>2 0>5 5>6 6>1 1>3"), 0x11);
    assert_paths(&h, 3, "0 2 3; 0 5 6 1 3; 4 2 3");
    heap_deinit(&h);
}

static void test_paths__roots_and_garbage(void **state)
{
    struct heap h;

    (void)state;
    heap_init(&h, graphs_parse("0>1 2>2 2>3 1>0"), 0x03);
    assert_paths(&h, 0, "0; 1 0");
    assert_paths(&h, 2, "");
    assert_paths(&h, 3, "");
    assert_int_equal(h.distance[3], PATHS_NONE);
    heap_deinit(&h);
}

/* What the object itself leads to holds it, but does not keep it alive. */
static void test_paths__not_through_the_object(void **state)
{
    struct heap h;

    (void)state;
    heap_init(&h, graphs_parse("0>1 1>1 1>2 2>1 1>3 3>2"), 1);
    assert_paths(&h, 1, "0 1");
    h.paths.tree = NULL;
    assert_paths(&h, 1, "0 1");
    heap_deinit(&h);
}

static bool not_from(const void *ctx, uint32_t from, uint32_t to)
{
    (void)to;
    return from != *(const uint32_t *)ctx;
}

static void test_paths__edges_that_do_not_count(void **state)
{
    struct heap h;
    uint32_t cut = 4;

    (void)state;
    heap_init(&h, graphs_parse("0>1 1>2 2>3 0>4 4>3"), 1);
    free(h.distance);
    assert_ok(paths_distances(&h.graphs.graph, &h.roots, not_from, &cut, NULL, &h.distance));
    h.paths.distance = h.distance;
    h.paths.edge = not_from;
    h.paths.ctx = &cut;
    h.paths.tree = NULL;
    assert_paths(&h, 3, "0 1 2 3");
    heap_deinit(&h);
}

/* There is no other path, which must not take a search for each of a million steps. */
static void check_only_path(const struct graph *graph, struct paths paths)
{
    struct path_finder *finder;
    struct path path;
    struct dominators d;
    struct retained tree;
    uint32_t root = 0;

    assert_ok(dominators_compute(graph, &root, 1, NULL, NULL, NULL, &d));
    assert_ok(retained_compute(&d, no_bytes, NULL, NULL, &tree));
    paths.tree = &tree;
    assert_ok(path_finder_create(&paths, DEEP - 2, &finder));
    assert_ok(path_finder_next(finder, NULL, &path));
    assert_ok(path_finder_next(finder, NULL, &path));
    assert_int_equal(path.n, 0);
    path_finder_destroy(finder);
    retained_deinit(&tree);
    dominators_deinit(&d);
}

static void test_paths__deep(void **state)
{
    struct graphs g = graphs_list_and_hub(DEEP, true);
    uint64_t *roots = bits_new(DEEP);
    uint32_t *distance;
    struct path_finder *finder;
    struct path path;

    (void)state;
    bits_add(roots, 0);
    assert_ok(paths_distances(&g.graph, roots, NULL, NULL, NULL, &distance));
    struct paths paths = {.graph = &g.graph, .roots = roots, .distance = distance};
    assert_ok(path_finder_create(&paths, DEEP - 2, &finder));
    assert_ok(path_finder_next(finder, NULL, &path));
    assert_int_equal(path.n, DEEP - 1);
    path_finder_destroy(finder);
    check_only_path(&g.graph, paths);
    assert_ok(path_finder_create(&paths, DEEP - 1, &finder)); /* the hub */
    for (uint32_t n = 2; n < 12; n++) {
        assert_ok(path_finder_next(finder, NULL, &path));
        assert_int_equal(path.n, n);
    }
    path_finder_destroy(finder);
    free(distance);
    free(roots);
    graphs_deinit(&g);
}

static void test_paths__cancel(void **state)
{
    struct graphs g = graphs_list_and_hub(200000, false);
    uint64_t *roots = bits_new(200000);
    uint32_t *distance;
    atomic_bool cancel = true;

    (void)state;
    bits_add(roots, 0);
    assert_fails(paths_distances(&g.graph, roots, NULL, NULL, &cancel, &distance), ERR_CANCELLED,
                 "cancelled");
    free(roots);
    graphs_deinit(&g);
}

/* ---- against brute force ---- */

static bool has_edge(const struct graph *graph, uint32_t from, uint32_t to)
{
    for (uint32_t e = graph->offset[from]; e < graph->offset[from + 1]; e++)
        if (graph->target[e] == to)
            return true;
    return false;
}

/* Steps from the nearest root to each node without passing through `without`, by relaxation. */
static void slow_distances(const struct graph *graph, uint64_t roots, uint32_t without,
                           uint32_t *distance)
{
    for (uint32_t v = 0; v < graph->n; v++)
        distance[v] = roots >> v & 1 && v != without ? 0 : PATHS_NONE;
    for (uint32_t round = 0; round < graph->n; round++)
        for (uint32_t v = 0; v < graph->n; v++)
            for (uint32_t e = graph->offset[v]; e < graph->offset[v + 1]; e++) {
                uint32_t to = graph->target[e];
                if (to != without && distance[v] != PATHS_NONE && distance[v] + 1 < distance[to])
                    distance[to] = distance[v] + 1;
            }
}

static void check_path(const struct heap *h, uint32_t object, const struct path *path)
{
    uint64_t seen = 0;

    assert_true(h->roots >> path->node[0] & 1);
    assert_int_equal(path->node[path->n - 1], object);
    for (uint32_t i = 0; i < path->n; i++) {
        assert_false(seen >> path->node[i] & 1);
        seen |= UINT64_C(1) << path->node[i];
        if (i)
            assert_true(has_edge(&h->graphs.graph, path->node[i - 1], path->node[i]));
    }
}

/* The first path is a shortest one; then each holder that lives without the object gets its own. */
static void check_object(const struct heap *h, uint32_t object)
{
    const struct graph *graph = &h->graphs.graph;
    uint32_t distance[NODES], n_found = 0, length = 0;
    static uint32_t found[PATHS_LIMIT][NODES + 1];
    uint64_t holders = 0, met = 0;
    struct path_finder *finder;
    struct path path;

    slow_distances(graph, h->roots, object, distance);
    for (uint32_t v = 0; v < graph->n; v++)
        if (distance[v] != PATHS_NONE && has_edge(graph, v, object))
            holders |= UINT64_C(1) << v;
    assert_ok(path_finder_create(&h->paths, object, &finder));
    for (;;) {
        assert_ok(path_finder_next(finder, NULL, &path));
        if (!path.n || n_found == PATHS_LIMIT)
            break;
        check_path(h, object, &path);
        if (n_found == 0)
            assert_int_equal(path.n - 1, h->distance[object]);
        if (met != holders && path.n > 1) {
            uint64_t holder = UINT64_C(1) << path.node[path.n - 2];
            assert_false(met & holder);
            met |= holder;
            assert_true(path.n >= length);
            length = path.n;
        }
        memset(found[n_found], 0, sizeof found[n_found]);
        found[n_found][0] = path.n;
        memcpy(&found[n_found][1], path.node, path.n * sizeof *path.node);
        for (uint32_t i = 0; i < n_found; i++)
            assert_int_not_equal(memcmp(found[i], found[n_found], sizeof found[i]), 0);
        n_found++;
    }
    assert_int_equal(met, holders);
    assert_int_equal(n_found > 0, h->distance[object] != PATHS_NONE);
    path_finder_destroy(finder);
}

static void check_random(uint64_t seed)
{
    struct graphs_rand rand = graphs_rand_begin(seed);
    struct graphs g = graphs_random(&rand, NODES);
    uint32_t distance[NODES];
    struct heap h;

    uint64_t roots = graphs_rand(&rand, 1u << g.graph.n);
    heap_init(&h, g, roots & graphs_rand(&rand, 1u << g.graph.n)); /* a quarter of the nodes */
    slow_distances(&g.graph, h.roots, PATHS_NONE, distance);
    for (uint32_t v = 0; v < g.graph.n; v++)
        if (h.distance[v] != distance[v])
            fail_msg("seed %llu: distance of %u is %u, not %u", (unsigned long long)seed, v,
                     h.distance[v], distance[v]);
    check_object(&h, graphs_rand(&rand, g.graph.n));
    h.paths.tree = NULL;
    check_object(&h, graphs_rand(&rand, g.graph.n));
    heap_deinit(&h);
}

static void test_paths__as_brute_force(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= GRAPHS; seed++)
        check_random(seed);
    graphs_rand_done();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_paths__shortest_first),
        TEST(test_paths__another_holder_before_another_way_to_the_same),
        TEST(test_paths__roots_and_garbage),
        TEST(test_paths__not_through_the_object),
        TEST(test_paths__edges_that_do_not_count),
        TEST(test_paths__deep),
        TEST(test_paths__cancel),
        TEST(test_paths__as_brute_force),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
