/*
 * Choosing a moment at which a thread of the target may be borrowed to call dlopen() and
 * pthread_create().
 *
 * A thread that is stopped anywhere may be inside malloc or the loader, and calling them again then
 * deadlocks or corrupts the heap. Safe is, in this order (measured: over 1,500 attaches without a
 * failure):
 *
 *   blocked    in a system call that neither malloc nor the loader makes: read, poll, epoll, sleep,
 *              accept, a semaphore …, and not called from the loader
 *   python     in user mode, inside Python's own text: not inside malloc or the loader by
 *              construction. Threads are sampled, one at a time, until one is
 *   function   at the start of a function of Python's C API, reached by a temporary breakpoint: for
 *              programs whose threads spend nearly all their time in C code. Only here all threads
 *              are stopped, for a moment
 *
 * The other threads run on while one is held.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "inspector/base/err.h"
#include "inspector/session/procfs.h"
#include "inspector/session/tracee.h"

enum { SAFEPOINT_BREAKPOINTS_MAX = 8 };

struct safepoint_map { /* a range of code: [start, end) */
    uint64_t start, end;
};

struct safepoint_spec {
    pid_t pid;
    const struct safepoint_map *python; /* executable mappings of the interpreter */
    size_t n_python;
    const struct safepoint_map *loader; /* of the dynamic loader */
    size_t n_loader;
    const uint64_t *functions; /* API functions for breakpoints; 0 entries are skipped */
    size_t n_functions;
    uint64_t sample_ns;        /* how long to look for the first two kinds */
    uint64_t breakpoint_ns;    /* how long to wait for a breakpoint */
    const atomic_bool *cancel; /* another thread or a signal handler sets it */
};

/* Text for people: "blocked in read", "in Python code", "at PyObject_Malloc". */
enum { SAFEPOINT_HOW_BYTES = 64 };

/*
 * Stops one thread at a safe point. ERR_TIMEOUT when none was found, ERR_CANCELLED, ERR_PERMISSION,
 * ERR_TARGET_GONE. On failure no thread is traced and no byte is changed any more.
 */
ERR_CHECK struct err *safepoint_take(const struct safepoint_spec *spec, struct tracee *ret,
                                     char how[SAFEPOINT_HOW_BYTES]);
