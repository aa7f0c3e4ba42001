#include "proto/ring.h"

#include <linux/futex.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>

#include "proto/sys.h"

struct ring_timespec {
    int64_t tv_sec;
    int64_t tv_nsec;
};

/*
 * Sleeps while the low half of `*word` is `seen`. Positions wrap their low half every 4 GiB; a
 * sleeper that misses exactly such a multiple wakes by its time limit.
 */
static long futex_wait(_Atomic uint64_t *word, uint64_t seen, uint64_t timeout_ns)
{
    struct ring_timespec limit = {(int64_t)(timeout_ns / 1000000000),
                                  (int64_t)(timeout_ns % 1000000000)};

    return sys_call6(SYS_futex, (long)word, FUTEX_WAIT, (long)(uint32_t)seen, (long)&limit, 0, 0);
}

static void futex_wake(_Atomic uint64_t *word)
{
    sys_call6(SYS_futex, (long)word, FUTEX_WAKE, 1, 0, 0, 0);
}

void ring_init_producer(struct ring *ring, struct ring_control *control, void *data, uint64_t bytes)
{
    *ring = (struct ring){control, data, bytes, 0, 0, 0};
    ring->pos = atomic_load_explicit(&control->producer.head, memory_order_relaxed);
}

void ring_init_consumer(struct ring *ring, struct ring_control *control, void *data, uint64_t bytes)
{
    *ring = (struct ring){control, data, bytes, 0, 0, 0};
    ring->pos = atomic_load_explicit(&control->consumer.tail, memory_order_relaxed);
}

uint32_t ring_max_payload(const struct ring *ring)
{
    return (uint32_t)(ring->bytes / 4 - sizeof(struct ring_record_header));
}

static uint64_t record_bytes(uint32_t payload_bytes)
{
    uint64_t bytes = sizeof(struct ring_record_header) + (uint64_t)payload_bytes;

    return (bytes + RING_ALIGN_BYTES - 1) & ~(uint64_t)(RING_ALIGN_BYTES - 1);
}

enum ring_status ring_reserve(struct ring *ring, uint32_t payload_bytes, void **ret)
{
    uint64_t need = record_bytes(payload_bytes);

    if (payload_bytes > ring_max_payload(ring))
        return RING_TOO_BIG;
    /* acquire: pairs with the release of `tail` in ring_read(); the bytes are free for us after it
     */
    uint64_t tail = atomic_load_explicit(&ring->control->consumer.tail, memory_order_acquire);
    uint64_t used = ring->pos - tail;

    ring->tail = tail;
    if (used > ring->bytes)
        return RING_BROKEN;
    if (need > ring->bytes - used)
        return RING_FULL;
    uint8_t *record = ring->data + (ring->pos & (ring->bytes - 1));
    struct ring_record_header header = {payload_bytes, 0, 0};
    memcpy(record, &header, sizeof header);
    ring->reserved = need;
    *ret = record + sizeof header;
    return RING_OK;
}

void ring_commit(struct ring *ring, uint16_t kind)
{
    struct ring_control *control = ring->control;
    uint8_t *record = ring->data + (ring->pos & (ring->bytes - 1));

    memcpy(record + offsetof(struct ring_record_header, kind), &kind, sizeof kind);
    ring->pos += ring->reserved;
    ring->reserved = 0;
    /* release for the record's bytes (pairs with ring_read()); sequentially consistent with the
     * load of `waiting`, so that either we see the sleeper or the sleeper sees the new head
     * (ring_wait_data()) */
    atomic_store_explicit(&control->producer.head, ring->pos, memory_order_seq_cst);
    if (atomic_load_explicit(&control->consumer.waiting, memory_order_seq_cst))
        futex_wake(&control->producer.head);
}

enum ring_status ring_wait_space(struct ring *ring, uint64_t timeout_ns)
{
    struct ring_control *control = ring->control;

    /* pairs with the store of `tail` and the load of `waiting` in ring_read() */
    atomic_store_explicit(&control->producer.waiting, 1, memory_order_seq_cst);
    if (atomic_load_explicit(&control->consumer.tail, memory_order_seq_cst) == ring->tail)
        futex_wait(&control->consumer.tail, ring->tail, timeout_ns);
    atomic_store_explicit(&control->producer.waiting, 0, memory_order_relaxed);
    return atomic_load_explicit(&control->consumer.tail, memory_order_acquire) != ring->tail
               ? RING_OK
               : RING_TIMEOUT;
}

enum ring_status ring_read(struct ring *ring, void *buf, uint32_t cap, uint16_t *kind,
                           uint32_t *bytes)
{
    struct ring_control *control = ring->control;
    struct ring_record_header header;
    /* acquire: pairs with the store of `head` in ring_commit(); the record's bytes are whole after
     * it */
    uint64_t head = atomic_load_explicit(&control->producer.head, memory_order_acquire);
    uint64_t filled = head - ring->pos;
    const uint8_t *record = ring->data + (ring->pos & (ring->bytes - 1));

    if (!filled)
        return RING_EMPTY;
    if (filled > ring->bytes || filled % RING_ALIGN_BYTES)
        return RING_BROKEN;
    memcpy(&header, record, sizeof header);
    if (header.payload_bytes > ring_max_payload(ring) || header.zero ||
        record_bytes(header.payload_bytes) > filled)
        return RING_BROKEN;
    *kind = header.kind;
    *bytes = header.payload_bytes;
    if (header.payload_bytes > cap)
        return RING_TOO_BIG;
    memcpy(buf, record + sizeof header, header.payload_bytes);
    ring->pos += record_bytes(header.payload_bytes);
    /* release: our reads are over before the room is free (ring_reserve()); sequentially consistent
     * with the load of `waiting`, as in ring_commit() (ring_wait_space()) */
    atomic_store_explicit(&control->consumer.tail, ring->pos, memory_order_seq_cst);
    if (atomic_load_explicit(&control->producer.waiting, memory_order_seq_cst))
        futex_wake(&control->consumer.tail);
    return RING_OK;
}

enum ring_status ring_wait_data(struct ring *ring, uint64_t timeout_ns)
{
    struct ring_control *control = ring->control;

    /* pairs with the store of `head` and the load of `waiting` in ring_commit() */
    atomic_store_explicit(&control->consumer.waiting, 1, memory_order_seq_cst);
    if (atomic_load_explicit(&control->producer.head, memory_order_seq_cst) == ring->pos)
        futex_wait(&control->producer.head, ring->pos, timeout_ns);
    atomic_store_explicit(&control->consumer.waiting, 0, memory_order_relaxed);
    return atomic_load_explicit(&control->producer.head, memory_order_acquire) != ring->pos
               ? RING_OK
               : RING_TIMEOUT;
}
