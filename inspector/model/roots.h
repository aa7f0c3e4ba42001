/*
 * What holds objects from outside of the heap: threads with their running frames, and places in static data.
 *
 * Part of a snapshot (snapshot.h), immutable like it. Texts are escaped for showing, never NULL.
 *
 *      for (f = thread->first_frame; f < thread->first_frame + thread->n_frames; f++)
 *              for (h = frames[f].first_held; h < frames[f].first_held + frames[f].n_held; h++)
 *                      … held[h] …
 */
#pragma once

#include <stdint.h>

#include "proto/msg.h"

struct snapshot_thread {
    char *name; /* "MainThread"; "thread 0x7f…" when the threading module does not know it */
    uint64_t ident;
    uint32_t native_id; /* in the target's PID namespace, 0: not known */
    uint32_t interpreter;
    uint32_t first_frame, n_frames; /* innermost first */
};

struct snapshot_frame {
    char *function;
    char *file;
    uint32_t line;   /* 0: not known */
    uint32_t thread; /* number in `threads` */
    uint32_t object; /* whose references the held ones are, all but HELD_SELF; or SNAPSHOT_NONE */
    uint32_t first_held, n_held;
};

struct snapshot_held {
    char *name; /* of a variable, else "" */
    uint32_t object;
    uint32_t frame;
    enum held_kind kind;
};

/* A word outside of the heap that is the address of an object; it may own a reference or not. */
struct snapshot_place {
    uint64_t address;
    uint32_t object;
    uint32_t thread; /* of STATIC_THREAD */
    uint32_t file;   /* of STATIC_LIBRARY: number in `files` */
    enum static_kind kind;
};

struct snapshot_roots {
    struct snapshot_thread *threads;
    struct snapshot_frame *frames;
    struct snapshot_held *held;
    struct snapshot_place *places;
    char **files; /* paths, as the target sees them */
    uint32_t n_threads, n_frames, n_held, n_places, n_files;
};

/* Whether a held object is a reference of its own, not also one of the frame's object. */
static inline int roots_is_reference(const struct snapshot_roots *roots,
                                     const struct snapshot_held *held)
{
    return held->kind == HELD_SELF || roots->frames[held->frame].object == UINT32_MAX;
}

void roots_deinit(struct snapshot_roots *roots);
