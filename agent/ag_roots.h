/*
 * What holds objects from outside of the heap, with names: threads, their running frames and local variables, the
 * structures of threads and interpreters, static data of the program and its libraries.
 *
 * Frames hold what they hold: these are references. Static data is looked through word by word for addresses of known
 * objects: such a word may own a reference or borrow one; the inspector lets it explain no more than an object's refcount
 * leaves open. Nothing new is discovered there.
 *
 * For the frozen copy. One thread.
 */
#pragma once

#include "agent/ag_walk.h"

/* Adds what running frames hold to the index. False without memory. */
bool ag_roots_add(struct ag_walk *walk);
/* Sends SNAP_THREAD … SNAP_STATIC. The walk is over: every object is in the index. */
bool ag_roots_send(struct ag_walk *walk);
