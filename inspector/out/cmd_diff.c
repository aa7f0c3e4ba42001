#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/analysis/diff.h"
#include "inspector/analysis/facts.h"
#include "inspector/base/cleanup.h"
#include "inspector/base/clock.h"
#include "inspector/base/mem.h"
#include "inspector/model/groups.h"
#include "inspector/out/cmd.h"
#include "inspector/out/table.h"
#include "inspector/rows/rows_diff.h"
#include "inspector/rows/rows_objects.h"
#include "inspector/rows/rows_steps.h"

enum { LOOKS_MAX = 3, DEFAULT_LIMIT = 40, NOT_GIVEN = -1, HOLDERS = 20, WATCH_MAX_S = 86400 };

enum objects_kind { OBJECTS_NOT, OBJECTS_NEW, OBJECTS_GONE, OBJECTS_SURVIVED };

struct diff_options {
    struct table_options table;
    const char *objects;
    enum objects_kind kind;
    long watch_s;
};

/* Two or three looks, first to last. */
struct looks {
    struct target at[LOOKS_MAX];
    int n;
    uint32_t *in_first;  /* by object of the last: its number in the first, or SNAPSHOT_NONE */
    uint32_t *in_second; /* of three: in the second one */
    uint32_t *first_of_second;
    bool one_process; /* else objects cannot be compared */
};

static struct target *last_of(struct looks *looks)
{
    return &looks->at[looks->n - 1];
}

/* Born after the first look, before the second of three, and there in the last. */
static bool is_born(const void *ctx, uint32_t object)
{
    const struct looks *looks = ctx;

    if (looks->n < LOOKS_MAX)
        return looks->in_first[object] == SNAPSHOT_NONE;
    uint32_t second = looks->in_second[object];
    return second != SNAPSHOT_NONE && looks->first_of_second[second] == SNAPSHOT_NONE;
}

static bool is_survivor(const struct looks *looks, uint32_t object)
{
    return looks->in_first[object] != SNAPSHOT_NONE &&
           (looks->n < LOOKS_MAX || looks->in_second[object] != SNAPSHOT_NONE);
}

/* ---- looking ---- */

static struct err *open_files(char **names, struct looks *looks)
{
    for (looks->n = 0; looks->n < LOOKS_MAX && names[looks->n]; looks->n++) {
        struct target *target = &looks->at[looks->n];
        struct err *err = target_open(names[looks->n], target);
        if (err)
            return err;
        err = target_snapshot(target, SNAPSHOT_EDGES | SNAPSHOT_SERVE);
        if (err) {
            looks->n++;
            return err;
        }
    }
    return NULL;
}

static struct err *wait_s(long seconds)
{
    uint64_t end = clock_ns() + (uint64_t)seconds * NS_PER_S;

    while (clock_ns() < end) {
        clock_sleep_ns(end - clock_ns());
        if (atomic_load(&cmd_cancel))
            return err_new(ERR_CANCELLED, NULL, "cancelled");
    }
    return NULL;
}

/* Two snapshots of one process; the second look has the session. */
static struct err *watch(const char *pid, long seconds, struct looks *looks)
{
    struct target *second = &looks->at[1];

    ERR_RETURN(target_open_process(pid, second));
    looks->n = 2;
    ERR_RETURN(target_snapshot(second, SNAPSHOT_EDGES));
    looks->at[0].snapshot = take_ptr(second->snapshot);
    looks->at[0].info = second->info;
    ERR_RETURN(wait_s(seconds));
    return target_snapshot(second, SNAPSHOT_EDGES | SNAPSHOT_SERVE);
}

static pid_t pid_of(const struct looks *looks, int i)
{
    const struct target *target = &looks->at[looks->at[i].session ? i : looks->n - 1];

    return session_info(target->session)->pid;
}

static struct err *match(struct looks *looks)
{
    const struct snapshot *first = looks->at[0].snapshot, *last = last_of(looks)->snapshot;

    looks->one_process = true;
    for (int i = 1; i < looks->n; i++)
        looks->one_process = looks->one_process && pid_of(looks, i) == pid_of(looks, 0);
    ERR_RETURN(diff_match(first, last, &cmd_cancel, &looks->in_first));
    if (looks->n < LOOKS_MAX)
        return NULL;
    ERR_RETURN(diff_match(looks->at[1].snapshot, last, &cmd_cancel, &looks->in_second));
    return diff_match(first, looks->at[1].snapshot, &cmd_cancel, &looks->first_of_second);
}

static void looks_deinit(struct looks *looks)
{
    for (int i = 0; i < looks->n; i++)
        target_close(&looks->at[i]);
    free(looks->in_first);
    free(looks->in_second);
    free(looks->first_of_second);
}

/* ---- choosing objects ---- */

static struct err *born(const struct looks *looks, const struct snapshot *last, uint32_t **ret,
                        size_t *n)
{
    uint32_t *list = alloc_array(last->n_objects + 1u, sizeof *list);

    if (!list)
        return err_nomem();
    *n = 0;
    for (uint32_t i = 0; looks->one_process && i < last->n_objects; i++)
        if (is_born(looks, i))
            list[(*n)++] = i;
    *ret = list;
    return NULL;
}

static struct err *gone(const struct looks *looks, const struct snapshot *last, uint32_t **ret,
                        size_t *n)
{
    const struct snapshot *first = looks->at[0].snapshot;
    _cleanup_free_ uint8_t *seen = calloc(first->n_objects + 1u, 1);
    uint32_t *list = alloc_array(first->n_objects + 1u, sizeof *list);

    if (!seen || !list) {
        free(list);
        return err_nomem();
    }
    for (uint32_t i = 0; i < last->n_objects; i++)
        if (looks->in_first[i] != SNAPSHOT_NONE)
            seen[looks->in_first[i]] = 1;
    *n = 0;
    for (uint32_t i = 0; i < first->n_objects; i++)
        if (!seen[i])
            list[(*n)++] = i;
    *ret = list;
    return NULL;
}

static struct err *survived(const struct looks *looks, const struct snapshot *last, uint32_t **ret,
                            size_t *n)
{
    uint32_t *list = alloc_array(last->n_objects + 1u, sizeof *list);

    if (!list)
        return err_nomem();
    *n = 0;
    for (uint32_t i = 0; i < last->n_objects; i++)
        if (is_survivor(looks, i))
            list[(*n)++] = i;
    *ret = list;
    return NULL;
}

static struct err *objects_rows(struct looks *looks, enum objects_kind kind, struct target **from,
                                struct rows **ret)
{
    uint32_t *list = NULL;
    size_t n = 0;

    if (!looks->one_process)
        return err_new(ERR_INPUT, "compare captures of one process",
                       "cannot compare objects: the captures are of different processes");
    *from = kind == OBJECTS_GONE ? &looks->at[0] : last_of(looks);
    ERR_RETURN((kind == OBJECTS_NEW    ? born
                : kind == OBJECTS_GONE ? gone
                                       : survived)(looks, last_of(looks)->snapshot, &list, &n));
    return rows_objects_create((*from)->snapshot, (*from)->lookup, list, n, ret);
}

/* ---- who holds what is new ---- */

/* A holder as an expression, where there is one. */
static struct err *name_holder(struct target *target, const struct paths *paths, uint32_t holder,
                               struct str *ret)
{
    _cleanup_free_ uint32_t *path = NULL;
    const struct snapshot *s = target->snapshot;
    uint32_t n = 0, at;
    size_t cap = 0;
    struct rows *steps;

    for (at = holder; at != PATHS_NONE; at = paths_holder(paths, at)) {
        ERR_RETURN(grow(&path, &cap, n + 1u, sizeof *path));
        path[n++] = at;
    }
    for (uint32_t i = 0; i < n / 2; i++) {
        at = path[i];
        path[i] = path[n - 1 - i];
        path[n - 1 - i] = at;
    }
    ERR_RETURN(rows_steps_of_path(target->snapshot, target->lookup, path, n, &steps));
    struct err *err =
        target->session && session_can_ask(target->session) ? table_lookup(steps, 0, target) : NULL;
    if (!err && !rows_steps_expression(steps, ret)) {
        str_clear(ret);
        str_printf(ret, "%s at 0x%llx", snapshot_type_of(s, holder)->name,
                   (unsigned long long)s->address[holder]);
    }
    rows_destroy(steps);
    return err;
}

static struct err *name_all(struct target *target, const struct diff_holder *holders, size_t n,
                            struct growth *at)
{
    const struct facts *facts = facts_of(target->snapshot);

    for (size_t i = 0; i < n; i++) {
        struct str name = STR_INIT;
        struct err *err = NULL;
        at[i].holder = holders[i];
        if (holders[i].holder == DIFF_OUTSIDE)
            str_append(&name, "(held from outside of the heap)");
        else if (holders[i].holder == DIFF_UNREACHABLE)
            str_append(&name, "(garbage)");
        else
            err = name_holder(target, &facts->paths, holders[i].holder, &name);
        at[i].name = str_steal(&name);
        if (err)
            return err;
    }
    return NULL;
}

static struct err *growth_rows(struct looks *looks, struct rows **ret)
{
    struct target *target = last_of(looks);
    const struct facts *facts = facts_of(target->snapshot);
    _cleanup_free_ struct diff_holder *holders = NULL;
    struct groups groups;
    size_t n = 0;

    ERR_RETURN(groups_make(target->snapshot, &groups));
    const struct diff_spec spec = {target->snapshot, &facts->paths, groups.of_type,
                                   is_born,          looks,         &cmd_cancel};
    struct err *err = looks->one_process ? diff_holders(&spec, &holders, &n) : NULL;
    groups_deinit(&groups);
    if (err)
        return err;
    n = n < HOLDERS ? n : HOLDERS;
    struct growth *at = xalloc((n + 1) * sizeof *at);
    err = name_all(target, holders, n, at);
    struct err *made = rows_growth_create(target->snapshot, at, n, ret);
    if (err && !made)
        rows_destroy(*ret);
    if (err)
        err_destroy(made);
    return err ? err : made;
}

/* ---- printing ---- */

static void put_looks(struct json *json, struct looks *looks)
{
    json_t *files = json_array();

    for (int i = 0; i < looks->n; i++) {
        const struct session *session = looks->at[i].session;
        const char *file = session ? session_info(session)->file : NULL;
        json_array_append_new(files, file ? json_utf8(file) : json_null());
    }
    json_put(json, "files", files);
    json_put(json, "one_process", json_boolean(looks->one_process));
}

static struct err *print_objects(struct looks *looks, const struct diff_options *options)
{
    struct target *from = NULL;
    struct rows *rows = NULL;
    struct json json;

    ERR_RETURN(objects_rows(looks, options->kind, &from, &rows));
    struct err *err = table_arrange(rows, &options->table, OBJECTS_SHALLOW);
    if (!err && from->session)
        err = table_lookup(rows, (size_t)options->table.limit, from);
    if (!err && options->table.json) {
        json_begin(&json, stdout);
        json_put_header(&json, last_of(looks));
        put_looks(&json, looks);
        json_put(&json, "total", json_integer((json_int_t)rows_count(rows)));
        json_put_rows(&json, "rows", rows, (size_t)options->table.limit);
        err = json_finish(&json);
    } else if (!err) {
        table_print(stdout, rows, (size_t)options->table.limit);
        table_print_rest(rows, options->table.limit);
    }
    rows_destroy(rows);
    return err;
}

static struct err *print(struct looks *looks, struct rows *types, struct rows *growth,
                         const struct diff_options *options)
{
    struct json json;

    if (options->table.json) {
        json_begin(&json, stdout);
        json_put_header(&json, last_of(looks));
        put_looks(&json, looks);
        json_put_rows(&json, "rows", types, (size_t)options->table.limit);
        json_put_rows(&json, "holders", growth, 0);
        return json_finish(&json);
    }
    if (rows_count(types))
        table_print(stdout, types, (size_t)options->table.limit);
    else
        puts("nothing has changed");
    table_print_rest(types, options->table.limit);
    if (!looks->one_process)
        puts("\nThe captures are of different processes: only types can be compared.");
    if (rows_count(growth)) {
        puts("\nwhat holds the new objects:");
        table_print(stdout, growth, 0);
    }
    return NULL;
}

static struct err *show(struct looks *looks, const struct diff_options *options)
{
    struct rows *types = NULL, *growth = NULL;
    _cleanup_free_ uint32_t *list = NULL;
    size_t n;

    ERR_RETURN(match(looks));
    if (options->kind)
        return print_objects(looks, options);
    ERR_RETURN(facts_compute(looks->at[0].snapshot, &cmd_cancel));
    ERR_RETURN(target_facts(last_of(looks)));
    ERR_RETURN(born(looks, last_of(looks)->snapshot, &list, &n));
    ERR_RETURN(rows_diff_create(looks->at[0].snapshot, last_of(looks)->snapshot, list, n, &types));
    struct err *err = table_arrange(types, &options->table,
                                    looks->n < LOOKS_MAX ? DIFF_SHALLOW_DELTA : DIFF_BORN);
    if (!err)
        err = growth_rows(looks, &growth);
    if (!err)
        err = print(looks, types, growth, options);
    rows_destroy(types);
    rows_destroy(growth);
    return err;
}

/* ---- the command ---- */

static struct err *check(char **names, struct diff_options *options)
{
    static const char *const kinds[] = {
        [OBJECTS_NEW] = "new", [OBJECTS_GONE] = "gone", [OBJECTS_SURVIVED] = "survived"};
    int n = 0;

    while (names[n])
        n++;
    if (options->watch_s ? n != 1 : n < 2 || n > LOOKS_MAX)
        return err_new(ERR_USAGE, "see 'ouro diff --help'",
                       "wrong usage of 'diff': it takes two or three captures, or PID --watch "
                       "SECONDS");
    for (int kind = OBJECTS_NEW; options->objects && kind <= OBJECTS_SURVIVED; kind++)
        if (!strcmp(options->objects, kinds[kind]))
            options->kind = (enum objects_kind)kind;
    if (options->objects && !options->kind)
        return err_new(ERR_USAGE, NULL, "--objects is new, gone or survived, not '%s'",
                       options->objects);
    if (options->kind)
        return table_check(object_columns, OBJECTS_COLUMNS, &options->table);
    return table_check(diff_columns, DIFF_COLUMNS, &options->table);
}

struct err *cmd_diff(int argc, char **argv)
{
    struct diff_options options = {.table = {.limit = NOT_GIVEN}};
    const struct opt table[] = {
        OPT_INT(0, "watch", &options.watch_s, 1, WATCH_MAX_S, "SECONDS",
                "two snapshots of a process, so long apart"),
        OPT_TEXT(0, "objects", &options.objects, "WHICH", "list objects: new, gone or survived"),
        TABLE_OPTIONS(options.table,
                      "sort by KEY[:asc|:desc]; default: shallow_delta, of three: born"),
        TARGET_OPTIONS,
        OPT_END,
    };
    struct looks looks = {.n = 0};
    bool helped;

    ERR_RETURN(cmd_options("diff", table, argc, argv, &helped));
    if (helped)
        return NULL;
    if (options.table.limit == NOT_GIVEN)
        options.table.limit = options.table.json ? 0 : DEFAULT_LIMIT;
    ERR_RETURN(check(argv, &options));
    struct err *err =
        options.watch_s ? watch(argv[0], options.watch_s, &looks) : open_files(argv, &looks);
    if (!err)
        err = show(&looks, &options);
    looks_deinit(&looks);
    return err;
}
