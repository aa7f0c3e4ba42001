#include "agent/ag_preview.h"

#include "agent/ag_fields.h"
#include "agent/ag_instance.h"
#include "agent/ag_key.h"
#include "agent/ag_known.h"
#include "agent/ag_sys.h"
#include "proto/msg.h"

enum {
    TOP_MEMBERS = 8, /* shown of a container, and of one inside of it */
    INNER_MEMBERS = 3,
    TOP_MEMBERS_ALL = 400,
    INNER_MEMBERS_ALL = 8,
    ROOM = 40, /* bytes that a member leaves for what closes those around it */
    STR_CHARACTERS = 40,
    STR_CHARACTERS_ALL = 200,
    FLOAT_VALUE = 16,
    BYTES_DATA = 32,
    BYTEARRAY_START = 40,
    SET_MASK = 32,
    SET_TABLE = 40,
    SET_ENTRY_BYTES = 16, /* key, hash: -1 where one was removed */
    DEFAULT_FACTORY = 48,
    ODICT_FIRST = 48, /* nodes: key, hash, next */
    NODE_NEXT = 16,
    DEQUE_MAXLEN = 64,
    PROXY_MAPPING = 16,
};

static struct pyobj *field(struct pyobj *object, int offset)
{
    return AG_FIELD(struct pyobj *, object, offset);
}

/* ---- parts ---- */

struct ag_preview ag_preview_in(char *buf, uint32_t cap, struct ag_types *types, bool all)
{
    struct ag_preview p = {.text = ag_text_in(buf, cap), .types = types};

    p.members[0] = all ? TOP_MEMBERS_ALL : TOP_MEMBERS;
    p.members[1] = all ? INNER_MEMBERS_ALL : INNER_MEMBERS;
    return p;
}

void ag_preview_end(struct ag_preview *p)
{
    uint32_t n = p->text.n;

    while (p->text.cut && n && (p->text.at[n - 1] & 0x80)) /* a torn character */
        n--;
    p->text.n = n;
}

bool ag_preview_open(struct ag_preview *p, struct pyobj *object)
{
    bool fits = p->depth < AG_PREVIEW_DEPTH - 1;

    for (int i = 0; i < p->depth; i++)
        fits = fits && p->above[i] != object;
    if (fits)
        p->above[p->depth++] = object;
    else
        ag_put(&p->text, "...");
    return fits;
}

void ag_preview_close(struct ag_preview *p)
{
    p->depth--;
}

bool ag_preview_next(struct ag_preview *p, uint64_t i, uint64_t n)
{
    struct ag_text *text = &p->text;

    if (i == n)
        return false;
    ag_put(text, i ? ", " : "");
    if (i < p->members[p->depth - 1] && text->cap - text->n > ROOM)
        return true;
    ag_put_whole(text, "… ");
    ag_put_decimal(text, n - i);
    ag_put(text, i ? " more" : n == 1 ? " item" : " items");
    return false;
}

void ag_preview_type(struct ag_preview *p, struct pyobj *type)
{
    const char *name = AG_FIELD(const char *, type, TP_NAME), *last = name;

    if (AG_FIELD(uint64_t, type, TP_FLAGS) & TPF_HEAPTYPE) {
        ag_put_str(&p->text, field(type, layout->ht_name), STR_CHARACTERS);
        return;
    }
    for (; *name; name++)
        if (*name == '.')
            last = name + 1;
    ag_put(&p->text, last);
}

/* "Name(" for what is not exactly `builtin`, and its end. */
static bool put_call(struct ag_preview *p, struct pyobj *object, struct pyobj *builtin)
{
    if (ag_type_of(object) == builtin)
        return false;
    ag_preview_type(p, ag_type_of(object));
    ag_put(&p->text, "(");
    return true;
}

static uint32_t characters_max(const struct ag_preview *p)
{
    return p->members[0] == TOP_MEMBERS ? STR_CHARACTERS : STR_CHARACTERS_ALL;
}

/* ---- sequences and sets ---- */

/* Whether they were put. */
static bool put_items(struct ag_preview *p, struct pyobj *object, struct pyobj **items)
{
    uint64_t n = AG_FIELD(uint64_t, object, OB_SIZE);

    if (!n || !ag_preview_open(p, object))
        return false;
    for (uint64_t i = 0; ag_preview_next(p, i, n); i++)
        ag_preview_put(p, items[i]);
    ag_preview_close(p);
    return true;
}

static struct pyobj **tuple_items(struct pyobj *tuple)
{
    return (struct pyobj **)((char *)tuple + layout->tuple_items);
}

static void put_list(struct ag_preview *p, struct pyobj *object)
{
    bool call = put_call(p, object, api.PyList_Type);

    ag_put(&p->text, "[");
    put_items(p, object, AG_FIELD(struct pyobj **, object, LIST_ITEMS));
    ag_put(&p->text, call ? "])" : "]");
}

static void put_tuple(struct ag_preview *p, struct pyobj *object)
{
    bool call = put_call(p, object, api.PyTuple_Type);

    ag_put(&p->text, "(");
    bool shown = put_items(p, object, tuple_items(object));
    ag_put(&p->text, shown && AG_FIELD(uint64_t, object, OB_SIZE) == 1 ? ",)" : ")");
    ag_put(&p->text, call ? ")" : "");
}

static void put_members(struct ag_preview *p, struct pyobj *set)
{
    uint64_t n = AG_FIELD(uint64_t, set, SET_USED), i = 0;
    const char *entry = AG_FIELD(const char *, set, SET_TABLE);
    const char *end = entry + (AG_FIELD(uint64_t, set, SET_MASK) + 1) * SET_ENTRY_BYTES;

    for (; entry < end && i < n; entry += SET_ENTRY_BYTES) {
        struct pyobj *key = AG_FIELD(struct pyobj *, entry, 0);
        if (!key || AG_FIELD(int64_t, entry, 8) == -1)
            continue;
        if (!ag_preview_next(p, i++, n))
            return;
        ag_preview_put(p, key);
    }
}

static void put_set(struct ag_preview *p, struct pyobj *set)
{
    bool empty = !AG_FIELD(uint64_t, set, SET_USED);
    bool call = put_call(p, set, empty ? NULL : api.PySet_Type);

    ag_put(&p->text, empty ? "" : "{");
    if (!empty && ag_preview_open(p, set)) {
        put_members(p, set);
        ag_preview_close(p);
    }
    ag_put(&p->text, empty ? "" : "}");
    ag_put(&p->text, call ? ")" : "");
}

struct deque_items {
    struct ag_preview *p;
    uint64_t n;
};

static bool put_deque_item(struct pyobj *item, uint64_t i, void *arg)
{
    struct deque_items *d = arg;
    bool shown = ag_preview_next(d->p, i, d->n);

    if (shown)
        ag_preview_put(d->p, item);
    return shown;
}

static void put_deque(struct ag_preview *p, struct pyobj *deque)
{
    struct deque_items d = {p, AG_FIELD(uint64_t, deque, OB_SIZE)};
    int64_t maxlen = AG_FIELD(int64_t, deque, DEQUE_MAXLEN);

    put_call(p, deque, NULL);
    ag_put(&p->text, "[");
    if (d.n && ag_preview_open(p, deque)) {
        ag_deque_items(deque, p->types, put_deque_item, &d);
        ag_preview_close(p);
    }
    ag_put(&p->text, "]");
    if (maxlen >= 0) {
        ag_put(&p->text, ", maxlen=");
        ag_put_decimal(&p->text, (uint64_t)maxlen);
    }
    ag_put(&p->text, ")");
}

/* ---- mappings ---- */

static void put_pair(struct ag_preview *p, struct pyobj *key, struct pyobj *value)
{
    ag_preview_put(p, key);
    ag_put(&p->text, ": ");
    ag_preview_put(p, value);
}

/* The value of a key, which is looked for from `pos` on, where it is most of the time, then from the
 * start: hashing would run code. */
static struct pyobj *value_of(struct pyobj *dict, struct pyobj *key, long *pos)
{
    struct pyobj *k, *value;

    for (int round = 0; round < 2; round++, *pos = 0)
        while (api.PyDict_Next(dict, pos, &k, &value))
            if (k == key)
                return value;
    return NULL;
}

/* In the order that move_to_end() made. */
static void put_ordered(struct ag_preview *p, struct pyobj *dict)
{
    uint64_t n = AG_FIELD(uint64_t, dict, DICT_USED);
    char *node = AG_FIELD(char *, dict, ODICT_FIRST);
    long pos = 0;

    for (uint64_t i = 0; node && ag_preview_next(p, i, n);
         i++, node = AG_FIELD(char *, node, NODE_NEXT)) {
        struct pyobj *key = AG_FIELD(struct pyobj *, node, 0);
        put_pair(p, key, value_of(dict, key, &pos));
    }
}

static void put_pairs(struct ag_preview *p, struct pyobj *dict)
{
    uint64_t n = AG_FIELD(uint64_t, dict, DICT_USED);
    struct pyobj *key, *value;
    long pos = 0;

    for (uint64_t i = 0; ag_preview_next(p, i, n) && api.PyDict_Next(dict, &pos, &key, &value); i++)
        put_pair(p, key, value);
}

static void put_dict(struct ag_preview *p, struct pyobj *dict, enum ag_shape shape)
{
    bool call = put_call(p, dict, api.PyDict_Type);

    if (shape == AG_SHAPE_DEFAULTS) {
        struct pyobj *factory = field(dict, DEFAULT_FACTORY);
        ag_preview_put(p, factory ? factory : api._Py_NoneStruct);
        ag_put(&p->text, ", ");
    }
    ag_put(&p->text, "{");
    if (AG_FIELD(uint64_t, dict, DICT_USED) && ag_preview_open(p, dict)) {
        if (shape == AG_SHAPE_ORDERED)
            put_ordered(p, dict);
        else
            put_pairs(p, dict);
        ag_preview_close(p);
    }
    ag_put(&p->text, call ? "})" : "}");
}

/* ---- all ---- */

static bool put_scalar(struct ag_preview *p, struct pyobj *object, enum ag_shape shape)
{
    struct ag_text *text = &p->text;
    char *at = (char *)object;
    uint64_t n = AG_FIELD(uint64_t, object, OB_SIZE); /* of bytes */

    if (shape == AG_SHAPE_STR) {
        ag_put_quoted(text, object, characters_max(p));
    } else if (shape == AG_SHAPE_BYTES) {
        ag_put_quoted_bytes(text, at + BYTES_DATA, n, characters_max(p));
    } else if (shape == AG_SHAPE_BYTEARRAY) {
        ag_put(text, "bytearray(");
        ag_put_quoted_bytes(text, AG_FIELD(void *, object, BYTEARRAY_START), n, characters_max(p));
        ag_put(text, ")");
    } else if (shape == AG_SHAPE_INT) {
        ag_put_int(text, object);
    } else if (shape == AG_SHAPE_FLOAT) {
        ag_put_double(text, at + FLOAT_VALUE);
    } else if (shape == AG_SHAPE_COMPLEX) {
        ag_put_complex(text, at + FLOAT_VALUE);
    } else {
        return false;
    }
    return true;
}

static bool put_shape(struct ag_preview *p, struct pyobj *object, struct ag_type *type)
{
    enum ag_shape shape = ag_shape_of(p->types, type);

    switch (shape) {
    case AG_SHAPE_LIST:
        put_list(p, object);
        return true;
    case AG_SHAPE_TUPLE:
        put_tuple(p, object);
        return true;
    case AG_SHAPE_RECORD:
        ag_put_record(p, object, type);
        return true;
    case AG_SHAPE_SET:
        put_set(p, object);
        return true;
    case AG_SHAPE_DEQUE:
        put_deque(p, object);
        return true;
    case AG_SHAPE_DICT:
    case AG_SHAPE_ORDERED:
    case AG_SHAPE_DEFAULTS:
        put_dict(p, object, shape);
        return true;
    case AG_SHAPE_PROXY:
        put_call(p, object, NULL);
        ag_preview_put(p, field(object, PROXY_MAPPING));
        ag_put(&p->text, ")");
        return true;
    case AG_SHAPE_EXCEPTION:
        ag_put_exception(p, object);
        return true;
    case AG_SHAPE_INSTANCE:
        return ag_put_instance(p, object, type);
    case AG_SHAPE_DATACLASS:
        ag_put_dataclass(p, object, type);
        return true;
    default:
        return put_scalar(p, object, shape) || ag_known_put(p, object, type);
    }
}

bool ag_preview_value(struct ag_preview *p, struct pyobj *object)
{
    struct ag_type *type = ag_types_get(p->types, ag_type_of(object));

    if (!type || type->flags & TYPE_OPAQUE)
        return false;
    return put_shape(p, object, type);
}

/* Functions and modules by name. */
static bool put_named(struct ag_preview *p, struct pyobj *object, const struct ag_type *type)
{
    struct pyobj *name = type->kind == AG_KIND_FUNCTION ? field(object, layout->func_qualname)
                         : type->kind == AG_KIND_MODULE ? field(object, MODULE_NAME)
                                                        : NULL;

    if (!name || !ag_is_str(name))
        return false;
    ag_put(&p->text, type->kind == AG_KIND_FUNCTION ? "<function " : "<module ");
    ag_put_str(&p->text, name, STR_CHARACTERS);
    ag_put(&p->text, ">");
    return true;
}

void ag_preview_put(struct ag_preview *p, struct pyobj *object)
{
    const char *constant = object ? ag_constant(object) : "NULL";

    if (constant) {
        ag_put(&p->text, constant);
        return;
    }
    struct ag_type *type = ag_types_get(p->types, ag_type_of(object));
    if (!type || type->flags & TYPE_OPAQUE ||
        (!put_named(p, object, type) && !put_shape(p, object, type)))
        ag_put_key(&p->text, object);
}
