#include "inspector/session/link.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/agent_blob.h"
#include "inspector/base/clock.h"
#include "inspector/base/log.h"
#include "inspector/session/evict.h"
#include "proto/decode.h"

enum {
    WAIT_NS = 10 * NS_PER_MS,
    LEAVE_POLL_NS = NS_PER_MS,
    SEALS = F_SEAL_SHRINK | F_SEAL_GROW,
    NOTES_MAX = 64, /* read in between; an agent may talk without end */
};
static const uint64_t leave_ns = 2000ull * NS_PER_MS;
static const uint64_t leave_waiting_ns =
    100ull * NS_PER_MS; /* for an agent that waits for the interpreter lock */
static const uint64_t look_ns =
    300ull * NS_PER_MS; /* how often to see whether the agent's memory is still mapped */
static const uint64_t send_ns = 2000ull * NS_PER_MS;

/* ---- opening ---- */

static struct err *not_ours(const char *why)
{
    return err_new(ERR_PROTOCOL, "detach whatever else inspects it", "its agent is not ours: %s",
                   why);
}

/* Size and seals first: memory that the other side can cut is not safe to touch. */
static struct err *check_file(int fd)
{
    struct stat st;
    int seals = fcntl(fd, F_GET_SEALS);

    if (fstat(fd, &st) || st.st_size != SHM_TOTAL_BYTES)
        return not_ours("the shared memory has another size");
    if (seals < 0 || (seals & SEALS) != SEALS)
        return not_ours("the shared memory is not sealed");
    return NULL;
}

static struct err *check_agent(const struct shm_agent *agent, struct link *link)
{
    if (agent->magic != LAYOUT_MAGIC || agent->version != LAYOUT_VERSION)
        return not_ours("it speaks another protocol");
    if (strncmp(agent->build_id, agent_build_id, BUILD_ID_BYTES))
        return not_ours("it belongs to another build of ouro");
    memcpy(link->python, agent->python, sizeof link->python);
    link->python[sizeof link->python - 1] = '\0';
    for (char *p = link->python; *p; p++)
        if (*p < ' ' || *p > '~')
            *p = ' ';
    link->python_hex = agent->python_hex;
    return NULL;
}

/*
 * A robust list of one entry, in memory that the target cannot reach. The kernel finds the futex of an
 * entry at a fixed offset from it: here the distance to the shared page. glibc's own list of this
 * thread (for pthread's robust mutexes, of which we have none) is put back when the link is closed.
 */
struct link_mark {
    struct robust_list_head head;
    struct robust_list entry;
    struct robust_list_head *libc_head;
    size_t libc_bytes;
};

static struct err *mark(struct shm_inspector *shared, struct link_mark **ret)
{
    struct link_mark *mark = calloc(1, sizeof *mark);

    if (!mark)
        return err_nomem();
    mark->head.list.next = &mark->entry;
    mark->entry.next = &mark->head.list;
    mark->head.futex_offset = (char *)&shared->lock.owner - (char *)&mark->entry;
    if (syscall(SYS_get_robust_list, 0, &mark->libc_head, &mark->libc_bytes) ||
        syscall(SYS_set_robust_list, &mark->head, sizeof mark->head)) {
        struct err *err = err_sys(errno, "cannot make the kernel watch over this thread");
        free(mark);
        return err;
    }
    atomic_store(&shared->lock.owner, (uint32_t)gettid());
    *ret = mark;
    return NULL;
}

static void unmark(struct shm_inspector *shared, struct link_mark *mark)
{
    atomic_store(&shared->lock.owner, 0);
    syscall(SYS_set_robust_list, mark->libc_head, mark->libc_bytes);
    free(mark);
}

static void open_ring(struct link *link, enum ring_id id, bool producer, struct ring *ret)
{
    struct ring_control *control = shm_control(&link->shm, id);

    (producer ? ring_init_producer : ring_init_consumer)(ret, control, link->shm.data[id],
                                                         layout_ring_bytes(id));
}

struct err *link_open(pid_t pid, int fd, struct link *ret)
{
    struct link link = {.pid = pid, .next_id = 1, .pidfd = -1};
    int failed;

    ERR_RETURN(check_file(fd));
    failed = layout_map(fd, 1, &link.shm);
    if (failed)
        return err_sys(-failed, "cannot map the shared memory");
    struct err *err = check_agent(shm_agent(&link.shm), &link);
    link.buffer = malloc(LINK_BUFFER_BYTES);
    if (!err && !link.buffer)
        err = err_nomem();
    if (!err)
        err = mark(shm_inspector(&link.shm), &link.mark);
    if (err) {
        free(link.buffer);
        layout_unmap(&link.shm);
        return err;
    }
    link.pidfd = (int)syscall(SYS_pidfd_open, pid, 0); /* -1 before Linux 5.3: kill(2) tells then */
    open_ring(&link, RING_REQUESTS, true, &link.requests);
    open_ring(&link, RING_REPLIES, false, &link.replies);
    open_ring(&link, RING_SNAPSHOT, false, &link.snapshot);
    open_ring(&link, RING_QUESTIONS, true, &link.questions);
    open_ring(&link, RING_ANSWERS, false, &link.answers);
    open_ring(&link, RING_EVENTS, false, &link.events);
    atomic_store(&shm_inspector(&link.shm)->pid, getpid());
    atomic_store(&shm_inspector(&link.shm)->ready, 1);
    *ret = link;
    return NULL;
}

/* ---- the other side's life ---- */

static bool target_lives(const struct link *link)
{
    struct pollfd poll_pid = {.fd = link->pidfd, .events = POLLIN};

    if (link->pidfd >= 0)
        return poll(&poll_pid, 1, 0) == 0;
    return kill(link->pid, 0) == 0 || errno == EPERM;
}

/* A process that becomes another program (execve(2)) keeps its number; the agent goes without a word. */
static struct err *check_agent_is_there(struct link *link)
{
    bool is_mapped = true;

    if (clock_ns() < link->look_at_ns)
        return NULL;
    link->look_at_ns = clock_ns() + look_ns;
    err_destroy(
        evict_is_mapped(link->pid, &is_mapped)); /* if it cannot be told, it will not be told */
    link->is_lost = !is_mapped;
    if (link->is_lost)
        return err_new(ERR_TARGET_GONE, "attach again",
                       "process %d has become another program, or lost its agent", link->pid);
    return NULL;
}

static struct err *check_life(struct link *link, const atomic_bool *cancel)
{
    uint32_t state = atomic_load(&shm_agent(&link->shm)->state);

    if (!target_lives(link))
        return err_new(ERR_TARGET_GONE, NULL, "process %d has ended", link->pid);
    if (state != AGENT_GONE && state != AGENT_LEAVING)
        ERR_RETURN(check_agent_is_there(link));
    if (state == AGENT_GONE || state == AGENT_LEAVING)
        return err_new(ERR_TARGET_GONE, "attach again", "the agent has left process %d", link->pid);
    if (cancel && atomic_load(cancel))
        return err_new(ERR_CANCELLED, NULL, "cancelled");
    return NULL;
}

/* Whether to wait for the agent to go; one that is blocked goes by itself when it has the lock. */
static bool is_leaving(const struct link *link, uint64_t since_ns)
{
    uint32_t state = atomic_load(&shm_agent(&link->shm)->state);
    uint64_t waited_ns = clock_ns() - since_ns;

    return state != AGENT_GONE && target_lives(link) &&
           waited_ns < (state == AGENT_WAITING ? leave_waiting_ns : leave_ns);
}

void link_close(struct link *link)
{
    uint64_t since_ns = clock_ns();
    struct msg_req_detach detach = {link->next_id++};

    atomic_store(&shm_inspector(&link->shm)->leave, 1);
    err_destroy(link_send(link, &link->requests, MSG_REQ_DETACH, &detach, sizeof detach, NULL, 0));
    while (is_leaving(link, since_ns) && !link->is_lost)
        clock_sleep_ns(LEAVE_POLL_NS);
    unmark(shm_inspector(&link->shm), link->mark);
    layout_unmap(&link->shm);
    if (link->pidfd >= 0)
        close(link->pidfd);
    free(link->buffer);
    *link = (struct link){.pidfd = -1};
}

/* ---- records ---- */

static struct err *broken(struct link *link, const char *what)
{
    link->broken = true;
    return err_new(ERR_PROTOCOL, "attach again", "process %d sent what makes no sense: %s",
                   link->pid, what);
}

struct err *link_send(struct link *link, struct ring *ring, enum msg_kind kind, const void *fixed,
                      uint32_t fixed_bytes, const void *tail, uint32_t tail_bytes)
{
    uint64_t deadline = clock_ns() + send_ns;
    enum ring_status status;
    void *room;

    while ((status = ring_reserve(ring, fixed_bytes + tail_bytes, &room)) == RING_FULL) {
        ERR_RETURN(check_life(link, NULL));
        if (clock_ns() > deadline)
            return err_new(ERR_TIMEOUT, "attach again", "process %d takes no requests", link->pid);
        ring_wait_space(ring, WAIT_NS);
    }
    if (status != RING_OK)
        return broken(link, "a ring's position");
    memcpy(room, fixed, fixed_bytes);
    if (tail_bytes)
        memcpy((uint8_t *)room + fixed_bytes, tail, tail_bytes);
    ring_commit(ring, (uint16_t)kind);
    return NULL;
}

/* A log line or a copy's end; nothing else comes unasked. */
static void note(struct link *link, uint16_t kind, uint32_t bytes)
{
    struct msg_rep_log line;

    if (kind == MSG_REP_COPY_ENDED)
        decode_fixed(kind, link->buffer, bytes, &link->copy_ended, sizeof link->copy_ended);
    else if (kind == MSG_REP_WALKED)
        decode_fixed(kind, link->buffer, bytes, &link->walked, sizeof link->walked);
    else if (kind == MSG_REP_LOG && decode_fixed(kind, link->buffer, bytes, &line, sizeof line))
        log_line(line.level == MSG_LOG_ERROR ? LOG_ERROR : LOG_INFO, "agent: %.*s",
                 (int)(bytes - sizeof line), (const char *)link->buffer + sizeof line);
}

/* One record of a ring into the buffer; *kind = 0 if there is none now. */
static struct err *read_now(struct link *link, struct ring *ring, uint16_t *kind, uint32_t *bytes)
{
    enum ring_status status = ring_read(ring, link->buffer, LINK_BUFFER_BYTES, kind, bytes);

    if (status == RING_OK && *kind)
        return NULL;
    if (status != RING_EMPTY)
        return broken(link, "a record of a ring");
    *kind = 0;
    return NULL;
}

/* There is no record: what else is going on. */
static struct err *look_around(struct link *link, const struct ring *ring,
                               const atomic_bool *cancel, uint16_t *kind, uint32_t *bytes)
{
    for (int i = 0; i < NOTES_MAX && ring != &link->replies; i++) {
        ERR_RETURN(read_now(link, &link->replies, kind, bytes));
        if (!*kind)
            break;
        note(link, *kind, *bytes);
    }
    *kind = 0;
    return check_life(link, cancel);
}

static struct err *read_unless_cancelled(struct link *link, struct ring *ring,
                                         const atomic_bool *cancel, uint16_t *kind, uint32_t *bytes)
{
    if (link->broken)
        return broken(link, "earlier records");
    if (cancel && atomic_load(cancel))
        return err_new(ERR_CANCELLED, NULL, "cancelled");
    return read_now(link, ring, kind, bytes);
}

struct err *link_next(struct link *link, struct ring *ring, const atomic_bool *cancel,
                      uint16_t *kind, uint32_t *bytes)
{
    ERR_RETURN(read_unless_cancelled(link, ring, cancel, kind, bytes));
    if (*kind || ring_wait_data(ring, WAIT_NS) == RING_OK)
        return *kind ? NULL : read_now(link, ring, kind, bytes);
    return look_around(link, ring, cancel, kind, bytes);
}

struct err *link_poll(struct link *link, struct ring *ring, const atomic_bool *cancel,
                      uint16_t *kind, uint32_t *bytes)
{
    ERR_RETURN(read_unless_cancelled(link, ring, cancel, kind, bytes));
    return *kind ? NULL : look_around(link, ring, cancel, kind, bytes);
}

struct err *link_wait_reply(struct link *link, enum msg_kind kind, uint32_t id, void *to,
                            uint32_t to_bytes, uint64_t lock_limit_ns, const atomic_bool *cancel)
{
    uint64_t waiting_since = 0;

    for (;;) {
        uint16_t got;
        uint32_t bytes, got_id;
        ERR_RETURN(link_next(link, &link->replies, cancel, &got, &bytes));
        if (got == kind) {
            if (!decode_fixed(got, link->buffer, bytes, to, to_bytes))
                return broken(link, "a short reply");
            memcpy(&got_id, to, sizeof got_id); /* every reply starts with its id */
            if (got_id == id)
                return NULL;
        } else if (got) {
            note(link, got, bytes);
        }
        bool waits = atomic_load(&shm_agent(&link->shm)->state) == AGENT_WAITING;
        waiting_since = !waits ? 0 : waiting_since ? waiting_since : clock_ns();
        if (waits && clock_ns() - waiting_since > lock_limit_ns)
            return err_new(ERR_TIMEOUT, "try again when it is done, or look with gdb or py-spy",
                           "a thread of process %d has held the interpreter lock for %u s without "
                           "letting go: it is busy or blocked inside C code",
                           link->pid, (unsigned)(lock_limit_ns / NS_PER_S));
    }
}
