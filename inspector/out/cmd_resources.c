#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/base/str.h"
#include "inspector/model/text.h"
#include "inspector/out/cmd.h"
#include "inspector/rows/value_text.h"
#include "inspector/session/descriptors.h"

enum { HOLDERS_MAX = 4 };

/* An object of the operating system's kind. */
struct resource {
    uint32_t object;
    uint64_t number; /* descriptor + 1, or how often a lock is held: see VALUE_PREVIEW */
};

struct view {
    struct target *target;
    struct descriptor *descriptors;
    size_t n_descriptors;
    struct resource *resources;
    size_t n_resources, resources_cap;
    struct err *err; /* of a callback */
};

static bool is_of(const struct snapshot *s, uint32_t object, const char *type)
{
    return !strcmp(snapshot_type_of(s, object)->name, type);
}

static bool is_lock(const struct snapshot *s, uint32_t object)
{
    return is_of(s, object, "_thread.lock") || is_of(s, object, "_thread.RLock");
}

/* ---- asking ---- */

static void on_value(const struct decoded_value *value, void *arg)
{
    struct view *view = arg;

    if (value->kind != VALUE_PREVIEW || !value->size || view->err)
        return;
    view->err = grow(&view->resources, &view->resources_cap, view->n_resources + 1,
                     sizeof *view->resources);
    if (!view->err)
        view->resources[view->n_resources++] = (struct resource){value->index, value->size};
}

static struct err *ask_resources(struct view *view)
{
    const struct snapshot *s = view->target->snapshot;
    _cleanup_free_ uint32_t *objects = NULL;
    size_t n = 0, cap = 0;

    for (uint32_t i = 0; i < s->n_objects; i++) {
        if (!(snapshot_type_of(s, i)->flags & TYPE_RESOURCE))
            continue;
        ERR_RETURN(grow(&objects, &cap, n + 1, sizeof *objects));
        objects[n++] = i;
    }
    if (n)
        ERR_RETURN(session_values(view->target->session, objects, (uint32_t)n, VALUE_TEXT_BYTES,
                                  on_value, view, &cmd_cancel));
    return take_ptr(view->err);
}

/* The first holders of an object, and what it is called there. */
static void want_holders(struct target *target, uint32_t object)
{
    const struct snapshot *s = target->snapshot;
    uint32_t first = s->reverse.offset[object], end = s->reverse.offset[object + 1];

    for (uint32_t r = first; r < end && r - first < HOLDERS_MAX; r++) {
        uint32_t holder = s->reverse.object[r];
        lookup_want_edge(target->lookup, holder, snapshot_ordinal(s, holder, object), object);
    }
}

static void want_edges(struct target *target, uint32_t holder)
{
    const struct snapshot *s = target->snapshot;

    for (uint32_t e = s->strong.offset[holder]; e < s->strong.offset[holder + 1]; e++)
        lookup_want_edge(target->lookup, holder, e - s->strong.offset[holder], s->strong.object[e]);
}

static uint32_t referent(const struct target *target, uint32_t holder, const char *name)
{
    const struct snapshot *s = target->snapshot;
    uint32_t first = s->strong.offset[holder];

    for (uint32_t e = first; e < s->strong.offset[holder + 1]; e++) {
        const char *edge = lookup_edge(target->lookup, holder, e - first);
        if (edge && !strcmp(edge, name))
            return s->strong.object[e];
    }
    return SNAPSHOT_NONE;
}

/* An attribute, beside the instance or in its __dict__, whose names must have been asked for. */
static uint32_t attribute(const struct target *target, uint32_t object, const char *name)
{
    char text[64];
    uint32_t dict = referent(target, object, ".__dict__");

    snprintf(text, sizeof text, dict == SNAPSHOT_NONE ? ".%s" : "['%s']", name);
    return referent(target, dict == SNAPSHOT_NONE ? object : dict, text);
}

static bool has_attributes(const struct snapshot *s, uint32_t object)
{
    return is_of(s, object, "subprocess.Popen") || is_of(s, object, "tempfile.TemporaryDirectory");
}

static const char *value_of(const struct target *target, uint32_t object)
{
    const char *value = object == SNAPSHOT_NONE ? NULL : lookup_value(target->lookup, object);

    return value && *value ? value : NULL;
}

/* Names of attributes, then of what is in __dict__, then the values. */
static struct err *ask_attributes(struct target *target)
{
    static const char *const names[] = {"pid", "args", "returncode", "name"};
    const struct snapshot *s = target->snapshot;

    for (uint32_t i = 0; i < s->n_objects; i++)
        if (has_attributes(s, i)) {
            want_edges(target, i);
            want_holders(target, i);
        }
    ERR_RETURN(target_ask(target));
    for (uint32_t i = 0; i < s->n_objects; i++) {
        uint32_t dict = has_attributes(s, i) ? referent(target, i, ".__dict__") : SNAPSHOT_NONE;
        if (dict != SNAPSHOT_NONE)
            want_edges(target, dict);
    }
    ERR_RETURN(target_ask(target));
    for (uint32_t i = 0; i < s->n_objects; i++)
        for (size_t k = 0; has_attributes(s, i) && k < sizeof names / sizeof *names; k++) {
            uint32_t value = attribute(target, i, names[k]);
            if (value != SNAPSHOT_NONE)
                lookup_want_value(target->lookup, value);
        }
    return target_ask(target);
}

static struct err *ask_all(struct view *view)
{
    ERR_RETURN(ask_resources(view));
    for (size_t i = 0; i < view->n_resources; i++) {
        want_holders(view->target, view->resources[i].object);
        lookup_want_value(view->target->lookup, view->resources[i].object);
    }
    return ask_attributes(view->target);
}

/* ---- as JSON ---- */

static json_t *object_json(const struct target *target, uint32_t object)
{
    const struct snapshot *s = target->snapshot;
    uint32_t first = s->reverse.offset[object], end = s->reverse.offset[object + 1];
    const char *value = value_of(target, object);
    json_t *holders = json_array();

    for (uint32_t r = first; r < end && r - first < HOLDERS_MAX; r++) {
        uint32_t holder = s->reverse.object[r];
        const char *edge = lookup_edge(target->lookup, holder, snapshot_ordinal(s, holder, object));
        json_array_append_new(holders, json_pack("{s:o, s:o, s:o}", "address",
                                                 json_address(s->address[holder]), "type",
                                                 json_utf8(snapshot_type_of(s, holder)->name),
                                                 "edge", json_utf8(edge ? edge : "?")));
    }
    return json_pack("{s:o, s:o, s:o, s:o}", "address", json_address(s->address[object]), "type",
                     json_utf8(snapshot_type_of(s, object)->name), "value",
                     value ? json_utf8(value) : json_null(), "held_by", holders);
}

static json_t *text_json(const char *text)
{
    _cleanup_(str_deinit) struct str safe = STR_INIT;

    if (!text)
        return json_null();
    text_escape(&safe, text, strlen(text), 0);
    return json_utf8(safe.text ? safe.text : "");
}

static bool owns(const struct view *view, const struct resource *resource, int fd)
{
    return resource->number == (uint64_t)fd + 1 &&
           !is_lock(view->target->snapshot, resource->object);
}

static json_t *descriptors_json(const struct view *view)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < view->n_descriptors; i++) {
        const struct descriptor *d = &view->descriptors[i];
        json_t *owners = json_array();
        for (size_t k = 0; k < view->n_resources; k++)
            if (owns(view, &view->resources[k], d->fd))
                json_array_append_new(owners, object_json(view->target, view->resources[k].object));
        json_array_append_new(rows, json_pack("{s:i, s:s, s:o, s:o, s:o}", "fd", d->fd, "kind",
                                              d->kind, "what", text_json(d->what), "peer",
                                              text_json(d->peer), "owners", owners));
    }
    return rows;
}

static json_t *locks_json(const struct view *view)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < view->n_resources; i++)
        if (is_lock(view->target->snapshot, view->resources[i].object)) {
            json_t *row = object_json(view->target, view->resources[i].object);
            json_object_set_new(row, "count", json_integer((json_int_t)view->resources[i].number));
            json_array_append_new(rows, row);
        }
    return rows;
}

/* Whether a Popen has not been waited for: its returncode is None. */
static bool is_unwaited(const struct target *target, uint32_t object)
{
    const char *code = value_of(target, attribute(target, object, "returncode"));

    return is_of(target->snapshot, object, "subprocess.Popen") && code && !strcmp(code, "None");
}

static json_t *children_json(const struct target *target)
{
    json_t *rows = json_array();

    for (uint32_t i = 0; i < target->snapshot->n_objects; i++) {
        if (!is_unwaited(target, i))
            continue;
        const char *pid = value_of(target, attribute(target, i, "pid"));
        const char *args = value_of(target, attribute(target, i, "args"));
        json_t *row = object_json(target, i);
        json_object_set_new(row, "pid", pid ? json_integer(strtol(pid, NULL, 10)) : json_null());
        json_object_set_new(row, "args", args ? json_utf8(args) : json_null());
        json_array_append_new(rows, row);
    }
    return rows;
}

/* The path of a TemporaryDirectory as it is; malloc'd, NULL: it is gone, or not to be told. */
static char *directory_of(const struct target *target, uint32_t object)
{
    const char *name = value_of(target, attribute(target, object, "name"));
    size_t n = name ? strlen(name) : 0;

    if (n < 2 || *name != '\'' || name[n - 1] != '\'')
        return NULL;
    char *path = xstrdup(name + 1);
    path[n - 2] = '\0';
    if (descriptors_path_exists(session_info(target->session)->pid, path))
        return path;
    free(path);
    return NULL;
}

static json_t *directories_json(const struct target *target)
{
    json_t *rows = json_array();

    for (uint32_t i = 0; i < target->snapshot->n_objects; i++) {
        if (!is_of(target->snapshot, i, "tempfile.TemporaryDirectory"))
            continue;
        _cleanup_free_ char *path = directory_of(target, i);
        if (!path)
            continue;
        json_t *row = object_json(target, i);
        json_object_set_new(row, "path", json_utf8(path));
        json_array_append_new(rows, row);
    }
    return rows;
}

static size_t count_unowned(const struct view *view)
{
    size_t n = 0;

    for (size_t i = 0; i < view->n_descriptors; i++) {
        bool owned = false;
        for (size_t k = 0; k < view->n_resources; k++)
            owned = owned || owns(view, &view->resources[k], view->descriptors[i].fd);
        n += !owned;
    }
    return n;
}

static struct err *print_json(const struct view *view)
{
    struct json json;

    json_begin(&json, stdout);
    json_put_header(&json, view->target);
    json_put(&json, "descriptors", descriptors_json(view));
    json_put(&json, "unowned", json_integer((json_int_t)count_unowned(view)));
    json_put(&json, "children", children_json(view->target));
    json_put(&json, "locks", locks_json(view));
    json_put(&json, "temporary_directories", directories_json(view->target));
    return json_finish(&json);
}

/* ---- as text ---- */

static void print_object(const struct target *target, uint32_t object)
{
    const struct snapshot *s = target->snapshot;
    uint32_t first = s->reverse.offset[object], end = s->reverse.offset[object + 1];
    const char *value = value_of(target, object);

    printf("       %s 0x%" PRIx64 "%s%s", snapshot_type_of(s, object)->name, s->address[object],
           value ? " " : "", value ? value : "");
    for (uint32_t r = first; r < end && r - first < HOLDERS_MAX; r++) {
        uint32_t holder = s->reverse.object[r];
        const char *edge = lookup_edge(target->lookup, holder, snapshot_ordinal(s, holder, object));
        printf("%s%s%s", r == first ? ", held by " : ", ", snapshot_type_of(s, holder)->name,
               edge ? edge : "?");
    }
    puts(first == end ? ", held by no object" : "");
}

static void print_descriptors(const struct view *view)
{
    for (size_t i = 0; i < view->n_descriptors; i++) {
        const struct descriptor *d = &view->descriptors[i];
        _cleanup_(str_deinit) struct str what = STR_INIT;
        bool owned = false;
        text_escape(&what, d->what, strlen(d->what), 0);
        printf("%5d  %-9s %s%s%s\n", d->fd, d->kind, what.text ? what.text : "",
               d->peer ? " to " : "", d->peer ? d->peer : "");
        for (size_t k = 0; k < view->n_resources; k++)
            if (owns(view, &view->resources[k], d->fd)) {
                print_object(view->target, view->resources[k].object);
                owned = true;
            }
        if (!owned)
            puts("       no Python object owns it");
    }
}

static void print_others(const struct view *view)
{
    const struct target *target = view->target;
    const struct snapshot *s = target->snapshot;

    puts("\nprocesses that nobody has waited for");
    for (uint32_t i = 0; i < s->n_objects; i++)
        if (is_unwaited(target, i)) {
            const char *pid = value_of(target, attribute(target, i, "pid"));
            const char *args = value_of(target, attribute(target, i, "args"));
            printf("  %s %s\n", pid ? pid : "?", args ? args : "");
            print_object(target, i);
        }
    puts("\nlocks that are held");
    for (size_t i = 0; i < view->n_resources; i++)
        if (is_lock(s, view->resources[i].object))
            print_object(target, view->resources[i].object);
    puts("\ntemporary directories that are there");
    for (uint32_t i = 0; i < s->n_objects; i++) {
        _cleanup_free_ char *path =
            is_of(s, i, "tempfile.TemporaryDirectory") ? directory_of(target, i) : NULL;
        if (!path)
            continue;
        printf("  %s\n", path);
        print_object(target, i);
    }
}

/* ---- the command ---- */

static struct err *show(struct view *view, bool json)
{
    ERR_RETURN(descriptors_read(session_info(view->target->session)->pid, &view->descriptors,
                                &view->n_descriptors));
    ERR_RETURN(ask_all(view));
    if (json)
        return print_json(view);
    print_descriptors(view);
    print_others(view);
    return NULL;
}

struct err *cmd_resources(int argc, char **argv)
{
    bool json = false, helped;
    const struct opt table[] = {
        OPT_FLAG(0, "json", &json, "print JSON (docs/cli-json.md)"),
        TARGET_OPTIONS,
        OPT_END,
    };
    struct target target;
    struct view view = {.target = &target};

    ERR_RETURN(cmd_options("resources", table, argc, argv, &helped));
    if (helped)
        return NULL;
    ERR_RETURN(target_open_process(argv[0], &target));
    struct err *err = target_snapshot(&target, SNAPSHOT_EDGES | SNAPSHOT_SERVE);
    if (!err)
        err = show(&view, json);
    descriptors_free(view.descriptors, view.n_descriptors);
    free(view.resources);
    target_close(&target);
    return err;
}
