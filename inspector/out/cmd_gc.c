#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "inspector/analysis/facts.h"
#include "inspector/analysis/freed.h"
#include "inspector/base/units.h"
#include "inspector/model/builder.h"
#include "inspector/out/cmd.h"
#include "inspector/out/table.h"
#include "inspector/rows/rows_types.h"

enum { DEFAULT_LIMIT = 40, NOT_GIVEN = -1 };

/* What a collection did. */
struct outcome {
    struct collect_info info;
    int64_t uncollectable; /* by how much gc.garbage grew */
    uint32_t predicted;    /* what the snapshot before it says */
    struct rows *freed;
};

static struct err *predict(const struct snapshot *was, int generation, uint32_t *ret)
{
    struct garbage garbage;

    ERR_RETURN(facts_garbage(was, generation, &cmd_cancel, &garbage));
    *ret = garbage.n;
    garbage_deinit(&garbage);
    return NULL;
}

/* Collects, and makes the table of what went. */
static struct err *collect(struct target *target, int generation, struct outcome *ret)
{
    struct builder *before = NULL, *after = NULL;
    struct snapshot *was = NULL, *is = NULL;
    uint32_t *freed = NULL;
    size_t n;
    struct err *err = builder_create(&before);

    if (!err)
        err = builder_create(&after);
    if (!err)
        err = session_collect(target->session, generation, 0, builder_sink(before),
                              builder_sink(after), &cmd_cancel, &ret->info);
    if (!err)
        err = builder_finish(before, &was);
    if (!err)
        err = builder_finish(after, &is);
    if (!err)
        err = predict(was, generation, &ret->predicted);
    if (!err)
        err = freed_find(was, is, &cmd_cancel, &freed, &n);
    if (!err)
        err = rows_types_of_objects(was, freed, n, &ret->freed);
    if (!err)
        ret->uncollectable = (int64_t)(is->gc.garbage_count - was->gc.garbage_count);
    free(freed);
    snapshot_unref(was);
    snapshot_unref(is);
    builder_destroy(before);
    builder_destroy(after);
    return err;
}

static struct err *print_json(const struct target *target, const struct outcome *outcome,
                              long limit)
{
    const struct collect_info *info = &outcome->info;
    struct json json;

    json_begin(&json, stdout);
    json_put_header(&json, target);
    json_put(&json, "generation", json_integer(info->generation));
    json_put(&json, "collected", json_integer(info->collected));
    json_put(&json, "uncollectable", json_integer(outcome->uncollectable));
    json_put(&json, "pause_us", json_us(info->pause_ns));
    json_put(&json, "held_us", json_us(info->held_ns));
    json_put(&json, "predicted", json_integer(outcome->predicted));
    json_put_rows(&json, "rows", outcome->freed, (size_t)limit);
    return json_finish(&json);
}

static void print_text(const struct outcome *outcome, long limit)
{
    const struct collect_info *info = &outcome->info;
    char collected[UNITS_BUF], pause[UNITS_BUF], held[UNITS_BUF];

    printf("generation %d: %s unreachable object%s collected, %" PRId64 " uncollectable; "
           "the collection took %s (with both copies %s)\n",
           info->generation, units_count(info->collected, collected),
           info->collected == 1 ? "" : "s", outcome->uncollectable,
           units_duration_ns(info->pause_ns, pause), units_duration_ns(info->held_ns, held));
    if (!rows_count(outcome->freed))
        return;
    puts("\nfreed, with all that only they held:");
    table_print(stdout, outcome->freed, (size_t)limit);
    table_print_rest(outcome->freed, limit);
}

struct err *cmd_gc(int argc, char **argv)
{
    struct table_options options = {.limit = NOT_GIVEN};
    long generation = 2;
    const struct opt table[] = {
        OPT_INT('g', "generation", &generation, 0, 2, "GEN",
                "the oldest generation to collect; default: 2, all"),
        TABLE_OPTIONS(options, "sort by KEY[:asc|:desc]; default: shallow"),
        TARGET_OPTIONS,
        OPT_END,
    };
    struct outcome outcome = {.freed = NULL};
    struct target target;
    bool helped;

    ERR_RETURN(cmd_options("gc", table, argc, argv, &helped));
    if (helped)
        return NULL;
    if (options.limit == NOT_GIVEN)
        options.limit = options.json ? 0 : DEFAULT_LIMIT;
    ERR_RETURN(table_check(type_columns, TYPES_COUNT_DELTA, &options));
    ERR_RETURN(target_open_process(argv[0], &target));
    struct err *err = collect(&target, (int)generation, &outcome);
    if (!err)
        err = table_arrange(outcome.freed, &options, TYPES_SHALLOW);
    if (!err && options.json)
        err = print_json(&target, &outcome, options.limit);
    else if (!err)
        print_text(&outcome, options.limit);
    rows_destroy(outcome.freed);
    target_close(&target);
    return err;
}
