#include "inspector/analysis/garbage.h"

#include <stdlib.h>

#include "tests/support/graphs.h"
#include "tests/support/test.h"

enum { GRAPHS = 2000, NODES = 14, DEEP = 1000000 };
#define IMMORTAL UINT32_MAX

/* A heap of at most 64 objects: each refcount is what the graph accounts for, and `extra`. */
struct heap {
    struct graphs graphs;
    struct garbage_heap heap;
    uint32_t refcount[64];
    uint64_t collected, finalizer, callback, legacy;
};

static void heap_init(struct heap *h, struct graphs graphs)
{
    const struct graph *graph = &h->graphs.graph;

    *h = (struct heap){.graphs = graphs};
    h->collected = graph->n ? UINT64_MAX >> (64 - graph->n) : 0;
    for (uint32_t v = 0; v < graph->n; v++)
        h->refcount[v] = graph->rev_offset[v + 1] - graph->rev_offset[v];
    h->heap = (struct garbage_heap){
        .graph = graph,
        .refcount = h->refcount,
        .collected = &h->collected,
        .finalizer = &h->finalizer,
        .callback = &h->callback,
        .legacy = &h->legacy,
    };
}

static void assert_list(const uint32_t *list, uint32_t n, uint64_t want)
{
    uint64_t got = 0;

    for (uint32_t i = 0; i < n; i++) {
        assert_true(i == 0 || list[i] > list[i - 1]);
        got |= UINT64_C(1) << list[i];
    }
    assert_int_equal(got, want);
}

/* `want`: the garbage; `along`: what goes with it; as bits. */
static void assert_garbage(const struct heap *h, uint64_t want, uint64_t along)
{
    struct garbage g;

    assert_ok(garbage_find(&h->heap, NULL, &g));
    assert_list(g.object, g.n, want);
    assert_list(g.along, g.n_along, along);
    if (h->graphs.graph.n)
        assert_int_equal(g.set[0], want);
    garbage_deinit(&g);
}

static void test_garbage__cycles_that_nothing_holds(void **state)
{
    struct heap h;

    (void)state;
    heap_init(&h, graphs_parse("0>1 1>2 2>1 3>4 4>3 5>5"));
    h.refcount[0]++; /* a frame */
    assert_garbage(&h, 0x38, 0);
    graphs_deinit(&h.graphs);
}

static void test_garbage__nothing(void **state)
{
    struct heap h;

    (void)state;
    heap_init(&h, graphs_make(0, NULL, 0));
    assert_garbage(&h, 0, 0);
    graphs_deinit(&h.graphs);
    heap_init(&h, graphs_parse("0>0 1"));
    h.collected = 0;
    assert_garbage(&h, 0, 0);
    graphs_deinit(&h.graphs);
}

/* 0 is in an older generation, which is not collected: garbage itself, it keeps 1 and 2 alive. */
static void test_garbage__an_older_generation_holds(void **state)
{
    struct heap h;

    (void)state;
    heap_init(&h, graphs_parse("0>0 0>1 1>2 2>1 3>3"));
    h.collected &= ~1u;
    assert_garbage(&h, 0x08, 0);
    h.collected |= 1;
    assert_garbage(&h, 0x0f, 0);
    graphs_deinit(&h.graphs);
}

/*
 * 1 is untracked, as a dict of numbers: its reference to 2 counts but the collector never sees it.
 */
static void test_garbage__an_untracked_holder(void **state)
{
    struct heap h;

    (void)state;
    heap_init(&h, graphs_parse("0>0 0>1 1>2 2>2"));
    h.collected &= ~2u;
    assert_garbage(&h, 0x01, 0x02); /* 1 goes with 0; 2 loses a holder and waits for the next */
    graphs_deinit(&h.graphs);
}

static void test_garbage__what_goes_along(void **state)
{
    struct heap h;

    (void)state;
    heap_init(&h, graphs_parse("0>0 0>1 1>2 0>3 4>3 0>5 0>6 0>6 6>7"));
    h.collected = 0x11;
    h.refcount[4]++; /* lives, and holds 3 */
    h.refcount[5] = IMMORTAL;
    assert_garbage(&h, 0x01, 0x02 + 0x04 + 0x40 + 0x80);
    graphs_deinit(&h.graphs);
}

/* Up to Python 3.8 an instance holds its type, and does not tell the collector. */
static void test_garbage__a_reference_that_is_not_told(void **state)
{
    const struct garbage_unvisited hidden[] = {{0, 1}, {1, 0}};
    struct heap h;

    (void)state;
    heap_init(&h, graphs_parse("0>0 0>2 1>2 2>2 3>2 3>3"));
    assert_garbage(&h, 0x0f, 0);
    h.heap.unvisited = hidden;
    h.heap.n_unvisited = 2;
    assert_garbage(&h, 0x0b, 0); /* 2 has references that nobody tells of: alive, says the rule */
    graphs_deinit(&h.graphs);
}

/* 3 lives, but the reference to 4 that it has is one that the collector does not follow. */
static void test_garbage__a_hidden_reference_keeps_nothing_alive(void **state)
{
    const struct garbage_unvisited hidden[] = {{0, 0}};
    struct heap h;

    (void)state;
    heap_init(&h, graphs_parse("0>1 0>2 1>2 2>1"));
    h.refcount[0]++;
    h.refcount[1]--; /* borrowed */
    h.heap.unvisited = hidden;
    h.heap.n_unvisited = 1;
    assert_garbage(&h, 0, 0); /* 0 leads to 2, 2 to 1 */
    graphs_deinit(&h.graphs);
    heap_init(&h, graphs_parse("0>1 1>1"));
    h.refcount[0]++;
    h.refcount[1]--;
    h.heap.unvisited = hidden;
    h.heap.n_unvisited = 1;
    assert_garbage(&h, 2, 0);
    graphs_deinit(&h.graphs);
}

static void test_garbage__kinds(void **state)
{
    struct heap h;
    struct garbage g;

    (void)state;
    heap_init(&h, graphs_parse("0>1 1>0 1>2 3>3 4>5 5>4 5>6"));
    h.finalizer = 0x05;
    h.callback = 0x08;
    h.legacy = 0x20;
    assert_ok(garbage_find(&h.heap, NULL, &g));
    assert_int_equal(g.n, 7);
    assert_int_equal(g.n_cycles, 3);
    assert_int_equal(g.n_in_cycles, 5);
    assert_int_equal(g.n_finalizers, 2);
    assert_int_equal(g.n_callbacks, 1);
    assert_int_equal(g.n_uncollectable, 3);
    assert_int_equal(g.flags[0], GARBAGE_IN_CYCLE | GARBAGE_FINALIZER);
    assert_int_equal(g.flags[2], GARBAGE_FINALIZER);
    assert_int_equal(g.flags[3], GARBAGE_IN_CYCLE | GARBAGE_CALLBACK);
    assert_int_equal(g.flags[6], GARBAGE_UNCOLLECTABLE);
    assert_int_equal(g.cycle[0], g.cycle[1]);
    assert_int_equal(g.cycle[2], GARBAGE_NO_CYCLE);
    assert_int_not_equal(g.cycle[0], g.cycle[3]);
    garbage_deinit(&g);
    graphs_deinit(&h.graphs);
}

/*
 * A list of a million objects that hold each other both ways, and a hub: all of it garbage, or
 * none.
 */
static void test_garbage__deep(void **state)
{
    struct graphs graphs = graphs_list_and_hub(DEEP, true);
    uint32_t *refcount = calloc(DEEP, sizeof *refcount);
    uint64_t *collected = calloc(DEEP / 64, sizeof *collected);
    struct garbage_heap heap = {
        .graph = &graphs.graph, .refcount = refcount, .collected = collected};
    struct garbage g;

    (void)state;
    assert_non_null(refcount);
    assert_non_null(collected);
    memset(collected, 0xff, DEEP / 8);
    for (uint32_t v = 0; v < DEEP; v++)
        refcount[v] = graphs.graph.rev_offset[v + 1] - graphs.graph.rev_offset[v];
    assert_ok(garbage_find(&heap, NULL, &g));
    assert_int_equal(g.n, DEEP);
    assert_int_equal(g.n_in_cycles, DEEP - 1);
    garbage_deinit(&g);
    refcount[DEEP - 2]++;
    assert_ok(garbage_find(&heap, NULL, &g));
    assert_int_equal(g.n, 0);
    garbage_deinit(&g);
    free(collected);
    free(refcount);
    graphs_deinit(&graphs);
}

/* ---- against the collector's own steps ---- */

static bool is_told(const struct garbage_heap *heap, uint32_t holder, uint32_t edge)
{
    for (size_t i = 0; i < heap->n_unvisited; i++)
        if (heap->unvisited[i].holder == holder &&
            heap->graph->offset[holder] + heap->unvisited[i].ordinal == edge)
            return false;
    return true;
}

/* subtract_refs() */
static void slow_subtract(const struct garbage_heap *heap, uint32_t *gc_refs)
{
    const struct graph *graph = heap->graph;

    memcpy(gc_refs, heap->refcount, graph->n * sizeof *gc_refs);
    for (uint32_t v = 0; v < graph->n; v++)
        for (uint32_t e = graph->offset[v]; e < graph->offset[v + 1]; e++)
            if (*heap->collected >> v & 1 && *heap->collected >> graph->target[e] & 1 &&
                is_told(heap, v, e))
                gc_refs[graph->target[e]]--;
}

/* What `from` leads to within a set by references that are told. */
static uint64_t slow_visit(const struct garbage_heap *heap, uint64_t from, uint64_t within)
{
    const struct graph *graph = heap->graph;
    uint64_t before;

    do {
        before = from;
        for (uint32_t v = 0; v < graph->n; v++)
            for (uint32_t e = graph->offset[v]; e < graph->offset[v + 1]; e++)
                if (from >> v & 1 && is_told(heap, v, e))
                    from |= UINT64_C(1) << graph->target[e] & within;
    } while (from != before);
    return from;
}

static uint64_t slow_garbage(const struct garbage_heap *heap)
{
    uint32_t gc_refs[NODES];
    uint64_t held = 0;

    slow_subtract(heap, gc_refs);
    for (uint32_t v = 0; v < heap->graph->n; v++)
        if (*heap->collected >> v & 1 && gc_refs[v])
            held |= UINT64_C(1) << v;
    return *heap->collected & ~slow_visit(heap, held, *heap->collected);
}

/* Takes the dying ones' references back until nothing more goes. */
static uint64_t slow_along(const struct garbage_heap *heap, uint64_t garbage, uint64_t kept)
{
    const struct graph *graph = heap->graph;
    uint64_t dying = garbage & ~kept, before;

    do {
        before = dying;
        for (uint32_t v = 0; v < graph->n; v++) {
            uint32_t from_dying = 0;
            for (uint32_t e = graph->rev_offset[v]; e < graph->rev_offset[v + 1]; e++)
                from_dying += dying >> graph->holder[e] & 1;
            if (from_dying && from_dying == heap->refcount[v] && !(kept >> v & 1))
                dying |= UINT64_C(1) << v;
        }
    } while (dying != before);
    return dying & ~garbage;
}

static uint32_t hide_some(const struct graph *graph, struct graphs_rand *rand,
                          struct garbage_unvisited *ret)
{
    uint32_t n = 0;

    if (graphs_rand(rand, 2))
        return 0;
    for (uint32_t v = 0; v < graph->n; v++)
        for (uint32_t e = graph->offset[v]; e < graph->offset[v + 1]; e++)
            if (!graphs_rand(rand, 6))
                ret[n++] = (struct garbage_unvisited){v, e - graph->offset[v]};
    return n;
}

static void check_cycles(const struct garbage_heap *heap, const struct garbage *g)
{
    for (uint32_t i = 0; i < g->n; i++) {
        const struct graph *graph = heap->graph;
        uint32_t v = g->object[i];
        uint64_t next = 0;
        for (uint32_t e = graph->offset[v]; e < graph->offset[v + 1]; e++)
            if (is_told(heap, v, e))
                next |= UINT64_C(1) << graph->target[e] & *g->set;
        uint64_t from = slow_visit(heap, next, *g->set);
        assert_int_equal(!!(g->flags[i] & GARBAGE_IN_CYCLE), from >> v & 1);
        assert_int_equal(g->cycle[i] != GARBAGE_NO_CYCLE, from >> v & 1);
    }
}

static void check_random(uint64_t seed)
{
    struct graphs_rand rand = graphs_rand_begin(seed);
    struct garbage_unvisited hidden[4 * NODES];
    struct heap h;
    struct garbage g;

    heap_init(&h, graphs_random(&rand, NODES));
    for (uint32_t v = 0; v < h.graphs.graph.n; v++) {
        uint32_t what = graphs_rand(&rand, 12);
        h.refcount[v] += what == 0;
        if (what == 1)
            h.refcount[v] = IMMORTAL;
        if (what <= 4)
            h.collected &= ~(UINT64_C(1) << v);
        if (what == 5)
            h.legacy |= UINT64_C(1) << v;
    }
    h.heap.unvisited = hidden;
    h.heap.n_unvisited = hide_some(&h.graphs.graph, &rand, hidden);
    uint64_t want = slow_garbage(&h.heap);
    uint64_t kept = slow_visit(&h.heap, want & h.legacy, want);
    uint64_t along = slow_along(&h.heap, want, kept);
    assert_ok(garbage_find(&h.heap, NULL, &g));
    if (g.set[0] != want)
        fail_msg("seed %llu: garbage is %llx, not %llx", (unsigned long long)seed,
                 (unsigned long long)g.set[0], (unsigned long long)want);
    assert_list(g.object, g.n, want);
    assert_int_equal(g.n_uncollectable, __builtin_popcountll(kept));
    assert_list(g.along, g.n_along, along);
    check_cycles(&h.heap, &g);
    garbage_deinit(&g);
    graphs_deinit(&h.graphs);
}

static void test_garbage__as_the_collector(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= GRAPHS; seed++)
        check_random(seed);
    graphs_rand_done();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_garbage__cycles_that_nothing_holds),
        TEST(test_garbage__nothing),
        TEST(test_garbage__an_older_generation_holds),
        TEST(test_garbage__an_untracked_holder),
        TEST(test_garbage__what_goes_along),
        TEST(test_garbage__a_reference_that_is_not_told),
        TEST(test_garbage__a_hidden_reference_keeps_nothing_alive),
        TEST(test_garbage__kinds),
        TEST(test_garbage__deep),
        TEST(test_garbage__as_the_collector),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
