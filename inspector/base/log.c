#include "inspector/base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "inspector/base/utf8.h"

static struct {
    pthread_mutex_t lock; /* guards all below; a leaf: nothing else is locked while it is held */
    struct log_entry lines[LOG_LINES_MAX];
    uint64_t count;
    FILE *file;
    int file_tried;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void write_to_file(const struct log_entry *entry)
{
    static const char *const levels[] = {"info", "warning", "error"};

    if (!state.file_tried) {
        const char *path = getenv("OURO_LOG");
        state.file = path && *path ? fopen(path, "ae") : NULL;
        state.file_tried = 1;
    }
    if (!state.file)
        return;
    fprintf(state.file, "%llu %s %s\n", (unsigned long long)entry->time_s, levels[entry->level],
            entry->text);
    fflush(state.file);
}

void log_line(enum log_level level, const char *fmt, ...)
{
    va_list ap;

    pthread_mutex_lock(&state.lock);
    struct log_entry *entry = &state.lines[state.count % LOG_LINES_MAX];
    *entry = (struct log_entry){(uint64_t)time(NULL), state.count, level, ""};
    va_start(ap, fmt);
    vsnprintf(entry->text, sizeof entry->text, fmt, ap);
    va_end(ap);
    utf8_make_safe(entry->text);
    state.count++;
    write_to_file(entry);
    pthread_mutex_unlock(&state.lock);
}

uint64_t log_count(void)
{
    pthread_mutex_lock(&state.lock);
    uint64_t count = state.count;
    pthread_mutex_unlock(&state.lock);
    return count;
}

int log_get(uint64_t number, struct log_entry *ret)
{
    int found = 0;

    pthread_mutex_lock(&state.lock);
    if (number < state.count) {
        if (state.count - number > LOG_LINES_MAX)
            number = state.count - LOG_LINES_MAX;
        *ret = state.lines[number % LOG_LINES_MAX];
        found = 1;
    }
    pthread_mutex_unlock(&state.lock);
    return found;
}
