#include "inspector/ui/term.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "inspector/base/mem.h"
#include "inspector/base/str.h"
#include "inspector/ui/capture.h"
#include "inspector/ui/crash.h"
#include "inspector/ui/terminfo.h"
#include "inspector/ui/theme.h"

enum { ESC_DELAY_MS = 25, CLICK_MS = 0, MAX_OSC_BYTES = 100 * 1000 };

static struct {
    bool is_started;
    bool is_ascii;
    bool is_gone;
    bool has_mouse;
    SCREEN *screen;
    struct termios modes; /* as the shell left them */
    int signal_pipe[2];
    struct sigaction before[5];
} term = {.signal_pipe = {-1, -1}};

static const int watched[] = {SIGWINCH, SIGTSTP, SIGTERM, SIGHUP, SIGINT};
enum { N_WATCHED = sizeof watched / sizeof *watched };
_Static_assert(N_WATCHED == sizeof term.before / sizeof *term.before, "one saved action for each");

/* The signal that ends the program; written by the handler. */
static _Atomic int end_signal;
static _Atomic unsigned pending;

static void on_signal(int number)
{
    int saved_errno = errno;
    char byte = 0;

    if (number == SIGWINCH) {
        atomic_fetch_or(&pending, TERM_SIG_RESIZE);
    } else if (number == SIGTSTP) {
        atomic_fetch_or(&pending, TERM_SIG_SUSPEND);
    } else {
        /* A second request means that the loop does not get to the first. */
        if (atomic_exchange(&end_signal, number)) {
            crash_restore();
            signal(number, SIG_DFL);
            raise(number);
        }
        atomic_fetch_or(&pending, TERM_SIG_END);
    }
    if (write(term.signal_pipe[1], &byte, 1) < 0) {
        /* full: it is readable already, which is all that is wanted */
    }
    errno = saved_errno;
}

/* Before curses starts: it leaves handlers alone that it finds. */
static struct err *watch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    if (pipe2(term.signal_pipe, O_CLOEXEC | O_NONBLOCK))
        return err_sys(errno, "cannot create a pipe");
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < N_WATCHED; i++)
        sigaction(watched[i], &action, &term.before[i]);
    return NULL;
}

static void unwatch_signals(void)
{
    for (size_t i = 0; i < N_WATCHED; i++)
        sigaction(watched[i], &term.before[i], NULL);
    for (int i = 0; i < 2; i++) {
        close(term.signal_pipe[i]);
        term.signal_pipe[i] = -1;
    }
}

/* Appends a terminal capability without its padding marks ("$<5>"). */
static void append_capability(struct str *s, const char *name)
{
    const char *text = tigetstr((char *)name);

    if (!text || text == (char *)-1)
        return;
    while (*text) {
        if (text[0] == '$' && text[1] == '<' && strchr(text, '>'))
            text = strchr(text, '>') + 1;
        else
            str_append_char(s, *text++);
    }
}

/* What puts the terminal into the state in which a shell expects it. */
static void arm_crash(void)
{
    static const char *const capabilities[] = {"sgr0", "op", "cnorm", "rmkx", "rmcup"};
    struct str text = STR_INIT;

    if (term.has_mouse)
        str_append(&text, "\033[?1006l\033[?1000l");
    for (size_t i = 0; i < sizeof capabilities / sizeof *capabilities; i++)
        append_capability(&text, capabilities[i]);
    crash_arm(STDOUT_FILENO, &term.modes, text.text);
    str_deinit(&text);
}

static struct err *start_curses(void)
{
    const char *name = getenv("TERM");

    term.screen = newterm(NULL, stdout, stdin);
    if (!term.screen)
        return err_new(ERR_INPUT, "try TERM=xterm-256color", "cannot use a terminal of type '%s'",
                       name ? name : "");
    if (!terminfo_string("cup")) {
        endwin();
        delscreen(term.screen);
        return err_new(ERR_INPUT, "try TERM=xterm-256color",
                       "a terminal of type '%s' cannot place its cursor", name);
    }
    set_term(term.screen);
    raw();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(ESC_DELAY_MS);
    mouseinterval(CLICK_MS);
    curs_set(0);
    return NULL;
}

static void start_color_mode(enum color_mode mode)
{
    const char *no_color = getenv("NO_COLOR");
    bool wanted = mode == COLOR_ALWAYS || (mode == COLOR_AUTO && !(no_color && *no_color));

    if (wanted && has_colors() && start_color() == OK && COLOR_PAIRS > N_ROLES) {
        use_default_colors();
        theme_init(true);
    } else {
        theme_init(false);
    }
}

struct err *term_start(const struct term_options *options)
{
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return err_new(ERR_INPUT, "use a subcommand, see 'ouro --help'",
                       "stdin and stdout are not both a terminal");
    setlocale(LC_CTYPE, "");
    term.is_ascii = options->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
    if (tcgetattr(STDIN_FILENO, &term.modes))
        return err_sys(errno, "cannot read the terminal's modes");
    ERR_RETURN(capture_start());
    struct err *err = watch_signals();
    if (err) {
        capture_stop();
        return err;
    }
    err = start_curses();
    if (err) {
        unwatch_signals();
        capture_stop();
        return err;
    }
    start_color_mode(options->color);
    arm_crash();
    xalloc_on_failure(crash_restore);
    atomic_store(&end_signal, 0);
    term.is_started = true;
    return NULL;
}

void term_stop(void)
{
    if (!term.is_started)
        return;
    term.is_started = false;
    if (term.has_mouse)
        term_capture_mouse(false);
    endwin();
    delscreen(term.screen);
    crash_disarm();
    unwatch_signals();
    capture_stop();
}

void term_suspend(void)
{
    struct sigaction to_default = {.sa_handler = SIG_DFL}, ours;

    endwin();
    crash_disarm();
    sigaction(SIGTSTP, &to_default, &ours);
    /* The whole group, as the terminal would: a shell may be waiting for a wrapper around us. */
    kill(0, SIGTSTP);
    sigaction(SIGTSTP, &ours, NULL);
    arm_crash();
    term_adopt_size();
    clearok(curscr, TRUE);
    refresh();
}

bool term_is_ascii(void)
{
    return term.is_ascii;
}

int term_cols(void)
{
    return COLS;
}

int term_rows(void)
{
    return LINES;
}

bool term_is_too_small(void)
{
    return COLS < TERM_MIN_COLS || LINES < TERM_MIN_ROWS;
}

int term_input_fd(void)
{
    return STDIN_FILENO;
}

/* Curses' name of a key and ours. */
static const struct {
    wint_t curses;
    ui_key key;
} translations[] = {
    {KEY_UP, UI_KEY_UP},
    {KEY_DOWN, UI_KEY_DOWN},
    {KEY_LEFT, UI_KEY_LEFT},
    {KEY_RIGHT, UI_KEY_RIGHT},
    {KEY_HOME, UI_KEY_HOME},
    {KEY_END, UI_KEY_END},
    {KEY_PPAGE, UI_KEY_PAGE_UP},
    {KEY_NPAGE, UI_KEY_PAGE_DOWN},
    {KEY_IC, UI_KEY_INSERT},
    {KEY_DC, UI_KEY_DELETE},
    {KEY_ENTER, UI_KEY_ENTER},
    {KEY_BTAB, UI_KEY_BACK_TAB},
    {KEY_BACKSPACE, UI_KEY_BACKSPACE},
    {KEY_A1, UI_KEY_HOME},
    {KEY_A3, UI_KEY_PAGE_UP},
    {KEY_C1, UI_KEY_END},
    {KEY_C3, UI_KEY_PAGE_DOWN},
};

static const struct {
    wint_t code;
    ui_key key;
} characters[] = {
    {'\r', UI_KEY_ENTER}, {'\n', UI_KEY_ENTER},     {'\t', UI_KEY_TAB},
    {27, UI_KEY_ESCAPE},  {'\b', UI_KEY_BACKSPACE}, {0x7f, UI_KEY_BACKSPACE},
};

static ui_key translate_function_key(wint_t code)
{
    for (size_t i = 0; i < sizeof translations / sizeof *translations; i++)
        if (translations[i].curses == code)
            return translations[i].key;
    if (code >= KEY_F(1) && code <= KEY_F(12))
        return UI_KEY_F0 + (ui_key)(code - KEY_F0);
    return UI_KEY_NONE;
}

static ui_key translate_character(wint_t code)
{
    for (size_t i = 0; i < sizeof characters / sizeof *characters; i++)
        if (characters[i].code == code)
            return characters[i].key;
    return code < UI_KEY_SPECIAL ? (ui_key)code : UI_KEY_NONE;
}

static ui_key translate_mouse(struct ui_event *event)
{
    MEVENT mouse;

    if (getmouse(&mouse) != OK)
        return UI_KEY_NONE;
    event->y = mouse.y;
    event->x = mouse.x;
    if (mouse.bstate & BUTTON4_PRESSED)
        return UI_KEY_WHEEL_UP;
    if (mouse.bstate & BUTTON5_PRESSED)
        return UI_KEY_WHEEL_DOWN;
    return mouse.bstate & BUTTON1_PRESSED ? UI_KEY_CLICK : UI_KEY_NONE;
}

bool term_read(struct ui_event *ret)
{
    wint_t code;

    for (;;) {
        struct ui_event event = {UI_KEY_NONE, -1, -1};
        int status = get_wch(&code);
        if (status == ERR)
            return false;
        if (status == KEY_CODE_YES)
            event.key = code == KEY_MOUSE ? translate_mouse(&event) : translate_function_key(code);
        else
            event.key = translate_character(code);
        if (event.key == UI_KEY_NONE)
            continue;
        *ret = event;
        return true;
    }
}

bool term_is_gone(void)
{
    struct pollfd fd = {STDIN_FILENO, POLLIN, 0};

    return poll(&fd, 1, 0) > 0 && fd.revents & (POLLHUP | POLLERR | POLLNVAL);
}

int term_signal_fd(void)
{
    return term.signal_pipe[0];
}

unsigned term_take_signals(void)
{
    char bytes[64];

    while (read(term.signal_pipe[0], bytes, sizeof bytes) > 0)
        ;
    return atomic_exchange(&pending, 0);
}

int term_end_signal(void)
{
    return atomic_load(&end_signal);
}

void term_adopt_size(void)
{
    struct winsize size;

    if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row && size.ws_col)
        resizeterm(size.ws_row, size.ws_col);
}

void term_force_size(int cols, int rows)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};

    ioctl(STDOUT_FILENO, TIOCSWINSZ, &size);
    term_adopt_size();
}

void term_begin_frame(void)
{
    erase();
    attrset(A_NORMAL);
}

void term_end_frame(int y, int x, bool repaint)
{
    curs_set(y >= 0);
    if (y >= 0)
        move(y, x);
    if (repaint)
        clearok(curscr, TRUE);
    refresh();
}

/* Directly, past curses; it keeps no state that this could upset. */
static void send_bytes(const char *bytes, size_t n)
{
    while (n) {
        ssize_t sent = write(STDOUT_FILENO, bytes, n);
        if (sent < 0 && errno != EINTR)
            return;
        if (sent > 0) {
            bytes += sent;
            n -= (size_t)sent;
        }
    }
}

static void append_base64(struct str *s, const char *text, size_t bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < bytes; i += 3) {
        size_t n = bytes - i < 3 ? bytes - i : 3;
        unsigned group = 0;
        for (size_t j = 0; j < 3; j++)
            group = group << 8 | (j < n ? (unsigned char)text[i + j] : 0);
        for (size_t j = 0; j < 4; j++)
            str_append_char(s, j <= n ? digits[group >> (18 - 6 * j) & 63] : '=');
    }
}

void term_copy(const char *text)
{
    struct str sequence = STR_INIT;
    size_t bytes = strnlen(text, MAX_OSC_BYTES / 4 * 3);

    str_append(&sequence, "\033]52;c;");
    append_base64(&sequence, text, bytes);
    str_append(&sequence, "\a");
    fflush(stdout);
    send_bytes(sequence.text, sequence.len_bytes);
    str_deinit(&sequence);
}

void term_capture_mouse(bool on)
{
    mousemask(on ? BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
    term.has_mouse = on;
    crash_disarm();
    arm_crash();
}

void term_mark(const char *text)
{
    char sequence[256];
    int n = snprintf(sequence, sizeof sequence, "\033]7777;%s\a", text);

    fflush(stdout);
    send_bytes(sequence, (size_t)n < sizeof sequence ? (size_t)n : sizeof sequence - 1);
}
