#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "inspector/analysis/facts.h"
#include "inspector/base/bits.h"
#include "inspector/base/cleanup.h"
#include "inspector/base/str.h"
#include "inspector/base/units.h"
#include "inspector/out/cmd.h"
#include "inspector/out/path_type.h"
#include "inspector/out/table.h"
#include "inspector/rows/rows_steps.h"

enum { NOT_GIVEN = 0, DEFAULT_LIMIT = 5, DEFAULT_STEPS = 40, PATHS_MAX = 1000 };

/* Some paths, as tables. */
struct found {
    struct rows *path[PATHS_MAX];
    uint32_t n;
};

static void found_deinit(struct found *found)
{
    for (uint32_t i = 0; i < found->n; i++)
        rows_destroy(found->path[i]);
}

static void destroy_finder(struct path_finder **finder)
{
    path_finder_destroy(*finder);
}

static struct err *add_path(struct target *target, const uint32_t *objects, uint32_t n,
                            struct found *found)
{
    ERR_RETURN(
        rows_steps_of_path(target->snapshot, target->lookup, objects, n, &found->path[found->n]));
    return table_lookup(found->path[found->n++], 0, target);
}

static struct err *find(struct target *target, uint32_t object, long limit, struct found *found)
{
    const struct facts *facts = facts_of(target->snapshot);
    _cleanup_(destroy_finder) struct path_finder *finder = NULL;
    struct path path;

    if (facts->accounts.kind[object] != ROOT_NONE && !bits_has(facts->paths.roots, object))
        ERR_RETURN(add_path(target, &object, 1, found)); /* held directly, but by no name */
    ERR_RETURN(path_finder_create(&facts->paths, object, &finder));
    while (found->n < (uint32_t)limit) {
        ERR_RETURN(path_finder_next(finder, &cmd_cancel, &path));
        if (!path.n)
            break;
        ERR_RETURN(add_path(target, path.node, path.n, found));
    }
    return NULL;
}

static struct err *print_json(const struct target *target, const struct found *found)
{
    json_t *paths = json_array();
    struct json json;

    for (uint32_t i = 0; i < found->n; i++)
        json_array_append_new(paths, json_rows(found->path[i], 0));
    json_begin(&json, stdout);
    json_put_header(&json, target);
    json_put(&json, "paths", paths);
    return json_finish(&json);
}

static void print_text(const struct target *target, uint32_t object, const struct found *found)
{
    if (!found->n) {
        bool is_garbage = bits_has(facts_of(target->snapshot)->garbage.set, object);
        puts(is_garbage ? "nothing holds it: it is garbage, the next full collection frees it"
                        : "no root leads to it: only garbage holds it");
        return;
    }
    for (uint32_t i = 0; i < found->n; i++) {
        struct str text = STR_INIT;
        size_t steps = rows_count(found->path[i]) - 1;
        printf("%spath %" PRIu32 ": %zu reference%s from a root\n", i ? "\n" : "", i + 1, steps,
               steps == 1 ? "" : "s");
        if (rows_steps_expression(found->path[i], &text))
            printf("%s\n", text.text);
        table_print(stdout, found->path[i], 0);
        str_deinit(&text);
    }
}

static struct err *show(struct target *target, const char *address, long limit, bool json)
{
    _cleanup_(found_deinit) struct found found = {.n = 0};
    uint32_t object;

    ERR_RETURN(target_find(target, address, &object));
    ERR_RETURN(target_facts(target));
    ERR_RETURN(find(target, object, limit, &found));
    if (json)
        return print_json(target, &found);
    print_text(target, object, &found);
    return NULL;
}

struct err *cmd_path(int argc, char **argv)
{
    bool json = false, helped;
    long limit = NOT_GIVEN;
    const char *type = NULL;
    const struct opt table[] = {
        OPT_TEXT('t', "type", &type, "TYPE",
                 "instead of an ADDRESS: who holds all objects of this type (module.Name)"),
        OPT_FLAG(0, "json", &json, "print JSON (docs/cli-json.md)"),
        OPT_INT('n', "limit", &limit, 1, PATHS_MAX, "N",
                "N paths, the shortest first; default: 5; with --type N steps, default: 40"),
        TARGET_OPTIONS,
        OPT_END,
    };
    struct target target;
    uint64_t address;

    ERR_RETURN(cmd_options("path", table, argc, argv, &helped));
    if (helped)
        return NULL;
    if (!type == !argv[1])
        return err_new(ERR_USAGE, "see 'ouro path --help'", "it takes an ADDRESS or --type TYPE");
    if (!type)
        ERR_RETURN(cmd_address(argv[1], &address));
    if (limit == NOT_GIVEN)
        limit = type ? DEFAULT_STEPS : DEFAULT_LIMIT;
    ERR_RETURN(target_open(argv[0], &target));
    struct err *err = target_snapshot(&target, SNAPSHOT_EDGES | SNAPSHOT_SERVE);
    if (!err)
        err =
            type ? path_type_show(&target, type, limit, json) : show(&target, argv[1], limit, json);
    target_close(&target);
    return err;
}
