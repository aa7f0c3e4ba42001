/*
 * The agent as bytes: what the inspector writes into a target's memfd. Immutable. Any thread.
 */
#pragma once

#include <stddef.h>

extern const unsigned char agent_blob[];
extern const size_t agent_blob_bytes;
/* Names these bytes; the agent carries the same text (proto/layout.h, shm_agent.build_id). */
extern const char agent_build_id[];
