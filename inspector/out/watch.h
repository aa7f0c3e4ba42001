/*
 * `ouro watch`: looks at a process from time to time and saves captures of it when a figure passes its limit. See
 * trigger.h for the figures.
 *
 * What costs the process something is kept within a budget: after a look that made it stand still for p, the next
 * comes no sooner than p / budget. Memory and pauses cost nothing.
 */
#pragma once

#include <stdint.h>

#include "inspector/base/err.h"
#include "inspector/out/trigger.h"

struct target;

enum { WATCH_TRIGGERS_MAX = 16 };

struct watch_plan {
    struct trigger triggers[WATCH_TRIGGERS_MAX];
    unsigned n_triggers;
    const char *directory; /* which there is */
    long keep;             /* so many captures of this process in it, the latest; 0: all */
    long every_s;          /* between two looks */
    long budget_percent;   /* of the time may the process stand still for our looks */
};

/* Until ^C, SIGTERM or the end of the process; one line on stdout for each thing that happens. */
ERR_CHECK struct err *watch_run(struct target *target, struct watch_plan *plan);
