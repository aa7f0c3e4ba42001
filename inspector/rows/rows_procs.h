/*
 * The Python processes of the machine, one a row.
 */
#pragma once

#include "inspector/rows/rows.h"
#include "inspector/session/pyprocs.h"

enum rows_procs_column {
    PROCS_PID,
    PROCS_PYTHON,
    PROCS_EXECUTABLE,
    PROCS_USER,
    PROCS_RSS,
    PROCS_AGE,
    PROCS_ATTACHABLE,
    PROCS_COMMAND,
    PROCS_WHY,
    PROCS_COLUMNS,
};

/* Takes `procs` over. */
struct rows *rows_procs_create(struct pyprocs *procs);
/* The process of raw row `raw`, valid as long as the source. */
const struct pyproc *rows_procs_proc(const struct rows *rows, size_t raw);
