/*
 * A terminal emulator (libvterm) for what a program on a pty sends.
 *
 *      terminal_init(&t, 80, 24, NULL);
 *      terminal_wait(&t, pty, "1/30");
 *      pty_send(pty, "j");
 *
 * It compares, too: when a script's `screen FILE` step has written its file
 * (inspector/ui/script.h), the program says so in what it sends, and the file must be what the
 * terminal shows at that point.
 */
#pragma once

#include <stdbool.h>

#include <vterm.h>

#include "inspector/base/str.h"
#include "tests/support/pty.h"

struct terminal {
    VTerm *vterm;
    VTermScreen *screen;
    int cols, rows;
    const char *work;  /* where scripts write their screens; borrowed; NULL: no comparisons */
    struct str unread; /* the beginning of a marker, perhaps */
    unsigned n_compared;
    bool differs; /* some comparison failed; both pictures are on stderr */
};

void terminal_init(struct terminal *t, int cols, int rows, const char *work);
void terminal_deinit(struct terminal *t);
/* A pty_sink whose `ctx` is the terminal. */
void terminal_feed(void *ctx, const char *bytes, size_t n);
/* The screen as inspector/ui/screen.h writes it; the caller's to free. */
char *terminal_text(const struct terminal *t);
/* Reads until `text` is on the screen. Fails the test (cmocka) if the program ends or says nothing
 * more. */
void terminal_wait(struct terminal *t, struct pty *pty, const char *text);
