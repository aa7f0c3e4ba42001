#include "agent/ag_sizes.h"

#include <stddef.h>

#include "agent/ag_edges.h"

enum {
    GC_HEAD_BYTES = 16,
    PREHEADER_WORDS_BYTES = 16, /* dict and weakref words, 3.12+; 3.11: dict words */
    INT_TAG_SHIFT = 3,          /* 3.12+: lv_tag at OB_SIZE, digit count above these bits */
    DIGIT_BYTES = 4,
    STR_STATE = 32,
    STR_LENGTH = 16,
    STR_WSTR = 40, /* until 3.11 */
    LIST_ALLOCATED = 32,
    METH_NOARGS = 0x4,
    METH_METHOD_FASTCALL_KEYWORDS = 0x282,
    METH_CALL_MASK = 0x28f,
};

/* object.__sizeof__ */
static uint64_t basic_size(struct pyobj *object, const struct ag_type *type)
{
    int64_t n = type->itemsize_bytes > 0 ? AG_FIELD(int64_t, object, OB_SIZE) : 0;

    return (uint64_t)(type->basicsize_bytes + (n < 0 ? -n : n) * type->itemsize_bytes);
}

/* Calls the type's own __sizeof__; falls back to object's when that fails. */
static uint64_t method_size(struct pyobj *object, const struct ag_type *type)
{
    typedef struct pyobj *noargs_fn(struct pyobj *, struct pyobj *);
    typedef struct pyobj *fastcall_fn(struct pyobj *, struct pyobj *, struct pyobj *const *, long,
                                      struct pyobj *);
    struct pyobj *result = NULL;

    if ((type->sizeof_flags & METH_CALL_MASK) == METH_NOARGS)
        result = ((noargs_fn *)type->sizeof_meth)(object, NULL);
    else if ((type->sizeof_flags & METH_CALL_MASK) == METH_METHOD_FASTCALL_KEYWORDS)
        result = ((fastcall_fn *)type->sizeof_meth)(object, type->sizeof_owner, NULL, 0, NULL);
    long bytes = result ? api.PyLong_AsSsize_t(result) : -1;
    if (result)
        api.Py_DecRef(result);
    if (bytes >= 0)
        return (uint64_t)bytes;
    api.PyErr_Clear();
    return basic_size(object, type);
}

/* int___sizeof___impl(); from 3.11 zero has a digit too. */
static uint64_t int_size(struct pyobj *object, const struct ag_type *type)
{
    int64_t digits = AG_FIELD(int64_t, object, OB_SIZE);
    uint64_t base = layout->int_digits;

    if (layout->minor >= 12) {
        digits = (int64_t)((uint64_t)digits >> INT_TAG_SHIFT);
        base = (uint64_t)type->basicsize_bytes;
    }
    digits = digits < 0 ? -digits : digits;
    if (layout->minor >= 11 && !digits)
        digits = 1;
    return base + (uint64_t)digits * DIGIT_BYTES;
}

/* unicode_sizeof_impl(), for compact strings without cached other forms: nearly all. */
static uint64_t str_size(struct pyobj *object, const struct ag_type *type)
{
    uint32_t state = AG_FIELD(uint32_t, object, STR_STATE);
    uint64_t length = AG_FIELD(uint64_t, object, STR_LENGTH);
    bool compact = state >> 5 & 1, ascii = state >> 6 & 1;

    if (!compact || (layout->minor < 12 && AG_FIELD(void *, object, STR_WSTR)))
        return method_size(object, type);
    if (ascii)
        return layout->str_ascii + length + 1;
    if (AG_FIELD(void *, object, layout->str_utf8))
        return method_size(object, type);
    return layout->str_compact + (length + 1) * (state >> 2 & 7);
}

static uint64_t sizeof_of(struct pyobj *object, const struct ag_type *type)
{
    switch ((enum ag_size_kind)type->size_kind) {
    case AG_SIZE_BASIC:
        return basic_size(object, type);
    case AG_SIZE_STR:
        return str_size(object, type);
    case AG_SIZE_INT:
        return int_size(object, type);
    case AG_SIZE_LIST:
        return (uint64_t)type->basicsize_bytes + AG_FIELD(uint64_t, object, LIST_ALLOCATED) * 8;
    case AG_SIZE_DICT:
        return (uint64_t)api._PyDict_SizeOf(object);
    case AG_SIZE_METHOD:
        return method_size(object, type);
    }
    return 0;
}

/* What _PySys_GetSizeOf() adds to __sizeof__; it differs between versions, quirks included. */
static uint64_t preheader_bytes(struct pyobj *object, const struct ag_type *type)
{
    uint64_t flags = type->tp_flags;
    uint64_t head = flags & TPF_HAVE_GC ? GC_HEAD_BYTES : 0;

    if (layout->minor <= 10)
        return ag_is_gc(type, object) ? GC_HEAD_BYTES : 0;
    if (layout->minor == 11)
        return head + (flags & TPF_MANAGED_DICT ? PREHEADER_WORDS_BYTES : 0);
    if (layout->minor >= 13 && type->kind == AG_KIND_TYPE && type->object == api.PyType_Type &&
        !(AG_FIELD(uint64_t, object, TP_FLAGS) & TPF_HEAPTYPE))
        return 0;
    return head + (flags & (TPF_MANAGED_DICT | TPF_MANAGED_WEAKREF) ? PREHEADER_WORDS_BYTES : 0);
}

struct ag_size ag_size_of(struct pyobj *object, const struct ag_type *type)
{
    struct ag_size size = {sizeof_of(object, type) + preheader_bytes(object, type), 0};

    if (layout->minor >= 11 && type->tp_flags & TPF_MANAGED_DICT)
        size.inline_bytes = ag_attributes_of(object, type->tp_flags).inline_bytes;
    return size;
}
