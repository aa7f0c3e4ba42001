#include "agent/ag_collect.h"

#include <stddef.h>

#include "agent/ag_api.h"
#include "agent/ag_pyver.h"
#include "agent/ag_sys.h"

static int64_t garbage_length(struct pyobj *gc_dict)
{
    struct pyobj *garbage = api.PyDict_GetItemString(gc_dict, "garbage");

    return garbage ? AG_FIELD(int64_t, garbage, OB_SIZE) : 0;
}

static bool call_collect(struct pyobj *gc_dict, int generation, struct ag_collection *ret)
{
    struct pyobj *function = api.PyDict_GetItemString(gc_dict, "collect");
    int64_t garbage = garbage_length(gc_dict);

    if (!function)
        return false;
    uint64_t start = ag_clock_ns();
    struct pyobj *result = api.PyObject_CallFunction(function, "i", generation);
    ret->pause_ns = ag_clock_ns() - start;
    if (!result)
        return false;
    ret->collected = api.PyLong_AsSsize_t(result);
    ret->uncollectable = garbage_length(gc_dict) - garbage;
    api.Py_DecRef(result);
    return true;
}

bool ag_collect(int generation, struct ag_collection *ret)
{
    struct pyobj *modules = api.PyImport_GetModuleDict(); /* borrowed */
    bool was_imported = modules && api.PyDict_GetItemString(modules, "gc");
    struct pyobj *gc = api.PyImport_ImportModule("gc");
    struct pyobj *dict = gc ? api.PyModule_GetDict(gc) : NULL;
    bool fine = dict && call_collect(dict, generation, ret);

    if (gc && !was_imported)
        api.PyDict_DelItemString(modules, "gc");
    if (gc)
        api.Py_DecRef(gc);
    if (!fine)
        api.PyErr_Clear();
    return fine;
}
