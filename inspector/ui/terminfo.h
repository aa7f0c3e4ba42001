/*
 * Capabilities of the terminal by their terminfo name. Apart, because <term.h> defines everyday
 * words as macros.
 */
#pragma once

/* The sequence of the string capability `name` ("rmcup") of the terminal that curses runs on, or
 * NULL. */
const char *terminfo_string(const char *name);
