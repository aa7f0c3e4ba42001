#include "inspector/analysis/waste.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"

enum {
    CHECK_EVERY = 1 << 16,
    EMPTY_LIST = 56,
    EMPTY_DICT = 64,
    EMPTY_SET = 216,
    SET_INSIDE = 8, /* places of a set that are part of it */
    SET_PLACE_BYTES = 16,
    DICT_HEADER_BYTES = 40, /* of the keys; 32 from 3.11 on */
    DICT_ENTRY_BYTES = 24,  /* 16 from 3.11 on if all keys are texts */
    DICT_PLACES_MIN = 8,
    HEAD_BYTES = 32, /* of an instance: type, refcount, the collector's */
    WORD_BYTES = 8,
};

static struct err *add(struct waste *waste, const struct waste_row *row)
{
    ERR_RETURN(grow(&waste->row, &waste->cap, waste->n + 1, sizeof *waste->row));
    waste->row[waste->n++] = *row;
    return NULL;
}

static int by_bytes(const void *a, const void *b)
{
    const struct waste_row *x = a, *y = b;

    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return (x->sample > y->sample) - (x->sample < y->sample);
}

void waste_sort(struct waste *waste)
{
    if (waste->n)
        qsort(waste->row, waste->n, sizeof *waste->row, by_bytes);
}

void waste_deinit(struct waste *waste)
{
    free(waste->row);
    *waste = (struct waste){NULL};
}

/* ---- containers ---- */

/* What a copy of a dict with `n` members takes: the smallest power of two of which n are two thirds. */
static uint64_t dict_needs(uint64_t n)
{
    uint64_t places = DICT_PLACES_MIN;

    if (!n)
        return EMPTY_DICT;
    while (places * 2 / 3 < n)
        places *= 2;
    uint64_t index_bytes = places <= 0x80          ? 1
                           : places <= 0x8000      ? 2
                           : places <= 0x80000000u ? 4
                                                   : 8;
    return EMPTY_DICT + DICT_HEADER_BYTES + places * index_bytes +
           places * 2 / 3 * DICT_ENTRY_BYTES;
}

/* set_table_resize(): a power of two above what is asked for, and a copy asks for twice its members. */
static uint64_t set_needs(uint64_t n)
{
    uint64_t places = SET_INSIDE;

    if (n * 5 < (SET_INSIDE - 1) * 3)
        return EMPTY_SET;
    while (places <= n * 2)
        places *= 2;
    return EMPTY_SET + places * SET_PLACE_BYTES;
}

struct container_types {
    uint32_t list, dict, set;
};

static struct container_types find_types(const struct snapshot *s)
{
    struct container_types types = {SNAPSHOT_NONE, SNAPSHOT_NONE, SNAPSHOT_NONE};

    for (uint32_t t = 0; t < s->n_types; t++) {
        if (!strcmp(s->types[t].name, "builtins.list"))
            types.list = t;
        if (!strcmp(s->types[t].name, "builtins.dict"))
            types.dict = t;
        if (!strcmp(s->types[t].name, "builtins.set"))
            types.set = t;
    }
    return types;
}

static void count(struct waste_row *row, uint32_t object, uint64_t bytes)
{
    row->count++;
    row->bytes += bytes;
    row->sample = object;
}

/* The rows of one type of containers. */
struct tally {
    struct waste_row empty, sparse, slack;
};

static void tally_one(struct tally *t, uint32_t object, uint64_t has, uint64_t empty,
                      uint64_t needs, uint32_t n, bool is_list)
{
    if (!n && has > empty)
        count(&t->empty, object, has - empty);
    else if (is_list && has > empty + (uint64_t)n * WORD_BYTES)
        count(&t->slack, object, has - empty - (uint64_t)n * WORD_BYTES);
    else if (!is_list && n && has >= needs * WASTE_SPARSE_FACTOR)
        count(&t->sparse, object, has - needs);
}

static struct err *add_tally(struct waste *waste, const struct tally *t, uint32_t type)
{
    const struct waste_row *rows[] = {&t->empty, &t->sparse, &t->slack};
    static const enum waste_kind kinds[] = {WASTE_EMPTY, WASTE_SPARSE, WASTE_SLACK};

    for (int i = 0; i < 3; i++) {
        struct waste_row row = *rows[i];
        row.kind = kinds[i];
        row.type = type;
        if (row.count)
            ERR_RETURN(add(waste, &row));
    }
    return NULL;
}

struct err *waste_of_containers(const struct snapshot *s, const struct entries *entries,
                                const atomic_bool *cancel, struct waste *ret)
{
    const struct container_types types = find_types(s);
    struct tally list = {.empty = {0}}, dict = {.empty = {0}}, set = {.empty = {0}};

    for (uint32_t i = 0; i < s->n_objects; i++) {
        uint32_t type = s->type[i];
        if (i % CHECK_EVERY == 0 && cancel && atomic_load(cancel))
            return err_new(ERR_CANCELLED, NULL, "cancelled");
        if (type != types.list && type != types.dict && type != types.set)
            continue;
        uint64_t has = snapshot_shallow(s, i);
        uint32_t references = s->strong.offset[i + 1] - s->strong.offset[i];
        uint32_t n = entries_of(entries, s, i);
        if (!n && references) /* a dict that shares its keys: no copy of it would */
            continue;
        if (type == types.list)
            tally_one(&list, i, has, EMPTY_LIST, 0, n, true);
        else if (type == types.dict)
            tally_one(&dict, i, has, EMPTY_DICT, dict_needs(n), n, false);
        else
            tally_one(&set, i, has, EMPTY_SET, set_needs(n), n, false);
    }
    ERR_RETURN(add_tally(ret, &list, types.list));
    ERR_RETURN(add_tally(ret, &dict, types.dict));
    return add_tally(ret, &set, types.set);
}

/* ---- texts ---- */

static int by_text(const void *a, const void *b, void *ctx)
{
    const struct snapshot *s = ctx;
    const struct waste_text *x = a, *y = b;
    uint32_t x_type = s->type[x->object], y_type = s->type[y->object];

    if (x_type != y_type)
        return x_type < y_type ? -1 : 1;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return (x->object > y->object) - (x->object < y->object);
}

/* The equal texts texts[0 … n): all but the largest could go. */
static struct waste_row of_equal(const struct snapshot *s, const struct waste_text *texts, size_t n)
{
    uint64_t sum = 0, largest = 0;

    for (size_t i = 0; i < n; i++) {
        uint64_t bytes = snapshot_shallow(s, texts[i].object);
        sum += bytes;
        largest = bytes > largest ? bytes : largest;
    }
    return (struct waste_row){.kind = WASTE_DUPLICATE,
                              .type = s->type[texts[0].object],
                              .sample = texts[0].object,
                              .count = n,
                              .bytes = sum - largest};
}

/* Keeps the WASTE_TOP worst, sorted. */
static size_t keep(struct waste_row *top, size_t n, const struct waste_row *row)
{
    size_t at = n;

    if (n == WASTE_TOP && top[n - 1].bytes >= row->bytes)
        return n;
    if (n == WASTE_TOP)
        at = --n;
    for (; at > 0 && top[at - 1].bytes < row->bytes; at--)
        top[at] = top[at - 1];
    top[at] = *row;
    return n + 1;
}

struct err *waste_of_texts(const struct snapshot *s, struct waste_text *texts, size_t n,
                           struct waste *ret)
{
    struct waste_row top[WASTE_TOP], all = {.kind = WASTE_DUPLICATES};
    size_t n_top = 0;

    if (n)
        qsort_r(texts, n, sizeof *texts, by_text, (void *)s);
    for (size_t i = 0, end; i < n; i = end) {
        uint32_t type = s->type[texts[i].object];
        for (end = i + 1;
             end < n && s->type[texts[end].object] == type && texts[end].hash == texts[i].hash;)
            end++;
        if (end > i + 1) {
            struct waste_row row = of_equal(s, texts + i, end - i);
            all.count += row.count - 1;
            all.bytes += row.bytes;
            all.sample = row.sample;
            all.type = type;
            n_top = keep(top, n_top, &row);
        }
        if (all.count && (end == n || s->type[texts[end].object] != type)) {
            ERR_RETURN(add(ret, &all));
            all = (struct waste_row){.kind = WASTE_DUPLICATES};
        }
    }
    for (size_t i = 0; i < n_top; i++)
        ERR_RETURN(add(ret, &top[i]));
    return NULL;
}

/* ---- classes ---- */

enum { DEPTH_MAX = 64 };

/* Whether nothing but object and classes of that kind are among its bases. */
static bool is_plain(const struct snapshot *s, const uint32_t *type_of, uint32_t type, int depth)
{
    uint32_t class = s->types[type].object;

    if (!(s->types[type].flags & TYPE_PYTHON_CLASS) || class == SNAPSHOT_NONE ||
        depth == DEPTH_MAX || s->types[type].flags & (TYPE_METATYPE | TYPE_CONTAINER))
        return false;
    for (uint32_t e = s->strong.offset[class]; e < s->strong.offset[class + 1]; e++) {
        uint32_t base = type_of[s->strong.object[e]];
        if (base == SNAPSHOT_NONE || base == type || s->types[base].flags & TYPE_METATYPE ||
            !strcmp(s->types[base].name, "builtins.object"))
            continue;
        if (!is_plain(s, type_of, base, depth + 1))
            return false;
    }
    return true;
}

struct err *waste_candidates(const struct snapshot *s, const struct groups *groups, uint32_t **ret)
{
    _cleanup_free_ uint32_t *type_of = alloc_array(s->n_objects + 1u, sizeof *type_of);
    _cleanup_free_ uint32_t *sample = alloc_array(groups->n + 1u, sizeof *sample);
    _cleanup_free_ bool *plain = calloc(groups->n + 1u, sizeof *plain);

    if (!type_of || !sample || !plain)
        return err_nomem();
    memset(type_of, 0xff, (s->n_objects + 1u) * sizeof *type_of); /* SNAPSHOT_NONE */
    memset(sample, 0xff, (groups->n + 1u) * sizeof *sample);
    for (uint32_t t = 0; t < s->n_types; t++)
        if (s->types[t].object != SNAPSHOT_NONE)
            type_of[s->types[t].object] = t;
    for (uint32_t t = 0; t < s->n_types; t++)
        if (groups->at[groups->of_type[t]].count >= WASTE_INSTANCES_MIN)
            plain[groups->of_type[t]] = is_plain(s, type_of, t, 0);
    for (uint32_t i = s->n_objects; i-- > 0;)
        if (plain[groups->of_type[s->type[i]]])
            sample[groups->of_type[s->type[i]]] = i;
    *ret = take_ptr(sample);
    return NULL;
}

/* The bytes of an instance with its dict, and its attributes. */
static void measure(const struct snapshot *s, const struct waste_class *class, uint32_t object,
                    struct waste_row *row)
{
    uint32_t first = s->strong.offset[object], n = s->strong.offset[object + 1] - first;
    uint64_t attributes = n ? n - 1 : 0; /* the others lead to its class */

    row->count++;
    row->bytes += snapshot_shallow(s, object);
    if (class->dict_ordinal < n) {
        uint32_t dict = s->strong.object[first + class->dict_ordinal];
        uint32_t references = s->strong.offset[dict + 1] - s->strong.offset[dict];
        row->bytes += snapshot_shallow(s, dict);
        attributes = attributes - 1 + references / class->references;
    }
    if (attributes > row->attributes)
        row->attributes = attributes;
    row->sample = object;
    row->type = s->type[object];
}

struct err *waste_of_classes(const struct snapshot *s, const struct groups *groups,
                             const struct waste_class *classes, size_t n, struct waste *ret)
{
    _cleanup_free_ uint32_t *class_of = alloc_array(groups->n + 1u, sizeof *class_of);
    _cleanup_free_ struct waste_row *rows = calloc(n + 1, sizeof *rows);

    if (!class_of || !rows)
        return err_nomem();
    memset(class_of, 0xff, (groups->n + 1u) * sizeof *class_of);
    for (size_t c = 0; c < n; c++)
        class_of[classes[c].group] = (uint32_t)c;
    for (uint32_t i = 0; i < s->n_objects; i++) {
        uint32_t class = class_of[groups->of_type[s->type[i]]];
        if (class != UINT32_MAX)
            measure(s, &classes[class], i, &rows[class]);
    }
    for (size_t c = 0; c < n; c++) {
        uint64_t needs = rows[c].count * (HEAD_BYTES + rows[c].attributes * WORD_BYTES);
        rows[c].kind = WASTE_DICT;
        if (rows[c].bytes <= needs)
            continue;
        rows[c].bytes -= needs;
        ERR_RETURN(add(ret, &rows[c]));
    }
    return NULL;
}
