#include "inspector/rows/lookup.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/map.h"
#include "inspector/base/mem.h"
#include "inspector/base/str.h"
#include "inspector/model/text.h"
#include "inspector/rows/value_text.h"
#include "inspector/session/session.h"

/* A reference that wants a name. */
struct edge_want {
    uint32_t holder, ordinal, target;
};

struct list {
    void *at;
    size_t n, cap;
};

struct lookup {
    struct map values;       /* object -> text, NULL: asked for */
    struct map edges;        /* holder << 32 | ordinal -> text */
    struct list want_values; /* uint32_t */
    struct list want_edges;  /* struct edge_want */
};

struct answer {
    uint64_t key;
    char *text;
};

struct lookup_batch {
    struct list values, edges;               /* as in struct lookup */
    struct list value_answers, edge_answers; /* struct answer */
};

static void *push(struct list *list, size_t bytes)
{
    if (list->n == list->cap) {
        list->cap = list->cap ? list->cap * 2 : 64;
        list->at = xrealloc(list->at, list->cap * bytes);
    }
    return (char *)list->at + bytes * list->n++;
}

static uint64_t edge_key(uint32_t holder, uint32_t ordinal)
{
    return (uint64_t)holder << 32 | ordinal;
}

struct lookup *lookup_create(void)
{
    return xalloc(sizeof(struct lookup));
}

void lookup_destroy(struct lookup *lookup)
{
    if (!lookup)
        return;
    map_deinit(&lookup->values, free);
    map_deinit(&lookup->edges, free);
    free(lookup->want_values.at);
    free(lookup->want_edges.at);
    free(lookup);
}

static const char *text_of(const struct map *map, uint64_t key)
{
    void **place = map_find(map, key);

    return place ? *place : NULL;
}

const char *lookup_value(const struct lookup *lookup, uint32_t object)
{
    return text_of(&lookup->values, object);
}

const char *lookup_edge(const struct lookup *lookup, uint32_t holder, uint32_t ordinal)
{
    return text_of(&lookup->edges, edge_key(holder, ordinal));
}

void lookup_want_value(struct lookup *lookup, uint32_t object)
{
    if (map_find(&lookup->values, object))
        return;
    map_put(&lookup->values, object);
    *(uint32_t *)push(&lookup->want_values, sizeof object) = object;
}

void lookup_want_edge(struct lookup *lookup, uint32_t holder, uint32_t ordinal, uint32_t target)
{
    struct edge_want want = {holder, ordinal, target};

    if (map_find(&lookup->edges, edge_key(holder, ordinal)))
        return;
    map_put(&lookup->edges, edge_key(holder, ordinal));
    *(struct edge_want *)push(&lookup->want_edges, sizeof want) = want;
}

struct lookup_batch *lookup_take(struct lookup *lookup)
{
    if (!lookup->want_values.n && !lookup->want_edges.n)
        return NULL;
    struct lookup_batch *batch = xalloc(sizeof *batch);
    batch->values = lookup->want_values;
    batch->edges = lookup->want_edges;
    lookup->want_values = lookup->want_edges = (struct list){NULL, 0, 0};
    return batch;
}

/* ---- asking ---- */

static void on_value(const struct decoded_value *value, void *arg)
{
    struct lookup_batch *batch = arg;
    struct answer *answer = push(&batch->value_answers, sizeof *answer);

    *answer = (struct answer){value->index, value_text(value)};
}

static void on_edge(uint32_t holder, const struct decoded_edge *edge, void *arg)
{
    struct lookup_batch *batch = arg;
    struct answer *answer = push(&batch->edge_answers, sizeof *answer);
    struct str text = STR_INIT;

    text_escape(&text, edge->name.bytes, edge->name.len, 0);
    *answer = (struct answer){edge_key(holder, edge->ordinal), str_steal(&text)};
}

/* How many of `wants`, from the first on, are a run of ordinals of one holder. */
static uint32_t run_length(const struct edge_want *wants, size_t n)
{
    uint32_t run = 1;

    while (run < n && wants[run].holder == wants->holder &&
           wants[run].ordinal == wants->ordinal + run)
        run++;
    return run;
}

/* The wanted references as questions: a run of ordinals is one. malloc'd. */
static struct err *make_asks(const struct edge_want *wants, size_t n,
                             struct session_edges_ask **ret, size_t *n_asks)
{
    struct session_edges_ask *asks = alloc_array(n + 1, sizeof *asks);

    if (!asks)
        return err_nomem();
    *n_asks = 0;
    for (size_t i = 0; i < n;) {
        uint32_t run = run_length(wants + i, n - i);
        asks[(*n_asks)++] = (struct session_edges_ask){wants[i].holder, wants[i].ordinal, run,
                                                       run == 1 ? wants[i].target : UINT32_MAX};
        i += run;
    }
    *ret = asks;
    return NULL;
}

struct err *lookup_batch_ask(struct lookup_batch *batch, struct session *session,
                             const atomic_bool *cancel)
{
    _cleanup_free_ struct session_edges_ask *asks = NULL;
    size_t n = 0;

    if (batch->values.n)
        ERR_RETURN(session_values(session, batch->values.at, (uint32_t)batch->values.n,
                                  VALUE_TEXT_BYTES, on_value, batch, cancel));
    ERR_RETURN(make_asks(batch->edges.at, batch->edges.n, &asks, &n));
    return session_edges(session, asks, n, on_edge, batch, cancel);
}

/* ---- answers ---- */

static void put_answers(struct map *map, struct list *answers)
{
    struct answer *at = answers->at;

    for (size_t i = 0; i < answers->n; i++) {
        void **place = map_find(map, at[i].key);
        if (place && !*place) {
            *place = at[i].text;
            at[i].text = NULL;
        }
    }
}

static void give_up(struct map *map, uint64_t key, const char *text)
{
    void **place = map_find(map, key);

    if (place && !*place)
        *place = xstrdup(text);
}

void lookup_apply(struct lookup *lookup, struct lookup_batch *batch)
{
    const uint32_t *values = batch->values.at;
    const struct edge_want *edges = batch->edges.at;

    put_answers(&lookup->values, &batch->value_answers);
    put_answers(&lookup->edges, &batch->edge_answers);
    for (size_t i = 0; i < batch->values.n; i++)
        give_up(&lookup->values, values[i], "");
    for (size_t i = 0; i < batch->edges.n; i++)
        give_up(&lookup->edges, edge_key(edges[i].holder, edges[i].ordinal), "?");
    lookup_batch_destroy(batch);
}

static void free_answers(struct list *answers)
{
    struct answer *at = answers->at;

    for (size_t i = 0; i < answers->n; i++)
        free(at[i].text);
    free(at);
}

void lookup_batch_destroy(struct lookup_batch *batch)
{
    if (!batch)
        return;
    free_answers(&batch->value_answers);
    free_answers(&batch->edge_answers);
    free(batch->values.at);
    free(batch->edges.at);
    free(batch);
}
