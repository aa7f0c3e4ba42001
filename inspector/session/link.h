/*
 * Our end of the shared memory: mapped, checked, marked as ours. Requests go out, replies come in; what the
 * agent volunteers (log lines, a copy that ended) is noted on the way.
 *
 * The thread that creates a link stands for the inspector's life (layout.h, struct shm_inspector) and
 * must live as long as the link: when it ends, the agent takes the inspector for dead. It closes the
 * link, and has one at a time. One thread at a time.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "inspector/base/err.h"
#include "proto/layout.h"
#include "proto/msg.h"
#include "proto/ring.h"

enum { LINK_BUFFER_BYTES = 1 << 20 };

struct link {
    pid_t pid;
    int pidfd;
    struct shm shm;
    struct link_mark *mark;         /* of our life, in the shared page */
    char python[PYTHON_TEXT_BYTES]; /* checked copies of what the agent wrote once */
    unsigned python_hex;
    uint32_t next_id;    /* of requests, snapshots, questions */
    uint64_t look_at_ns; /* private: when to see next whether the agent's memory is still mapped */
    bool is_lost;        /* private: it was not */
    bool broken;         /* something came that no agent of ours sends; only leaving is left */

    struct ring requests, replies, snapshot, questions, answers, events;
    uint8_t *buffer; /* LINK_BUFFER_BYTES: the record read last */

    /* the last copy that ended by itself; id 0: none since it was cleared */
    struct msg_rep_copy_ended copy_ended;
    struct msg_rep_walked walked; /* the walk in the process that was over last; id 0: none */
};

/* Maps `fd` (borrowed), checks what is there, marks it as ours, tells the agent to go on. */
ERR_CHECK struct err *link_open(pid_t pid, int fd, struct link *ret);
/* Asks the agent to leave, waits until it has (at most two seconds; less if it waits for the interpreter), unmaps. */
void link_close(struct link *link);

/* Sends a record; `tail` may be empty. */
ERR_CHECK struct err *link_send(struct link *link, struct ring *ring, enum msg_kind kind,
                                const void *fixed, uint32_t fixed_bytes, const void *tail,
                                uint32_t tail_bytes);

/*
 * Waits for the reply of `kind` to request `id` and copies its fixed part to `to`. Gives up with
 * ERR_TIMEOUT when the agent has been waiting for the interpreter lock for `lock_limit_ns`,
 * ERR_CANCELLED, ERR_TARGET_GONE.
 */
ERR_CHECK struct err *link_wait_reply(struct link *link, enum msg_kind kind, uint32_t id, void *to,
                                      uint32_t to_bytes, uint64_t lock_limit_ns,
                                      const atomic_bool *cancel);

/*
 * The next record of an inbound ring: into link->buffer, its kind and length into *kind and *bytes;
 * *kind = 0 when none came within some milliseconds. Meanwhile looks after the reply ring, the
 * target's life and `cancel`.
 */
ERR_CHECK struct err *link_next(struct link *link, struct ring *ring, const atomic_bool *cancel,
                                uint16_t *kind, uint32_t *bytes);
/* The same without waiting, so that nobody has to wake us: for the ring of events. */
ERR_CHECK struct err *link_poll(struct link *link, struct ring *ring, const atomic_bool *cancel,
                                uint16_t *kind, uint32_t *bytes);
