/*
 * The other way in, without ptrace: the remote-exec protocol of PEP 768, from Python 3.14 on.
 *
 * The interpreter describes itself in a table at the start of _PyRuntime (_Py_DebugOffsets). With it we write the path of a
 * Python file into a thread's structure and set a bit of its eval breaker; when that thread next runs Python code it
 * reads the file and executes it. The file, some lines and the agent as a text, lies for that moment in a directory of the
 * target's (as its user, unreadable for others) and loads the agent as an extension module whose init function starts it
 * and fails: nothing stays in sys.modules.
 *
 * It runs Python code in the target, needs a place to write, and a thread that runs Python. So it is for what ptrace
 * cannot do: a process that a debugger or strace is tracing, or one without a safe point. See docs/decisions/0008.
 *
 * Any thread; one attach at a time.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#include "inspector/base/err.h"
#include "inspector/session/procfs.h"
#include "inspector/session/python.h"
#include "inspector/session/target_libs.h"
#include "proto/start.h"

/* From the target's table; addresses in the target, offsets in its structures. */
struct remote {
    uint64_t interpreters_head; /* address of the pointer to the first interpreter */
    uint64_t threads_head, threads_main;
    uint64_t thread_next;
    uint64_t eval_breaker;
    uint64_t pending; /* i32 in a thread: 1 asks it to run the file */
    uint64_t path;    /* text in a thread, path_bytes long */
    uint64_t path_bytes;
};

/* ERR_UNSUPPORTED when this Python does not have it, or has it switched off. Only reads. */
ERR_CHECK struct err *remote_find(pid_t pid, const struct proc_maps *maps,
                                  const struct python *python, struct remote *ret);

/*
 * Has a thread of the target load and start the agent; `ret` is what that said. ERR_TIMEOUT when no thread ran Python code
 * in time; ERR_PERMISSION when there is no place for the file; ERR_CANCELLED. On failure all is undone.
 */
ERR_CHECK struct err *remote_run(pid_t pid, const struct remote *remote,
                                 const struct target_libs *libs, const char *libpython,
                                 const atomic_bool *cancel, struct start *ret);
