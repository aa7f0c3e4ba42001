#include "inspector/analysis/leaks.h"

#include <stdlib.h>

#include "inspector/analysis/heap_cycles.h"
#include "inspector/analysis/leak_growth.h"
#include "inspector/analysis/leaks_private.h"
#include "inspector/base/bits.h"
#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"

enum { GREW_MEDIUM = 100, GREW_HIGH = 10000, MORE_MEDIUM = 1000 };

struct err *leaks_add(struct finder *f, const struct leak *leak)
{
    struct leaks *leaks = f->leaks;

    for (size_t i = 0; i < leaks->n && leak->object != SNAPSHOT_NONE; i++)
        if (leaks->at[i].object == leak->object)
            return NULL;
    ERR_RETURN(grow(&leaks->at, &leaks->cap, leaks->n + 1, sizeof *leaks->at));
    leaks->at[leaks->n++] = *leak;
    return NULL;
}

bool leaks_is_code(const struct finder *f, uint32_t object)
{
    return f->s->type[object] == f->module_type || bits_has(f->facts->namespaces, object) ||
           snapshot_type_of(f->s, object)->flags & TYPE_METATYPE;
}

/* ---- growth ---- */

static struct err *add_grown_containers(struct finder *f)
{
    _cleanup_free_ struct growth *grown = NULL;
    size_t n = 0;

    ERR_RETURN(growth_of_containers(f->before, f->s, &f->entries, f->cancel, &grown, &n));
    for (size_t i = 0; i < n && i < LEAKS_EACH_MAX; i++) {
        uint32_t grew = grown[i].is - grown[i].was;
        uint64_t retained = f->facts->retained.bytes[grown[i].object];
        struct leak leak = {
            .kind = LEAK_GREW,
            .level = grew >= GREW_HIGH     ? LEAK_HIGH
                     : grew >= GREW_MEDIUM ? LEAK_MEDIUM
                                           : LEAK_LOW,
            .object = grown[i].object,
            .type = SNAPSHOT_NONE,
            .count = grown[i].is,
            .grew = grew,
            .retained_bytes = retained,
        };
        ERR_RETURN(leaks_add(f, &leak));
    }
    return NULL;
}

static struct err *add_grown_classes(struct finder *f)
{
    _cleanup_free_ struct growth_class *grown = NULL;
    size_t n = 0;

    ERR_RETURN(growth_of_classes(f->before, f->s, &grown, &n));
    for (size_t i = 0; i < n && i < LEAKS_EACH_MAX; i++) {
        struct leak leak = {
            .kind = LEAK_MORE,
            .level = grown[i].is - grown[i].was >= MORE_MEDIUM ? LEAK_MEDIUM : LEAK_LOW,
            .object = SNAPSHOT_NONE,
            .type = grown[i].type,
            .count = grown[i].is,
            .grew = grown[i].is - grown[i].was,
            .retained_bytes = f->facts->base.group_retained[f->groups.of_type[grown[i].type]],
        };
        ERR_RETURN(leaks_add(f, &leak));
    }
    return NULL;
}

/* ---- all ---- */

static int by_weight(const void *a, const void *b)
{
    const struct leak *x = a, *y = b;

    if (x->level != y->level)
        return x->level < y->level ? -1 : 1;
    if (x->retained_bytes != y->retained_bytes)
        return x->retained_bytes < y->retained_bytes ? 1 : -1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return (x->object > y->object) - (x->object < y->object);
}

static struct err *prepare(struct finder *f)
{
    uint64_t tenth;

    f->module_type = heap_cycles_edges(f->s).module_type;
    ERR_RETURN(groups_make(f->s, &f->groups));
    ERR_RETURN(entries_make(f->s, &f->entries));
    ERR_RETURN(retained_parents(&f->facts->retained, &f->parent));
    for (uint32_t p = 0; p < f->facts->retained.n_tree; p++)
        f->leaks->total_bytes += snapshot_shallow(f->s, f->facts->retained.node[p]);
    tenth = f->leaks->total_bytes * LEAKS_PERCENT / 100;
    f->limit = tenth > LEAKS_BYTES_MIN ? tenth : LEAKS_BYTES_MIN;
    return NULL;
}

/* Of two that hold with the same object the first one stays: what grew says most. */
static struct err *apply_rules(struct finder *f)
{
    ERR_RETURN(prepare(f));
    if (f->before) {
        ERR_RETURN(add_grown_containers(f));
        ERR_RETURN(add_grown_classes(f));
    }
    ERR_RETURN(leaks_by_pattern(f));
    ERR_RETURN(leaks_by_instances(f));
    ERR_RETURN(leaks_by_size(f));
    return leaks_by_garbage(f);
}

struct err *leaks_find(const struct snapshot *s, const struct snapshot *before,
                       const atomic_bool *cancel, struct leaks *ret)
{
    struct leaks leaks = {.n = 0};
    struct finder f = {
        .s = s, .facts = facts_of(s), .before = before, .cancel = cancel, .leaks = &leaks};
    struct err *err = apply_rules(&f);

    groups_deinit(&f.groups);
    entries_deinit(&f.entries);
    free(f.parent);
    if (err) {
        leaks_deinit(&leaks);
        return err;
    }
    if (leaks.n)
        qsort(leaks.at, leaks.n, sizeof *leaks.at, by_weight);
    *ret = leaks;
    return NULL;
}

void leaks_deinit(struct leaks *leaks)
{
    free(leaks->at);
    *leaks = (struct leaks){NULL};
}
