/*
 * The part of an attach that touches the target: borrow a thread, run the loader on it, give it
 * back (see attach.h for the whole). Everything that can be found out beforehand is in the plan.
 *
 * To be run in a process whose death nothing can cause half-way. One thread.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#include "inspector/base/err.h"
#include "inspector/session/safepoint.h"
#include "inspector/session/target_libs.h"
#include "proto/loader.h"

enum { INJECT_MAPS_MAX = 16 };

struct inject_plan {
    pid_t pid;
    struct target_libs libs;
    struct safepoint_map python[INJECT_MAPS_MAX]; /* executable mappings of the interpreter */
    size_t n_python;
    struct safepoint_map loader[INJECT_MAPS_MAX]; /* of the dynamic loader */
    size_t n_loader;
    uint64_t functions[SAFEPOINT_BREAKPOINTS_MAX];
    char libpython[START_PATH_BYTES]; /* for embedders that hide Python's symbols; "" if it is the
                                         executable */
    const atomic_bool *cancel;
};

struct inject_result {
    struct loader
        loader; /* as the loader left it: what it says counts only if the call succeeded */
    char how[SAFEPOINT_HOW_BYTES];
    uint64_t held_ns;
};

/*
 * Runs the loader in the target. Success means that it ran to its end, not that the agent started:
 * see ret->loader.step and ret->loader.start.status. On failure everything is undone, but for one
 * case: when another thread holds the target's loader lock for long, the borrowed thread has to
 * wait for it. After some seconds `late` is called with an error that says so (and owns it);
 * inject_run() itself goes on until the thread is given back.
 */
ERR_CHECK struct err *inject_run(const struct inject_plan *plan,
                                 void (*late)(struct err *err, void *arg), void *arg,
                                 struct inject_result *ret);

/* The same on a thread that is held already at such a point; it is given back in any case. */
ERR_CHECK struct err *inject_on(const struct inject_plan *plan, struct tracee *tracee,
                                void (*late)(struct err *err, void *arg), void *arg,
                                struct inject_result *ret);
