/*
 * The argument of the agent's start function: written by the inspector into the target, filled in
 * by the agent.
 *
 * It lies in memory of the target that the inspector can read and write (ptrace); both sides are
 * built from this header. BUMP LAYOUT_VERSION (layout.h) when it changes.
 */
#pragma once

#include <stdint.h>

enum start_status {
    START_PENDING = 0, /* as the inspector leaves it: the function has not run */
    START_OK,
    START_BUSY,          /* another inspector is attached; `value` is its pid as it sees itself */
    START_NO_SYMBOL,     /* `text` names what this Python lacks */
    START_VERSION,       /* a Python that is not supported; `text` is its version */
    START_FREE_THREADED, /* a build without GIL; `text` is its version */
    START_NOT_READY,     /* the interpreter is not initialised: not yet, or no more */
    START_ERRNO,         /* `value` is the errno, `text` the step that failed */
    START_ENDING,        /* the interpreter is shutting down, or has done so */
};

enum { START_TEXT_BYTES = 128, START_PATH_BYTES = 512, START_ORIGIN_BYTES = 96 };

#define START_FUNCTION "ouro_agent_start"
/* As an extension module, for PEP 768 (session/remote.h): its name, and the argument's place in the file. */
#define START_MODULE "ouro_agent"
#define START_REMOTE "ouro_agent_remote"
/* Name of the memfd that holds the agent, before the build id. */
#define AGENT_MEMFD_PREFIX "ouro-agent-"

struct start {
    uint64_t dlopen; /* in: where these two of the target's C library lie */
    uint64_t dlsym;
    char libpython[START_PATH_BYTES]; /* in: file with Python's symbols, for embedders that hide
                                         them; may be "" */
    int32_t status;                   /* out: enum start_status */
    int32_t value;
    int32_t
        ring_fd; /* out, START_OK: open in the target until the inspector says `ready` (layout.h) */
    int32_t reserved;
    char text[START_TEXT_BYTES]; /* out: terminated */
};

/* What the module's init function starts with; the inspector fills it in the file. */
struct start_remote {
    uint64_t nonce; /* tells the inspector which of several agents is its */
    struct start start;
    char origin
        [START_ORIGIN_BYTES]; /* by which dlopen() finds it again; "" if it was not loaded so */
};
