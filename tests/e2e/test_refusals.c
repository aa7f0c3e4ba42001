/*
 * What cannot be inspected, and what is asked wrongly: one line that says what, why, and what to do; status
 * 1 for a failure and 2 for wrong usage; and the process is as it was.
 */
#include <pwd.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inspector/base/mem.h"
#include "tests/support/child.h"
#include "tests/support/ouro_cli.h"
#include "tests/support/proc_state.h"
#include "tests/support/target.h"
#include "tests/support/test.h"

enum { STATUS_FAILED = 1, STATUS_USAGE = 2, NO_PID = 4194300, LEAVING_MS = 2000 };

/* Nothing on its standard output, one line "ouro: …" on its standard error with these parts; "" is in
 * every line. Ends `ouro`. */
static void check_refusal(struct ouro *ouro, int status, const char *part, const char *other_part)
{
    const char *end = strchr(ouro->err, '\n');

    if (ouro->status != status || *ouro->out || strncmp(ouro->err, "ouro: ", 6) != 0 || !end ||
        end[1] || !strstr(ouro->err, part) || !strstr(ouro->err, other_part))
        test_fail("status %d, saying '%s'; wanted %d with '%s' and '%s'", ouro->status, ouro->err,
                  status, part, other_part);
    ouro_deinit(ouro);
}

/* Every command that takes a process refuses this one, and does not touch it. */
static void check_pid(pid_t pid, const char *part, const char *other_part)
{
    struct proc_state before, after;

    proc_state_read(pid, &before);
    for (const char *const *command =
             (const char *const[]){"types", "objects", "gc", "stats", NULL};
         *command; command++) {
        struct ouro ouro = ouro_run(*command, pid, NULL);
        check_refusal(&ouro, STATUS_FAILED, part, other_part);
    }
    struct ouro ouro = ouro_run("object", pid, "0x7f0000000000", NULL);
    check_refusal(&ouro, STATUS_FAILED, part, other_part);
    proc_state_read(pid, &after);
    proc_state_assert_same(&before, &after, PROC_STATE_ALL);
    proc_state_deinit(&before);
    proc_state_deinit(&after);
}

/* ---- processes ---- */

static void refusals__no_such_process(void **state)
{
    (void)state;
    check_pid(NO_PID, "cannot attach to '4194300'", "no such process");
}

static void refusals__not_python(void **state)
{
    struct child child =
        child_start((const char *[]){"/bin/sh", "-c", "echo ready; read line", NULL});

    (void)state;
    child_expect(&child, "ready");
    check_pid(child.pid, "cannot attach to", "Python");
    child_end(&child);
}

static int exit_at_once(void *arg)
{
    (void)arg;
    return 0;
}

static void refusals__zombie(void **state)
{
    struct child child = child_fork(exit_at_once, NULL);

    (void)state;
    assert_true(wait_ended(child.pid, TARGET_TIMEOUT_MS));
    check_pid(child.pid, "has ended (zombie)", "cannot attach to");
    child_end(&child);
}

static void refusals__kernel_thread(void **state)
{
    (void)state;
    /* not 2, the parent of them all: its children come and go and change their names */
    if (access("/proc/3/status", R_OK) || !access("/proc/3/exe", R_OK)) {
        print_message("no kernel threads are seen from here\n");
        skip();
    }
    check_pid(3, "kernel thread", "cannot attach to");
}

/* As the shell would have it: exec keeps the process id. */
static void refusals__itself(void **state)
{
    struct child_output output;
    char *command = xasprintf("exec %s types $$", ouro_path());

    (void)state;
    child_run((const char *[]){"/bin/sh", "-c", command, NULL}, &output);
    struct ouro ouro = {.status = output.status, .out = output.out, .err = output.err};
    check_refusal(&ouro, STATUS_FAILED, "cannot attach to", "");
    free(command);
}

static void check_old_version(const char *version)
{
    const struct passwd *user = getpwuid(getuid()); /* Bazel sets HOME to something else */
    const char *given = getenv("PYENV_ROOT");
    char *pyenv =
        given && *given ? xstrdup(given) : xasprintf("%s/.pyenv", user ? user->pw_dir : "");
    char *program = xasprintf("%s/versions/%s/bin/python", pyenv, version);

    free(pyenv);
    if (access(program, X_OK)) {
        print_message("there is no Python %s here\n", version);
        free(program);
        skip();
    }
    struct target *target = target_start_command((const char *[]){
        program, "-c", "import sys; print(1); sys.stdout.flush(); sys.stdin.read()", NULL});
    assert_string_equal(target_line(target), "1");
    check_pid(target_pid(target), "cannot attach to", "3.8");
    target_finish(target);
    free(program);
}

static void refusals__python_2_7(void **state)
{
    (void)state;
    check_old_version("2.7.18");
}

static void refusals__python_3_6(void **state)
{
    (void)state;
    check_old_version("3.6.15");
}

static void refusals__python_3_7(void **state)
{
    (void)state;
    check_old_version("3.7.16");
}

/* ---- usage ---- */

static void refusals__wrong_usage(void **state)
{
    static const struct {
        const char *command, *args[4], *part;
    } cases[] = {
        {"types", {NULL}, "it takes TARGET"},
        {"gc", {"garbage"}, "'garbage'"},
        {"gc", {"-1"}, "'-1'"},
        {"types", {"0"}, "'0'"},
        {"gc", {"12x"}, "'12x'"},
        {"types", {""}, "''"},
        {"types", {"99999999999999999999"}, "'99999999999999999999'"},
        {"types", {"1", "2"}, "it takes TARGET"},
        {"types", {"1", "--garbage"}, "--garbage"},
        {"types", {"1", "--sort", "garbage"}, "'garbage'"},
        {"types", {"1", "--limit", "garbage"}, "'garbage'"},
        {"object", {"1"}, "it takes TARGET ADDRESS"},
        {"object", {"1", "garbage"}, "'garbage'"},
        {"gc", {"1", "-g", "3"}, "'3'"},
        {"gc", {"1", "-g"}, "-g"},
        {"nonsense", {NULL}, "there is no command 'nonsense'"},
        {"attach", {NULL}, "PID"},
        {"attach", {"garbage"}, "'garbage'"},
        {"--garbage", {NULL}, "--garbage"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ouro ouro = ouro_run(cases[i].command, 0, cases[i].args[0], cases[i].args[1],
                                    cases[i].args[2], NULL);
        check_refusal(&ouro, STATUS_USAGE, cases[i].part, "; ");
    }
}

/* ---- answers that are not there ---- */

static void refusals__unknown_type_and_address(void **state)
{
    struct target *target = target_start(*state, "tests/e2e/targets/watched.py", NULL);
    pid_t pid = target_pid(target);

    target_line(target);
    struct ouro ouro = ouro_run("objects", pid, "--type", "__main__.Nothing", NULL);
    check_refusal(&ouro, STATUS_FAILED, "'__main__.Nothing'", "");
    ouro = ouro_run("object", pid, "0x10", NULL);
    check_refusal(&ouro, STATUS_FAILED, "0x10", "");
    ouro = ouro_run("object", pid, "0xffffffffffffffff", NULL);
    check_refusal(&ouro, STATUS_FAILED, "0xffffffffffffffff", "");
    proc_assert_clean(pid, LEAVING_MS);
    target_finish(target);
}

/* ---- running ---- */

int main(int argc, char **argv)
{
    static const struct behaviour behaviours[] = {
        BEHAVIOUR_ONCE(refusals__no_such_process), BEHAVIOUR_ONCE(refusals__not_python),
        BEHAVIOUR_ONCE(refusals__zombie),          BEHAVIOUR_ONCE(refusals__kernel_thread),
        BEHAVIOUR_ONCE(refusals__itself),          BEHAVIOUR_ONCE(refusals__python_2_7),
        BEHAVIOUR_ONCE(refusals__python_3_6),      BEHAVIOUR_ONCE(refusals__python_3_7),
        BEHAVIOUR_ONCE(refusals__wrong_usage),     BEHAVIOUR(refusals__unknown_type_and_address),
    };

    return interp_main("refusals", behaviours, BEHAVIOURS(behaviours), argc, argv);
}
