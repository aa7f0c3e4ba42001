#include "inspector/ui/log_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "inspector/base/log.h"
#include "inspector/base/mem.h"

enum log_column { LOG_TIME, LOG_LEVEL, LOG_MESSAGE, N_LOG_COLUMNS };

static const struct column columns[] = {
    [LOG_TIME] = {"time", "Time", "when it was said", COL_TEXT, 0, 8, 2},
    [LOG_LEVEL] = {"level", "Level", "error, warning or info", COL_TYPE, 0, 5, 1},
    [LOG_MESSAGE] = {"message", "Message", "what was said", COL_TEXT, 0, 20, 0},
};

struct log_rows {
    struct rows rows;
    uint64_t end; /* lines before this number are shown: others may come at any time */
    bool fixed_time;
};

static const struct log_rows *log_of(const struct rows *rows)
{
    return (const struct log_rows *)rows;
}

static void log_rows_destroy(struct rows *rows)
{
    free(rows);
}

static size_t log_rows_total(const struct rows *rows)
{
    uint64_t end = log_of(rows)->end;

    return end < LOG_LINES_MAX ? (size_t)end : LOG_LINES_MAX;
}

uint64_t log_rows_number(const struct rows *rows, size_t raw)
{
    return log_of(rows)->end - log_rows_total(rows) + raw;
}

static void set_time(const struct log_entry *entry, bool fixed_time, struct cell *ret)
{
    time_t when = (time_t)entry->time_s;
    struct tm tm = {0};

    if (!fixed_time)
        localtime_r(&when, &tm);
    strftime(ret->buf, sizeof ret->buf, "%H:%M:%S", &tm);
}

static void log_rows_cell(const struct rows *rows, size_t raw, unsigned col, struct cell *ret)
{
    static const char *const levels[] = {"info", "warning", "error"};
    static const enum tone tones[] = {TONE_NORMAL, TONE_WARN, TONE_BAD};
    struct log_entry entry;

    if (!log_get(log_rows_number(rows, raw), &entry))
        return;
    ret->state = CELL_VALUE;
    ret->text = ret->buf;
    if (col == LOG_TIME) {
        set_time(&entry, log_of(rows)->fixed_time, ret);
    } else if (col == LOG_LEVEL) {
        ret->text = levels[entry.level];
        ret->tone = tones[entry.level];
    } else {
        snprintf(ret->buf, sizeof ret->buf, "%.*s", CELL_BUF_BYTES - 1, entry.text);
    }
}

bool log_rows_update(struct rows *rows)
{
    struct log_rows *log = (struct log_rows *)rows;
    uint64_t end = log_count();
    bool has_grown = end != log->end;

    log->end = end;
    return has_grown;
}

struct rows *log_rows_create(bool fixed_time)
{
    static const struct rows_ops ops = {
        .name = "log",
        .destroy = log_rows_destroy,
        .total = log_rows_total,
        .cell = log_rows_cell,
        .id = log_rows_number,
    };
    struct log_rows *log = xalloc(sizeof *log);

    *log = (struct log_rows){
        {&ops, columns, N_LOG_COLUMNS, .immutable = false}, log_count(), fixed_time};
    return &log->rows;
}
