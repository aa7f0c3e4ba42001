/*
 * The shared memory between the inspector and one target: header pages and six rings in one memfd.
 *
 *   offset                        writer
 *   0        struct shm_agent     agent        who we are, what runs here, state of its thread
 *   4 KiB    struct shm_copy      frozen copy  progress of the walk, where it crashed
 *   8 KiB    struct shm_inspector inspector    who is attached; a lock the kernel marks when it dies
 *   12 KiB   6 × ring control     see ring.h   (2 pages each)
 *   64 KiB   ring data            see ring.h   requests, replies, snapshot, questions, answers,
 *                                              events
 *
 * Every word has exactly one writer. Both sides are built from the same sources (the agent travels
 * inside the inspector), so the layout carries no offsets: magic, version and build id must be
 * equal, that is all. BUMP LAYOUT_VERSION when anything here or in msg.h changes.
 *
 * The agent creates the memfd, sizes it and seals its size, so that nobody can cut it under the
 * other side.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "proto/ring.h"

#define LAYOUT_MAGIC 0x006f72756f524f55ULL /* "UORouro" */

enum { LAYOUT_VERSION = 8, BUILD_ID_BYTES = 40, PYTHON_TEXT_BYTES = 128 };

enum ring_id {
    RING_REQUESTS,  /* inspector -> agent: what to do in the process */
    RING_REPLIES,   /* agent -> inspector: results, log lines */
    RING_SNAPSHOT,  /* frozen copy -> inspector: the object graph */
    RING_QUESTIONS, /* inspector -> frozen copy: names and values of single objects */
    RING_ANSWERS,   /* frozen copy -> inspector */
    RING_EVENTS,    /* whatever thread collects, with the GIL -> inspector: collections */
    RING_COUNT,
};

enum agent_state {
    AGENT_NONE,
    AGENT_STARTING, /* thread created, inspector not there yet */
    AGENT_IDLE,     /* waits for requests */
    AGENT_WAITING,  /* waits for the interpreter lock */
    AGENT_WORKING,  /* has it */
    AGENT_LEAVING,  /* takes its things away */
    AGENT_GONE,     /* last word; the mapping is about to disappear from the target */
};

struct shm_agent {
    uint64_t magic;
    uint32_t version;
    uint32_t reserved;
    uint64_t total_bytes;
    char build_id[BUILD_ID_BYTES];  /* text, terminated */
    char python[PYTHON_TEXT_BYTES]; /* Py_GetVersion(), clipped, terminated */
    uint32_t python_hex;            /* major << 24 | minor << 16 | patch << 8 */
    int32_t pid;                    /* in the target's PID namespace */
    int32_t tid;                    /* of the agent thread, same namespace */
    _Atomic uint32_t state;         /* enum agent_state */
    _Atomic uint32_t turn;          /* id of the snapshot whose copy may write into the ring */
    uint32_t zero;
};

enum copy_state { COPY_NONE, COPY_WALKING, COPY_SERVING, COPY_ENDED };

struct shm_copy {
    _Atomic uint32_t state;       /* enum copy_state */
    _Atomic uint32_t snapshot_id; /* of the snapshot it belongs to */
    _Atomic uint64_t walked;      /* objects done */
    _Atomic uint64_t found;       /* objects known so far; grows */
    _Atomic uint64_t type;        /* type of the object being looked at, and … */
    _Atomic uint64_t object;      /* … the object: what is blamed if the copy crashes here */
    _Atomic uint32_t fault;       /* the signal it crashed with, else 0 */
};

struct shm_inspector {
    /*
     * The inspector's thread id while it lives. The word is on the robust list of that thread
     * (get_robust_list(2)): when the thread ends in whatever way, or becomes another program, the
     * kernel takes the id away and sets FUTEX_OWNER_DIED. That way the target notices without holding
     * a descriptor, across PID namespaces, and without a heartbeat. The list itself lies in the
     * inspector's own memory: what the target writes here leads nobody anywhere.
     */
    struct {
        _Atomic uint32_t owner;
        uint32_t zero;
        uint64_t reserved[7];
    } lock;
    _Atomic uint32_t ready; /* 1: mapped, locked, go on */
    _Atomic uint32_t leave; /* 1: detach, whatever is in the rings */
    _Atomic int32_t pid;    /* as the inspector sees itself, for messages */
};

enum {
    SHM_AGENT_OFFSET = 0,
    SHM_COPY_OFFSET = 4096,
    SHM_INSPECTOR_OFFSET = 8192,
    SHM_CONTROL_OFFSET = 12288,
    SHM_DATA_OFFSET = 65536,

    SHM_REQUESTS_BYTES = 64 << 10,
    SHM_REPLIES_BYTES = 1 << 20,
    SHM_SNAPSHOT_BYTES = 4 << 20,
    SHM_QUESTIONS_BYTES = 64 << 10,
    SHM_ANSWERS_BYTES = 1 << 20,
    SHM_EVENTS_BYTES = 2 << 20, /* 32,768 collections: three seconds at 10,000 a second */
    SHM_TOTAL_BYTES = SHM_DATA_OFFSET + SHM_REQUESTS_BYTES + SHM_REPLIES_BYTES +
                      SHM_SNAPSHOT_BYTES + SHM_QUESTIONS_BYTES + SHM_ANSWERS_BYTES +
                      SHM_EVENTS_BYTES,
};
_Static_assert(sizeof(struct shm_agent) <= 4096 && sizeof(struct shm_copy) <= 4096 &&
                   sizeof(struct shm_inspector) <= 4096,
               "one page each");
_Static_assert(SHM_CONTROL_OFFSET + RING_COUNT * RING_CONTROL_BYTES <= SHM_DATA_OFFSET,
               "the controls fit before the data");
_Static_assert(sizeof(struct shm_agent) == 216 && sizeof(struct shm_copy) == 48 &&
                   sizeof(struct shm_inspector) == 80,
               "layout changed: bump LAYOUT_VERSION");

/* Where a ring's data lies in the memfd, and its size in bytes (a power of two). */
uint64_t layout_ring_offset(enum ring_id id);
uint64_t layout_ring_bytes(enum ring_id id);

/*
 * The memfd as one side has mapped it: the header and control pages in one piece at `base`, each
 * ring's data twice in a row at data[id].
 */
struct shm {
    uint8_t *base;
    uint8_t *data[RING_COUNT];
};

/* Bytes of address space for one mapping: header and controls, then each ring's data twice. */
uint64_t layout_map_bytes(void);
/*
 * Maps `fd` for our side with raw system calls, read-write, shared. `protect_inbound` makes the
 * data of rings that the inspector only reads read-only. 0, or -errno with nothing mapped.
 */
int layout_map(int fd, int protect_inbound, struct shm *ret);
void layout_unmap(struct shm *shm);

static inline struct shm_agent *shm_agent(const struct shm *shm)
{
    return (struct shm_agent *)(shm->base + SHM_AGENT_OFFSET);
}
static inline struct shm_copy *shm_copy(const struct shm *shm)
{
    return (struct shm_copy *)(shm->base + SHM_COPY_OFFSET);
}
static inline struct shm_inspector *shm_inspector(const struct shm *shm)
{
    return (struct shm_inspector *)(shm->base + SHM_INSPECTOR_OFFSET);
}
static inline struct ring_control *shm_control(const struct shm *shm, enum ring_id id)
{
    return (struct ring_control *)(shm->base + SHM_CONTROL_OFFSET) + id;
}
