#include "inspector/rows/leak_names.h"

#include <inttypes.h>
#include <stdlib.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/base/units.h"
#include "inspector/rows/rows_steps.h"

const char *leak_kind_name(enum leak_kind kind)
{
    static const char *const names[LEAK_KINDS] = {
        [LEAK_GREW] = "grew",       [LEAK_MORE] = "more",           [LEAK_BIG] = "big",
        [LEAK_GROUP] = "group",     [LEAK_INSTANCES] = "instances", [LEAK_PATTERN] = "pattern",
        [LEAK_GARBAGE] = "garbage",
    };

    return names[kind];
}

const char *leak_level_name(enum leak_level level)
{
    static const char *const names[] = {"high", "medium", "low"};

    return names[level];
}

/* ---- paths ---- */

static void destroy_finder(struct path_finder **finder)
{
    path_finder_destroy(*finder);
}

static struct err *find_path(struct snapshot *s, struct lookup *lookup, uint32_t object,
                             const atomic_bool *cancel, struct rows **ret)
{
    _cleanup_(destroy_finder) struct path_finder *finder = NULL;
    struct path path;

    ERR_RETURN(path_finder_create(&facts_of(s)->paths, object, &finder));
    ERR_RETURN(path_finder_next(finder, cancel, &path));
    return path.n ? rows_steps_of_path(s, lookup, path.node, path.n, ret) : NULL;
}

/* The members of the example's cycle. */
static struct err *find_cycle(const struct snapshot *s, uint32_t sample, struct leak_names *names)
{
    const struct garbage *g = &facts_of(s)->garbage;
    uint32_t cycle = GARBAGE_NO_CYCLE;
    size_t cap = 0;

    for (uint32_t i = 0; i < g->n; i++)
        if (g->object[i] == sample)
            cycle = g->cycle[i];
    names->cycle = (struct heap_cycle){.is_garbage = true};
    for (uint32_t i = 0; i < g->n && cycle != GARBAGE_NO_CYCLE; i++) {
        if (g->cycle[i] != cycle)
            continue;
        ERR_RETURN(grow(&names->member, &cap, names->cycle.count + 1u, sizeof *names->member));
        names->member[names->cycle.count++] = g->object[i];
    }
    return NULL;
}

static struct heap_cycles only_cycle(const struct leak_names *names)
{
    return (struct heap_cycles){
        .cycle = (struct heap_cycle *)&names->cycle, .n = 1, .member = names->member};
}

struct err *leak_names_begin(struct snapshot *s, struct lookup *lookup, const struct leak *leak,
                             const atomic_bool *cancel, struct leak_names *ret)
{
    struct leak_names names = {.leak = leak};
    struct err *err = NULL;

    if (leak->kind == LEAK_GARBAGE)
        err = find_cycle(s, leak->object, &names);
    else if (leak->object != SNAPSHOT_NONE)
        err = find_path(s, lookup, leak->object, cancel, &names.path);
    if (err) {
        leak_names_deinit(&names);
        return err;
    }
    if (names.path)
        rows_prefetch(names.path, 0, rows_count(names.path));
    if (names.cycle.count) {
        const struct heap_cycles cycles = only_cycle(&names);
        cycle_names_want(s, lookup, &cycles, &names.cycle);
    }
    *ret = names;
    return NULL;
}

struct err *leak_names_look(struct snapshot *s, struct lookup *lookup, const atomic_bool *cancel,
                            struct leak_names *names)
{
    const struct heap_cycles cycles = only_cycle(names);
    struct cycle_names found = {.n_holders = 0};

    if (!names->cycle.count || names->path)
        return NULL;
    ERR_RETURN(cycle_names_examine(s, lookup, &cycles, &names->cycle, cancel, &found));
    struct err *err = NULL;
    if (found.detail.n_loop)
        err = rows_steps_of_loop(s, lookup, found.detail.loop_node, found.detail.loop_edge,
                                 found.detail.n_loop, &names->path);
    if (names->path)
        rows_prefetch(names->path, 0, rows_count(names->path));
    names->make_weak = take_ptr(found.make_weak);
    cycle_names_deinit(&found);
    return err;
}

void leak_names_deinit(struct leak_names *names)
{
    rows_destroy(names->path);
    free(names->make_weak);
    free(names->member);
    *names = (struct leak_names){NULL};
}

/* ---- sentences ---- */

bool leak_names_expression(const struct leak_names *names, struct str *ret)
{
    return names->leak->kind != LEAK_GARBAGE && names->path &&
           rows_steps_expression(names->path, ret);
}

/* "closure buffer of app.render.__closure__": the edges that no expression has, the last one first. */
static bool put_edges(const struct rows *path, struct str *ret)
{
    struct str prefix = STR_INIT;
    size_t n = rows_steps_prefix(path, &prefix);

    for (size_t i = rows_count(path); n && i-- > n;) {
        struct cell cell;
        rows_cell(path, i, STEPS_EDGE, &cell);
        str_printf(ret, "%s of ", cell.state == CELL_VALUE && cell.text ? cell.text : "?");
    }
    str_append(ret, prefix.text);
    str_deinit(&prefix);
    return n;
}

/* "app.cache, a builtins.dict" or "a builtins.dict at 0x7f…" */
static void put_holder(const struct snapshot *s, const struct leak_names *names, struct str *ret)
{
    const char *type = snapshot_type_of(s, names->leak->object)->name;

    if (names->path && put_edges(names->path, ret))
        str_printf(ret, ", a %s", type);
    else
        str_printf(ret, "a %s at 0x%" PRIx64, type, s->address[names->leak->object]);
}

static void put_bytes(const struct leak *leak, uint64_t total_bytes, struct str *ret)
{
    char bytes[UNITS_BUF];
    double percent = total_bytes ? 100.0 * (double)leak->retained_bytes / (double)total_bytes : 0;

    str_append(ret, units_bytes((int64_t)leak->retained_bytes, bytes));
    if (percent >= 1)
        str_printf(ret, ", %.0f %% of the heap", percent);
}

static const char *type_name(const struct snapshot *s, uint32_t type)
{
    return type == SNAPSHOT_NONE ? "objects" : s->types[type].name;
}

static void put_growth(const struct snapshot *s, const struct leak_names *names, long seconds,
                       struct str *ret)
{
    const struct leak *leak = names->leak;
    char grew[UNITS_BUF], count[UNITS_BUF];

    units_count((int64_t)leak->grew, grew);
    units_count((int64_t)leak->count, count);
    if (leak->kind == LEAK_MORE) {
        str_printf(ret, "there are %s more %s than %ld s ago, %s in all; they retain ", grew,
                   type_name(s, leak->type), seconds, count);
        return;
    }
    if (!leak_names_expression(names, ret)) {
        put_holder(s, names, ret);
        str_append(ret, ",");
    }
    str_printf(ret, " grew by %s entries in %ld s, to %s; it retains ", grew, seconds, count);
}

static void put_pattern(const struct snapshot *s, const struct leak_names *names, struct str *ret)
{
    const struct leak *leak = names->leak;
    const struct leak_pattern *pattern = leak->pattern;
    char count[UNITS_BUF];

    units_count((int64_t)leak->count, count);
    switch (pattern->measure) {
    case MEASURE_COUNT:
        str_printf(ret, "%s %s %s; together they retain ", count, type_name(s, leak->type),
                   pattern->keeps);
        return;
    case MEASURE_BYTES:
        str_printf(ret, "%s %s: each %s; together they retain ", count, type_name(s, leak->type),
                   pattern->keeps);
        return;
    case MEASURE_ENTRIES:
        put_holder(s, names, ret);
        str_printf(ret, ", has %s members: %s %s; it retains ", count, type_name(s, leak->type),
                   pattern->keeps);
        return;
    case MEASURE_EACH:
        put_holder(s, names, ret);
        str_printf(ret, ", %s; it retains ", pattern->keeps);
        return;
    }
}

static void put_instances(const struct snapshot *s, const struct leak_names *names, struct str *ret)
{
    const struct leak *leak = names->leak;
    char count[UNITS_BUF];

    put_holder(s, names, ret);
    str_printf(ret, ", holds %s %s, ", units_count((int64_t)leak->count, count),
               type_name(s, leak->type));
    if (leak->count >= leak->total)
        str_append(ret, "all there are");
    else
        str_printf(ret, "%.0f %% of all there are",
                   100.0 * (double)leak->count / (double)leak->total);
    str_append(ret, "; it retains ");
}

static void put_group(const struct snapshot *s, const struct leak_names *names, struct str *ret)
{
    const struct leak *leak = names->leak;
    char count[UNITS_BUF];

    str_printf(ret, "%s %s, ", units_count((int64_t)leak->count, count), type_name(s, leak->type));
    if (leak->object == SNAPSHOT_NONE) {
        str_append(ret, "held in many places; together they retain ");
        return;
    }
    str_append(ret, "most of them held by ");
    put_holder(s, names, ret);
    str_append(ret, "; together they retain ");
}

static void put_big(const struct snapshot *s, const struct leak_names *names, struct str *ret)
{
    char count[UNITS_BUF];

    put_holder(s, names, ret);
    if (names->leak->count)
        str_printf(ret, " of %s members", units_count((int64_t)names->leak->count, count));
    str_append(ret, ", retains ");
}

static void put_garbage(const struct snapshot *s, const struct leak_names *names, struct str *ret)
{
    const struct leak *leak = names->leak;
    char count[UNITS_BUF], objects[UNITS_BUF], bytes[UNITS_BUF];

    if (leak->count)
        str_printf(ret, "%s garbage cycle%s", units_count((int64_t)leak->count, count),
                   leak->count == 1 ? "" : "s");
    else
        str_append(ret, "garbage that hangs from cycles");
    for (int i = 0; i < LEAKS_CLASSES_MAX && leak->classes[i] != SNAPSHOT_NONE; i++)
        str_printf(ret, "%s%s", !i ? " of " : ", ", type_name(s, leak->classes[i]));
    str_printf(ret, ": %s objects, %s, wait for the collector",
               units_count((int64_t)leak->total, objects),
               units_bytes((int64_t)leak->retained_bytes, bytes));
    if (leak->generation >= 0)
        str_printf(ret, ", the oldest in generation %d", leak->generation);
    if (!s->gc.enabled)
        str_append(ret, ", which is switched off");
    if (names->make_weak)
        str_printf(ret, "; without the reference %s there would be none", names->make_weak);
}

void leak_names_text(const struct snapshot *s, const struct leak_names *names, uint64_t total_bytes,
                     long seconds, struct str *ret)
{
    switch (names->leak->kind) {
    case LEAK_GREW:
    case LEAK_MORE:
        put_growth(s, names, seconds, ret);
        break;
    case LEAK_BIG:
        put_big(s, names, ret);
        break;
    case LEAK_GROUP:
        put_group(s, names, ret);
        break;
    case LEAK_INSTANCES:
        put_instances(s, names, ret);
        break;
    case LEAK_PATTERN:
        put_pattern(s, names, ret);
        break;
    case LEAK_GARBAGE:
        put_garbage(s, names, ret);
        return;
    case LEAK_KINDS:
        return;
    }
    put_bytes(names->leak, total_bytes, ret);
}

const char *leak_names_advice(const struct leak_names *names)
{
    switch (names->leak->kind) {
    case LEAK_PATTERN:
        return names->leak->pattern->advice;
    case LEAK_GARBAGE:
        return names->make_weak ? "make that reference weak (weakref.ref, weakref.proxy)" : "";
    case LEAK_GREW:
        return "if it is a cache, bound it: a maximum size, an age, or weakref.WeakValueDictionary";
    default:
        return "";
    }
}
