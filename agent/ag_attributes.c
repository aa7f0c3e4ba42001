#include "agent/ag_attributes.h"

#include "agent/ag_edges.h"
#include "agent/ag_sys.h"
#include "agent/ag_text.h"

enum { BASES_MAX = 32 };

/* Only classes made by Python have __slots__. */
static bool is_c_class(struct pyobj *type)
{
    return !(AG_FIELD(uint64_t, type, TP_FLAGS) & TPF_HEAPTYPE) ||
           AG_FIELD(int64_t, type, layout->ht_slots) == 0;
}

/* Object members along the base chain, bases first. False: `each` has enough. */
static bool each_slot(struct pyobj *object, const struct ag_type *type, bool c_types,
                      ag_attribute_fn *each, void *arg)
{
    struct pyobj *chain[BASES_MAX];
    int n = 0;

    for (struct pyobj *t = type->object; t && n < BASES_MAX;
         t = AG_FIELD(struct pyobj *, t, TP_BASE))
        chain[n++] = t;
    while (n-- > 0) {
        const char *member = AG_FIELD(const char *, chain[n], TP_MEMBERS);
        if (!member || (!c_types && is_c_class(chain[n])))
            continue;
        for (; AG_FIELD(const char *, member, 0); member += MEMBER_BYTES) {
            int kind = AG_FIELD(int, member, MEMBER_TYPE);
            int64_t offset = AG_FIELD(int64_t, member, MEMBER_OFFSET);
            if ((kind != MEMBER_OBJECT && kind != MEMBER_OBJECT_EX) || offset <= 0 ||
                offset + 8 > type->basicsize_bytes)
                continue;
            struct ag_attribute a = {AG_FIELD(const char *, member, 0), NULL,
                                     AG_FIELD(struct pyobj *, object, (int)offset)};
            if (a.value && !each(&a, arg))
                return false;
        }
    }
    return true;
}

static void each_attribute(struct pyobj *object, const struct ag_type *type, bool c_types,
                           ag_attribute_fn *each, void *arg)
{
    struct pyobj *key, *value;
    long pos = 0;

    if (!each_slot(object, type, c_types, each, arg))
        return;
    struct ag_attributes at = ag_attributes_of(object, type->tp_flags);
    for (uint64_t i = 0; i < at.n_values; i++) {
        struct ag_attribute a = {NULL, ag_attribute_name(type->object, i), at.values[i]};
        if (a.name && a.value && ag_is_str(a.name) && !each(&a, arg))
            return;
    }
    if (!at.dict || at.shared ||
        !(AG_FIELD(uint64_t, ag_type_of(at.dict), TP_FLAGS) & TPF_DICT_SUBCLASS))
        return;
    while (api.PyDict_Next(at.dict, &pos, &key, &value)) {
        struct ag_attribute a = {NULL, key, value};
        if (ag_is_str(key) && !each(&a, arg))
            return;
    }
}

void ag_attributes_each(struct pyobj *object, const struct ag_type *type, ag_attribute_fn *each,
                        void *arg)
{
    each_attribute(object, type, false, each, arg);
}

struct search {
    const char *name;
    struct pyobj *found;
};

static bool is_it(const struct ag_attribute *a, void *arg)
{
    struct search *search = arg;
    size_t n = strlen(search->name);

    if (a->slot ? strlen(a->slot) == n && !memcmp(a->slot, search->name, n)
                : ag_str_is(a->name, search->name))
        search->found = a->value;
    return !search->found;
}

struct pyobj *ag_attribute_find(struct pyobj *object, const struct ag_type *type, const char *name)
{
    struct search search = {name, NULL};

    each_attribute(object, type, true, is_it, &search);
    return search.found;
}

struct pyobj *ag_type_find(struct pyobj *type, const char *name)
{
    struct pyobj *mro = AG_FIELD(struct pyobj *, type, TP_MRO);

    for (uint64_t i = 0; mro && i < AG_FIELD(uint64_t, mro, OB_SIZE); i++) {
        struct pyobj *owner = AG_FIELD(struct pyobj *, mro, layout->tuple_items + (int)(8 * i));
        struct pyobj *dict = owner ? AG_FIELD(struct pyobj *, owner, TP_DICT) : NULL;
        struct pyobj *found = dict ? ag_dict_find(dict, name) : NULL;
        if (found)
            return found;
    }
    return NULL;
}
