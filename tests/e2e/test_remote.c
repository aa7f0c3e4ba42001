/*
 * PEP 768: a Python 3.14 that somebody else traces is asked to let us in, instead of being traced; older ones, and those where
 * that is switched off, are refused.
 */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "inspector/base/mem.h"
#include "tests/support/child.h"
#include "tests/support/ouro_cli.h"
#include "tests/support/proc_state.h"
#include "tests/support/target.h"
#include "tests/support/test.h"

#define STRACE "/usr/bin/strace"
#define SCRIPT "tests/e2e/targets/ticking.py"

enum { CLEAN_MS = TARGET_TIMEOUT_MS, NODES = 17, ROUNDS = 3, FIRST_MINOR = 14 };

static pid_t tracer_of(pid_t pid)
{
    char *path = xasprintf("/proc/%d/status", pid), line[256];
    FILE *status = fopen(path, "re");
    int tracer = -1;

    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "TracerPid: %d", &tracer) == 1)
            break;
    if (status)
        fclose(status);
    free(path);
    return tracer;
}

static bool is_traced(void *arg)
{
    return tracer_of(*(pid_t *)arg) > 0;
}

static bool is_free(void *arg)
{
    return tracer_of(*(pid_t *)arg) == 0;
}

/* Starts strace on it; returns when it traces. */
static struct target *trace(pid_t pid)
{
    char text[16];

    if (!child_can_run(STRACE))
        skip();
    snprintf(text, sizeof text, "%d", pid);
    struct target *strace =
        target_start_command((const char *[]){STRACE, "-f", "-o", "/dev/null", "-p", text, NULL});
    if (!wait_until(is_traced, &pid, CLEAN_MS))
        test_fail("strace does not trace it: %s", target_stderr(strace));
    return strace;
}

static void leave(struct target *strace, pid_t pid)
{
    target_signal(strace, SIGTERM); /* it detaches */
    assert_true(wait_until(is_free, &pid, CLEAN_MS));
    target_kill(strace);
}

static void check_method(pid_t pid, const char *method)
{
    json_t *json = ouro_json("doctor", pid, NULL);

    assert_true(json_is_true(json_at(json, "attachable")));
    assert_string_equal(json_text(json, "method"), method);
    json_decref(json);
}

static void look(pid_t pid)
{
    json_t *json = ouro_json("types", pid, NULL);

    assert_int_equal(json_long(json_row(json, "type", "__main__.Node"), "count"), NODES);
    json_decref(json);
}

static void fails(pid_t pid, const char *part)
{
    struct ouro ouro = ouro_run("types", pid, NULL);

    if (ouro.status != 1 || !strstr(ouro.err, part) ||
        strchr(ouro.err, '\n') != strrchr(ouro.err, '\n'))
        test_fail("status %d: %s", ouro.status, ouro.err);
    ouro_deinit(&ouro);
}

/* ---- */

static bool has_no_agent_but_a_tracer(void *arg)
{
    char *traces = proc_agent_traces(*(pid_t *)arg);
    bool yes = !strstr(traces, "ouro");

    free(traces);
    return yes;
}

static void remote__traced_process(void **state)
{
    const struct interp *interp = *state;
    struct target *target = target_start(interp, SCRIPT, NULL);
    pid_t pid = target_pid(target);

    target_line(target);
    check_method(pid, "ptrace");
    struct target *strace = trace(pid);
    if (interp->minor < FIRST_MINOR) {
        fails(pid, "is already traced by strace");
    } else {
        check_method(pid, "remote-exec");
        for (int round = 0; round < ROUNDS; round++) {
            look(pid);
            assert_true(wait_until(has_no_agent_but_a_tracer, &pid, CLEAN_MS));
            assert_string_equal(target_ask(target, "unchanged()"), "true");
            json_t *agents = target_ask_json(target, "agents()");
            assert_int_equal(json_integer_value(agents), 1);
            json_decref(agents);
        }
    }
    leave(strace, pid);
    proc_assert_clean(pid, CLEAN_MS);
    look(pid);
    proc_assert_clean(pid, CLEAN_MS);
    assert_string_equal(target_ask(target, "unchanged()"), "true");
    target_finish(target);
}

/* No thread runs Python code: it gives up soon, and what it asked for does not come later. */
static void remote__blocked_main_thread(void **state)
{
    const struct interp *interp = *state;
    struct target *target = target_start(interp, SCRIPT, "blocked", NULL);
    pid_t pid = target_pid(target);

    if (interp->minor < FIRST_MINOR)
        skip();
    target_line(target);
    struct target *strace = trace(pid);
    fails(pid, "none of its threads runs Python code");
    leave(strace, pid);
    assert_string_equal(target_ask(target, "unchanged()"), "true");
    assert_string_equal(target_ask(target, "'ouro' in open('/proc/self/maps').read()"), "false");
    proc_assert_clean(pid, CLEAN_MS);
    target_finish(target);
}

/* Where it is switched off, only the tracer is in the way. */
static void check_switched_off(const struct interp *interp, const char *environment,
                               const char *option)
{
    if (interp->minor < FIRST_MINOR || !child_can_run("/usr/sbin/chroot"))
        skip();
    struct target *target = target_start_command((const char *[]){
        "/usr/sbin/chroot", *interp->root ? interp->root : "/", "/usr/bin/env", environment,
        interp->path, "-X", option, "-c",
        "import time\nprint('ready', flush=True)\nwhile True: time.sleep(0.02)", NULL});
    pid_t pid = target_pid(target);

    assert_string_equal(target_line(target), "ready");
    check_method(pid, "ptrace");
    struct target *strace = trace(pid);
    fails(pid, "is already traced by strace");
    leave(strace, pid);
    json_decref(ouro_json("types", pid, NULL));
    target_kill(target);
}

static void remote__off_by_environment(void **state)
{
    check_switched_off(*state, "PYTHON_DISABLE_REMOTE_DEBUG=1", "utf8");
}

static void remote__off_by_option(void **state)
{
    check_switched_off(*state, "LANG=C.UTF-8", "disable-remote-debug");
}

int main(int argc, char **argv)
{
    static const struct behaviour behaviours[] = {
        BEHAVIOUR(remote__traced_process),
        BEHAVIOUR(remote__blocked_main_thread),
        BEHAVIOUR(remote__off_by_environment),
        BEHAVIOUR(remote__off_by_option),
    };

    return interp_main("remote", behaviours, BEHAVIOURS(behaviours), argc, argv);
}
