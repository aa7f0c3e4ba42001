#include <string.h>
#include <sys/stat.h>

#include "inspector/out/cmd.h"
#include "inspector/out/watch.h"

enum { EVERY_S = 10, BUDGET_PERCENT = 1 };

static struct err *usage(const char *why)
{
    return err_new(ERR_USAGE, "see 'ouro watch --help'", "wrong usage of 'watch': %s", why);
}

/* Conditions with commas between. */
static struct err *parse_triggers(const char *text, struct watch_plan *plan)
{
    while (text) {
        size_t n = strcspn(text, ",");
        if (plan->n_triggers == WATCH_TRIGGERS_MAX)
            return usage("that are too many conditions");
        ERR_RETURN(trigger_parse(text, n, &plan->triggers[plan->n_triggers++]));
        text = text[n] ? text + n + 1 : NULL;
    }
    return NULL;
}

static struct err *check_directory(const char *path)
{
    struct stat stat_of;

    if (stat(path, &stat_of) || !S_ISDIR(stat_of.st_mode))
        return err_new(ERR_INPUT, "make it first", "'%s' is not a directory", path);
    return NULL;
}

struct err *cmd_watch(int argc, char **argv)
{
    struct watch_plan plan = {.every_s = EVERY_S, .budget_percent = BUDGET_PERCENT};
    const char *when = NULL;
    bool helped;
    const struct opt table[] = {
        OPT_TEXT(
            0, "when", &when, "COND",
            "'rss>2GiB', 'objects>N', 'type:app.Row>N', 'garbage>N', 'pause>50ms'; commas: or"),
        OPT_TEXT('o', "output", &plan.directory, "DIR", "where captures go"),
        OPT_INT(0, "keep", &plan.keep, 1, 1000000, "N", "keep the last N captures; default: all"),
        OPT_INT(0, "every", &plan.every_s, 1, 86400, "S", "look every S seconds; default: 10"),
        OPT_INT(0, "budget", &plan.budget_percent, 1, 100, "P",
                "the process may stand still for P % of the time; default: 1"),
        TARGET_OPTIONS,
        OPT_END,
    };
    struct target target;

    ERR_RETURN(cmd_options("watch", table, argc, argv, &helped));
    if (helped)
        return NULL;
    if (!when || !plan.directory)
        return usage("it needs '--when COND' and '-o DIR'");
    ERR_RETURN(parse_triggers(when, &plan));
    ERR_RETURN(check_directory(plan.directory));
    ERR_RETURN(target_open_process(argv[0], &target));
    struct err *err = watch_run(&target, &plan);
    target_close(&target);
    return err;
}
