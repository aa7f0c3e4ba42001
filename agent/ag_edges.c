#include "agent/ag_edges.h"

#include "agent/ag_frames.h"
#include "agent/ag_text.h"

enum {
    /* struct _dictkeysobject until 3.10: refcnt, size, lookup function, usable, nentries, indices
     */
    OLD_KEYS_LOOKUP = 16,
    OLD_KEYS_NENTRIES = 32,
    OLD_KEYS_SIZE = 8,
    OLD_KEYS_INDICES = 40,
    /* from 3.11: refcnt, u8 log2_size, u8 log2_index_bytes, u8 kind, version, usable, nentries,
       indices */
    KEYS_LOG2_INDEX_BYTES = 9,
    KEYS_KIND = 10,
    KEYS_USABLE = 16,
    KEYS_NENTRIES = 24,
    KEYS_INDICES = 32,
    ENTRY_GENERAL_BYTES = 24, /* hash, key, value */
    ENTRY_STR_BYTES = 16,     /* key, value */
    HAS_TZINFO = 24,          /* _PyTZINFO_HEAD: hash, flag */
    VALUES_EMBEDDED = 2,      /* 3.13+, PyDictValues: u8 capacity, size, embedded, valid; values */
};

static void push(struct ag_edges *edges, struct pyobj *target)
{
    if (target && !ag_vec_push_ptr(&edges->strong, target))
        edges->failed = true;
}

static int visit(struct pyobj *target, void *arg)
{
    push(arg, target);
    return 0;
}

static bool visited(const struct ag_edges *edges, struct pyobj *target)
{
    for (uint64_t i = 0; i < edges->strong.n; i++)
        if (ag_vec_ptr(&edges->strong, i) == target)
            return true;
    return false;
}

static void push_unless_visited(struct ag_edges *edges, struct pyobj *target)
{
    if (target && !visited(edges, target))
        push(edges, target);
}

static struct pyobj *field(struct pyobj *object, int offset)
{
    return AG_FIELD(struct pyobj *, object, offset);
}

/* A reference to what the collector may track, which it does not visit. */
static void push_unvisited(struct ag_edges *edges, struct pyobj *target)
{
    if (!target)
        return;
    if (!ag_vec_push_ptr(&edges->unvisited, (void *)edges->strong.n))
        edges->failed = true;
    push(edges, target);
}

/* ---- dicts ---- */

enum ag_dict_keys ag_dict_keys_of(struct pyobj *dict)
{
    char *keys = AG_FIELD(char *, dict, DICT_KEYS);

    if (AG_FIELD(void *, dict, DICT_VALUES))
        return AG_KEYS_SPLIT;
    if (layout->minor >= 11)
        return AG_FIELD(uint8_t, keys, KEYS_KIND) ? AG_KEYS_STR : AG_KEYS_GENERAL;
    /* The lookup function tells; it is static. object.__subclasses__ is kept in a dict with int
     * keys, so its function is the general one. */
    struct pyobj *subclasses = field(api.PyBaseObject_Type, TP_SUBCLASSES);
    char *general = AG_FIELD(char *, subclasses, DICT_KEYS);
    return AG_FIELD(void *, keys, OLD_KEYS_LOOKUP) == AG_FIELD(void *, general, OLD_KEYS_LOOKUP)
               ? AG_KEYS_GENERAL
               : AG_KEYS_STR;
}

static int count_visit(struct pyobj *target, void *arg)
{
    (void)target;
    ++*(uint64_t *)arg;
    return 0;
}

/* gh-130327: in 3.13.0–3.13.12 the dict of an instance whose values lie inside the instance visits
 * nothing; the instance visits them. Seen by trying. */
static bool dict_is_blind(struct pyobj *dict, const struct ag_type *type)
{
    const uint8_t *values = AG_FIELD(const uint8_t *, dict, DICT_VALUES);
    uint64_t visits = 0;

    if (layout->minor < 13 || !values || !values[VALUES_EMBEDDED])
        return false;
    type->traverse(dict, count_visit, &visits);
    return !visits;
}

/* Keys are references too, except in a split table, where the type's shared keys own them. */
static void dict_edges(struct ag_edges *edges, struct pyobj *dict, const struct ag_type *type)
{
    bool own_keys = !AG_FIELD(void *, dict, DICT_VALUES);
    bool is_blind = dict_is_blind(dict, type);
    struct pyobj *key, *value;
    long pos = 0;

    while (api.PyDict_Next(dict, &pos, &key, &value)) {
        if (own_keys)
            push(edges, key);
        if (is_blind)
            push_unvisited(edges, value);
        else
            push(edges, value);
    }
}

/* dict_traverse() visits keys only in general tables. */
static void dict_str_keys(struct ag_edges *edges, struct pyobj *dict)
{
    struct pyobj *key, *value;
    long pos = 0;

    if (ag_dict_keys_of(dict) != AG_KEYS_STR)
        return;
    while (api.PyDict_Next(dict, &pos, &key, &value))
        push(edges, key);
}

/* ---- instances ---- */

/*
 * 3.11, 3.12: a values block of `size` is a prefix of size + 2 bytes, rounded up, whose last byte is its
 * length, then the values (new_values() in Objects/dictobject.c). The size is that of the shared keys when
 * the instance was made, which shrinks as more are made: where the prefix does not fit today's, the largest
 * size that it fits is taken, at most 7 values too many.
 */
static uint64_t values_bytes(struct pyobj **values, uint64_t size)
{
    if (!values)
        return 0;
    uint64_t prefix = ((const uint8_t *)values)[-1];
    if (prefix != ((size + 2 + 7) & ~7ul) && prefix >= 2)
        size = prefix - 2;
    return prefix + size * 8;
}

struct ag_attributes ag_attributes_of(struct pyobj *object, uint64_t tp_flags)
{
    struct ag_attributes a = {0};
    struct pyobj *type = ag_type_of(object);

    if (layout->minor < 11 || !(tp_flags & TPF_MANAGED_DICT)) {
        int64_t offset = AG_FIELD(int64_t, type, TP_DICTOFFSET);
        if (offset < 0 && !(layout->minor >= 12 && offset == -1)) {
            int64_t size = AG_FIELD(int64_t, object, OB_SIZE);
            int64_t bytes = AG_FIELD(int64_t, type, TP_BASICSIZE) +
                            (size < 0 ? -size : size) * AG_FIELD(int64_t, type, TP_ITEMSIZE);
            offset += (bytes + 7) & ~(int64_t)7;
        }
        if (offset > 0)
            a.dict = field(object, (int)offset);
        return a;
    }
    char *keys = AG_FIELD(char *, type, layout->ht_cached_keys);
    uint64_t n = keys ? AG_FIELD(uint64_t, keys, KEYS_NENTRIES) : 0;
    uint64_t capacity = keys ? n + AG_FIELD(uint64_t, keys, KEYS_USABLE) : 0;
    if (layout->minor == 11) {
        a.dict = field(object, -24);
        a.values = AG_FIELD(struct pyobj **, object, -32);
        a.inline_bytes = values_bytes(a.values, capacity);
    } else if (layout->minor == 12) {
        uint64_t word = AG_FIELD(uint64_t, object, -24);
        if (word & 1)
            a.values = (struct pyobj **)(word + 1);
        else
            a.dict = (struct pyobj *)word;
        a.inline_bytes = values_bytes(a.values, capacity);
    } else {
        a.dict = field(object, -24);
        if (tp_flags & TPF_INLINE_VALUES) {
            /* PyDictValues: u8 capacity, size, embedded, valid; values; then insertion order, a
             * byte each */
            uint8_t *head = (uint8_t *)object + AG_FIELD(int64_t, type, TP_BASICSIZE);
            capacity = head[0];
            a.inline_bytes = ((capacity + 7) & ~7ul) + (capacity + 1) * 8;
            if (head[3])
                a.values = (struct pyobj **)(head + 8);
            a.shared = a.dict && a.values;
        }
    }
    a.n_values = a.values ? (n < capacity ? n : capacity) : 0;
    return a;
}

struct pyobj *ag_attribute_name(struct pyobj *type, uint64_t i)
{
    char *keys = AG_FIELD(char *, type, layout->ht_cached_keys);

    if (!keys || i >= AG_FIELD(uint64_t, keys, KEYS_NENTRIES))
        return NULL;
    char *entries = keys + KEYS_INDICES + (1ul << AG_FIELD(uint8_t, keys, KEYS_LOG2_INDEX_BYTES));
    return AG_FIELD(struct pyobj *, entries, (int)i * ENTRY_STR_BYTES);
}

/* gh-130327: 3.13.0–3.13.12 visit the values of an instance whose __dict__ exists, and not the
 * __dict__. Seen by looking: the dict that the object points to was not visited. The values are
 * then the dict's. */
static void repair_instance(struct ag_edges *edges, struct pyobj *object, uint64_t tp_flags)
{
    struct ag_attributes a = ag_attributes_of(object, tp_flags);
    void **strong = edges->strong.at;
    uint64_t n = edges->strong.n;

    if (!a.dict || visited(edges, a.dict))
        return;
    for (uint64_t i = 0; a.shared && i < a.n_values; i++)
        for (uint64_t j = 0; a.values[i] && j < n; j++)
            if (strong[j] == a.values[i]) {
                if (!ag_vec_push_ptr(&edges->visited_too, strong[j]))
                    edges->failed = true;
                strong[j] = strong[--n];
                break;
            }
    edges->strong.n = n;
    push_unvisited(edges, a.dict);
}

/* ---- types ---- */

/* Names of attributes that instances share: owned by the type's cached keys. */
static void cached_keys_edges(struct ag_edges *edges, struct pyobj *type)
{
    char *keys = AG_FIELD(char *, type, layout->ht_cached_keys);

    if (!keys)
        return;
    if (layout->minor >= 11) {
        uint64_t n = AG_FIELD(uint64_t, keys, KEYS_NENTRIES);
        for (uint64_t i = 0; i < n; i++)
            push(edges, ag_attribute_name(type, i));
        return;
    }
    uint64_t size = AG_FIELD(uint64_t, keys, OLD_KEYS_SIZE);
    uint64_t index_bytes = size <= 0xff ? 1 : size <= 0xffff ? 2 : size <= 0xffffffff ? 4 : 8;
    char *entries = keys + OLD_KEYS_INDICES + size * index_bytes;
    for (uint64_t i = 0; i < AG_FIELD(uint64_t, keys, OLD_KEYS_NENTRIES); i++)
        push(edges, AG_FIELD(struct pyobj *, entries, (int)i * ENTRY_GENERAL_BYTES + 8));
}

/* type_traverse() leaves out subclasses and strings; it aborts the process on a static type, whose
 * fields are read instead. */
static void type_edges(struct ag_edges *edges, struct pyobj *type, const struct ag_type *metatype)
{
    if (AG_FIELD(uint64_t, type, TP_FLAGS) & TPF_HEAPTYPE) {
        if (metatype->traverse)
            metatype->traverse(type, visit, edges);
        if (!visited(edges, field(type, TP_SUBCLASSES)))
            push_unvisited(edges, field(type, TP_SUBCLASSES));
        push(edges, field(type, layout->ht_name));
        push(edges, field(type, layout->ht_qualname));
        push(edges, field(type, layout->ht_slots));
        cached_keys_edges(edges, type);
        return;
    }
    push(edges, field(type, TP_DICT));
    push(edges, field(type, TP_BASES)); /* holds the base; tp_base is set by the compiler */
    push(edges, field(type, TP_MRO));
    push(edges, field(type, TP_CACHE));
    if (layout->minor < 12) /* later this is a number, for the builtin ones */
        push(edges, field(type, TP_SUBCLASSES));
}

/* ---- frames ---- */

/* From 3.11 a frame object and a suspended generator keep a frame, whose code no tp_traverse visits
 * everywhere. */
static void kept_frame_edges(struct ag_edges *edges, struct pyframe *frame)
{
    if (frame)
        push_unless_visited(edges, ag_frame_code(frame));
}

static void push_local(struct pyobj *object, enum ag_slot_kind kind, struct pyobj *name, void *arg)
{
    (void)name;
    if (kind == AG_SLOT_LOCAL)
        push_unvisited(arg, object);
}

/* From 3.11 gen_traverse() passes over the variables of a generator that is running a C function. */
static void generator_edges(struct ag_edges *edges, struct pyobj *generator)
{
    struct pyframe *frame = layout->minor >= 11 ? ag_frame_of_generator(generator) : NULL;

    if (!visited(edges, field(generator, layout->gen_name))) { /* newer versions visit both names */
        push(edges, field(generator, layout->gen_name));
        push(edges, field(generator, layout->gen_qualname));
    }
    if (!frame)
        return;
    kept_frame_edges(edges, frame);
    if (!ag_frame_is_traversed(frame))
        ag_frame_slots(frame, push_local, edges);
}

/* Until 3.10: three tuples of names are members; from 3.11 one tuple and a bytes object that are
 * not. */
static void code_edges(struct ag_edges *edges, struct pyobj *code)
{
    if (layout->minor < 11)
        return;
    push_unless_visited(edges, field(code, layout->code_localsnames));
    push_unless_visited(edges, field(code, layout->code_localskinds));
}

static void weak_edge(struct ag_edges *edges, struct pyobj *ref)
{
    struct pyobj *referent = field(ref, WEAKREF_OBJECT);

    if (referent && referent != api._Py_NoneStruct && !ag_vec_push_ptr(&edges->weak, referent))
        edges->failed = true;
}

/*
 * Object members of C types that no tp_traverse visits: start, stop and step of a range, names of
 * descriptors. What a collected type does not visit although it could be part of a cycle, it does
 * not own: sqlite3.Connection shows its module's exceptions as members that it borrows.
 */
static void member_edges(struct ag_edges *edges, struct pyobj *object, const struct ag_type *type,
                         bool gc)
{
    for (unsigned i = 0; i < type->n_members; i++) {
        struct pyobj *target = field(object, type->members[i]);
        if (!gc)
            push(edges, target);
        else if (target && !(AG_FIELD(uint64_t, ag_type_of(target), TP_FLAGS) & TPF_HAVE_GC))
            push_unless_visited(edges, target);
    }
    if (type->tzinfo && AG_FIELD(char, object, HAS_TZINFO)) /* else it is shorter */
        push(edges, field(object, type->tzinfo));
}

/* ---- all ---- */

static void array_edges(struct ag_edges *edges, struct pyobj **items, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        push(edges, items[i]); /* a tuple under construction has NULLs */
}

static void traversed_edges(struct ag_edges *edges, struct pyobj *object,
                            const struct ag_type *type)
{
    bool gc = type->traverse && ag_is_gc(type, object);

    if (gc)
        type->traverse(object, visit, edges);
    if (layout->minor >= 13 && type->tp_flags & TPF_MANAGED_DICT)
        repair_instance(edges, object, type->tp_flags);
    member_edges(edges, object, type, gc);
}

void ag_edges_of(struct ag_edges *edges, struct pyobj *object, const struct ag_type *type)
{
    edges->strong.n = edges->weak.n = edges->unvisited.n = edges->visited_too.n = 0;
    switch ((enum ag_kind)type->kind) {
    case AG_KIND_LEAF:
        return;
    case AG_KIND_DICT:
        dict_edges(edges, object, type);
        return;
    case AG_KIND_LIST:
        array_edges(edges, AG_FIELD(struct pyobj **, object, LIST_ITEMS),
                    AG_FIELD(uint64_t, object, OB_SIZE));
        return;
    case AG_KIND_TUPLE:
        array_edges(edges, (struct pyobj **)((char *)object + layout->tuple_items),
                    AG_FIELD(uint64_t, object, OB_SIZE));
        return;
    case AG_KIND_TYPE:
        type_edges(edges, object, type);
        return;
    case AG_KIND_PLAIN:
    case AG_KIND_FUNCTION:
        traversed_edges(edges, object, type);
        return;
    case AG_KIND_DICT_SUBCLASS:
        traversed_edges(edges, object, type);
        dict_str_keys(edges, object);
        return;
    case AG_KIND_MODULE:
        traversed_edges(edges, object, type);
        push(edges, field(object, MODULE_NAME));
        return;
    case AG_KIND_CODE:
        traversed_edges(edges, object, type);
        code_edges(edges, object);
        return;
    case AG_KIND_FRAME:
        traversed_edges(edges, object, type);
        if (layout->minor >= 11)
            kept_frame_edges(edges, ag_frame_of_object(object));
        return;
    case AG_KIND_GENERATOR:
        traversed_edges(edges, object, type);
        generator_edges(edges, object);
        return;
    case AG_KIND_WEAKREF:
        traversed_edges(edges, object, type);
        weak_edge(edges, object);
        return;
    }
}
