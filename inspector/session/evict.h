/*
 * Making an agent leave whose inspector is not us: one that hangs, or was forgotten in another terminal.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "inspector/base/err.h"

/*
 * Sets the `leave` word in the shared memory that the agent has mapped in process `pid`, and waits until that mapping is
 * gone. *was_attached: there was one. Its inspector will find the target gone. ERR_PERMISSION, ERR_TIMEOUT after two
 * seconds. Any thread.
 */
ERR_CHECK struct err *evict_agent(pid_t pid, bool *was_attached);
