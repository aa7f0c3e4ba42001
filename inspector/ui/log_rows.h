/*
 * The log (base/log.h) as rows: time, level, message; oldest first.
 */
#pragma once

#include <stdbool.h>

#include "inspector/rows/rows.h"

/* The log as it is now. `fixed_time`: every line is from 00:00:00, for tests. */
struct rows *log_rows_create(bool fixed_time);
/* Takes in what came since; true if something did. Then call browser_rows_changed(). */
bool log_rows_update(struct rows *rows);
/* The number (base/log.h) of raw row `raw`. */
uint64_t log_rows_number(const struct rows *rows, size_t raw);
