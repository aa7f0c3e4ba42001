#include <inttypes.h>
#include <stdio.h>

#include "inspector/base/units.h"
#include "inspector/out/cmd.h"
#include "inspector/out/table.h"
#include "inspector/rows/rows_retained.h"

enum { DEFAULT_LIMIT = 100, TEXT_LIMIT = 30, NOT_GIVEN = -1 };

/* How many objects are held from outside, by what. */
static void print_roots(const struct accounts *accounts)
{
    static const char *const names[ROOT_KINDS] = {
        [ROOT_MODULE] = "modules",
        [ROOT_FRAME] = "by running frames",
        [ROOT_THREAD] = "by thread structures",
        [ROOT_INTERPRETER] = "by the interpreter's structure",
        [ROOT_LIBRARY] = "by static data",
        [ROOT_C] = "by C code that cannot be seen",
        [ROOT_IMMORTAL] = "immortal",
    };
    char count[UNITS_BUF];

    printf("%s roots:", units_count(accounts->n_roots, count));
    for (int kind = ROOT_NONE + 1, first = 1; kind < ROOT_KINDS; kind++)
        if (accounts->n_of_kind[kind]) {
            printf("%s %s %s", first ? "" : ",", units_count(accounts->n_of_kind[kind], count),
                   names[kind]);
            first = 0;
        }
    printf("\n%s references unexplained (held by C code)\n",
           units_count((int64_t)accounts->unexplained, count));
}

static struct err *print(struct rows *rows, const struct table_options *options,
                         struct target *target)
{
    const struct facts *facts = facts_of(target->snapshot);
    char live[UNITS_BUF], garbage[UNITS_BUF];
    struct json json;

    ERR_RETURN(table_lookup(rows, (size_t)options->limit, target));
    if (!options->json) {
        table_print(stdout, rows, (size_t)options->limit);
        table_print_rest(rows, options->limit);
        printf("\n%s objects are reachable from the roots; %s are garbage\n",
               units_count(facts->retained.n_tree, live),
               units_count((int64_t)target->snapshot->n_objects - facts->retained.n_tree, garbage));
        print_roots(&facts->accounts);
        return NULL;
    }
    json_begin(&json, stdout);
    json_put_header(&json, target);
    json_put(&json, "roots", json_integer(facts->accounts.n_roots));
    json_put(&json, "unexplained", json_integer((json_int_t)facts->accounts.unexplained));
    json_put(&json, "total", json_integer((json_int_t)rows_count(rows)));
    json_put_rows(&json, "rows", rows, (size_t)options->limit);
    return json_finish(&json);
}

static struct err *show(struct target *target, const char *under,
                        const struct table_options *options)
{
    uint32_t object = DOMINATOR_ROOT;
    struct rows *rows;

    if (under)
        ERR_RETURN(target_find(target, under, &object));
    ERR_RETURN(target_facts(target));
    ERR_RETURN(rows_retained_create(target->snapshot, target->lookup, object, &rows));
    struct err *err = table_arrange(rows, options, RETAINED_BYTES);
    if (!err)
        err = print(rows, options, target);
    rows_destroy(rows);
    return err;
}

struct err *cmd_retained(int argc, char **argv)
{
    struct table_options options = {.limit = NOT_GIVEN};
    const char *under = NULL;
    const struct opt table[] = {
        OPT_TEXT('u', "under", &under, "ADDRESS",
                 "one level below this object: what only it keeps alive"),
        TABLE_OPTIONS(options, "sort by KEY[:asc|:desc]; default: retained"),
        TARGET_OPTIONS,
        OPT_END,
    };
    struct target target;
    uint64_t address;
    bool helped;

    ERR_RETURN(cmd_options("retained", table, argc, argv, &helped));
    if (helped)
        return NULL;
    if (options.limit == NOT_GIVEN)
        options.limit = options.json ? DEFAULT_LIMIT : TEXT_LIMIT;
    ERR_RETURN(table_check(retained_columns, RETAINED_COLUMNS, &options));
    if (under)
        ERR_RETURN(cmd_address(under, &address));
    ERR_RETURN(target_open(argv[0], &target));
    struct err *err = target_snapshot(&target, SNAPSHOT_EDGES | SNAPSHOT_SERVE);
    if (!err)
        err = show(&target, under, &options);
    target_close(&target);
    return err;
}
