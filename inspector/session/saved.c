#include "inspector/session/saved.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/capture/capture.h"

struct err *session_open(const char *path, struct session **ret)
{
    struct session *session = calloc(1, sizeof *session);

    if (!session)
        return err_nomem();
    struct err *err = capture_open(path, &session->capture);
    if (err) {
        free(session);
        return err;
    }
    const struct capture_header *header = capture_header(session->capture);
    unsigned hex = header->python_hex;
    session->info = (struct session_info){
        .pid = header->pid,
        .python = header->python,
        .python_hex = hex,
        .heap_each = hex >= 0x03090000,
        .file = capture_path(session->capture),
        .created_ns = header->created_ns,
        .is_redacted = header->flags & CAPTURE_REDACTED,
    };
    snprintf(session->info.how, sizeof session->info.how, "a capture");
    snprintf(session->info.version, sizeof session->info.version, "%u.%u.%u", hex >> 24 & 0xff,
             hex >> 16 & 0xff, hex >> 8 & 0xff);
    *ret = session;
    return NULL;
}

void saved_close(struct session *session)
{
    capture_unref(session->capture);
    free(session);
}

struct err *saved_snapshot(struct session *session, const struct snap_sink *sink,
                           const atomic_bool *cancel, struct snapshot_info *ret)
{
    const struct capture_header *header = capture_header(session->capture);
    struct snapshot_info info = {.wait_ns = header->wait_ns,
                                 .pause_ns = header->pause_ns,
                                 .total_ns = header->total_ns,
                                 .opaque_count = header->opaque_count};

    memcpy(info.opaque, header->opaque, sizeof info.opaque);
    ERR_RETURN(
        capture_feed(session->capture, sink, cancel, session->progress, session->progress_ctx));
    *ret = info;
    return NULL;
}

struct err *saved_sizes(struct session *session, uint32_t object, struct msg_ans_sizes *ret)
{
    struct msg_ans_sizes sizes = {.getsizeof_bytes = 0};

    ERR_RETURN(capture_sizes(session->capture, object, &sizes.inline_bytes, &sizes.weakref_count));
    *ret = sizes;
    return NULL;
}

struct err *saved_cannot(const struct session *session, const char *what)
{
    return err_new(ERR_INPUT, "name a process", "cannot %s '%s': it is a capture", what,
                   session->info.file);
}
