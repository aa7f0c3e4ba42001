/*
 * Where each CPython version keeps what: the one table of layout facts.
 *
 * All offsets are bytes from the start of the object, on 64-bit default builds. Sources: the
 * interpreters' own headers (Include/cpython and Include/internal of each version;
 * tests/e2e/test_layout.c compiles against the ones installed and compares), and the measurements
 * in docs/architecture.md. Layouts of objects and frames did not change within any 3.x so far; what
 * did change (interpreter state, the collector's state) is found by looking, see ag_heap.h. 0
 * means: this version has no such field.
 */
#pragma once

#include <stdint.h>

/* The same in every version. */
enum {
    OB_TYPE = 8,
    OB_SIZE = 16,
    GC_NEXT = -16, /* before the object: PyGC_Head */
    GC_PREV = -8,
    GC_POINTER_MASK = ~3, /* low bits are the collector's marks */
    GC_FINALIZED = 1,     /* in GC_PREV */

    TP_NAME = 24,
    TP_BASICSIZE = 32,
    TP_ITEMSIZE = 40,
    TP_FLAGS = 168,
    TP_TRAVERSE = 184,
    TP_WEAKLISTOFFSET = 208,
    TP_MEMBERS = 240,
    TP_BASE = 256,
    TP_DICT = 264,
    TP_DICTOFFSET = 288,
    TP_IS_GC = 328,
    TP_BASES = 336,
    TP_MRO = 344,
    TP_CACHE = 352,
    TP_SUBCLASSES = 360,
    TP_DEL = 376,
    TP_FINALIZE = 392,

    LIST_ITEMS = 24,
    CELL_REF = 16,
    METHOD_FUNC = 16,
    METHOD_SELF = 24,
    MODULE_DICT = 16,
    MODULE_NAME = 48,
    CFUNCTION_ML = 16,
    DESCR_NAME = 24,
    DESCR_METHOD = 40,
    ML_METH = 8,
    ML_FLAGS = 16,
    WEAKREF_OBJECT = 16,
    SET_USED = 24,
    DICT_USED = 16,
    DICT_KEYS = 32,
    DICT_VALUES = 40,
    MEMBER_BYTES = 40, /* struct PyMemberDef: name, type, offset, … */
    MEMBER_TYPE = 8,
    MEMBER_OFFSET = 16,
    MEMBER_OBJECT = 6,     /* T_OBJECT */
    MEMBER_OBJECT_EX = 16, /* T_OBJECT_EX */
};

/* Py_TPFLAGS_*; those that are tested below the version that introduced them would be wrong, see
 * type_has(). */
#define TPF_INLINE_VALUES   (1ul << 2) /* 3.13+ */
#define TPF_MANAGED_WEAKREF (1ul << 3) /* 3.12+ */
#define TPF_MANAGED_DICT    (1ul << 4) /* 3.11+ */
#define TPF_HEAPTYPE        (1ul << 9)
#define TPF_HAVE_GC         (1ul << 14)
#define TPF_LONG_SUBCLASS   (1ul << 24)
#define TPF_LIST_SUBCLASS   (1ul << 25)
#define TPF_TUPLE_SUBCLASS  (1ul << 26)
#define TPF_BYTES_SUBCLASS  (1ul << 27)
#define TPF_STR_SUBCLASS    (1ul << 28)
#define TPF_DICT_SUBCLASS   (1ul << 29)
#define TPF_EXC_SUBCLASS    (1ul << 30)
#define TPF_TYPE_SUBCLASS   (1ul << 31)

struct ag_layout {
    uint16_t minor; /* of 3.minor */

    uint16_t ht_name, ht_qualname, ht_module, ht_slots, ht_cached_keys;
    uint16_t tuple_items;
    uint16_t str_ascii, str_compact; /* where the characters start */
    uint16_t str_utf8;               /* cached UTF-8 text; its length is 8 before (compact) */
    uint16_t int_digits;             /* ob_digit */

    uint16_t code_name, code_qualname, code_filename, code_firstlineno;
    uint16_t code_varnames, code_freevars, code_cellvars;                     /* until 3.10 */
    uint16_t code_localsnames, code_localskinds, code_nlocals, code_bytecode; /* 3.11+ */
    uint16_t code_stacksize;

    uint16_t func_code, func_globals, func_builtins, func_defaults, func_kwdefaults, func_closure;
    uint16_t func_name, func_qualname, func_dict, func_module, func_annotations, func_doc;
    uint16_t func_annotate, func_typeparams; /* 3.14+, 3.12+ */

    uint16_t gen_frame; /* pointer until 3.10, the frame itself from 3.11 */
    uint16_t gen_state; /* i8, 3.11+: frame state */
    uint16_t gen_name, gen_qualname;

    /* Frames: PyFrameObject until 3.10, _PyInterpreterFrame from 3.11. */
    uint16_t ts_frame; /* in PyThreadState */
    uint16_t
        ts_cframe; /* 1: ts_frame leads to a _PyCFrame, whose current_frame is at cframe_frame */
    uint16_t cframe_frame;
    uint16_t ts_thread_id, ts_native_id;
    uint16_t ts_bytes;     /* sizeof(PyThreadState) */
    uint32_t interp_bytes; /* sizeof(PyInterpreterState), until 3.10; then it is static data */
    uint16_t frame_previous, frame_code, frame_func, frame_globals, frame_locals, frame_object;
    uint16_t frame_owner; /* char; 3.11+ */
    uint16_t frame_plus;  /* f_localsplus */
    uint16_t frame_lasti; /* int until 3.10, instruction pointer from 3.11 */
    uint16_t frame_stack; /* until 3.9: f_stacktop pointer; 3.10: i32 depth; 3.11–3.13: i32; 3.14:
                             pointer */
    uint16_t pyframe_frame; /* 3.11+: PyFrameObject.f_frame */
};

/* The row of the running interpreter; set by ag_pyver_select(). */
extern const struct ag_layout *layout;

/* Chooses the row for 3.`minor`; false when there is none. */
_Bool ag_pyver_select(unsigned minor);
