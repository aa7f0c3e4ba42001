#include "agent/ag_shape.h"

#include "agent/ag_attributes.h"
#include "agent/ag_sys.h"
#include "agent/ag_text.h"
#include "proto/msg.h"

enum { BASES_MAX = 64, NAME_BYTES = 64 };

static const struct {
    const char *c_name; /* tp_name */
    uint8_t shape;
} c_types[] = {
    {"list", AG_SHAPE_LIST},
    {"tuple", AG_SHAPE_TUPLE},
    {"dict", AG_SHAPE_DICT},
    {"set", AG_SHAPE_SET},
    {"frozenset", AG_SHAPE_SET},
    {"str", AG_SHAPE_STR},
    {"bytes", AG_SHAPE_BYTES},
    {"bytearray", AG_SHAPE_BYTEARRAY},
    {"int", AG_SHAPE_INT},
    {"float", AG_SHAPE_FLOAT},
    {"complex", AG_SHAPE_COMPLEX},
    {"range", AG_SHAPE_RANGE},
    {"slice", AG_SHAPE_SLICE},
    {"mappingproxy", AG_SHAPE_PROXY},
    {"memoryview", AG_SHAPE_MEMORYVIEW},
    {"BaseException", AG_SHAPE_EXCEPTION},
    {"_io.FileIO", AG_SHAPE_FILE},
    {"_socket.socket", AG_SHAPE_FILE},
    {"_thread.RLock", AG_SHAPE_RLOCK},
    {"_thread.lock", AG_SHAPE_LOCK},
    {"array.array", AG_SHAPE_ARRAY},
    {"collections.OrderedDict", AG_SHAPE_ORDERED},
    {"collections.defaultdict", AG_SHAPE_DEFAULTS},
    {"collections.deque", AG_SHAPE_DEQUE},
    {"datetime.date", AG_SHAPE_DATE},
    {"datetime.datetime", AG_SHAPE_DATETIME},
    {"datetime.time", AG_SHAPE_TIME},
    {"datetime.timedelta", AG_SHAPE_TIMEDELTA},
    {"datetime.timezone", AG_SHAPE_TIMEZONE},
    {"decimal.Decimal", AG_SHAPE_DECIMAL},
    {"mmap.mmap", AG_SHAPE_MMAP},
    {"re.Pattern", AG_SHAPE_PATTERN},
    {"select.epoll", AG_SHAPE_FILE},
};

/* Python classes of the standard library; the module may have grown parts ("pathlib._local"). */
static const struct {
    const char *module, *name;
    uint8_t shape;
} python_classes[] = {
    {"uuid", "UUID", AG_SHAPE_UUID},
    {"pathlib", "PurePath", AG_SHAPE_PATH},
};

static bool same(const char *a, const char *b)
{
    size_t n = strlen(b);

    return strlen(a) == n && !memcmp(a, b, n);
}

static bool is_part_of(const char *module, const char *package)
{
    size_t n = strlen(package);

    return strlen(module) >= n && !memcmp(module, package, n) && (!module[n] || module[n] == '.');
}

/* A class of the standard library's Python code, by module and name. */
static uint8_t python_shape(struct pyobj *type)
{
    char module[NAME_BYTES + 1], name[NAME_BYTES + 1];
    uint32_t module_bytes, name_bytes;
    const char *c_name = AG_FIELD(const char *, type, TP_NAME);

    for (size_t i = 0; i < sizeof python_classes / sizeof *python_classes; i++) {
        if (!same(c_name, python_classes[i].name))
            continue;
        ag_type_name(type, module, &module_bytes, name, &name_bytes, NAME_BYTES);
        module[module_bytes] = '\0';
        if (is_part_of(module, python_classes[i].module))
            return python_classes[i].shape;
    }
    return AG_SHAPE_UNKNOWN;
}

static uint8_t c_shape(struct pyobj *type)
{
    const char *c_name = AG_FIELD(const char *, type, TP_NAME);

    for (size_t i = 0; i < sizeof c_types / sizeof *c_types; i++)
        if (same(c_name, c_types[i].c_name))
            return c_types[i].shape;
    return AG_SHAPE_UNKNOWN;
}

/* Members of an Enum: their class is made by a metaclass that is EnumMeta (EnumType) or derives from it. */
static bool is_enum(struct pyobj *type)
{
    char module[NAME_BYTES + 1], name[NAME_BYTES + 1];
    uint32_t module_bytes, name_bytes;
    struct pyobj *meta = ag_type_of(type);

    for (int i = 0; meta && i < BASES_MAX; i++, meta = AG_FIELD(struct pyobj *, meta, TP_BASE)) {
        if (meta == api.PyType_Type)
            return false;
        ag_type_name(meta, module, &module_bytes, name, &name_bytes, NAME_BYTES);
        module[module_bytes] = name[name_bytes] = '\0';
        if (same(module, "enum") && (same(name, "EnumMeta") || same(name, "EnumType")))
            return true;
    }
    return false;
}

/* A tuple whose items have names. */
static bool is_record(struct ag_type *type)
{
    struct pyobj *fields = ag_type_find(type->object, "_fields");

    if (!(type->flags & TYPE_PYTHON_CLASS))
        return AG_FIELD(void *, type->object, TP_MEMBERS) != NULL;
    if (!fields || ag_type_of(fields) != api.PyTuple_Type)
        return false;
    type->names = fields;
    return true;
}

static enum ag_shape find(const struct ag_types *types, struct ag_type *type)
{
    struct pyobj *base = type->object;
    uint8_t shape = AG_SHAPE_UNKNOWN;

    if (type->flags & TYPE_OPAQUE)
        return AG_SHAPE_NONE;
    if (is_enum(type->object))
        return AG_SHAPE_ENUM;
    for (int i = 0; base && !shape && i < BASES_MAX;
         i++, base = AG_FIELD(struct pyobj *, base, TP_BASE)) {
        bool python = AG_FIELD(uint64_t, base, TP_FLAGS) & TPF_HEAPTYPE &&
                      AG_FIELD(ag_traverse_fn *, base, TP_TRAVERSE) == types->subtype_traverse;
        shape = python ? python_shape(base) : c_shape(base);
    }
    if (shape == AG_SHAPE_TUPLE && type->object != api.PyTuple_Type && is_record(type))
        return AG_SHAPE_RECORD;
    if (shape)
        return shape;
    type->names =
        type->flags & TYPE_PYTHON_CLASS ? ag_type_find(type->object, "__dataclass_fields__") : NULL;
    if (type->names && AG_FIELD(uint64_t, ag_type_of(type->names), TP_FLAGS) & TPF_DICT_SUBCLASS)
        return AG_SHAPE_DATACLASS;
    if (type->kind == AG_KIND_PLAIN &&
        (type->flags & TYPE_PYTHON_CLASS || AG_FIELD(int64_t, type->object, TP_DICTOFFSET)))
        return AG_SHAPE_INSTANCE;
    return AG_SHAPE_NONE;
}

enum ag_shape ag_shape_of(const struct ag_types *types, struct ag_type *type)
{
    if (type->shape == AG_SHAPE_UNKNOWN)
        type->shape = (uint8_t)find(types, type);
    return (enum ag_shape)type->shape;
}
