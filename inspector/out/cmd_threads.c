#include <inttypes.h>
#include <stdio.h>

#include "inspector/analysis/facts.h"
#include "inspector/base/units.h"
#include "inspector/base/utf8.h"
#include "inspector/out/cmd.h"
#include "inspector/rows/root_text.h"

enum { VALUE_COLUMNS = 60 };

static bool is_shown(const struct snapshot_held *held)
{
    return held->kind == HELD_LOCAL || held->kind == HELD_TEMPORARY;
}

static void want_values(struct target *target)
{
    const struct snapshot_roots *roots = &target->snapshot->held_from_outside;

    for (uint32_t i = 0; i < roots->n_held; i++)
        if (is_shown(&roots->held[i]))
            lookup_want_value(target->lookup, roots->held[i].object);
}

static uint64_t retained_of(const struct snapshot *s, uint32_t object)
{
    uint64_t bytes = 0;

    return snapshot_retained(s, object, &bytes) ? bytes : 0;
}

/* ---- JSON ---- */

static json_t *held_json(const struct target *target, const struct snapshot_held *held)
{
    const struct snapshot *s = target->snapshot;
    const char *value = lookup_value(target->lookup, held->object);
    json_t *row = json_object();

    json_object_set_new(row, "local",
                        held->kind == HELD_LOCAL ? json_utf8(held->name) : json_null());
    json_object_set_new(row, "type", json_utf8(snapshot_type_of(s, held->object)->name));
    json_object_set_new(row, "address", json_address(s->address[held->object]));
    json_object_set_new(row, "shallow",
                        json_integer((json_int_t)snapshot_shallow(s, held->object)));
    json_object_set_new(row, "retained", json_integer((json_int_t)retained_of(s, held->object)));
    json_object_set_new(row, "value", value && *value ? json_utf8(value) : json_null());
    return row;
}

static json_t *frame_json(const struct target *target, const struct snapshot_frame *frame)
{
    const struct snapshot_roots *roots = &target->snapshot->held_from_outside;
    json_t *row = json_object(), *locals = json_array();

    for (uint32_t i = frame->first_held; i < frame->first_held + frame->n_held; i++)
        if (is_shown(&roots->held[i]))
            json_array_append_new(locals, held_json(target, &roots->held[i]));
    json_object_set_new(row, "function", json_utf8(frame->function));
    json_object_set_new(row, "file", json_utf8(frame->file));
    json_object_set_new(row, "line", frame->line ? json_integer(frame->line) : json_null());
    json_object_set_new(row, "locals", locals);
    return row;
}

static json_t *thread_json(const struct target *target, const struct snapshot_thread *thread)
{
    const struct snapshot_roots *roots = &target->snapshot->held_from_outside;
    json_t *row = json_object(), *frames = json_array();

    for (uint32_t f = thread->first_frame; f < thread->first_frame + thread->n_frames; f++)
        json_array_append_new(frames, frame_json(target, &roots->frames[f]));
    json_object_set_new(row, "thread", json_utf8(thread->name));
    json_object_set_new(row, "ident", json_integer((json_int_t)thread->ident));
    json_object_set_new(row, "native_id",
                        thread->native_id ? json_integer(thread->native_id) : json_null());
    json_object_set_new(row, "interpreter", json_integer(thread->interpreter));
    json_object_set_new(row, "frames", frames);
    return row;
}

static struct err *print_json(const struct target *target)
{
    const struct snapshot_roots *roots = &target->snapshot->held_from_outside;
    json_t *rows = json_array();
    struct json json;

    for (uint32_t i = 0; i < roots->n_threads; i++)
        json_array_append_new(rows, thread_json(target, &roots->threads[i]));
    json_begin(&json, stdout);
    json_put_header(&json, target);
    json_put(&json, "rows", rows);
    return json_finish(&json);
}

/* ---- text ---- */

static void print_held(const struct target *target, const struct snapshot_held *held)
{
    const struct snapshot *s = target->snapshot;
    const char *value = lookup_value(target->lookup, held->object);
    char shallow[UNITS_BUF], retained[UNITS_BUF];

    if (!value)
        value = "";
    printf("      %-16s %s 0x%" PRIx64 ", shallow %s, retained %s%s%.*s\n",
           held->kind == HELD_LOCAL ? held->name : "(temporary)",
           snapshot_type_of(s, held->object)->name, s->address[held->object],
           units_bytes((int64_t)snapshot_shallow(s, held->object), shallow),
           units_bytes((int64_t)retained_of(s, held->object), retained), *value ? ", " : "",
           (int)utf8_fit(value, VALUE_COLUMNS, NULL), value);
}

static void print_thread(const struct target *target, const struct snapshot_thread *thread)
{
    const struct snapshot_roots *roots = &target->snapshot->held_from_outside;

    printf("thread %s", thread->name);
    if (thread->native_id)
        printf(", id %" PRIu32, thread->native_id);
    if (target->snapshot->interpreters > 1)
        printf(", interpreter %" PRIu32, thread->interpreter);
    puts(thread->n_frames ? "" : ": runs no Python code");
    for (uint32_t f = thread->first_frame; f < thread->first_frame + thread->n_frames; f++) {
        const struct snapshot_frame *frame = &roots->frames[f];
        printf("   %s() %s:%" PRIu32 "\n", frame->function, root_file_name(frame->file),
               frame->line);
        for (uint32_t i = frame->first_held; i < frame->first_held + frame->n_held; i++)
            if (is_shown(&roots->held[i]))
                print_held(target, &roots->held[i]);
    }
}

/* ---- the command ---- */

static struct err *show(struct target *target, bool json)
{
    const struct snapshot_roots *roots = &target->snapshot->held_from_outside;

    ERR_RETURN(target_facts(target));
    want_values(target);
    ERR_RETURN(target_ask(target));
    if (json)
        return print_json(target);
    for (uint32_t i = 0; i < roots->n_threads; i++)
        print_thread(target, &roots->threads[i]);
    return NULL;
}

struct err *cmd_threads(int argc, char **argv)
{
    bool json = false, helped;
    const struct opt table[] = {
        OPT_FLAG(0, "json", &json, "print JSON (docs/cli-json.md)"),
        TARGET_OPTIONS,
        OPT_END,
    };
    struct target target;

    ERR_RETURN(cmd_options("threads", table, argc, argv, &helped));
    if (helped)
        return NULL;
    ERR_RETURN(target_open(argv[0], &target));
    struct err *err = target_snapshot(&target, SNAPSHOT_EDGES | SNAPSHOT_SERVE);
    if (!err)
        err = show(&target, json);
    target_close(&target);
    return err;
}
