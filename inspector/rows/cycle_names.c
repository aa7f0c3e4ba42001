#include "inspector/rows/cycle_names.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/base/str.h"

/* The kinds of references seen so far, by name; a cycle has few. */
enum { KINDS_MAX = 256 };

struct kinds {
    char *name[KINDS_MAX];
    uint32_t n;
};

struct naming {
    struct heap_cycles_edges edges; /* first: what heap_cycles_counts() wants */
    const struct lookup *lookup;
    struct kinds kinds;
};

static bool is_member(const uint32_t *member, uint32_t count, uint32_t object)
{
    uint32_t low = 0, high = count;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (member[mid] < object)
            low = mid + 1;
        else
            high = mid;
    }
    return low < count && member[low] == object;
}

void cycle_names_want(const struct snapshot *s, struct lookup *lookup,
                      const struct heap_cycles *cycles, const struct heap_cycle *cycle)
{
    const struct heap_cycles_edges edges = heap_cycles_edges(s);
    const uint32_t *member = cycles->member + cycle->first;
    uint32_t wanted = 0;

    for (uint32_t i = 0; i < cycle->count && wanted < CYCLE_NAMES_MAX; i++) {
        uint32_t first = s->strong.offset[member[i]], end = s->strong.offset[member[i] + 1];
        for (uint32_t e = first; e < end && wanted < CYCLE_NAMES_MAX; e++) {
            if (!heap_cycles_counts(&edges, member[i], e) ||
                !is_member(member, cycle->count, s->strong.object[e]))
                continue;
            lookup_want_edge(lookup, member[i], e - first, s->strong.object[e]);
            wanted++;
        }
    }
}

/* ---- kinds ---- */

static uint32_t number_of(struct kinds *kinds, char *name)
{
    for (uint32_t i = 0; i < kinds->n; i++)
        if (!strcmp(kinds->name[i], name)) {
            free(name);
            return i;
        }
    if (kinds->n == KINDS_MAX) {
        free(name);
        return CYCLES_NONE;
    }
    kinds->name[kinds->n++] = name;
    return kinds->n - 1;
}

static void kinds_deinit(struct kinds *kinds)
{
    for (uint32_t i = 0; i < kinds->n; i++)
        free(kinds->name[i]);
}

/* The instance whose __dict__ this is, or SNAPSHOT_NONE. */
static uint32_t instance_of(const struct snapshot *s, const struct lookup *lookup, uint32_t dict)
{
    for (uint32_t r = s->reverse.offset[dict]; r < s->reverse.offset[dict + 1]; r++) {
        uint32_t holder = s->reverse.object[r], first = s->strong.offset[holder];
        for (uint32_t e = first; e < s->strong.offset[holder + 1]; e++) {
            const char *name = lookup_edge(lookup, holder, e - first);
            if (s->strong.object[e] == dict && name && !strcmp(name, ".__dict__"))
                return holder;
        }
    }
    return SNAPSHOT_NONE;
}

/* "['parent']" -> "parent" in *ret; false for other keys. */
static bool attribute_of_key(const char *key, struct str *ret)
{
    size_t n = strlen(key);

    if (n < 5 || strncmp(key, "['", 2) != 0 || strcmp(key + n - 2, "']") != 0)
        return false;
    str_printf(ret, "%.*s", (int)(n - 4), key + 2);
    return true;
}

/* There are no weak references to lists and dicts; a class with __slots__ can be given __weakref__. */
static const uint32_t can_be_weak = TYPE_REFERABLE | TYPE_PYTHON_CLASS;

char *cycle_names_attribute(const struct snapshot *s, const struct lookup *lookup, uint32_t from,
                            uint32_t edge)
{
    const char *name = lookup_edge(lookup, from, edge - s->strong.offset[from]);
    _cleanup_(str_deinit) struct str attribute = STR_INIT;
    uint32_t instance = from;

    if (!name)
        return NULL;
    if (*name == '.') {
        str_append(&attribute, name + 1);
    } else if (!strncmp(name, "slot ", 5)) {
        str_append(&attribute, name + 5);
    } else {
        instance = instance_of(s, lookup, from);
        if (instance == SNAPSHOT_NONE || !attribute_of_key(name, &attribute))
            return NULL;
    }
    if (!(snapshot_type_of(s, instance)->flags & TYPE_PYTHON_CLASS) ||
        !(snapshot_type_of(s, s->strong.object[edge])->flags & can_be_weak))
        return NULL;
    return xasprintf("%s.%s", snapshot_type_of(s, instance)->name, attribute.text);
}

static uint32_t kind_of(const void *ctx, uint32_t from, uint32_t edge)
{
    struct naming *naming = (struct naming *)ctx;
    char *name = cycle_names_attribute(naming->edges.snapshot, naming->lookup, from, edge);

    return name ? number_of(&naming->kinds, name) : CYCLES_NONE;
}

struct err *cycle_names_examine(const struct snapshot *s, const struct lookup *lookup,
                                const struct heap_cycles *cycles, const struct heap_cycle *cycle,
                                const atomic_bool *cancel, struct cycle_names *ret)
{
    struct naming naming = {.edges = heap_cycles_edges(s), .lookup = lookup};
    const struct graph graph = graph_of(s);
    const struct cycle_spec spec = {
        .graph = &graph,
        .member = cycles->member + cycle->first,
        .count = cycle->count,
        .edge = heap_cycles_counts,
        .class_of = kind_of,
        .ctx = &naming,
        .cancel = cancel,
    };
    struct cycle_names names = {.n_holders = 0};
    struct err *err = cycles_examine(&spec, &names.detail);

    if (!err)
        err = cycles_holders(&spec, CYCLE_HOLDERS_MAX, &names.holder, &names.n_holders,
                             &names.n_all_holders);
    if (!err && names.detail.cut != CYCLES_NONE)
        names.make_weak = xstrdup(naming.kinds.name[names.detail.cut]);
    kinds_deinit(&naming.kinds);
    if (err)
        cycle_names_deinit(&names);
    else
        *ret = names;
    return err;
}

void cycle_names_deinit(struct cycle_names *names)
{
    cycle_detail_deinit(&names->detail);
    free(names->make_weak);
    free(names->holder);
    *names = (struct cycle_names){.n_holders = 0};
}
