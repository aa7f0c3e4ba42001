/*
 * A small program on the UI engine with made-up data, for the tests of the engine and as an example
 * of how views are written. It looks like a heap inspector but inspects nothing.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "inspector/rows/rows.h"
#include "inspector/ui/app.h"
#include "inspector/ui/view.h"

/* What the views share. */
struct demo {
    struct app *app;
    struct job_runner *runner;
    struct demo_answers *answers;
    unsigned n_snapshots;
};

/* -- demo_rows.c: row sources -- */

/* Some thirty types, with names of all scripts. */
struct rows *demo_types_create(unsigned n_snapshots);
const char *demo_type_name(size_t raw);
/* `n` objects of one type. Previews are CELL_PENDING until `answers` has them; NULL: at once. */
struct rows *demo_objects_create(const char *type, size_t n, struct demo_answers *answers);
uint64_t demo_object_address(size_t raw);
/* `n` references with edge names. */
struct rows *demo_edges_create(size_t n);

/* What stands for a process that answers questions later: every object whose preview was asked for.
 */
struct demo_answers *demo_answers_create(void);
void demo_answers_destroy(struct demo_answers *answers);
int demo_answers_fd(const struct demo_answers *answers);
/* Asks for what the rows on the screen were found to lack. */
void demo_answers_ask(struct demo_answers *answers);
/* Takes the answers that have arrived. */
unsigned demo_answers_ready(void *answers);

/* -- demo_views.c -- */

extern const struct view_ops demo_types_view;   /* arg: struct demo */
extern const struct view_ops demo_objects_view; /* arg: struct demo_objects_arg */
extern const struct view_ops demo_all_view;     /* arg: struct demo; 50,000 objects */
extern const struct view_ops demo_object_view;  /* arg: struct demo_object_arg */
extern const struct view_ops demo_empty_view;   /* arg: none */
extern const struct view_ops demo_clock_view;   /* arg: none; ticks */

struct demo_objects_arg {
    struct demo *demo;
    const char *type;
    size_t n;
};

struct demo_object_arg {
    struct demo *demo;
    uint64_t address;
};
