#include "inspector/out/path_type.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "inspector/analysis/heap_merged.h"
#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/base/str.h"
#include "inspector/base/units.h"
#include "inspector/model/groups.h"
#include "inspector/rows/root_text.h"

/* The objects of a type, by its name, ascending. */
static struct err *find_members(const struct snapshot *s, const char *type, uint32_t **ret,
                                uint32_t *n)
{
    _cleanup_(groups_deinit) struct groups groups = {.n = 0};

    ERR_RETURN(groups_make(s, &groups));
    uint32_t group = groups_find(&groups, type), count = 0;
    if (group == UINT32_MAX)
        return err_new(ERR_INPUT, "write it as 'ouro types' prints it: module.Name",
                       "there are no objects of type '%s'", type);
    uint32_t *members = alloc_array(groups.at[group].count + 1, sizeof *members);
    if (!members)
        return err_nomem();
    for (uint32_t i = 0; i < s->n_objects; i++)
        if (groups.of_type[s->type[i]] == group)
            members[count++] = i;
    *ret = members;
    *n = count;
    return NULL;
}

/* ---- names ---- */

/* The holder of a step's sample, on its path; PATHS_NONE for a root. */
static uint32_t holder_of(const struct target *target, const struct merged_step *step)
{
    return step->parent == MERGED_NONE
               ? PATHS_NONE
               : paths_holder(&facts_of(target->snapshot)->paths, step->sample);
}

static void want_names(const struct target *target, const struct heap_merged *found, uint32_t limit)
{
    const struct snapshot *s = target->snapshot;

    for (uint32_t i = 0; i < found->merged.n && i < limit; i++) {
        const struct merged_step *step = &found->merged.step[i];
        uint32_t holder = holder_of(target, step);
        if (holder == PATHS_NONE)
            lookup_want_value(target->lookup, step->sample);
        else
            lookup_want_edge(target->lookup, holder, snapshot_ordinal(s, holder, step->sample),
                             step->sample);
    }
    for (uint32_t i = 0; i < found->owners.n && i < limit; i++)
        lookup_want_value(target->lookup, found->owners.row[i].sample);
}

/* Keys and indexes of one of many say nothing about the others. */
static const char *edge_of(const struct target *target, const struct merged_step *step)
{
    uint32_t holder = holder_of(target, step);
    const char *edge;

    if (holder == PATHS_NONE)
        return NULL;
    edge = lookup_edge(target->lookup, holder,
                       snapshot_ordinal(target->snapshot, holder, step->sample));
    return !edge ? "?" : step->nodes > 1 && *edge == '[' ? "[…]" : edge;
}

static const char *type_name(const struct target *target, uint32_t object)
{
    return snapshot_type_of(target->snapshot, object)->name;
}

/* ---- JSON ---- */

static json_t *step_json(const struct target *target, const struct merged_step *step)
{
    const char *edge = edge_of(target, step);
    struct str root = STR_INIT;
    json_t *row =
        json_pack("{s:s, s:I, s:I, s:I, s:I, s:s?}", "type", type_name(target, step->sample),
                  "depth", (json_int_t)step->depth, "count", (json_int_t)step->count, "ends",
                  (json_int_t)step->ends, "objects", (json_int_t)step->nodes, "edge", edge);

    if (!edge && step->nodes == 1)
        root_text(target->snapshot, facts_of(target->snapshot), target->lookup, step->sample,
                  &root);
    json_object_set_new(row, "root", root.len_bytes ? json_string(root.text) : json_null());
    json_object_set_new(row, "address",
                        step->nodes == 1 ? json_address(target->snapshot->address[step->sample])
                                         : json_null());
    str_deinit(&root);
    return row;
}

static json_t *owner_json(const struct target *target, const struct owners_row *owner)
{
    bool is_owned = owner->group < OWNERS_UNREACHABLE;
    const char *value = lookup_value(target->lookup, owner->sample);
    json_t *row = json_pack(
        "{s:s?, s:I, s:I, s:I, s:b}", "type", is_owned ? type_name(target, owner->sample) : NULL,
        "owners", (json_int_t)owner->n_owners, "count", (json_int_t)owner->n_members, "bytes",
        (json_int_t)owner->bytes, "garbage", owner->group == OWNERS_UNREACHABLE);

    json_object_set_new(row, "value",
                        owner->n_owners == 1 && value && *value ? json_string(value) : json_null());
    json_object_set_new(row, "address",
                        owner->n_owners == 1
                            ? json_address(target->snapshot->address[owner->sample])
                            : json_null());
    return row;
}

static struct err *print_json(const struct target *target, const struct heap_merged *found,
                              uint32_t limit)
{
    json_t *merged = json_array(), *owners = json_array();
    struct json json;

    for (uint32_t i = 0; i < found->merged.n && i < limit; i++)
        json_array_append_new(merged, step_json(target, &found->merged.step[i]));
    for (uint32_t i = 0; i < found->owners.n && i < limit; i++)
        json_array_append_new(owners, owner_json(target, &found->owners.row[i]));
    json_begin(&json, stdout);
    json_put_header(&json, target);
    json_put(&json, "count", json_integer(found->merged.n_members));
    json_put(&json, "sampled", json_integer(found->merged.n_sampled));
    json_put(&json, "unreachable", json_integer(found->merged.n_unreachable));
    json_put(&json, "shallow", json_integer((json_int_t)found->shallow_bytes));
    json_put(&json, "retained", json_integer((json_int_t)found->retained_bytes));
    json_put(&json, "merged_total", json_integer(found->merged.n));
    json_put(&json, "merged", merged);
    json_put(&json, "owners", owners);
    return json_finish(&json);
}

/* ---- text ---- */

static void print_step(const struct target *target, const struct merged *merged,
                       const struct merged_step *step)
{
    char count[UNITS_BUF], nodes[UNITS_BUF];
    const char *edge = edge_of(target, step);
    struct str line = STR_INIT;

    str_printf(&line, "%10s %6.1f %%  %*s", units_count(step->count, count),
               100.0 * step->count / merged->n_sampled, (int)step->depth * 2, "");
    if (edge)
        str_printf(&line, "%s  %s", edge, type_name(target, step->sample));
    else if (step->nodes > 1)
        str_printf(&line, "%s that are held from outside", type_name(target, step->sample));
    else
        root_text(target->snapshot, facts_of(target->snapshot), target->lookup, step->sample,
                  &line);
    if (step->nodes > 1)
        str_printf(&line, "  (%s objects)", units_count(step->nodes, nodes));
    puts(line.text);
    str_deinit(&line);
}

static void print_owner(const struct target *target, const struct owners_row *owner)
{
    char count[UNITS_BUF], bytes[UNITS_BUF], owners[UNITS_BUF];
    const char *value = lookup_value(target->lookup, owner->sample);

    printf("%10s %11s  ", units_count(owner->n_members, count),
           units_bytes((int64_t)owner->bytes, bytes));
    if (owner->group == OWNERS_SHARED)
        puts("nobody alone: several hold them, or a root does");
    else if (owner->group == OWNERS_UNREACHABLE)
        puts("nobody: garbage");
    else if (owner->n_owners == 1)
        printf("%s 0x%" PRIx64 " %s\n", type_name(target, owner->sample),
               target->snapshot->address[owner->sample], value ? value : "");
    else
        printf("%s different %s\n", units_count(owner->n_owners, owners),
               type_name(target, owner->sample));
}

static void print_text(const struct target *target, const char *type,
                       const struct heap_merged *found, uint32_t limit)
{
    const struct merged *merged = &found->merged;
    char count[UNITS_BUF], shallow[UNITS_BUF], retained[UNITS_BUF], sampled[UNITS_BUF];

    printf("%s object%s of type %s, shallow %s, retained %s\n",
           units_count(merged->n_members, count), merged->n_members == 1 ? "" : "s", type,
           units_bytes((int64_t)found->shallow_bytes, shallow),
           units_bytes((int64_t)found->retained_bytes, retained));
    if (merged->n_sampled < merged->n_members)
        printf("paths of %s of them, spread evenly\n", units_count(merged->n_sampled, sampled));
    puts("\nwho holds them: shortest paths, merged by type");
    for (uint32_t i = 0; i < merged->n && i < limit; i++)
        print_step(target, merged, &merged->step[i]);
    if (merged->n > limit)
        printf("… and %" PRIu32 " more steps; --limit N prints more\n", merged->n - limit);
    if (merged->n_unreachable)
        printf("%10s %6.1f %%  nothing: garbage\n", units_count(merged->n_unreachable, count),
               100.0 * merged->n_unreachable / merged->n_sampled);
    puts("\nwho owns them: the nearest object whose going would free them");
    for (uint32_t i = 0; i < found->owners.n && i < limit; i++)
        print_owner(target, &found->owners.row[i]);
    if (found->owners.n > limit)
        printf("… and %" PRIu32 " more; --limit N prints more\n", found->owners.n - limit);
}

struct err *path_type_show(struct target *target, const char *type, long limit, bool json)
{
    _cleanup_(heap_merged_deinit) struct heap_merged found = {.shallow_bytes = 0};
    _cleanup_free_ uint32_t *members = NULL;
    uint32_t n = 0;

    ERR_RETURN(find_members(target->snapshot, type, &members, &n));
    ERR_RETURN(target_facts(target));
    ERR_RETURN(heap_merged_find(target->snapshot, members, n, &cmd_cancel, &found));
    want_names(target, &found, (uint32_t)limit);
    ERR_RETURN(target_ask(target));
    if (json)
        return print_json(target, &found, (uint32_t)limit);
    print_text(target, type, &found, (uint32_t)limit);
    return NULL;
}
