/*
 * The ring under load, between threads and between processes, and when one of two processes is
 * killed at a random moment.
 *
 * Every record tells its number and is filled from it, so that a lost, doubled, torn or mixed record
 * is found. Random sizes come from a fixed seed.
 */
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/ring.h"
#include "tests/support/ring_memory.h"
#include "tests/support/test.h"

enum {
    TRAFFIC_BYTES = (IS_SANITIZED ? 24 : 300) << 20,
    RING_BYTES = 64 << 10,
    WORDS_MAX = (RING_BYTES / 4 - 8) / 8,
    KILLS = 200,
    RECORDS_PER_LIFE = 3000, /* at most; how many a peer lives for is random */
    LOOK_NS = 1000000,
    KIND = 5,
};

/* What a child may tell: how many records it has seen to the end. */
struct shared {
    _Atomic uint64_t seen;
};

/* ---- records ---- */

static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

/* How long record `number` is, in words: mostly short, at times as long as can be. */
static uint32_t words_of(uint64_t number)
{
    uint64_t dice = mix(number ^ 0x5eed);

    return 1 + (uint32_t)(dice >> 8) % (dice % 16 ? 40 : WORDS_MAX);
}

/* Puts the words of record `number` into `room`; the last word comes last. */
static void fill(uint64_t *room, uint64_t number, uint32_t words)
{
    room[0] = number;
    for (uint32_t i = 1; i < words; i++)
        room[i] = mix(number) + i;
}

static bool is_whole(const uint64_t *words, uint32_t bytes)
{
    uint32_t n = bytes / 8;

    if (bytes % 8 || n != words_of(words[0]))
        return false;
    for (uint32_t i = 1; i < n; i++)
        if (words[i] != mix(words[0]) + i)
            return false;
    return true;
}

/* Writes record `number`, waiting for room as long as it takes. False when the ring is broken. */
static bool produce(struct ring *ring, uint64_t number)
{
    uint32_t words = words_of(number);
    enum ring_status status;
    void *room;

    while ((status = ring_reserve(ring, words * 8, &room)) == RING_FULL)
        ring_wait_space(ring, LOOK_NS);
    if (status != RING_OK)
        return false;
    fill(room, number, words);
    ring_commit(ring, KIND);
    return true;
}

/* Reads a record, which must be whole. RING_EMPTY when there is none now. */
static enum ring_status consume(struct ring *ring, uint64_t *number)
{
    uint64_t words[WORDS_MAX];
    uint32_t bytes;
    uint16_t kind;
    enum ring_status status = ring_read(ring, words, sizeof words, &kind, &bytes);

    if (status != RING_OK)
        return status;
    if (kind != KIND || bytes < 8 || !is_whole(words, bytes))
        return RING_BROKEN;
    *number = words[0];
    return RING_OK;
}

/* Reads a record, waiting as long as it takes. */
static enum ring_status must_consume(struct ring *ring, uint64_t *number)
{
    enum ring_status status;

    while ((status = consume(ring, number)) == RING_EMPTY)
        ring_wait_data(ring, LOOK_NS);
    return status;
}

/* ---- children ---- */

/* A child that dies with us; 0 in the child. */
static pid_t fork_child(void)
{
    pid_t parent = getpid(), pid = fork();

    assert_true(pid >= 0);
    if (!pid) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
    }
    return pid;
}

static void assert_exit(pid_t pid, int want_signal)
{
    int status;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (want_signal ? !WIFSIGNALED(status) || WTERMSIG(status) != want_signal
                    : !WIFEXITED(status) || WEXITSTATUS(status))
        fail_msg("the child ended with status 0x%x", status);
}

static void end_child(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_exit(pid, SIGKILL);
}

/* ---- traffic ---- */

/* Writes records 0, 1, … until so many bytes went through. */
static bool produce_all(struct ring *ring)
{
    uint64_t start = ring->pos;

    for (uint64_t number = 0; ring->pos - start < TRAFFIC_BYTES; number++)
        if (!produce(ring, number))
            return false;
    return true;
}

static void consume_all(struct ring *ring)
{
    uint64_t start = ring->pos, number;

    for (uint64_t want = 0; ring->pos - start < TRAFFIC_BYTES; want++) {
        assert_int_equal(must_consume(ring, &number), RING_OK);
        assert_int_equal(number, want);
    }
    assert_int_equal(consume(ring, &number), RING_EMPTY);
}

static void test_ring_stress__two_processes(void **state)
{
    struct ring_memory memory;
    struct ring ring;

    (void)state;
    ring_memory_init(&memory, RING_BYTES);
    pid_t child = fork_child();
    if (!child) {
        ring_memory_producer(&memory, &ring);
        _exit(!produce_all(&ring));
    }
    ring_memory_consumer(&memory, &ring);
    consume_all(&ring);
    assert_exit(child, 0);
    ring_memory_deinit(&memory);
}

struct producer {
    struct ring ring;
    bool done;
};

static void *produce_on_thread(void *arg)
{
    struct producer *producer = arg;

    producer->done = produce_all(&producer->ring);
    return NULL;
}

static void test_ring_stress__two_threads(void **state)
{
    struct ring_memory memory;
    struct producer producer = {.done = false};
    struct ring ring;
    pthread_t thread;

    (void)state;
    ring_memory_init(&memory, RING_BYTES);
    ring_memory_producer(&memory, &producer.ring);
    ring_memory_consumer(&memory, &ring);
    assert_int_equal(pthread_create(&thread, NULL, produce_on_thread, &producer), 0);
    consume_all(&ring);
    pthread_join(thread, NULL);
    assert_true(producer.done);
    ring_memory_deinit(&memory);
}

enum { ALIGNED_WORDS = 7, ALIGNED_BYTES = (ALIGNED_WORDS + 1) * 8 };

static void *produce_aligned(void *arg)
{
    struct ring *ring = arg;

    for (uint64_t number = 0; number < TRAFFIC_BYTES / 4 / ALIGNED_BYTES; number++) {
        void *room;
        while (ring_reserve(ring, ALIGNED_WORDS * 8, &room) == RING_FULL)
            ring_wait_space(ring, LOOK_NS);
        for (uint64_t i = 0; i < ALIGNED_WORDS; i++)
            ((uint64_t *)room)[i] = mix(number) + i;
        ring_commit(ring, KIND);
    }
    return NULL;
}

/*
 * For the thread sanitizer, which knows memory by its address: no record lies across the end of the
 * ring, so every byte is always written and read through the same mapping, and a race is seen.
 */
static void test_ring_stress__two_threads_one_mapping(void **state)
{
    struct ring_memory memory;
    struct ring producer, ring;
    pthread_t thread;

    (void)state;
    ring_memory_init(&memory, 4096);
    ring_memory_producer(&memory, &producer);
    ring_memory_consumer(&memory, &ring);
    assert_int_equal(pthread_create(&thread, NULL, produce_aligned, &producer), 0);
    for (uint64_t number = 0; number < TRAFFIC_BYTES / 4 / ALIGNED_BYTES; number++) {
        uint64_t words[ALIGNED_WORDS];
        uint32_t bytes;
        uint16_t kind;
        while (ring_read(&ring, words, sizeof words, &kind, &bytes) == RING_EMPTY)
            ring_wait_data(&ring, LOOK_NS);
        assert_int_equal(bytes, sizeof words);
        for (uint64_t i = 0; i < ALIGNED_WORDS; i++)
            assert_true(words[i] == mix(number) + i);
    }
    pthread_join(thread, NULL);
    ring_memory_deinit(&memory);
}

/* ---- peers that die ---- */

static pid_t start_producer(const struct ring_memory *memory)
{
    pid_t pid = fork_child();
    struct ring ring;

    if (pid)
        return pid;
    ring_memory_producer(memory, &ring);
    for (uint64_t number = 0; produce(&ring, number); number++)
        ;
    _exit(1);
}

/* However it died: what can be read is whole and in order, and the next one goes on behind it. */
static void test_ring_stress__killed_producers(void **state)
{
    struct ring_memory memory;
    struct ring ring;

    (void)state;
    ring_memory_init(&memory, RING_BYTES);
    ring_memory_consumer(&memory, &ring);
    for (uint64_t life = 0; life < KILLS; life++) {
        uint64_t records = mix(life) % RECORDS_PER_LIFE, number, want = 0;
        enum ring_status status;
        pid_t child = start_producer(&memory);
        while (want < records) {
            assert_int_equal(must_consume(&ring, &number), RING_OK);
            assert_int_equal(number, want++);
        }
        end_child(child);
        while ((status = consume(&ring, &number)) == RING_OK)
            assert_int_equal(number, want++);
        assert_int_equal(status, RING_EMPTY);
    }
    ring_memory_deinit(&memory);
}

/* Reads on from where the last one was. It may have died between reading a record and saying so. */
static pid_t start_consumer(const struct ring_memory *memory, struct shared *shared)
{
    pid_t pid = fork_child();
    struct ring ring;
    uint64_t number, seen = atomic_load(&shared->seen);

    if (pid)
        return pid;
    ring_memory_consumer(memory, &ring);
    for (bool first = true; must_consume(&ring, &number) == RING_OK; first = false) {
        if (number != seen && !(first && number == seen + 1))
            _exit(2);
        seen = number + 1;
        atomic_store(&shared->seen, seen);
    }
    _exit(1);
}

static void test_ring_stress__killed_consumers(void **state)
{
    struct ring_memory memory;
    struct ring ring;
    uint64_t number = 0, last, seen;
    struct shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    (void)state;
    assert_true(shared != MAP_FAILED);
    ring_memory_init(&memory, RING_BYTES);
    ring_memory_producer(&memory, &ring);
    for (uint64_t life = 0; life < KILLS; life++) {
        pid_t child = start_consumer(&memory, shared);
        for (uint64_t end = number + mix(life) % RECORDS_PER_LIFE; number < end; number++)
            assert_true(produce(&ring, number));
        end_child(child);
    }
    /* the last survivor reads what is left */
    ring_memory_consumer(&memory, &ring);
    seen = atomic_load(&shared->seen);
    last = seen;
    while (consume(&ring, &last) == RING_OK) {
        assert_true(last == seen || last == seen + 1);
        seen = last + 1;
    }
    assert_true(seen == number || seen + 1 == number); /* all that was written was read */
    munmap(shared, sizeof *shared);
    ring_memory_deinit(&memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_ring_stress__two_processes),           TEST(test_ring_stress__two_threads),
        TEST(test_ring_stress__two_threads_one_mapping), TEST(test_ring_stress__killed_producers),
        TEST(test_ring_stress__killed_consumers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
