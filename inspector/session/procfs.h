/*
 * What /proc says about a process: its mappings, its threads, its state.
 *
 * Everything here is read from files that the kernel writes, but their contents (paths, names) come
 * from the process: lengths are bounded, nothing is trusted to be UTF-8. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "inspector/base/err.h"

/* ---- mappings ---- */

struct proc_map {
    uint64_t start; /* [start, end) */
    uint64_t end;
    uint64_t offset_bytes; /* in the file */
    uint64_t inode;        /* 0: no file */
    bool read, write, exec;
    char *path; /* as the reader's root sees it; "" if none; may end in " (deleted)" */
};

struct proc_maps {
    struct proc_map *at;
    size_t n;
};

/* Reads /proc/PID/maps. ERR_INPUT: no such process, ERR_PERMISSION. */
ERR_CHECK struct err *proc_maps_read(pid_t pid, struct proc_maps *ret);
void proc_maps_deinit(struct proc_maps *maps);
/* The mapping that contains `address`, or NULL. */
const struct proc_map *proc_maps_find(const struct proc_maps *maps, uint64_t address);

/*
 * Opens the file behind a mapping, whatever mount namespace or root the process lives in, even if
 * it was deleted or replaced: what is opened has the mapping's inode number. *ret is a read-only
 * descriptor, the caller's.
 */
ERR_CHECK struct err *proc_open_mapped(pid_t pid, const struct proc_map *map, int *ret);

/* ---- status ---- */

struct proc_status {
    char name[64]; /* comm */
    char state;    /* R, S, D, T (stopped), t (traced), Z … */
    pid_t parent;
    pid_t tracer; /* 0: nobody traces it, or somebody outside of our PID namespace */
    uid_t uid;    /* effective */
    uid_t real_uid, saved_uid;
    gid_t gid, real_gid, saved_gid;
    uint64_t capabilities; /* permitted: bits as in <linux/capability.h> */
    pid_t ns_pid;          /* in its own PID namespace */
    unsigned threads;
    unsigned seccomp; /* 0 off, 1 strict, 2 filter */
    uint64_t rss_bytes;
    bool kernel_thread; /* has no memory of its own */
};

/* Reads /proc/PID/status. ERR_INPUT: no such process. */
ERR_CHECK struct err *proc_status_read(pid_t pid, struct proc_status *ret);

/* ---- threads ---- */

struct proc_threads {
    pid_t *tid;
    size_t n;
};

/* The thread ids of a process, its main thread first. */
ERR_CHECK struct err *proc_threads_read(pid_t pid, struct proc_threads *ret);
void proc_threads_deinit(struct proc_threads *threads);

/* ---- whole files ---- */

/* Reads a file of /proc, its first `max_bytes` at most; terminated, malloc'd, *bytes set. */
ERR_CHECK struct err *proc_read_file(const char *path, size_t max_bytes, char **ret, size_t *bytes);
/* The command line, arguments separated by blanks, clipped to `max_bytes`; malloc'd. "" for kernel
 * threads. */
ERR_CHECK struct err *proc_cmdline(pid_t pid, size_t max_bytes, char **ret);
