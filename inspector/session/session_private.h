/* What session.c and ask.c share; private to the session layer. */
#pragma once

#include "inspector/session/link.h"
#include "inspector/session/session.h"

struct session {
    struct link link;
    struct session_info info;
    uint32_t copy; /* id of the snapshot whose copy can be asked, 0: none */
    uint64_t opaque[SESSION_OPAQUE_MAX];
    unsigned opaque_count;
};
