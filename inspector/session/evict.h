/*
 * Making an agent leave whose inspector is not us: one that hangs, or was forgotten in another terminal.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "inspector/base/err.h"
#include "inspector/session/procfs.h"

/* What an inspector has in a process. */
struct evict_found {
    bool same_build;      /* of ouro as ours */
    bool inspector_lives; /* or is just attaching; else its agent is about to leave */
    pid_t inspector;      /* as it sees itself; 0 if that cannot be told */
};

/* Whether an agent is at work in the process with these mappings. Only reads. Any thread. */
bool evict_look(pid_t pid, const struct proc_maps *maps, struct evict_found *ret);

/* Whether any agent has its shared memory mapped in process `pid`. ERR_INPUT, ERR_PERMISSION. Any thread. */
ERR_CHECK struct err *evict_is_mapped(pid_t pid, bool *ret);

/*
 * Sets the `leave` word in the shared memory that the agent has mapped in process `pid`, and waits until that mapping is
 * gone. *was_attached: there was one. Its inspector will find the target gone. ERR_PERMISSION, ERR_TIMEOUT after two
 * seconds. Any thread.
 */
ERR_CHECK struct err *evict_agent(pid_t pid, bool *was_attached);
