#include "inspector/rows/rows_procs.h"

#include <stdlib.h>

#include "inspector/base/mem.h"
#include "inspector/base/units.h"

struct rows_procs {
    struct rows rows;
    struct pyprocs procs;
};

static const struct column columns[PROCS_COLUMNS] = {
    [PROCS_PID] = {"pid", "pid", "process id", COL_ID, 0, 7, 0},
    [PROCS_PYTHON] = {"python", "python", "version of its interpreter", COL_TEXT, 0, 7, 1},
    [PROCS_EXECUTABLE] = {"executable", "executable", "its program file", COL_TEXT, COL_F_JSON_ONLY,
                          16, 9},
    [PROCS_USER] = {"user", "user", "user it runs as", COL_TEXT, 0, 6, 4},
    [PROCS_RSS] = {"rss", "rss", "resident memory in bytes", COL_BYTES, COL_F_DESC, 8, 2},
    [PROCS_AGE] = {"age", "age", "time since it started", COL_TEXT, COL_F_NO_JSON | COL_F_NO_SORT,
                   6, 5},
    [PROCS_ATTACHABLE] = {"attachable", "attach?", "whether an attach would be tried", COL_BOOL, 0,
                          7, 3},
    [PROCS_COMMAND] = {"command", "command", "its command line", COL_TEXT, 0, 16, 0},
    [PROCS_WHY] = {"why", "why not", "what is in the way of an attach", COL_TEXT, 0, 12, 6},
};

static const struct pyproc *proc_of(const struct rows *rows, size_t raw)
{
    return &((const struct rows_procs *)rows)->procs.at[raw];
}

static void procs_destroy(struct rows *rows)
{
    struct rows_procs *procs = (struct rows_procs *)rows;

    pyprocs_deinit(&procs->procs);
    free(procs);
}

static size_t procs_total(const struct rows *rows)
{
    return ((const struct rows_procs *)rows)->procs.n;
}

static void set_text(struct cell *ret, const char *text)
{
    ret->text = text;
    if (!text || !*text)
        ret->state = CELL_NULL;
}

static void procs_cell(const struct rows *rows, size_t raw, unsigned col, struct cell *ret)
{
    const struct pyproc *proc = proc_of(rows, raw);

    ret->state = CELL_VALUE;
    ret->tone = proc->attachable ? TONE_NORMAL : TONE_DIM;
    switch ((enum rows_procs_column)col) {
    case PROCS_PID:
        ret->num = proc->pid;
        break;
    case PROCS_PYTHON:
        set_text(ret, proc->python);
        break;
    case PROCS_EXECUTABLE:
        set_text(ret, proc->executable);
        break;
    case PROCS_USER:
        set_text(ret, proc->user);
        break;
    case PROCS_RSS:
        ret->num = (int64_t)proc->rss_bytes;
        break;
    case PROCS_AGE:
        set_text(ret, units_age_s(proc->age_s, ret->buf));
        break;
    case PROCS_ATTACHABLE:
        ret->num = proc->attachable;
        break;
    case PROCS_COMMAND:
        set_text(ret, proc->command);
        break;
    case PROCS_WHY:
        set_text(ret, proc->why);
        break;
    case PROCS_COLUMNS:
        break;
    }
}

static uint64_t procs_id(const struct rows *rows, size_t raw)
{
    return (uint64_t)proc_of(rows, raw)->pid;
}

static const struct rows_ops ops = {
    .name = "processes",
    .destroy = procs_destroy,
    .total = procs_total,
    .cell = procs_cell,
    .id = procs_id,
};

struct rows *rows_procs_create(struct pyprocs *list)
{
    struct rows_procs *procs = xalloc(sizeof *procs);

    procs->rows = (struct rows){.ops = &ops, .columns = columns, .n_columns = PROCS_COLUMNS};
    procs->procs = *list;
    *list = (struct pyprocs){0};
    return &procs->rows;
}

const struct pyproc *rows_procs_proc(const struct rows *rows, size_t raw)
{
    return proc_of(rows, raw);
}
