/* What session.c and ask.c share; private to the session layer. */
#pragma once

#include "inspector/capture/capture.h"
#include "inspector/session/link.h"
#include "inspector/session/live.h"
#include "inspector/session/session.h"

struct session {
    struct capture *capture; /* the target is this file; NULL: a process, at the link */
    struct link link;
    struct session_info info;
    uint64_t lock_limit_ns;
    bool in_process_allowed;
    uint32_t copy; /* id of the snapshot whose copy can be asked, 0: none */
    void (*progress)(void *ctx, uint64_t walked, uint64_t found); /* may be NULL */
    void *progress_ctx;
    uint64_t opaque[SESSION_OPAQUE_MAX];
    unsigned opaque_count;
    bool is_following;
    uint64_t next_event; /* number of the event that comes next if none is lost */
};

/* What a reply's status means; `what` the process cannot do. NULL: it is MSG_OK. */
ERR_CHECK struct err *session_status(const struct session *session, uint32_t status, int sys_errno,
                                     const char *what);
