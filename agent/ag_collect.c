#include "agent/ag_collect.h"

#include <stddef.h>

#include "agent/ag_api.h"
#include "agent/ag_module.h"
#include "agent/ag_sys.h"

enum { FULL = 2 };

/* gc.collect(generation) */
static bool call_collect(const struct ag_module *gc, int generation, struct ag_collection *ret)
{
    struct pyobj *function = ag_module_get(gc, "collect");

    if (!function)
        return false;
    uint64_t start = ag_clock_ns();
    struct pyobj *result = api.PyObject_CallFunction(function, "i", generation);
    ret->pause_ns = ag_clock_ns() - start;
    if (!result)
        return false;
    ret->collected = api.PyLong_AsSsize_t(result);
    api.Py_DecRef(result);
    return true;
}

static bool by_module(int generation, struct ag_collection *ret)
{
    struct ag_module gc;
    bool fine = ag_module_open("gc", &gc) && call_collect(&gc, generation, ret);

    ag_module_close(&gc);
    if (!fine)
        api.PyErr_Clear();
    return fine;
}

bool ag_collect(int generation, struct ag_collection *ret)
{
    bool enabled = !api.PyGC_IsEnabled || api.PyGC_IsEnabled();

    if (generation == FULL && enabled) {
        uint64_t start = ag_clock_ns();
        ret->collected = api.PyGC_Collect();
        ret->pause_ns = ag_clock_ns() - start;
        /* before 3.10 nothing tells whether 0 means "nothing found" or "switched off" */
        if (ret->collected || api.PyGC_IsEnabled)
            return true;
    }
    return by_module(generation, ret);
}
