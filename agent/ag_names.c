#include "agent/ag_names.h"

#include <stddef.h>

#include "agent/ag_fields.h"
#include "agent/ag_frames.h"
#include "agent/ag_key.h"

enum {
    NAME_TEXT_BYTES = 120, /* of a variable's or attribute's name */

    EXC_ARGS =
        24, /* PyBaseExceptionObject: dict, args, (3.11+: notes,) traceback, context, cause */
    TRACEBACK_NEXT = 16,
    TRACEBACK_FRAME = 24,
    CFUNCTION_SELF = 24,
    CFUNCTION_MODULE = 32,
    WRAPPER_MAPPING = 16, /* mappingproxy, dict views */
    BASES_MAX = 256,
};

/* The references that want a name, in order of ordinals, and again sorted by object; the same object several
 * times in order of occurrence. */
struct wanted {
    struct ag_name *names;
    struct ag_name_key *keys;
    uint32_t n;
    const char *otherwise; /* name of what nothing better is known about; NULL: "?" */
};

/* ---- matching ---- */

static uint32_t find(const struct wanted *w, struct pyobj *object)
{
    uint32_t low = 0, high = w->n;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (w->keys[mid].object < object)
            low = mid + 1;
        else
            high = mid;
    }
    return low < w->n && w->keys[low].object == object ? low : w->n;
}

/*
 * A candidate: the holder keeps `object` in a place that has a name. True when that name is wanted:
 * `text` is then where to write it.
 */
static bool candidate(struct wanted *w, struct pyobj *object, struct ag_text *text)
{
    uint32_t first = object ? find(w, object) : w->n;

    if (first == w->n)
        return false;
    uint32_t occurrence = w->keys[first].seen++;
    uint32_t i =
        first + (occurrence > w->keys[first].skipped ? occurrence - w->keys[first].skipped : 0);
    if (i >= w->n || w->keys[i].object != object)
        return false;
    struct ag_name *name = &w->names[w->keys[i].name];
    if (name->occurrence != occurrence || name->weak)
        return false;
    *text = ag_text_in(name->text, AG_NAME_BYTES);
    return true;
}

/* The text is whole: notes its length in the name it belongs to. */
static void done(struct ag_text *text)
{
    struct ag_name *name = (struct ag_name *)(text->at - offsetof(struct ag_name, text));

    name->bytes = text->n;
}

static void named(struct wanted *w, struct pyobj *object, const char *what)
{
    struct ag_text text;

    if (!candidate(w, object, &text))
        return;
    ag_put(&text, what);
    done(&text);
}

/* `before`, then the text of a str, then `after`. */
static void named_str(struct wanted *w, struct pyobj *object, const char *before, struct pyobj *str,
                      const char *after)
{
    struct ag_text text;

    if (!candidate(w, object, &text))
        return;
    ag_put(&text, before);
    if (str && ag_is_str(str))
        ag_put_str(&text, str, NAME_TEXT_BYTES);
    else
        ag_put(&text, "?");
    ag_put(&text, after);
    done(&text);
}

static void named_index(struct wanted *w, struct pyobj *object, const char *before, uint64_t i,
                        const char *after)
{
    struct ag_text text;

    if (!candidate(w, object, &text))
        return;
    ag_put(&text, before);
    ag_put_decimal(&text, i);
    ag_put(&text, after);
    done(&text);
}

static struct pyobj *field(struct pyobj *object, int offset)
{
    return AG_FIELD(struct pyobj *, object, offset);
}

/* ---- containers ---- */

static void dict_names(struct wanted *w, struct pyobj *dict)
{
    struct pyobj *key, *value;
    long pos = 0;

    bool own_keys = ag_dict_keys_of(dict) != AG_KEYS_SPLIT;

    while (api.PyDict_Next(dict, &pos, &key, &value)) {
        struct ag_text text;
        if (own_keys)
            named(w, key, "key");
        if (!candidate(w, value, &text))
            continue;
        ag_put(&text, "[");
        ag_put_key(&text, key);
        ag_put(&text, "]");
        done(&text);
    }
}

/* The function whose variables a tuple holds, if it is a closure or a tuple of defaults. */
static struct pyobj *closure_owner(const struct ag_walk *walk, struct pyobj *tuple)
{
    const struct ag_closure *closures = walk->closures.at;

    for (uint64_t i = 0; i < walk->closures.n; i++)
        if (closures[i].tuple == tuple)
            return closures[i].function;
    return NULL;
}

/* Name of free variable `i` of a code object. */
static struct pyobj *free_variable(struct pyobj *code, uint64_t i)
{
    enum { KIND_FREE = 0x80, BYTES_TEXT = 32 };

    if (layout->minor < 11) {
        struct pyobj *names = field(code, layout->code_freevars);
        return i < AG_FIELD(uint64_t, names, OB_SIZE) ? field(names, 24 + (int)(8 * i)) : NULL;
    }
    struct pyobj *names = field(code, layout->code_localsnames);
    const uint8_t *kinds = (const uint8_t *)field(code, layout->code_localskinds) + BYTES_TEXT;
    for (int n = 0; n < AG_FIELD(int, code, layout->code_nlocals); n++)
        if (kinds[n] & KIND_FREE && !i--)
            return field(names, layout->tuple_items + 8 * n);
    return NULL;
}

static void tuple_names(struct wanted *w, const struct ag_walk *walk, struct pyobj *tuple)
{
    struct pyobj *function = closure_owner(walk, tuple);
    bool closure = function && field(function, layout->func_closure) == tuple;
    uint64_t n = AG_FIELD(uint64_t, tuple, OB_SIZE);

    for (uint64_t i = 0; i < n; i++) {
        struct pyobj *member = field(tuple, layout->tuple_items + (int)(8 * i));
        if (closure)
            named_str(w, member, "closure ", free_variable(field(function, layout->func_code), i),
                      "");
        else if (function)
            named_index(w, member, "default ", i, "");
        else
            named_index(w, member, "[", i, "]");
    }
}

static void list_names(struct wanted *w, struct pyobj *list)
{
    struct pyobj **items = AG_FIELD(struct pyobj **, list, LIST_ITEMS);
    uint64_t n = AG_FIELD(uint64_t, list, OB_SIZE);

    for (uint64_t i = 0; i < n; i++)
        named_index(w, items[i], "[", i, "]");
}

/* ---- instances ---- */

static void attribute_names(struct wanted *w, struct pyobj *object, const struct ag_type *type)
{
    struct ag_attributes a = ag_attributes_of(object, type->tp_flags);

    named(w, a.dict, ".__dict__");
    if (a.dict) /* the values are the dict's */
        return;
    for (uint64_t i = 0; i < a.n_values; i++)
        named_str(w, a.values[i], ".", ag_attribute_name(type->object, i), "");
}

/* __slots__ of Python classes, object members of C types. */
static void member_names(struct wanted *w, const struct ag_walk *walk, struct pyobj *object,
                         struct pyobj *type)
{
    for (int i = 0; type && i < BASES_MAX; i++, type = field(type, TP_BASE)) {
        const char *member = AG_FIELD(const char *, type, TP_MEMBERS);
        bool python = AG_FIELD(uint64_t, type, TP_FLAGS) & TPF_HEAPTYPE &&
                      AG_FIELD(ag_traverse_fn *, type, TP_TRAVERSE) == walk->types.subtype_traverse;
        for (; member && AG_FIELD(const char *, member, 0); member += MEMBER_BYTES) {
            int kind = AG_FIELD(int, member, MEMBER_TYPE);
            int64_t offset = AG_FIELD(int64_t, member, MEMBER_OFFSET);
            struct ag_text text;
            if ((kind != MEMBER_OBJECT && kind != MEMBER_OBJECT_EX) || offset <= 0 ||
                !candidate(w, field(object, (int)offset), &text))
                continue;
            ag_put(&text, python ? "slot " : ".");
            ag_put(&text, AG_FIELD(const char *, member, 0));
            done(&text);
        }
    }
}

static void exception_names(struct wanted *w, struct pyobj *exception)
{
    int at = EXC_ARGS;

    named(w, field(exception, at), ".args");
    if (layout->minor >= 11)
        named(w, field(exception, at += 8), ".__notes__");
    named(w, field(exception, at += 8), ".__traceback__");
    named(w, field(exception, at += 8), ".__context__");
    named(w, field(exception, at += 8), ".__cause__");
}

/* ---- code, functions, frames ---- */

static void function_names(struct wanted *w, struct pyobj *function)
{
    const struct {
        uint16_t offset;
        const char *name;
    } fields[] = {
        {layout->func_code, ".__code__"},
        {layout->func_globals, ".__globals__"},
        {layout->func_builtins, ".__builtins__"},
        {layout->func_defaults, ".__defaults__"},
        {layout->func_kwdefaults, ".__kwdefaults__"},
        {layout->func_closure, ".__closure__"},
        {layout->func_name, ".__name__"},
        {layout->func_qualname, ".__qualname__"},
        {layout->func_dict, ".__dict__"},
        {layout->func_module, ".__module__"},
        {layout->func_annotations, ".__annotations__"},
        {layout->func_doc, ".__doc__"},
        {layout->func_annotate, ".__annotate__"},
        {layout->func_typeparams, ".__type_params__"},
    };

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i].offset)
            named(w, field(function, fields[i].offset), fields[i].name);
}

static void slot_name(struct pyobj *object, enum ag_slot_kind kind, struct pyobj *name, void *arg)
{
    static const char *const names[] = {
        [AG_SLOT_TEMPORARY] = "temporary", [AG_SLOT_FUNCTION] = "function",
        [AG_SLOT_CODE] = ".f_code",        [AG_SLOT_LOCALS] = ".f_locals",
        [AG_SLOT_FRAME_OBJECT] = "frame",
    };

    if (kind == AG_SLOT_LOCAL)
        named_str(arg, object, "local '", name, "'");
    else
        named(arg, object, names[kind]);
}

static void generator_names(struct wanted *w, struct pyobj *generator)
{
    named(w, field(generator, layout->gen_name), ".__name__");
    named(w, field(generator, layout->gen_qualname), ".__qualname__");
    if (layout->minor >= 11) {
        struct pyframe *frame = ag_frame_of_generator(generator);
        if (frame)
            ag_frame_slots(frame, slot_name, w);
        else if (layout->minor >= 14) /* it has finished, and kept its code */
            named(w, ag_frame_code((struct pyframe *)((char *)generator + layout->gen_frame)),
                  ".gi_code");
    } else {
        named(w, field(generator, layout->gen_frame), ".gi_frame");
    }
}

static void frame_object_names(struct wanted *w, struct pyobj *object)
{
    if (layout->minor < 11) {
        ag_old_frame_slots(object, slot_name, w);
        return;
    }
    struct pyframe *frame = ag_frame_of_object(object);
    if (frame)
        ag_frame_slots(frame, slot_name, w);
}

static void code_names(struct wanted *w, struct pyobj *code)
{
    if (layout->minor < 11)
        return;
    named(w, field(code, layout->code_localsnames), ".co_localsplusnames");
    named(w, field(code, layout->code_localskinds), ".co_localspluskinds");
}

static void type_names(struct wanted *w, struct pyobj *type)
{
    named(w, field(type, TP_DICT), ".__dict__");
    named(w, field(type, TP_MRO), ".__mro__");
    named(w, field(type, TP_BASES), ".__bases__");
    named(w, field(type, TP_BASE), ".__base__");
    if (AG_FIELD(uint64_t, type, TP_FLAGS) & TPF_HEAPTYPE) {
        named(w, field(type, TP_SUBCLASSES), ".__subclasses__()");
        named(w, field(type, layout->ht_name), ".__name__");
        named(w, field(type, layout->ht_qualname), ".__qualname__");
        named(w, field(type, layout->ht_slots), ".__slots__");
        if (layout->ht_module)
            named(w, field(type, layout->ht_module), "module");
        w->otherwise = "attribute name";
    } else if (layout->minor < 12) {
        named(w, field(type, TP_SUBCLASSES), ".__subclasses__()");
    }
}

/* C types whose fields have no members to tell their names. */
static void builtin_names(struct wanted *w, struct pyobj *object, struct pyobj *type)
{
    const char *name = AG_FIELD(const char *, type, TP_NAME);
    size_t n = name ? strlen(name) : 0;

    if (type == api.PyCell_Type) {
        named(w, field(object, CELL_REF), ".cell_contents");
    } else if (type == api.PyMethod_Type) {
        named(w, field(object, METHOD_FUNC), ".__func__");
        named(w, field(object, METHOD_SELF), ".__self__");
    } else if (type == api.PyCFunction_Type) {
        named(w, field(object, CFUNCTION_SELF), ".__self__");
        named(w, field(object, CFUNCTION_MODULE), ".__module__");
    } else if (type == api.PyTraceBack_Type) {
        named(w, field(object, TRACEBACK_NEXT), ".tb_next");
        named(w, field(object, TRACEBACK_FRAME), ".tb_frame");
    } else if (type == api.PyDictProxy_Type) {
        named(w, field(object, WRAPPER_MAPPING), "mapping");
    } else if (n > 8 && !memcmp(name + n - 8, "iterator", 8)) {
        w->otherwise = "iterates";
    }
}

static void field_name(struct pyobj *target, const char *edge, void *arg)
{
    named(arg, target, edge);
}

static bool item_name(struct pyobj *target, uint64_t i, void *arg)
{
    named_index(arg, target, "[", i, "]");
    return true;
}

static void all_names(struct wanted *w, const struct ag_walk *walk, struct pyobj *object,
                      const struct ag_type *type)
{
    switch ((enum ag_kind)type->kind) {
    case AG_KIND_DICT:
        dict_names(w, object);
        return;
    case AG_KIND_LIST:
        list_names(w, object);
        return;
    case AG_KIND_TUPLE:
        tuple_names(w, walk, object);
        return;
    case AG_KIND_TYPE:
        type_names(w, object);
        break;
    case AG_KIND_FUNCTION:
        function_names(w, object);
        break;
    case AG_KIND_GENERATOR:
        generator_names(w, object);
        break;
    case AG_KIND_FRAME:
        frame_object_names(w, object);
        break;
    case AG_KIND_CODE:
        code_names(w, object);
        break;
    case AG_KIND_MODULE:
        named(w, field(object, MODULE_DICT), ".__dict__");
        named(w, field(object, MODULE_NAME), ".__name__");
        break;
    default:
        break;
    }
    uint64_t flags = type->tp_flags;
    if (flags & TPF_DICT_SUBCLASS)
        dict_names(w, object);
    if (flags & TPF_LIST_SUBCLASS)
        list_names(w, object);
    if (flags & TPF_TUPLE_SUBCLASS)
        tuple_names(w, walk, object);
    if (flags & TPF_EXC_SUBCLASS)
        exception_names(w, object);
    builtin_names(w, object, type->object);
    attribute_names(w, object, type);
    member_names(w, walk, object, type->object);
    ag_fields_of(object, &walk->types, field_name, w);
    ag_deque_items(object, &walk->types, item_name, w);
    if (type->tzinfo)
        w->otherwise = ".tzinfo"; /* all that they hold */
    if (flags & TPF_HEAPTYPE)
        named(w, type->object, ".__class__");
    if (!w->otherwise)
        w->otherwise = type->flags & TYPE_CONTAINER ? "member" : ag_fields_rest(type->object);
}

/* ---- choosing what is wanted ---- */

static bool after(const struct ag_name_key *a, const struct ag_name_key *b)
{
    return a->object != b->object ? a->object > b->object : a->name > b->name;
}

static void sift_down(struct ag_name_key *keys, uint32_t at, uint32_t n)
{
    struct ag_name_key held = keys[at];

    for (uint32_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && after(&keys[child + 1], &keys[child]))
            child++;
        if (!after(&keys[child], &held))
            break;
        keys[at] = keys[child];
    }
    keys[at] = held;
}

/* By object, then ordinal. Heap sort: no recursion, no memory, no bad case; many are sorted already. */
static void sort_keys(struct ag_name_key *keys, uint32_t n)
{
    uint32_t sorted = 1;

    while (sorted < n && after(&keys[sorted], &keys[sorted - 1]))
        sorted++;
    if (sorted >= n)
        return;
    for (uint32_t i = n / 2; i-- > 0;)
        sift_down(keys, i, n);
    for (uint32_t end = n - 1; end; end--) {
        struct ag_name_key last = keys[end];
        keys[end] = keys[0];
        keys[0] = last;
        sift_down(keys, 0, end);
    }
}

/* Takes references from ordinal `first` on; returns how many, and where to go on. */
static uint32_t choose(struct ag_walk *walk, uint32_t first, struct pyobj *target,
                       const struct wanted *w, uint32_t max, uint32_t *next)
{
    const struct ag_vec *strong = &walk->edges.strong, *weak = &walk->edges.weak;
    uint32_t ordinal = 0, n = 0;

    *next = UINT32_MAX;
    for (uint64_t i = 0; i < strong->n + weak->n; i++) {
        bool is_weak = i >= strong->n;
        struct pyobj *object = ag_vec_ptr(is_weak ? weak : strong, is_weak ? i - strong->n : i);
        uint32_t number = ag_index_find(&walk->index, object);
        if (number == AG_NO_INDEX) /* not in the stream either */
            continue;
        if (ordinal++ < first || (target && object != target))
            continue;
        if (n == max) {
            *next = ordinal - 1;
            break;
        }
        struct ag_name *name = &w->names[n];
        name->ordinal = ordinal - 1;
        name->target = number;
        name->weak = is_weak;
        name->bytes = name->occurrence = 0;
        w->keys[n] = (struct ag_name_key){.object = object, .name = n};
        n++;
    }
    return n;
}

/*
 * How many earlier references go to the same object, for each that was chosen; the keys are sorted. All of an
 * object's chosen strong references but the first `skipped` of its references follow each other.
 */
static void count_occurrences(const struct ag_walk *walk, const struct wanted *w)
{
    const struct ag_vec *strong = &walk->edges.strong;
    uint32_t ordinal = 0;

    for (uint64_t i = 0; i < strong->n; i++) {
        struct pyobj *object = ag_vec_ptr(strong, i);
        uint32_t first = find(w, object);
        if (first == w->n) {
            ordinal += ag_index_find(&walk->index, object) != AG_NO_INDEX;
            continue;
        }
        struct ag_name_key *key = &w->keys[first];
        if (ordinal < w->names[key->name].ordinal)
            key->skipped++;
        uint32_t at = first + key->seen - key->skipped;
        if (key->seen >= key->skipped && at < w->n && w->keys[at].object == object &&
            w->names[w->keys[at].name].ordinal == ordinal)
            w->names[w->keys[at].name].occurrence = key->seen;
        key->seen++;
        ordinal++;
    }
    for (uint32_t i = 0; i < w->n; i++)
        w->keys[i].seen = 0;
}

static void name_the_rest(struct wanted *w)
{
    for (uint32_t i = 0; i < w->n; i++) {
        struct ag_name *name = &w->names[i];
        if (name->bytes)
            continue;
        struct ag_text text = ag_text_in(name->text, AG_NAME_BYTES);
        ag_put(&text, name->weak ? "weakref" : w->otherwise ? w->otherwise : "?");
        done(&text);
    }
}

uint32_t ag_names_of(struct ag_walk *walk, struct pyobj *holder, uint32_t first,
                     struct pyobj *target, struct ag_name *names, struct ag_name_key *keys,
                     uint32_t max, uint32_t *next)
{
    const struct ag_type *type = ag_types_get(&walk->types, ag_type_of(holder));
    struct wanted w = {.names = names, .keys = keys};

    *next = UINT32_MAX;
    if (!type)
        return 0;
    ag_edges_of(&walk->edges, holder, type);
    w.n = choose(walk, first, target, &w, max, next);
    if (!w.n)
        return 0;
    sort_keys(keys, w.n);
    count_occurrences(walk, &w);
    if (type->kind != AG_KIND_LEAF)
        all_names(&w, walk, holder, type);
    name_the_rest(&w);
    return w.n;
}
