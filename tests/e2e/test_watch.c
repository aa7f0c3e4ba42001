/* `ouro watch`: a capture when a figure passes its limit, once for each crossing, and a clean end. */
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "inspector/base/mem.h"
#include "tests/support/following.h"
#include "tests/support/proc_state.h"
#include "tests/support/target.h"
#include "tests/support/test.h"

enum { CLEAN_MS = 2000, ROWS = 5000 };

/* One watch: its target, its log, its captures. */
struct watching {
    struct target *target;
    struct ouro_running running;
    char directory[64];
};

static struct watching start(const struct interp *interp, const char *when, const char *option,
                             const char *value)
{
    struct watching w = {.directory = "/tmp/test-watch-XXXXXX"};

    assert_non_null(mkdtemp(w.directory));
    w.target = target_start(interp, "tests/e2e/targets/swelling.py", NULL);
    assert_string_equal(target_line(w.target), "\"ready\"");
    w.running = ouro_start(ouro_path(), "watch", target_pid(w.target), "--every", "1", "--budget",
                           "100", "-o", w.directory, "--when", when, option, value, NULL);
    ouro_await(&w.running, "watching process");
    return w;
}

static void tell(struct watching *w, const char *line)
{
    target_ask(w->target, line);
}

static size_t captures(const struct watching *w, char *last)
{
    struct dirent **entries;
    int n = scandir(w->directory, &entries, NULL, alphasort);
    size_t found = 0;

    assert_true(n >= 0);
    for (int i = 0; i < n; i++) {
        if (entries[i]->d_name[0] != '.') {
            found++;
            snprintf(last, 512, "%s/%s", w->directory, entries[i]->d_name);
        }
        free(entries[i]);
    }
    free(entries);
    return found;
}

/* How often `text` is in the log. */
static size_t times(const char *log, const char *text)
{
    size_t n = 0;

    for (const char *at = log; (at = strstr(at, text)); at++)
        n++;
    return n;
}

/* Ends it: status 0, nothing on stderr, a last line, `saved` captures in the log. The log is the caller's. */
static char *stop(struct watching *w, int signal, size_t saved)
{
    if (signal)
        kill(w->running.pid, signal);
    struct ouro ouro = ouro_end(&w->running);
    if (ouro.status || *ouro.err || times(ouro.out, "  saved '") != saved)
        test_fail("status %d, %zu captures wanted; it said:\n%s%s", ouro.status, saved, ouro.out,
                  ouro.err);
    assert_int_equal(times(ouro.out, signal ? "  told to stop; " : "  the process has ended; "), 1);
    char *log = xasprintf("%s", ouro.out);
    ouro_deinit(&ouro);
    return log;
}

static void remove_directory(const struct watching *w)
{
    char path[512];

    while (captures(w, path))
        assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(w->directory), 0);
}

static void finish(struct watching *w)
{
    proc_assert_clean(target_pid(w->target), CLEAN_MS);
    target_finish(w->target);
    remove_directory(w);
}

/* The condition holds after `line` and not before; there is one capture then. */
static void check(const struct interp *interp, const char *when, const char *line)
{
    struct watching w = start(interp, when, NULL, NULL);
    const char *last = strrchr(when, ','); /* of several it is the last */
    char capture[512], *fires = xasprintf("'%s': it is ", last ? last + 1 : when);

    tell(&w, line);
    ouro_await(&w.running, fires);
    ouro_await(&w.running, "saved '");
    free(stop(&w, SIGTERM, 1));
    assert_int_equal(captures(&w, capture), 1);
    struct ouro ouro = ouro_run_program(ouro_path(), "types", 0, capture, NULL);
    assert_int_equal(ouro.status, 0);
    assert_non_null(strstr(ouro.out, "builtins.dict"));
    ouro_deinit(&ouro);
    free(fires);
    finish(&w);
}

static void watch__resident_memory(void **state)
{
    check(*state, "rss>100MiB", "hog 120");
}

static void watch__objects(void **state)
{
    check(*state, "objects>200000", "grow 210000");
}

static void watch__garbage(void **state)
{
    check(*state, "garbage>1000", "garbage 1200");
}

static void watch__pauses(void **state)
{
    check(*state, "pause>1ms", "slow");
}

static void watch__one_of_two(void **state)
{
    check(*state, "rss>100GiB,type:__main__.Row>10", "grow 11");
}

/* Below, above, hovering, below, above: two captures, of which one is kept; it has the rows of the second crossing. */
static void watch__once_for_each_crossing(void **state)
{
    struct watching w = start(*state, "type:__main__.Row>1000", "--keep", "1");
    char capture[512];

    tell(&w, "grow 2000");
    ouro_await(&w.running, "it is 2,000\n");
    ouro_await(&w.running, "saved '");
    tell(&w, "grow 1000");
    tell(&w, "shrink");
    ouro_await(&w.running, "no more: it is 0\n");
    tell(&w, "grow 5000");
    ouro_await(&w.running, "it is 5,000\n");
    ouro_await(&w.running, "removed '");
    char *log = stop(&w, SIGINT, 2);
    assert_int_equal(times(log, "removed '"), 1);
    assert_int_equal(captures(&w, capture), 1);
    struct ouro ouro = ouro_run_program(ouro_path(), "types", 0, capture, "--json", NULL);
    json_t *types = json_loads(ouro.out, 0, NULL);
    assert_int_equal(json_long(json_row(types, "type", "__main__.Row"), "count"), ROWS);
    json_decref(types);
    ouro_deinit(&ouro);
    free(log);
    finish(&w);
}

static void watch__of_a_process_that_ends(void **state)
{
    struct watching w = start(*state, "objects>100000000,pause>100s", NULL, NULL);
    char capture[512];

    target_finish(w.target);
    free(stop(&w, 0, 0));
    assert_int_equal(captures(&w, capture), 0);
    remove_directory(&w);
}

int main(int argc, char **argv)
{
    static const struct behaviour behaviours[] = {
        BEHAVIOUR(watch__resident_memory),
        BEHAVIOUR(watch__objects),
        BEHAVIOUR(watch__garbage),
        BEHAVIOUR(watch__pauses),
        BEHAVIOUR(watch__one_of_two),
        BEHAVIOUR(watch__once_for_each_crossing),
        BEHAVIOUR(watch__of_a_process_that_ends),
    };

    return interp_main("watch", behaviours, BEHAVIOURS(behaviours), argc, argv);
}
