#include "inspector/session/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inspector/base/clock.h"
#include "inspector/base/log.h"
#include "inspector/base/mem.h"
#include "inspector/session/attach.h"
#include "inspector/session/headroom.h"
#include "inspector/session/procfs.h"
#include "inspector/session/saved.h"
#include "inspector/session/session_private.h"

enum {
    IDLE_LIMIT_S = 600,
    /* of resident memory, without and with references; measured, docs/safety.md */
    WALK_US_PER_MIB = 2000,
    WALK_EDGES_US_PER_MIB = 3500,
    WALK_MS_MIN = 5,
};

/* ---- attach ---- */

struct err *session_adopt(pid_t pid, const struct attach_result *attached, struct session **ret)
{
    struct session *session = calloc(1, sizeof *session);
    struct err *err = session ? link_open(pid, attached->ring_fd, &session->link) : err_nomem();

    close(attached->ring_fd);
    if (err) {
        free(session);
        return err_context(err, "cannot attach to '%d'", pid);
    }
    session_set_wait(session, SESSION_WAIT_S);
    unsigned hex = session->link.python_hex;
    session->info = (struct session_info){.pid = pid, .python = session->link.python};
    session->info.python_hex = hex;
    session->info.heap_each = hex >= 0x03090000;
    session->info.attach_ns = attached->total_ns;
    session->info.held_ns = attached->held_ns;
    snprintf(session->info.how, sizeof session->info.how, "%s", attached->how);
    snprintf(session->info.version, sizeof session->info.version, "%u.%u.%u", hex >> 24 & 0xff,
             hex >> 16 & 0xff, hex >> 8 & 0xff);
    log_line(LOG_INFO, "attached to %d, Python %s, %s, in %.2f ms, thread held for %.2f ms", pid,
             session->info.version, attached->how, (double)attached->total_ns / 1e6,
             (double)attached->held_ns / 1e6);
    *ret = session;
    return NULL;
}

struct err *session_attach(pid_t pid, const atomic_bool *cancel, struct session **ret)
{
    struct attach_result attached = {.ring_fd = -1};

    ERR_RETURN(attach_to(pid, cancel, &attached));
    return session_adopt(pid, &attached, ret);
}

const struct session_info *session_info(const struct session *session)
{
    return &session->info;
}

void session_set_wait(struct session *session, unsigned seconds)
{
    session->lock_limit_ns = seconds * (uint64_t)NS_PER_S;
}

void session_allow_in_process(struct session *session, bool allow)
{
    session->in_process_allowed = allow;
}

void session_detach(struct session *session)
{
    if (!session)
        return;
    if (session->capture) {
        saved_close(session);
        return;
    }
    link_close(&session->link);
    log_line(LOG_INFO, "detached from %d", session->info.pid);
    free(session);
}

/* ---- reading a snapshot ---- */

void session_on_progress(struct session *session,
                         void (*progress)(void *ctx, uint64_t walked, uint64_t found), void *ctx)
{
    session->progress = progress;
    session->progress_ctx = ctx;
}

static void tell_progress(const struct session *session)
{
    struct shm_copy *copy = shm_copy(&session->link.shm);

    if (session->progress)
        session->progress(session->progress_ctx, atomic_load(&copy->walked),
                          atomic_load(&copy->found));
}

/* The types of a stream, so that one that crashes the copy can be named. */
struct seen_types {
    struct {
        uint64_t address;
        char name[SESSION_TYPE_NAME];
    } * at;
    size_t n, cap;
};

static struct err *remember_type(struct seen_types *types, const uint8_t *payload, uint32_t bytes)
{
    struct msg_snap_type fixed;

    if (!decode_fixed(MSG_SNAP_TYPE, payload, bytes, &fixed, sizeof fixed))
        return NULL; /* the decoder will say so */
    ERR_RETURN(grow(&types->at, &types->cap, types->n + 1, sizeof *types->at));
    uint32_t text_bytes = bytes - (uint32_t)sizeof fixed;
    uint32_t module_bytes = fixed.module_bytes < text_bytes ? fixed.module_bytes : text_bytes;
    const char *text = (const char *)payload + sizeof fixed;
    types->at[types->n].address = fixed.address;
    snprintf(types->at[types->n++].name, SESSION_TYPE_NAME, "%.*s.%.*s", (int)module_bytes, text,
             (int)(text_bytes - module_bytes), text + module_bytes);
    return NULL;
}

/* What came of one stream. */
struct stream_end {
    bool crashed; /* the copy fell over an object of a type that is to be left alone */
    uint64_t type;
    char type_name[SESSION_TYPE_NAME];
};

static struct err *crash_of(const struct msg_rep_copy_ended *ended, const struct seen_types *types,
                            struct stream_end *ret)
{
    if (!ended->type)
        return err_new(ERR_TARGET_GONE, "is memory short? try again",
                       "the frozen copy was killed (wait status 0x%x)", ended->wait_status);
    ret->crashed = true;
    ret->type = ended->type;
    snprintf(ret->type_name, sizeof ret->type_name, "a type at 0x%llx",
             (unsigned long long)ended->type);
    for (size_t i = 0; i < types->n; i++)
        if (types->at[i].address == ended->type)
            memcpy(ret->type_name, types->at[i].name, sizeof ret->type_name);
    return NULL;
}

static struct err *decode_error(struct link *link, const struct snap_decoder *decoder,
                                enum decode_status status)
{
    switch (status) {
    case DECODE_BAD:
        link->broken = true;
        return err_new(ERR_PROTOCOL, "report this, with the Python version",
                       "the snapshot of process %d makes no sense: %s", link->pid, decoder->why);
    case DECODE_FAILED:
        return err_new(ERR_UNSUPPORTED, "report this, with the Python version",
                       "the heap of process %d cannot be walked: %s", link->pid, decoder->failure);
    case DECODE_STOPPED:
        return err_nomem();
    default:
        return NULL;
    }
}

/* Feeds records of snapshot `id` to the sink until its end; those of an earlier one are thrown
 * away. */
static struct err *feed_stream(struct session *session, uint32_t id, struct snap_decoder *decoder,
                               const struct snap_sink *sink, const atomic_bool *cancel,
                               struct seen_types *types, struct stream_end *ret)
{
    struct link *link = &session->link;
    enum decode_status status = DECODE_MORE;
    bool begun = false;

    while (status == DECODE_MORE) {
        struct msg_snap_begin begin;
        uint16_t kind;
        uint32_t bytes;
        ERR_RETURN(link_next(link, &link->snapshot, cancel, &kind, &bytes));
        if (!kind) {
            if (link->walked.id == id && link->walked.status != MSG_OK)
                return err_new(ERR_TIMEOUT, "try again on a machine that is less busy",
                               "process %d did not wait any longer for us to read", link->pid);
            if (link->copy_ended.snapshot_id == id && link->copy_ended.wait_status)
                return crash_of(&link->copy_ended, types, ret);
            continue;
        }
        tell_progress(session);
        begin.id = 0;
        if (kind == MSG_SNAP_BEGIN && decode_fixed(kind, link->buffer, bytes, &begin, sizeof begin))
            begun = begun || begin.id == id;
        if (!begun)
            continue;
        if (kind == MSG_SNAP_TYPE)
            ERR_RETURN(remember_type(types, link->buffer, bytes));
        status = snap_decoder_feed(decoder, kind, link->buffer, bytes, sink);
    }
    return decode_error(link, decoder, status);
}

static struct err *stream(struct session *session, uint32_t id, const struct snap_sink *sink,
                          const atomic_bool *cancel, struct stream_end *ret)
{
    struct snap_decoder *decoder = malloc(sizeof *decoder);
    struct seen_types types = {0};

    *ret = (struct stream_end){.crashed = false};
    if (!decoder)
        return err_nomem();
    snap_decoder_init(decoder);
    struct err *err = feed_stream(session, id, decoder, sink, cancel, &types, ret);
    free(types.at);
    free(decoder);
    return err;
}

/* ---- snapshots ---- */

struct err *session_status(const struct session *session, uint32_t status, int sys_errno,
                           const char *what)
{
    switch ((enum msg_status)status) {
    case MSG_OK:
        return NULL;
    case MSG_ERRNO:
        return err_hint(err_sys(sys_errno, "process %d cannot %s", session->info.pid, what),
                        "it is at a limit of processes or memory, or seccomp forbids it");
    case MSG_FINALIZING:
        return err_new(ERR_TARGET_GONE, NULL, "process %d is shutting down", session->info.pid);
    case MSG_PYTHON_ERROR:
        return err_new(ERR_TARGET_GONE, NULL,
                       "its collector's module raised an error in process %d", session->info.pid);
    case MSG_LAYOUT:
        return err_new(ERR_UNSUPPORTED, "report this, with the Python version",
                       "the collector of process %d is not where it should be", session->info.pid);
    case MSG_BAD_REQUEST:
        break;
    }
    return err_new(ERR_INTERNAL, "report this", "the agent does not know how to %s", what);
}

/* For people: how long a walk in the process would take. */
static unsigned walk_ms(const struct session *session, unsigned flags)
{
    struct proc_status status = {.rss_bytes = 0};

    err_destroy(proc_status_read(session->info.pid, &status));
    uint64_t us = flags & SNAPSHOT_EDGES ? WALK_EDGES_US_PER_MIB : WALK_US_PER_MIB;
    return (unsigned)(status.rss_bytes / (1 << 20) * us / 1000) + WALK_MS_MIN;
}

/* The agent has let go of the lock. */
static struct err *end_of_walk(struct session *session, uint32_t id, const atomic_bool *cancel,
                               struct snapshot_info *info)
{
    struct link *link = &session->link;

    if (link->walked.id != id)
        ERR_RETURN(link_wait_reply(link, MSG_REP_WALKED, id, &link->walked, sizeof link->walked,
                                   session->lock_limit_ns, cancel));
    info->in_process = true;
    info->pause_ns = link->walked.pause_ns;
    return NULL;
}

/* One try: a copy is asked for, made, and read. With SNAPSHOT_HERE without a copy. */
static struct err *try_snapshot(struct session *session, unsigned flags,
                                const struct snap_sink *sink, const atomic_bool *cancel,
                                struct snapshot_info *info, struct stream_end *end)
{
    struct link *link = &session->link;
    struct msg_req_snapshot request = {link->next_id++, flags, IDLE_LIMIT_S, session->opaque_count};
    struct msg_rep_snapshot reply;

    session->copy = 0;
    link->copy_ended.snapshot_id = 0;
    ERR_RETURN(link_send(link, &link->requests, MSG_REQ_SNAPSHOT, &request, sizeof request,
                         session->opaque, session->opaque_count * (uint32_t)sizeof(uint64_t)));
    ERR_RETURN(link_wait_reply(link, MSG_REP_SNAPSHOT, request.id, &reply, sizeof reply,
                               session->lock_limit_ns, cancel));
    if (reply.status == MSG_ERRNO)
        return err_sys(reply.sys_errno, "process %d cannot be cloned", session->info.pid);
    ERR_RETURN(session_status(session, reply.status, reply.sys_errno, "be cloned"));
    info->id = request.id;
    info->wait_ns = reply.wait_ns;
    info->pause_ns = reply.pause_ns;
    ERR_RETURN(stream(session, request.id, sink, cancel, end));
    if (flags & SNAPSHOT_HERE)
        return end_of_walk(session, request.id, cancel, info);
    if (!end->crashed && flags & SNAPSHOT_SERVE)
        session->copy = request.id;
    return NULL;
}

static void leave_alone(struct session *session, const struct stream_end *end,
                        struct snapshot_info *info)
{
    log_line(
        LOG_WARNING,
        "the frozen copy crashed on an instance of %s; what such instances refer to is left out",
        end->type_name);
    session->opaque[session->opaque_count++] = end->type;
    memcpy(info->opaque[info->opaque_count++], end->type_name, SESSION_TYPE_NAME);
}

/* As try_snapshot(), in the way that is possible and allowed. ERR_SYS: there can be no copy. */
static struct err *take_somehow(struct session *session, unsigned flags,
                                const struct snap_sink *sink, const atomic_bool *cancel,
                                struct snapshot_info *info, struct stream_end *end)
{
    struct err *err = headroom_for_copy(session->info.pid);

    if (!err)
        err = try_snapshot(session, flags, sink, cancel, info, end);
    if (!err || err->code != ERR_SYS)
        return err;
    if (flags & SNAPSHOT_SERVE)
        return err_hint(err,
                        "it is at a limit of processes or memory, or seccomp forbids it; 'ouro "
                        "types', 'garbage' and 'stats' can do without a copy");
    if (!session->in_process_allowed)
        return err_hint(err,
                        "it is at a limit of processes or memory, or seccomp forbids it; "
                        "--in-process walks in the process itself, which stands still for about "
                        "%u ms then",
                        walk_ms(session, flags));
    err_destroy(err);
    ERR_RETURN(headroom_for_walk(session->info.pid));
    return try_snapshot(session, flags | SNAPSHOT_HERE, sink, cancel, info, end);
}

struct err *session_snapshot(struct session *session, unsigned flags, const struct snap_sink *sink,
                             const atomic_bool *cancel, struct snapshot_info *ret)
{
    uint64_t start = clock_ns();
    struct snapshot_info info = {0};
    struct stream_end end = {.crashed = true};

    if (session->capture)
        return saved_snapshot(session, sink, cancel, ret);
    session->opaque_count = 0;
    while (end.crashed) {
        struct err *err = take_somehow(session, flags, sink, cancel, &info, &end);
        if (err) {
            if (err->code == ERR_CANCELLED)
                err_destroy(session_release(session));
            return err_context(err, "cannot take a snapshot of '%d'", session->info.pid);
        }
        if (end.crashed && session->opaque_count == SESSION_OPAQUE_MAX)
            return err_new(ERR_UNSUPPORTED, "see the log for the types",
                           "cannot take a snapshot of '%d': too many of its types crash when "
                           "they are looked at",
                           session->info.pid);
        if (end.crashed)
            leave_alone(session, &end, &info);
    }
    info.total_ns = clock_ns() - start;
    *ret = info;
    return NULL;
}

struct err *session_release(struct session *session)
{
    struct link *link = &session->link;
    struct msg_req_release request = {link->next_id++};
    struct msg_rep_release reply;

    if (session->capture)
        return NULL;
    session->copy = 0;
    ERR_RETURN(
        link_send(link, &link->requests, MSG_REQ_RELEASE, &request, sizeof request, NULL, 0));
    return link_wait_reply(link, MSG_REP_RELEASE, request.id, &reply, sizeof reply,
                           session->lock_limit_ns, NULL);
}

bool session_can_ask(const struct session *session)
{
    return session->capture ||
           (session->copy && session->link.copy_ended.snapshot_id != session->copy);
}

/* ---- collecting ---- */

static struct err *read_both(struct session *session, const struct msg_rep_collect *reply,
                             const struct snap_sink *before, const struct snap_sink *after,
                             const atomic_bool *cancel)
{
    const struct snap_sink *sinks[] = {before, after};
    const uint32_t ids[] = {reply->before_id, reply->after_id};

    for (int i = 0; i < 2; i++) {
        struct stream_end end;
        ERR_RETURN(stream(session, ids[i], sinks[i], cancel, &end));
        if (end.crashed)
            return err_new(ERR_UNSUPPORTED, "take a snapshot: it leaves that type alone",
                           "what was freed cannot be listed: looking at the heap of process %d "
                           "crashes on %s",
                           session->info.pid, end.type_name);
    }
    return NULL;
}

struct err *session_collect(struct session *session, int generation, unsigned after_flags,
                            const struct snap_sink *before, const struct snap_sink *after,
                            const atomic_bool *cancel, struct collect_info *ret)
{
    struct link *link = &session->link;
    struct msg_req_collect request = {link->next_id, generation, after_flags, IDLE_LIMIT_S};
    struct msg_rep_collect reply;
    uint64_t start = clock_ns();

    if (session->capture)
        return saved_cannot(session, "collect garbage in");
    link->next_id += 2; /* a copy before, a copy after */
    session->copy = 0;
    link->copy_ended.snapshot_id = 0;
    ERR_RETURN(
        link_send(link, &link->requests, MSG_REQ_COLLECT, &request, sizeof request, NULL, 0));
    ERR_RETURN(link_wait_reply(link, MSG_REP_COLLECT, request.id, &reply, sizeof reply,
                               session->lock_limit_ns, cancel));
    ERR_RETURN(session_status(session, reply.status, reply.sys_errno, "be cloned"));
    struct collect_info info = {
        .generation = generation,
        .collected = reply.collected,
        .wait_ns = reply.wait_ns,
        .pause_ns = reply.pause_ns,
        .held_ns = reply.held_ns,
        .after = {.id = reply.after_id, .wait_ns = reply.wait_ns, .pause_ns = reply.held_ns},
    };
    ERR_RETURN(read_both(session, &reply, before, after, cancel));
    if (after_flags & SNAPSHOT_SERVE)
        session->copy = reply.after_id;
    info.after.total_ns = clock_ns() - start;
    *ret = info;
    return NULL;
}
