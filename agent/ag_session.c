#include "agent/ag_session.h"

#include <linux/fcntl.h>
#include <linux/memfd.h>

#include "agent/ag_api.h"
#include "agent/ag_build_id.h"
#include "agent/ag_collect.h"
#include "agent/ag_copy.h"
#include "agent/ag_events.h"
#include "agent/ag_pyver.h"
#include "agent/ag_send.h"
#include "agent/ag_switch.h"
#include "agent/ag_sys.h"
#include "proto/decode.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U /* Linux 6.3; the only kind there is with vm.memfd_noexec=2 */
#endif

enum {
    STACK_BYTES = 1 << 20,
    ATTR_BYTES = 128, /* more than any libc's pthread_attr_t */
    PTHREAD_DETACHED = 1,
    INSPECTOR_WAIT_MS = 1500,
    POLL_NS = 1 * AG_NS_PER_MS,
    LOOK_NS = 400 * AG_NS_PER_MS, /* how often an idle agent looks whether the inspector lives */
    SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW,
    REQUEST_BYTES_MAX = SHM_REQUESTS_BYTES / 4,
};
_Static_assert(sizeof AG_BUILD_ID <= BUILD_ID_BYTES, "the build id has its place");

/* One session at a time in a process. Written by the start function, then only by the agent thread.
 */
static struct session {
    _Atomic int
        pid; /* of the process whose session this is; a forked child finds its parent's here */
    _Atomic int inspector; /* whose session it is; the shared memory that says so may be gone */
    struct shm shm;
    int ring_fd;
    uint64_t ring_inode;
    struct ring requests;
    struct ag_sender replies;
    struct ag_copy copy;   /* the one that serves */
    struct ag_copy before; /* the one made before a collection, while it walks */
    bool leaving;
    uint64_t opaque[MSG_OPAQUE_MAX];
} session;

/* ---- start ---- */

static void report(struct start *start, enum start_status status, int value, const char *text)
{
    size_t n = strlen(text);

    if (n >= START_TEXT_BYTES)
        n = START_TEXT_BYTES - 1;
    memcpy(start->text, text, n);
    start->text[n] = '\0';
    start->value = value;
    start->status = (int32_t)status;
}

/* The inode number of an open descriptor, 0 if there is none. */
static uint64_t inode_of(int fd)
{
    uint64_t stat[32] = {0}; /* struct stat; st_ino is its second word */

    return sys_failed(sys_call2(SYS_fstat, fd, (long)stat)) ? 0 : stat[1];
}

/* Makes and maps the shared memory; returns the descriptor, or -errno. */
static int make_shared_memory(struct shm *shm)
{
    long fd = sys_call2(SYS_memfd_create, (long)"ouro-ring",
                        MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
    if (fd == -22 /* EINVAL: an older kernel */)
        fd = sys_call2(SYS_memfd_create, (long)"ouro-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (sys_failed(fd))
        return (int)fd;
    long failed = sys_call2(SYS_ftruncate, fd, SHM_TOTAL_BYTES);
    if (!sys_failed(failed))
        failed = sys_call3(SYS_fcntl, fd, F_ADD_SEALS, SEALS);
    if (!sys_failed(failed))
        failed = layout_map((int)fd, 0, shm);
    if (sys_failed(failed)) {
        sys_call1(SYS_close, fd);
        return (int)failed;
    }
    sys_call3(SYS_madvise, (long)shm->base, (long)layout_map_bytes(), MADV_DONTFORK);
    return (int)fd;
}

static void describe_target(struct shm_agent *agent)
{
    const char *python = api.Py_GetVersion();
    size_t n = strlen(python);

    agent->magic = LAYOUT_MAGIC;
    agent->version = LAYOUT_VERSION;
    agent->total_bytes = SHM_TOTAL_BYTES;
    memcpy(agent->build_id, AG_BUILD_ID, sizeof AG_BUILD_ID);
    memcpy(agent->python, python, n < PYTHON_TEXT_BYTES ? n : PYTHON_TEXT_BYTES - 1);
    agent->python_hex = api.hex;
    agent->pid = (int32_t)ag_getpid();
    atomic_store(&agent->state, AGENT_STARTING);
}

static void *agent_thread(void *arg);

/* Not PyThread_start_new_thread(): that allocates through PyMem_RawMalloc(), which wants the GIL
 * when tracemalloc is on, and the borrowed thread may be in the middle of giving it up. Returns an
 * errno. */
static int start_thread(void)
{
    uint64_t attr[ATTR_BYTES / 8], thread[2];
    int failed = api.pthread_attr_init(attr);

    if (failed)
        return failed;
    api.pthread_attr_setdetachstate(attr, PTHREAD_DETACHED);
    api.pthread_attr_setstacksize(attr, STACK_BYTES);
    failed = api.pthread_create(thread, attr, agent_thread, NULL);
    api.pthread_attr_destroy(attr);
    return failed;
}

void ouro_agent_start(struct start *start)
{
    int me = (int)ag_getpid();
    const char *detail = "";

    if (atomic_load(&session.pid) == me) {
        report(start, START_BUSY, atomic_load(&session.inspector), "");
        return;
    }
    enum start_status status = ag_api_load(start, &detail);
    if (status == START_OK && !ag_pyver_select(api.minor))
        status = START_VERSION;
    if (status != START_OK) {
        report(start, status, 0, detail);
        return;
    }
    int fd = make_shared_memory(&session.shm);
    if (fd < 0) {
        report(start, START_ERRNO, -fd, "shared memory");
        return;
    }
    describe_target(shm_agent(&session.shm));
    session.ring_fd = start->ring_fd = fd;
    session.ring_inode = inode_of(fd);
    session.leaving = false;
    atomic_store(&session.inspector, 0);
    atomic_store(&session.pid, me);
    int failed = start_thread();
    if (failed) {
        atomic_store(&session.pid, 0);
        layout_unmap(&session.shm);
        sys_call1(SYS_close, fd);
        report(start, START_ERRNO, failed, "thread");
        return;
    }
    report(start, START_OK, 0, "");
}

/* ---- holding the GIL ---- */

struct gil {
    int state;
    uint64_t wait_ns;
    uint64_t since_ns;
};

static void set_state(enum agent_state state)
{
    atomic_store(&shm_agent(&session.shm)->state, (uint32_t)state);
}

/* False when the interpreter is going away, or when the inspector gave up waiting. Until 3.13 a thread that asks too late is ended inside
 * the call: what is left then goes with the process. */
static bool gil_take(struct gil *gil)
{
    if (ag_api_finalizing())
        return false;
    set_state(AGENT_WAITING);
    uint64_t asked = ag_clock_ns();
    gil->state = api.PyGILState_Ensure();
    gil->since_ns = ag_clock_ns();
    gil->wait_ns = gil->since_ns - asked;
    set_state(AGENT_WORKING);
    if (ag_inspector_alive(&session.shm))
        return true;
    api.PyGILState_Release(gil->state);
    return false;
}

static uint64_t gil_give(const struct gil *gil)
{
    uint64_t held_ns = ag_clock_ns() - gil->since_ns;

    api.PyGILState_Release(gil->state);
    set_state(AGENT_IDLE);
    return held_ns;
}

/* ---- requests ---- */

static bool reply(enum msg_kind kind, const void *fixed, uint32_t bytes)
{
    return ag_send(&session.replies, kind, fixed, bytes, NULL, 0);
}

static void do_snapshot(const struct msg_req_snapshot *request)
{
    struct msg_rep_snapshot answer = {.id = request->id};
    struct gil gil;

    ag_copy_end(&session.copy);
    if (!gil_take(&gil)) {
        answer.status = MSG_FINALIZING;
    } else {
        long pid = ag_copy_start(&session.copy, &session.shm, request, session.opaque);
        answer.pause_ns = gil_give(&gil);
        answer.wait_ns = gil.wait_ns;
        answer.copy_pid = pid > 0 ? (int32_t)pid : 0;
        if (pid < 0) {
            answer.status = MSG_ERRNO;
            answer.sys_errno = (int32_t)-pid;
        }
        ag_copy_give_turn(&session.shm, request->id);
    }
    reply(MSG_REP_SNAPSHOT, &answer, sizeof answer);
}

/* Without a copy: the stream flows while the lock is held. */
static void do_snapshot_here(const struct msg_req_snapshot *request)
{
    struct msg_rep_snapshot answer = {.id = request->id};
    struct msg_rep_walked walked = {.id = request->id};
    struct gil gil;

    ag_copy_end(&session.copy);
    bool has_it = gil_take(&gil);
    answer.status = has_it ? MSG_OK : MSG_FINALIZING;
    answer.wait_ns = has_it ? gil.wait_ns : 0;
    if (!reply(MSG_REP_SNAPSHOT, &answer, sizeof answer) && has_it)
        gil_give(&gil);
    else if (has_it) {
        bool whole = ag_copy_walk_here(&session.shm, request, session.opaque);
        walked.pause_ns = gil_give(&gil);
        walked.status = whole ? MSG_OK : MSG_ERRNO;
        reply(MSG_REP_WALKED, &walked, sizeof walked);
    }
}

/* A copy, the collection, another copy, in one piece: what is in the first and not in the second
 * was freed. */
static void do_collect(const struct msg_req_collect *request)
{
    struct msg_rep_collect answer = {
        .id = request->id,
        .generation = request->generation,
        .before_id = request->id,
        .after_id = request->id + 1,
    };
    struct msg_req_snapshot before = {.id = answer.before_id, .flags = SNAPSHOT_EDGES};
    struct msg_req_snapshot after = {answer.after_id, request->after_flags, request->idle_limit_s,
                                     0};
    struct ag_collection collection = {0};
    struct gil gil;

    ag_copy_end(&session.copy);
    ag_copy_end(&session.before);
    if (!gil_take(&gil)) {
        answer.status = MSG_FINALIZING;
        reply(MSG_REP_COLLECT, &answer, sizeof answer);
        return;
    }
    long failed = ag_copy_start(&session.before, &session.shm, &before, session.opaque);
    if (failed > 0) {
        if (!ag_collect(request->generation, &collection))
            answer.status = MSG_PYTHON_ERROR;
        failed = ag_copy_start(&session.copy, &session.shm, &after, session.opaque);
    }
    answer.held_ns = gil_give(&gil);
    if (failed < 0) {
        answer.status = MSG_ERRNO;
        answer.sys_errno = (int32_t)-failed;
    }
    answer.wait_ns = gil.wait_ns;
    answer.collected = collection.collected;
    answer.pause_ns = collection.pause_ns;
    ag_copy_give_turn(&session.shm, before.id);
    reply(MSG_REP_COLLECT, &answer, sizeof answer);
}

static void do_release(const struct msg_req_release *request)
{
    struct msg_rep_release answer = {request->id, 0};

    ag_copy_end(&session.copy);
    ag_copy_end(&session.before);
    reply(MSG_REP_RELEASE, &answer, sizeof answer);
}

static void do_follow(const struct msg_req_follow *request)
{
    struct msg_rep_follow answer = {.id = request->id, .status = MSG_FINALIZING};
    struct gil gil;

    if (gil_take(&gil)) {
        answer.status = MSG_OK;
        if (request->on)
            answer.status = ag_events_start(&session.shm);
        else
            ag_events_stop(&answer);
        answer.held_ns = gil_give(&gil);
        answer.wait_ns = gil.wait_ns;
    }
    reply(MSG_REP_FOLLOW, &answer, sizeof answer);
}

static void do_set(const struct msg_req_set *request)
{
    struct msg_rep_set answer = {.id = request->id, .status = MSG_FINALIZING};
    struct gil gil;

    if (gil_take(&gil)) {
        answer.status = ag_switch_set(request, &answer);
        answer.held_ns = gil_give(&gil);
        answer.wait_ns = gil.wait_ns;
    }
    reply(MSG_REP_SET, &answer, sizeof answer);
}

/* Takes the function out of gc.callbacks, though nobody may be there to be told. False: it is still there, and the shared
 * memory has to stay: the interpreter is going away, and the process with it. */
static bool stop_following(void)
{
    if (!ag_events_active())
        return true;
    if (ag_api_finalizing())
        return false;
    set_state(AGENT_WAITING);
    int gil_state = api.PyGILState_Ensure();
    ag_events_stop(NULL);
    api.PyGILState_Release(gil_state);
    return true;
}

static void do_request(uint16_t kind, const uint8_t *payload, uint32_t bytes)
{
    union {
        struct msg_req_snapshot snapshot;
        struct msg_req_collect collect;
        struct msg_req_release release;
        struct msg_req_follow follow;
        struct msg_req_set set;
    } request;

    memset(&request, 0, sizeof request);
    memcpy(&request, payload, bytes < sizeof request ? bytes : sizeof request);
    switch (kind) {
    case MSG_REQ_SNAPSHOT:
        if (request.snapshot.opaque_count > MSG_OPAQUE_MAX ||
            bytes < sizeof request.snapshot + 8 * request.snapshot.opaque_count)
            break;
        memcpy(session.opaque, payload + sizeof request.snapshot,
               8 * request.snapshot.opaque_count);
        if (request.snapshot.flags & SNAPSHOT_HERE)
            do_snapshot_here(&request.snapshot);
        else
            do_snapshot(&request.snapshot);
        return;
    case MSG_REQ_COLLECT:
        if (request.collect.generation < 0 || request.collect.generation > 2)
            break;
        do_collect(&request.collect);
        return;
    case MSG_REQ_RELEASE:
        do_release(&request.release);
        return;
    case MSG_REQ_FOLLOW:
        if (!decode_follow(payload, bytes, &request.follow))
            break;
        do_follow(&request.follow);
        return;
    case MSG_REQ_SET:
        if (!decode_set(payload, bytes, &request.set))
            break;
        do_set(&request.set);
        return;
    default: /* MSG_REQ_DETACH, or an inspector that is no longer what we know */
        break;
    }
    session.leaving = true;
}

/* A copy that ended by itself is reaped and reported; the next one's turn comes when the one before
 * it is done. */
static void look_after_copies(void)
{
    struct shm_copy *shared = shm_copy(&session.shm);
    struct ag_copy *copies[] = {&session.before, &session.copy};

    for (int i = 0; i < 2; i++) {
        struct msg_rep_copy_ended ended = {.snapshot_id = copies[i]->snapshot_id};
        if (!ag_copy_ended(copies[i], &ended.wait_status))
            continue;
        if (ended.wait_status) { /* crashed or was killed */
            ended.type = atomic_load(&shared->type);
            ended.object = atomic_load(&shared->object);
        }
        reply(MSG_REP_COPY_ENDED, &ended, sizeof ended);
        if (copies[i] == &session.before && session.copy.pid)
            ag_copy_give_turn(&session.shm, session.copy.snapshot_id);
    }
}

/* ---- the thread ---- */

/* Closes the ring's descriptor unless the program has closed it and reused its number. */
static void close_ring_fd(void)
{
    if (session.ring_fd >= 0 && inode_of(session.ring_fd) == session.ring_inode)
        sys_call1(SYS_close, session.ring_fd);
    session.ring_fd = -1;
}

static bool wait_for_inspector(void)
{
    uint64_t deadline = ag_clock_ns() + (uint64_t)INSPECTOR_WAIT_MS * AG_NS_PER_MS;

    while (!atomic_load(&shm_inspector(&session.shm)->ready)) {
        if (ag_clock_ns() > deadline)
            return false;
        ag_sleep_ns(POLL_NS);
    }
    atomic_store(&session.inspector, atomic_load(&shm_inspector(&session.shm)->pid));
    return true;
}

static void serve(void)
{
    static uint8_t payload[REQUEST_BYTES_MAX];
    const struct shm *shm = &session.shm;

    ring_init_consumer(&session.requests, shm_control(shm, RING_REQUESTS), shm->data[RING_REQUESTS],
                       layout_ring_bytes(RING_REQUESTS));
    ag_sender_init(&session.replies, shm, RING_REPLIES);
    set_state(AGENT_IDLE);
    while (!session.leaving && ag_inspector_alive(shm) && !session.replies.gone) {
        uint16_t kind;
        uint32_t bytes;
        enum ring_status status =
            ring_read(&session.requests, payload, sizeof payload, &kind, &bytes);
        if (status == RING_OK)
            do_request(kind, payload, bytes);
        else if (status == RING_EMPTY)
            ring_wait_data(&session.requests, session.before.pid ? POLL_NS : LOOK_NS);
        else
            return;
        look_after_copies();
    }
}

static void *agent_thread(void *arg)
{
    struct shm_agent *agent = shm_agent(&session.shm);

    (void)arg;
    agent->tid = (int32_t)ag_gettid();
    sys_call2(SYS_prctl, 15 /* PR_SET_NAME */, (long)"ouro-agent");
    bool inspected = wait_for_inspector();
    close_ring_fd();
    if (inspected)
        serve();
    set_state(AGENT_LEAVING);
    ag_copy_end(&session.before);
    ag_copy_end(&session.copy);
    bool is_out = stop_following();
    set_state(AGENT_GONE);
    if (is_out)
        layout_unmap(&session.shm);
    atomic_store(&session.pid, 0);
    return NULL;
}
