/*
 * What the analyses of a whole heap cost, on synthetic heaps with two references an object:
 *
 *      random  both to any object: no locality at all, every access is a cache miss
 *      list    to the next object and to one hub: the shape that makes other algorithms quadratic
 *      python  trees, children mostly near their parents; each object to its type, a few up
 *
 *      graph_bench [MILLIONS …]            1 3 10
 *
 * For each stage: seconds (the best of three), ns an object, and the most memory of ours at any
 * moment in bytes an object, the graph not included. "all" is one after the other, what a snapshot
 * needs kept and the rest freed; "all, 2 threads" the same with garbage, cycles and distances on a
 * second core.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "inspector/analysis/cycles.h"
#include "inspector/analysis/dominators.h"
#include "inspector/analysis/garbage.h"
#include "inspector/analysis/paths.h"
#include "inspector/analysis/retained.h"
#include "inspector/base/bits.h"
#include "inspector/base/mem.h"

enum { ROUNDS = 3, TYPES = 1000, ROOTS = 1000, REFERENCES = 2 };

struct heap {
    uint32_t n;
    struct graph graph;
    uint32_t *offset, *target, *rev_offset, *holder, *refcount, *shallow, *type;
    uint64_t *tracked, *root_set;
    uint32_t roots[ROOTS];
    uint32_t n_roots;
    uint32_t n_hubs; /* objects 0 … n_hubs - 1 are types */
};

/* What stays of a snapshot's analyses, and what is thrown away at once. */
struct results {
    struct dominators dominators;
    struct retained retained;
    struct garbage garbage;
    struct components components;
    struct cycles cycles;
    uint32_t *distance;
    uint64_t by_type[TYPES];
};

static void must(struct err *err)
{
    char text[256];

    if (!err)
        return;
    fprintf(stderr, "graph_bench: %s\n", err_format(err, text, sizeof text));
    exit(1);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- memory ---- */

static uint64_t status_bytes(const char *key)
{
    FILE *file = fopen("/proc/self/status", "re");
    char line[128];
    uint64_t kib = 0;

    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, key, strlen(key)))
            kib = strtoull(line + strlen(key), NULL, 10);
    if (file)
        fclose(file);
    return kib * 1024;
}

/* From now on VmHWM is the highest since now. */
static void reset_peak(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "we");

    if (file) {
        fputs("5", file);
        fclose(file);
    }
}

/* ---- heaps ---- */

static uint64_t state = 88172645463325252ull;

static uint32_t random_below(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 32) * below >> 32);
}

struct edge {
    uint32_t from, to;
};

static void fill_random(struct heap *h, uint32_t i, struct edge *ret)
{
    ret[0] = (struct edge){i, random_below(h->n)};
    ret[1] = (struct edge){i, random_below(h->n)};
    h->type[i] = random_below(TYPES);
}

static void fill_list(struct heap *h, uint32_t i, struct edge *ret)
{
    h->n_hubs = 1;
    ret[0] = (struct edge){i, i + 1 < h->n ? i + 1 : 0};
    ret[1] = (struct edge){i, 0};
    h->type[i] = i ? 1 : 0;
}

/*
 * Each object hangs from one that was made before it, mostly just before it, and refers to its type
 * (a few have most instances); one in twenty refers to its parent instead.
 */
static void fill_python(struct heap *h, uint32_t i, struct edge *ret)
{
    uint32_t near = random_below(4) ? 8 : 256, parent = 0;

    h->n_hubs = TYPES;
    if (i)
        parent = i - 1 - random_below(random_below(50) ? (i < near ? i : near) : i);
    h->type[i] = random_below(random_below(TYPES) + 1);
    ret[0] = (struct edge){parent, i};
    ret[1] = (struct edge){i, random_below(20) ? h->type[i] : parent};
}

/* Rows of the edges by one end, from the numbers of edges of each node in offset[]. */
static void sum_up(uint32_t n, uint32_t *offset)
{
    for (uint32_t v = 0, sum = 0; v <= n; v++) {
        sum += v < n ? offset[v] : 0;
        offset[v] = sum;
    }
}

/* Both ways, from a stream of edges that is the same each time. */
static void fill_rows(struct heap *h, void (*fill)(struct heap *h, uint32_t i, struct edge *ret))
{
    struct edge edges[REFERENCES];
    uint64_t begin = state;

    memset(h->offset, 0, ((size_t)h->n + 1) * sizeof *h->offset);
    memset(h->rev_offset, 0, ((size_t)h->n + 1) * sizeof *h->rev_offset);
    for (uint32_t i = 0; i < h->n; i++) {
        fill(h, i, edges);
        for (int k = 0; k < REFERENCES; k++)
            h->offset[edges[k].from]++;
    }
    sum_up(h->n, h->offset);
    state = begin;
    for (uint32_t i = 0; i < h->n; i++) {
        fill(h, i, edges);
        for (int k = REFERENCES; k-- > 0;)
            h->target[--h->offset[edges[k].from]] = edges[k].to;
    }
    for (uint32_t e = 0; e < h->n * REFERENCES; e++)
        h->rev_offset[h->target[e]]++;
    sum_up(h->n, h->rev_offset);
    for (uint32_t v = h->n; v-- > 0;)
        for (uint32_t e = h->offset[v + 1]; e-- > h->offset[v];)
            h->holder[--h->rev_offset[h->target[e]]] = v;
}

static void heap_init(struct heap *h, uint32_t n,
                      void (*fill)(struct heap *h, uint32_t i, struct edge *ret))
{
    size_t n_edges = (size_t)n * REFERENCES;

    *h = (struct heap){
        .n = n,
        .offset = alloc_array((size_t)n + 1, sizeof(uint32_t)),
        .target = alloc_array(n_edges, sizeof(uint32_t)),
        .rev_offset = alloc_array((size_t)n + 1, sizeof(uint32_t)),
        .holder = alloc_array(n_edges, sizeof(uint32_t)),
        .refcount = alloc_array(n, sizeof(uint32_t)),
        .shallow = alloc_array(n, sizeof(uint32_t)),
        .type = alloc_array(n, sizeof(uint32_t)),
        .tracked = bits_new(n),
        .root_set = bits_new(n),
        .n_roots = ROOTS,
    };
    fill_rows(h, fill);
    h->graph = (struct graph){n, h->offset, h->target, h->rev_offset, h->holder};
    for (uint32_t i = 0; i < n; i++) {
        h->refcount[i] = h->rev_offset[i + 1] - h->rev_offset[i];
        h->shallow[i] = 32 + random_below(64);
        bits_add(h->tracked, i);
    }
    for (uint32_t i = 0; i < ROOTS; i++) {
        /*
         * a list has one root, so that all of it hangs from there; the hub is 0, the first link 1
         */
        h->roots[i] = h->n_hubs == 1 ? 1 : i < 2 ? i : random_below(n);
        h->refcount[h->roots[i]]++;
        bits_add(h->root_set, h->roots[i]);
    }
}

static void heap_deinit(struct heap *h)
{
    free(h->offset);
    free(h->target);
    free(h->rev_offset);
    free(h->holder);
    free(h->refcount);
    free(h->shallow);
    free(h->type);
    free(h->tracked);
    free(h->root_set);
}

static uint64_t shallow_of(const void *ctx, uint32_t node)
{
    return ((const struct heap *)ctx)->shallow[node];
}

static bool is_not_to_type(const void *ctx, uint32_t from, uint32_t edge)
{
    const struct heap *h = ctx;

    (void)from;
    return h->target[edge] >= h->n_hubs;
}

/* ---- stages ---- */

static void run_garbage(const struct heap *h, struct results *r)
{
    struct garbage_heap heap = {
        .graph = &h->graph, .refcount = h->refcount, .collected = h->tracked};

    must(garbage_find(&heap, NULL, &r->garbage));
}

static void run_dominators(const struct heap *h, struct results *r)
{
    must(dominators_compute(&h->graph, h->roots, h->n_roots, NULL, NULL, NULL, &r->dominators));
}

static void run_retained(const struct heap *h, struct results *r)
{
    must(retained_compute(&r->dominators, shallow_of, h, NULL, &r->retained));
    free(r->dominators.order);
    r->dominators.order = NULL;
}

static void run_by_type(const struct heap *h, struct results *r)
{
    must(retained_by_group(&r->retained, h->type, TYPES, NULL, r->by_type));
}

static void run_distances(const struct heap *h, struct results *r)
{
    must(paths_distances(&h->graph, h->root_set, NULL, NULL, NULL, &r->distance));
}

static void run_components(const struct heap *h, struct results *r)
{
    must(components_find(&h->graph, is_not_to_type, h, NULL, &r->components));
}

static void run_cycles(const struct heap *h, struct results *r)
{
    must(
        cycles_list(&h->graph, &r->components, is_not_to_type, h, shallow_of, h, NULL, &r->cycles));
    components_deinit(&r->components);
}

/* Three paths to each of a thousand objects. */
static void run_paths(const struct heap *h, struct results *r)
{
    struct paths paths = {
        .graph = &h->graph, .roots = h->root_set, .distance = r->distance, .tree = &r->retained};

    for (uint32_t i = 0; i < 1000; i++) {
        struct path_finder *finder;
        struct path path;
        /* in a list, near its start: the way is as long as the list up to there */
        uint32_t object = h->n_hubs == 1 ? i : (uint32_t)((uint64_t)i * h->n / 1000);
        must(path_finder_create(&paths, object, &finder));
        for (int k = 0; k < 3; k++)
            must(path_finder_next(finder, NULL, &path));
        path_finder_destroy(finder);
    }
}

static const struct stage {
    const char *name;
    void (*run)(const struct heap *h, struct results *r);
} stages[] = {
    {"garbage", run_garbage},       {"components", run_components}, {"cycles", run_cycles},
    {"dominators", run_dominators}, {"retained", run_retained},     {"by type", run_by_type},
    {"distances", run_distances},   {"3000 paths", run_paths},
};
enum { STAGES = sizeof stages / sizeof *stages, FIRST_OF_TREE = 3, DISTANCES = 6, PATHS = 7 };

static void results_deinit(struct results *r)
{
    dominators_deinit(&r->dominators);
    retained_deinit(&r->retained);
    garbage_deinit(&r->garbage);
    components_deinit(&r->components);
    cycles_deinit(&r->cycles);
    free(r->distance);
    *r = (struct results){0};
}

/* ---- rounds ---- */

struct figures {
    double seconds[STAGES + 2]; /* then all, all with two threads */
    uint64_t bytes[STAGES + 2];
};

static void note(struct figures *f, int at, double seconds, uint64_t before)
{
    uint64_t peak = status_bytes("VmHWM:");
    uint64_t bytes = peak > before ? peak - before : 0;

    if (!f->seconds[at] || seconds < f->seconds[at])
        f->seconds[at] = seconds;
    if (bytes > f->bytes[at])
        f->bytes[at] = bytes;
}

static void run_one_after_the_other(const struct heap *h, struct figures *f)
{
    static struct results results;
    uint64_t before = status_bytes("VmRSS:");
    double all = 0;

    for (int i = 0; i < STAGES; i++) {
        reset_peak();
        double begin = now();
        stages[i].run(h, &results);
        double seconds = now() - begin;
        note(f, i, seconds, before);
        if (f->bytes[i] > f->bytes[STAGES])
            f->bytes[STAGES] = f->bytes[i];
        all += i == PATHS ? 0 : seconds;
    }
    if (!f->seconds[STAGES] || all < f->seconds[STAGES])
        f->seconds[STAGES] = all;
    results_deinit(&results);
}

struct half {
    const struct heap *heap;
    struct results *results;
};

static void *run_second_half(void *arg)
{
    struct half *half = arg;

    for (int i = 0; i < FIRST_OF_TREE; i++)
        stages[i].run(half->heap, half->results);
    stages[DISTANCES].run(half->heap, half->results);
    return NULL;
}

static void run_two_threads(const struct heap *h, struct figures *f)
{
    static struct results results;
    struct half half = {h, &results};
    uint64_t before = status_bytes("VmRSS:");
    pthread_t thread;

    reset_peak();
    double begin = now();
    if (pthread_create(&thread, NULL, run_second_half, &half))
        abort();
    for (int i = FIRST_OF_TREE; i < DISTANCES; i++)
        stages[i].run(h, &results);
    pthread_join(thread, NULL);
    note(f, STAGES + 1, now() - begin, before);
    results_deinit(&results);
}

static void bench(const char *shape, uint32_t n,
                  void (*fill)(struct heap *h, uint32_t i, struct edge *ret))
{
    struct figures f = {{0}, {0}};
    struct heap heap;

    heap_init(&heap, n, fill);
    for (int i = 0; i < ROUNDS; i++) {
        run_one_after_the_other(&heap, &f);
        run_two_threads(&heap, &f);
    }
    heap_deinit(&heap);
    for (int i = 0; i < STAGES + 2; i++) {
        const char *name = i < STAGES ? stages[i].name : i == STAGES ? "all" : "all, 2 threads";
        printf("%-7s %8u  %-14s %8.3f s %7.1f ns %6.1f B\n", shape, n, name, f.seconds[i],
               f.seconds[i] * 1e9 / n, (double)f.bytes[i] / n);
    }
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static const uint32_t usual[] = {1, 3, 10};
    int n_sizes = argc > 1 ? argc - 1 : 3;

    printf("%-7s %8s  %-14s %10s %10s %8s\n", "shape", "objects", "stage", "time", "an object",
           "memory");
    for (int i = 0; i < n_sizes; i++) {
        uint32_t millions = argc > 1 ? (uint32_t)strtoul(argv[i + 1], NULL, 10) : usual[i];
        if (millions < 1 || millions > 1000) {
            fprintf(stderr, "usage: graph_bench [MILLIONS …]\n");
            return 2;
        }
        bench("random", millions * 1000000, fill_random);
        bench("list", millions * 1000000, fill_list);
        bench("python", millions * 1000000, fill_python);
    }
    return 0;
}
