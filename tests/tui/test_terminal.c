/*
 * The program on a real terminal: what it sends is fed to a terminal emulator (libvterm), and what
 * that shows is compared with what curses believes. And the terminal is given back in order,
 * whatever happens.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vterm.h>

#include "inspector/base/mem.h"
#include "inspector/base/str.h"
#include "inspector/base/utf8.h"
#include "tests/support/pty.h"
#include "tests/support/test.h"

/* In scripts, every `screen FILE` step sends this, then FILE, then BEL. */
static const char marker[] = "\033]7777;";

/* What ends the alternate screen of an xterm. */
static const char leave_screen[] = "\033[?1049l";

static const char *program;

/* -- A terminal that looks at what it is sent -- */

struct terminal {
    VTerm *vterm;
    VTermScreen *screen;
    int cols, rows;
    const char *work;  /* where scripts write their screens */
    struct str unread; /* the beginning of a marker, perhaps */
    unsigned n_compared;
    bool differs;
};

static void terminal_init(struct terminal *t, int cols, int rows, const char *work)
{
    *t = (struct terminal){.cols = cols, .rows = rows, .work = work, .unread = STR_INIT};
    t->vterm = vterm_new(rows, cols);
    vterm_set_utf8(t->vterm, 1);
    t->screen = vterm_obtain_screen(t->vterm);
    vterm_screen_enable_altscreen(t->screen, 1);
    vterm_screen_reset(t->screen, 1);
}

static void terminal_deinit(struct terminal *t)
{
    vterm_free(t->vterm);
    str_deinit(&t->unread);
}

/* One row as screen_dump() writes it. */
static void append_row(const struct terminal *t, int y, struct str *ret)
{
    size_t start = ret->len_bytes;
    VTermScreenCell cell;

    for (int x = 0; x<t->cols; x += cell.width> 1 ? cell.width : 1) {
        char bytes[UTF8_MAX_BYTES];
        vterm_screen_get_cell(t->screen, (VTermPos){y, x}, &cell);
        if (!cell.chars[0])
            str_append_char(ret, ' ');
        for (size_t i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i]; i++)
            str_append_bytes(ret, bytes, utf8_encode(cell.chars[i], bytes));
    }
    while (ret->len_bytes > start && ret->text[ret->len_bytes - 1] == ' ')
        ret->text[--ret->len_bytes] = '\0';
}

static char *terminal_text(const struct terminal *t)
{
    struct str text = STR_INIT;

    for (int y = 0; y < t->rows; y++) {
        append_row(t, y, &text);
        str_append_char(&text, '\n');
    }
    return str_steal(&text);
}

static char *slurp(const char *path)
{
    FILE *file = fopen(path, "re");
    struct str text = STR_INIT;
    char chunk[4096];
    size_t n;

    if (!file)
        return NULL;
    while ((n = fread(chunk, 1, sizeof chunk, file)))
        str_append_bytes(&text, chunk, n);
    fclose(file);
    return str_steal(&text);
}

static void compare(struct terminal *t, const char *name)
{
    char *path = xasprintf("%s/%s", t->work, name);
    char *believed = slurp(path), *shown = terminal_text(t);

    if (!believed || strcmp(believed, shown) != 0) {
        fprintf(stderr, "%s: curses believes:\n%s\nthe terminal shows:\n%s\n", name,
                believed ? believed : "(no file)", shown);
        t->differs = true;
    }
    t->n_compared++;
    unlink(path);
    free(path);
    free(believed);
    free(shown);
}

/* Bytes of `text` without a character at its end whose rest is still to come; libvterm loses those.
 */
static size_t whole_characters(const char *text, size_t bytes)
{
    for (size_t back = 1; back < UTF8_MAX_BYTES && back <= bytes; back++) {
        unsigned char c = (unsigned char)text[bytes - back];
        if (c >= 0xc0)
            return (c >= 0xf0 ? 4U : c >= 0xe0 ? 3U : 2U) > back ? bytes - back : bytes;
        if (c < 0x80)
            break;
    }
    return bytes;
}

/* A pty_sink: feeds the terminal up to each marker, and looks there. */
static void feed(void *ctx, const char *bytes, size_t n)
{
    struct terminal *t = ctx;
    const char *at, *found;

    str_append_bytes(&t->unread, bytes, n);
    for (at = t->unread.text; (found = strstr(at, marker)); at = strchr(found, '\a') + 1) {
        vterm_input_write(t->vterm, at, (size_t)(found - at));
        at = found;
        if (!strchr(found, '\a'))
            break;
        char *name = xstrndup(found + strlen(marker),
                              (size_t)(strchr(found, '\a') - found) - strlen(marker));
        compare(t, name);
        free(name);
    }
    /* Something that may become a marker waits for its rest. */
    const char *escape = strrchr(at, '\033');
    bool may_grow = escape && (!strncmp(escape, marker, strlen(escape)) ||
                               !strncmp(escape, marker, strlen(marker)));
    size_t ready = may_grow ? (size_t)(escape - at) : whole_characters(at, strlen(at));
    vterm_input_write(t->vterm, at, ready);
    char *rest = xstrdup(at + ready);
    str_clear(&t->unread);
    str_append(&t->unread, rest);
    free(rest);
}

/* Reads until `text` is on the terminal. */
static void wait_text(struct pty *pty, struct terminal *t, const char *text)
{
    for (;;) {
        char *shown = terminal_text(t);
        bool is_there = strstr(shown, text) != NULL;
        if (is_there) {
            free(shown);
            return;
        }
        if (!pty_pump(pty, feed, t)) {
            fprintf(stderr, "'%s' did not appear:\n%s\n", text, shown);
            free(shown);
            fail();
        }
        free(shown);
    }
}

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
    while (pty_pump(pty, feed, &t))
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
    terminal_init(&s->terminal, 80, 24, "/nonexistent");
    s->pty = start(80, 24, env);
    wait_text(s->pty, &s->terminal, "builtins.tuple");
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
    wait_text(s.pty, &s.terminal, "1/30");
    pty_send(s.pty, "\033OB\033OB"); /* Down as an xterm sends it in application mode */
    wait_text(s.pty, &s.terminal, "3/30");
    pty_send(s.pty, "\033"); /* Esc alone */
    wait_text(s.pty, &s.terminal, "nothing to go back to");
    pty_send(s.pty, "\033OS"); /* F4 */
    wait_text(s.pty, &s.terminal, "filter:");
    pty_send(s.pty, "日本");
    wait_text(s.pty, &s.terminal, "1/1 of 30");
    pty_send(s.pty, "\r");
    pty_send(s.pty, "\x7f"); /* Backspace: clears the filter */
    wait_text(s.pty, &s.terminal, "3/30");
    pty_send(s.pty, "\033[5~"); /* PgUp */
    wait_text(s.pty, &s.terminal, "1/30");
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
    wait_text(s.pty, &s.terminal, "the mouse selects rows");
    pty_send(s.pty, "\033[<0;5;8M\033[<0;5;8m"); /* line 8: the fifth row */
    wait_text(s.pty, &s.terminal, "5/30");
    pty_send(s.pty, "\033[<0;5;8M\033[<0;5;8m");
    wait_text(s.pty, &s.terminal, "1/314");
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
    wait_text(s.pty, &s.terminal, "1/50,000");
    pty_send(s.pty, "Y");
    wait_text(s.pty, &s.terminal, "copied 0x7f1200000000");
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
    terminal_init(&s.terminal, 39, 24, "/nonexistent");
    pty_resize(s.pty, 39, 24);
    wait_text(s.pty, &s.terminal, "terminal too small: 39x24");
    pty_resize(s.pty, 100, 30);
    terminal_deinit(&s.terminal);
    terminal_init(&s.terminal, 100, 30, "/nonexistent");
    wait_text(s.pty, &s.terminal, "app.models.Leaf");
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
    wait_text(s.pty, &s.terminal, "3/30");
    pty_send(s.pty, "\x1a");
    pty_wait_stopped(s.pty, feed, &s.terminal);
    assert_restored(&s);
    pty_signal(s.pty, SIGCONT);
    wait_text(s.pty, &s.terminal, "3/30");
    pty_send(s.pty, "j");
    wait_text(s.pty, &s.terminal, "4/30");
    pty_signal(s.pty, SIGTSTP); /* from outside, too */
    pty_wait_stopped(s.pty, feed, &s.terminal);
    assert_restored(&s);
    pty_signal(s.pty, SIGCONT);
    wait_text(s.pty, &s.terminal, "4/30");
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
    wait_text(s.pty, &s.terminal, "help: types");
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

static void test_terminal__without_utf8_sends_only_ascii(void **state)
{
    static const char *const env[] = {"LC_ALL=C", NULL};
    struct terminal t;
    struct pty *pty = start(80, 24, env);
    size_t bytes;

    (void)state;
    terminal_init(&t, 80, 24, "/nonexistent");
    wait_text(pty, &t, "app.models.Gr??e");
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
        TEST(test_terminal__without_utf8_sends_only_ascii),
    };

    if (argc != 2) {
        fprintf(stderr, "usage: %s DEMO\n", argv[0]);
        return 2;
    }
    program = realpath(argv[1], NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
