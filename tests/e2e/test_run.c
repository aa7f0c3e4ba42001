/*
 * 'ouro run': the agent is there before the program's first line, its input and output are kept apart, and how it ended is told.
 * On a terminal of its own, driven by a script (inspector/ui/script.h).
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inspector/base/mem.h"
#include "inspector/base/str.h"
#include "tests/support/child.h"
#include "tests/support/compile.h"
#include "tests/support/ouro_cli.h"
#include "tests/support/proc_state.h"
#include "tests/support/pty.h"
#include "tests/support/target.h"
#include "tests/support/test.h"

enum { COLS = 120, ROWS = 30, OUTPUT_BYTES = 1 << 16 };

/* Says how many threads there are already: the agent's is the second. And what its input is. */
#define FIRST_LINE                                                                                 \
    "import os\n"                                                                                  \
    "os.write(1, ('threads %d\\n' % len(os.listdir('/proc/self/task'))).encode())\n"               \
    "os.write(2, ('input %r\\n' % os.read(0, 100)).encode())\n"

#define STAY "import signal\nsignal.pause()\n"
/* Time for a first snapshot on any machine; the steps wait for the end. */
#define END "import time, sys\ntime.sleep(3)\nsys.exit(7)\n"

/* ---- running it ---- */

struct run {
    int status;   /* exit status */
    char *screen; /* all that it sent to the terminal */
    char *output; /* what the program wrote, NULL if there is no such file */
};

static char *in_directory(const char *name)
{
    return xasprintf("%s/%s", compile_directory(), name);
}

static char *read_whole(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *text = xalloc(OUTPUT_BYTES);

    if (fd < 0) {
        free(text);
        return NULL;
    }
    assert_true(read(fd, text, OUTPUT_BYTES - 1) >= 0);
    close(fd);
    return text;
}

/* Runs a command line of ouro on a terminal, with these steps. */
static struct run run_argv(const char *const *argv, const char *steps)
{
    char *script = in_directory("steps"), *environment = xasprintf("OURO_SCRIPT=%s", script);
    const char *env[] = {environment, NULL};
    FILE *file = fopen(script, "w");
    struct run run;
    size_t bytes;

    assert_non_null(file);
    fputs(steps, file);
    fclose(file);
    struct pty *pty =
        pty_spawn(&(struct pty_options){.argv = argv, .env = env, .cols = COLS, .rows = ROWS});
    int status = pty_wait_exit(pty);
    run.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    run.screen = xstrdup(pty_output(pty, &bytes));
    pty_destroy(pty);
    char *path = in_directory("out");
    run.output = read_whole(path);
    free(path);
    free(script);
    free(environment);
    return run;
}

static void run_deinit(struct run *run)
{
    free(run->screen);
    free(run->output);
}

/* ouro run --out FILE -- python -S -c CODE */
static struct run run_python(const struct interp *interp, const char *code, const char *steps)
{
    if (*interp->root)
        skip();
    char *out = in_directory("out");
    const char *argv[] = {ouro_path(),  "run", "--out", out,  "--",
                          interp->path, "-S",  "-c",    code, NULL};

    struct run run = run_argv(argv, steps);
    free(out);
    return run;
}

static void expect_screen(const struct run *run, const char *text)
{
    if (!strstr(run->screen, text))
        test_fail("status %d; '%s' is not in: %s", run->status, text, run->screen);
}

/* ---- what it does ---- */

static void run__from_the_first_line(void **state)
{
    struct run run = run_python(*state, FIRST_LINE END,
                                "wait-for before its first line\n"
                                "wait-for exit status 7\n"
                                "do output\n"
                                "wait-for threads 2\n");

    assert_int_equal(run.status, 0);
    assert_string_equal(run.output, "threads 2\ninput b''\n");
    expect_screen(&run, "has ended, exit status 7; what it wrote is in '");
    run_deinit(&run);
}

static void run__tells_the_exit_status(void **state)
{
    struct run run = run_python(*state, END,
                                "wait-for before its first line\n"
                                "wait-for exit status 7\n"
                                "do types\n"
                                "wait-idle\n");

    expect_screen(&run, "has ended, exit status 7; what it wrote is in '");
    assert_int_equal(run.status, 0);
    assert_string_equal(run.output, "");
    run_deinit(&run);
}

/* A launcher: a shell that becomes a Python that becomes another one. */
static void run__follows_to_the_python(void **state)
{
    const struct interp *interp = *state;

    if (*interp->root)
        skip();
    char *out = in_directory("out"), *program = in_directory("program.py");
    char *line = xasprintf("exec %s -S -c \"import os; os.execl('%s', 'python3', '-S', '%s')\"",
                           interp->path, interp->path, program);
    const char *argv[] = {ouro_path(), "run", "--out", out, "--", "/bin/sh", "-c", line, NULL};
    FILE *file = fopen(program, "w");

    assert_non_null(file);
    fputs(FIRST_LINE STAY, file);
    fclose(file);
    /* what is shown is the first one if it was caught before it became the second, else the second */
    struct run run = run_argv(argv, "wait-for builtins.dict\nwait-idle\n");
    expect_screen(&run, "'/bin/sh' has ended, killed by SIGTERM");
    assert_int_equal(run.status, 0);
    run_deinit(&run);
    free(out);
    free(line);
    free(program);
}

static void run__detaching_lets_it_go_on(void **state)
{
    struct run run = run_python(*state, FIRST_LINE STAY,
                                "wait-for before its first line\n"
                                "wait-idle\n"
                                "do detach\n"
                                "key y\n"
                                "wait-key\n"); /* it ends by itself */
    const char *at = strstr(run.screen, "runs on as process ");
    pid_t pid = at ? (pid_t)atoi(at + strlen("runs on as process ")) : 0;

    expect_screen(&run, "runs on as process ");
    assert_int_equal(run.status, 0);
    assert_true(pid > 1 && !kill(pid, 0));
    proc_assert_clean(pid, TARGET_TIMEOUT_MS);
    kill(pid, SIGTERM); /* ours: it was just started */
    run_deinit(&run);
}

/* Standard input that is no terminal is the program's; ouro reads the terminal. */
static void run__passes_on_its_input(void **state)
{
    const struct interp *interp = *state;

    if (*interp->root)
        skip();
    char *out = in_directory("out"), *code = in_directory("program.py");
    char *line =
        xasprintf("echo text | %s run --out %s -- %s -S %s", ouro_path(), out, interp->path, code);
    FILE *file = fopen(code, "w");

    assert_non_null(file);
    fputs(FIRST_LINE END, file);
    fclose(file);
    struct run run = run_argv((const char *[]){"/bin/sh", "-c", line, NULL},
                              "wait-for before its first line\nwait-for exit status 7\n");
    assert_int_equal(run.status, 0);
    assert_string_equal(run.output, "threads 2\ninput b'text\\n'\n");
    run_deinit(&run);
    free(out);
    free(code);
    free(line);
}

/* ---- what it cannot do ---- */

static void fails_with(const char *const *argv, int status, const char *line)
{
    struct run run = run_argv(argv, "");

    expect_screen(&run, line);
    assert_int_equal(run.status, status);
    assert_null(strstr(run.screen, "\033[?1049h")); /* the screen was never taken */
    run_deinit(&run);
}

static void run__no_python(void **state)
{
    (void)state;
    fails_with((const char *[]){ouro_path(), "run", "--", "/bin/ls", "/", NULL}, 1,
               "ouro: cannot inspect '/bin/ls': it ended before it ran any Python");
    fails_with((const char *[]){ouro_path(), "run", "--", "/bin/sleep", "1000", NULL}, 1,
               "ouro: cannot inspect '/bin/sleep': it does not run Python");
}

static void run__old_python(void **state)
{
    (void)state;
    if (!child_can_run("/root/.pyenv/versions/3.7.16/bin/python3.7"))
        skip();
    fails_with((const char *[]){ouro_path(), "run", "--",
                                "/root/.pyenv/versions/3.7.16/bin/python3.7", "-c",
                                "import time; time.sleep(1000)", NULL},
               1, "it runs Python 3.7.16; 3.8 to 3.14 are supported");
}

static void run__nothing_to_run(void **state)
{
    (void)state;
    fails_with((const char *[]){ouro_path(), "run", "--", "/nowhere/python3", NULL}, 1,
               "ouro: cannot start '/nowhere/python3': No such file or directory");
    fails_with((const char *[]){ouro_path(), "run", "ls", NULL}, 2,
               "ouro: wrong usage of 'run': the command stands behind '--'");
    fails_with((const char *[]){ouro_path(), "run", "--", NULL}, 2,
               "ouro: wrong usage of 'run': the command stands behind '--'");
}

static void run__no_terminal(void **state)
{
    struct ouro ouro = ouro_run("run", 0, "--", "/bin/ls", NULL);

    (void)state;
    assert_int_equal(ouro.status, 1);
    assert_string_equal(ouro.out, ""); /* nothing ran */
    assert_string_equal(ouro.err, "ouro: there is no terminal to show anything on; run it in a "
                                  "terminal; the program's output goes to a file (--out)\n");
    ouro_deinit(&ouro);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest once[] = {
        cmocka_unit_test(run__no_python),
        cmocka_unit_test(run__old_python),
        cmocka_unit_test(run__nothing_to_run),
        cmocka_unit_test(run__no_terminal),
    };
    static const struct behaviour behaviours[] = {
        BEHAVIOUR(run__from_the_first_line),     BEHAVIOUR(run__tells_the_exit_status),
        BEHAVIOUR(run__follows_to_the_python),   BEHAVIOUR(run__passes_on_its_input),
        BEHAVIOUR(run__detaching_lets_it_go_on),
    };
    int failed = cmocka_run_group_tests_name("run, once", once, NULL, NULL);

    return interp_main("run", behaviours, BEHAVIOURS(behaviours), argc, argv) || failed;
}
