/* The questions of session.h. */
#include <string.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/session/saved.h"
#include "inspector/session/session_private.h"
#include "proto/hash.h"

static struct err *no_copy(const struct session *session)
{
    return err_new(ERR_TARGET_GONE, "take a new snapshot",
                   "the frozen copy of process %d has ended", session->info.pid);
}

static struct err *bad_answer(struct session *session)
{
    session->link.broken = true;
    return err_new(ERR_PROTOCOL, "attach again", "process %d gave an answer that makes no sense",
                   session->info.pid);
}

/* The next answer of `kind` to question `id`, in link->buffer. */
static struct err *next_answer(struct session *session, enum msg_kind kind, uint32_t id,
                               const atomic_bool *cancel, uint32_t *bytes)
{
    struct link *link = &session->link;

    for (;;) {
        struct msg_ask ask;
        uint16_t got;
        ERR_RETURN(link_next(link, &link->answers, cancel, &got, bytes));
        if (!got && !session_can_ask(session))
            return no_copy(session);
        if (!got)
            continue;
        if (*bytes < sizeof ask)
            return bad_answer(session);
        memcpy(&ask, link->buffer, sizeof ask);
        if (got == kind && ask.id == id && ask.snapshot == session->copy)
            return NULL; /* others answer a question that was cancelled */
    }
}

static struct err *ask(struct session *session, enum msg_kind kind, const void *fixed,
                       uint32_t fixed_bytes, const void *tail, uint32_t tail_bytes)
{
    if (!session_can_ask(session))
        return no_copy(session);
    return link_send(&session->link, &session->link.questions, kind, fixed, fixed_bytes, tail,
                     tail_bytes);
}

static struct err *ask_values(struct session *session, const uint32_t *objects, uint32_t n,
                              uint32_t text_max, session_value_fn *value, void *arg,
                              const atomic_bool *cancel)
{
    struct msg_ask_values question = {{session->link.next_id++, session->copy}, n, text_max};
    struct msg_ans_values head = {.last = 0};

    ERR_RETURN(ask(session, MSG_ASK_VALUES, &question, sizeof question, objects,
                   n * (uint32_t)sizeof *objects));
    while (!head.last) {
        struct wire_reader reader;
        struct decoded_value decoded;
        uint32_t bytes;
        ERR_RETURN(next_answer(session, MSG_ANS_VALUES, question.ask.id, cancel, &bytes));
        if (!decode_values(session->link.buffer, bytes, &head, &reader))
            return bad_answer(session);
        for (uint32_t i = 0; i < head.count; i++) {
            if (!decode_value(&reader, &decoded))
                return bad_answer(session);
            value(&decoded, arg);
        }
    }
    return NULL;
}

struct err *session_values(struct session *session, const uint32_t *objects, uint32_t n,
                           uint32_t text_max, session_value_fn *value, void *arg,
                           const atomic_bool *cancel)
{
    if (session->capture)
        return capture_values(session->capture, objects, n, text_max, value, arg, cancel);
    for (uint32_t done = 0; done < n; done += MSG_ASK_VALUES_MAX) {
        uint32_t some = n - done < MSG_ASK_VALUES_MAX ? n - done : MSG_ASK_VALUES_MAX;
        ERR_RETURN(ask_values(session, objects + done, some, text_max, value, arg, cancel));
    }
    return NULL;
}

/* ---- names of references ---- */

/* Questions on their way at any time: each costs two switches between processes when it is waited for alone. */
enum { EDGES_AHEAD = 64 };

static struct err *send_edges(struct session *session, const struct session_edges_ask *asked,
                              uint32_t id)
{
    const struct msg_ask_edges question = {
        {id, session->copy}, asked->holder, asked->first, asked->count, asked->target};

    return ask(session, MSG_ASK_EDGES, &question, sizeof question, NULL, 0);
}

static struct err *take_edges(struct session *session, uint32_t holder, uint32_t id,
                              session_edge_fn *edge, void *arg, const atomic_bool *cancel)
{
    struct msg_ans_edges head = {.last = 0};

    while (!head.last) {
        struct wire_reader reader;
        struct decoded_edge decoded;
        uint32_t bytes;
        ERR_RETURN(next_answer(session, MSG_ANS_EDGES, id, cancel, &bytes));
        if (!decode_edges(session->link.buffer, bytes, &head, &reader))
            return bad_answer(session);
        for (uint32_t i = 0; i < head.count; i++) {
            if (!decode_edge(&reader, &decoded))
                return bad_answer(session);
            edge(holder, &decoded, arg);
        }
    }
    return NULL;
}

struct saved_edges { /* a capture does not say of whom */
    uint32_t holder;
    session_edge_fn *edge;
    void *arg;
};

static void on_saved_edge(const struct decoded_edge *decoded, void *arg)
{
    const struct saved_edges *saved = arg;

    saved->edge(saved->holder, decoded, saved->arg);
}

struct err *session_edges(struct session *session, const struct session_edges_ask *asks, size_t n,
                          session_edge_fn *edge, void *arg, const atomic_bool *cancel)
{
    uint32_t first_id = session->link.next_id;
    size_t sent = 0;

    for (size_t i = 0; session->capture && i < n; i++) {
        struct saved_edges saved = {asks[i].holder, edge, arg};
        ERR_RETURN(capture_edges(session->capture, asks[i].holder, asks[i].first, asks[i].count,
                                 on_saved_edge, &saved, cancel));
    }
    for (size_t done = 0; !session->capture && done < n; done++) {
        for (; sent < n && sent - done < EDGES_AHEAD; sent++)
            ERR_RETURN(send_edges(session, &asks[sent], session->link.next_id++));
        ERR_RETURN(
            take_edges(session, asks[done].holder, first_id + (uint32_t)done, edge, arg, cancel));
    }
    return NULL;
}

/* ---- all names of a range ---- */

/* The pieces of one answer. False: it makes no sense. */
static struct err *give_names(const struct msg_ans_names *head, struct wire_reader *reader,
                              session_names_fn *names, void *arg, bool *fine)
{
    _cleanup_free_ struct decoded_text *texts = NULL;
    size_t cap = 0;

    *fine = false;
    for (uint32_t i = 0; i < head->count; i++) {
        struct decoded_names piece;
        if (!decode_names_piece(reader, &piece))
            return NULL;
        ERR_RETURN(grow(&texts, &cap, piece.count, sizeof *texts));
        for (uint32_t k = 0; k < piece.count; k++)
            if (!decode_name(reader, &texts[k]))
                return NULL;
        names(&piece, texts, arg);
    }
    *fine = true;
    return NULL;
}

struct err *session_names(struct session *session, uint32_t first, uint32_t count,
                          session_names_fn *names, void *arg, const atomic_bool *cancel)
{
    struct msg_ask_names question = {{session->link.next_id++, session->copy}, first, count};
    struct msg_ans_names head = {.last = 0};

    if (session->capture)
        return saved_cannot(session, "take a capture of");
    ERR_RETURN(ask(session, MSG_ASK_NAMES, &question, sizeof question, NULL, 0));
    while (!head.last) {
        struct wire_reader reader;
        uint32_t bytes;
        bool fine;
        ERR_RETURN(next_answer(session, MSG_ANS_NAMES, question.ask.id, cancel, &bytes));
        if (!decode_names(session->link.buffer, bytes, &head, &reader))
            return bad_answer(session);
        ERR_RETURN(give_names(&head, &reader, names, arg, &fine));
        if (!fine)
            return bad_answer(session);
    }
    return NULL;
}

/* ---- hashes ---- */

struct hashing {
    session_hash_fn *hash;
    void *arg;
};

/* A text that was clipped when it was saved says nothing about the whole. */
static void hash_value(const struct decoded_value *value, void *arg)
{
    const struct hashing *hashing = arg;
    const bool is_str = value->kind == VALUE_STR;
    uint64_t characters = 0;

    for (uint32_t i = 0; i < value->text.len; i++)
        characters += !is_str || ((unsigned char)value->text.bytes[i] & 0xc0) != 0x80;
    if ((is_str || value->kind == VALUE_BYTES) && characters == value->size)
        hashing->hash(value->index, hash_bytes(value->text.bytes, value->text.len, is_str),
                      hashing->arg);
}

static struct err *ask_hashes(struct session *session, const uint32_t *objects, uint32_t n,
                              session_hash_fn *hash, void *arg, const atomic_bool *cancel)
{
    struct msg_ask_hashes question = {{session->link.next_id++, session->copy}, n, 0};
    struct msg_ans_hashes head = {.last = 0};

    ERR_RETURN(ask(session, MSG_ASK_HASHES, &question, sizeof question, objects,
                   n * (uint32_t)sizeof *objects));
    while (!head.last) {
        struct wire_reader reader;
        uint32_t bytes, index;
        uint64_t value;
        ERR_RETURN(next_answer(session, MSG_ANS_HASHES, question.ask.id, cancel, &bytes));
        if (!decode_hashes(session->link.buffer, bytes, &head, &reader))
            return bad_answer(session);
        for (uint32_t i = 0; i < head.count; i++) {
            if (!decode_hash(&reader, &index, &value))
                return bad_answer(session);
            hash(index, value, arg);
        }
    }
    return NULL;
}

struct err *session_hashes(struct session *session, const uint32_t *objects, uint32_t n,
                           session_hash_fn *hash, void *arg, const atomic_bool *cancel)
{
    struct hashing hashing = {hash, arg};

    if (session->capture)
        return capture_values(session->capture, objects, n, MSG_VALUE_TEXT_MAX, hash_value,
                              &hashing, cancel);
    for (uint32_t done = 0; done < n; done += MSG_ASK_VALUES_MAX) {
        uint32_t some = n - done < MSG_ASK_VALUES_MAX ? n - done : MSG_ASK_VALUES_MAX;
        ERR_RETURN(ask_hashes(session, objects + done, some, hash, arg, cancel));
    }
    return NULL;
}

struct err *session_sizes(struct session *session, uint32_t object, struct msg_ans_sizes *ret,
                          const atomic_bool *cancel)
{
    struct msg_ask_sizes question = {{session->link.next_id++, session->copy}, object, 0};
    uint32_t bytes;

    if (session->capture)
        return saved_sizes(session, object, ret);
    ERR_RETURN(ask(session, MSG_ASK_SIZES, &question, sizeof question, NULL, 0));
    ERR_RETURN(next_answer(session, MSG_ANS_SIZES, question.ask.id, cancel, &bytes));
    if (!decode_fixed(MSG_ANS_SIZES, session->link.buffer, bytes, ret, sizeof *ret))
        return bad_answer(session);
    return NULL;
}
