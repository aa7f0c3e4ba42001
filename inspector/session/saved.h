/* Sessions whose target is a capture file: what session.c and ask.c do for them. Private to the session layer. */
#pragma once

#include "inspector/session/session_private.h"

void saved_close(struct session *session);
ERR_CHECK struct err *saved_snapshot(struct session *session, const struct snap_sink *sink,
                                     const atomic_bool *cancel, struct snapshot_info *ret);
ERR_CHECK struct err *saved_sizes(struct session *session, uint32_t object,
                                  struct msg_ans_sizes *ret);
/* That a file cannot do what only a process can. */
ERR_CHECK struct err *saved_cannot(const struct session *session, const char *what);
