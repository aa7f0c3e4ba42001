#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/analysis/facts.h"
#include "inspector/base/bits.h"
#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/base/units.h"
#include "inspector/out/cmd.h"
#include "inspector/rows/rows_objects.h"

enum { DEBUG_SAVEALL = 32, TEXT_LIMIT = 20 };

/* ---- types ---- */

/* Instances of a type, counted. */
struct tally {
    uint32_t type;
    uint64_t count, finalized, in_garbage;
};

static int by_count(const void *a, const void *b)
{
    const struct tally *x = a, *y = b;

    return x->count != y->count ? (x->count < y->count) - (x->count > y->count)
                                : (x->type > y->type) - (x->type < y->type);
}

/* Of each type whose instances have a finalizer; malloc'd, most instances first. */
static struct err *count_types(const struct snapshot *s, struct tally **ret, size_t *n)
{
    const struct garbage *garbage = &facts_of(s)->garbage;
    struct tally *tallies = calloc(s->n_types + 1, sizeof *tallies);

    if (!tallies)
        return err_nomem();
    for (uint32_t t = 0; t < s->n_types; t++)
        tallies[t].type = t;
    for (uint32_t i = 0; i < s->n_objects; i++) {
        struct tally *tally = &tallies[s->type[i]];
        tally->count++;
        tally->finalized += (s->flags[i] & OBJECT_FINALIZED) != 0;
        tally->in_garbage += garbage->n && bits_has(garbage->set, i);
    }
    *n = 0;
    for (uint32_t t = 0; t < s->n_types; t++)
        if (tallies[t].count && s->types[t].flags & TYPE_FINALIZER)
            tallies[(*n)++] = tallies[t];
    qsort(tallies, *n, sizeof *tallies, by_count);
    *ret = tallies;
    return NULL;
}

static const char *finalizer_of(const struct snapshot_type *type)
{
    return type->flags & TYPE_DEL ? "__del__" : "C";
}

static json_t *types_json(const struct snapshot *s, const struct tally *tallies, size_t n)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < n; i++) {
        const struct snapshot_type *type = &s->types[tallies[i].type];
        json_array_append_new(rows, json_pack("{s:o, s:s, s:I, s:I, s:I}", "type",
                                              json_utf8(type->name), "by", finalizer_of(type),
                                              "count", (json_int_t)tallies[i].count, "finalized",
                                              (json_int_t)tallies[i].finalized, "in_garbage",
                                              (json_int_t)tallies[i].in_garbage));
    }
    return rows;
}

static void print_types(const struct snapshot *s, const struct tally *tallies, size_t n)
{
    puts("types whose instances have a finalizer\n\n"
         "     count  finalized  in garbage  by       type");
    for (size_t i = 0; i < n; i++) {
        const struct snapshot_type *type = &s->types[tallies[i].type];
        printf("%10" PRIu64 " %10" PRIu64 " %11" PRIu64 "  %-8s %s\n", tallies[i].count,
               tallies[i].finalized, tallies[i].in_garbage, finalizer_of(type), type->name);
    }
}

/* ---- weakref.finalize ---- */

/*
 * A living finalize object is a key of finalize._registry; the value is an _Info, which has slots for the
 * weak reference and for the function:
 *
 *      _registry ── key ──► finalize
 *                └─ value ► _Info ── slot weakref ──► weakref ─ ─ ► object
 *                                 └─ slot func ─────► callback
 */
struct finalize {
    uint32_t self;
    uint32_t info, object, callback; /* SNAPSHOT_NONE: it is dead */
};

static bool is_of(const struct snapshot *s, uint32_t object, const char *type)
{
    return !strcmp(snapshot_type_of(s, object)->name, type);
}

static int by_self(const void *a, const void *b)
{
    const struct finalize *x = a, *y = b;

    return (x->self > y->self) - (x->self < y->self);
}

/* The registry's items come in pairs: key, value. `finalizes` is by `self`. */
static void read_registry(const struct snapshot *s, uint32_t dict, struct finalize *finalizes,
                          size_t n)
{
    for (uint32_t e = s->strong.offset[dict]; n && e + 1 < s->strong.offset[dict + 1]; e++) {
        struct finalize key = {.self = s->strong.object[e]};
        struct finalize *found = bsearch(&key, finalizes, n, sizeof *finalizes, by_self);
        if (found && is_of(s, s->strong.object[e + 1], "weakref.finalize._Info"))
            found->info = s->strong.object[e + 1];
    }
}

/* The dict that holds an _Info, SNAPSHOT_NONE if none does. */
static uint32_t dict_of(const struct snapshot *s, uint32_t info)
{
    for (uint32_t r = s->reverse.offset[info]; r < s->reverse.offset[info + 1]; r++)
        if (is_of(s, s->reverse.object[r], "builtins.dict"))
            return s->reverse.object[r];
    return SNAPSHOT_NONE;
}

/* Malloc'd, by `self`. */
static struct err *find_finalizes(const struct snapshot *s, struct finalize **ret, size_t *n)
{
    uint32_t registry = SNAPSHOT_NONE;
    size_t cap = 0;

    *ret = NULL;
    *n = 0;
    for (uint32_t i = 0; i < s->n_objects; i++) {
        if (!is_of(s, i, "weakref.finalize"))
            continue;
        ERR_RETURN(grow(ret, &cap, *n + 1, sizeof **ret));
        (*ret)[(*n)++] = (struct finalize){i, SNAPSHOT_NONE, SNAPSHOT_NONE, SNAPSHOT_NONE};
    }
    for (uint32_t i = 0; *n && i < s->n_objects; i++) {
        uint32_t dict = is_of(s, i, "weakref.finalize._Info") ? dict_of(s, i) : SNAPSHOT_NONE;
        if (dict != SNAPSHOT_NONE && dict != registry)
            read_registry(s, registry = dict, *ret, *n);
    }
    return NULL;
}

static void want_edges(struct target *target, uint32_t holder)
{
    const struct snapshot *s = target->snapshot;
    uint32_t first = s->strong.offset[holder];

    for (uint32_t e = first; e < s->strong.offset[holder + 1]; e++)
        lookup_want_edge(target->lookup, holder, e - first, s->strong.object[e]);
}

/* What `holder` refers to under this name. */
static uint32_t referent(const struct target *target, uint32_t holder, const char *name)
{
    const struct snapshot *s = target->snapshot;
    uint32_t first = s->strong.offset[holder];

    for (uint32_t e = first; e < s->strong.offset[holder + 1]; e++) {
        const char *edge = lookup_edge(target->lookup, holder, e - first);
        if (edge && !strcmp(edge, name))
            return s->strong.object[e];
    }
    return SNAPSHOT_NONE;
}

static struct err *look_into(struct target *target, struct finalize *finalizes, size_t n)
{
    const struct snapshot *s = target->snapshot;

    for (size_t i = 0; i < n; i++)
        if (finalizes[i].info != SNAPSHOT_NONE)
            want_edges(target, finalizes[i].info);
    ERR_RETURN(target_ask(target));
    for (size_t i = 0; i < n; i++) {
        struct finalize *f = &finalizes[i];
        uint32_t n_weak = 0;
        if (f->info == SNAPSHOT_NONE)
            continue;
        uint32_t ref = referent(target, f->info, "slot weakref");
        const struct snap_pair *weak =
            ref == SNAPSHOT_NONE ? NULL : snapshot_weak_of(s, ref, &n_weak);
        if (n_weak)
            f->object = weak->target;
        f->callback = referent(target, f->info, "slot func");
        if (f->callback != SNAPSHOT_NONE)
            lookup_want_value(target->lookup, f->callback);
    }
    return target_ask(target);
}

static json_t *address_json(const struct snapshot *s, uint32_t object)
{
    return object == SNAPSHOT_NONE ? json_null() : json_address(s->address[object]);
}

static json_t *finalizes_json(const struct target *target, const struct finalize *finalizes,
                              size_t n)
{
    const struct snapshot *s = target->snapshot;
    json_t *rows = json_array();

    for (size_t i = 0; i < n; i++) {
        const struct finalize *f = &finalizes[i];
        const char *value =
            f->callback == SNAPSHOT_NONE ? NULL : lookup_value(target->lookup, f->callback);
        const char *type = f->object == SNAPSHOT_NONE ? NULL : snapshot_type_of(s, f->object)->name;
        json_array_append_new(
            rows, json_pack("{s:o, s:b, s:o, s:o, s:o, s:o}", "address", address_json(s, f->self),
                            "alive", f->info != SNAPSHOT_NONE, "object", address_json(s, f->object),
                            "object_type", type ? json_utf8(type) : json_null(), "callback",
                            address_json(s, f->callback), "callback_value",
                            value && *value ? json_utf8(value) : json_null()));
    }
    return rows;
}

static void print_finalizes(const struct target *target, const struct finalize *finalizes, size_t n)
{
    const struct snapshot *s = target->snapshot;
    size_t alive = 0;

    for (size_t i = 0; i < n; i++)
        alive += finalizes[i].info != SNAPSHOT_NONE;
    printf("\nweakref.finalize: %zu, %zu of them alive\n", n, alive);
    for (size_t i = 0, shown = 0; i < n && shown < TEXT_LIMIT; i++) {
        const struct finalize *f = &finalizes[i];
        if (f->object == SNAPSHOT_NONE || f->callback == SNAPSHOT_NONE)
            continue;
        const char *value = lookup_value(target->lookup, f->callback);
        printf("  %s 0x%" PRIx64 " calls %s\n", snapshot_type_of(s, f->object)->name,
               s->address[f->object],
               value && *value ? value : snapshot_type_of(s, f->callback)->name);
        shown++;
    }
}

/* ---- gc.garbage ---- */

/* Why an object is in there, as far as it can be known. */
static const char *put_by(const struct snapshot *s, uint32_t object)
{
    return s->gc.debug & DEBUG_SAVEALL                        ? "DEBUG_SAVEALL"
           : snapshot_type_of(s, object)->flags & TYPE_LEGACY ? "uncollectable"
                                                              : NULL;
}

static json_t *garbage_json(const struct target *target, uint32_t list)
{
    const struct snapshot *s = target->snapshot;
    json_t *rows = json_array();

    for (uint32_t e = list == SNAPSHOT_NONE ? 0 : s->strong.offset[list];
         list != SNAPSHOT_NONE && e < s->strong.offset[list + 1]; e++) {
        uint32_t object = s->strong.object[e];
        json_t *row = json_object();
        for (unsigned col = 0; col < OBJECTS_COLUMNS; col++) {
            struct cell cell;
            object_cell(s, target->lookup, object, col, &cell);
            json_object_set_new(row, object_columns[col].key,
                                json_cell(&object_columns[col], &cell));
        }
        const char *why = put_by(s, object);
        json_object_set_new(row, "put_by", why ? json_string(why) : json_null());
        json_array_append_new(rows, row);
    }
    return json_pack("{s:I, s:b, s:o}", "count", (json_int_t)s->gc.garbage_count, "save_all",
                     (s->gc.debug & DEBUG_SAVEALL) != 0, "rows", rows);
}

static void print_garbage(const struct target *target, uint32_t list)
{
    const struct snapshot *s = target->snapshot;

    printf("\ngc.garbage: %" PRIu64 " object%s%s\n", s->gc.garbage_count,
           s->gc.garbage_count == 1 ? "" : "s",
           s->gc.debug & DEBUG_SAVEALL ? "; DEBUG_SAVEALL puts all garbage there" : "");
    if (list == SNAPSHOT_NONE)
        return;
    uint32_t first = s->strong.offset[list], end = s->strong.offset[list + 1];
    for (uint32_t e = first; e < end && e - first < TEXT_LIMIT; e++) {
        uint32_t object = s->strong.object[e];
        const char *value = lookup_value(target->lookup, object);
        const char *why = put_by(s, object);
        printf("  %s 0x%" PRIx64 "%s%s%s%s\n", snapshot_type_of(s, object)->name,
               s->address[object], value && *value ? " " : "", value ? value : "",
               why ? ", put there by " : "", why ? why : "");
    }
}

static void want_garbage(struct target *target, uint32_t list)
{
    const struct snapshot *s = target->snapshot;

    if (list != SNAPSHOT_NONE)
        for (uint32_t e = s->strong.offset[list]; e < s->strong.offset[list + 1]; e++)
            lookup_want_value(target->lookup, s->strong.object[e]);
}

/* ---- the command ---- */

static struct err *print_json(const struct target *target, const struct tally *tallies,
                              size_t n_tallies, const struct finalize *finalizes,
                              size_t n_finalizes, uint32_t garbage)
{
    struct json json;

    json_begin(&json, stdout);
    json_put_header(&json, target);
    json_put(&json, "rows", types_json(target->snapshot, tallies, n_tallies));
    json_put(&json, "finalize", finalizes_json(target, finalizes, n_finalizes));
    json_put(&json, "garbage", garbage_json(target, garbage));
    return json_finish(&json);
}

static struct err *show(struct target *target, bool json)
{
    const struct snapshot *s = target->snapshot;
    _cleanup_free_ struct tally *tallies = NULL;
    _cleanup_free_ struct finalize *finalizes = NULL;
    size_t n_tallies = 0, n_finalizes = 0;

    ERR_RETURN(target_facts(target));
    uint32_t garbage = s->gc.garbage ? snapshot_find(s, s->gc.garbage) : SNAPSHOT_NONE;
    ERR_RETURN(count_types(s, &tallies, &n_tallies));
    ERR_RETURN(find_finalizes(s, &finalizes, &n_finalizes));
    want_garbage(target, garbage);
    ERR_RETURN(look_into(target, finalizes, n_finalizes));
    if (json)
        return print_json(target, tallies, n_tallies, finalizes, n_finalizes, garbage);
    print_types(s, tallies, n_tallies);
    print_finalizes(target, finalizes, n_finalizes);
    print_garbage(target, garbage);
    return NULL;
}

struct err *cmd_finalizers(int argc, char **argv)
{
    bool json = false, helped;
    const struct opt table[] = {
        OPT_FLAG(0, "json", &json, "print JSON (docs/cli-json.md)"),
        TARGET_OPTIONS,
        OPT_END,
    };
    struct target target;

    ERR_RETURN(cmd_options("finalizers", table, argc, argv, &helped));
    if (helped)
        return NULL;
    ERR_RETURN(target_open(argv[0], &target));
    struct err *err = target_snapshot(&target, SNAPSHOT_EDGES | SNAPSHOT_SERVE);
    if (!err)
        err = show(&target, json);
    target_close(&target);
    return err;
}
