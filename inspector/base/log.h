/*
 * The log: what happened, for the log view and for bug reports. Kept in memory, the newest
 * LOG_LINES_MAX lines, and written to the file named by $OURO_LOG if that is set. Never to stdout
 * or stderr. Any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "inspector/base/err.h"

enum log_level { LOG_INFO, LOG_WARNING, LOG_ERROR };
enum { LOG_LINES_MAX = 1000, LOG_TEXT_BYTES = 512 };

struct log_entry {
    uint64_t time_s; /* seconds since the epoch */
    uint64_t number; /* counts from 0 since the start */
    enum log_level level;
    char text[LOG_TEXT_BYTES]; /* one line, safe for a terminal (utf8_make_safe()) */
};

void log_line(enum log_level level, const char *fmt, ...) ERR_PRINTF(2, 3);
/* How many lines there have been since the start; the last LOG_LINES_MAX of them can be read. */
uint64_t log_count(void);
/* Line `number`; the oldest that is kept if it is gone. False if there is none yet. */
int log_get(uint64_t number, struct log_entry *ret);
