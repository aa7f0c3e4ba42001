#include "agent/ag_values.h"

#include "agent/ag_frames.h"
#include "agent/ag_key.h"
#include "agent/ag_known.h"
#include "agent/ag_preview.h"
#include "agent/ag_pyver.h"
#include "agent/ag_sys.h"
#include "agent/ag_text.h"
#include "proto/hash.h"

enum {
    BYTES_DATA = 32,
    BYTEARRAY_START = 40,
    FLOAT_VALUE = 16,
    ML_NAME = 0,
};

static struct pyobj *field(struct pyobj *object, int offset)
{
    return AG_FIELD(struct pyobj *, object, offset);
}

static void set_bytes(struct ag_value *value, const void *bytes, uint64_t n, uint32_t max)
{
    value->text_bytes = n < max ? (uint32_t)n : max;
    memcpy(value->text, bytes, value->text_bytes);
}

static void set_str(struct ag_value *value, struct pyobj *str, uint32_t max)
{
    if (str && ag_is_str(str))
        value->text_bytes = ag_str_utf8(str, value->text, max);
}

static void int_value(struct pyobj *object, struct ag_value *value)
{
    value->kind = VALUE_INT;
    value->text_bytes = ag_int_decimal(object, value->text);
    if (!value->text_bytes)
        value->size = ag_int_digits(object).n * AG_DIGIT_BITS;
}

/* Name, file and line. */
static void set_place(struct ag_value *value, struct pyobj *code, struct pyobj *name, int line,
                      uint32_t max)
{
    value->kind = VALUE_PLACE;
    set_str(value, name, max);
    struct pyobj *file = field(code, layout->code_filename);
    if (file && ag_is_str(file))
        value->detail_bytes = ag_str_utf8(file, value->detail, sizeof value->detail);
    value->size = line > 0 ? (uint64_t)line : 0;
}

static struct pyobj *code_name(struct pyobj *code)
{
    return field(code, layout->code_qualname ? layout->code_qualname : layout->code_name);
}

static void code_value(struct pyobj *code, struct ag_value *value, uint32_t max)
{
    set_place(value, code, code_name(code), AG_FIELD(int, code, layout->code_firstlineno), max);
}

static void function_value(struct pyobj *function, struct ag_value *value, uint32_t max)
{
    struct pyobj *code = field(function, layout->func_code);

    set_place(value, code, field(function, layout->func_qualname),
              AG_FIELD(int, code, layout->code_firstlineno), max);
}

static void frame_value(struct pyobj *object, struct ag_value *value, uint32_t max)
{
    if (layout->minor < 11) {
        struct pyobj *code = field(object, layout->frame_code);
        set_place(value, code, code_name(code), ag_old_frame_line(object), max);
        return;
    }
    struct pyframe *frame = AG_FIELD(struct pyframe *, object, layout->pyframe_frame);
    struct pyobj *code = frame ? ag_frame_code(frame) : NULL;
    if (code)
        set_place(value, code, code_name(code), ag_frame_line(frame), max);
}

static void generator_value(struct pyobj *generator, struct ag_value *value, uint32_t max)
{
    struct pyobj *name = field(generator, layout->gen_qualname);

    if (layout->minor < 11) {
        struct pyobj *frame = field(generator, layout->gen_frame);
        if (frame)
            set_place(value, field(frame, layout->frame_code), name, ag_old_frame_line(frame), max);
    } else {
        struct pyframe *frame = ag_frame_of_generator(generator);
        struct pyobj *code = frame ? ag_frame_code(frame) : NULL;
        if (code)
            set_place(value, code, name, ag_frame_line(frame), max);
    }
    if (value->kind == VALUE_NONE) {
        value->kind = VALUE_TEXT;
        set_bytes(value, "finished", 8, max);
    }
}

static void type_value(struct pyobj *type, struct ag_value *value, uint32_t max)
{
    uint32_t module_bytes, name_bytes, half = max / 2;

    value->kind = VALUE_NAME;
    ag_type_name(type, value->text, &module_bytes, value->text + half, &name_bytes, half - 1);
    if (module_bytes)
        value->text[module_bytes++] = '.';
    memmove(value->text + module_bytes, value->text + half, name_bytes);
    value->text_bytes = module_bytes + name_bytes;
}

static void method_value(struct pyobj *method, struct ag_value *value, uint32_t max)
{
    struct pyobj *function = field(method, METHOD_FUNC);

    if (function && ag_type_of(function) == api.PyFunction_Type)
        function_value(function, value, max);
}

static void weakref_value(struct pyobj *ref, struct ag_value *value, uint32_t max)
{
    struct pyobj *referent = field(ref, WEAKREF_OBJECT);

    value->kind = VALUE_TEXT;
    if (!referent || referent == api._Py_NoneStruct) {
        set_bytes(value, "dead", 4, max);
        return;
    }
    struct ag_text text = ag_text_in(value->text, max);
    ag_put(&text, "to ");
    ag_put_key(&text, referent);
    value->text_bytes = text.n;
}

/* Kinds that are told by their type alone. */
static bool exact_value(struct pyobj *object, struct pyobj *type, struct ag_value *value,
                        uint32_t max)
{
    if (type == api.PyFloat_Type) {
        value->kind = VALUE_FLOAT;
        set_bytes(value, (char *)object + FLOAT_VALUE, 8, max);
    } else if (type == api.PyComplex_Type) {
        value->kind = VALUE_COMPLEX;
        set_bytes(value, (char *)object + FLOAT_VALUE, 16, max);
    } else if (type == api.PyByteArray_Type) {
        value->kind = VALUE_BYTES;
        value->size = AG_FIELD(uint64_t, object, OB_SIZE);
        if (value->size)
            set_bytes(value, AG_FIELD(void *, object, BYTEARRAY_START), value->size, max);
    } else if (type == api.PyMethod_Type) {
        method_value(object, value, max);
    } else if (type == api.PyCFunction_Type) {
        const char *name = AG_FIELD(const char *, AG_FIELD(char *, object, CFUNCTION_ML), ML_NAME);
        value->kind = VALUE_NAME;
        set_bytes(value, name, strlen(name), max);
    } else if (type == api.PyMethodDescr_Type || type == api.PyClassMethodDescr_Type ||
               type == api.PyMemberDescr_Type || type == api.PyGetSetDescr_Type ||
               type == api.PyWrapperDescr_Type) {
        value->kind = VALUE_NAME;
        set_str(value, field(object, DESCR_NAME), max);
    } else if (type == api.PyCell_Type) {
        struct ag_text text = ag_text_in(value->text, max);
        struct pyobj *held = field(object, CELL_REF);
        value->kind = VALUE_TEXT;
        if (held)
            ag_put_key(&text, held);
        else
            ag_put(&text, "empty");
        value->text_bytes = text.n;
    } else {
        return false;
    }
    return true;
}

/* Kinds that subclasses share. */
static bool inherited_value(struct pyobj *object, const struct ag_type *type,
                            struct ag_value *value, uint32_t max)
{
    uint64_t flags = type->tp_flags;

    if (flags & TPF_STR_SUBCLASS) {
        value->kind = VALUE_STR;
        value->size = ag_str_length(object);
        set_str(value, object, max);
    } else if (flags & TPF_BYTES_SUBCLASS) {
        value->kind = VALUE_BYTES;
        value->size = AG_FIELD(uint64_t, object, OB_SIZE);
        set_bytes(value, (char *)object + BYTES_DATA, value->size, max);
    } else if (flags & TPF_LONG_SUBCLASS) {
        int_value(object, value);
    } else {
        return false;
    }
    return true;
}

/* How many members the value of such an object has. */
static bool length_of(struct pyobj *object, enum ag_shape shape, uint64_t *ret)
{
    switch (shape) {
    case AG_SHAPE_LIST:
    case AG_SHAPE_TUPLE:
    case AG_SHAPE_DEQUE:
    case AG_SHAPE_ARRAY:
        *ret = AG_FIELD(uint64_t, object, OB_SIZE);
        return true;
    case AG_SHAPE_DICT:
    case AG_SHAPE_ORDERED:
    case AG_SHAPE_DEFAULTS:
        *ret = AG_FIELD(uint64_t, object, DICT_USED);
        return true;
    case AG_SHAPE_SET:
        *ret = AG_FIELD(uint64_t, object, SET_USED);
        return true;
    default:
        return false;
    }
}

/* Everything else: a preview, with the number of members before it where there are any. */
static void preview_value(struct pyobj *object, struct ag_types *types, enum ag_shape shape,
                          struct ag_value *value, uint32_t max)
{
    bool all = max > AG_PREVIEW_ALL_BYTES;
    uint32_t cap = all ? AG_PREVIEW_ALL_BYTES : max < AG_PREVIEW_BYTES ? max : AG_PREVIEW_BYTES;
    struct ag_preview p = ag_preview_in(value->text, cap, types, all);

    if (!ag_preview_value(&p, object))
        return;
    ag_preview_end(&p);
    value->kind = length_of(object, shape, &value->size) ? VALUE_LEN : VALUE_PREVIEW;
    if (value->kind == VALUE_PREVIEW)
        value->size = ag_resource_of(object, shape);
    value->text_bytes = p.text.n;
}

void ag_value_of(struct pyobj *object, struct ag_types *types, struct ag_type *type,
                 uint32_t text_max, struct ag_value *ret)
{
    const char *constant = ag_constant(object);
    enum ag_shape shape;

    ret->kind = VALUE_NONE;
    ret->size = 0;
    ret->text_bytes = ret->detail_bytes = 0;
    if (type->flags & TYPE_OPAQUE)
        return;
    if (constant) {
        ret->kind = VALUE_CONSTANT;
        set_bytes(ret, constant, strlen(constant), text_max);
        return;
    }
    switch ((enum ag_kind)type->kind) {
    case AG_KIND_TYPE:
        type_value(object, ret, text_max);
        return;
    case AG_KIND_CODE:
        code_value(object, ret, text_max);
        return;
    case AG_KIND_FUNCTION:
        function_value(object, ret, text_max);
        return;
    case AG_KIND_FRAME:
        frame_value(object, ret, text_max);
        return;
    case AG_KIND_GENERATOR:
        generator_value(object, ret, text_max);
        return;
    case AG_KIND_MODULE:
        ret->kind = VALUE_NAME;
        set_str(ret, field(object, MODULE_NAME), text_max);
        return;
    case AG_KIND_WEAKREF:
        weakref_value(object, ret, text_max);
        return;
    default:
        shape = ag_shape_of(types, type);
        if (exact_value(object, type->object, ret, text_max) ||
            (shape != AG_SHAPE_ENUM && inherited_value(object, type, ret, text_max)))
            return;
        preview_value(object, types, shape, ret, text_max);
    }
}

bool ag_hash_of(struct pyobj *object, const struct ag_type *type, uint64_t *ret)
{
    uint64_t bytes = 0;
    unsigned kind = 0;

    if (type->object == api.PyUnicode_Type) {
        const void *data = ag_str_bytes(object, &bytes, &kind);
        *ret = hash_bytes(data, bytes, kind);
        return true;
    }
    if (type->object == api.PyBytes_Type) {
        bytes = AG_FIELD(uint64_t, object, OB_SIZE);
        *ret = hash_bytes((const char *)object + BYTES_DATA, bytes, kind);
        return true;
    }
    return false;
}
