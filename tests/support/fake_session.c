#include "tests/support/fake_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/session/session.h"

struct fake_session fake_session;

static void note(const char *text)
{
    size_t used = strlen(fake_session.asked);

    snprintf(fake_session.asked + used, sizeof fake_session.asked - used, "%s", text);
}

static struct err *ask(void)
{
    note("\n");
    if (fake_session.fail_after && fake_session.questions >= fake_session.fail_after)
        return err_new(ERR_TARGET_GONE, NULL, "the frozen copy has ended");
    fake_session.questions++;
    return NULL;
}

static struct decoded_text text_or(const char *text)
{
    if (fake_session.text)
        text = fake_session.text;
    return (struct decoded_text){text, (uint32_t)strlen(text)};
}

struct err *session_values(struct session *session, const uint32_t *objects, uint32_t n,
                           uint32_t text_max, session_value_fn *value, void *arg,
                           const atomic_bool *cancel)
{
    char text[32];

    (void)session;
    (void)text_max;
    (void)cancel;
    note("values");
    for (uint32_t i = 0; i < n; i++) {
        snprintf(text, sizeof text, " %u", objects[i]);
        note(text);
    }
    ERR_RETURN(ask());
    for (uint32_t i = 0; i < n; i++) {
        uint32_t object = objects[fake_session.reversed ? n - 1 - i : i];
        struct decoded_value answer = {.index = object, .kind = VALUE_TEXT};
        snprintf(text, sizeof text, "v%u", object);
        answer.text = text_or(text);
        if (!fake_session.silent || object != fake_session.silent)
            value(&answer, arg);
    }
    return NULL;
}

static struct err *edges(const struct session_edges_ask *asked, session_edge_fn *edge, void *arg)
{
    char text[64];

    if (asked->target == UINT32_MAX)
        snprintf(text, sizeof text, "edges %u: %u+%u", asked->holder, asked->first, asked->count);
    else
        snprintf(text, sizeof text, "edges %u: %u -> %u", asked->holder, asked->first,
                 asked->target);
    note(text);
    ERR_RETURN(ask());
    for (uint32_t i = 0; i < asked->count; i++) {
        uint32_t ordinal = asked->first + (fake_session.reversed ? asked->count - 1 - i : i);
        struct decoded_edge answer = {.ordinal = ordinal, .target = asked->target};
        snprintf(text, sizeof text, "e%u.%u", asked->holder, ordinal);
        answer.name = text_or(text);
        if (!fake_session.silent || ordinal != fake_session.silent)
            edge(asked->holder, &answer, arg);
    }
    return NULL;
}

struct err *session_edges(struct session *session, const struct session_edges_ask *asks, size_t n,
                          session_edge_fn *edge, void *arg, const atomic_bool *cancel)
{
    (void)session;
    (void)cancel;
    for (size_t i = 0; i < n; i++)
        ERR_RETURN(edges(&asks[i], edge, arg));
    return NULL;
}

/* The hash of an object is its number. */
struct err *session_hashes(struct session *session, const uint32_t *objects, uint32_t n,
                           session_hash_fn *hash, void *arg, const atomic_bool *cancel)
{
    (void)session;
    (void)cancel;
    for (uint32_t i = 0; i < n; i++)
        hash(objects[i], objects[i], arg);
    return NULL;
}

/* The product's own file with these three is not linked: this one stands in for it as a whole. */
struct err *session_sizes(struct session *session, uint32_t object, struct msg_ans_sizes *ret,
                          const atomic_bool *cancel)
{
    (void)session;
    (void)object;
    (void)cancel;
    *ret = (struct msg_ans_sizes){.getsizeof_bytes = 16};
    return NULL;
}
