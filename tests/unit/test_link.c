#include "inspector/session/link.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/agent_blob.h"
#include "inspector/base/clock.h"
#include "inspector/base/log.h"
#include "tests/support/child.h"
#include "tests/support/test.h"

/* ---- an agent that does what the test says ---- */

struct agent {
    int fd;
    struct shm shm;
    struct ring requests, replies, snapshot;
};

static void open_ring(struct agent *agent, enum ring_id id, bool producer, struct ring *ret)
{
    (producer ? ring_init_producer : ring_init_consumer)(
        ret, shm_control(&agent->shm, id), agent->shm.data[id], layout_ring_bytes(id));
}

static int make_memory(uint64_t bytes, int seals)
{
    int fd = memfd_create("ouro-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
    return fd;
}

static int setup(void **state)
{
    struct agent *agent = calloc(1, sizeof *agent);

    agent->fd = make_memory(SHM_TOTAL_BYTES, F_SEAL_SHRINK | F_SEAL_GROW);
    assert_int_equal(layout_map(agent->fd, 0, &agent->shm), 0);
    struct shm_agent *shared = shm_agent(&agent->shm);
    shared->magic = LAYOUT_MAGIC;
    shared->version = LAYOUT_VERSION;
    snprintf(shared->build_id, sizeof shared->build_id, "%s", agent_build_id);
    snprintf(shared->python, sizeof shared->python, "3.11.7 (main)");
    shared->python_hex = 0x030b0700;
    atomic_store(&shared->state, AGENT_IDLE);
    open_ring(agent, RING_REQUESTS, false, &agent->requests);
    open_ring(agent, RING_REPLIES, true, &agent->replies);
    open_ring(agent, RING_SNAPSHOT, true, &agent->snapshot);
    *state = agent;
    return 0;
}

static int teardown(void **state)
{
    struct agent *agent = *state;

    layout_unmap(&agent->shm);
    close(agent->fd);
    free(agent);
    return 0;
}

static void set_state(struct agent *agent, enum agent_state agent_state)
{
    atomic_store(&shm_agent(&agent->shm)->state, agent_state);
}

static void must_open(struct agent *agent, struct link *link)
{
    assert_ok(link_open(getpid(), agent->fd, link));
}

/* Closes without waiting for an agent that is not there. */
static void shut(struct agent *agent, struct link *link)
{
    set_state(agent, AGENT_GONE);
    link_close(link);
}

static void send_to(struct ring *ring, uint16_t kind, const void *payload, uint32_t bytes)
{
    void *room;

    assert_int_equal(ring_reserve(ring, bytes, &room), RING_OK);
    memcpy(room, payload, bytes);
    ring_commit(ring, kind);
}

static uint32_t owner_of(struct agent *agent)
{
    return atomic_load(&shm_inspector(&agent->shm)->lock.owner);
}

/* ---- opening ---- */

static void test_link__opens(void **state)
{
    struct agent *agent = *state;
    struct link link;

    must_open(agent, &link);
    assert_string_equal(link.python, "3.11.7 (main)");
    assert_int_equal(link.python_hex, 0x030b0700);
    assert_int_equal(owner_of(agent) & FUTEX_TID_MASK, gettid());
    assert_int_equal(atomic_load(&shm_inspector(&agent->shm)->ready), 1);
    assert_int_equal(atomic_load(&shm_inspector(&agent->shm)->pid), getpid());
    shut(agent, &link);
    assert_int_equal(owner_of(agent) & FUTEX_TID_MASK, 0);
    assert_int_equal(atomic_load(&shm_inspector(&agent->shm)->leave), 1);
}

static void assert_refused(int fd, const char *why)
{
    struct link link = {.pid = 77};

    assert_fails(link_open(getpid(), fd, &link), ERR_PROTOCOL, why);
    assert_int_equal(link.pid, 77);
}

static void test_link__refuses_other_memory(void **state)
{
    static const int seals[] = {0, F_SEAL_SHRINK, F_SEAL_GROW};

    (void)state;
    int fd = make_memory(SHM_TOTAL_BYTES - 4096, F_SEAL_SHRINK | F_SEAL_GROW);
    assert_refused(fd, "another size");
    close(fd);
    for (size_t i = 0; i < 3; i++) { /* who can cut it could end us with SIGBUS */
        fd = make_memory(SHM_TOTAL_BYTES, seals[i]);
        assert_refused(fd, "not sealed");
        close(fd);
    }
    fd = open("/dev/null", O_RDWR);
    assert_refused(fd, "another size");
    close(fd);
    assert_refused(-1, "another size");
}

static void test_link__refuses_other_agents(void **state)
{
    struct agent *agent = *state;
    struct shm_agent *shared = shm_agent(&agent->shm);

    shared->magic++;
    assert_refused(agent->fd, "another protocol");
    shared->magic--;
    shared->version++;
    assert_refused(agent->fd, "another protocol");
    shared->version--;
    shared->build_id[0] ^= 1;
    assert_refused(agent->fd, "another build of ouro");
    memset(shared->build_id, 'x', sizeof shared->build_id); /* not even terminated */
    assert_refused(agent->fd, "another build of ouro");
    assert_int_equal(owner_of(agent), 0);
    assert_int_equal(atomic_load(&shm_inspector(&agent->shm)->ready), 0);
}

static void test_link__hostile_version_text(void **state)
{
    struct agent *agent = *state;
    struct link link;

    memset(shm_agent(&agent->shm)->python, '\x1b', PYTHON_TEXT_BYTES);
    must_open(agent, &link);
    assert_int_equal(strlen(link.python), PYTHON_TEXT_BYTES - 1);
    assert_int_equal(strspn(link.python, " "), PYTHON_TEXT_BYTES - 1);
    shut(agent, &link);
}

/* ---- our own life, as the agent sees it ---- */

static int open_and_wait(void *arg)
{
    struct agent *agent = arg;
    struct link link;
    char byte;

    err_destroy(link_open(getppid(), agent->fd, &link));
    puts("open");
    fflush(stdout);
    return (int)read(0, &byte, 1);
}

static void test_link__a_killed_inspector_is_noticed(void **state)
{
    struct agent *agent = *state;
    struct child child = child_fork(open_and_wait, agent);

    child_expect(&child, "open");
    assert_int_equal(owner_of(agent), child.pid);
    child_end(&child);
    assert_true(owner_of(agent) & FUTEX_OWNER_DIED);
}

static int open_and_exec(void *arg)
{
    struct agent *agent = arg;
    struct link link;

    err_destroy(link_open(getppid(), agent->fd, &link));
    execl("/bin/sh", "sh", "-c", "echo other; read x", (char *)NULL);
    return 1;
}

static void test_link__an_inspector_that_became_another_program(void **state)
{
    struct agent *agent = *state;
    struct child child = child_fork(open_and_exec, agent);

    child_expect(&child, "other");
    assert_true(owner_of(agent) & FUTEX_OWNER_DIED);
    child_end(&child);
}

static void *open_on_thread(void *arg)
{
    struct agent *agent = arg;
    struct link *link = malloc(sizeof *link);

    assert_ok(link_open(getpid(), agent->fd, link));
    return link;
}

static void test_link__a_thread_that_ended_is_noticed(void **state)
{
    struct agent *agent = *state;
    pthread_t thread;
    void *opened;

    assert_int_equal(pthread_create(&thread, NULL, open_on_thread, agent), 0);
    assert_int_equal(pthread_join(thread, &opened), 0);
    while (!(owner_of(agent) & FUTEX_OWNER_DIED)) /* the kernel wakes the joiner a bit before */
        sched_yield();
    shut(agent, opened);
    free(opened);
}

/* The shared page is the target's to write: nothing in it may lead us anywhere. */
static void test_link__hostile_lock(void **state)
{
    struct agent *agent = *state;
    char *lock = (char *)&shm_inspector(&agent->shm)->lock;
    size_t bytes = sizeof shm_inspector(&agent->shm)->lock;
    struct link link;

    for (size_t first = 0; first < bytes; first += 8)
        for (size_t last = first + 8; last <= bytes; last += 8) {
            must_open(agent, &link);
            memset(lock + first, 0x41, last - first);
            shut(agent, &link);
            memset(lock, 0, bytes);
        }
}

static void test_link__again_on_the_same_thread(void **state)
{
    struct agent *agent = *state;
    struct link link;

    for (int i = 0; i < 3; i++) {
        set_state(agent, AGENT_IDLE);
        must_open(agent, &link);
        assert_int_equal(owner_of(agent) & FUTEX_TID_MASK, gettid());
        shut(agent, &link);
    }
}

/* ---- requests ---- */

static void test_link__sends(void **state)
{
    struct agent *agent = *state;
    struct msg_req_snapshot request = {1, SNAPSHOT_EDGES, 600, 2}, got;
    const uint64_t tail[] = {0x1000, 0x2000};
    uint8_t buf[256];
    struct link link;
    uint16_t kind;
    uint32_t bytes;

    must_open(agent, &link);
    assert_ok(link_send(&link, &link.requests, MSG_REQ_SNAPSHOT, &request, sizeof request, tail,
                        sizeof tail));
    assert_int_equal(ring_read(&agent->requests, buf, sizeof buf, &kind, &bytes), RING_OK);
    assert_int_equal(kind, MSG_REQ_SNAPSHOT);
    assert_int_equal(bytes, sizeof request + sizeof tail);
    memcpy(&got, buf, sizeof got);
    assert_memory_equal(&got, &request, sizeof got);
    assert_memory_equal(buf + sizeof got, tail, sizeof tail);
    shut(agent, &link);
    assert_int_equal(ring_read(&agent->requests, buf, sizeof buf, &kind, &bytes), RING_OK);
    assert_int_equal(kind, MSG_REQ_DETACH);
}

static void fill_requests(struct link *link)
{
    struct msg_req_release request = {1};
    void *room;

    while (ring_reserve(&link->requests, sizeof request, &room) == RING_OK)
        ring_commit(&link->requests, MSG_REQ_RELEASE);
}

static int read_until_end(void *arg)
{
    char byte;

    (void)arg;
    return (int)read(0, &byte, 1);
}

static void test_link__sending_to_a_target_that_ended(void **state)
{
    struct agent *agent = *state;
    struct child child = child_fork(read_until_end, NULL);
    struct msg_req_release request = {1};
    struct link link;

    assert_ok(link_open(child.pid, agent->fd, &link));
    fill_requests(&link);
    child_end(&child);
    assert_fails(
        link_send(&link, &link.requests, MSG_REQ_RELEASE, &request, sizeof request, NULL, 0),
        ERR_TARGET_GONE, "has ended");
    link_close(&link); /* at once: nobody is there to wait for */
}

static void test_link__broken_request_ring(void **state)
{
    struct agent *agent = *state;
    struct msg_req_release request = {1};
    struct link link;
    uint16_t kind;
    uint32_t bytes;

    must_open(agent, &link);
    atomic_store(&shm_control(&agent->shm, RING_REQUESTS)->consumer.tail, 1ull << 40);
    assert_fails(
        link_send(&link, &link.requests, MSG_REQ_RELEASE, &request, sizeof request, NULL, 0),
        ERR_PROTOCOL, "a ring's position");
    assert_fails(link_next(&link, &link.snapshot, NULL, &kind, &bytes), ERR_PROTOCOL,
                 "earlier records");
    shut(agent, &link);
}

/* ---- what comes in ---- */

static void test_link__next_record(void **state)
{
    struct agent *agent = *state;
    struct msg_snap_begin begin = {.id = 5};
    struct link link;
    uint16_t kind = 9;
    uint32_t bytes;

    must_open(agent, &link);
    assert_ok(link_next(&link, &link.snapshot, NULL, &kind, &bytes));
    assert_int_equal(kind, 0); /* none came in time */
    send_to(&agent->snapshot, MSG_SNAP_BEGIN, &begin, sizeof begin);
    assert_ok(link_next(&link, &link.snapshot, NULL, &kind, &bytes));
    assert_int_equal(kind, MSG_SNAP_BEGIN);
    assert_int_equal(bytes, sizeof begin);
    assert_memory_equal(link.buffer, &begin, sizeof begin);
    shut(agent, &link);
}

static void test_link__largest_record(void **state)
{
    struct agent *agent = *state;
    uint32_t most = ring_max_payload(&agent->snapshot), bytes;
    uint8_t *payload = calloc(1, most);
    struct link link;
    uint16_t kind;

    must_open(agent, &link);
    send_to(&agent->snapshot, 1, payload, most);
    assert_ok(link_next(&link, &link.snapshot, NULL, &kind, &bytes));
    assert_int_equal(bytes, most);
    shut(agent, &link);
    free(payload);
}

static void test_link__broken_inbound_ring(void **state)
{
    struct agent *agent = *state;
    struct link link;
    uint16_t kind;
    uint32_t bytes;

    must_open(agent, &link);
    atomic_store(&shm_control(&agent->shm, RING_SNAPSHOT)->producer.head, 12345);
    assert_fails(link_next(&link, &link.snapshot, NULL, &kind, &bytes), ERR_PROTOCOL,
                 "a record of a ring");
    assert_true(link.broken);
    shut(agent, &link);
}

static void test_link__record_without_a_kind(void **state)
{
    struct agent *agent = *state;
    struct link link;
    uint16_t kind;
    uint32_t bytes;

    must_open(agent, &link);
    send_to(&agent->snapshot, 0, "", 0);
    assert_fails(link_next(&link, &link.snapshot, NULL, &kind, &bytes), ERR_PROTOCOL,
                 "a record of a ring");
    shut(agent, &link);
}

static void test_link__reply(void **state)
{
    struct agent *agent = *state;
    struct msg_rep_release other = {6, 0}, mine = {7, 0}, got;
    struct msg_rep_snapshot another_kind = {.id = 7};
    struct link link;

    must_open(agent, &link);
    send_to(&agent->replies, MSG_REP_RELEASE, &other, sizeof other); /* of a cancelled request */
    send_to(&agent->replies, MSG_REP_SNAPSHOT, &another_kind, sizeof another_kind);
    send_to(&agent->replies, MSG_REP_RELEASE, &mine, sizeof mine);
    assert_ok(link_wait_reply(&link, MSG_REP_RELEASE, 7, &got, sizeof got, NS_PER_S, NULL));
    assert_int_equal(got.id, 7);
    shut(agent, &link);
}

static void test_link__short_reply(void **state)
{
    struct agent *agent = *state;
    struct msg_rep_snapshot got;
    uint32_t id = 7;
    struct link link;

    must_open(agent, &link);
    send_to(&agent->replies, MSG_REP_SNAPSHOT, &id, sizeof id);
    assert_fails(link_wait_reply(&link, MSG_REP_SNAPSHOT, 7, &got, sizeof got, NS_PER_S, NULL),
                 ERR_PROTOCOL, "a short reply");
    shut(agent, &link);
}

static void send_log(struct agent *agent, uint32_t level, const char *text)
{
    struct msg_rep_log head = {level, 0};
    uint8_t payload[512];

    memcpy(payload, &head, sizeof head);
    memcpy(payload + sizeof head, text, strlen(text));
    send_to(&agent->replies, MSG_REP_LOG, payload, (uint32_t)(sizeof head + strlen(text)));
}

static void test_link__notes_what_the_agent_volunteers(void **state)
{
    struct agent *agent = *state;
    struct msg_rep_copy_ended ended = {5, 11, 0x1000, 0x2000};
    struct link link;
    struct log_entry entry;
    uint64_t lines = log_count();
    uint16_t kind = 1;
    uint32_t bytes;

    must_open(agent, &link);
    send_log(agent, MSG_LOG_ERROR, "no way");
    send_log(agent, MSG_LOG_INFO, "");
    send_to(&agent->replies, MSG_REP_LOG, "x", 1); /* too short: left out */
    send_to(&agent->replies, MSG_REP_COPY_ENDED, &ended, sizeof ended);
    assert_ok(link_next(&link, &link.snapshot, NULL, &kind, &bytes));
    assert_int_equal(kind, 0);
    assert_int_equal(log_count(), lines + 2);
    assert_true(log_get(lines, &entry));
    assert_string_equal(entry.text, "agent: no way");
    assert_int_equal(entry.level, LOG_ERROR);
    assert_int_equal(link.copy_ended.snapshot_id, 5);
    assert_int_equal(link.copy_ended.wait_status, 11);
    shut(agent, &link);
}

struct chatter {
    struct agent *agent;
    atomic_bool stop;
};

static void *chatter(void *arg)
{
    struct chatter *chatter = arg;
    struct msg_rep_log head = {0, 0};
    void *room;

    while (!atomic_load(&chatter->stop))
        if (ring_reserve(&chatter->agent->replies, sizeof head, &room) == RING_OK) {
            memcpy(room, &head, sizeof head);
            ring_commit(&chatter->agent->replies, MSG_REP_LOG);
        }
    return NULL;
}

/* An agent that never stops talking does not keep us from looking at anything else. */
static void test_link__endless_log_lines(void **state)
{
    struct chatter talker = {.agent = *state};
    struct link link;
    pthread_t thread;
    uint16_t kind;
    uint32_t bytes;
    atomic_bool cancel = true;

    must_open(talker.agent, &link);
    assert_int_equal(pthread_create(&thread, NULL, chatter, &talker), 0);
    for (int i = 0; i < 20; i++) {
        assert_ok(link_next(&link, &link.snapshot, NULL, &kind, &bytes));
        assert_int_equal(kind, 0);
    }
    assert_fails(link_next(&link, &link.snapshot, &cancel, &kind, &bytes), ERR_CANCELLED, "");
    atomic_store(&talker.stop, true);
    pthread_join(thread, NULL);
    shut(talker.agent, &link);
}

/* ---- the end ---- */

static struct err *wait_for_reply(struct link *link, const atomic_bool *cancel)
{
    struct msg_rep_release got;

    return link_wait_reply(link, MSG_REP_RELEASE, 7, &got, sizeof got, 20 * NS_PER_MS, cancel);
}

static void test_link__the_target_ends(void **state)
{
    struct agent *agent = *state;
    struct child child = child_fork(read_until_end, NULL);
    struct link link;

    assert_ok(link_open(child.pid, agent->fd, &link));
    kill(child.pid, SIGKILL);
    assert_fails(wait_for_reply(&link, NULL), ERR_TARGET_GONE, "has ended");
    link_close(&link);
    child_end(&child);
}

static void test_link__the_agent_leaves(void **state)
{
    struct agent *agent = *state;
    struct link link;

    must_open(agent, &link);
    set_state(agent, AGENT_LEAVING);
    assert_fails(wait_for_reply(&link, NULL), ERR_TARGET_GONE, "the agent has left");
    set_state(agent, AGENT_GONE);
    assert_fails(wait_for_reply(&link, NULL), ERR_TARGET_GONE, "the agent has left");
    shut(agent, &link);
}

static void test_link__cancelled(void **state)
{
    struct agent *agent = *state;
    atomic_bool cancel = true;
    struct link link;

    must_open(agent, &link);
    assert_fails(wait_for_reply(&link, &cancel), ERR_CANCELLED, "cancelled");
    assert_false(link.broken);
    shut(agent, &link);
}

static void test_link__the_interpreter_lock_is_not_to_be_had(void **state)
{
    struct agent *agent = *state;
    struct link link;

    must_open(agent, &link);
    set_state(agent, AGENT_WAITING);
    assert_fails(wait_for_reply(&link, NULL), ERR_TIMEOUT, "has held the interpreter lock");
    shut(agent, &link);
}

#define AGENT(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AGENT(test_link__opens),
        TEST(test_link__refuses_other_memory),
        AGENT(test_link__refuses_other_agents),
        AGENT(test_link__hostile_version_text),
        AGENT(test_link__a_killed_inspector_is_noticed),
        AGENT(test_link__an_inspector_that_became_another_program),
        AGENT(test_link__a_thread_that_ended_is_noticed),
        AGENT(test_link__hostile_lock),
        AGENT(test_link__again_on_the_same_thread),
        AGENT(test_link__sends),
        AGENT(test_link__sending_to_a_target_that_ended),
        AGENT(test_link__broken_request_ring),
        AGENT(test_link__next_record),
        AGENT(test_link__largest_record),
        AGENT(test_link__broken_inbound_ring),
        AGENT(test_link__record_without_a_kind),
        AGENT(test_link__reply),
        AGENT(test_link__short_reply),
        AGENT(test_link__notes_what_the_agent_volunteers),
        AGENT(test_link__endless_log_lines),
        AGENT(test_link__the_target_ends),
        AGENT(test_link__the_agent_leaves),
        AGENT(test_link__cancelled),
        AGENT(test_link__the_interpreter_lock_is_not_to_be_had),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
