/*
 * What of a process can be seen from outside, to tell whether an inspector left something behind.
 *
 *      struct proc_state before, after;
 *      proc_state_read(pid, &before);
 *      … attach, look, detach …
 *      proc_state_read(pid, &after);
 *      proc_state_assert_same(&before, &after, PROC_STATE_ALL & ~PROC_STATE_MAPS);
 *
 * Each part is a text of sorted lines. The process should be at rest meanwhile: blocked, and not about
 * to start threads or children of its own.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

enum proc_state_part {
    PROC_STATE_THREADS = 1 << 0,     /* id and name of each */
    PROC_STATE_DESCRIPTORS = 1 << 1, /* number and what it is */
    PROC_STATE_CHILDREN = 1 << 2,    /* id and name of each, of all threads */
    PROC_STATE_SIGNALS = 1 << 3,     /* blocked per thread; ignored, caught, pending */
    PROC_STATE_MAPS = 1 << 4, /* mappings of files, by file and permission; the agent's left out */
    PROC_STATE_LIMITS = 1 << 5, /* nice value, OOM score, working directory, process group */
    PROC_STATE_ALL = (1 << 6) - 1,
};

struct proc_state {
    char *threads;
    char *descriptors;
    char *children;
    char *signals;
    char *maps;
    char *limits;
    size_t anonymous_maps; /* how many, and … */
    size_t anonymous_bytes;
    size_t rss_bytes;
    size_t private_bytes; /* private and dirty: what is its own */
};

void proc_state_read(pid_t pid, struct proc_state *ret);
void proc_state_deinit(struct proc_state *state);
/* Fails the running test, and says what differs, unless the `parts` are equal. */
void proc_state_assert_same(const struct proc_state *before, const struct proc_state *after,
                            unsigned parts);

/* Whether any trace of an inspector is in the process: the agent's thread or rings, a copy, a tracer,
 * a descriptor of ours. */
bool proc_has_agent(pid_t pid);
/* The same, with one line for each trace; malloc'd. */
char *proc_agent_traces(pid_t pid);
/* Fails the test unless the process is clean within `ms`. */
void proc_assert_clean(pid_t pid, unsigned ms);

/* The frozen copy of the process, 0 if there is none. */
pid_t proc_copy_of(pid_t pid);
/* The system call that a thread is in, -1 when it runs. */
long proc_syscall(pid_t pid);
/* Processor time of the process and its children so far, in clock ticks. */
unsigned long proc_cpu_ticks(pid_t pid);
