#include "inspector/out/trigger.h"

#include <stdio.h>
#include <string.h>

#include "inspector/base/clock.h"
#include "inspector/base/units.h"
#include "inspector/rows/value.h"

enum { REARM_PARTS = 20 }; /* a twentieth below the limit */

static const struct {
    const char *name;
    enum trigger_kind kind;
    enum col_kind unit;
} kinds[] = {
    {"rss", TRIGGER_RSS, COL_BYTES},         {"pause", TRIGGER_PAUSE, COL_DURATION_US},
    {"objects", TRIGGER_OBJECTS, COL_COUNT}, {"type:", TRIGGER_TYPE, COL_COUNT},
    {"garbage", TRIGGER_GARBAGE, COL_COUNT},
};

static struct err *unknown(const struct trigger *trigger)
{
    return err_new(ERR_USAGE,
                   "rss>2GiB, objects>N, type:app.Row>N, garbage>N or pause>50ms, with quotes",
                   "there is no condition '%s'", trigger->text);
}

/* What stands before the '>', `n` bytes. */
static bool find_kind(struct trigger *trigger, size_t n, enum col_kind *unit)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t name = strlen(kinds[i].name);
        bool has_type = kinds[i].kind == TRIGGER_TYPE;
        if (strncmp(trigger->text, kinds[i].name, name) != 0 || (has_type ? n <= name : n != name))
            continue;
        if (has_type && n - name >= sizeof trigger->type)
            return false;
        snprintf(trigger->type, sizeof trigger->type, "%.*s", has_type ? (int)(n - name) : 0,
                 trigger->text + name);
        trigger->kind = kinds[i].kind;
        *unit = kinds[i].unit;
        return true;
    }
    return false;
}

struct err *trigger_parse(const char *text, size_t bytes, struct trigger *ret)
{
    struct trigger trigger = {.limit = 0};
    enum col_kind unit;

    snprintf(trigger.text, sizeof trigger.text, "%.*s", (int)bytes, text);
    /* the last one: a type's name may be '<lambda>' or have '<locals>' in it */
    const char *sign = strrchr(trigger.text, '>');
    if (bytes >= sizeof trigger.text || !sign ||
        !find_kind(&trigger, (size_t)(sign - trigger.text), &unit))
        return unknown(&trigger);
    ERR_RETURN(err_context(value_parse(unit, sign + 1, &trigger.limit), "in '%s'", trigger.text));
    if (trigger.limit < 0)
        return unknown(&trigger);
    *ret = trigger;
    return NULL;
}

enum trigger_step trigger_look(struct trigger *trigger, int64_t figure)
{
    if (!trigger->has_fired && figure > trigger->limit) {
        trigger->has_fired = true;
        return TRIGGER_FIRES;
    }
    if (trigger->has_fired && figure <= trigger->limit - trigger->limit / REARM_PARTS) {
        trigger->has_fired = false;
        return TRIGGER_REARMS;
    }
    return TRIGGER_QUIET;
}

bool trigger_needs_snapshot(const struct trigger *trigger, bool *with_edges)
{
    *with_edges = trigger->kind == TRIGGER_GARBAGE;
    return trigger->kind != TRIGGER_RSS && trigger->kind != TRIGGER_PAUSE;
}

const char *trigger_figure(const struct trigger *trigger, int64_t figure, char *buf)
{
    if (trigger->kind == TRIGGER_RSS)
        return units_bytes(figure, buf);
    if (trigger->kind == TRIGGER_PAUSE)
        return units_duration_ns((uint64_t)figure * NS_PER_US, buf);
    return units_count(figure, buf);
}
