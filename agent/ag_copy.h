/*
 * The frozen copy: a copy-on-write clone of the target, made with the GIL held.
 *
 * The clone has the whole heap as it was at one instant, holds the GIL, has no other thread and can
 * never change. It walks the heap, streams it, and stays to answer questions until it is released.
 * What makes it invisible to the program it was cloned from:
 *
 *   - raw clone(2) with no exit signal: no SIGCHLD, os.wait() never sees it; no atfork handler runs
 *   - it shares the descriptor table only until close_range(CLOSE_RANGE_UNSHARE) leaves it with an
 *     empty one of its own: it never holds a socket or a pipe end open, not even for a moment
 *   - all signals stay blocked, dispositions are default: nothing of the program runs in it
 *   - its own process group; not dumpable (a crash writes no core); the first to go when memory is
 *     short (oom_score_adj 1000); niced; named "ouro-copy"
 *   - it is killed when the agent thread ends, however that ends (PR_SET_PDEATHSIG)
 *
 * The rest of this header is for the agent thread, which makes, reaps and kills copies. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/layout.h"
#include "proto/msg.h"

struct ag_copy {
    int pid; /* 0: none */
    uint32_t snapshot_id;
};

/*
 * Clones. The GIL must be held. In the parent: returns the copy's pid, or -errno. In the copy it
 * does not return: it waits until it is its turn (shm_agent.turn: one copy at a time writes into
 * the snapshot ring), walks as `request` says, serves, and exits.
 */
long ag_copy_start(struct ag_copy *copy, const struct shm *shm,
                   const struct msg_req_snapshot *request, const uint64_t *opaque);
/*
 * The same without a clone, for where there can be none: walks here and now, on the calling thread, and gives all memory back. The
 * program stands still meanwhile, so a reader that does not read is waited for only for a second at a time. False:
 * the stream is not whole.
 */
bool ag_copy_walk_here(const struct shm *shm, const struct msg_req_snapshot *request,
                       const uint64_t *opaque);
/* Lets the copy of snapshot `snapshot_id` walk. */
void ag_copy_give_turn(const struct shm *shm, uint32_t snapshot_id);
/* Kills and reaps it. */
void ag_copy_end(struct ag_copy *copy);
/* Whether it has ended by itself; reaps it and sets *wait_status. Does not wait. */
bool ag_copy_ended(struct ag_copy *copy, int *wait_status);
