/*
 * What libraries write to stderr while curses owns the screen would tear the picture. It goes to a
 * memory file instead, and to the real stderr afterwards.
 */
#pragma once

#include "inspector/base/err.h"

/* Redirects descriptor 2, if it is the terminal; a stderr that the user sent elsewhere is left
 * alone. */
ERR_CHECK struct err *capture_start(void);
/* Puts descriptor 2 back and writes what came meanwhile. Harmless if not started. */
void capture_stop(void);
/* The same from a signal handler: only system calls. */
void capture_stop_from_signal(void);
