#include "agent/ag_instance.h"

#include "agent/ag_attributes.h"
#include "agent/ag_sys.h"

enum { NAME_CHARACTERS = 40 };

static struct pyobj **tuple_items(struct pyobj *tuple)
{
    return (struct pyobj **)((char *)tuple + layout->tuple_items);
}

/* Fields of C types are members, those of Python's named tuples a tuple of names. */
void ag_put_record(struct ag_preview *p, struct pyobj *object, const struct ag_type *type)
{
    struct pyobj *names = type->names;
    uint64_t n = AG_FIELD(uint64_t, object, OB_SIZE);
    const char *member = AG_FIELD(const char *, type->object, TP_MEMBERS);

    ag_preview_type(p, type->object);
    ag_put(&p->text, "(");
    if (ag_preview_open(p, object)) {
        for (uint64_t i = 0; ag_preview_next(p, i, n); i++) {
            if (names && i < AG_FIELD(uint64_t, names, OB_SIZE)) {
                struct pyobj *name = tuple_items(names)[i];
                if (name && ag_is_str(name))
                    ag_put_str(&p->text, name, NAME_CHARACTERS);
                ag_put(&p->text, "=");
            } else if (!names && AG_FIELD(const char *, member, 0)) {
                ag_put(&p->text, AG_FIELD(const char *, member, 0));
                ag_put(&p->text, "=");
                member += MEMBER_BYTES;
            }
            ag_preview_put(p, tuple_items(object)[i]);
        }
        ag_preview_close(p);
    }
    ag_put(&p->text, ")");
}

static bool count(const struct ag_attribute *a, void *arg)
{
    (void)a;
    ++*(uint64_t *)arg;
    return true;
}

struct instance {
    struct ag_preview *p;
    uint64_t i, n;
};

static bool put_attribute(const struct ag_attribute *a, void *arg)
{
    struct instance *instance = arg;
    struct ag_preview *p = instance->p;

    if (!ag_preview_next(p, instance->i++, instance->n))
        return false;
    if (a->slot)
        ag_put(&p->text, a->slot);
    else
        ag_put_str(&p->text, a->name, NAME_CHARACTERS);
    ag_put(&p->text, "=");
    ag_preview_put(p, a->value);
    return true;
}

bool ag_put_instance(struct ag_preview *p, struct pyobj *object, const struct ag_type *type)
{
    struct instance instance = {.p = p};

    ag_attributes_each(object, type, count, &instance.n);
    if (!instance.n)
        return false;
    ag_preview_type(p, type->object);
    ag_put(&p->text, "(");
    if (ag_preview_open(p, object)) {
        ag_attributes_each(object, type, put_attribute, &instance);
        ag_preview_close(p);
    }
    ag_put(&p->text, ")");
    return true;
}

/* Fields as the class names them; those that are class variables only are not on the instance. */
void ag_put_dataclass(struct ag_preview *p, struct pyobj *object, const struct ag_type *type)
{
    enum { NAME_BYTES = 200 };
    uint64_t n = AG_FIELD(uint64_t, type->names, DICT_USED), i = 0;
    struct pyobj *name, *declared;
    char c_name[NAME_BYTES + 1];
    long pos = 0;

    ag_preview_type(p, type->object);
    ag_put(&p->text, "(");
    if (ag_preview_open(p, object)) {
        while (api.PyDict_Next(type->names, &pos, &name, &declared)) {
            if (!ag_is_str(name))
                continue;
            c_name[ag_str_utf8(name, c_name, NAME_BYTES)] = '\0';
            struct pyobj *value = ag_attribute_find(object, type, c_name);
            if (!value)
                n--;
            if (!value)
                continue;
            if (!ag_preview_next(p, i++, n))
                break;
            ag_put(&p->text, c_name);
            ag_put(&p->text, "=");
            ag_preview_put(p, value);
        }
        ag_preview_close(p);
    }
    ag_put(&p->text, ")");
}

void ag_put_exception(struct ag_preview *p, struct pyobj *object)
{
    enum { EXC_ARGS = 24 };
    struct pyobj *args = AG_FIELD(struct pyobj *, object, EXC_ARGS);

    ag_preview_type(p, ag_type_of(object));
    ag_put(&p->text, "(");
    if (args && ag_type_of(args) == api.PyTuple_Type && ag_preview_open(p, object)) {
        for (uint64_t i = 0; ag_preview_next(p, i, AG_FIELD(uint64_t, args, OB_SIZE)); i++)
            ag_preview_put(p, tuple_items(args)[i]);
        ag_preview_close(p);
    }
    ag_put(&p->text, ")");
}
