#include "agent/ag_types.h"

#include "agent/ag_attributes.h"
#include "agent/ag_shape.h"
#include "agent/ag_sys.h"
#include "agent/ag_text.h"
#include "proto/msg.h"

enum { SLOTS_FIRST = 1 << 12, BASES_MAX = 256 };

static uint64_t hash_of(const void *address)
{
    return (uint64_t)address / 16 * 0x9e3779b97f4a7c15ULL >> 32;
}

static bool is_text(const char *a, const char *b)
{
    size_t n = strlen(b);

    return strlen(a) == n && !memcmp(a, b, n);
}

/* Whether `type` is `base` or derives from it. */
static bool derives_from(struct pyobj *type, struct pyobj *base)
{
    for (int i = 0; type && i < BASES_MAX; i++) {
        if (type == base)
            return true;
        type = AG_FIELD(struct pyobj *, type, TP_BASE);
    }
    return false;
}

struct pyobj *ag_dict_find(struct pyobj *dict, const char *key)
{
    struct pyobj *k, *v;
    long pos = 0;

    while (api.PyDict_Next(dict, &pos, &k, &v))
        if (ag_is_str(k) && ag_str_is(k, key))
            return v;
    return NULL;
}

/* A type's namespace, borrowed. 3.12+ keeps that of static builtin types elsewhere. */
static struct pyobj *type_dict(struct pyobj *type)
{
    struct pyobj *dict = AG_FIELD(struct pyobj *, type, TP_DICT);

    if (!dict && api.PyType_GetDict) {
        dict = api.PyType_GetDict(type);
        if (dict)
            api.Py_DecRef(dict); /* the type holds it */
    }
    return dict;
}

/* ---- how instances are measured ---- */

/* `type.__sizeof__`, looked up as the interpreter would: along the MRO. Returns the descriptor and
 * its owner. */
static struct pyobj *find_sizeof(struct pyobj *type, struct pyobj **owner)
{
    struct pyobj *mro = AG_FIELD(struct pyobj *, type, TP_MRO);

    for (uint64_t i = 0; mro && i < AG_FIELD(uint64_t, mro, OB_SIZE); i++) {
        *owner = AG_FIELD(struct pyobj *, mro, layout->tuple_items + 8 * i);
        struct pyobj *dict = *owner ? type_dict(*owner) : NULL;
        struct pyobj *found = dict ? ag_dict_find(dict, "__sizeof__") : NULL;
        /* one that is written in Python is passed over: it would have to be run */
        if (found && ag_type_of(found) == api.PyMethodDescr_Type)
            return found;
    }
    return NULL;
}

static void find_size_kind(struct ag_type *type)
{
    struct pyobj *owner = NULL;
    struct pyobj *descr = find_sizeof(type->object, &owner);

    type->size_kind = AG_SIZE_BASIC;
    if (!descr || owner == api.PyBaseObject_Type)
        return;
    char *method = AG_FIELD(char *, descr, DESCR_METHOD);
    type->sizeof_meth = AG_FIELD(void *, method, ML_METH);
    type->sizeof_flags = AG_FIELD(int, method, ML_FLAGS);
    type->sizeof_owner = owner;
    if (owner == api.PyUnicode_Type)
        type->size_kind = AG_SIZE_STR;
    else if (owner == api.PyLong_Type)
        type->size_kind = AG_SIZE_INT;
    else if (owner == api.PyList_Type)
        type->size_kind = AG_SIZE_LIST;
    else if (owner == api.PyDict_Type)
        type->size_kind = AG_SIZE_DICT;
    else
        type->size_kind = AG_SIZE_METHOD;
}

/* ---- how references are found ---- */

static enum ag_kind find_kind(struct pyobj *type, uint64_t flags)
{
    static struct pyobj *const *const leaves[] = {
        &api.PyUnicode_Type, &api.PyLong_Type,    &api.PyBytes_Type,     &api.PyFloat_Type,
        &api.PyBool_Type,    &api.PyComplex_Type, &api.PyByteArray_Type,
    };

    for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++)
        if (type == *leaves[i])
            return AG_KIND_LEAF;
    if (flags & TPF_DICT_SUBCLASS)
        return type == api.PyDict_Type ? AG_KIND_DICT : AG_KIND_DICT_SUBCLASS;
    if (flags & TPF_TYPE_SUBCLASS)
        return AG_KIND_TYPE;
    if (type == api.PyList_Type)
        return AG_KIND_LIST;
    if (type == api.PyTuple_Type)
        return AG_KIND_TUPLE;
    if (type == api.PyCode_Type)
        return AG_KIND_CODE;
    if (type == api.PyFrame_Type)
        return AG_KIND_FRAME;
    if (type == api.PyFunction_Type)
        return AG_KIND_FUNCTION;
    if (type == api.PyGen_Type || type == api.PyCoro_Type || type == api.PyAsyncGen_Type)
        return AG_KIND_GENERATOR;
    if (derives_from(type, api.PyModule_Type))
        return AG_KIND_MODULE;
    if (derives_from(type, api._PyWeakref_RefType) ||
        derives_from(type, api._PyWeakref_ProxyType) ||
        derives_from(type, api._PyWeakref_CallableProxyType))
        return AG_KIND_WEAKREF;
    return AG_KIND_PLAIN;
}

/* Object members that C types along the base chain declare. Python classes' __slots__ are members
 * too, but tp_traverse visits all of them. */
static void find_members(struct ag_types *types, struct ag_type *type)
{
    struct pyobj *base = type->object;

    for (int i = 0; base && i < BASES_MAX; i++, base = AG_FIELD(struct pyobj *, base, TP_BASE)) {
        const char *member = AG_FIELD(const char *, base, TP_MEMBERS);
        bool python = AG_FIELD(ag_traverse_fn *, base, TP_TRAVERSE) == types->subtype_traverse;
        if (!member || (python && AG_FIELD(uint64_t, base, TP_FLAGS) & TPF_HEAPTYPE))
            continue;
        for (; AG_FIELD(const char *, member, 0); member += MEMBER_BYTES) {
            int kind = AG_FIELD(int, member, MEMBER_TYPE);
            int64_t offset = AG_FIELD(int64_t, member, MEMBER_OFFSET);
            if ((kind == MEMBER_OBJECT || kind == MEMBER_OBJECT_EX) && offset > 0 &&
                offset + 8 <= type->basicsize_bytes && offset < UINT16_MAX &&
                type->n_members < AG_MEMBERS_MAX)
                type->members[type->n_members++] = (uint16_t)offset;
        }
    }
}

/* What the datetime module's types hold: they have neither a tp_traverse nor members. */
static void find_time_zone(struct ag_type *type)
{
    enum { DATETIME_ZONE = 40, TIME_ZONE = 32, ZONE_OFFSET = 16, ZONE_NAME = 24 };
    struct pyobj *base = type->object;

    for (int i = 0; base && i < BASES_MAX; i++, base = AG_FIELD(struct pyobj *, base, TP_BASE)) {
        const char *name = AG_FIELD(const char *, base, TP_NAME);
        if (AG_FIELD(uint64_t, base, TP_FLAGS) & TPF_HEAPTYPE)
            continue;
        if (is_text(name, "datetime.datetime"))
            type->tzinfo = DATETIME_ZONE;
        else if (is_text(name, "datetime.time"))
            type->tzinfo = TIME_ZONE;
        else if (is_text(name, "datetime.timezone") && type->n_members + 2 <= AG_MEMBERS_MAX) {
            type->members[type->n_members++] = ZONE_OFFSET;
            type->members[type->n_members++] = ZONE_NAME;
        }
    }
}

static bool is_opaque(const struct ag_types *types, struct pyobj *type)
{
    for (uint32_t i = 0; i < types->opaque_count; i++)
        if (types->opaque[i] == (uint64_t)type)
            return true;
    return false;
}

/* Whether a class of Python code defines __del__; C types have a wrapper of that name, if any. */
static bool has_python_del(struct pyobj *type)
{
    struct pyobj *del = ag_type_find(type, "__del__");

    return del && ag_type_of(del) != api.PyWrapperDescr_Type;
}

static bool is_resource(const struct ag_types *types, struct ag_type *type)
{
    enum ag_shape shape = ag_shape_of(types, type);

    return shape == AG_SHAPE_FILE || shape == AG_SHAPE_MMAP || shape == AG_SHAPE_LOCK ||
           shape == AG_SHAPE_RLOCK;
}

static void describe(struct ag_types *types, struct ag_type *type)
{
    struct pyobj *object = type->object;
    uint64_t flags = AG_FIELD(uint64_t, object, TP_FLAGS);

    type->tp_flags = flags;
    type->basicsize_bytes = AG_FIELD(int64_t, object, TP_BASICSIZE);
    type->itemsize_bytes = AG_FIELD(int64_t, object, TP_ITEMSIZE);
    type->is_gc = AG_FIELD(ag_is_gc_fn *, object, TP_IS_GC);
    type->traverse = AG_FIELD(ag_traverse_fn *, object, TP_TRAVERSE);
    type->kind = (uint8_t)find_kind(object, flags);
    bool python = flags & TPF_HEAPTYPE && type->traverse == types->subtype_traverse;
    type->flags =
        (flags & TPF_HEAPTYPE ? TYPE_HEAP : 0) | (flags & TPF_HAVE_GC ? TYPE_GC : 0) |
        (AG_FIELD(void *, object, TP_FINALIZE) || AG_FIELD(void *, object, TP_DEL) ? TYPE_FINALIZER
                                                                                   : 0) |
        (type->kind == AG_KIND_WEAKREF ? TYPE_WEAKREF : 0) |
        (type->kind == AG_KIND_TYPE ? TYPE_METATYPE : 0) |
        (AG_FIELD(int64_t, object, TP_WEAKLISTOFFSET) ? TYPE_REFERABLE : 0) |
        (python ? TYPE_PYTHON_CLASS : 0) | (AG_FIELD(void *, object, TP_DEL) ? TYPE_LEGACY : 0) |
        (AG_FIELD(void *, object, TP_FINALIZE) && python && has_python_del(object) ? TYPE_DEL : 0);
    if (flags & (TPF_LIST_SUBCLASS | TPF_TUPLE_SUBCLASS | TPF_DICT_SUBCLASS) ||
        derives_from(object, api.PySet_Type) || derives_from(object, api.PyFrozenSet_Type))
        type->flags |= TYPE_CONTAINER;
    if (is_resource(types, type))
        type->flags |= TYPE_RESOURCE;
    if (!(flags & TPF_HAVE_GC))
        type->traverse = NULL;
    find_size_kind(type);
    if (is_opaque(types, object)) { /* none of its C code is called */
        type->flags |= TYPE_OPAQUE;
        type->shape = AG_SHAPE_NONE;
        type->kind = AG_KIND_LEAF;
        type->size_kind = AG_SIZE_BASIC;
        type->is_gc = NULL;
    }
    if (type->kind == AG_KIND_PLAIN || type->kind == AG_KIND_CODE ||
        type->kind == AG_KIND_WEAKREF || type->kind == AG_KIND_GENERATOR)
        find_members(types, type);
    if (type->kind == AG_KIND_PLAIN)
        find_time_zone(type);
}

/* ---- the table ---- */

static uint32_t *find_slot(const struct ag_types *types, struct pyobj *object)
{
    uint32_t *slots = types->slots.at;
    uint64_t mask = types->slots.n - 1;
    uint64_t i = hash_of(object) & mask;

    while (slots[i] && ag_types_by_id(types, slots[i] - 1)->object != object)
        i = (i + 1) & mask;
    return &slots[i];
}

static bool grow_slots(struct ag_types *types)
{
    struct ag_vec old = types->slots;
    struct ag_vec bigger = {0};
    uint64_t n = old.n ? old.n * 2 : SLOTS_FIRST;

    if (!ag_vec_reserve(&bigger, n, sizeof(uint32_t)))
        return false;
    bigger.n = n;
    types->slots = bigger;
    for (uint64_t i = 0; i < old.n; i++) {
        uint32_t id = ((uint32_t *)old.at)[i];
        if (id)
            *find_slot(types, ag_types_by_id(types, id - 1)->object) = id;
    }
    ag_vec_free(&old);
    return true;
}

/* tp_traverse of Python classes, learnt from one that every interpreter has. */
static ag_traverse_fn *learn_subtype_traverse(void)
{
    struct pyobj *modules = api.PyImport_GetModuleDict();
    struct pyobj *importlib = modules ? ag_dict_find(modules, "_frozen_importlib") : NULL;
    struct pyobj *dict = importlib ? AG_FIELD(struct pyobj *, importlib, MODULE_DICT) : NULL;
    struct pyobj *spec = dict ? ag_dict_find(dict, "ModuleSpec") : NULL;

    return spec ? AG_FIELD(ag_traverse_fn *, spec, TP_TRAVERSE) : NULL;
}

bool ag_types_init(struct ag_types *types, struct ag_index *index, const uint64_t *opaque,
                   uint32_t opaque_count)
{
    *types = (struct ag_types){.index = index, .opaque = opaque, .opaque_count = opaque_count};
    types->subtype_traverse = learn_subtype_traverse();
    return grow_slots(types);
}

static struct ag_type *add(struct ag_types *types, struct pyobj *object)
{
    uint32_t id = (uint32_t)types->table.n;

    if (types->table.n * 2 >= types->slots.n && !grow_slots(types))
        return NULL;
    if (!ag_vec_reserve(&types->table, types->table.n + 1, sizeof(struct ag_type)))
        return NULL;
    struct ag_type *type = ag_types_by_id(types, id);
    *type = (struct ag_type){.object = object, .id = id};
    type->index = ag_index_add(types->index, object);
    types->table.n++;
    *find_slot(types, object) = id + 1;
    describe(types, type);
    return type;
}

struct ag_type *ag_types_get(struct ag_types *types, struct pyobj *object)
{
    if (types->last && types->last->object == object)
        return types->last;
    uint32_t *slot = find_slot(types, object);
    struct ag_type *type = *slot ? ag_types_by_id(types, *slot - 1) : add(types, object);
    if (!type)
        types->failed = true;
    types->last = type;
    return type;
}

/* ---- names ---- */

static uint32_t clip(const char *text, uint64_t bytes, char *buf, uint32_t cap)
{
    uint32_t n = bytes < cap ? (uint32_t)bytes : cap;

    memcpy(buf, text, n);
    return n;
}

void ag_type_name(struct pyobj *type, char *module, uint32_t *module_bytes, char *name,
                  uint32_t *name_bytes, uint32_t cap)
{
    const char *c_name = AG_FIELD(const char *, type, TP_NAME);
    const char *last_dot = NULL;

    *module_bytes = *name_bytes = 0;
    if (AG_FIELD(uint64_t, type, TP_FLAGS) & TPF_HEAPTYPE) {
        struct pyobj *qualname = AG_FIELD(struct pyobj *, type, layout->ht_qualname);
        struct pyobj *dict = AG_FIELD(struct pyobj *, type, TP_DICT);
        struct pyobj *where = dict ? ag_dict_find(dict, "__module__") : NULL;
        if (qualname && ag_is_str(qualname))
            *name_bytes = ag_str_utf8(qualname, name, cap);
        if (where && ag_is_str(where))
            *module_bytes = ag_str_utf8(where, module, cap);
    } else if (c_name) {
        for (const char *p = c_name; *p; p++)
            if (*p == '.')
                last_dot = p;
        if (last_dot)
            *module_bytes = clip(c_name, (uint64_t)(last_dot - c_name), module, cap);
        else
            *module_bytes = clip("builtins", 8, module, cap);
        *name_bytes = clip(last_dot ? last_dot + 1 : c_name,
                           strlen(last_dot ? last_dot + 1 : c_name), name, cap);
    }
    if (!*name_bytes)
        *name_bytes = clip("?", 1, name, cap);
}
