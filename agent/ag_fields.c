#include "agent/ag_fields.h"

#include "agent/ag_sys.h"

enum {
    BASES_MAX = 256,
    DEQUE_BLOCK = 24, /* dequeobject: leftblock, rightblock, leftindex */
    DEQUE_INDEX = 40,
    DEQUE_BLOCK_ITEMS = 64, /* block: leftlink, data, rightlink */
    DEQUE_DATA = 8,
    DEQUE_NEXT = DEQUE_DATA + 8 * DEQUE_BLOCK_ITEMS,
};

struct row {
    const char *type;     /* the last part of tp_name: its module differs between versions */
    uint8_t since, until; /* 3.minor, both included */
    uint16_t bytes;       /* tp_basicsize, where patch releases have added fields; 0: any */
    uint16_t offset;
    const char *edge;
};

static const struct row rows[] = {
    /* Objects/ */
    {"enumerate", 8, 14, 0, 24, "iterates"},
    {"enumerate", 8, 14, 0, 32, "result"},
    {"filter", 8, 14, 0, 16, "function"},
    {"filter", 8, 14, 0, 24, "iterates"},
    {"frame", 11, 14, 0, 16, ".f_back"},
    {"GenericAlias", 9, 14, 0, 32, ".__parameters__"},
    {"managedbuffer", 8, 14, 0, 40, ".obj"},
    {"map", 8, 14, 0, 16, "iterates"},
    {"map", 8, 14, 0, 24, "function"},
    {"memoryview", 8, 14, 0, 24, "buffer"},
    {"method-wrapper", 8, 14, 0, 16, "descriptor"},
    {"property", 10, 14, 0, 48, ".__name__"},
    {"Union", 14, 14, 0, 24, "arguments"},
    {"zip", 8, 14, 0, 24, "iterates"},
    {"zip", 8, 14, 0, 32, "result"},
    {"dict_items", 8, 14, 0, 16, "mapping"},
    {"dict_keys", 8, 14, 0, 16, "mapping"},
    {"dict_values", 8, 14, 0, 16, "mapping"},
    {"odict_items", 8, 14, 0, 16, "mapping"},
    {"odict_keys", 8, 14, 0, 16, "mapping"},
    {"odict_values", 8, 14, 0, 16, "mapping"},
    /* Python/context.c */
    {"Context", 8, 14, 0, 24, "values"},
    {"ContextVar", 8, 14, 0, 24, "default"},
    /* Modules/ */
    {"_lru_cache_wrapper", 8, 14, 0, 72, "cache"},
    {"_lru_cache_wrapper", 8, 14, 0, 88, ".__wrapped__"},
    {"_lru_cache_wrapper", 8, 9, 0, 112, "type of cache_info()"},
    {"_lru_cache_wrapper", 10, 14, 0, 112, "mark"},
    {"_lru_cache_wrapper", 10, 14, 0, 120, "type of links"},
    {"_lru_cache_wrapper", 10, 14, 0, 128, "type of cache_info()"},
    {"chain", 8, 14, 0, 24, "iterates now"},
    {"count", 8, 14, 0, 32, "step"},
    {"cycle", 8, 14, 0, 24, "seen"},
    {"groupby", 8, 14, 0, 24, "key function"},
    {"product", 8, 14, 0, 16, "pools"},
    {"attrgetter", 8, 14, 0, 24, "attributes"},
    {"itemgetter", 8, 14, 0, 24, "items"},
    {"Struct", 8, 14, 0, 40, ".format"},
    {"SimpleQueue", 8, 12, 0, 32, "items"},
    {"_local", 8, 12, 0, 24, "arguments"},
    {"_local", 8, 12, 0, 48, "dummies"},
    {"_local", 13, 14, 0, 16, "arguments"},
    {"_local", 13, 14, 0, 40, "dummies"},
    {"_local", 13, 14, 0, 48, "watchers"},
    {"TextIOWrapper", 14, 14, 0, 32, ".buffer"},
    {"TextIOWrapper", 8, 14, 0, 56, "decoder"},
    {"TextIOWrapper", 8, 14, 0, 72, ".errors"},
    {"TextIOWrapper", 8, 14, 0, 168, "raw"},
    {"BytesIO", 8, 14, 0, 16, "buffer"},
    {"StringIO", 12, 13, 0, 128, "newline"},
    {"StringIO", 14, 14, 0, 80, "newline"},
    {"timezone", 8, 14, 0, 16, "offset"},
    {"timezone", 8, 14, 0, 24, "name"},
    {"Future", 8, 14, 0, 16, "._loop"},
    {"Future", 8, 14, 0, 24, "callback"},
    {"Future", 8, 14, 0, 32, "context of callback"},
    {"Future", 8, 14, 0, 40, "callbacks"},
    {"Future", 8, 14, 0, 48, "._exception"},
    {"Future", 8, 9, 0, 56, "._result"},
    {"Future", 10, 10, 152, 56, "traceback of ._exception"},
    {"Future", 10, 10, 152, 64, "._result"},
    {"Task", 10, 10, 192, 56, "traceback of ._exception"},
    {"Task", 10, 10, 192, 64, "._result"},
    {"Future", 11, 14, 0, 56, "traceback of ._exception"},
    {"Future", 11, 14, 0, 64, "._result"},
    {"Task", 8, 8, 144, 104, "._fut_waiter"},
    {"Task", 8, 8, 144, 112, "._coro"},
    {"Task", 8, 8, 144, 120, "get_name()"},
    {"Task", 8, 8, 144, 128, "get_context()"},
    {"Task", 9, 9, 184, 144, "._fut_waiter"},
    {"Task", 9, 9, 184, 152, "._coro"},
    {"Task", 9, 9, 184, 160, "get_name()"},
    {"Task", 9, 9, 184, 168, "get_context()"},
    {"Task", 10, 10, 192, 152, "._fut_waiter"},
    {"Task", 10, 10, 192, 160, "._coro"},
    {"Task", 10, 10, 192, 168, "get_name()"},
    {"Task", 10, 10, 192, 176, "get_context()"},
    {"Task", 11, 12, 176, 128, "._fut_waiter"},
    {"Task", 11, 12, 176, 136, "._coro"},
    {"Task", 11, 12, 176, 144, "get_name()"},
    {"Task", 11, 12, 176, 152, "get_context()"},
    {"Task", 13, 13, 144, 112, "._fut_waiter"},
    {"Task", 13, 13, 144, 120, "._coro"},
    {"Task", 13, 13, 144, 128, "get_name()"},
    {"Task", 13, 13, 144, 136, "get_context()"},
    {"Task", 14, 14, 168, 120, "._fut_waiter"},
    {"Task", 14, 14, 168, 128, "._coro"},
    {"Task", 14, 14, 168, 136, "get_name()"},
    {"Task", 14, 14, 168, 144, "get_context()"},
    {"TaskWakeupMethWrapper", 8, 9, 0, 16, "task"},
    {"TaskStepMethWrapper", 8, 14, 0, 16, "task"},
    {"TaskStepMethWrapper", 8, 14, 0, 24, "exception"},
    {"CFuncPtr", 8, 14, 0, 96, "thunk"},
    {"CFuncPtr", 8, 14, 0, 104, "callable"},
    {"CFuncPtr", 8, 14, 0, 112, "converters"},
    {"CFuncPtr", 8, 14, 0, 120, ".argtypes"},
    {"CFuncPtr", 8, 14, 0, 128, ".restype"},
    {"CFuncPtr", 8, 14, 0, 136, "checker"},
    {"CFuncPtr", 8, 14, 0, 144, ".errcheck"},
};

static const struct {
    const char *type;
    const char *rest;
} rests[] = {
    {"SimpleQueue", "item"},
    {"_lru_cache_wrapper", "cached"},
    {"_tee_dataobject", "buffered"},
    {"accumulate", "iterates"},
    {"chain", "iterates"},
    {"combinations", "iterates"},
    {"compress", "iterates"},
    {"count", "now at"},
    {"cycle", "iterates"},
    {"dropwhile", "iterates"},
    {"filterfalse", "iterates"},
    {"groupby", "iterates"},
    {"islice", "iterates"},
    {"pairwise", "iterates"},
    {"permutations", "iterates"},
    {"product", "result"},
    {"repeat", "repeats"},
    {"reversed", "iterates"},
    {"starmap", "iterates"},
    {"takewhile", "iterates"},
    {"_tee", "buffer"},
    {"zip_longest", "iterates"},
};

static struct pyobj *field_at(struct pyobj *object, int offset)
{
    return AG_FIELD(struct pyobj *, object, offset);
}

/* The last part of a type's dotted C name. */
static const char *short_name(struct pyobj *type)
{
    const char *name = AG_FIELD(const char *, type, TP_NAME);
    const char *start = name;

    for (const char *p = name; *p; p++)
        if (*p == '.')
            start = p + 1;
    return start;
}

static bool same(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

/* A class made by Python has a name that its author chose. */
static bool is_python_class(struct pyobj *type, const struct ag_types *types)
{
    return AG_FIELD(uint64_t, type, TP_FLAGS) & TPF_HEAPTYPE &&
           AG_FIELD(ag_traverse_fn *, type, TP_TRAVERSE) == types->subtype_traverse;
}

/* Rows of one type may hold for another that starts with the same fields. */
static bool row_is_for(const struct row *row, const char *name)
{
    return same(name, row->type) || (same(name, "Task") && same(row->type, "Future")) ||
           (same(name, "PyCFuncPtr") && same(row->type, "CFuncPtr"));
}

static void fields_of_type(struct pyobj *object, struct pyobj *type, ag_field_fn *field, void *arg)
{
    const char *name = short_name(type);
    int64_t bytes = AG_FIELD(int64_t, type, TP_BASICSIZE);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        if (layout->minor < row->since || layout->minor > row->until || row->offset + 8 > bytes ||
            (row->bytes && row->bytes != bytes) || !row_is_for(row, name))
            continue;
        struct pyobj *target = field_at(object, row->offset);
        if (target)
            field(target, row->edge, arg);
    }
}

void ag_fields_of(struct pyobj *object, const struct ag_types *types, ag_field_fn *field, void *arg)
{
    struct pyobj *type = ag_type_of(object);

    for (int i = 0; type && i < BASES_MAX; i++, type = field_at(type, TP_BASE))
        if (!is_python_class(type, types))
            fields_of_type(object, type, field, arg);
}

const char *ag_fields_rest(struct pyobj *type)
{
    const char *name = short_name(type);

    for (size_t i = 0; i < sizeof rests / sizeof *rests; i++)
        if (same(name, rests[i].type))
            return rests[i].rest;
    return NULL;
}

/* ---- deques ---- */

static bool is_deque(struct pyobj *type, const struct ag_types *types)
{
    for (int i = 0; type && i < BASES_MAX; i++, type = field_at(type, TP_BASE))
        if (!is_python_class(type, types) && same(short_name(type), "deque"))
            return true;
    return false;
}

bool ag_deque_items(struct pyobj *object, const struct ag_types *types, ag_item_fn *item, void *arg)
{
    if (!is_deque(ag_type_of(object), types))
        return false;
    char *block = AG_FIELD(char *, object, DEQUE_BLOCK);
    uint64_t at = AG_FIELD(uint64_t, object, DEQUE_INDEX);
    uint64_t n = AG_FIELD(uint64_t, object, OB_SIZE);
    for (uint64_t i = 0; i < n && block && at < DEQUE_BLOCK_ITEMS; i++) {
        if (!item(AG_FIELD(struct pyobj *, block, DEQUE_DATA + (int)(8 * at)), i, arg))
            break;
        if (++at == DEQUE_BLOCK_ITEMS) {
            block = AG_FIELD(char *, block, DEQUE_NEXT);
            at = 0;
        }
    }
    return true;
}
