#include "inspector/session/live.h"

#include <string.h>

#include "inspector/base/clock.h"
#include "inspector/session/saved.h"
#include "inspector/session/session_private.h"
#include "proto/decode.h"

enum {
    EVENTS_MAX = 1 << 16
}; /* at once: more than the ring holds; a target may talk without end */
static const uint64_t unfollow_ns = 1000ull * NS_PER_MS;

/* ---- following ---- */

static struct err *ask(struct session *session, uint32_t on, uint64_t lock_limit_ns,
                       const atomic_bool *cancel, struct msg_rep_follow *ret)
{
    struct link *link = &session->link;
    struct msg_req_follow request = {link->next_id++, on};

    ERR_RETURN(link_send(link, &link->requests, MSG_REQ_FOLLOW, &request, sizeof request, NULL, 0));
    ERR_RETURN(
        link_wait_reply(link, MSG_REP_FOLLOW, request.id, ret, sizeof *ret, lock_limit_ns, cancel));
    return session_status(session, ret->status, 0, "be followed");
}

static void forget(const struct msg_event_collection *event, uint64_t lost, void *arg)
{
    (void)event;
    (void)lost;
    (void)arg;
}

static struct err *bad_event(struct session *session)
{
    session->link.broken = true;
    return err_new(ERR_PROTOCOL, "attach again", "process %d told of a collection that cannot be",
                   session->info.pid);
}

/* Hands over what is in the ring. `is_old`: of an earlier following, numbers mean nothing. */
static struct err *read_events(struct session *session, bool is_old, session_event_fn *event,
                               void *arg, const atomic_bool *cancel)
{
    struct link *link = &session->link;

    for (int i = 0; i < EVENTS_MAX; i++) {
        struct msg_event_collection decoded;
        uint16_t kind;
        uint32_t bytes;
        ERR_RETURN(link_poll(link, &link->events, cancel, &kind, &bytes));
        if (!kind)
            return NULL;
        if (kind != MSG_EVENT_COLLECTION || !decode_event(link->buffer, bytes, &decoded))
            return bad_event(session);
        if (is_old)
            continue;
        if (decoded.number < session->next_event)
            return bad_event(session);
        uint64_t lost = decoded.number - session->next_event;
        session->next_event = decoded.number + 1;
        event(&decoded, lost, arg);
    }
    return NULL;
}

struct err *session_follow(struct session *session, const atomic_bool *cancel)
{
    struct msg_rep_follow reply;

    if (session->capture)
        return saved_cannot(session, "follow");
    ERR_RETURN(read_events(session, true, forget, NULL, cancel));
    session->next_event = 0;
    struct err *err = ask(session, 1, session->lock_limit_ns, cancel, &reply);
    session->is_following = !err;
    return err_context(err, "cannot follow '%d'", session->info.pid);
}

struct err *session_events(struct session *session, session_event_fn *event, void *arg,
                           const atomic_bool *cancel)
{
    return session->is_following ? read_events(session, false, event, arg, cancel) : NULL;
}

struct err *session_unfollow(struct session *session, session_event_fn *event, void *arg,
                             struct follow_totals *ret)
{
    struct msg_rep_follow reply = {.seen = 0};

    session->is_following = false;
    ERR_RETURN(ask(session, 0, unfollow_ns, NULL, &reply));
    ERR_RETURN(read_events(session, false, event, arg, NULL));
    *ret = (struct follow_totals){reply.seen, reply.lost, reply.held_ns};
    return NULL;
}

/* ---- switches ---- */

struct err *session_set(struct session *session, enum set_what what, const int32_t values[3],
                        const atomic_bool *cancel, struct switch_info *ret)
{
    struct link *link = &session->link;
    struct msg_req_set request = {link->next_id++, what, {values[0], values[1], values[2]}, 0};
    struct msg_rep_set reply;

    if (session->capture)
        return saved_cannot(session, "change");
    ERR_RETURN(link_send(link, &link->requests, MSG_REQ_SET, &request, sizeof request, NULL, 0));
    ERR_RETURN(link_wait_reply(link, MSG_REP_SET, request.id, &reply, sizeof reply,
                               session->lock_limit_ns, cancel));
    ERR_RETURN(session_status(session, reply.status, 0, "be changed"));
    memcpy(ret->before, reply.before, sizeof ret->before);
    memcpy(ret->after, reply.after, sizeof ret->after);
    ret->held_ns = reply.held_ns;
    return NULL;
}
