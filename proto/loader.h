/*
 * The loader: some hundred bytes of code that the inspector runs on a borrowed thread of the
 * target, and the page of arguments that they share.
 *
 *   region in the target (anonymous memory, unmapped right afterwards)
 *   ┌───────────────┬──────────────────┬──────────────────┬─────────────────────┐
 *   │ code, r-x     │ struct loader    │ the agent's file │ a stack             │
 *   │ LOADER_CODE   │                  │                  │ LOADER_STACK_BYTES  │
 *   └───────────────┴──────────────────┴──────────────────┴─────────────────────┘
 *
 * It writes the agent's file into a memfd, maps its segments, relocates them, calls the agent's start
 * function, and ends with the system call close(LOADER_END), by which the inspector knows it is done.
 * The target's own dynamic loader has no part in it: see docs/decisions/0007. When the agent is mapped
 * already (from an earlier attach) only the start function is called. errno of the borrowed thread is
 * kept.
 */
#pragma once

#include <stdint.h>

#include "proto/start.h"

enum {
    LOADER_CODE_BYTES = 4096,
    LOADER_STACK_BYTES = 256 << 10,
    LOADER_END = 0x6f75726f, /* no descriptor has this number */
};

enum loader_step {
    LOADER_DONE = 0,
    LOADER_MEMFD,   /* `result` is the errno */
    LOADER_WRITE,   /* `result` is the errno */
    LOADER_MAP,     /* `result` is the errno */
    LOADER_PENDING, /* as the inspector leaves it */
};

/* All addresses are the target's. */
struct loader {
    /* in */
    uint64_t start_function; /* of an agent that is mapped already, or 0 */
    uint64_t errno_location; /* or 0 */
    uint64_t file;           /* the agent's bytes */
    uint64_t file_bytes;
    uint64_t start_address; /* of the start function, in the file */
    char memfd_name[64];

    /* out */
    int32_t step; /* enum loader_step: where it stopped */
    int32_t result;
    struct start start; /* filled by the agent */
};
