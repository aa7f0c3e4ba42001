#include "inspector/out/watch.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "inspector/analysis/facts.h"
#include "inspector/base/cleanup.h"
#include "inspector/base/clock.h"
#include "inspector/base/mem.h"
#include "inspector/base/units.h"
#include "inspector/out/cmd.h"
#include "inspector/out/follow.h"
#include "inspector/session/live.h"
#include "inspector/session/procfs.h"

enum { WAIT_MS = 200, NAME_BYTES = 64, ERROR_BYTES = 512 };

struct watch {
    struct target *target;
    struct watch_plan *plan;
    struct follow_sums pauses; /* since the last look */
    uint64_t lost;             /* collections in all */
    uint64_t next_ns;          /* of the next look */
    uint64_t next_snapshot_ns; /* not before, whatever is looked at */
    uint64_t start_ns, stood_still_ns;
    unsigned captures;
};

/* A line of the log. */
static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *fmt, ...)
{
    char time[FOLLOW_TIME_BYTES];
    va_list args;

    printf("%s  ", follow_time(follow_wall_ns(clock_ns()), time));
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    putchar('\n');
}

/* ---- files ---- */

static int prefix_of(const struct watch *w, char buf[NAME_BYTES])
{
    return snprintf(buf, NAME_BYTES, "ouro-%d-", session_info(w->target->session)->pid);
}

/* "ouro-4242-20260102-140322-123.ouro": in the order of time. */
static char *new_path(const struct watch *w)
{
    uint64_t wall_ns = follow_wall_ns(clock_ns());
    time_t seconds = (time_t)(wall_ns / NS_PER_S);
    char prefix[NAME_BYTES], time[NAME_BYTES];
    struct tm tm;

    prefix_of(w, prefix);
    localtime_r(&seconds, &tm);
    strftime(time, sizeof time, "%Y%m%d-%H%M%S", &tm);
    return xasprintf("%s/%s%s-%03u.ouro", w->plan->directory, prefix, time,
                     (unsigned)(wall_ns / NS_PER_MS % 1000));
}

static bool is_ours(const char *name, const char *prefix)
{
    size_t n = strlen(name), end = strlen(".ouro");

    return !strncmp(name, prefix, strlen(prefix)) && n > end && !strcmp(name + n - end, ".ouro");
}

/* Removes the oldest captures of this process until `keep` are left. */
static void rotate(const struct watch *w)
{
    struct dirent **entries;
    char prefix[NAME_BYTES];
    int n = w->plan->keep ? scandir(w->plan->directory, &entries, NULL, alphasort) : 0, ours = 0;

    prefix_of(w, prefix);
    for (int i = 0; i < n; i++)
        ours += is_ours(entries[i]->d_name, prefix);
    for (int i = 0; i < n; i++) {
        if (is_ours(entries[i]->d_name, prefix) && ours > w->plan->keep) {
            _cleanup_free_ char *path = xasprintf("%s/%s", w->plan->directory, entries[i]->d_name);
            ours--;
            if (unlink(path))
                say("cannot remove '%s': %s", path, strerror(errno));
            else
                say("removed '%s': %ld are kept", path, w->plan->keep);
        }
        free(entries[i]);
    }
    if (n > 0)
        free(entries);
}

/* ---- snapshots ---- */

static void drop_snapshot(struct target *target)
{
    snapshot_unref(target->snapshot);
    target->snapshot = NULL;
}

static struct err *take_snapshot(struct watch *w, unsigned flags)
{
    uint64_t budget = (uint64_t)w->plan->budget_percent;

    drop_snapshot(w->target);
    ERR_RETURN(target_snapshot(w->target, flags));
    uint64_t pause_ns = w->target->info.pause_ns;
    w->stood_still_ns += pause_ns;
    w->next_snapshot_ns = clock_ns() + pause_ns * 100 / budget;
    return NULL;
}

static struct err *capture(struct watch *w)
{
    char objects[UNITS_BUF], size[UNITS_BUF], pause[UNITS_BUF];
    _cleanup_free_ char *path = new_path(w);
    struct save_options options = {.force = false};
    uint64_t bytes = 0;

    ERR_RETURN(take_snapshot(w, SNAPSHOT_EDGES | SNAPSHOT_SERVE));
    struct err *err = target_save(w->target, path, &options, &bytes);
    if (!err) {
        w->captures++;
        say("saved '%s': %s objects, %s; the process stood still for %s", path,
            units_count(w->target->snapshot->n_objects, objects), units_bytes((int64_t)bytes, size),
            units_duration_ns(w->target->info.pause_ns, pause));
        rotate(w);
    }
    drop_snapshot(w->target);
    if (err && err->code != ERR_TARGET_GONE)
        err_destroy(session_release(w->target->session));
    else if (!err)
        err = session_release(w->target->session);
    return err;
}

/* ---- figures ---- */

static int64_t instances(const struct snapshot *s, const char *type)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < s->n_types; i++)
        if (!strcmp(s->types[i].name, type))
            n += s->types[i].count;
    return (int64_t)n;
}

static struct err *figure_of(struct watch *w, const struct trigger *trigger, int64_t *ret)
{
    const struct snapshot *s = w->target->snapshot;
    struct proc_status status;
    struct garbage garbage;

    switch (trigger->kind) {
    case TRIGGER_RSS:
        ERR_RETURN(proc_status_read(session_info(w->target->session)->pid, &status));
        *ret = (int64_t)status.rss_bytes;
        return NULL;
    case TRIGGER_PAUSE:
        *ret = (int64_t)((w->pauses.longest_ns + NS_PER_US - 1) / NS_PER_US);
        return NULL;
    case TRIGGER_OBJECTS:
        *ret = s->n_objects;
        return NULL;
    case TRIGGER_TYPE:
        *ret = instances(s, trigger->type);
        return NULL;
    case TRIGGER_GARBAGE:
        ERR_RETURN(facts_garbage(s, 2, &cmd_cancel, &garbage));
        *ret = garbage.n;
        garbage_deinit(&garbage);
        return NULL;
    }
    return NULL;
}

/* What snapshot the triggers need, if any, and whether the budget allows it now. */
static bool wants_snapshot(const struct watch *w, unsigned *flags)
{
    bool wanted = false;

    *flags = 0;
    for (unsigned i = 0; i < w->plan->n_triggers; i++) {
        bool with_edges;
        wanted = trigger_needs_snapshot(&w->plan->triggers[i], &with_edges) || wanted;
        *flags |= with_edges ? (unsigned)SNAPSHOT_EDGES : 0;
    }
    return wanted && clock_ns() >= w->next_snapshot_ns;
}

static bool look_at(struct trigger *trigger, int64_t figure)
{
    enum trigger_step step = trigger_look(trigger, figure);
    char text[UNITS_BUF];

    trigger_figure(trigger, figure, text);
    if (step == TRIGGER_FIRES)
        say("'%s': it is %s", trigger->text, text);
    if (step == TRIGGER_REARMS)
        say("'%s' no more: it is %s", trigger->text, text);
    return step == TRIGGER_FIRES;
}

/* One look at everything; a capture if a limit was passed. */
static struct err *look(struct watch *w)
{
    bool has_snapshot, with_edges, fires = false;
    struct err *err = NULL;
    unsigned flags;

    has_snapshot = wants_snapshot(w, &flags);
    if (has_snapshot)
        err = take_snapshot(w, flags);
    for (unsigned i = 0; !err && i < w->plan->n_triggers; i++) {
        struct trigger *trigger = &w->plan->triggers[i];
        int64_t figure = 0;
        if (trigger_needs_snapshot(trigger, &with_edges) && !has_snapshot)
            continue;
        err = figure_of(w, trigger, &figure);
        fires = (!err && look_at(trigger, figure)) || fires;
    }
    drop_snapshot(w->target);
    w->pauses = (struct follow_sums){.lost = 0};
    return !err && fires ? capture(w) : err;
}

/* ---- the loop ---- */

static void note_event(const struct msg_event_collection *event, uint64_t lost, void *arg)
{
    struct watch *w = arg;

    follow_add(&w->pauses, event, lost);
    w->lost += lost;
}

/* What must not end a watch of many hours: said, and tried again at the next look. */
static struct err *survive(struct err *err)
{
    char text[ERROR_BYTES];

    if (!err || err->code == ERR_CANCELLED || err->code == ERR_TARGET_GONE ||
        err->code == ERR_PROTOCOL)
        return err;
    say("%s", err_format(err, text, sizeof text));
    err_destroy(err);
    return NULL;
}

static bool follows_pauses(const struct watch_plan *plan)
{
    for (unsigned i = 0; i < plan->n_triggers; i++)
        if (plan->triggers[i].kind == TRIGGER_PAUSE)
            return true;
    return false;
}

static struct err *loop(struct watch *w)
{
    while (!atomic_load(&cmd_cancel)) {
        ERR_RETURN(session_events(w->target->session, note_event, w, &cmd_cancel));
        if (clock_ns() >= w->next_ns) {
            ERR_RETURN(survive(look(w)));
            w->next_ns = clock_ns() + (uint64_t)w->plan->every_s * NS_PER_S;
            if (fflush(stdout) || ferror(stdout))
                return err_sys(errno, "cannot write the log");
        }
        clock_sleep_ns(WAIT_MS * (uint64_t)NS_PER_MS);
    }
    return NULL;
}

struct err *watch_run(struct target *target, struct watch_plan *plan)
{
    struct watch w = {.target = target, .plan = plan, .start_ns = clock_ns()};
    char still[UNITS_BUF], all[UNITS_BUF];
    bool has_ended;

    if (follows_pauses(plan))
        ERR_RETURN(session_follow(target->session, &cmd_cancel));
    w.next_ns = clock_ns();
    say("watching process %d, Python %s; captures go to '%s'", session_info(target->session)->pid,
        session_info(target->session)->version, plan->directory);
    fflush(stdout);
    struct err *err = loop(&w);
    has_ended = err && err->code == ERR_TARGET_GONE;
    if (err && !follow_is_end(err))
        return err;
    err_destroy(err);
    say("%s; %u capture%s, the process stood still for %s of %s%s",
        has_ended ? "the process has ended" : "told to stop", w.captures,
        w.captures == 1 ? "" : "s", units_duration_ns(w.stood_still_ns, still),
        units_duration_ns(clock_ns() - w.start_ns, all),
        w.lost ? "; some collections were not seen" : "");
    return NULL;
}
