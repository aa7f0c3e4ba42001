#include "inspector/out/follow.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "inspector/base/clock.h"
#include "inspector/base/units.h"
#include "inspector/out/cmd.h"
#include "inspector/session/live.h"
#include "inspector/session/procfs.h"

/* A following. */
struct follow {
    struct target *target;
    bool is_json;
    uint64_t interval_ns; /* 0: none */
    uint64_t start_ns, next_ns;
    struct follow_sums all, recent;
};

static const char *const triggers[TRIGGERS] = {
    [TRIGGER_UNKNOWN] = NULL, [TRIGGER_THRESHOLD] = "threshold", [TRIGGER_CALL] = "call"};

/* ---- what watching shares ---- */

void follow_add(struct follow_sums *sums, const struct msg_event_collection *event, uint64_t lost)
{
    uint32_t g = event->generation;

    sums->lost += lost;
    sums->collections++;
    sums->pause_ns += event->pause_ns;
    if (event->pause_ns > sums->longest_ns)
        sums->longest_ns = event->pause_ns;
    sums->generations[g].collections++;
    sums->generations[g].collected += (uint64_t)event->collected;
    sums->generations[g].uncollectable += (uint64_t)event->uncollectable;
    sums->generations[g].pause_ns += event->pause_ns;
}

uint64_t follow_wall_ns(uint64_t mono_ns)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t wall_ns = (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
    return wall_ns - (clock_ns() - mono_ns);
}

const char *follow_time(uint64_t wall_ns, char buf[FOLLOW_TIME_BYTES])
{
    time_t seconds = (time_t)(wall_ns / NS_PER_S);
    struct tm tm;

    localtime_r(&seconds, &tm);
    snprintf(buf, FOLLOW_TIME_BYTES, "%02u:%02u:%02u.%03u", (unsigned)tm.tm_hour % 100,
             (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100,
             (unsigned)(wall_ns / NS_PER_MS % 1000));
    return buf;
}

bool follow_is_end(const struct err *err)
{
    return err && (err->code == ERR_CANCELLED || err->code == ERR_TARGET_GONE);
}

/* ---- lines ---- */

static void print_begin(const struct follow *f)
{
    struct json json;

    if (!f->is_json) {
        puts("time          generation       pause     collected  uncollectable  cause");
        return;
    }
    json_begin_line(&json, stdout);
    json_put(&json, "event", json_string("begin"));
    json_put_header(&json, f->target);
    json_end(&json);
}

static void print_lost(const struct follow *f, uint64_t lost)
{
    if (lost)
        printf(f->is_json ? "{\"event\": \"lost\", \"count\": %" PRIu64 "}\n"
                          : "%" PRIu64 " more, of which nothing is known\n",
               lost);
}

static void print_event(const struct msg_event_collection *event, uint64_t lost, void *arg)
{
    struct follow *f = arg;
    uint64_t wall_ns = follow_wall_ns(event->start_ns);
    const char *trigger = triggers[event->trigger];
    char time[FOLLOW_TIME_BYTES], pause[UNITS_BUF];

    follow_add(&f->all, event, lost);
    follow_add(&f->recent, event, lost);
    print_lost(f, lost);
    if (f->is_json)
        printf("{\"event\": \"collection\", \"number\": %" PRIu64 ", \"time_us\": %" PRIu64
               ", \"generation\": %" PRIu32 ", \"pause_us\": %" PRIu64 ", \"pause_ns\": %" PRIu64
               ", \"collected\": %" PRId64 ", \"uncollectable\": %" PRId64
               ", \"trigger\": %s%s%s}\n",
               event->number, wall_ns / NS_PER_US, event->generation, event->pause_ns / NS_PER_US,
               event->pause_ns, event->collected, event->uncollectable, trigger ? "\"" : "",
               trigger ? trigger : "null", trigger ? "\"" : "");
    else
        printf("%-12s  %10" PRIu32 "  %10s  %12" PRId64 "  %13" PRId64 "  %s\n",
               follow_time(wall_ns, time), event->generation,
               units_duration_ns(event->pause_ns, pause), event->collected, event->uncollectable,
               trigger ? trigger : "-");
}

static void put_sums(struct json *json, const struct follow_sums *sums, uint64_t duration_ns)
{
    json_t *generations = json_array();

    for (int g = 0; g < 3; g++)
        json_array_append_new(generations,
                              json_pack("{s:I, s:I, s:I, s:o}", "collections",
                                        (json_int_t)sums->generations[g].collections, "collected",
                                        (json_int_t)sums->generations[g].collected, "uncollectable",
                                        (json_int_t)sums->generations[g].uncollectable, "pause_us",
                                        json_us(sums->generations[g].pause_ns)));
    json_put(json, "duration_us", json_us(duration_ns));
    json_put(json, "pause_us", json_us(sums->pause_ns));
    json_put(json, "longest_us", json_us(sums->longest_ns));
    json_put(json, "generations", generations);
}

static void print_sums(const char *what, const struct follow_sums *sums, uint64_t collections,
                       uint64_t duration_ns)
{
    char count[UNITS_BUF], duration[UNITS_BUF], longest[UNITS_BUF];

    printf("%s %s: %s collections, %.2f %% of the time; the longest pause was %s", what,
           units_duration_ns(duration_ns, duration), units_count((int64_t)collections, count),
           duration_ns ? 100.0 * (double)sums->pause_ns / (double)duration_ns : 0.0,
           units_duration_ns(sums->longest_ns, longest));
}

static void print_interval(struct follow *f)
{
    struct proc_status status = {.rss_bytes = 0};
    uint64_t collections = f->recent.collections + f->recent.lost;
    char rss[UNITS_BUF];
    struct json json;

    err_destroy(proc_status_read(session_info(f->target->session)->pid, &status));
    if (f->is_json) {
        json_begin_line(&json, stdout);
        json_put(&json, "event", json_string("interval"));
        json_put(&json, "time_us", json_us(follow_wall_ns(clock_ns())));
        json_put(&json, "collections", json_integer((json_int_t)collections));
        json_put(&json, "lost", json_integer((json_int_t)f->recent.lost));
        json_put(&json, "rss", json_integer((json_int_t)status.rss_bytes));
        put_sums(&json, &f->recent, f->interval_ns);
        json_end(&json);
    } else {
        print_sums("the last", &f->recent, collections, f->interval_ns);
        printf("; resident memory %s\n", units_bytes((int64_t)status.rss_bytes, rss));
    }
    f->recent = (struct follow_sums){.collections = 0};
}

/* `is_complete`: the totals are the agent's own. */
static void print_end(struct follow *f, const struct follow_totals *totals, bool is_complete)
{
    uint64_t duration_ns = clock_ns() - f->start_ns;
    struct json json;

    print_lost(f, totals->lost > f->all.lost ? totals->lost - f->all.lost : 0);
    if (!f->is_json) {
        print_sums("in", &f->all, totals->seen, duration_ns);
        printf("; %" PRIu64 " lost%s\n", totals->lost,
               is_complete ? "" : "; what came last may be missing");
        return;
    }
    json_begin_line(&json, stdout);
    json_put(&json, "event", json_string("end"));
    json_put(&json, "collections", json_integer((json_int_t)totals->seen));
    json_put(&json, "lost", json_integer((json_int_t)totals->lost));
    json_put(&json, "complete", json_boolean(is_complete));
    put_sums(&json, &f->all, duration_ns);
    json_end(&json);
}

/* ---- the loop ---- */

static struct err *print_until_end(struct follow *f)
{
    struct err *err = NULL;

    while (!err) {
        err = session_events(f->target->session, print_event, f, &cmd_cancel);
        if (!err && f->interval_ns && clock_ns() >= f->next_ns) {
            print_interval(f);
            f->next_ns += f->interval_ns;
        }
        if (!err && (fflush(stdout) || ferror(stdout)))
            return err_new(ERR_CANCELLED, NULL, "nobody reads"); /* main() says so */
        if (!err)
            clock_sleep_ns(FOLLOW_POLL_MS * (uint64_t)NS_PER_MS);
    }
    return err;
}

struct err *follow_print(struct target *target, bool is_json, long interval_s)
{
    struct follow f = {
        .target = target, .is_json = is_json, .interval_ns = (uint64_t)interval_s * NS_PER_S};
    struct follow_totals totals;

    ERR_RETURN(session_follow(target->session, &cmd_cancel));
    f.start_ns = clock_ns();
    f.next_ns = f.start_ns + f.interval_ns;
    print_begin(&f);
    struct err *err = print_until_end(&f);
    if (!follow_is_end(err))
        return err;
    err_destroy(err);
    err = session_unfollow(target->session, print_event, &f, &totals);
    bool is_complete = !err;
    err_destroy(err);
    if (!is_complete)
        totals = (struct follow_totals){f.all.collections + f.all.lost, f.all.lost, 0};
    print_end(&f, &totals, is_complete);
    return NULL;
}
