/*
 * Attaching to a program that has just been started: as soon as its interpreter is initialised, which is before the first line
 * of the program itself runs or very soon after.
 */
#pragma once

#include <stdint.h>

#include "inspector/session/session.h"

/*
 * session_attach(), tried again for as long as the process is no Python yet (a shell script may become one) or its interpreter
 * is not initialised, but no longer than `limit_ns`. ERR_TARGET_GONE when it ended before that. The session's thread.
 */
ERR_CHECK struct err *session_attach_starting(pid_t pid, uint64_t limit_ns,
                                              const atomic_bool *cancel, struct session **ret);
