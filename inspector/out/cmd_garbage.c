#include <inttypes.h>
#include <stdio.h>

#include "inspector/analysis/facts.h"
#include "inspector/base/units.h"
#include "inspector/out/cmd.h"
#include "inspector/out/table.h"
#include "inspector/rows/rows_types.h"

enum { DEFAULT_LIMIT = 40, NOT_GIVEN = -1 };

/* What a collection would free. */
struct preview {
    int generation;
    struct garbage garbage;
    uint64_t bytes;       /* of the objects that the collector counts … */
    uint64_t along_bytes; /* … and of what goes with them */
    struct rows *rows;
};

static void add_up(const struct snapshot *s, struct preview *p)
{
    for (uint32_t i = 0; i < p->garbage.n; i++)
        p->bytes += snapshot_shallow(s, p->garbage.object[i]);
    for (uint32_t i = 0; i < p->garbage.n_along; i++)
        p->along_bytes += snapshot_shallow(s, p->garbage.along[i]);
}

static struct err *print_json(const struct target *target, const struct preview *p, long limit)
{
    const struct garbage *g = &p->garbage;
    struct json json;

    json_begin(&json, stdout);
    json_put_header(&json, target);
    json_put(&json, "generation", json_integer(p->generation));
    json_put(&json, "count", json_integer(g->n));
    json_put(&json, "bytes", json_integer((json_int_t)p->bytes));
    json_put(&json, "cycles", json_integer(g->n_cycles));
    json_put(&json, "in_cycles", json_integer(g->n_in_cycles));
    json_put(&json, "only_from_cycles", json_integer(g->n - g->n_in_cycles));
    json_put(&json, "finalizers", json_integer(g->n_finalizers));
    json_put(&json, "weakref_callbacks", json_integer(g->n_callbacks));
    json_put(&json, "along_count", json_integer(g->n_along));
    json_put(&json, "along_bytes", json_integer((json_int_t)p->along_bytes));
    json_put_rows(&json, "rows", p->rows, (size_t)limit);
    return json_finish(&json);
}

static void print_text(const struct preview *p, long limit)
{
    const struct garbage *g = &p->garbage;
    char count[UNITS_BUF], bytes[UNITS_BUF], along[UNITS_BUF], along_bytes[UNITS_BUF];

    printf("collecting generation %d now would find %s unreachable object%s, %s\n", p->generation,
           units_count(g->n, count), g->n == 1 ? "" : "s", units_bytes((int64_t)p->bytes, bytes));
    if (!g->n)
        return;
    printf("%" PRIu32 " in %" PRIu32 " cycle%s, %" PRIu32 " reachable only from them; %" PRIu32
           " with a finalizer, %" PRIu32 " with a weakref callback\n",
           g->n_in_cycles, g->n_cycles, g->n_cycles == 1 ? "" : "s", g->n - g->n_in_cycles,
           g->n_finalizers, g->n_callbacks);
    if (g->n_along)
        printf("%s objects that the collector does not count would go with them, %s\n",
               units_count(g->n_along, along), units_bytes((int64_t)p->along_bytes, along_bytes));
    puts("");
    table_print(stdout, p->rows, (size_t)limit);
    table_print_rest(p->rows, limit);
}

static struct err *show(struct target *target, const struct table_options *options,
                        struct preview *p)
{
    struct snapshot *s = target->snapshot;

    ERR_RETURN(facts_garbage(s, p->generation, &cmd_cancel, &p->garbage));
    add_up(s, p);
    struct err *err = rows_types_of_objects(s, p->garbage.object, p->garbage.n, &p->rows);
    if (!err)
        err = table_arrange(p->rows, options, TYPES_SHALLOW);
    if (!err && options->json)
        err = print_json(target, p, options->limit);
    else if (!err)
        print_text(p, options->limit);
    rows_destroy(p->rows);
    garbage_deinit(&p->garbage);
    return err;
}

struct err *cmd_garbage(int argc, char **argv)
{
    struct table_options options = {.limit = NOT_GIVEN};
    struct preview preview = {.generation = 2};
    long generation = 2;
    const struct opt table[] = {
        OPT_INT('g', "generation", &generation, 0, 2, "GEN",
                "as if this and younger ones were collected; default: 2, all"),
        TABLE_OPTIONS(options, "sort by KEY[:asc|:desc]; default: shallow"),
        TARGET_OPTIONS,
        OPT_END,
    };
    struct target target;
    bool helped;

    ERR_RETURN(cmd_options("garbage", table, argc, argv, &helped));
    if (helped)
        return NULL;
    if (options.limit == NOT_GIVEN)
        options.limit = options.json ? 0 : DEFAULT_LIMIT;
    preview.generation = (int)generation;
    ERR_RETURN(table_check(type_columns, TYPES_COUNT_DELTA, &options));
    ERR_RETURN(target_open(argv[0], &target));
    struct err *err = target_snapshot(&target, SNAPSHOT_EDGES);
    if (!err)
        err = show(&target, &options, &preview);
    target_close(&target);
    return err;
}
