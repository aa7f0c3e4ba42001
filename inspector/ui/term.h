/*
 * The terminal: the one place that starts, stops, suspends and resizes curses.
 *
 * There is one terminal, so this is a module with state of its own, not an object. Only the thread
 * that called term_start() may use it; the event loop (app.c) is that thread.
 */
#pragma once

#include <stdbool.h>

#include "inspector/base/err.h"
#include "inspector/ui/key.h"

enum { TERM_MIN_COLS = 40, TERM_MIN_ROWS = 10 };

enum color_mode { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct term_options {
    enum color_mode color; /* auto: unless NO_COLOR is set or the terminal has none */
    bool ascii;            /* only ASCII on the screen, whatever the locale can do */
};

/* Signals that arrived since the last look. */
enum term_signals {
    TERM_SIG_RESIZE = 1 << 0,
    TERM_SIG_SUSPEND = 1 << 1, /* SIGTSTP from outside; ^z is a key */
    TERM_SIG_END = 1 << 2,     /* SIGTERM or SIGHUP, see term_end_signal() */
};

/*
 * Takes the terminal over. Sets LC_CTYPE from the environment. ERR_INPUT if stdin or stdout is no
 * terminal or TERM names one that cannot be used; nothing is changed then.
 */
ERR_CHECK struct err *term_start(const struct term_options *options);
/* Gives it back and shows what stderr got meanwhile. Harmless if not started. */
void term_stop(void);
/* Stops the program's process group like ^z in any program; returns when continued. */
void term_suspend(void);

bool term_is_ascii(void);
int term_cols(void);
int term_rows(void);
/* Below the minimum nothing but a message is drawn. */
bool term_is_too_small(void);

/* Readable when term_read() may have something. */
int term_input_fd(void);
/* The next key; false when there is none now. Never blocks longer than it takes to tell Esc from a
 * sequence. */
bool term_read(struct ui_event *ret);
/* Whether the terminal has gone away (end of file on it). */
bool term_is_gone(void);
/* Readable when a signal has arrived. */
int term_signal_fd(void);
/* Takes the signals (enum term_signals) that arrived. */
unsigned term_take_signals(void);
/* SIGTERM or SIGHUP after TERM_SIG_END, else 0. */
int term_end_signal(void);

/* Adopts the terminal's size. */
void term_adopt_size(void);
/* Makes the terminal (a pty, in tests) this large and adopts it. */
void term_force_size(int cols, int rows);

/* Empties the picture. Then draw (draw.h), then term_end_frame(). */
void term_begin_frame(void);
/* Sends the difference to the terminal; `repaint` sends everything. The cursor is shown at (y, x),
 * or hidden if y is negative. */
void term_end_frame(int y, int x, bool repaint);

/* Sends `text` to the terminal's clipboard (OSC 52). */
void term_copy(const char *text);
void term_capture_mouse(bool on);
/* Sends an OSC sequence that no terminal knows, for tests that read what a terminal would. */
void term_mark(const char *text);
