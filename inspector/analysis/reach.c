#include "inspector/analysis/reach.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/base/bits.h"
#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"

enum {
    CHECK_EVERY = 1 << 16,
    AHEAD = 8, /* nodes between two stages of fetching */
};

struct search {
    const struct reach *reach;
    uint64_t *seen; /* found, or not to be found */
    uint32_t *queue;
    uint32_t head, tail;
};

/* Nodes that are not to be found are marked as if they had been. */
static void exclude(const struct reach *reach, uint64_t *seen)
{
    for (size_t i = 0; i < bits_words(reach->graph->n); i++) {
        if (reach->within)
            seen[i] = ~reach->within[i];
        if (reach->without)
            seen[i] |= reach->without[i];
    }
}

static void fetch(const struct search *s)
{
    const struct graph *graph = s->reach->graph;

    if (s->tail - s->head > 2 * AHEAD) {
        __builtin_prefetch(&graph->offset[s->queue[s->head + 2 * AHEAD]]);
        __builtin_prefetch(&graph->target[graph->offset[s->queue[s->head + AHEAD]]]);
    }
}

static void visit(struct search *s, uint32_t node)
{
    const struct reach *reach = s->reach;
    const struct graph *graph = reach->graph;

    for (uint32_t e = graph->offset[node]; e < graph->offset[node + 1]; e++) {
        uint32_t to = graph->target[e];
        if (!bits_has(s->seen, to) && (!reach->edge || reach->edge(reach->ctx, node, e))) {
            bits_add(s->seen, to);
            s->queue[s->tail++] = to;
        }
    }
}

static struct err *run(struct search *s, uint32_t *distance)
{
    const atomic_bool *cancel = s->reach->cancel;

    for (uint32_t level = 0; s->head < s->tail; level++)
        for (uint32_t end = s->tail; s->head < end; s->head++) {
            fetch(s);
            if (distance)
                distance[s->queue[s->head]] = level;
            visit(s, s->queue[s->head]);
            if (s->head % CHECK_EVERY == 0 && cancel && atomic_load(cancel))
                return err_new(ERR_CANCELLED, NULL, "cancelled");
        }
    return NULL;
}

struct err *reach_find(const struct reach *reach, const uint32_t *seeds, uint32_t n_seeds,
                       uint32_t *distance, uint64_t **ret)
{
    uint32_t n = reach->graph->n;
    _cleanup_free_ uint64_t *seen = bits_new(n);
    _cleanup_free_ uint32_t *queue = alloc_array((size_t)n + 1, sizeof *queue);
    struct search s = {.reach = reach, .seen = seen, .queue = queue};

    if (!seen || !queue)
        return err_nomem();
    exclude(reach, seen);
    for (uint32_t i = 0; i < n_seeds; i++)
        if (bits_add_new(seen, seeds[i]))
            queue[s.tail++] = seeds[i];
    ERR_RETURN(run(&s, distance));
    if (reach->within || reach->without) { /* what was only marked as found */
        memset(seen, 0, bits_words(n) * sizeof *seen);
        for (uint32_t i = 0; i < s.tail; i++)
            bits_add(seen, queue[i]);
    }
    *ret = take_ptr(seen);
    return NULL;
}
