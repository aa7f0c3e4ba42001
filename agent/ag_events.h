/*
 * Every collection of the process, told as it happens: a C function among gc.callbacks, there only while somebody follows.
 *
 *   collecting thread, with the GIL                        inspector
 *     "start"   note the time, and what caused it
 *     "stop"    one record ──────────── events ring ─────► looks every few milliseconds
 *
 * The function runs no Python, makes no system call where the C library has a fast clock, and never waits: a collection that
 * finds no room in the ring is counted and left out, which a gap in the numbers shows. The inspector never sleeps on
 * this ring, so nobody has to be woken.
 *
 * It may be called when nobody follows any more: in a forked child, by a program that has kept gc.callbacks' members. Whether
 * it is alive stands in a page that the kernel empties in a child (MADV_WIPEONFORK); otherwise it does nothing, and
 * leaves the list if it is the last there. Only the main interpreter's collections are seen (all of them on 3.8).
 *
 * All functions: agent thread, GIL held.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/layout.h"
#include "proto/msg.h"

/* Begins, counting from 0. When anything but MSG_OK comes back nothing has changed. */
enum msg_status ag_events_start(const struct shm *shm);
/* Ends: gc.callbacks is as it was. Totals into the reply, if there is one. */
void ag_events_stop(struct msg_rep_follow *reply);
/* Whether the function is there, and the shared memory may be written by other threads; needs no GIL. */
bool ag_events_active(void);
