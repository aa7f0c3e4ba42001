#include "inspector/ui/log.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "inspector/base/mem.h"
#include "inspector/rows/rows.h"

enum { TIME_BYTES = 9 };

struct entry {
    char time[TIME_BYTES]; /* 12:34:56 */
    bool is_error;
    char *text;
};

struct log {
    struct entry entries[LOG_MAX_ENTRIES]; /* a ring: entry n is at n % LOG_MAX_ENTRIES */
    uint64_t n_ever;
    bool fixed_time;
};

struct log *log_create(bool fixed_time)
{
    struct log *log = xalloc(sizeof *log);

    log->fixed_time = fixed_time;
    return log;
}

void log_destroy(struct log *log)
{
    if (!log)
        return;
    for (size_t i = 0; i < LOG_MAX_ENTRIES; i++)
        free(log->entries[i].text);
    free(log);
}

void log_add(struct log *log, bool is_error, const char *text)
{
    struct entry *entry = &log->entries[log->n_ever++ % LOG_MAX_ENTRIES];
    time_t now = log->fixed_time ? 0 : time(NULL);
    struct tm tm = {0};

    if (!log->fixed_time)
        localtime_r(&now, &tm);
    free(entry->text);
    entry->text = xstrdup(text);
    entry->is_error = is_error;
    strftime(entry->time, sizeof entry->time, "%H:%M:%S", &tm);
}

uint64_t log_version(const struct log *log)
{
    return log->n_ever;
}

static size_t count(const struct log *log)
{
    return log->n_ever < LOG_MAX_ENTRIES ? (size_t)log->n_ever : LOG_MAX_ENTRIES;
}

static const struct entry *entry_at(const struct log *log, size_t i)
{
    return &log->entries[(log->n_ever - count(log) + i) % LOG_MAX_ENTRIES];
}

const char *log_text(const struct log *log, size_t i)
{
    return entry_at(log, i)->text;
}

/* -- As rows -- */

static const struct column columns[] = {
    {"time", "Time", "when it was said", COL_TEXT, 0, 8, 2},
    {"level", "Level", "error or info", COL_TYPE, 0, 5, 1},
    {"message", "Message", "what was said", COL_TEXT, 0, 20, 0},
};

struct log_rows {
    struct rows rows;
    const struct log *log;
};

static const struct log *log_of(const struct rows *rows)
{
    return ((const struct log_rows *)rows)->log;
}

static void rows_free(struct rows *rows)
{
    free(rows);
}

static size_t total(const struct rows *rows)
{
    return count(log_of(rows));
}

static void cell(const struct rows *rows, size_t raw, unsigned col, struct cell *ret)
{
    const struct entry *entry = entry_at(log_of(rows), raw);
    const char *const texts[] = {entry->time, entry->is_error ? "error" : "info", entry->text};

    ret->state = CELL_VALUE;
    ret->text = texts[col];
    if (entry->is_error && col == 1)
        ret->tone = TONE_BAD;
}

static uint64_t id(const struct rows *rows, size_t raw)
{
    const struct log *log = log_of(rows);

    return log->n_ever - count(log) + raw;
}

struct rows *log_rows_create(const struct log *log)
{
    static const struct rows_ops ops = {
        .name = "log", .destroy = rows_free, .total = total, .cell = cell, .id = id};
    struct log_rows *rows = xalloc(sizeof *rows);

    *rows = (struct log_rows){{&ops, columns, 3, .immutable = false}, log};
    return &rows->rows;
}
