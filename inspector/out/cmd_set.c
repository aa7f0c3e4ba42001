/* The collector's switches from the command line: the command itself is the confirmation. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "inspector/base/str.h"
#include "inspector/base/units.h"
#include "inspector/out/cmd.h"
#include "inspector/session/live.h"

enum {
    DEBUG_SAVEALL = 32,
    DEBUG_TO_STDERR = 1 | 2 | 4, /* the others write to the program's standard error */
    FRAMES_DEFAULT = 1,
    ARGS_SKIPPED = 2, /* the process and the switch's name */
    FLAG_BYTES = 32,
};

/* What the user wants. */
struct wish {
    enum set_what what;
    int32_t values[3];
};

static const struct {
    const char *name;
    int flag;
} debug_flags[] = {
    {"stats", 1},     {"collectable", 2}, {"uncollectable", 4}, {"saveall", DEBUG_SAVEALL},
    {"leak", 32 | 6}, {"none", 0},
};

/* ---- words ---- */

static struct err *usage(const char *why)
{
    return err_new(ERR_USAGE, "see 'ouro set --help'", "wrong usage of 'set': %s", why);
}

static struct err *number(const char *text, const char *what, long max, int32_t *ret)
{
    long value = 0;

    ERR_RETURN(opt_number(text, what, 0, max, &value));
    *ret = (int32_t)value;
    return NULL;
}

/* "saveall", "DEBUG_SAVEALL" */
static bool find_flag(const char *name, int32_t *ret)
{
    if (!strncasecmp(name, "debug_", 6))
        name += 6;
    for (size_t i = 0; i < sizeof debug_flags / sizeof *debug_flags; i++)
        if (!strcasecmp(name, debug_flags[i].name)) {
            *ret |= debug_flags[i].flag;
            return true;
        }
    return false;
}

/* A number, or names with commas or '|' between. */
static struct err *parse_flags(const char *text, int32_t *ret)
{
    *ret = 0;
    if (*text >= '0' && *text <= '9')
        return number(text, "the debug flags", SET_DEBUG_MAX, ret);
    for (const char *at = text; at;) {
        char name[FLAG_BYTES];
        size_t n = strcspn(at, ",|");
        snprintf(name, sizeof name, "%.*s", (int)n, at);
        if (!find_flag(name, ret))
            return err_new(ERR_USAGE,
                           "stats, collectable, uncollectable, saveall, leak, none; or a number",
                           "there is no debug flag '%s'", name);
        at = at[n] ? at + n + 1 : NULL;
    }
    return NULL;
}

static struct err *parse_tracemalloc(char **args, int n, struct wish *ret)
{
    ret->what = SET_TRACEMALLOC;
    if (n == 1 && !strcmp(args[0], "stop"))
        return NULL;
    if (n < 1 || n > 2 || strcmp(args[0], "start") != 0)
        return usage("'tracemalloc' is followed by 'start', 'start N' or 'stop'");
    ret->values[0] = FRAMES_DEFAULT;
    if (n == 2)
        ERR_RETURN(number(args[1], "the number of frames", SET_FRAMES_MAX, &ret->values[0]));
    return ret->values[0] ? NULL : usage("a traceback has at least one frame");
}

/* `args`: what stands behind the switch's name. */
static struct err *parse(const char *name, char **args, int n, struct wish *ret)
{
    static const struct {
        const char *name;
        enum set_what what;
        int32_t value;
    } plain[] = {{"enable", SET_ENABLED, 1},
                 {"disable", SET_ENABLED, 0},
                 {"freeze", SET_FROZEN, 1},
                 {"unfreeze", SET_FROZEN, 0}};

    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (!strcmp(name, plain[i].name)) {
            *ret = (struct wish){plain[i].what, {plain[i].value}};
            return n ? usage("that switch takes no value") : NULL;
        }
    *ret = (struct wish){SET_THRESHOLDS, {0}};
    if (!strcmp(name, "threshold")) {
        for (int i = 0; n == 3 && i < 3; i++)
            ERR_RETURN(number(args[i], "a threshold", SET_THRESHOLD_MAX, &ret->values[i]));
        return n == 3 ? NULL : usage("'threshold' is followed by three numbers");
    }
    if (!strcmp(name, "debug")) {
        ret->what = SET_DEBUG;
        return n == 1 ? parse_flags(args[0], &ret->values[0])
                      : usage("'debug' is followed by the flags");
    }
    if (!strcmp(name, "tracemalloc"))
        return parse_tracemalloc(args, n, ret);
    return err_new(ERR_USAGE, "enable, disable, threshold, freeze, unfreeze, debug, tracemalloc",
                   "there is no switch '%s'", name);
}

/* ---- warnings ---- */

/* What the user should know before; NULL: nothing. */
static const char *danger(const struct wish *wish)
{
    if (wish->what == SET_DEBUG && wish->values[0] & DEBUG_SAVEALL)
        return "with DEBUG_SAVEALL nothing that is found is freed: all of it goes to gc.garbage, "
               "and memory grows until the flag and the list are cleared";
    if (wish->what == SET_TRACEMALLOC && wish->values[0])
        return "tracemalloc makes every allocation slower, a program by half or more, and keeps "
               "some memory for each block";
    return NULL;
}

static struct err *warn(const struct wish *wish, bool yes)
{
    const char *why = danger(wish);

    if (why && !yes)
        return err_new(ERR_USAGE, "if you mean it, add --yes", "not done: %s", why);
    if (why)
        fprintf(stderr, "ouro: %s\n", why);
    if (wish->what == SET_DEBUG && wish->values[0] & DEBUG_TO_STDERR)
        fputs("ouro: these flags make the program write to its standard error\n", stderr);
    return NULL;
}

/* ---- the answer ---- */

static const char *const names[SET_KINDS] = {
    [SET_ENABLED] = "enabled", [SET_THRESHOLDS] = "thresholds",   [SET_FROZEN] = "frozen",
    [SET_DEBUG] = "debug",     [SET_TRACEMALLOC] = "tracemalloc",
};

static void put_text(struct str *to, enum set_what what, const int64_t values[3])
{
    char count[UNITS_BUF];

    switch (what) {
    case SET_ENABLED:
        str_append(to, values[0] ? "enabled" : "disabled");
        return;
    case SET_THRESHOLDS:
        str_printf(to, "%" PRId64 " %" PRId64 " %" PRId64, values[0], values[1], values[2]);
        return;
    case SET_FROZEN:
        str_printf(to, "%s objects", units_count(values[0], count));
        return;
    case SET_TRACEMALLOC:
        if (!values[0])
            str_append(to, "off");
        else
            str_printf(to, "tracing, %" PRId64 " frame%s", values[0], values[0] == 1 ? "" : "s");
        return;
    default:
        str_printf(to, "%" PRId64, values[0]);
    }
}

static json_t *value_json(enum set_what what, const int64_t values[3])
{
    if (what == SET_ENABLED)
        return json_boolean(values[0]);
    if (what == SET_THRESHOLDS)
        return json_pack("[I, I, I]", (json_int_t)values[0], (json_int_t)values[1],
                         (json_int_t)values[2]);
    return json_integer((json_int_t)values[0]);
}

/* The command that restores what was; freezing and unfreezing cannot tell which objects were. */
static void put_undo(struct str *to, const struct wish *wish, const int64_t before[3], int pid)
{
    str_printf(to, "ouro set %d ", pid);
    if (wish->what == SET_ENABLED)
        str_append(to, before[0] ? "enable" : "disable");
    else if (wish->what == SET_THRESHOLDS)
        str_printf(to, "threshold %" PRId64 " %" PRId64 " %" PRId64, before[0], before[1],
                   before[2]);
    else if (wish->what == SET_FROZEN)
        str_append(to, wish->values[0] ? "unfreeze" : "freeze");
    else if (wish->what == SET_DEBUG)
        str_printf(to, "debug %" PRId64 "%s", before[0], before[0] & DEBUG_SAVEALL ? " --yes" : "");
    else if (before[0])
        str_printf(to, "tracemalloc start %" PRId64 " --yes", before[0]);
    else
        str_append(to, "tracemalloc stop");
}

static struct err *print(const struct target *target, const struct wish *wish,
                         const struct switch_info *info, bool is_json, bool wants_undo)
{
    struct str before = STR_INIT, after = STR_INIT, undo = STR_INIT;
    struct err *err = NULL;
    struct json json;

    put_text(&before, wish->what, info->before);
    put_text(&after, wish->what, info->after);
    put_undo(&undo, wish, info->before, session_info(target->session)->pid);
    if (is_json) {
        json_begin(&json, stdout);
        json_put_header(&json, target);
        json_put(&json, "switch", json_string(names[wish->what]));
        json_put(&json, "before", value_json(wish->what, info->before));
        json_put(&json, "after", value_json(wish->what, info->after));
        json_put(&json, "held_us", json_us(info->held_ns));
        json_put(&json, "undo", json_string(undo.text));
        err = json_finish(&json);
    } else {
        printf("%s: %s, was %s\n", names[wish->what], after.text, before.text);
        if (wants_undo)
            puts(undo.text);
    }
    str_deinit(&before);
    str_deinit(&after);
    str_deinit(&undo);
    return err;
}

struct err *cmd_set(int argc, char **argv)
{
    bool json = false, helped, yes = false, undo = false;
    const struct opt table[] = {
        OPT_FLAG(0, "undo", &undo, "print the command that restores what was"),
        OPT_FLAG('y', "yes", &yes, "for 'debug saveall' and 'tracemalloc start': yes, do it"),
        OPT_FLAG(0, "json", &json, "print JSON (docs/cli-json.md)"),
        TARGET_OPTIONS,
        OPT_END,
    };
    struct switch_info info;
    struct target target;
    struct wish wish;
    int n = 0;

    ERR_RETURN(cmd_options("set", table, argc, argv, &helped));
    if (helped)
        return NULL;
    if (!argv[0] || !argv[1])
        return usage("it takes PID and the name of a switch");
    while (argv[ARGS_SKIPPED + n])
        n++;
    ERR_RETURN(parse(argv[1], argv + ARGS_SKIPPED, n, &wish));
    ERR_RETURN(warn(&wish, yes));
    ERR_RETURN(target_open_process(argv[0], &target));
    struct err *err =
        err_context(session_set(target.session, wish.what, wish.values, &cmd_cancel, &info),
                    "cannot set '%s' of '%s'", names[wish.what], argv[0]);
    if (!err)
        err = print(&target, &wish, &info, json, undo);
    target_close(&target);
    return err;
}
