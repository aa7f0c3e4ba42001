#include "inspector/out/cmd.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/analysis/facts.h"
#include "inspector/base/clock.h"
#include "inspector/base/str.h"
#include "inspector/base/units.h"
#include "inspector/model/builder.h"
#include "inspector/rows/filter.h"
#include "inspector/session/evict.h"

enum { PID_MAX = 1 << 22 };

atomic_bool cmd_cancel;
struct target_options target_options = {.wait_s = SESSION_WAIT_S};

const struct command commands[] = {
    {"ps", "", 0, "list the Python processes, and for each: attachable, or why not", cmd_ps},
    {"doctor", "PID", 1, "whether an attach would work; if not, why and what to do", cmd_doctor},
    {"snapshot", "PID", 1, "save the heap as a capture file (-o FILE)", cmd_snapshot},
    {"types", "TARGET", 1, "histogram of types: instances and bytes", cmd_types},
    {"objects", "TARGET", 1, "the objects, or those of one type (--type)", cmd_objects},
    {"object", "TARGET ADDRESS", 2, "one object: refcount, sizes, referrers, referents, value",
     cmd_object},
    {"threads", "TARGET", 1, "each thread's stack, with what its variables keep alive",
     cmd_threads},
    {"waste", "TARGET", 1,
     "duplicate strings, empty and sparse containers, what __slots__ would save", cmd_waste},
    {"leaks", "TARGET", 1, "leak suspects in sentences; with --watch SECONDS also what grows",
     cmd_leaks},
    {"path", "TARGET [ADDRESS]", 2,
     "why an object is alive: paths from the roots to it; who holds all of a type (--type)",
     cmd_path},
    {"retained", "TARGET", 1, "the objects that keep most alive, and what only they do (--under)",
     cmd_retained},
    {"cycles", "TARGET", 1,
     "reference cycles: garbage first, the shortest way round, what to make weak", cmd_cycles},
    {"garbage", "TARGET", 1, "what a collection would free now, by type", cmd_garbage},
    {"diff", "A B [C]", -1, "what changed between captures, or in a process (--watch SECONDS)",
     cmd_diff},
    {"finalizers", "TARGET", 1,
     "what runs when objects go: __del__, C finalizers, weakref.finalize; gc.garbage",
     cmd_finalizers},
    {"resources", "PID", 1,
     "open descriptors, who owns them; locks held, children, temporary directories", cmd_resources},
    {"gc", "PID", 1, "force a collection; what it freed, by type", cmd_gc},
    {"stats", "PID", 1, "the collector's counters, thresholds and populations", cmd_stats},
    {"watch", "PID", 1, "save captures when memory, objects, garbage or a pause pass a limit",
     cmd_watch},
    {"set", "PID SWITCH [VALUE ...]", -1,
     "enable, disable, threshold A B C, freeze, unfreeze, debug FLAGS, tracemalloc start [N]|stop",
     cmd_set},
    {"detach", "PID", 1, "make whatever ouro is attached to it leave", cmd_detach},
    {NULL, NULL, 0, NULL, NULL},
};

const struct command *command_find(const char *name)
{
    for (const struct command *command = commands; command->name; command++)
        if (!strcmp(command->name, name))
            return command;
    return NULL;
}

/* ---- arguments ---- */

static bool wants_help(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--"); i++)
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
            return true;
    return false;
}

static void print_help(const struct command *command, const struct opt *options)
{
    static const struct opt help[] = {OPT_FLAG('h', "help", NULL, "this text"), OPT_END};
    struct str text = STR_INIT;

    str_printf(&text, "usage: ouro %s %s%s[options]\n\n%s\n\noptions:\n", command->name,
               command->args, *command->args ? " " : "", command->summary);
    opt_help(options, &text);
    opt_help(help, &text);
    fputs(text.text, stdout);
    str_deinit(&text);
}

/* All but what stands in brackets. */
static int n_needed(const struct command *command)
{
    int n = command->n_args;

    for (const char *c = command->args; *c; c++)
        n -= *c == '[';
    return n;
}

struct err *cmd_options(const char *name, const struct opt *options, int argc, char **argv,
                        bool *helped)
{
    const struct command *command = command_find(name);
    int rest = 0;

    *helped = wants_help(argc, argv);
    if (*helped) {
        print_help(command, options);
        return NULL;
    }
    struct err *err = opt_parse(options, argc, argv, &rest);
    if (!err)
        argv[rest] = NULL;
    if (!err && command->n_args >= 0 && (rest > command->n_args || rest < n_needed(command)))
        err = err_new(ERR_USAGE, NULL, "it takes %s, not %d argument%s",
                      *command->args ? command->args : "no arguments", rest, rest == 1 ? "" : "s");
    return err_hint(err_context(err, "wrong usage of '%s'", name), "see 'ouro %s --help'", name);
}

struct err *cmd_address(const char *text, uint64_t *ret)
{
    char *end;

    errno = 0;
    *ret = strtoull(text, &end, 0);
    if (!*text || *end || errno || *text == '-')
        return err_new(ERR_USAGE, "write it as 0x7f… or as id() prints it",
                       "'%s' is not an address", text);
    return NULL;
}

struct err *cmd_pid(const char *text, pid_t *ret)
{
    long pid;
    struct err *err = opt_number(text, "the process id", 1, PID_MAX, &pid);

    if (!err)
        *ret = (pid_t)pid;
    return err_hint(err, "see 'ouro ps'");
}

/* ---- the target ---- */

static void on_signal(int signal)
{
    struct sigaction action = {.sa_handler = SIG_DFL};

    atomic_store(&cmd_cancel, true);
    sigaction(signal, &action, NULL); /* the next one ends us */
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

struct err *target_open_process(const char *pid_text, struct target *ret)
{
    struct target target = {0};
    bool was_attached;
    pid_t pid = 0;

    ERR_RETURN(cmd_pid(pid_text, &pid));
    catch_signals();
    if (target_options.steal)
        ERR_RETURN(evict_agent(pid, &was_attached));
    ERR_RETURN(session_attach(pid, &cmd_cancel, &target.session));
    session_set_wait(target.session, (unsigned)target_options.wait_s);
    session_allow_in_process(target.session, target_options.in_process);
    target.lookup = lookup_create();
    *ret = target;
    return NULL;
}

bool target_is_file(const char *name)
{
    return *name && name[strspn(name, "0123456789")];
}

struct err *target_open(const char *name, struct target *ret)
{
    struct target target = {0};

    if (!target_is_file(name))
        return target_open_process(name, ret);
    catch_signals();
    ERR_RETURN(session_open(name, &target.session));
    target.lookup = lookup_create();
    *ret = target;
    return NULL;
}

static void tell_in_process(const struct target *target)
{
    char pause[UNITS_BUF];

    fprintf(stderr,
            "ouro: process %d could not be cloned and was walked itself; it stood still for %s\n",
            session_info(target->session)->pid, units_duration_ns(target->info.pause_ns, pause));
}

struct err *target_snapshot(struct target *target, unsigned flags)
{
    struct builder *builder;
    struct err *err = builder_create(&builder);

    if (err)
        return err;
    err =
        session_snapshot(target->session, flags, builder_sink(builder), &cmd_cancel, &target->info);
    if (!err)
        err = builder_finish(builder, &target->snapshot);
    builder_destroy(builder);
    if (!err && target->info.in_process)
        tell_in_process(target);
    for (unsigned i = 0; !err && i < target->info.opaque_count; i++)
        fprintf(stderr,
                "ouro: looking at instances of '%s' crashes or does not end; what they refer to is "
                "left out\n",
                target->info.opaque[i]);
    return err;
}

struct err *target_facts(struct target *target)
{
    return facts_compute(target->snapshot, &cmd_cancel);
}

struct err *target_find(const struct target *target, const char *text, uint32_t *ret)
{
    uint64_t address;

    ERR_RETURN(cmd_address(text, &address));
    *ret = snapshot_find(target->snapshot, address);
    if (*ret == SNAPSHOT_NONE)
        return err_new(ERR_INPUT, "addresses change: list them anew with 'ouro objects'",
                       "there is no object at 0x%llx", (unsigned long long)address);
    return NULL;
}

void target_close(struct target *target)
{
    session_detach(target->session);
    snapshot_unref(target->snapshot);
    lookup_destroy(target->lookup);
    *target = (struct target){0};
}

/* ---- tables ---- */

/* "KEY", "KEY:asc", "KEY:desc" */
static struct err *parse_sort(const struct rows *rows, const char *text, struct rows_spec *spec)
{
    char key[64];
    size_t n = strcspn(text, ":");

    snprintf(key, sizeof key, "%.*s", (int)n, text);
    spec->sort_column = rows_column(rows, key);
    if (spec->sort_column < 0 || rows->columns[spec->sort_column].flags & COL_F_NO_SORT) {
        struct str keys = STR_INIT;
        for (unsigned i = 0; i < rows->n_columns; i++)
            if (!(rows->columns[i].flags & COL_F_NO_SORT))
                str_printf(&keys, "%s%s", keys.len_bytes ? ", " : "", rows->columns[i].key);
        struct err *err = err_hint(err_new(ERR_USAGE, NULL, "cannot sort by '%s'", key),
                                   "the keys are: %s", keys.text);
        str_deinit(&keys);
        return err;
    }
    spec->descending = rows->columns[spec->sort_column].flags & COL_F_DESC;
    if (!strcmp(text + n, ":asc") || !strcmp(text + n, ":desc"))
        spec->descending = text[n + 1] == 'd';
    else if (text[n])
        return err_new(ERR_USAGE, "asc and desc are the directions", "cannot sort '%s'", text + n);
    return NULL;
}

struct err *table_check(const struct column *columns, unsigned n_columns,
                        const struct table_options *options)
{
    const struct rows rows = {.columns = columns, .n_columns = n_columns};
    struct rows_spec spec;
    struct filter *filter = NULL;

    if (options->sort)
        ERR_RETURN(parse_sort(&rows, options->sort, &spec));
    if (options->filter)
        ERR_RETURN(filter_parse(options->filter, &rows, &filter));
    filter_destroy(filter);
    return NULL;
}

struct err *table_arrange(struct rows *rows, const struct table_options *options, int default_sort)
{
    struct rows_spec spec = {.sort_column = default_sort};
    struct filter *filter = NULL;

    if (default_sort >= 0)
        spec.descending = rows->columns[default_sort].flags & COL_F_DESC;
    if (options->sort)
        ERR_RETURN(parse_sort(rows, options->sort, &spec));
    if (options->filter)
        ERR_RETURN(filter_parse(options->filter, rows, &filter));
    spec.filter = filter;
    struct err *err = rows_arrange(rows, &spec);
    filter_destroy(filter);
    return err;
}

struct err *target_ask(struct target *target)
{
    struct lookup_batch *batch = lookup_take(target->lookup);

    if (!batch)
        return NULL;
    struct err *err = lookup_batch_ask(batch, target->session, &cmd_cancel);
    lookup_apply(target->lookup, batch);
    return err;
}

struct err *table_lookup(struct rows *rows, size_t limit, struct target *target)
{
    size_t n = rows_count(rows);

    rows_prefetch(rows, 0, limit && limit < n ? limit : n);
    return target_ask(target);
}

void table_print_rest(const struct rows *rows, long limit)
{
    size_t n = rows_count(rows);
    char count[UNITS_BUF];

    if (limit && n > (size_t)limit)
        printf("… and %s more; --limit 0 prints all\n",
               units_count((int64_t)(n - (size_t)limit), count));
}

/* ---- JSON ---- */

static json_t *snapshot_json(const struct target *target)
{
    const struct snapshot *s = target->snapshot;

    return json_pack("{s:I, s:o, s:I, s:o, s:o, s:s, s:b}", "objects", (json_int_t)s->n_objects,
                     "references", s->has_edges ? json_integer(s->strong.n) : json_null(), "bytes",
                     (json_int_t)s->shallow_bytes, "pause_us", json_us(target->info.pause_ns),
                     "total_us", json_us(target->info.total_ns), "method",
                     target->info.in_process ? "in-process" : "clone", "partial",
                     target->info.opaque_count != 0);
}

void json_put_header(struct json *json, const struct target *target)
{
    json_put(json, "schema", json_integer(1));
    json_put(json, "ouro", json_string(OURO_VERSION));
    if (!target)
        return;
    const struct session_info *info = session_info(target->session);
    json_put(
        json, "target",
        json_pack("{s:i, s:o, s:s, s:b, s:o}", "pid", (int)info->pid, "file",
                  info->file ? json_utf8(info->file) : json_null(), "python", info->version,
                  "free_threaded", 0, "interpreters",
                  target->snapshot ? json_integer(target->snapshot->interpreters) : json_null()));
    if (target->snapshot)
        json_put(json, "snapshot", snapshot_json(target));
}

struct err *json_finish(struct json *json)
{
    json_end(json);
    if (fflush(json->to) || ferror(json->to))
        return err_sys(errno, "cannot write the answer");
    return NULL;
}
