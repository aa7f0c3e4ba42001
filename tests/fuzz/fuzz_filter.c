/*
 * libFuzzer target: any text is a filter or a usage error, and a filter matches without reading what is not
 * there. Columns of every kind, so that every comparison is reached.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/rows/filter.h"
#include "inspector/rows/rows.h"
#include "tests/support/table.h"

static const struct column columns[] = {
    {.key = "name", .kind = COL_TEXT},      {.key = "type", .kind = COL_TYPE},
    {.key = "addr", .kind = COL_ADDRESS},   {.key = "count", .kind = COL_COUNT},
    {.key = "size", .kind = COL_BYTES},     {.key = "t", .kind = COL_DURATION_US},
    {.key = "gen", .kind = COL_GENERATION}, {.key = "ok", .kind = COL_BOOL},
    {.key = "id", .kind = COL_ID},          {.key = "v", .kind = COL_TEXT, .flags = COL_F_NO_SORT},
};

static const char *const text =
    "apple | app.Node | 0x10 | 3 | 1k | 5ms | permanent | yes | 7 | x\n"
    "-     | dict     | ?    | - | ?  | 1s  | 2         | no  | 8 | y\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static struct rows *rows;
    char *input = strndup((const char *)data, bytes);
    struct filter *filter = NULL;

    if (!rows)
        rows = table_create(columns, sizeof columns / sizeof *columns, text);
    struct err *err = filter_parse(input, rows, &filter);
    if (err && (err->code != ERR_USAGE || filter))
        abort();
    err_destroy(err);
    for (size_t raw = 0; filter && raw < rows_total(rows); raw++)
        filter_match(filter, rows, raw);
    filter_destroy(filter);
    free(input);
    return 0;
}
