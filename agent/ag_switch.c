#include "agent/ag_switch.h"

#include <stddef.h>

#include "agent/ag_api.h"
#include "agent/ag_heap.h"
#include "agent/ag_module.h"

static bool call(const struct ag_module *module, const char *name, int32_t argument, int64_t *ret)
{
    struct pyobj *function = ag_module_get(module, name);
    struct pyobj *result = NULL;

    if (function)
        result = argument ? api.PyObject_CallFunction(function, "i", argument)
                          : api.PyObject_CallFunction(function, NULL);
    if (!result)
        return false;
    if (ret)
        *ret = api.PyObject_IsTrue(result) ? api.PyLong_AsSsize_t(result) : 0;
    api.Py_DecRef(result);
    return true;
}

/* ---- the collector ---- */

static void read_state(const struct ag_heap *heap, uint32_t what, int64_t ret[3])
{
    struct msg_snap_gc gc;

    ag_heap_gc_state(heap, &gc);
    switch ((enum set_what)what) {
    case SET_ENABLED:
        ret[0] = gc.enabled;
        break;
    case SET_THRESHOLDS:
        for (int i = 0; i < 3; i++)
            ret[i] = gc.thresholds[i];
        break;
    case SET_FROZEN:
        ret[0] = ag_heap_frozen(heap);
        break;
    case SET_DEBUG:
        ret[0] = gc.debug;
        break;
    default:
        break;
    }
}

static bool freeze(bool on)
{
    struct ag_module gc;
    bool fine = ag_module_open("gc", &gc) && call(&gc, on ? "freeze" : "unfreeze", 0, NULL);

    ag_module_close(&gc);
    return fine;
}

static enum msg_status set_collector(const struct msg_req_set *request, struct msg_rep_set *reply)
{
    const int32_t *values = request->values;
    struct ag_heap heap;
    bool fine = true;

    if (ag_heap_find(&heap))
        return MSG_LAYOUT;
    read_state(&heap, request->what, reply->before);
    if (request->what == SET_ENABLED)
        ag_heap_set_enabled(&heap, values[0]);
    else if (request->what == SET_THRESHOLDS)
        ag_heap_set_thresholds(&heap, values);
    else if (request->what == SET_DEBUG)
        ag_heap_set_debug(&heap, values[0]);
    else
        fine = freeze(values[0]);
    read_state(&heap, request->what, reply->after);
    return fine ? MSG_OK : MSG_PYTHON_ERROR;
}

/* ---- tracemalloc ---- */

/* How many frames of a traceback it keeps, 0: it is off. */
static bool read_frames(const struct ag_module *module, int64_t *ret)
{
    int64_t is_tracing;

    *ret = 0;
    return call(module, "is_tracing", 0, &is_tracing) &&
           (!is_tracing || call(module, "get_traceback_limit", 0, ret));
}

static bool set_tracing(const struct ag_module *module, int32_t frames, struct msg_rep_set *reply)
{
    return read_frames(module, &reply->before[0]) &&
           (frames ? call(module, "start", frames, NULL) : call(module, "stop", 0, NULL)) &&
           read_frames(module, &reply->after[0]);
}

static enum msg_status set_tracemalloc(int32_t frames, struct msg_rep_set *reply)
{
    struct ag_module module;
    bool fine = ag_module_open("_tracemalloc", &module) && set_tracing(&module, frames, reply);

    ag_module_close(&module);
    return fine ? MSG_OK : MSG_PYTHON_ERROR;
}

enum msg_status ag_switch_set(const struct msg_req_set *request, struct msg_rep_set *reply)
{
    enum msg_status status = request->what == SET_TRACEMALLOC
                                 ? set_tracemalloc(request->values[0], reply)
                                 : set_collector(request, reply);

    if (status != MSG_OK)
        api.PyErr_Clear();
    return status;
}
