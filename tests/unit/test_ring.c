#include "proto/ring.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>

#include "inspector/base/clock.h"
#include "tests/support/ring_memory.h"
#include "tests/support/test.h"

enum { BYTES = 4096, MAX_PAYLOAD = BYTES / 4 - 8, SHORT_NS = NS_PER_MS };
static const uint64_t long_ns = 60ull * NS_PER_S; /* nothing here waits for it */

/* Both ends of one ring. */
struct ends {
    struct ring_memory memory;
    struct ring producer, consumer;
};

static int setup(void **state)
{
    struct ends *ends = calloc(1, sizeof *ends);

    ring_memory_init(&ends->memory, BYTES);
    ring_memory_producer(&ends->memory, &ends->producer);
    ring_memory_consumer(&ends->memory, &ends->consumer);
    *state = ends;
    return 0;
}

static int teardown(void **state)
{
    struct ends *ends = *state;

    ring_memory_deinit(&ends->memory);
    free(ends);
    return 0;
}

/* Moves both ends to a position, as if so many bytes had gone through. */
static void move_to(struct ends *ends, uint64_t position)
{
    atomic_store(&ends->memory.control->producer.head, position);
    atomic_store(&ends->memory.control->consumer.tail, position);
    ring_memory_producer(&ends->memory, &ends->producer);
    ring_memory_consumer(&ends->memory, &ends->consumer);
}

static uint8_t pattern(uint32_t seed, uint32_t i)
{
    return (uint8_t)(seed * 31 + i * 7 + (i >> 8));
}

/* A record of `bytes` bytes made from its kind. */
static enum ring_status write_record(struct ring *ring, uint16_t kind, uint32_t bytes)
{
    void *room;
    enum ring_status status = ring_reserve(ring, bytes, &room);

    if (status != RING_OK)
        return status;
    assert_int_equal((uintptr_t)room % RING_ALIGN_BYTES, 0);
    for (uint32_t i = 0; i < bytes; i++)
        ((uint8_t *)room)[i] = pattern(kind, i);
    ring_commit(ring, kind);
    return RING_OK;
}

static void must_write(struct ring *ring, uint16_t kind, uint32_t bytes)
{
    assert_int_equal(write_record(ring, kind, bytes), RING_OK);
}

static void must_read(struct ring *ring, uint16_t kind, uint32_t bytes)
{
    uint8_t buf[MAX_PAYLOAD + 1];
    uint16_t got_kind = 0;
    uint32_t got_bytes = 0;

    buf[bytes] = 0x5a;
    assert_int_equal(ring_read(ring, buf, MAX_PAYLOAD, &got_kind, &got_bytes), RING_OK);
    assert_int_equal(got_kind, kind);
    assert_int_equal(got_bytes, bytes);
    for (uint32_t i = 0; i < bytes; i++)
        assert_int_equal(buf[i], pattern(kind, i));
    assert_int_equal(buf[bytes], 0x5a); /* nothing behind it was touched */
}

static enum ring_status read_status(struct ring *ring)
{
    uint8_t buf[MAX_PAYLOAD];
    uint16_t kind;
    uint32_t bytes;

    return ring_read(ring, buf, sizeof buf, &kind, &bytes);
}

/* ---- records ---- */

static void test_ring__starts_empty(void **state)
{
    struct ends *ends = *state;

    assert_int_equal(read_status(&ends->consumer), RING_EMPTY);
    assert_int_equal(ring_max_payload(&ends->producer), MAX_PAYLOAD);
}

static void test_ring__records_in_order(void **state)
{
    static const uint32_t sizes[] = {0, 1, 7, 8, 9, 100, MAX_PAYLOAD};
    struct ends *ends = *state;

    for (uint16_t i = 0; i < 7; i++)
        must_write(&ends->producer, (uint16_t)(i + 1), sizes[i]);
    for (uint16_t i = 0; i < 7; i++)
        must_read(&ends->consumer, (uint16_t)(i + 1), sizes[i]);
    assert_int_equal(read_status(&ends->consumer), RING_EMPTY);
}

static void test_ring__wraps(void **state)
{
    struct ends *ends = *state;
    uint32_t bytes = 3;

    for (int i = 0; i < 20000; i++) {
        bytes = (bytes * 31 + 17) % (MAX_PAYLOAD + 1);
        must_write(&ends->producer, (uint16_t)i, bytes);
        must_write(&ends->producer, (uint16_t)(i + 1), 5);
        must_read(&ends->consumer, (uint16_t)i, bytes);
        must_read(&ends->consumer, (uint16_t)(i + 1), 5);
    }
    assert_true(ends->producer.pos > 1000 * BYTES);
}

/* Positions are 64 bits wide; their halves and they themselves may wrap. */
static void test_ring__position_overflow(void **state)
{
    static const uint64_t starts[] = {(1ull << 32) - 64, (1ull << 63) - 64, UINT64_MAX - 63};
    struct ends *ends = *state;

    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        move_to(ends, starts[i]);
        for (uint16_t k = 0; k < 10; k++) {
            must_write(&ends->producer, k, 40);
            must_read(&ends->consumer, k, 40);
        }
        assert_int_equal(read_status(&ends->consumer), RING_EMPTY);
    }
}

static void test_ring__fills_to_the_last_byte(void **state)
{
    struct ends *ends = *state;

    move_to(ends, 1000);
    for (int i = 0; i < BYTES / 64; i++)
        must_write(&ends->producer, (uint16_t)i, 56);
    assert_int_equal(write_record(&ends->producer, 99, 0), RING_FULL);
    assert_int_equal(write_record(&ends->producer, 99, 56), RING_FULL);
    must_read(&ends->consumer, 0, 56);
    assert_int_equal(write_record(&ends->producer, 99, 57), RING_FULL);
    must_write(&ends->producer, 64, 56);
    for (int i = 1; i <= BYTES / 64; i++)
        must_read(&ends->consumer, (uint16_t)i, 56);
    assert_int_equal(read_status(&ends->consumer), RING_EMPTY);
}

static void test_ring__too_big_to_write(void **state)
{
    struct ends *ends = *state;
    void *room;

    assert_int_equal(ring_reserve(&ends->producer, MAX_PAYLOAD + 1, &room), RING_TOO_BIG);
    assert_int_equal(ring_reserve(&ends->producer, UINT32_MAX, &room), RING_TOO_BIG);
    must_write(&ends->producer, 1, MAX_PAYLOAD);
    must_read(&ends->consumer, 1, MAX_PAYLOAD);
}

static void test_ring__too_big_to_read(void **state)
{
    struct ends *ends = *state;
    uint8_t buf[16] = {0x5a};
    uint16_t kind;
    uint32_t bytes = 0;

    must_write(&ends->producer, 3, 17);
    assert_int_equal(ring_read(&ends->consumer, buf, sizeof buf, &kind, &bytes), RING_TOO_BIG);
    assert_int_equal(bytes, 17);
    assert_int_equal(buf[0], 0x5a);
    must_read(&ends->consumer, 3, 17); /* it is still there */
}

static void test_ring__nothing_is_visible_before_commit(void **state)
{
    struct ends *ends = *state;
    void *room;

    assert_int_equal(ring_reserve(&ends->producer, 100, &room), RING_OK);
    memset(room, 0xff, 100);
    assert_int_equal(read_status(&ends->consumer), RING_EMPTY);
    must_write(&ends->producer, 2, 8); /* takes the place of the one that was never committed */
    must_read(&ends->consumer, 2, 8);
    assert_int_equal(read_status(&ends->consumer), RING_EMPTY);
}

/* ---- a new peer ---- */

static void test_ring__a_new_producer_goes_on(void **state)
{
    struct ends *ends = *state;
    void *room;

    for (uint16_t round = 0; round < 200; round++) {
        must_write(&ends->producer, round, round);
        assert_int_equal(ring_reserve(&ends->producer, 300, &room), RING_OK);
        memset(room, 0xff, 300); /* it dies in mid-record */
        ring_memory_producer(&ends->memory, &ends->producer);
        must_write(&ends->producer, (uint16_t)(round + 1), 40);
        must_read(&ends->consumer, round, round);
        must_read(&ends->consumer, (uint16_t)(round + 1), 40);
        assert_int_equal(read_status(&ends->consumer), RING_EMPTY);
    }
}

static void test_ring__a_new_consumer_goes_on(void **state)
{
    struct ends *ends = *state;

    for (uint16_t i = 0; i < 300; i++) {
        must_write(&ends->producer, i, 50);
        must_write(&ends->producer, i, 60);
        must_read(&ends->consumer, i, 50);
        ring_memory_consumer(&ends->memory, &ends->consumer);
        must_read(&ends->consumer, i, 60);
    }
}

/* ---- peers that lie ---- */

static void set_head(struct ends *ends, uint64_t head)
{
    atomic_store(&ends->memory.control->producer.head, head);
}

static void test_ring__broken_head(void **state)
{
    struct ends *ends = *state;
    const uint64_t bad[] = {800 - 8,    800 + 4, 800 + BYTES + 8, 800 + 2 * BYTES, 800 + UINT32_MAX,
                            UINT64_MAX, 0,       800 + 1};

    move_to(ends, 800);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        set_head(ends, bad[i]);
        assert_int_equal(read_status(&ends->consumer), RING_BROKEN);
    }
    set_head(ends, 800);
    assert_int_equal(read_status(&ends->consumer), RING_EMPTY);
}

static void test_ring__broken_records(void **state)
{
    struct ends *ends = *state;
    const struct ring_record_header bad[] = {
        {MAX_PAYLOAD + 1, 1, 0},
        {UINT32_MAX, 1, 0},
        {UINT32_MAX - 7, 1, 0},
        {25, 1, 0}, /* longer than what head says */
        {8, 1, 1},  /* a bit that nobody sets */
    };
    const struct ring_record_header good = {24, 1, 0}, too_big = {MAX_PAYLOAD + 1, 1, 0};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        memcpy(ends->memory.data, &bad[i], sizeof bad[i]);
        set_head(ends, 32);
        assert_int_equal(read_status(&ends->consumer), RING_BROKEN);
    }
    memcpy(ends->memory.data, &too_big, sizeof too_big);
    set_head(ends, BYTES); /* it would be there */
    assert_int_equal(read_status(&ends->consumer), RING_BROKEN);
    memcpy(ends->memory.data, &good, sizeof good);
    set_head(ends, 36); /* behind a good record, but no record ends there */
    assert_int_equal(read_status(&ends->consumer), RING_BROKEN);
    set_head(ends, 32);
    assert_int_equal(read_status(&ends->consumer), RING_OK);
}

static void test_ring__broken_tail(void **state)
{
    struct ends *ends = *state;
    void *room;

    move_to(ends, 8000);
    const uint64_t bad[] = {8008, 8000 - BYTES - 8, 0, UINT64_MAX, UINT64_MAX / 2};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        atomic_store(&ends->memory.control->consumer.tail, bad[i]);
        assert_int_equal(ring_reserve(&ends->producer, 8, &room), RING_BROKEN);
    }
    atomic_store(&ends->memory.control->consumer.tail, 8000 - BYTES); /* full, but honest */
    assert_int_equal(ring_reserve(&ends->producer, 8, &room), RING_FULL);
    atomic_store(&ends->memory.control->consumer.tail, 8000);
    assert_int_equal(ring_reserve(&ends->producer, 8, &room), RING_OK);
}

/* A consumer that was made from a position that nobody honest writes stays inside the memory. */
static void test_ring__hostile_start(void **state)
{
    struct ends *ends = *state;

    memset(ends->memory.data, 0xff, BYTES);
    for (uint64_t start = BYTES - 16; start <= BYTES; start++) {
        move_to(ends, start);
        set_head(ends, start + 8);
        assert_int_equal(read_status(&ends->consumer), RING_BROKEN);
    }
}

/* ---- waiting ---- */

static void test_ring__no_wait_when_there_is_data(void **state)
{
    struct ends *ends = *state;

    must_write(&ends->producer, 1, 8);
    assert_int_equal(ring_wait_data(&ends->consumer, long_ns), RING_OK);
    assert_int_equal(ring_wait_data(&ends->consumer, 0), RING_OK);
    must_read(&ends->consumer, 1, 8);
}

static void fill(struct ends *ends)
{
    while (write_record(&ends->producer, 1, 56) == RING_OK)
        ;
}

static void test_ring__no_wait_when_there_was_room(void **state)
{
    struct ends *ends = *state;

    fill(ends);
    must_read(&ends->consumer, 1, 56);
    assert_int_equal(ring_wait_space(&ends->producer, long_ns), RING_OK);
    must_write(&ends->producer, 1, 56);
}

static void test_ring__waits_no_longer_than_told(void **state)
{
    struct ends *ends = *state;
    uint64_t start = clock_ns();

    assert_int_equal(ring_wait_data(&ends->consumer, SHORT_NS), RING_TIMEOUT);
    assert_true(clock_ns() - start >= SHORT_NS);
    fill(ends);
    start = clock_ns();
    assert_int_equal(ring_wait_space(&ends->producer, SHORT_NS), RING_TIMEOUT);
    assert_true(clock_ns() - start >= SHORT_NS);
    assert_int_equal(atomic_load(&ends->memory.control->consumer.waiting), 0);
    assert_int_equal(atomic_load(&ends->memory.control->producer.waiting), 0);
}

/* A thread that waits, and what came of it. */
struct waiter {
    struct ring *ring;
    enum ring_status (*wait)(struct ring *ring, uint64_t timeout_ns);
    enum ring_status status;
    uint64_t waited_ns;
    pthread_t thread;
};

static void *wait_once(void *arg)
{
    struct waiter *waiter = arg;
    uint64_t start = clock_ns();

    waiter->status = waiter->wait(waiter->ring, long_ns);
    waiter->waited_ns = clock_ns() - start;
    return NULL;
}

/* Starts a waiter, and returns when it has said so in `flag`. */
static void start_waiter(struct waiter *waiter, _Atomic uint32_t *flag)
{
    assert_int_equal(pthread_create(&waiter->thread, NULL, wait_once, waiter), 0);
    while (!atomic_load(flag))
        sched_yield();
}

static void assert_woken(struct waiter *waiter)
{
    pthread_join(waiter->thread, NULL);
    assert_int_equal(waiter->status, RING_OK);
    assert_true(waiter->waited_ns < long_ns / 2);
}

static void test_ring__a_record_wakes_the_consumer(void **state)
{
    struct ends *ends = *state;

    for (int i = 0; i < 300; i++) {
        struct waiter waiter = {.ring = &ends->consumer, .wait = ring_wait_data};
        start_waiter(&waiter, &ends->memory.control->consumer.waiting);
        must_write(&ends->producer, 1, 8);
        assert_woken(&waiter);
        must_read(&ends->consumer, 1, 8);
    }
}

static void test_ring__room_wakes_the_producer(void **state)
{
    struct ends *ends = *state;

    fill(ends);
    for (int i = 0; i < 300; i++) {
        struct waiter waiter = {.ring = &ends->producer, .wait = ring_wait_space};
        assert_int_equal(write_record(&ends->producer, 1, 56), RING_FULL);
        start_waiter(&waiter, &ends->memory.control->producer.waiting);
        must_read(&ends->consumer, 1, 56);
        assert_woken(&waiter);
        must_write(&ends->producer, 1, 56);
    }
}

static void on_signal(int number)
{
    (void)number;
}

/* A signal may end a wait early; the answer is then that nothing came. */
static void test_ring__a_signal_is_no_record(void **state)
{
    struct ends *ends = *state;
    struct waiter waiter = {.ring = &ends->consumer, .wait = ring_wait_data};
    struct sigaction action = {.sa_handler = on_signal};

    sigaction(SIGUSR1, &action, NULL);
    start_waiter(&waiter, &ends->memory.control->consumer.waiting);
    while (pthread_tryjoin_np(waiter.thread, NULL) == EBUSY) {
        pthread_kill(waiter.thread, SIGUSR1);
        sched_yield();
    }
    assert_int_equal(waiter.status, RING_TIMEOUT);
}

#define ENDS(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENDS(test_ring__starts_empty),
        ENDS(test_ring__records_in_order),
        ENDS(test_ring__wraps),
        ENDS(test_ring__position_overflow),
        ENDS(test_ring__fills_to_the_last_byte),
        ENDS(test_ring__too_big_to_write),
        ENDS(test_ring__too_big_to_read),
        ENDS(test_ring__nothing_is_visible_before_commit),
        ENDS(test_ring__a_new_producer_goes_on),
        ENDS(test_ring__a_new_consumer_goes_on),
        ENDS(test_ring__broken_head),
        ENDS(test_ring__broken_records),
        ENDS(test_ring__broken_tail),
        ENDS(test_ring__hostile_start),
        ENDS(test_ring__no_wait_when_there_is_data),
        ENDS(test_ring__no_wait_when_there_was_room),
        ENDS(test_ring__waits_no_longer_than_told),
        ENDS(test_ring__a_record_wakes_the_consumer),
        ENDS(test_ring__room_wakes_the_producer),
        ENDS(test_ring__a_signal_is_no_record),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
