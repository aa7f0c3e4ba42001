/*
 * What was said in the status line, kept for the log view.
 *
 * The last LOG_MAX_ENTRIES messages; older ones are forgotten. UI thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct log;
struct rows;

enum { LOG_MAX_ENTRIES = 1000 };

/* `fixed_time`: every entry is from 00:00:00 (for tests). */
struct log *log_create(bool fixed_time);
void log_destroy(struct log *log);
void log_add(struct log *log, bool is_error, const char *text);
/* Grows with every entry. */
uint64_t log_version(const struct log *log);
/* The `i`-th entry's text, oldest first. */
const char *log_text(const struct log *log, size_t i);
/* A row source over the log (borrowed, outlives it): time, level, message. Not immutable. */
struct rows *log_rows_create(const struct log *log);
