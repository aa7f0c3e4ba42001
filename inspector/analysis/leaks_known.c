/* Suspects that are told by what they are: PATTERN, GARBAGE. */
#include <stdlib.h>
#include <string.h>

#include "inspector/analysis/leaks_private.h"
#include "inspector/base/bits.h"
#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"

enum { HOPS = 2, HIGH_FACTOR = 100, INSIDE_PERCENT = 70, EACH_LOOKED_AT = 100 };

/* ---- patterns ---- */

/* The container with most members that `object` alone holds, in `hops` steps; itself if it is one. */
static void largest_container(const struct finder *f, uint32_t object, uint32_t below, int hops,
                              uint32_t *best, uint32_t *n_best)
{
    const struct snapshot *s = f->s;
    uint32_t n = entries_of(&f->entries, s, below);

    if (n > *n_best) {
        *n_best = n;
        *best = below;
    }
    if (!hops || (below != object && n > LEAKS_INSTANCES_MIN))
        return; /* members of a large container are not looked into */
    for (uint32_t e = s->strong.offset[below]; e < s->strong.offset[below + 1]; e++)
        if (f->parent[s->strong.object[e]] == below)
            largest_container(f, object, s->strong.object[e], hops - 1, best, n_best);
}

static enum leak_level level_of(uint64_t measured, uint64_t limit)
{
    return measured >= limit * HIGH_FACTOR ? LEAK_HIGH : LEAK_MEDIUM;
}

/* One of the type: what it holds too much of, or itself if it is too big. */
static struct err *check_one(struct finder *f, const struct leak_pattern *pattern, uint32_t object)
{
    uint64_t bytes = f->facts->retained.bytes[object], measured = bytes;
    uint32_t holder = object, n = 0;

    if (pattern->measure == MEASURE_ENTRIES) {
        largest_container(f, object, object, HOPS, &holder, &n);
        measured = n;
    }
    if (measured <= pattern->limit)
        return NULL;
    const struct leak leak = {
        .kind = LEAK_PATTERN,
        .level = level_of(measured, pattern->limit),
        .object = holder,
        .type = f->s->type[object],
        .count = pattern->measure == MEASURE_ENTRIES ? n : 1,
        .retained_bytes = bytes,
        .pattern = pattern,
    };
    return leaks_add(f, &leak);
}

/* All of the types together. */
static struct err *check_all(struct finder *f, const struct leak_pattern *pattern,
                             const uint32_t *member, uint32_t n)
{
    uint64_t bytes;
    uint32_t largest = member[0];

    ERR_RETURN(retained_of_set(&f->facts->retained, member, n, &bytes));
    uint64_t measured = pattern->measure == MEASURE_COUNT ? n : bytes;
    if (measured <= pattern->limit)
        return NULL;
    for (uint32_t i = 1; i < n; i++)
        if (f->facts->retained.bytes[member[i]] > f->facts->retained.bytes[largest])
            largest = member[i];
    const struct leak leak = {
        .kind = LEAK_PATTERN,
        .level = level_of(measured, pattern->limit),
        .object = largest,
        .type = f->s->type[largest],
        .count = n,
        .retained_bytes = bytes,
        .pattern = pattern,
    };
    return leaks_add(f, &leak);
}

static int by_retained(const void *a, const void *b, void *ctx)
{
    const uint64_t *bytes = ctx;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    if (bytes[x] != bytes[y])
        return bytes[x] < bytes[y] ? 1 : -1;
    return (x > y) - (x < y);
}

/* Of those that hold one another, as coroutines that await, the innermost that has most of it is meant. */
static bool is_inside_another(const struct finder *f, const uint32_t *member, uint32_t n,
                              uint32_t at)
{
    const struct retained *retained = &f->facts->retained;

    for (uint32_t i = at + 1; i < n; i++)
        if (retained_holds(retained, member[at], member[i]) &&
            retained->bytes[member[i]] * 100 >= retained->bytes[member[at]] * INSIDE_PERCENT)
            return true;
    return false;
}

static struct err *check_members(struct finder *f, const struct leak_pattern *pattern,
                                 uint32_t *member, uint32_t n)
{
    size_t before = f->leaks->n;

    if (pattern->measure == MEASURE_COUNT || pattern->measure == MEASURE_BYTES)
        return check_all(f, pattern, member, n);
    qsort_r(member, n, sizeof *member, by_retained, f->facts->retained.bytes);
    uint32_t near = n < EACH_LOOKED_AT ? n : EACH_LOOKED_AT;
    for (uint32_t i = 0; i < n && f->leaks->n < before + LEAKS_EACH_MAX; i++)
        if (pattern->measure == MEASURE_ENTRIES || !is_inside_another(f, member, near, i))
            ERR_RETURN(check_one(f, pattern, member[i]));
    return NULL;
}

/* What the collector found and keeps in gc.garbage; no type tells it. */
static struct err *check_gc_garbage(struct finder *f)
{
    const struct leak leak = {
        .kind = LEAK_PATTERN,
        .level = LEAK_MEDIUM,
        .object = SNAPSHOT_NONE,
        .type = SNAPSHOT_NONE,
        .count = f->s->gc.garbage_count,
        .pattern = &leak_gc_garbage,
    };

    return leak.count > leak_gc_garbage.limit ? leaks_add(f, &leak) : NULL;
}

static struct err *check_pattern(struct finder *f, const struct leak_pattern *pattern,
                                 bool *of_type)
{
    const struct snapshot *s = f->s;
    _cleanup_free_ uint32_t *member = NULL;
    size_t cap = 0;
    uint32_t n = 0;
    bool any = false;

    for (uint32_t t = 0; t < s->n_types; t++) {
        of_type[t] = s->types[t].count && leak_pattern_matches(pattern, s->types[t].name);
        any |= of_type[t];
    }
    for (uint32_t i = 0; any && i < s->n_objects; i++) {
        if (!of_type[s->type[i]] || f->facts->retained.place[i] == RETAINED_NONE)
            continue;
        ERR_RETURN(grow(&member, &cap, n + 1u, sizeof *member));
        member[n++] = i;
    }
    return n ? check_members(f, pattern, member, n) : NULL;
}

struct err *leaks_by_pattern(struct finder *f)
{
    _cleanup_free_ bool *of_type = calloc(f->s->n_types + 1u, sizeof *of_type);

    if (!of_type)
        return err_nomem();
    for (size_t p = 0; p < n_leak_patterns; p++)
        ERR_RETURN(check_pattern(f, &leak_patterns[p], of_type));
    return check_gc_garbage(f);
}

/* ---- garbage ---- */

/* A garbage cycle, by the Python classes of its members. */
struct kind {
    uint32_t classes[LEAKS_CLASSES_MAX]; /* ascending, SNAPSHOT_NONE behind */
    uint32_t sample;                     /* a member */
    uint32_t cycles, objects;
    uint64_t bytes;
    int generation;
};

static void note_class(struct kind *kind, uint32_t type)
{
    uint32_t at = 0;

    while (at < LEAKS_CLASSES_MAX && kind->classes[at] < type)
        at++;
    if (at == LEAKS_CLASSES_MAX || kind->classes[at] == type)
        return;
    memmove(kind->classes + at + 1, kind->classes + at,
            (LEAKS_CLASSES_MAX - at - 1) * sizeof *kind->classes);
    kind->classes[at] = type;
}

static void note_object(const struct snapshot *s, struct kind *kind, uint32_t object)
{
    int generation = snapshot_generation(s, object);

    if (s->types[s->type[object]].flags & TYPE_PYTHON_CLASS)
        note_class(kind, s->type[object]);
    kind->sample = object;
    kind->objects++;
    kind->bytes += snapshot_shallow(s, object);
    if (generation > kind->generation && generation <= 2)
        kind->generation = generation;
}

static int by_classes(const void *a, const void *b)
{
    const struct kind *x = a, *y = b;

    for (int i = 0; i < LEAKS_CLASSES_MAX; i++)
        if (x->classes[i] != y->classes[i])
            return x->classes[i] < y->classes[i] ? -1 : 1;
    return 0;
}

static enum leak_level garbage_level(const struct kind *kind)
{
    if (kind->bytes >= 10u * LEAKS_GARBAGE_BYTES || kind->objects >= 10u * LEAKS_GARBAGE_OBJECTS)
        return LEAK_HIGH;
    return kind->bytes >= LEAKS_GARBAGE_BYTES || kind->objects >= LEAKS_GARBAGE_OBJECTS
               ? LEAK_MEDIUM
               : LEAK_LOW;
}

static struct err *add_garbage(struct finder *f, const struct kind *kind)
{
    struct leak leak = {
        .kind = LEAK_GARBAGE,
        .level = garbage_level(kind),
        .object = kind->sample,
        .type = SNAPSHOT_NONE,
        .count = kind->cycles,
        .total = kind->objects,
        .retained_bytes = kind->bytes,
        .generation = kind->generation,
    };

    memcpy(leak.classes, kind->classes, sizeof leak.classes);
    if (leak.level == LEAK_LOW &&
        (kind->cycles < LEAKS_CYCLES_MIN || kind->classes[0] == SNAPSHOT_NONE))
        return NULL; /* the collector's daily work */
    return leaks_add(f, &leak);
}

/* Cycles of the same classes become one. */
static uint32_t merge_kinds(struct kind *kinds, uint32_t n)
{
    uint32_t out = 0;

    qsort(kinds, n, sizeof *kinds, by_classes);
    for (uint32_t i = 0; i < n; i++) {
        if (!out || by_classes(&kinds[out - 1], &kinds[i])) {
            kinds[out++] = kinds[i];
            continue;
        }
        struct kind *to = &kinds[out - 1];
        to->cycles += kinds[i].cycles;
        to->objects += kinds[i].objects;
        to->bytes += kinds[i].bytes;
        to->generation =
            kinds[i].generation > to->generation ? kinds[i].generation : to->generation;
    }
    return out;
}

struct err *leaks_by_garbage(struct finder *f)
{
    const struct garbage *g = &f->facts->garbage;
    _cleanup_free_ struct kind *kinds = alloc_array(g->n_cycles + 1u, sizeof *kinds);
    uint32_t n = g->n_cycles + 1;

    if (!kinds)
        return err_nomem();
    for (uint32_t i = 0; i < n; i++) {
        kinds[i] = (struct kind){.cycles = i < g->n_cycles, .generation = -1};
        memset(kinds[i].classes, 0xff, sizeof kinds[i].classes); /* SNAPSHOT_NONE */
    }
    for (uint32_t i = 0; i < g->n; i++) /* what hangs from cycles stands last, together */
        note_object(f->s, &kinds[g->cycle[i] == GARBAGE_NO_CYCLE ? g->n_cycles : g->cycle[i]],
                    g->object[i]);
    n = merge_kinds(kinds, n);
    for (uint32_t i = 0; i < n; i++)
        if (kinds[i].objects)
            ERR_RETURN(add_garbage(f, &kinds[i]));
    return NULL;
}
