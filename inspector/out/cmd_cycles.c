#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/base/str.h"
#include "inspector/base/units.h"
#include "inspector/model/groups.h"
#include "inspector/out/cmd.h"
#include "inspector/out/table.h"
#include "inspector/rows/cycle_breaks.h"
#include "inspector/rows/cycle_names.h"
#include "inspector/rows/rows_steps.h"

enum { DEFAULT_LIMIT = 20, TEXT_LIMIT = 8, NOT_GIVEN = -1, TYPES_SHOWN = 4, ATTRIBUTES_MAX = 1000 };

/* A cycle with all that is said about it. */
struct shown {
    const struct heap_cycle *cycle;
    struct cycle_names names;
    const struct cycle_breaks *breaks; /* what that attribute breaks in all; NULL without one */
    struct rows *loop;
    json_t *types; /* {"type": count}, largest first */
};

/* What attributes break: each is counted once, whatever the number of cycles that name it. */
struct all_breaks {
    const struct heap_cycles *cycles;
    struct counted {
        struct cycle_breaks breaks;
        char *attribute;
    } * at[ATTRIBUTES_MAX];
    uint32_t n;
};

static void all_breaks_deinit(struct all_breaks *all)
{
    for (uint32_t i = 0; i < all->n; i++) {
        free(all->at[i]->attribute);
        free(all->at[i]);
    }
}

static struct err *breaks_of(struct target *target, struct all_breaks *all, const char *attribute,
                             const struct cycle_breaks **ret)
{
    for (uint32_t i = 0; i < all->n; i++)
        if (!strcmp(all->at[i]->attribute, attribute)) {
            *ret = &all->at[i]->breaks;
            return NULL;
        }
    *ret = NULL;
    if (all->n == ATTRIBUTES_MAX)
        return NULL;
    struct counted *counted = xalloc(sizeof *counted);
    all->at[all->n++] = counted;
    counted->attribute = xstrdup(attribute);
    *ret = &counted->breaks;
    cycle_breaks_want(target->snapshot, target->lookup, all->cycles, counted->attribute,
                      &counted->breaks);
    ERR_RETURN(target_ask(target));
    return cycle_breaks_count(target->snapshot, target->lookup, all->cycles, &cmd_cancel,
                              &counted->breaks);
}

static void shown_deinit(struct shown *shown)
{
    cycle_names_deinit(&shown->names);
    rows_destroy(shown->loop);
    json_decref(shown->types);
}

static int by_count(const void *a, const void *b)
{
    const struct group *x = a, *y = b;

    return x->count != y->count ? (x->count < y->count ? 1 : -1) : strcmp(x->name, y->name);
}

static struct err *count_types(const struct snapshot *s, const uint32_t *member, uint32_t n,
                               json_t **ret)
{
    _cleanup_(groups_deinit) struct groups groups = {.at = NULL};

    ERR_RETURN(groups_make(s, &groups));
    for (uint32_t i = 0; i < groups.n; i++)
        groups.at[i].count = 0;
    for (uint32_t i = 0; i < n; i++)
        groups.at[groups.of_type[s->type[member[i]]]].count++;
    qsort(groups.at, groups.n, sizeof *groups.at, by_count);
    *ret = json_object();
    for (uint32_t i = 0; i < groups.n && groups.at[i].count; i++)
        json_object_set_new(*ret, groups.at[i].name, json_integer((json_int_t)groups.at[i].count));
    return NULL;
}

static struct err *examine(struct target *target, const struct heap_cycles *cycles,
                           struct all_breaks *all, struct shown *shown)
{
    const struct snapshot *s = target->snapshot;
    const struct cycle_detail *detail = &shown->names.detail;

    ERR_RETURN(
        count_types(s, cycles->member + shown->cycle->first, shown->cycle->count, &shown->types));
    ERR_RETURN(
        cycle_names_examine(s, target->lookup, cycles, shown->cycle, &cmd_cancel, &shown->names));
    if (shown->names.make_weak)
        ERR_RETURN(breaks_of(target, all, shown->names.make_weak, &shown->breaks));
    if (!detail->n_loop)
        return NULL;
    ERR_RETURN(rows_steps_of_loop(target->snapshot, target->lookup, detail->loop_node,
                                  detail->loop_edge, detail->n_loop, &shown->loop));
    rows_prefetch(shown->loop, 0, rows_count(shown->loop));
    for (uint32_t i = 0; i < shown->names.n_holders; i++) {
        const struct cycle_holder *holder = &shown->names.holder[i];
        lookup_want_edge(target->lookup, holder->holder,
                         snapshot_ordinal(s, holder->holder, holder->held), holder->held);
    }
    return target_ask(target);
}

/* ---- JSON ---- */

static json_t *holders_json(const struct target *target, const struct cycle_names *names)
{
    const struct snapshot *s = target->snapshot;
    json_t *array = json_array();

    for (uint32_t i = 0; i < names->n_holders; i++) {
        const struct cycle_holder *h = &names->holder[i];
        const char *edge =
            lookup_edge(target->lookup, h->holder, snapshot_ordinal(s, h->holder, h->held));
        json_t *row = json_pack("{s:s, s:s, s:s}", "edge", edge ? edge : "?", "type",
                                snapshot_type_of(s, h->holder)->name, "strength", "strong");
        json_object_set_new(row, "address", json_address(s->address[h->holder]));
        json_object_set_new(row, "held", json_address(s->address[h->held]));
        json_array_append_new(array, row);
    }
    return array;
}

/* The way round; the first object, which the table repeats at its end, once. */
static json_t *loop_json(const struct shown *shown)
{
    json_t *loop = shown->loop ? json_rows(shown->loop, 0) : json_array();

    if (json_array_size(loop))
        json_array_remove(loop, 0); /* its last row is the same object, with the edge to it */
    return loop;
}

static json_t *cycle_json(const struct target *target, const struct shown *shown, uint32_t n_cycles)
{
    const struct heap_cycle *cycle = shown->cycle;
    json_t *row =
        json_pack("{s:I, s:I, s:I, s:b, s:I}", "objects", (json_int_t)cycle->count, "shallow",
                  (json_int_t)cycle->shallow_bytes, "retained", (json_int_t)cycle->retained_bytes,
                  "garbage", cycle->is_garbage, "finalizers", (json_int_t)cycle->finalizers);

    json_object_set(row, "types", shown->types);
    json_object_set_new(row, "loop", loop_json(shown));
    json_object_set_new(row, "held_by", holders_json(target, &shown->names));
    json_object_set_new(row, "make_weak",
                        shown->names.make_weak ? json_string(shown->names.make_weak) : json_null());
    json_object_set_new(row, "make_weak_breaks",
                        shown->breaks ? json_integer(shown->breaks->count) : json_null());
    json_object_set_new(row, "make_weak_is_lower_bound",
                        shown->breaks ? json_boolean(shown->breaks->n_looked_at < n_cycles)
                                      : json_null());
    return row;
}

/* ---- text ---- */

static void print_types(const struct shown *shown)
{
    const char *type;
    json_t *count;
    int n = 0;

    printf("  ");
    json_object_foreach(shown->types, type, count) if (n++ < TYPES_SHOWN)
        printf("%s%" PRId64 " %s", n > 1 ? ", " : "", (int64_t)json_integer_value(count), type);
    printf("%s\n", n > TYPES_SHOWN ? ", …" : "");
}

static void print_holders(const struct target *target, const struct cycle_names *names)
{
    const struct snapshot *s = target->snapshot;

    if (!names->n_all_holders) {
        puts("  nothing on the heap holds it from outside");
        return;
    }
    for (uint32_t i = 0; i < names->n_holders && i < TYPES_SHOWN; i++) {
        const struct cycle_holder *h = &names->holder[i];
        const char *edge =
            lookup_edge(target->lookup, h->holder, snapshot_ordinal(s, h->holder, h->held));
        printf("  held by %s 0x%" PRIx64 " %s\n", snapshot_type_of(s, h->holder)->name,
               s->address[h->holder], edge ? edge : "?");
    }
    if (names->n_all_holders > TYPES_SHOWN)
        printf("  and %" PRIu64 " more\n", names->n_all_holders - TYPES_SHOWN);
}

static void print_make_weak(const struct shown *shown, uint32_t n_cycles)
{
    char count[UNITS_BUF];

    if (!shown->names.make_weak)
        return;
    printf("  a weak reference as %s would dissolve it", shown->names.make_weak);
    if (shown->breaks)
        printf(", and with it %s%s cycle%s in all",
               shown->breaks->n_looked_at < n_cycles ? "at least " : "",
               units_count(shown->breaks->count, count), shown->breaks->count == 1 ? "" : "s");
    puts("");
}

static void print_cycle(const struct target *target, const struct shown *shown, uint32_t n_cycles)
{
    const struct heap_cycle *cycle = shown->cycle;
    char objects[UNITS_BUF], shallow[UNITS_BUF], retained[UNITS_BUF];

    printf("%s of %s object%s, shallow %s, retained %s%s\n",
           cycle->is_garbage ? "garbage cycle" : "cycle", units_count(cycle->count, objects),
           cycle->count == 1 ? "" : "s", units_bytes((int64_t)cycle->shallow_bytes, shallow),
           units_bytes((int64_t)cycle->retained_bytes, retained),
           cycle->finalizers ? ", with a finalizer" : "");
    print_types(shown);
    if (!cycle->is_garbage)
        print_holders(target, &shown->names);
    print_make_weak(shown, n_cycles);
    if (shown->loop) {
        printf("  %s way round:\n", shown->names.detail.is_shortest ? "shortest" : "a short");
        table_print(stdout, shown->loop, 0);
    }
    puts("");
}

static void print_rest(const struct heap_cycles *cycles, uint32_t shown)
{
    char n[UNITS_BUF], garbage[UNITS_BUF], folded[UNITS_BUF];

    printf("%s cycle%s, %s of them garbage%s; %s objects are in cycles only through modules, "
           "classes or globals and not shown\n",
           units_count(cycles->n, n), cycles->n == 1 ? "" : "s",
           units_count(cycles->n_garbage, garbage),
           cycles->n > shown ? " (--limit 0 prints all)" : "",
           units_count(cycles->n_folded, folded));
}

/* ---- the command ---- */

static struct err *show_cycles(struct target *target, const struct heap_cycles *cycles,
                               uint32_t limit, json_t *rows)
{
    _cleanup_(all_breaks_deinit) struct all_breaks all = {.cycles = cycles};

    for (uint32_t i = 0; i < limit; i++) {
        _cleanup_(shown_deinit) struct shown shown = {.cycle = &cycles->cycle[i]};
        ERR_RETURN(examine(target, cycles, &all, &shown));
        if (rows)
            json_array_append_new(rows, cycle_json(target, &shown, cycles->n));
        else
            print_cycle(target, &shown, cycles->n);
    }
    return NULL;
}

static struct err *show(struct target *target, bool as_json, long limit)
{
    _cleanup_(heap_cycles_deinit) struct heap_cycles cycles = {.n = 0};
    struct json json;

    ERR_RETURN(target_facts(target));
    ERR_RETURN(heap_cycles_find(target->snapshot, &cmd_cancel, &cycles));
    uint32_t n = limit && (uint32_t)limit < cycles.n ? (uint32_t)limit : cycles.n;
    for (uint32_t i = 0; i < n; i++)
        cycle_names_want(target->snapshot, target->lookup, &cycles, &cycles.cycle[i]);
    ERR_RETURN(target_ask(target));
    if (!as_json) {
        ERR_RETURN(show_cycles(target, &cycles, n, NULL));
        print_rest(&cycles, n);
        return NULL;
    }
    json_t *rows = json_array();
    struct err *err = show_cycles(target, &cycles, n, rows);
    if (err) {
        json_decref(rows);
        return err;
    }
    json_begin(&json, stdout);
    json_put_header(&json, target);
    json_put(&json, "total", json_integer(cycles.n));
    json_put(&json, "garbage_total", json_integer(cycles.n_garbage));
    json_put(&json, "folded", json_integer(cycles.n_folded));
    json_put(&json, "rows", rows);
    return json_finish(&json);
}

struct err *cmd_cycles(int argc, char **argv)
{
    bool json = false, helped;
    long limit = NOT_GIVEN;
    const struct opt table[] = {
        OPT_FLAG(0, "json", &json, "print JSON (docs/cli-json.md)"),
        OPT_INT('n', "limit", &limit, 0, 1000000000, "N", "N cycles, 0: all"),
        TARGET_OPTIONS,
        OPT_END,
    };
    struct target target;

    ERR_RETURN(cmd_options("cycles", table, argc, argv, &helped));
    if (helped)
        return NULL;
    if (limit == NOT_GIVEN)
        limit = json ? DEFAULT_LIMIT : TEXT_LIMIT;
    ERR_RETURN(target_open(argv[0], &target));
    struct err *err = target_snapshot(&target, SNAPSHOT_EDGES | SNAPSHOT_SERVE);
    if (!err)
        err = show(&target, json, limit);
    target_close(&target);
    return err;
}
