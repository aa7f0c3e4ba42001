#include "proto/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proto/msg.h"
#include "proto/wire.h"
#include "tests/support/test.h"

/* What the agent creates: a memfd of the right size whose size is sealed. */
static int make_memory(void)
{
    int fd = memfd_create("test-layout", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, SHM_TOTAL_BYTES), 0);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
    return fd;
}

/* Whether the page at `at` may be written, asked of the kernel: read() into it. */
static bool is_writable(void *at)
{
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    ssize_t got = read(ends[0], at, 1);
    bool refused = got < 0 && errno == EFAULT;
    close(ends[0]);
    close(ends[1]);
    return !refused;
}

/* Whether anything is mapped at `at`. */
static bool is_mapped(void *at)
{
    unsigned char resident;

    return mincore(at, 1, &resident) == 0;
}

static void test_layout__rings_do_not_overlap(void **state)
{
    uint64_t at = SHM_DATA_OFFSET;

    (void)state;
    assert_true(SHM_CONTROL_OFFSET + RING_COUNT * RING_CONTROL_BYTES <= SHM_DATA_OFFSET);
    for (int id = 0; id < RING_COUNT; id++) {
        uint64_t bytes = layout_ring_bytes((enum ring_id)id);
        assert_int_equal(layout_ring_offset((enum ring_id)id), at);
        assert_int_equal(bytes & (bytes - 1), 0);
        assert_int_equal(bytes % 4096, 0);
        at += bytes;
    }
    assert_int_equal(at, SHM_TOTAL_BYTES);
    assert_int_equal(layout_map_bytes(), SHM_DATA_OFFSET + 2 * (at - SHM_DATA_OFFSET));
}

static void assert_fits(enum ring_id id, uint64_t payload_bytes)
{
    struct ring ring = {.bytes = layout_ring_bytes(id)};

    assert_true(payload_bytes <= ring_max_payload(&ring));
}

/* The largest records that there are, in the rings that carry them. */
static void test_layout__records_fit(void **state)
{
    enum { TEXTS = 2 * MSG_VALUE_TEXT_MAX + 5 * WIRE_VARINT_MAX };

    (void)state;
    assert_fits(RING_REQUESTS, sizeof(struct msg_req_snapshot) + MSG_OPAQUE_MAX * sizeof(uint64_t));
    assert_fits(RING_REPLIES, sizeof(struct msg_rep_log) + MSG_TEXT_MAX);
    assert_fits(RING_SNAPSHOT, sizeof(struct msg_snap_objects) + MSG_BATCH_BYTES);
    assert_fits(RING_SNAPSHOT, sizeof(struct msg_snap_type) + 2 * MSG_TEXT_MAX);
    assert_fits(RING_QUESTIONS,
                sizeof(struct msg_ask_values) + MSG_ASK_VALUES_MAX * sizeof(uint32_t));
    assert_fits(RING_ANSWERS, sizeof(struct msg_ans_values) + TEXTS);
}

static void test_layout__header_pages(void **state)
{
    int fd = make_memory();
    struct shm shm;

    (void)state;
    assert_int_equal(layout_map(fd, 0, &shm), 0);
    assert_ptr_equal(shm_agent(&shm), shm.base);
    assert_ptr_equal(shm_copy(&shm), shm.base + 4096);
    assert_ptr_equal(shm_inspector(&shm), shm.base + 8192);
    assert_ptr_equal(shm_control(&shm, RING_REQUESTS), shm.base + 12288);
    assert_ptr_equal(shm_control(&shm, RING_ANSWERS), shm.base + 12288 + 4 * RING_CONTROL_BYTES);
    layout_unmap(&shm);
    close(fd);
}

static void test_layout__data_is_mapped_twice(void **state)
{
    int fd = make_memory();
    struct shm shm;

    (void)state;
    assert_int_equal(layout_map(fd, 0, &shm), 0);
    for (int id = 0; id < RING_COUNT; id++) {
        uint64_t bytes = layout_ring_bytes((enum ring_id)id);
        uint8_t *data = shm.data[id];
        data[0] = (uint8_t)(id + 1);
        assert_int_equal(data[bytes], id + 1);
        data[2 * bytes - 1] = 0xee;
        assert_int_equal(data[bytes - 1], 0xee);
    }
    for (int id = 0; id < RING_COUNT; id++) /* none shares its memory with another */
        assert_int_equal(shm.data[id][0], id + 1);
    layout_unmap(&shm);
    close(fd);
}

static void test_layout__both_sides_see_the_same(void **state)
{
    int fd = make_memory();
    struct shm agent, inspector;

    (void)state;
    assert_int_equal(layout_map(fd, 0, &agent), 0);
    assert_int_equal(layout_map(fd, 1, &inspector), 0);
    shm_agent(&agent)->magic = LAYOUT_MAGIC;
    assert_true(shm_agent(&inspector)->magic == LAYOUT_MAGIC);
    atomic_store(&shm_inspector(&inspector)->ready, 1);
    assert_int_equal(atomic_load(&shm_inspector(&agent)->ready), 1);
    agent.data[RING_ANSWERS][5] = 7;
    assert_int_equal(inspector.data[RING_ANSWERS][5], 7);
    layout_unmap(&agent);
    layout_unmap(&inspector);
    close(fd);
}

static void test_layout__inbound_data_is_read_only(void **state)
{
    int fd = make_memory();
    struct shm shm;

    (void)state;
    assert_int_equal(layout_map(fd, 1, &shm), 0);
    for (int id = 0; id < RING_COUNT; id++) {
        bool outbound = id == RING_REQUESTS || id == RING_QUESTIONS;
        assert_int_equal(is_writable(shm.data[id]), outbound);
        assert_int_equal(is_writable(shm.data[id] + layout_ring_bytes((enum ring_id)id)), outbound);
    }
    assert_true(is_writable(shm.base)); /* the controls are */
    layout_unmap(&shm);
    close(fd);
}

static void test_layout__unmap_leaves_nothing(void **state)
{
    int fd = make_memory();
    struct shm shm;

    (void)state;
    assert_int_equal(layout_map(fd, 0, &shm), 0);
    uint8_t *base = shm.base, *last = base + layout_map_bytes() - 4096;
    assert_true(is_mapped(base) && is_mapped(last));
    layout_unmap(&shm);
    assert_false(is_mapped(base) || is_mapped(last));
    assert_null(shm.base);
    close(fd);
}

static void test_layout__what_cannot_be_mapped(void **state)
{
    struct shm shm = {.base = (uint8_t *)1};
    int ends[2];

    (void)state;
    assert_int_equal(layout_map(-1, 0, &shm), -EBADF);
    assert_int_equal(pipe(ends), 0);
    assert_true(layout_map(ends[0], 0, &shm) < 0);
    assert_ptr_equal(shm.base, (uint8_t *)1);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_layout__rings_do_not_overlap),
        TEST(test_layout__records_fit),
        TEST(test_layout__header_pages),
        TEST(test_layout__data_is_mapped_twice),
        TEST(test_layout__both_sides_see_the_same),
        TEST(test_layout__inbound_data_is_read_only),
        TEST(test_layout__unmap_leaves_nothing),
        TEST(test_layout__what_cannot_be_mapped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
