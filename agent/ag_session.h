/*
 * The agent thread: waits for the inspector, does what it asks, and leaves without a trace.
 *
 *      start ──► wait for the inspector (1.5 s) ──► request, request … ──► leave
 *                                                                          ▲
 *                                      asked to, inspector dead, interpreter shutting down
 *
 * It holds no descriptor while it works: the rings are mapped memory, and the inspector's death
 * shows in a robust futex (proto/layout.h). A program that closes every descriptor cannot hurt it,
 * and it can never close a number that the program has meanwhile given to something else. Between
 * requests the interpreter does not know the thread: a thread state exists only while the GIL is
 * held.
 */
#pragma once

#include "proto/start.h"

/*
 * What the inspector calls. Called on a borrowed thread of the target, at a safe point, with all
 * signals blocked: makes the shared memory, starts the agent thread, returns. Never waits, never
 * takes the GIL. The outcome is in `*start`.
 */
__attribute__((visibility("protected"))) void ouro_agent_start(struct start *start);
