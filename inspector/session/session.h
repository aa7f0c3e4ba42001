/*
 * A session: one target, attached. What can be asked of it, and what can be done to it.
 *
 *      struct session *session;
 *      ERR_RETURN(session_attach(pid, cancel, &session));
 *      session_snapshot(session, SNAPSHOT_EDGES | SNAPSHOT_SERVE, sink, cancel, &info);
 *      session_values(session, indexes, n, 200, callback, arg, cancel);   single objects of it
 *      session_collect(session, 2, …);                                    changes the target
 *      session_detach(session);
 *
 * A capture file can stand in a process's place, session_open(): the same snapshot again, the same answers, and
 * ERR_INPUT for whatever needs a process.
 *
 * Calls block; each takes a `cancel` flag that another thread may set, and then returns
 * ERR_CANCELLED soon with the session still usable.  All calls on the thread that attached, which must live until session_detach(); only session_info() is for any thread.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "inspector/base/err.h"
#include "proto/decode.h"

struct session;

enum { SESSION_WAIT_S = 10 };

struct session_info {
    pid_t pid;
    const char *python;  /* "3.11.7 (main, …)": Py_GetVersion(); valid while the session lives */
    char version[16];    /* "3.11.7" */
    unsigned python_hex; /* major << 24 | minor << 16 | patch << 8 */
    bool heap_each;     /* every interpreter of the process has a heap of its own, and only the main
                            one's is shown: from 3.9 on */
    char how[64];       /* the safe point at which we came in */
    uint64_t attach_ns; /* what attaching took … */
    uint64_t held_ns;   /* … and how long it held the borrowed thread */
    /* of a capture file, whose `pid` and `python` are those of the process that it shows */
    const char *file;    /* its path; NULL: this is a process. Valid while the session lives */
    uint64_t created_ns; /* since 1970 */
    bool is_redacted;
};

struct attach_result;
/* A session of what attach.h has brought in; its descriptor is taken over, also on failure. */
ERR_CHECK struct err *session_adopt(pid_t pid, const struct attach_result *attached,
                                    struct session **ret);
ERR_CHECK struct err *session_attach(pid_t pid, const atomic_bool *cancel, struct session **ret);
/* Opens a capture file. ERR_SYS, ERR_INPUT, ERR_UNSUPPORTED. */
ERR_CHECK struct err *session_open(const char *path, struct session **ret);
const struct session_info *session_info(const struct session *session);
/*
 * How long a snapshot or a collection waits for the interpreter lock before it gives up with ERR_TIMEOUT, at first
 * SESSION_WAIT_S. It may be held by a thread that runs a long C function.
 */
void session_set_wait(struct session *session, unsigned seconds);
/*
 * Allows snapshots to be taken in the process itself where no frozen copy can be made of it: a limit of processes, seccomp, too
 * little memory left. The process stands still for the whole walk then. Without SNAPSHOT_SERVE only: there is nobody to ask
 * afterwards. At first not allowed: such a snapshot is refused, with a line that says what it would cost.
 */
void session_allow_in_process(struct session *session, bool allow);
/* Leaves the target as it was; NULL is fine. */
void session_detach(struct session *session);

/* ---- snapshots ---- */

enum { SESSION_OPAQUE_MAX = 16, SESSION_TYPE_NAME = 128 };

struct snapshot_info {
    uint32_t id;
    uint64_t wait_ns;  /* until the agent had the interpreter lock */
    uint64_t pause_ns; /* the target stood still for so long */
    uint64_t walk_ns;  /* in the copy, while the target ran on */
    uint64_t total_ns; /* from asking to the last record */
    bool in_process;   /* there was no copy: pause_ns is the whole walk */
    /* types whose instances' references were left alone, because looking at them crashed the copy
     */
    unsigned opaque_count;
    char opaque[SESSION_OPAQUE_MAX][SESSION_TYPE_NAME];
};

/*
 * Takes a snapshot: a frozen copy is made, walks, and streams into `sink` (proto/decode.h). With
 * SNAPSHOT_SERVE it stays for questions until the next snapshot, session_release(), or ten idle
 * minutes; with SNAPSHOT_COUNTS only the collector's state and the populations come. When the copy
 * crashes on a broken extension type, the walk is done again with that type left alone: the sink's
 * begin() is then called again and starts over.
 */
ERR_CHECK struct err *session_snapshot(struct session *session, unsigned flags,
                                       const struct snap_sink *sink, const atomic_bool *cancel,
                                       struct snapshot_info *ret);
/* Ends the frozen copy. */
ERR_CHECK struct err *session_release(struct session *session);
/* Whether a frozen copy is there to be asked. */
bool session_can_ask(const struct session *session);

/*
 * Asks to be told how far a walk is, from within the call that takes the snapshot, on its thread:
 * objects done, and known so far. NULL: nobody wants to know.
 */
void session_on_progress(struct session *session,
                         void (*progress)(void *ctx, uint64_t walked, uint64_t found), void *ctx);

/* What the target and its frozen copy take of the machine's memory. */
struct session_memory {
    uint64_t rss_bytes; /* resident memory of the target */
    bool has_copy;
    uint64_t copy_private_bytes; /* pages that the copy does not share with the target any more; 0
                                    if the kernel does not let us see it */
};
ERR_CHECK struct err *session_memory(struct session *session, struct session_memory *ret);

/* ---- collecting ---- */

struct collect_info {
    int generation;
    int64_t collected; /* what gc.collect(generation) returned */
    uint64_t wait_ns;
    uint64_t pause_ns; /* of the collection */
    uint64_t
        held_ns; /* of the interpreter lock: the collection and a frozen copy before and after it */
    struct snapshot_info after;
};

/*
 * Forces a collection of generation 0, 1 or 2: changes the target. The heap just before streams
 * into `before` (without references), the heap just after into `after` (with `after_flags`, as for
 * session_snapshot()); nothing else ran in between but the finalizers of what was freed.
 */
ERR_CHECK struct err *session_collect(struct session *session, int generation, unsigned after_flags,
                                      const struct snap_sink *before, const struct snap_sink *after,
                                      const atomic_bool *cancel, struct collect_info *ret);

/* ---- questions to the frozen copy, about objects by their number in its snapshot ---- */

/* Called for each answer; views are valid during the call. */
typedef void session_value_fn(const struct decoded_value *value, void *arg);
typedef void session_edge_fn(uint32_t holder, const struct decoded_edge *edge, void *arg);

/* Previews of `n` objects, texts clipped to `text_max` bytes. Numbers that do not exist get no
 * answer. */
ERR_CHECK struct err *session_values(struct session *session, const uint32_t *objects, uint32_t n,
                                     uint32_t text_max, session_value_fn *value, void *arg,
                                     const atomic_bool *cancel);
/* The names of `count` references of `holder` from ordinal `first` on (in the order of the snapshot, strong ones first);
 * only those to `target` unless that is UINT32_MAX. */
struct session_edges_ask {
    uint32_t holder, first, count, target;
};
/*
 * Many such questions, several on their way at a time. Answers come question by question, those of one in no particular
 * order.
 */
ERR_CHECK struct err *session_edges(struct session *session, const struct session_edges_ask *asks,
                                    size_t n, session_edge_fn *edge, void *arg,
                                    const atomic_bool *cancel);
/*
 * Names of all references of `count` objects from `first` on, and what session_sizes() says of them; only of a process.
 * `names` are piece->count texts, by ordinal from piece->first on; strong ones first. Objects ascend; one may come in
 * several pieces.
 */
typedef void session_names_fn(const struct decoded_names *piece, const struct decoded_text *names,
                              void *arg);
ERR_CHECK struct err *session_names(struct session *session, uint32_t first, uint32_t count,
                                    session_names_fn *names, void *arg, const atomic_bool *cancel);
/*
 * Hashes of the contents of those of `n` objects that are exactly str or bytes: equal ones for equal contents of the same type
 * (proto/hash.h). A capture knows texts up to a length; longer ones get no answer.
 */
typedef void session_hash_fn(uint32_t object, uint64_t hash, void *arg);
ERR_CHECK struct err *session_hashes(struct session *session, const uint32_t *objects, uint32_t n,
                                     session_hash_fn *hash, void *arg, const atomic_bool *cancel);
/* What an object's shallow size is made of, and how many weak references point to it. Of a file getsizeof_bytes is 0: it is
 * the shallow size less inline_bytes. */
ERR_CHECK struct err *session_sizes(struct session *session, uint32_t object,
                                    struct msg_ans_sizes *ret, const atomic_bool *cancel);
