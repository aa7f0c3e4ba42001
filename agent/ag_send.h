/*
 * Sending records from the frozen copy, with back-pressure and a way out.
 *
 * A full ring means that the inspector is behind: the sender waits. While it waits it looks at
 * whether anybody is still there; if not, the copy's work has no reader and `ag_send_gone` becomes
 * true for good: callers stop soon. The agent thread ends the copy anyway, by a signal. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/layout.h"
#include "proto/msg.h"

struct ag_sender {
    const struct shm *shm;
    struct ring ring;
    bool gone;
    /* for a sender that keeps the program waiting; 0: patient as long as the inspector lives */
    uint64_t patience_ns; /* to wait for a reader that reads nothing */
    uint64_t budget_ns;   /* to wait in all */
};

void ag_sender_init(struct ag_sender *sender, const struct shm *shm, enum ring_id id);
/* A record made of a fixed part and a tail (may be empty). False when nobody will read it. */
bool ag_send(struct ag_sender *sender, enum msg_kind kind, const void *fixed, uint32_t fixed_bytes,
             const void *tail, uint32_t tail_bytes);

/* Whether the inspector lives and wants us: its lock is held, its `leave` is not set. */
bool ag_inspector_alive(const struct shm *shm);
