/*
 * The program on a real terminal: what it sends is fed to a terminal emulator (libvterm), and what
 * that shows is compared with what curses believes. And the terminal is given back in order,
 * whatever happens.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inspector/base/mem.h"
#include "tests/support/pty.h"
#include "tests/support/terminal.h"
#include "tests/support/test.h"

/* What ends the alternate screen of an xterm. */
static const char leave_screen[] = "\033[?1049l";

static const char *program;

/* -- Running the demo -- */

static struct pty *start(int cols, int rows, const char *const *env)
{
    const char *argv[] = {program, NULL};

    return pty_spawn(&(struct pty_options){.argv = argv, .env = env, .cols = cols, .rows = rows});
}

/* Runs a script and compares every screen that it writes with the terminal. */
static void check_script(const char *name, int cols, int rows, const char *term)
{
    const char *base = getenv("TEST_TMPDIR"), *argv[] = {program, NULL};
    char *work = xasprintf("%s/terminal.XXXXXX", base ? base : "/tmp");
    char *steps = xasprintf("tests/tui/%s.steps", name), *path = realpath(steps, NULL);
    assert_non_null(path);
    char *script = xasprintf("OURO_SCRIPT=%s", path), *term_entry = xasprintf("TERM=%s", term);
    const char *env[] = {script, term_entry, NULL};
    struct terminal t;

    assert_non_null(mkdtemp(work));
    terminal_init(&t, cols, rows, work);
    struct pty *pty = pty_spawn(&(struct pty_options){argv, env, work, cols, rows});
    while (pty_pump(pty, terminal_feed, &t))
        ;
    assert_int_equal(pty_wait_exit(pty), 0);
    assert_false(t.differs);
    assert_true(t.n_compared > 0);
    pty_destroy(pty);
    terminal_deinit(&t);
    rmdir(work);
    free(work);
    free(steps);
    free(path);
    free(script);
    free(term_entry);
}

static void test_terminal__shows_what_curses_believes(void **state)
{
    static const char *const names[] = {"types", "object", "dialogs", "nav", "filter", "help"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        check_script(names[i], 80, 24, "xterm-256color");
        check_script(names[i], 40, 10, "xterm-256color");
    }
    check_script("types", 132, 43, "xterm-256color");
    check_script("object", 132, 43, "linux");
    check_script("dialogs", 80, 24, "screen-256color");
    check_script("types", 80, 24, "vt100");
}

/* The last place of `part` in `text`, or NULL. */
static const char *last_place(const char *text, const char *part)
{
    const char *last = NULL;

    for (; (text = strstr(text, part)); text++)
        last = text;
    return last;
}

/* A program on a terminal. */
struct session {
    struct pty *pty;
    struct terminal terminal;
};

static void session_init_env(struct session *s, const char *const *env)
{
    terminal_init(&s->terminal, 80, 24, NULL);
    s->pty = start(80, 24, env);
    terminal_wait(&s->terminal, s->pty, "builtins.tuple");
}

static void session_init(struct session *s)
{
    session_init_env(s, NULL);
}

static void session_deinit(struct session *s)
{
    pty_destroy(s->pty);
    terminal_deinit(&s->terminal);
}

/* The terminal is as it was before: modes, screen, cursor. */
static void assert_restored(const struct session *s)
{
    const char *output = pty_output(s->pty, NULL);
    const char *hidden = last_place(output, "\033[?25l"), *shown = last_place(output, "\033[?25h");

    assert_true(pty_is_restored(s->pty));
    assert_non_null(strstr(output, leave_screen));
    assert_true(hidden && shown && shown > hidden);
}

static void test_terminal__keys_arrive(void **state)
{
    struct session s;

    (void)state;
    session_init(&s);
    terminal_wait(&s.terminal, s.pty, "1/30");
    pty_send(s.pty, "\033OB\033OB"); /* Down as an xterm sends it in application mode */
    terminal_wait(&s.terminal, s.pty, "3/30");
    pty_send(s.pty, "\033"); /* Esc alone */
    terminal_wait(&s.terminal, s.pty, "nothing to go back to");
    pty_send(s.pty, "\033OS"); /* F4 */
    terminal_wait(&s.terminal, s.pty, "filter:");
    pty_send(s.pty, "日本");
    terminal_wait(&s.terminal, s.pty, "1/1 of 30");
    pty_send(s.pty, "\r");
    pty_send(s.pty, "\x7f"); /* Backspace: clears the filter */
    terminal_wait(&s.terminal, s.pty, "3/30");
    pty_send(s.pty, "\033[5~"); /* PgUp */
    terminal_wait(&s.terminal, s.pty, "1/30");
    pty_send(s.pty, "q");
    assert_int_equal(pty_wait_exit(s.pty), 0);
    assert_restored(&s);
    session_deinit(&s);
}

static void test_terminal__mouse_selects_and_opens(void **state)
{
    struct session s;

    (void)state;
    session_init(&s);
    pty_send(s.pty, "M");
    terminal_wait(&s.terminal, s.pty, "the mouse selects rows");
    pty_send(s.pty, "\033[<0;5;8M\033[<0;5;8m"); /* line 8: the fifth row */
    terminal_wait(&s.terminal, s.pty, "5/30");
    pty_send(s.pty, "\033[<0;5;8M\033[<0;5;8m");
    terminal_wait(&s.terminal, s.pty, "1/314");
    pty_send(s.pty, "Q");
    assert_int_equal(pty_wait_exit(s.pty), 0);
    assert_restored(&s);
    assert_non_null(strstr(pty_output(s.pty, NULL), "\033[?1006;1000l"));
    session_deinit(&s);
}

static void test_terminal__copies_through_osc_52(void **state)
{
    struct session s;

    (void)state;
    session_init(&s);
    pty_send(s.pty, "2");
    terminal_wait(&s.terminal, s.pty, "1/50,000");
    pty_send(s.pty, "Y");
    terminal_wait(&s.terminal, s.pty, "copied 0x7f1200000000");
    assert_non_null(strstr(pty_output(s.pty, NULL), "\033]52;c;MHg3ZjEyMDAwMDAwMDA=\a"));
    pty_send(s.pty, "Q");
    assert_int_equal(pty_wait_exit(s.pty), 0);
    session_deinit(&s);
}

static void test_terminal__follows_its_size(void **state)
{
    struct session s;

    (void)state;
    session_init(&s);
    terminal_deinit(&s.terminal);
    terminal_init(&s.terminal, 39, 24, NULL);
    pty_resize(s.pty, 39, 24);
    terminal_wait(&s.terminal, s.pty, "terminal too small: 39x24");
    pty_resize(s.pty, 100, 30);
    terminal_deinit(&s.terminal);
    terminal_init(&s.terminal, 100, 30, NULL);
    terminal_wait(&s.terminal, s.pty, "app.models.Leaf");
    pty_send(s.pty, "Q");
    assert_int_equal(pty_wait_exit(s.pty), 0);
    session_deinit(&s);
}

static void test_terminal__suspends_and_comes_back(void **state)
{
    struct session s;

    (void)state;
    session_init(&s);
    pty_send(s.pty, "jj");
    terminal_wait(&s.terminal, s.pty, "3/30");
    pty_send(s.pty, "\x1a");
    pty_wait_stopped(s.pty, terminal_feed, &s.terminal);
    assert_restored(&s);
    pty_signal(s.pty, SIGCONT);
    terminal_wait(&s.terminal, s.pty, "3/30");
    pty_send(s.pty, "j");
    terminal_wait(&s.terminal, s.pty, "4/30");
    pty_signal(s.pty, SIGTSTP); /* from outside, too */
    pty_wait_stopped(s.pty, terminal_feed, &s.terminal);
    assert_restored(&s);
    pty_signal(s.pty, SIGCONT);
    terminal_wait(&s.terminal, s.pty, "4/30");
    pty_send(s.pty, "Q");
    assert_int_equal(pty_wait_exit(s.pty), 0);
    session_deinit(&s);
}

static void check_signal_death(const char *command, int number)
{
    /* Sanitizers would turn the signal into an exit status of their own. */
    static const char *const env[] = {"ASAN_OPTIONS=handle_segv=0:handle_abort=0",
                                      "TSAN_OPTIONS=handle_segv=0:handle_abort=0", NULL};
    struct session s;

    session_init_env(&s, env);
    pty_send(s.pty, command);
    int status = pty_wait_exit(s.pty);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), number);
    assert_restored(&s);
    assert_non_null(strstr(pty_output(s.pty, NULL), "the terminal was restored"));
    session_deinit(&s);
}

static void test_terminal__is_restored_after_a_crash(void **state)
{
    (void)state;
    check_signal_death(":crash\r", SIGSEGV);
    check_signal_death(":crash abort\r", SIGABRT);
}

static void test_terminal__is_restored_after_sigterm(void **state)
{
    struct session s;

    (void)state;
    session_init(&s);
    pty_signal(s.pty, SIGTERM);
    int status = pty_wait_exit(s.pty);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 128 + SIGTERM);
    assert_restored(&s);
    session_deinit(&s);
}

static void test_terminal__ends_when_the_terminal_goes_away(void **state)
{
    struct session s;

    (void)state;
    session_init(&s);
    pty_hang_up(s.pty);
    int status = pty_wait_exit(s.pty);
    assert_true(WIFEXITED(status));
    session_deinit(&s);
}

static void test_terminal__stray_stderr_waits(void **state)
{
    struct session s;

    (void)state;
    session_init(&s);
    pty_send(s.pty, ":stderr hello\r");
    pty_send(s.pty, "?");
    terminal_wait(&s.terminal, s.pty, "help: types");
    assert_null(strstr(pty_output(s.pty, NULL), "stray:"));
    pty_send(s.pty, "Q");
    assert_int_equal(pty_wait_exit(s.pty), 0);
    const char *after = strstr(pty_output(s.pty, NULL), leave_screen);
    assert_non_null(after);
    assert_non_null(strstr(after, "stray: hello"));
    session_deinit(&s);
}

static void check_refusal(const char *term, const char *why)
{
    char *entry = xasprintf("TERM=%s", term);
    const char *env[] = {entry, NULL};
    struct pty *pty = start(80, 24, env);
    int status = pty_wait_exit(pty);

    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    assert_non_null(strstr(pty_output(pty, NULL), why));
    pty_destroy(pty);
    free(entry);
}

static void test_terminal__refuses_what_it_cannot_use(void **state)
{
    (void)state;
    check_refusal("no-such-terminal", "cannot use a terminal of type 'no-such-terminal'");
    check_refusal("dumb", "cannot place its cursor");
}

/* Runs a script that is written down here; returns the wait status. */
static struct pty *run_steps(const char *steps, int *status)
{
    char path[] = "/tmp/steps.XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0 && write(fd, steps, strlen(steps)) == (ssize_t)strlen(steps));
    close(fd);
    char *script = xasprintf("OURO_SCRIPT=%s", path);
    const char *env[] = {script, NULL};
    struct pty *pty = start(80, 24, env);
    *status = pty_wait_exit(pty);
    unlink(path);
    free(script);
    return pty;
}

static void check_script_fails(const char *steps, const char *why)
{
    int status;
    struct pty *pty = run_steps(steps, &status);
    const char *after = strstr(pty_output(pty, NULL), leave_screen);

    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 3);
    assert_non_null(after);
    assert_non_null(strstr(after, why));
    assert_non_null(strstr(after, "builtins.tuple")); /* the screen */
    pty_destroy(pty);
}

static void test_terminal__a_script_can_fail(void **state)
{
    int status;

    (void)state;
    check_script_fails("wait-idle\nexpect nonsense\nquit\n", ":2: not on the screen: nonsense");
    check_script_fails("wait-idle\nexpect-not types\n", ":2: on the screen: types");
    check_script_fails("wait-idle\nfly\n", ":2: there is no step fly");
    check_script_fails("wait-idle\nkey Hyper\n", ":2: there is no key Hyper");
    struct pty *pty = run_steps("# nothing\n\nwait-idle\nquit\nexpect nonsense\n", &status);
    assert_int_equal(status, 0);
    pty_destroy(pty);
}

static void test_terminal__a_script_can_wait_for_a_real_key(void **state)
{
    char path[] = "/tmp/steps.XXXXXX";
    static const char steps[] = "wait-idle\nwait-key\nexpect 1/30\nkey j\nwait-key\nquit\n";
    int fd = mkstemp(path);
    struct terminal t;

    (void)state;
    assert_int_equal(write(fd, steps, strlen(steps)), strlen(steps));
    close(fd);
    char *script = xasprintf("OURO_SCRIPT=%s", path);
    const char *env[] = {script, NULL};
    struct pty *pty = start(80, 24, env);
    terminal_init(&t, 80, 24, NULL);
    terminal_wait(&t, pty, "1/30");
    pty_send(pty, "x");
    terminal_wait(&t, pty, "2/30");
    pty_send(pty, "x");
    assert_int_equal(pty_wait_exit(pty), 0);
    pty_destroy(pty);
    terminal_deinit(&t);
    unlink(path);
    free(script);
}

static void test_terminal__without_utf8_sends_only_ascii(void **state)
{
    static const char *const env[] = {"LC_ALL=C", NULL};
    struct terminal t;
    struct pty *pty = start(80, 24, env);
    size_t bytes;

    (void)state;
    terminal_init(&t, 80, 24, NULL);
    terminal_wait(&t, pty, "app.models.Gr??e");
    pty_send(pty, "Q");
    assert_int_equal(pty_wait_exit(pty), 0);
    const char *output = pty_output(pty, &bytes);
    for (size_t i = 0; i < bytes; i++)
        assert_true((unsigned char)output[i] < 0x80);
    pty_destroy(pty);
    terminal_deinit(&t);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(test_terminal__shows_what_curses_believes),
        TEST(test_terminal__keys_arrive),
        TEST(test_terminal__mouse_selects_and_opens),
        TEST(test_terminal__copies_through_osc_52),
        TEST(test_terminal__follows_its_size),
        TEST(test_terminal__suspends_and_comes_back),
        TEST(test_terminal__is_restored_after_a_crash),
        TEST(test_terminal__is_restored_after_sigterm),
        TEST(test_terminal__ends_when_the_terminal_goes_away),
        TEST(test_terminal__stray_stderr_waits),
        TEST(test_terminal__refuses_what_it_cannot_use),
        TEST(test_terminal__a_script_can_fail),
        TEST(test_terminal__a_script_can_wait_for_a_real_key),
        TEST(test_terminal__without_utf8_sends_only_ascii),
    };

    if (argc != 2) {
        fprintf(stderr, "usage: %s DEMO\n", argv[0]);
        return 2;
    }
    program = realpath(argv[1], NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
