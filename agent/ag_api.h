/*
 * What the agent uses of CPython: a table of functions and objects that is filled once, through
 * dlsym().
 *
 * The agent includes no Python.h: one .so serves every version, and what a version lays out
 * differently is in ag_pyver.h. A `pyobj` is whatever a PyObject * points to; its fields are read
 * with AG_FIELD() at offsets from there.
 *
 * Every function here either needs the interpreter lock (GIL) or says that it does not. Which of
 * them may be called where is the caller's business: inside a frozen copy those that allocate are
 * avoided (ag_copy.h).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/start.h"

struct pyobj;    /* PyObject, and PyTypeObject as an object */
struct pyts;     /* PyThreadState */
struct pyinterp; /* PyInterpreterState */

/* PyMethodDef. */
struct pymethod {
    const char *name;
    void *function;
    int flags;
    const char *doc;
};

typedef int ag_visit_fn(struct pyobj *object, void *arg);
typedef int ag_traverse_fn(struct pyobj *object, ag_visit_fn *visit, void *arg);

/* name, result, parameters, first 3.minor that must have it (99: optional, NULL when absent) */
#define AG_API_FUNCTIONS(X)                                                                        \
    X(Py_IsInitialized, int, (void), 8)       /* no GIL */                                         \
    X(Py_GetVersion, const char *, (void), 8) /* no GIL */                                         \
    X(Py_IsFinalizing, int, (void), 13)       /* no GIL */                                         \
    X(_Py_IsFinalizing, int, (void), 99)      /* no GIL; until 3.12 */                             \
    X(PyGILState_Ensure, int, (void), 8)      /* takes it */                                       \
    X(PyGILState_Release, void, (int), 8)                                                          \
    X(PyThreadState_New, struct pyts *, (struct pyinterp *), 8) /* no GIL */                       \
    X(PyThreadState_Swap, struct pyts *, (struct pyts *), 8)                                       \
    X(PyThreadState_Get, struct pyts *, (void), 8)                                                 \
    X(PyInterpreterState_Head, struct pyinterp *, (void), 8) /* plain getters: no GIL */           \
    X(PyInterpreterState_Next, struct pyinterp *, (struct pyinterp *), 8)                          \
    X(PyInterpreterState_ThreadHead, struct pyts *, (struct pyinterp *), 8)                        \
    X(PyThreadState_Next, struct pyts *, (struct pyts *), 8)                                       \
    X(PyInterpreterState_GetID, int64_t, (struct pyinterp *), 8)                                   \
    X(Py_IncRef, void, (struct pyobj *), 8)                                                        \
    X(Py_DecRef, void, (struct pyobj *), 8)                                                        \
    X(PyErr_SetNone, void, (struct pyobj *), 8)                                                    \
    X(PyErr_Clear, void, (void), 8)                                                                \
    X(PyList_New, struct pyobj *, (long), 8)                                                       \
    X(PyList_Append, int, (struct pyobj *, struct pyobj *), 8)                                     \
    X(PyList_SetSlice, int, (struct pyobj *, long, long, struct pyobj *), 8)                       \
    X(PyUnicode_FromString, struct pyobj *, (const char *), 8)                                     \
    X(PyUnicode_CompareWithASCIIString, int, (struct pyobj *, const char *), 8)                    \
    X(PyCFunction_NewEx, struct pyobj *, (struct pymethod *, struct pyobj *, struct pyobj *), 8)   \
    X(PyDict_GetItem, struct pyobj *, (struct pyobj *, struct pyobj *), 8)                         \
    X(PyDict_Next, int, (struct pyobj *, long *, struct pyobj **, struct pyobj **), 8)             \
    X(PyDict_GetItemString, struct pyobj *, (struct pyobj *, const char *), 8)                     \
    X(PyDict_DelItemString, int, (struct pyobj *, const char *), 8)                                \
    X(PyImport_GetModuleDict, struct pyobj *, (void), 8)                                           \
    X(PyImport_ImportModule, struct pyobj *, (const char *), 8)                                    \
    X(PyModule_GetDict, struct pyobj *, (struct pyobj *), 8)                                       \
    X(PyObject_CallFunction, struct pyobj *, (struct pyobj *, const char *, ...), 8)               \
    X(PyGC_Collect, long, (void), 8)                                                               \
    X(PyGC_IsEnabled, int, (void), 10)                                                             \
    X(PyObject_IsTrue, int, (struct pyobj *), 8)                                                   \
    X(PyLong_AsSsize_t, long, (struct pyobj *), 8)                                                 \
    X(_PyDict_SizeOf, long, (struct pyobj *), 8)                                                   \
    X(PyType_GetDict, struct pyobj *, (struct pyobj *), 12) /* new reference */                    \
    X(PyCode_Addr2Line, int, (struct pyobj *, int), 8)

/* name, first 3.minor */
#define AG_API_OBJECTS(X)                                                                          \
    X(PyBaseObject_Type, 8)                                                                        \
    X(PyType_Type, 8)                                                                              \
    X(PyLong_Type, 8)                                                                              \
    X(PyBool_Type, 8)                                                                              \
    X(PyFloat_Type, 8)                                                                             \
    X(PyComplex_Type, 8)                                                                           \
    X(PyUnicode_Type, 8)                                                                           \
    X(PyBytes_Type, 8)                                                                             \
    X(PyByteArray_Type, 8)                                                                         \
    X(PyTuple_Type, 8)                                                                             \
    X(PyList_Type, 8)                                                                              \
    X(PyDict_Type, 8)                                                                              \
    X(PySet_Type, 8)                                                                               \
    X(PyFrozenSet_Type, 8)                                                                         \
    X(PyCode_Type, 8)                                                                              \
    X(PyFrame_Type, 8)                                                                             \
    X(PyFunction_Type, 8)                                                                          \
    X(PyMethod_Type, 8)                                                                            \
    X(PyCFunction_Type, 8)                                                                         \
    X(PyMethodDescr_Type, 8)                                                                       \
    X(PyClassMethodDescr_Type, 8)                                                                  \
    X(PyMemberDescr_Type, 8)                                                                       \
    X(PyGetSetDescr_Type, 8)                                                                       \
    X(PyWrapperDescr_Type, 8)                                                                      \
    X(PyClassMethod_Type, 8)                                                                       \
    X(PyStaticMethod_Type, 8)                                                                      \
    X(PyCell_Type, 8)                                                                              \
    X(PyTraceBack_Type, 8)                                                                         \
    X(PyDictProxy_Type, 8)                                                                         \
    X(PyModule_Type, 8)                                                                            \
    X(PyGen_Type, 8)                                                                               \
    X(PyCoro_Type, 8)                                                                              \
    X(PyAsyncGen_Type, 8)                                                                          \
    X(_PyWeakref_RefType, 8)                                                                       \
    X(_PyWeakref_ProxyType, 8)                                                                     \
    X(_PyWeakref_CallableProxyType, 8)                                                             \
    X(_Py_NoneStruct, 8)                                                                           \
    X(_Py_TrueStruct, 8)                                                                           \
    X(_Py_FalseStruct, 8)                                                                          \
    X(_Py_EllipsisObject, 8)                                                                       \
    X(_Py_NotImplementedStruct, 8)                                                                 \
    X(PyExc_MemoryError, 8) /* a pointer to the object, unlike the others */

struct ag_api {
#define X(name, result, params, since) result(*name) params;
    AG_API_FUNCTIONS(X)
#undef X
#define X(name, since) struct pyobj *name;
    AG_API_OBJECTS(X)
#undef X
    int (*clock_gettime)(int clock, void *timespec); /* the C library's, fast; may be NULL */
    int (*pthread_create)(void *thread, const void *attr, void *(*start)(void *), void *arg);
    int (*pthread_attr_init)(void *attr);
    int (*pthread_attr_destroy)(void *attr);
    int (*pthread_attr_setdetachstate)(void *attr, int state);
    int (*pthread_attr_setstacksize)(void *attr, unsigned long bytes);

    unsigned minor; /* of 3.minor */
    unsigned hex;   /* major << 24 | minor << 16 | patch << 8 */
};

extern struct ag_api api;

#define AG_FIELD(type, object, offset) (*(type *)((char *)(object) + (offset)))

/*
 * Fills `api` with the target's own dlsym(). Needs no GIL, may run on any thread. `start->libpython` names
 * the file to look in when Python's symbols are not global (an embedder that loads libpython RTLD_LOCAL), or
 * is "".
 * START_OK, or why not with a word in *detail.
 */
enum start_status ag_api_load(const struct start *start, const char **detail);
/* Whether the interpreter is being shut down; asked before the GIL is. */
bool ag_api_finalizing(void);
