#include "agent/ag_copy.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/wait.h>

#include "agent/ag_answer.h"
#include "agent/ag_guard.h"
#include "agent/ag_send.h"
#include "agent/ag_sys.h"
#include "agent/ag_walk.h"

enum {
    NICE = 5,
    FIRST_FD_TO_CLOSE = 0,
    LOOK_NS = 200 * AG_NS_PER_MS,
    SIGNALS = 64,
    ITIMER_VIRTUAL = 1, /* counts while our own code runs: not while the inspector is slow */
    TICK_S = 1,
    STUCK_TICKS = 3,
    SA_RESTORER = 0x04000000, /* x86-64 refuses handlers without */
    EXIT_FINE = 0,
    EXIT_CRASHED = 3,
    QUESTION_BYTES_MAX = SHM_QUESTIONS_BYTES / 4,
};
static const uint64_t here_patience_ns = 1000ull * AG_NS_PER_MS;
static const uint64_t here_budget_ns = 10000ull * AG_NS_PER_MS;

/* The kernel's struct sigaction. */
struct ksigaction {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

/* What the signal handlers look at. */
static struct ag_walk walk;
static const struct shm *crash_shm;
static bool blaming;
static uint64_t progress_before;
static int ticks_without_progress;

static _Noreturn void leave(int status)
{
    for (;;)
        sys_call1(SYS_exit_group, status);
}

struct ag_guard ag_guard;

/* A broken extension type was met: say where, and go. Never returns. */
static void crashed(int signal)
{
    if (ag_guard.armed) {
        ag_guard.armed = false;
        __builtin_longjmp(ag_guard.jump, 1);
    }
    if (!blaming) {
        blaming = true; /* that may crash, too */
        ag_walk_blame(&walk);
    }
    atomic_store(&shm_copy(crash_shm)->fault, (uint32_t)signal);
    leave(EXIT_CRASHED);
}

/* Returns from a signal handler, as libc's restorer does. */
void ag_copy_sigreturn(void) __attribute__((visibility("hidden")));
__asm__(".text\n"
        ".type ag_copy_sigreturn, @function\n"
        "    nop\n" /* unwinders look at the byte before */
        "ag_copy_sigreturn:\n"
        "    mov $15, %eax\n" /* rt_sigreturn */
        "    syscall\n");

/* Once per second of our own processor time: an object whose type loops for ever is as bad as one
 * whose type crashes. */
static void tick(int signal)
{
    uint64_t progress = ag_walk_progress(&walk);

    if (!progress || progress != progress_before)
        ticks_without_progress = 0;
    else if (++ticks_without_progress == STUCK_TICKS)
        crashed(signal);
    progress_before = progress;
}

static void set_handler(int signal, void (*handler)(int), void (*restorer)(void))
{
    struct ksigaction action = {handler, SA_NODEFER | SA_RESTORER, restorer, 0};
    uint64_t unblock = 1ull << (signal - 1);

    sys_call4(SYS_rt_sigaction, signal, (long)&action, 0, sizeof action.mask);
    sys_call4(SYS_rt_sigprocmask, SIG_UNBLOCK, (long)&unblock, 0, sizeof unblock);
}

/* Nothing of the program may run here: every disposition to its default, crashes to ours. */
static void reset_signals(void)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP};
    struct ksigaction action = {.handler = SIG_DFL};
    const uint64_t second[4] = {TICK_S, 0, TICK_S, 0};

    for (int signal = 1; signal <= SIGNALS; signal++)
        sys_call4(SYS_rt_sigaction, signal, (long)&action, 0, sizeof action.mask);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        set_handler(faults[i], crashed, ag_copy_sigreturn);
    set_handler(SIGVTALRM, tick, ag_copy_sigreturn);
    sys_call3(SYS_setitimer, ITIMER_VIRTUAL, (long)second, 0);
}

/* Old kernels have no close_range(2): a table of our own, then one by one what /proc lists. */
static void close_all_slowly(void)
{
    char entries[4096];
    long dir, n;

    sys_call1(SYS_unshare, CLONE_FILES);
    dir = sys_call4(SYS_openat, AT_FDCWD, (long)"/proc/self/fd", O_RDONLY | O_DIRECTORY, 0);
    while (dir >= 0 && (n = sys_call3(SYS_getdents64, dir, (long)entries, sizeof entries)) > 0)
        for (long at = 0; at < n;) {
            uint16_t length;
            memcpy(&length, entries + at + 16, 2); /* struct linux_dirent64 */
            const char *name = entries + at + 19;
            long fd = 0;
            for (; *name >= '0' && *name <= '9'; name++)
                fd = fd * 10 + *name - '0';
            if (!*name && fd != dir)
                sys_call1(SYS_close, fd);
            at += length;
        }
    for (long fd = 0; dir < 0 && fd < 65536; fd++) /* no /proc */
        sys_call1(SYS_close, fd);
    if (dir >= 0)
        sys_call1(SYS_close, dir);
}

static void write_file(const char *path, const char *text)
{
    long fd = sys_call4(SYS_openat, AT_FDCWD, (long)path, O_WRONLY | O_CLOEXEC, 0);

    if (fd < 0)
        return;
    sys_call3(SYS_write, fd, (long)text, (long)strlen(text));
    sys_call1(SYS_close, fd);
}

/* Becomes invisible and harmless. */
static void detach_from_program(int parent)
{
    if (sys_failed(sys_call3(SYS_close_range, FIRST_FD_TO_CLOSE, ~0u, CLOSE_RANGE_UNSHARE)))
        close_all_slowly();
    sys_call2(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
    if (sys_call0(SYS_getppid) != parent) /* it died before that */
        leave(EXIT_FINE);
    write_file("/proc/self/oom_score_adj", "1000"); /* before /proc/self is root's */
    sys_call2(SYS_prctl, PR_SET_DUMPABLE, 0);
    sys_call2(SYS_prctl, PR_SET_NAME, (long)"ouro-copy");
    sys_call2(SYS_setpgid, 0, 0);
    sys_call3(SYS_setpriority, 0, 0, NICE);
    reset_signals();
}

static void serve(const struct shm *shm, const struct msg_req_snapshot *request)
{
    static uint8_t question[QUESTION_BYTES_MAX];
    struct ring questions;
    struct ag_sender answers;
    uint64_t deadline = ag_clock_ns() + request->idle_limit_s * 1000000000ull;

    ring_init_consumer(&questions, shm_control(shm, RING_QUESTIONS), shm->data[RING_QUESTIONS],
                       layout_ring_bytes(RING_QUESTIONS));
    ag_sender_init(&answers, shm, RING_ANSWERS);
    atomic_store(&shm_copy(shm)->state, COPY_SERVING);
    while (ag_inspector_alive(shm) && ag_clock_ns() < deadline) {
        uint16_t kind;
        uint32_t bytes;
        enum ring_status status = ring_read(&questions, question, sizeof question, &kind, &bytes);
        if (status == RING_EMPTY) {
            ring_wait_data(&questions, LOOK_NS);
            continue;
        }
        if (status != RING_OK || !ag_answer(&walk, &answers, kind, question, bytes, request->id))
            return;
        deadline = ag_clock_ns() + request->idle_limit_s * 1000000000ull;
    }
}

static _Noreturn void be_copy(const struct shm *shm, const struct msg_req_snapshot *request,
                              const uint64_t *opaque, int parent)
{
    _Atomic uint32_t *turn = &shm_agent(shm)->turn;
    struct shm_copy *shared = shm_copy(shm);
    struct ag_sender sender;

    crash_shm = shm;
    detach_from_program(parent);
    for (uint32_t now; (now = atomic_load(turn)) != request->id && ag_inspector_alive(shm);)
        sys_call6(SYS_futex, (long)turn, FUTEX_WAIT, (long)now, (long)(int64_t[2]){0, LOOK_NS}, 0,
                  0);
    atomic_store(&shared->fault, 0);
    atomic_store(&shared->walked, 0);
    atomic_store(&shared->found, 0);
    atomic_store(&shared->snapshot_id, request->id);
    atomic_store(&shared->state, COPY_WALKING);
    ag_sender_init(&sender, shm, RING_SNAPSHOT);
    if (ag_walk_run(&walk, &sender, request, opaque) && request->flags & SNAPSHOT_SERVE)
        serve(shm, request);
    atomic_store(&shared->state, COPY_ENDED);
    leave(EXIT_FINE);
}

long ag_copy_start(struct ag_copy *copy, const struct shm *shm,
                   const struct msg_req_snapshot *request, const uint64_t *opaque)
{
    int parent = (int)ag_getpid();

    /* The mapping is kept from the program's own children; this one needs it. */
    sys_call3(SYS_madvise, (long)shm->base, (long)layout_map_bytes(), MADV_DOFORK);
    long pid = sys_call5(SYS_clone, CLONE_FILES, 0, 0, 0, 0);
    if (pid == 0)
        be_copy(shm, request, opaque, parent);
    sys_call3(SYS_madvise, (long)shm->base, (long)layout_map_bytes(), MADV_DONTFORK);
    if (!sys_failed(pid))
        *copy = (struct ag_copy){(int)pid, request->id};
    return pid;
}

bool ag_copy_walk_here(const struct shm *shm, const struct msg_req_snapshot *request,
                       const uint64_t *opaque)
{
    struct ag_sender sender;

    ag_sender_init(&sender, shm, RING_SNAPSHOT);
    sender.patience_ns = here_patience_ns;
    sender.budget_ns = here_budget_ns;
    bool whole = ag_walk_run(&walk, &sender, request, opaque);
    ag_walk_free(&walk);
    return whole || !sender.gone; /* a walk that fails says so itself */
}

void ag_copy_give_turn(const struct shm *shm, uint32_t snapshot_id)
{
    _Atomic uint32_t *turn = &shm_agent(shm)->turn;

    atomic_store(turn, snapshot_id);
    sys_call6(SYS_futex, (long)turn, FUTEX_WAKE, INT32_MAX, 0, 0, 0);
}

void ag_copy_end(struct ag_copy *copy)
{
    if (!copy->pid)
        return;
    sys_call2(SYS_kill, copy->pid, SIGKILL);
    while (sys_call4(SYS_wait4, copy->pid, 0, (long)__WALL, 0) == -4 /* EINTR */)
        ;
    copy->pid = 0;
}

bool ag_copy_ended(struct ag_copy *copy, int *wait_status)
{
    if (!copy->pid || sys_call4(SYS_wait4, copy->pid, (long)wait_status, (long)(__WALL | WNOHANG),
                                0) != copy->pid)
        return false;
    copy->pid = 0;
    return true;
}
