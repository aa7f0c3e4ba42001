/*
 * Running frames of all threads, and frames that a generator or a frame object keeps: what they
 * hold, under which names.
 *
 * The collector does not see running frames: they are the roots of the heap, and some objects are
 * reachable only from there. Frames are read where they lie; until 3.10 they are objects themselves
 * (not tracked while they run), from 3.11 they are interpreter structures, for which asking would
 * create a frame object. Layouts: ag_pyver.h.
 *
 * For the frozen copy, where no thread comes or goes. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/ag_api.h"

/* A frame: a PyFrameObject until 3.10, a _PyInterpreterFrame from 3.11. */
struct pyframe;

/* What a slot of a frame is. */
enum ag_slot_kind {
    AG_SLOT_LOCAL,     /* `name` is the variable's (a str) */
    AG_SLOT_TEMPORARY, /* on the value stack */
    AG_SLOT_FUNCTION,
    AG_SLOT_CODE,
    AG_SLOT_LOCALS, /* a namespace dict */
    AG_SLOT_FRAME_OBJECT,
};
typedef void ag_slot_fn(struct pyobj *object, enum ag_slot_kind kind, struct pyobj *name,
                        void *arg);

/* Receives the running frames of all interpreters' threads, each thread innermost frame first. */
struct ag_frames_sink {
    void (*thread)(struct pyts *thread, uint32_t interpreter, void *arg);
    /* `object`: the frame object (until 3.10) or the generator whose part the frame is, else NULL. `held`: whether the
     * stack holds that object, in a place that `slot` does not tell. */
    void (*frame)(struct pyframe *frame, struct pyobj *object, bool held, void *arg);
    /* What the last frame holds, never NULL. Of a frame with an object: what the object holds. */
    ag_slot_fn *slot;
    void *arg;
};
void ag_frames_each(const struct ag_frames_sink *sink);
/* Whether it is the agent's own, which is no part of the program. */
bool ag_frames_is_ours(struct pyts *thread);

/* Calls `slot` with everything one frame (3.11+) holds. */
void ag_frame_slots(struct pyframe *frame, ag_slot_fn *slot, void *arg);
/* The same for the local variables and temporaries of a PyFrameObject until 3.10. */
void ag_old_frame_slots(struct pyobj *frame, ag_slot_fn *slot, void *arg);
/* Whether tp_traverse of what keeps a frame (3.11+) visits its variables: it does not while the
 * frame runs a function that is written in C. */
bool ag_frame_is_traversed(struct pyframe *frame);

/* The frame that a frame object or a generator keeps (3.11+), or NULL when it keeps none. */
struct pyframe *ag_frame_of_object(struct pyobj *frame_object);
struct pyframe *ag_frame_of_generator(struct pyobj *generator);

/* Code and current line (0: unknown) of a frame, 3.11+; and of a PyFrameObject, until 3.10.
 * ag_frame_code() takes either, and may return NULL. */
struct pyobj *ag_frame_code(struct pyframe *frame);
int ag_frame_line(struct pyframe *frame);
int ag_old_frame_line(struct pyobj *frame);
