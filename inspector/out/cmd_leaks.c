#include <stdio.h>
#include <stdlib.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/clock.h"
#include "inspector/base/mem.h"
#include "inspector/base/str.h"
#include "inspector/out/cmd.h"
#include "inspector/out/table.h"
#include "inspector/rows/leak_names.h"
#include "inspector/rows/rows_steps.h"

enum {
    DEFAULT_LIMIT = 20,
    NOT_GIVEN = 0,
    WATCH_MAX_S = 86400,
    STEPS_SHOWN = 12,
    TICK_NS = 50000000
};

struct shown {
    struct leaks leaks;
    struct leak_names *names;
    size_t n;
    long seconds; /* between the snapshots; 0: there was one */
};

static void shown_deinit(struct shown *shown)
{
    for (size_t i = 0; i < shown->n; i++)
        leak_names_deinit(&shown->names[i]);
    free(shown->names);
    leaks_deinit(&shown->leaks);
}

static struct err *find_names(struct target *target, long limit, struct shown *shown)
{
    size_t n = shown->leaks.n < (size_t)limit ? shown->leaks.n : (size_t)limit;

    shown->names = calloc(n + 1, sizeof *shown->names);
    if (!shown->names)
        return err_nomem();
    for (; shown->n < n; shown->n++)
        ERR_RETURN(leak_names_begin(target->snapshot, target->lookup, &shown->leaks.at[shown->n],
                                    &cmd_cancel, &shown->names[shown->n]));
    ERR_RETURN(target_ask(target));
    for (size_t i = 0; i < n; i++)
        ERR_RETURN(
            leak_names_look(target->snapshot, target->lookup, &cmd_cancel, &shown->names[i]));
    return target_ask(target);
}

/* ---- JSON ---- */

static json_t *text_or_null(const char *text)
{
    return text && *text ? json_string(text) : json_null();
}

static json_t *leak_json(const struct target *target, const struct shown *shown, size_t i)
{
    const struct leak_names *names = &shown->names[i];
    const struct leak *leak = names->leak;
    const struct snapshot *s = target->snapshot;
    struct str text = STR_INIT, expression = STR_INIT;

    leak_names_text(s, names, shown->leaks.total_bytes, shown->seconds, &text);
    leak_names_expression(names, &expression);
    json_t *row = json_pack("{s:s, s:s, s:s, s:I, s:I, s:s?}", "kind", leak_kind_name(leak->kind),
                            "level", leak_level_name(leak->level), "text", text.text, "retained",
                            (json_int_t)leak->retained_bytes, "count", (json_int_t)leak->count,
                            "type", leak->type == SNAPSHOT_NONE ? NULL : s->types[leak->type].name);
    json_object_set_new(row, "grew",
                        shown->seconds ? json_integer((json_int_t)leak->grew) : json_null());
    json_object_set_new(row, "address",
                        leak->object == SNAPSHOT_NONE ? json_null()
                                                      : json_address(s->address[leak->object]));
    json_object_set_new(row, "expression", text_or_null(expression.text));
    json_object_set_new(row, "make_weak", text_or_null(names->make_weak));
    json_object_set_new(row, "advice", text_or_null(leak_names_advice(names)));
    json_object_set_new(row, "path", names->path ? json_rows(names->path, 0) : json_array());
    str_deinit(&text);
    str_deinit(&expression);
    return row;
}

static struct err *print_json(const struct target *target, const struct shown *shown)
{
    json_t *rows = json_array();
    struct json json;

    for (size_t i = 0; i < shown->n; i++)
        json_array_append_new(rows, leak_json(target, shown, i));
    json_begin(&json, stdout);
    json_put_header(&json, target);
    json_put(&json, "watched_s", shown->seconds ? json_integer(shown->seconds) : json_null());
    json_put(&json, "reachable_bytes", json_integer((json_int_t)shown->leaks.total_bytes));
    json_put(&json, "total", json_integer((json_int_t)shown->leaks.n));
    json_put(&json, "rows", rows);
    return json_finish(&json);
}

/* ---- text ---- */

static void print_leak(const struct target *target, const struct shown *shown, size_t i)
{
    const struct leak_names *names = &shown->names[i];
    const char *advice = leak_names_advice(names);
    struct str text = STR_INIT;

    leak_names_text(target->snapshot, names, shown->leaks.total_bytes, shown->seconds, &text);
    printf("%ssuspect %zu (%s): %s\n", i ? "\n" : "", i + 1, leak_level_name(names->leak->level),
           text.text);
    if (*advice)
        printf("what to do: %s\n", advice);
    if (names->path)
        table_print(stdout, names->path, STEPS_SHOWN);
    str_deinit(&text);
}

static void print_text(const struct target *target, const struct shown *shown)
{
    if (!shown->n)
        puts("no suspects: nothing that is no code retains a tenth of the heap, no container has a "
             "thousand instances of a class, no known pattern, little garbage");
    for (size_t i = 0; i < shown->n; i++)
        print_leak(target, shown, i);
    if (shown->leaks.n > shown->n)
        printf("\n… and %zu more; --limit N prints more\n", shown->leaks.n - shown->n);
    if (!shown->seconds)
        puts("\nwhat grows is found by looking twice: --watch SECONDS");
}

/* ---- the command ---- */

static struct err *wait_until(uint64_t end_ns)
{
    while (clock_ns() < end_ns) {
        if (atomic_load(&cmd_cancel))
            return err_new(ERR_CANCELLED, NULL, "cancelled");
        clock_sleep_ns(TICK_NS);
    }
    return NULL;
}

/* The earlier snapshot, with its facts, and then so many seconds. */
static struct err *look_before(struct target *target, long seconds, struct snapshot **before)
{
    uint64_t start_ns = clock_ns();

    ERR_RETURN(target_snapshot(target, SNAPSHOT_EDGES));
    ERR_RETURN(target_facts(target));
    *before = take_ptr(target->snapshot);
    return wait_until(start_ns + (uint64_t)seconds * NS_PER_S);
}

static void unref_snapshot(struct snapshot **snapshot)
{
    snapshot_unref(*snapshot);
}

static struct err *show(struct target *target, long seconds, long limit, bool json)
{
    _cleanup_(unref_snapshot) struct snapshot *before = NULL;
    _cleanup_(shown_deinit) struct shown shown = {.seconds = seconds};

    if (seconds)
        ERR_RETURN(look_before(target, seconds, &before));
    ERR_RETURN(target_snapshot(target, SNAPSHOT_EDGES | SNAPSHOT_SERVE));
    ERR_RETURN(target_facts(target));
    ERR_RETURN(leaks_find(target->snapshot, before, &cmd_cancel, &shown.leaks));
    ERR_RETURN(find_names(target, limit, &shown));
    if (json)
        return print_json(target, &shown);
    print_text(target, &shown);
    return NULL;
}

struct err *cmd_leaks(int argc, char **argv)
{
    bool json = false, helped;
    long limit = DEFAULT_LIMIT, seconds = NOT_GIVEN;
    const struct opt table[] = {
        OPT_INT(0, "watch", &seconds, 1, WATCH_MAX_S, "SECONDS",
                "look twice, so many seconds apart: what grew"),
        OPT_FLAG(0, "json", &json, "print JSON (docs/cli-json.md)"),
        OPT_INT('n', "limit", &limit, 1, 1000000, "N", "N suspects, the worst first; default: 20"),
        TARGET_OPTIONS,
        OPT_END,
    };
    struct target target;

    ERR_RETURN(cmd_options("leaks", table, argc, argv, &helped));
    if (helped)
        return NULL;
    ERR_RETURN(target_open(argv[0], &target));
    struct err *err = show(&target, seconds, limit, json);
    target_close(&target);
    return err;
}
