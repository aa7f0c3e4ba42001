/* What a target and its frozen copy take of the machine's memory (session.h). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/base/cleanup.h"
#include "inspector/session/procfs.h"
#include "inspector/session/saved.h"
#include "inspector/session/session_private.h"

enum { FILE_BYTES_MAX = 64 << 10 };

/* The frozen copy among the children of one thread, 0 if it is not there. */
static pid_t copy_among(pid_t pid, pid_t tid)
{
    char path[64];
    _cleanup_free_ char *text = NULL;
    size_t bytes;

    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, tid);
    _cleanup_err_ struct err *err = proc_read_file(path, FILE_BYTES_MAX, &text, &bytes);
    for (char *at = text; !err && *at;) {
        struct proc_status status;
        pid_t child = (pid_t)strtol(at, &at, 10);
        if (child <= 0)
            break;
        struct err *gone = proc_status_read(child, &status);
        if (!gone && !strcmp(status.name, "ouro-copy"))
            return child;
        err_destroy(gone);
    }
    return 0;
}

/* Its pid as we see it: the agent knows it only in the target's PID namespace. */
static struct err *find_copy(pid_t pid, pid_t *ret)
{
    struct proc_threads threads;

    *ret = 0;
    ERR_RETURN(proc_threads_read(pid, &threads));
    for (size_t i = 0; i < threads.n && !*ret; i++)
        *ret = copy_among(pid, threads.tid[i]);
    proc_threads_deinit(&threads);
    return NULL;
}

/* Private_Clean and Private_Dirty of smaps_rollup, 0 if that cannot be read. */
static uint64_t private_bytes(pid_t pid)
{
    char path[64];
    _cleanup_free_ char *text = NULL;
    uint64_t sum = 0;
    size_t bytes;

    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
    _cleanup_err_ struct err *err = proc_read_file(path, FILE_BYTES_MAX, &text, &bytes);
    for (const char *at = err ? NULL : text; at && (at = strstr(at, "\nPrivate_"));) {
        uint64_t kib = 0;
        at += strcspn(at + 1, ":") + 1;
        sscanf(at, ": %" SCNu64, &kib);
        sum += kib * 1024;
    }
    return sum;
}

struct err *session_memory(struct session *session, struct session_memory *ret)
{
    struct session_memory memory = {.has_copy = session_can_ask(session)};
    struct proc_status status;
    pid_t copy = 0;

    if (session->capture)
        return saved_cannot(session, "measure");
    ERR_RETURN(proc_status_read(session->info.pid, &status));
    memory.rss_bytes = status.rss_bytes;
    if (memory.has_copy)
        ERR_RETURN(find_copy(session->info.pid, &copy));
    if (copy)
        memory.copy_private_bytes = private_bytes(copy);
    *ret = memory;
    return NULL;
}
