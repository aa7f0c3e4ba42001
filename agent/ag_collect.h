/*
 * Forcing a collection: the one thing here that changes the target, and only because its user asked.
 *
 * The result is what gc.collect(generation) would have returned. A full collection goes through PyGC_Collect(); the rest
 * (a younger generation; any while automatic collection is off, when PyGC_Collect() does nothing) through the function
 * of the gc module. If the program had not imported that, the import is taken out of sys.modules again; some two dozen
 * objects that CPython keeps for it stay. Agent thread, GIL held; may run finalizers of the program.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct ag_collection {
    int64_t collected;
    uint64_t pause_ns; /* of the collection alone */
};

/* False when it could not be called, or raised; no exception stays set. */
bool ag_collect(int generation, struct ag_collection *ret);
