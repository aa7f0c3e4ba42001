/*
 * A single-producer single-consumer ring of records in shared memory.
 *
 *   control page 0 (written by the producer)      control page 1 (written by the consumer)
 *   ┌───────────────────────────────┐             ┌───────────────────────────────┐
 *   │ head u64    bytes ever written│             │ tail u64      bytes ever read │
 *   │ waiting u32 for space         │             │ waiting u32   for data        │
 *   └───────────────────────────────┘             └───────────────────────────────┘
 *
 *   data, a power of two, mapped twice in a row so that no record ever wraps
 *   ┌──────────────────────────────┬──────────────────────────────┐
 *   │ …free… [rec][rec][rec] …free │ the same bytes again         │
 *   └──────────────────────────────┴──────────────────────────────┘
 *             ↑ tail          ↑ head          offset = position & (bytes - 1)
 *
 *   record: u32 payload_bytes, u16 kind, u16 zero, payload, padding to 8 bytes
 *
 * Positions only grow. A record becomes visible when `head` moves past it, as a whole: a producer
 * that is killed in mid-record leaves nothing behind. Neither side trusts the other: positions and
 * lengths are read once and checked; a record is copied out before anybody looks into it. What
 * cannot be right is RING_BROKEN, for good: the connection is then given up.
 *
 * A full ring is back-pressure, never loss: the producer waits. Both sides wait on a futex with a
 * time limit, because the peer may be dead; who it is and whether it lives is the caller's
 * business.
 *
 * Shape after the Linux BPF ring buffer (kernel/bpf/ringbuf.c) and io_uring's shared rings. No
 * allocation, no errno, no libc calls but memcpy. Threads: one producing and one consuming thread,
 * in any processes.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

enum { RING_PAGE_BYTES = 4096, RING_CONTROL_BYTES = 2 * RING_PAGE_BYTES, RING_ALIGN_BYTES = 8 };

enum ring_status {
    RING_OK = 0,
    RING_EMPTY = -1,   /* nothing to read now */
    RING_FULL = -2,    /* no room now */
    RING_TIMEOUT = -3, /* waited that long */
    RING_TOO_BIG =
        -4, /* the record can never fit (producer), or not into the caller's buffer (consumer) */
    RING_BROKEN = -5, /* positions or lengths that no honest peer writes */
};

/* The shared words; one page each, see the drawing. Each page has exactly one writer. */
struct ring_producer_page {
    _Atomic uint64_t head;
    _Atomic uint32_t waiting;
    uint8_t reserved[RING_PAGE_BYTES - 12];
};
struct ring_consumer_page {
    _Atomic uint64_t tail;
    _Atomic uint32_t waiting;
    uint8_t reserved[RING_PAGE_BYTES - 12];
};
struct ring_control {
    struct ring_producer_page producer;
    struct ring_consumer_page consumer;
};
_Static_assert(sizeof(struct ring_control) == RING_CONTROL_BYTES, "a page for each side");

struct ring_record_header {
    uint32_t payload_bytes;
    uint16_t kind;
    uint16_t zero;
};
_Static_assert(sizeof(struct ring_record_header) == RING_ALIGN_BYTES, "records stay aligned");

/* One side's view; private memory. Fields are private to ring.c. */
struct ring {
    struct ring_control *control;
    uint8_t *data;
    uint64_t bytes;
    uint64_t pos;      /* our own position: head for the producer, tail for the consumer */
    uint64_t reserved; /* producer: size of the record being written, 0 if none */
    uint64_t tail;     /* producer: the consumer's position when we last looked */
};

/*
 * Looks at a ring of `bytes` (a power of two) whose data is mapped twice at `data`. The position of
 * our own side is taken from the shared page: a new frozen copy goes on where the last one stopped.
 */
void ring_init_producer(struct ring *ring, struct ring_control *control, void *data,
                        uint64_t bytes);
void ring_init_consumer(struct ring *ring, struct ring_control *control, void *data,
                        uint64_t bytes);

/* The largest payload that ring_reserve() accepts: a quarter of the ring, less the header. */
uint32_t ring_max_payload(const struct ring *ring);

/*
 * Producer: room for a record of `payload_bytes`; *ret points to it (8-byte aligned). RING_FULL
 * when there is none now. Nothing is visible before ring_commit(), which publishes it under `kind`
 * and wakes the consumer. One reservation at a time; reserving again replaces an uncommitted one.
 */
enum ring_status ring_reserve(struct ring *ring, uint32_t payload_bytes, void **ret);
void ring_commit(struct ring *ring, uint16_t kind);
/* Reserve, copy, commit; waits up to `timeout_ns` for room. */
enum ring_status ring_write(struct ring *ring, uint16_t kind, const void *payload,
                            uint32_t payload_bytes, uint64_t timeout_ns);
/* Waits until the consumer moved since the last RING_FULL, or `timeout_ns` passed. RING_OK: try
 * again. */
enum ring_status ring_wait_space(struct ring *ring, uint64_t timeout_ns);

/*
 * Consumer: copies the oldest record's payload into `buf` (`cap` bytes) and frees its room. *kind
 * and *bytes are set. RING_EMPTY when there is none; RING_TOO_BIG leaves it where it is and sets
 * *bytes.
 */
enum ring_status ring_read(struct ring *ring, void *buf, uint32_t cap, uint16_t *kind,
                           uint32_t *bytes);
/* Waits until there is a record or `timeout_ns` passed. */
enum ring_status ring_wait_data(struct ring *ring, uint64_t timeout_ns);
