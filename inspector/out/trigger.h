/*
 * What `ouro watch` waits for: 'rss>2GiB', 'objects>1000000', 'type:app.Row>50000', 'garbage>10000', 'pause>50ms'.
 *
 * A trigger fires when its figure passes the limit, once: it can fire again after the figure has been a twentieth
 * below the limit, so that one that hovers there does not fill a disk. Plain data, no target; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inspector/base/err.h"

enum trigger_kind {
    TRIGGER_RSS,     /* bytes of resident memory */
    TRIGGER_PAUSE,   /* microseconds: the longest collection since the last look */
    TRIGGER_OBJECTS, /* objects on the heap */
    TRIGGER_TYPE,    /* instances of one type */
    TRIGGER_GARBAGE, /* objects that a full collection would free */
};

enum { TRIGGER_NAME_BYTES = 256, TRIGGER_TEXT_BYTES = 320 };

struct trigger {
    enum trigger_kind kind;
    int64_t limit;
    char type[TRIGGER_NAME_BYTES]; /* "" unless TRIGGER_TYPE */
    char text[TRIGGER_TEXT_BYTES]; /* as the user wrote it */
    bool has_fired;                /* and waits for the figure to go down */
};

enum trigger_step {
    TRIGGER_QUIET,
    TRIGGER_FIRES,
    TRIGGER_REARMS, /* the figure has gone down */
};

/* One condition. ERR_USAGE says what there could be. */
ERR_CHECK struct err *trigger_parse(const char *text, size_t bytes, struct trigger *ret);
/* Looks at a new figure. */
enum trigger_step trigger_look(struct trigger *trigger, int64_t figure);
/* Whether the figure is one of the heap, so that a snapshot has to be taken, and whether with references. */
bool trigger_needs_snapshot(const struct trigger *trigger, bool *with_edges);
/* A figure of this kind for people; in `buf`, of UNITS_BUF bytes. */
const char *trigger_figure(const struct trigger *trigger, int64_t figure, char *buf);
