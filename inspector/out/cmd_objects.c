#include <stdio.h>

#include "inspector/out/cmd.h"
#include "inspector/out/table.h"
#include "inspector/rows/rows_objects.h"

enum { DEFAULT_LIMIT = 100 };

static struct err *print(struct rows *rows, const struct table_options *options,
                         struct target *target)
{
    struct json json;

    ERR_RETURN(table_lookup(rows, (size_t)options->limit, target));
    if (!options->json) {
        table_print(stdout, rows, (size_t)options->limit);
        table_print_rest(rows, options->limit);
        return NULL;
    }
    json_begin(&json, stdout);
    json_put_header(&json, target);
    json_put(&json, "total", json_integer((json_int_t)rows_count(rows)));
    json_put_rows(&json, "rows", rows, (size_t)options->limit);
    return json_finish(&json);
}

struct err *cmd_objects(int argc, char **argv)
{
    struct table_options options = {.limit = DEFAULT_LIMIT};
    const char *type = NULL;
    const struct opt table[] = {
        OPT_TEXT('t', "type", &type, "TYPE", "only of this type, as 'ouro types' names it"),
        TABLE_OPTIONS(options, "sort by KEY[:asc|:desc]; default: shallow"),
        TARGET_OPTIONS,
        OPT_END,
    };
    struct target target;
    struct rows *rows = NULL;
    bool helped;

    ERR_RETURN(cmd_options("objects", table, argc, argv, &helped));
    if (helped)
        return NULL;
    ERR_RETURN(table_check(object_columns, OBJECTS_COLUMNS, &options));
    ERR_RETURN(target_open(argv[0], &target));
    struct err *err = target_snapshot(&target, SNAPSHOT_EDGES | SNAPSHOT_SERVE);
    if (!err)
        err = target_facts(&target);
    if (!err)
        err = rows_objects_of_type(target.snapshot, target.lookup, type, &rows);
    if (!err)
        err = table_arrange(rows, &options, OBJECTS_SHALLOW);
    if (!err)
        err = print(rows, &options, &target);
    rows_destroy(rows);
    target_close(&target);
    return err;
}
