/*
 * What travels into a target, as bytes: the agent's shared object, and the code that loads it.
 * Immutable. Any thread.
 */
#pragma once

#include <stddef.h>

/* The agent: an ELF file. */
extern const unsigned char agent_blob[];
extern const size_t agent_blob_bytes;
/* Names these bytes; the agent carries the same text (proto/layout.h, shm_agent.build_id). */
extern const char agent_build_id[];

/* The loader: position-independent code, its entry is its first byte (proto/loader.h). */
extern const unsigned char loader_blob[];
extern const size_t loader_blob_bytes;
