/*
 * A session's live side: every collection of the target as it happens, and its collector's switches.
 *
 *      session_follow(session, cancel);
 *      while (…) {
 *          session_events(session, event, arg, cancel);       those that are there; does not wait
 *          sleep for some milliseconds
 *      }
 *      session_unfollow(session, event, arg, &totals);        detaching would do, too
 *
 * While following, a C function is among the target's gc.callbacks. It writes into a ring that holds 32,768 collections;
 * what finds no room is counted as lost, the target never waits. Same rules as session.h: one thread, `cancel`.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "inspector/base/err.h"
#include "proto/msg.h"

struct session;

struct follow_totals {
    uint64_t seen; /* collections in the target while we followed … */
    uint64_t lost; /* … of which we were not told */
    uint64_t held_ns;
};

/* Called for each, in order; `lost`: how many are missing just before it. */
typedef void session_event_fn(const struct msg_event_collection *event, uint64_t lost, void *arg);

ERR_CHECK struct err *session_follow(struct session *session, const atomic_bool *cancel);
ERR_CHECK struct err *session_events(struct session *session, session_event_fn *event, void *arg,
                                     const atomic_bool *cancel);
/*
 * Takes the function out and hands over the last events. It cannot be cancelled, but gives up with ERR_TIMEOUT when the
 * interpreter lock is not free within a second: the agent then does it by itself as soon as it is.
 */
ERR_CHECK struct err *session_unfollow(struct session *session, session_event_fn *event, void *arg,
                                       struct follow_totals *ret);

struct switch_info {
    int64_t before[3]; /* as msg_req_set.values; of SET_FROZEN the number of frozen objects */
    int64_t after[3];
    uint64_t held_ns; /* of the interpreter lock */
};

/* Turns a switch: changes the target. */
ERR_CHECK struct err *session_set(struct session *session, enum set_what what,
                                  const int32_t values[3], const atomic_bool *cancel,
                                  struct switch_info *ret);
