/*
 * When the program dies (SIGSEGV, SIGABRT, …) the user gets the terminal back before anything else
 * happens: modes, screen, cursor. Then the signal takes its usual course, core file included.
 *
 * Only async-signal-safe calls are used after crash_arm(); everything is prepared there.
 */
#pragma once

#include <stddef.h>
#include <termios.h>

/*
 * From here on a fatal signal restores `modes` on `fd` and writes `text` (the terminal's own
 * sequences for that, copied; at most a few hundred bytes).
 */
void crash_arm(int fd, const struct termios *modes, const char *text);
/* The terminal is in order: fatal signals go their usual way. */
void crash_disarm(void);
/* Restores the terminal now. For whoever is about to abort(). */
void crash_restore(void);
