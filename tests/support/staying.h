/*
 * An inspector that stays attached: the terminal interface, on a terminal of its own.
 *
 *      struct pty *inspector = staying_start(target_pid(target));
 *      … it is attached, and its frozen copy is there …
 *      staying_end(inspector);
 */
#pragma once

#include <sys/types.h>

#include "tests/support/pty.h"

/* Starts `ouro attach PID` and returns at once. */
struct pty *staying_launch(pid_t pid);
/* The same, but waits until it is attached and has a frozen copy; fails the test if it does not come
 * to that. */
struct pty *staying_start(pid_t pid);
/* Quits it by its key; it must end with status 0. */
void staying_end(struct pty *inspector);
