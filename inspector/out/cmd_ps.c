#include <stdio.h>

#include "inspector/out/cmd.h"
#include "inspector/out/table.h"
#include "inspector/rows/rows_procs.h"

struct err *cmd_ps(int argc, char **argv)
{
    struct table_options options = {.limit = 0};
    const struct opt table[] = {
        TABLE_OPTIONS(options, "sort by KEY[:asc|:desc]; default: pid"),
        OPT_END,
    };
    struct pyprocs procs;
    struct json json;
    bool helped;

    ERR_RETURN(cmd_options("ps", table, argc, argv, &helped));
    if (helped)
        return NULL;
    ERR_RETURN(pyprocs_list(&procs));
    struct rows *rows = rows_procs_create(&procs);
    struct err *err = table_arrange(rows, &options, PROCS_PID);
    if (!err && options.json) {
        json_begin(&json, stdout);
        json_put_header(&json, NULL);
        json_put_rows(&json, "rows", rows, (size_t)options.limit);
        err = json_finish(&json);
    } else if (!err && rows_count(rows)) {
        table_print(stdout, rows, (size_t)options.limit);
        table_print_rest(rows, options.limit);
    } else if (!err) {
        puts("no Python process found; those of other users show when run as root");
    }
    rows_destroy(rows);
    return err;
}
