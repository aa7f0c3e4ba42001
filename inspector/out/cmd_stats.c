#include <inttypes.h>
#include <stdio.h>

#include "inspector/base/units.h"
#include "inspector/out/cmd.h"
#include "inspector/out/follow.h"
#include "inspector/session/procfs.h"

static struct err *print_json(const struct target *target, uint64_t rss_bytes)
{
    const struct snapshot *s = target->snapshot;
    const struct msg_snap_gc *gc = &s->gc;
    json_t *generations = json_array();
    struct json json;

    for (uint32_t i = 0; i < 3; i++)
        json_array_append_new(generations,
                              json_pack("{s:I, s:I, s:I, s:I}", "population",
                                        (json_int_t)snapshot_population(s, i), "collections",
                                        (json_int_t)gc->generations[i].collections, "collected",
                                        (json_int_t)gc->generations[i].collected, "uncollectable",
                                        (json_int_t)gc->generations[i].uncollectable));
    json_begin(&json, stdout);
    json_put_header(&json, target);
    json_put(&json, "enabled", json_boolean(gc->enabled));
    json_put(&json, "thresholds",
             json_pack("[i, i, i]", gc->thresholds[0], gc->thresholds[1], gc->thresholds[2]));
    json_put(&json, "counts", json_pack("[i, i, i]", gc->counts[0], gc->counts[1], gc->counts[2]));
    json_put(&json, "frozen", json_integer((json_int_t)snapshot_population(s, MSG_GEN_PERMANENT)));
    json_put(&json, "debug", json_integer(gc->debug));
    json_put(&json, "garbage", json_integer((json_int_t)gc->garbage_count));
    json_put(&json, "generations", generations);
    json_put(&json, "rss", json_integer((json_int_t)rss_bytes));
    json_put(&json, "tracemalloc", json_boolean(s->tracemalloc));
    return json_finish(&json);
}

static void print_text(const struct target *target, uint64_t rss_bytes)
{
    const struct snapshot *s = target->snapshot;
    const struct msg_snap_gc *gc = &s->gc;
    char a[UNITS_BUF], b[UNITS_BUF], c[UNITS_BUF];

    printf("automatic collection  %s\n", gc->enabled ? "enabled" : "disabled");
    printf("frozen                %s objects (permanent generation)\n",
           units_count((int64_t)snapshot_population(s, MSG_GEN_PERMANENT), a));
    printf("gc.garbage            %s objects\n", units_count((int64_t)gc->garbage_count, a));
    printf("debug flags           %d\n", gc->debug);
    printf("tracemalloc           %s\n", s->tracemalloc ? "tracing" : "off");
    printf("resident memory       %s\n\n", units_bytes((int64_t)rss_bytes, a));
    printf("generation  population  count/threshold  collections     collected  uncollectable\n");
    for (uint32_t i = 0; i < 3; i++) {
        char fill[UNITS_BUF * 2];
        snprintf(fill, sizeof fill, "%d/%d", gc->counts[i], gc->thresholds[i]);
        printf("%10u  %10s  %15s  %11s  %12s  %13" PRIu64 "\n", i,
               units_count((int64_t)snapshot_population(s, i), a), fill,
               units_count((int64_t)gc->generations[i].collections, b),
               units_count((int64_t)gc->generations[i].collected, c),
               gc->generations[i].uncollectable);
    }
}

struct err *cmd_stats(int argc, char **argv)
{
    bool json = false, helped, is_following = false;
    long interval_s = 0;
    const struct opt table[] = {
        OPT_FLAG(0, "json", &json, "print JSON (docs/cli-json.md)"),
        OPT_FLAG(0, "follow", &is_following, "print every collection as it happens, until ^C"),
        OPT_INT(0, "interval", &interval_s, 1, 86400, "S",
                "with --follow: a line about the last S seconds, too"),
        TARGET_OPTIONS,
        OPT_END,
    };
    struct target target;
    struct proc_status status;

    ERR_RETURN(cmd_options("stats", table, argc, argv, &helped));
    if (helped)
        return NULL;
    if (interval_s && !is_following)
        return err_new(ERR_USAGE, "see 'ouro stats --help'",
                       "wrong usage of 'stats': '--interval' needs '--follow'");
    ERR_RETURN(target_open_process(argv[0], &target));
    if (is_following) {
        struct err *err = follow_print(&target, json, interval_s);
        target_close(&target);
        return err;
    }
    struct err *err = target_snapshot(&target, SNAPSHOT_COUNTS);
    if (!err)
        err = proc_status_read(session_info(target.session)->pid, &status);
    if (!err && json)
        err = print_json(&target, status.rss_bytes);
    else if (!err)
        print_text(&target, status.rss_bytes);
    target_close(&target);
    return err;
}
