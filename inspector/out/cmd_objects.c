#include <stdio.h>
#include <stdlib.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/str.h"
#include "inspector/out/cmd.h"
#include "inspector/out/table.h"
#include "inspector/rows/query.h"
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

/* ---- queries ---- */

/* Whether the text is a query; where it is not, points at the place. */
static struct err *parse_where(const char *text, struct query **ret)
{
    _cleanup_(str_deinit) struct str lines = STR_INIT;
    size_t at = 0;

    *ret = NULL;
    if (!text)
        return NULL;
    struct err *err = query_parse(text, ret, &at);
    if (!err)
        return NULL;
    query_point(text, at, &lines);
    fputs(lines.text, stderr);
    return err_context(err, "cannot read the query");
}

static void on_length(const struct decoded_value *value, void *arg)
{
    uint64_t *length = arg;

    if (value->kind == VALUE_LEN || value->kind == VALUE_STR || value->kind == VALUE_BYTES)
        length[value->index] = value->size;
}

/* The lengths of all values, by object; malloc'd. */
static struct err *ask_lengths(const struct target *target, uint64_t **ret)
{
    const uint32_t n = target->snapshot->n_objects;
    _cleanup_free_ uint32_t *objects = malloc((n + 1) * sizeof *objects);

    *ret = malloc((n + 1) * sizeof **ret);
    if (!objects || !*ret)
        return err_nomem();
    for (uint32_t i = 0; i < n; i++) {
        objects[i] = i;
        (*ret)[i] = QUERY_NO_LENGTH;
    }
    return session_values(target->session, objects, n, 1, on_length, *ret, &cmd_cancel);
}

/* The rows that pass, in a table of their own that replaces *rows. */
static struct err *choose(const struct target *target, const struct query *query,
                          struct rows **rows)
{
    _cleanup_free_ uint64_t *length = NULL;
    struct rows *chosen = NULL;
    size_t n = 0;

    if (query_needs_length(query))
        ERR_RETURN(ask_lengths(target, &length));
    uint32_t *objects = malloc((rows_total(*rows) + 1) * sizeof *objects);
    if (!objects)
        return err_nomem();
    const struct query_heap heap = {target->snapshot, length};
    for (size_t raw = 0; raw < rows_total(*rows); raw++) {
        uint32_t object = rows_objects_object(*rows, raw);
        if (query_match(query, &heap, object))
            objects[n++] = object;
    }
    ERR_RETURN(rows_objects_create(target->snapshot, target->lookup, objects, n, &chosen));
    rows_destroy(*rows);
    *rows = chosen;
    return NULL;
}

/* ---- the command ---- */

static void cleanup_query(struct query **query)
{
    query_destroy(*query);
}

struct err *cmd_objects(int argc, char **argv)
{
    struct table_options options = {.limit = DEFAULT_LIMIT};
    const char *type = NULL, *where = NULL;
    const struct opt table[] = {
        OPT_TEXT('t', "type", &type, "TYPE", "only of this type, as 'ouro types' names it"),
        OPT_TEXT('q', "where", &where, "QUERY",
                 "only those that pass: \"type~Row and retained>1MiB and len>1000\""),
        TABLE_OPTIONS(options, "sort by KEY[:asc|:desc]; default: shallow"),
        TARGET_OPTIONS,
        OPT_END,
    };
    struct target target;
    struct rows *rows = NULL;
    _cleanup_(cleanup_query) struct query *query = NULL;
    bool helped;

    ERR_RETURN(cmd_options("objects", table, argc, argv, &helped));
    if (helped)
        return NULL;
    ERR_RETURN(table_check(object_columns, OBJECTS_COLUMNS, &options));
    ERR_RETURN(parse_where(where, &query));
    ERR_RETURN(target_open(argv[0], &target));
    struct err *err = target_snapshot(&target, SNAPSHOT_EDGES | SNAPSHOT_SERVE);
    if (!err)
        err = target_facts(&target);
    if (!err)
        err = rows_objects_of_type(target.snapshot, target.lookup, type, &rows);
    if (!err && query)
        err = choose(&target, query, &rows);
    if (!err)
        err = table_arrange(rows, &options, OBJECTS_SHALLOW);
    if (!err)
        err = print(rows, &options, &target);
    rows_destroy(rows);
    target_close(&target);
    return err;
}
