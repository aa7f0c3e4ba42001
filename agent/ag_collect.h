/*
 * Forcing a collection: the one thing here that changes the target, and only because its user
 * asked.
 *
 * gc.collect() itself is called, so that the result is what a program would get: PyGC_Collect()
 * does nothing while automatic collection is off. The gc module is put into sys.modules by an
 * import; if the program had not imported it, it is taken out again. Agent thread, GIL held; may
 * run finalizers of the program.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct ag_collection {
    int64_t collected;     /* what gc.collect(generation) returned */
    int64_t uncollectable; /* by how much gc.garbage grew */
    uint64_t pause_ns;     /* of that call alone */
};

/* False when it could not be called, or raised; no exception stays set. */
bool ag_collect(int generation, struct ag_collection *ret);
