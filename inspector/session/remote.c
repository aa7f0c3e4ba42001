#include "inspector/session/remote.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>

#include "inspector/base/clock.h"
#include "inspector/session/remote_file.h"

enum {
    TABLE_WORDS = 95,     /* struct _Py_DebugOffsets of 3.14: all fields are u64 */
    THREADS_MAX = 256,    /* that are tried */
    EVAL_STOP = 1 << 5,   /* _PY_EVAL_PLEASE_STOP_BIT */
    OFFSET_MAX = 1 << 20, /* no structure is larger */
    PATH_BYTES_MIN = 64,
    PATH_BYTES_MAX = 4096,
    POLL_NS = NS_PER_MS,
    AGAIN_NS = 50 * NS_PER_MS, /* the bit may be lost: the target writes that word too */
    THREAD_NS = 400 * NS_PER_MS,
    RUN_S = 10, /* a traced program may be slow */
};

/* Fields of the table, by their number; Include/internal/pycore_debug_offsets.h of 3.14. */
enum {
    WORD_VERSION = 1,
    WORD_INTERPRETERS_HEAD = 5,
    WORD_THREADS_HEAD = 9,
    WORD_THREADS_MAIN = 10,
    WORD_THREAD_NEXT = 24,
    WORD_EVAL_BREAKER = 89,
    WORD_SUPPORT = 90,
    WORD_ENABLED = 91,
    WORD_PENDING = 92,
    WORD_PATH = 93,
    WORD_PATH_BYTES = 94,
};

/* ---- the target's memory, without ptrace ---- */

static bool get(pid_t pid, uint64_t address, void *to, size_t n)
{
    struct iovec local = {to, n}, remote = {(void *)(uintptr_t)address, n};

    return process_vm_readv(pid, &local, 1, &remote, 1, 0) == (ssize_t)n;
}

static bool put(pid_t pid, uint64_t address, const void *from, size_t n)
{
    struct iovec local = {(void *)(uintptr_t)from, n}, remote = {(void *)(uintptr_t)address, n};

    return process_vm_writev(pid, &local, 1, &remote, 1, 0) == (ssize_t)n;
}

static uint64_t get_pointer(pid_t pid, uint64_t address)
{
    uint64_t pointer = 0;

    return get(pid, address, &pointer, sizeof pointer) ? pointer : 0;
}

/* ---- finding ---- */

static struct err *no_protocol(const char *why)
{
    return err_new(ERR_UNSUPPORTED, NULL, "its Python offers no remote debugging: %s", why);
}

static bool are_offsets(const uint64_t table[TABLE_WORDS])
{
    static const uint8_t small[] = {
        WORD_INTERPRETERS_HEAD, WORD_THREADS_HEAD, WORD_THREADS_MAIN,
        WORD_THREAD_NEXT,       WORD_EVAL_BREAKER, WORD_SUPPORT,
        WORD_ENABLED,           WORD_PENDING,      WORD_PATH,
    };

    for (size_t i = 0; i < sizeof small; i++)
        if (table[small[i]] >= OFFSET_MAX)
            return false;
    return table[WORD_PATH_BYTES] >= PATH_BYTES_MIN && table[WORD_PATH_BYTES] <= PATH_BYTES_MAX;
}

struct err *remote_find(pid_t pid, const struct proc_maps *maps, const struct python *python,
                        struct remote *ret)
{
    static const char *const name = "_PyRuntime";
    uint64_t runtime, table[TABLE_WORDS];
    int32_t enabled = 0;

    if (python->minor != 14) /* the table is another one in each minor version */
        return no_protocol("it is not 3.14");
    python_symbols(pid, maps, python, &name, 1, &runtime);
    if (!runtime || !get(pid, runtime, table, sizeof table) || memcmp(table, "xdebugpy", 8) != 0 ||
        table[WORD_VERSION] >> 16 != 0x030e || !are_offsets(table))
        return no_protocol("the table that describes it is not as we know it");
    struct remote remote = {
        .interpreters_head = runtime + table[WORD_INTERPRETERS_HEAD],
        .threads_head = table[WORD_THREADS_HEAD],
        .threads_main = table[WORD_THREADS_MAIN],
        .thread_next = table[WORD_THREAD_NEXT],
        .eval_breaker = table[WORD_EVAL_BREAKER],
        .pending = table[WORD_SUPPORT] + table[WORD_PENDING],
        .path = table[WORD_SUPPORT] + table[WORD_PATH],
        .path_bytes = table[WORD_PATH_BYTES],
    };
    uint64_t interpreter = get_pointer(pid, remote.interpreters_head);
    if (!interpreter || !get_pointer(pid, interpreter + remote.threads_main))
        return no_protocol("it is not initialised");
    if (!get(pid, interpreter + table[WORD_ENABLED], &enabled, sizeof enabled) || enabled != 1)
        return no_protocol("it is switched off");
    *ret = remote;
    return NULL;
}

/* ---- asking one thread after another ---- */

struct asking {
    pid_t pid;
    const struct remote *remote;
    const struct remote_file *file;
    const atomic_bool *cancel;
};

/* The threads of the main interpreter, the main one first. */
static size_t list_threads(const struct asking *asking, uint64_t threads[THREADS_MAX])
{
    const struct remote *remote = asking->remote;
    uint64_t interpreter = get_pointer(asking->pid, remote->interpreters_head);
    uint64_t main_thread = get_pointer(asking->pid, interpreter + remote->threads_main);
    uint64_t at = get_pointer(asking->pid, interpreter + remote->threads_head);
    size_t n = 0;

    threads[n++] = main_thread;
    for (; at && n < THREADS_MAX; at = get_pointer(asking->pid, at + remote->thread_next))
        if (at != main_thread)
            threads[n++] = at;
    return n;
}

/* Not atomic against the target, which sets and clears bits of its own: a bit can be lost, ours or, for the moment until
 * it is set again, one of its. So it is only touched when it does not have ours. */
static void ring_bell(const struct asking *asking, uint64_t thread)
{
    uint64_t word, at = thread + asking->remote->eval_breaker;

    if (get(asking->pid, at, &word, sizeof word) && !(word & EVAL_STOP)) {
        word |= EVAL_STOP;
        put(asking->pid, at, &word, sizeof word);
    }
}

static bool has_taken(const struct asking *asking, uint64_t thread)
{
    int32_t pending = 0;

    return get(asking->pid, thread + asking->remote->pending, &pending, sizeof pending) && !pending;
}

/* Whether the thread took the file. */
static bool ask_thread(const struct asking *asking, uint64_t thread)
{
    const struct remote *remote = asking->remote;
    const char *path = remote_file_path(asking->file);
    uint64_t deadline = clock_ns() + THREAD_NS, again = 0;
    const int32_t yes = 1, no = 0;

    if (!has_taken(asking, thread)) /* somebody else has asked */
        return false;
    if (!put(asking->pid, thread + remote->path, path, strlen(path) + 1) ||
        !put(asking->pid, thread + remote->pending, &yes, sizeof yes))
        return false;
    while (!has_taken(asking, thread)) {
        if (clock_ns() > deadline || atomic_load(asking->cancel)) {
            put(asking->pid, thread + remote->pending, &no, sizeof no);
            return false;
        }
        if (clock_ns() > again) {
            ring_bell(asking, thread);
            again = clock_ns() + AGAIN_NS;
        }
        clock_sleep_ns(POLL_NS);
    }
    return true;
}

/* What the agent says, once it does. */
static bool wait_start(const struct asking *asking, struct start *ret)
{
    uint64_t deadline = clock_ns() + RUN_S * (uint64_t)NS_PER_S;

    do {
        if (remote_file_result(asking->pid, asking->file, ret))
            return true;
        clock_sleep_ns(POLL_NS);
    } while (clock_ns() < deadline);
    return false;
}

static struct err *ask_all(const struct asking *asking, struct start *ret)
{
    uint64_t threads[THREADS_MAX];
    size_t n = list_threads(asking, threads);

    for (size_t i = 0; i < n && !atomic_load(asking->cancel); i++) {
        if (!ask_thread(asking, threads[i]))
            continue;
        if (wait_start(asking, ret))
            return NULL;
        return err_new(ERR_UNSUPPORTED, "attach by ptrace: end the program that traces it",
                       "its Python was asked to load the agent, and could not");
    }
    if (atomic_load(asking->cancel))
        return err_new(ERR_CANCELLED, NULL, "cancelled");
    return err_new(ERR_TIMEOUT, "end the program that traces it, or try again",
                   "none of its threads runs Python code, which is needed to come in while it is "
                   "traced");
}

struct err *remote_run(pid_t pid, const struct remote *remote, const struct target_libs *libs,
                       const char *libpython, const atomic_bool *cancel, struct start *ret)
{
    struct remote_file *file;
    struct start start = {.dlopen = libs->dlopen, .dlsym = libs->dlsym};

    snprintf(start.libpython, sizeof start.libpython, "%s", libpython);
    ERR_RETURN(remote_file_create(pid, &start, remote->path_bytes, &file));
    struct asking asking = {pid, remote, file, cancel};
    struct err *err = ask_all(&asking, ret);
    remote_file_destroy(file);
    return err;
}
