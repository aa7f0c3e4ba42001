#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/analysis/waste.h"
#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/base/str.h"
#include "inspector/base/units.h"
#include "inspector/out/cmd.h"

enum { TEXT_LIMIT = 30, NOT_GIVEN = -1 };

struct texts {
    struct waste_text *at;
    size_t n;
};

/* ---- finding ---- */

static void on_hash(uint32_t object, uint64_t hash, void *arg)
{
    struct texts *texts = arg;

    texts->at[texts->n++] = (struct waste_text){hash, object};
}

static bool is_text_type(const char *name)
{
    return !strcmp(name, "builtins.str") || !strcmp(name, "builtins.bytes");
}

static struct err *find_texts(struct target *target, struct waste *waste)
{
    const struct snapshot *s = target->snapshot;
    _cleanup_free_ uint32_t *objects = NULL;
    _cleanup_free_ struct waste_text *at = NULL;
    size_t n = 0;

    for (uint32_t i = 0; i < s->n_objects; i++)
        n += is_text_type(snapshot_type_of(s, i)->name);
    objects = alloc_array(n + 1, sizeof *objects);
    at = alloc_array(n + 1, sizeof *at);
    if (!objects || !at)
        return err_nomem();
    n = 0;
    for (uint32_t i = 0; i < s->n_objects; i++)
        if (is_text_type(snapshot_type_of(s, i)->name))
            objects[n++] = i;
    struct texts texts = {at, 0};
    ERR_RETURN(session_hashes(target->session, objects, (uint32_t)n, on_hash, &texts, &cmd_cancel));
    return waste_of_texts(s, texts.at, texts.n, waste);
}

/* From the names of a sample's references; false if its attributes are slots, or it has none. */
static bool look_at(const struct target *target, uint32_t group, uint32_t sample,
                    struct waste_class *ret)
{
    const struct snapshot *s = target->snapshot;
    uint32_t n = s->strong.offset[sample + 1] - s->strong.offset[sample];
    bool has_attributes = false;

    *ret = (struct waste_class){group, UINT32_MAX, 2};
    for (uint32_t ordinal = 0; ordinal < n; ordinal++) {
        const char *name = lookup_edge(target->lookup, sample, ordinal);
        if (!name || !strncmp(name, "slot ", 5))
            return false; /* some of both: it is not that simple */
        if (!strcmp(name, ".__dict__"))
            ret->dict_ordinal = ordinal;
        has_attributes |= *name == '.' && strcmp(name, ".__class__") != 0;
    }
    return has_attributes;
}

struct length {
    uint32_t references;
    bool is_shared;
};

static void on_length(const struct decoded_value *value, void *arg)
{
    struct length *length = arg;

    length->is_shared =
        value->kind == VALUE_LEN && value->size && value->size == length->references;
}

/* Whether the sample's dict shares its keys: then it refers to its values only. */
static struct err *look_at_dict(const struct target *target, uint32_t sample,
                                struct waste_class *class)
{
    const struct snapshot *s = target->snapshot;

    if (class->dict_ordinal == UINT32_MAX)
        return NULL;
    uint32_t dict = s->strong.object[s->strong.offset[sample] + class->dict_ordinal];
    struct length length = {s->strong.offset[dict + 1] - s->strong.offset[dict], false};
    ERR_RETURN(session_values(target->session, &dict, 1, 0, on_length, &length, &cmd_cancel));
    if (length.is_shared)
        class->references = 1;
    return NULL;
}

static struct err *find_classes(struct target *target, struct waste *waste)
{
    const struct snapshot *s = target->snapshot;
    _cleanup_(groups_deinit) struct groups groups = {NULL};
    _cleanup_free_ uint32_t *sample = NULL;
    size_t n = 0;

    ERR_RETURN(groups_make(s, &groups));
    ERR_RETURN(waste_candidates(s, &groups, &sample));
    for (uint32_t g = 0; g < groups.n; g++)
        for (uint32_t e = 0; sample[g] != SNAPSHOT_NONE &&
                             e < s->strong.offset[sample[g] + 1] - s->strong.offset[sample[g]];
             e++)
            lookup_want_edge(target->lookup, sample[g], e,
                             s->strong.object[s->strong.offset[sample[g]] + e]);
    ERR_RETURN(target_ask(target));
    _cleanup_free_ struct waste_class *classes = calloc(groups.n + 1u, sizeof *classes);
    if (!classes)
        return err_nomem();
    for (uint32_t g = 0; g < groups.n; g++) {
        if (sample[g] == SNAPSHOT_NONE || !look_at(target, g, sample[g], &classes[n]))
            continue;
        ERR_RETURN(look_at_dict(target, sample[g], &classes[n++]));
    }
    return waste_of_classes(s, &groups, classes, n, waste);
}

static struct err *find(struct target *target, struct waste *waste)
{
    _cleanup_(entries_deinit) struct entries entries = {NULL};

    ERR_RETURN(entries_make(target->snapshot, &entries));
    ERR_RETURN(waste_of_containers(target->snapshot, &entries, &cmd_cancel, waste));
    ERR_RETURN(find_texts(target, waste));
    ERR_RETURN(find_classes(target, waste));
    waste_sort(waste);
    return NULL;
}

/* ---- words ---- */

static const char *kind_name(enum waste_kind kind)
{
    static const char *const names[WASTE_KINDS] = {
        [WASTE_DUPLICATES] = "duplicates", [WASTE_DUPLICATE] = "duplicate",
        [WASTE_EMPTY] = "empty",           [WASTE_SPARSE] = "sparse",
        [WASTE_SLACK] = "over-allocated",  [WASTE_DICT] = "__dict__",
    };

    return names[kind];
}

static void put_text(const struct target *target, const struct waste_row *row, struct str *ret)
{
    const char *value;

    switch (row->kind) {
    case WASTE_DUPLICATES:
        str_append(ret, "equal to another one: intern them, or keep one");
        return;
    case WASTE_DUPLICATE:
        value = lookup_value(target->lookup, row->sample);
        str_append(ret, value ? value : "?");
        return;
    case WASTE_EMPTY:
        str_append(ret, "empty, with memory for members: they were cleared");
        return;
    case WASTE_SPARSE:
        str_append(ret, "a copy would take a quarter or less: most members were deleted");
        return;
    case WASTE_SLACK:
        str_append(ret, "places that are allocated and not used");
        return;
    case WASTE_DICT:
        str_printf(ret, "with __slots__ for %llu attributes they would take so much less",
                   (unsigned long long)row->attributes);
        return;
    case WASTE_KINDS:
        return;
    }
}

static void want_values(const struct target *target, const struct waste *waste, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (waste->row[i].kind == WASTE_DUPLICATE)
            lookup_want_value(target->lookup, waste->row[i].sample);
}

static uint64_t total_bytes(const struct waste *waste)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < waste->n; i++)
        if (waste->row[i].kind != WASTE_DUPLICATE) /* they are in DUPLICATES */
            bytes += waste->row[i].bytes;
    return bytes;
}

/* ---- output ---- */

static struct err *print_json(const struct target *target, const struct waste *waste, size_t n)
{
    json_t *rows = json_array();
    struct json json;

    for (size_t i = 0; i < n; i++) {
        const struct waste_row *row = &waste->row[i];
        struct str text = STR_INIT;
        put_text(target, row, &text);
        json_array_append_new(
            rows,
            json_pack("{s:s, s:s, s:I, s:I, s:s, s:o}", "kind", kind_name(row->kind), "type",
                      target->snapshot->types[row->type].name, "count", (json_int_t)row->count,
                      "bytes", (json_int_t)row->bytes, "text", text.text, "sample",
                      json_address(target->snapshot->address[row->sample])));
        str_deinit(&text);
    }
    json_begin(&json, stdout);
    json_put_header(&json, target);
    json_put(&json, "bytes", json_integer((json_int_t)total_bytes(waste)));
    json_put(&json, "total", json_integer((json_int_t)waste->n));
    json_put(&json, "rows", rows);
    return json_finish(&json);
}

static void print_text(const struct target *target, const struct waste *waste, size_t n)
{
    char count[UNITS_BUF], bytes[UNITS_BUF], all[UNITS_BUF];

    printf("%-14s %10s %10s  type and what it is\n", "kind", "count", "bytes");
    for (size_t i = 0; i < n; i++) {
        const struct waste_row *row = &waste->row[i];
        struct str text = STR_INIT;
        put_text(target, row, &text);
        printf("%-14s %10s %10s  %s: %s\n", kind_name(row->kind),
               units_count((int64_t)row->count, count), units_bytes((int64_t)row->bytes, bytes),
               target->snapshot->types[row->type].name, text.text);
        str_deinit(&text);
    }
    if (waste->n > n)
        printf("… and %zu more; --limit 0 prints all\n", waste->n - n);
    printf("\n%s of %s could be saved\n", units_bytes((int64_t)total_bytes(waste), bytes),
           units_bytes((int64_t)target->snapshot->shallow_bytes, all));
}

static struct err *show(struct target *target, long limit, bool json)
{
    _cleanup_(waste_deinit) struct waste waste = {NULL};

    ERR_RETURN(find(target, &waste));
    size_t n = limit && (size_t)limit < waste.n ? (size_t)limit : waste.n;
    want_values(target, &waste, n);
    ERR_RETURN(target_ask(target));
    if (json)
        return print_json(target, &waste, n);
    print_text(target, &waste, n);
    return NULL;
}

struct err *cmd_waste(int argc, char **argv)
{
    bool json = false, helped;
    long limit = NOT_GIVEN;
    const struct opt table[] = {
        OPT_FLAG(0, "json", &json, "print JSON (docs/cli-json.md)"),
        OPT_INT('n', "limit", &limit, 0, 1000000, "N", "N rows, the largest first; 0: all"),
        TARGET_OPTIONS,
        OPT_END,
    };
    struct target target;

    ERR_RETURN(cmd_options("waste", table, argc, argv, &helped));
    if (helped)
        return NULL;
    if (limit == NOT_GIVEN)
        limit = json ? 0 : TEXT_LIMIT;
    ERR_RETURN(target_open(argv[0], &target));
    struct err *err = target_snapshot(&target, SNAPSHOT_EDGES | SNAPSHOT_SERVE);
    if (!err)
        err = show(&target, limit, json);
    target_close(&target);
    return err;
}
