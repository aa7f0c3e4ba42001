#include <stdio.h>

#include "inspector/base/units.h"
#include "inspector/out/cmd.h"
#include "inspector/out/table.h"
#include "inspector/rows/rows_types.h"

enum { DEFAULT_LIMIT = 40, NOT_GIVEN = -1 };

static void print_summary(const struct target *target)
{
    const struct snapshot *s = target->snapshot;
    char objects[UNITS_BUF], bytes[UNITS_BUF], pause[UNITS_BUF], total[UNITS_BUF];

    printf("\n%s objects, %s; Python %s; the process stood still for %s, all took %s\n",
           units_count(s->n_objects, objects), units_bytes((int64_t)s->shallow_bytes, bytes),
           session_info(target->session)->version, units_duration_ns(target->info.pause_ns, pause),
           units_duration_ns(target->info.total_ns, total));
    if (s->interpreters > 1 && session_info(target->session)->heap_each)
        printf("%u more interpreter%s: of theirs only what the main one can reach is shown\n",
               s->interpreters - 1, s->interpreters == 2 ? "" : "s");
}

static struct err *print(struct rows *rows, const struct table_options *options,
                         const struct target *target)
{
    struct json json;

    if (!options->json) {
        table_print(stdout, rows, (size_t)options->limit);
        table_print_rest(rows, options->limit);
        print_summary(target);
        return NULL;
    }
    json_begin(&json, stdout);
    json_put_header(&json, target);
    json_put_rows(&json, "rows", rows, (size_t)options->limit);
    return json_finish(&json);
}

struct err *cmd_types(int argc, char **argv)
{
    struct table_options options = {.limit = NOT_GIVEN};
    bool retained = false;
    const struct opt table[] = {
        OPT_FLAG('r', "retained", &retained,
                 "also what the instances keep alive; takes all references along"),
        TABLE_OPTIONS(options, "sort by KEY[:asc|:desc]; default: shallow"),
        TARGET_OPTIONS,
        OPT_END,
    };
    struct target target;
    struct rows *rows = NULL;
    bool helped;

    ERR_RETURN(cmd_options("types", table, argc, argv, &helped));
    if (helped)
        return NULL;
    if (options.limit == NOT_GIVEN)
        options.limit = options.json ? 0 : DEFAULT_LIMIT;
    ERR_RETURN(table_check(type_columns, TYPES_COUNT_DELTA, &options));
    ERR_RETURN(target_open(argv[0], &target));
    struct err *err = target_snapshot(&target, retained ? SNAPSHOT_EDGES : 0);
    if (!err && retained)
        err = target_facts(&target);
    if (!err)
        err = rows_types_create(target.snapshot, NULL, &rows);
    if (!err)
        err = table_arrange(rows, &options, TYPES_SHALLOW);
    if (!err)
        err = print(rows, &options, &target);
    rows_destroy(rows);
    target_close(&target);
    return err;
}
