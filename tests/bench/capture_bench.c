/*
 * What saving and opening a capture costs:  capture_bench OBJECTS DIRECTORY
 *
 * Prints, for a file with arrays and one without: its size, the time to save it, to open it (snapshot ready, everything
 * checked) three times, the fastest of which counts, and how much memory that took. No names or values: their cost
 * depends on the target; `ouro snapshot` on a real one tells.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "inspector/base/clock.h"
#include "inspector/base/mem.h"
#include "inspector/capture/capture.h"
#include "inspector/model/builder.h"
#include "inspector/model/save.h"
#include "tests/support/big_heap.h"

enum { TIMES = 3 };

static void must(struct err *err)
{
    char text[512];

    if (!err)
        return;
    fprintf(stderr, "%s\n", err_format(err, text, sizeof text));
    exit(1);
}

static double since_ms(uint64_t start)
{
    return (double)(clock_ns() - start) / NS_PER_MS;
}

/* Bytes of our own memory, mapped files not counted. */
static uint64_t private_bytes(void)
{
    unsigned long long kib = 0;
    char line[128];
    FILE *file = fopen("/proc/self/status", "r");

    while (file && fgets(line, sizeof line, file))
        sscanf(line, "RssAnon: %llu", &kib);
    if (file)
        fclose(file);
    return kib * 1024;
}

static double open_ms(const char *path, uint64_t *bytes)
{
    uint64_t start = clock_ns(), before = private_bytes();
    struct snapshot *snapshot;
    struct builder *builder;
    struct capture *capture;

    must(capture_open(path, &capture));
    must(builder_create(&builder));
    must(capture_feed(capture, builder_sink(builder), NULL, NULL, NULL));
    must(builder_finish(builder, &snapshot));
    double ms = since_ms(start);
    *bytes = private_bytes() - before;
    snapshot_unref(snapshot);
    builder_destroy(builder);
    capture_unref(capture);
    return ms;
}

static void measure(const struct snapshot *s, const char *directory, bool with_arrays)
{
    const struct save_options options = {
        .force = true, .with_arrays = with_arrays, .ouro = "", .python = ""};
    const struct snapshot_info info = {.id = 1};
    char *path = xasprintf("%s/bench.ouro", directory);
    uint64_t bytes, memory = 0, start = clock_ns();
    double best = 0;

    must(snapshot_save(s, &info, NULL, path, &options, NULL, &bytes));
    double save_ms = since_ms(start);
    for (int i = 0; i < TIMES; i++) {
        double ms = open_ms(path, &memory);
        best = !i || ms < best ? ms : best;
    }
    printf("%-14s %u objects, %u references: %.1f MB, save %.0f ms, open %.0f ms, memory %.1f MB\n",
           with_arrays ? "with arrays" : "stream", s->n_objects, s->strong.n, (double)bytes / 1e6,
           save_ms, best, (double)memory / 1e6);
    unlink(path);
    free(path);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s OBJECTS DIRECTORY\n", argv[0]);
        return 2;
    }
    struct snapshot *snapshot = big_heap((uint32_t)strtoul(argv[1], NULL, 10));
    measure(snapshot, argv[2], false);
    measure(snapshot, argv[2], true);
    snapshot_unref(snapshot);
    return 0;
}
