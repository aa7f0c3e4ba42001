/*
 * Finding the interpreter inside a process: which of its files is Python, which version, where it
 * lies.
 *
 * Only files are read, through /proc; the process is not touched or stopped. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "inspector/base/err.h"
#include "inspector/session/procfs.h"

struct python {
    unsigned major, minor; /* 3, 11 */
    char version[32];      /* "3.11.7", or "3.11" where the file does not say more */
    uint64_t inode;        /* of the file that holds the interpreter: the executable or libpython */
    char path[512];        /* its path as in /proc/PID/maps */
    uint64_t bias;         /* from addresses in the file to addresses in the process */
    bool in_library;       /* libpython, not the executable */
    bool free_threaded;    /* a build without the GIL */
};

/*
 * Looks for an interpreter in these mappings. ERR_UNSUPPORTED with one line why when the process is
 * not a Python, or none that is supported: ret->version then says what was found ("2.7.18", "PyPy"), and is
 * left alone if it is no Python at all. ERR_NOT_YET when a Python is just being loaded.
 */
ERR_CHECK struct err *python_find(pid_t pid, const struct proc_maps *maps, struct python *ret);
/* Where in the process the interpreter's functions with these names lie; 0 for one that it does not have. */
void python_symbols(pid_t pid, const struct proc_maps *maps, const struct python *python,
                    const char *const *names, size_t n, uint64_t *ret);
