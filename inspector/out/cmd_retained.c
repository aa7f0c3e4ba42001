#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "inspector/base/units.h"
#include "inspector/out/cmd.h"
#include "inspector/out/table.h"
#include "inspector/rows/root_text.h"
#include "inspector/rows/rows_owners.h"
#include "inspector/rows/rows_retained.h"

enum { DEFAULT_LIMIT = 100, TEXT_LIMIT = 30, NOT_GIVEN = -1 };

/* How many objects are held from outside, by what. */
static void print_roots(const struct accounts *accounts)
{
    char count[UNITS_BUF];

    printf("%s roots:", units_count(accounts->n_roots, count));
    for (int kind = ROOT_NONE + 1, first = 1; kind < ROOT_KINDS; kind++)
        if (accounts->n_of_kind[kind]) {
            printf("%s %s %s", first ? "" : ",", units_count(accounts->n_of_kind[kind], count),
                   root_kind_name((enum root_kind)kind));
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

static struct err *show_owners(struct target *target, enum owners_kind kind,
                               const struct table_options *options)
{
    struct rows *rows;
    struct json json;

    ERR_RETURN(target_facts(target));
    ERR_RETURN(rows_owners_create(target->snapshot, target->lookup, kind, &rows));
    struct err *err = table_arrange(rows, options, OWNERS_RETAINED);
    if (!err)
        err = table_lookup(rows, (size_t)options->limit, target);
    if (!err && options->json) {
        json_begin(&json, stdout);
        json_put_header(&json, target);
        json_put(&json, "total", json_integer((json_int_t)rows_count(rows)));
        json_put_rows(&json, "rows", rows, (size_t)options->limit);
        err = json_finish(&json);
    } else if (!err) {
        table_print(stdout, rows, (size_t)options->limit);
        table_print_rest(rows, options->limit);
    }
    rows_destroy(rows);
    return err;
}

/* "module", "thread" or "root". */
static struct err *parse_by(const char *by, enum owners_kind *ret)
{
    static const char *const names[] = {
        [OWNERS_MODULES] = "module", [OWNERS_THREADS] = "thread", [OWNERS_ROOTS] = "root"};

    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(by, names[i])) {
            *ret = (enum owners_kind)i;
            return NULL;
        }
    return err_new(ERR_USAGE, "it is module, thread or root", "there is no --by '%s'", by);
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
    const char *under = NULL, *by = NULL;
    enum owners_kind kind = OWNERS_MODULES;
    const struct opt table[] = {
        OPT_TEXT('u', "under", &under, "ADDRESS",
                 "one level below this object: what only it keeps alive"),
        OPT_TEXT('b', "by", &by, "KIND", "what each module, thread or kind of root keeps alive"),
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
    if (by)
        ERR_RETURN(parse_by(by, &kind));
    ERR_RETURN(by ? table_check(owners_columns, OWNERS_COLUMNS, &options)
                  : table_check(retained_columns, RETAINED_COLUMNS, &options));
    if (under)
        ERR_RETURN(cmd_address(under, &address));
    ERR_RETURN(target_open(argv[0], &target));
    struct err *err = target_snapshot(&target, SNAPSHOT_EDGES | SNAPSHOT_SERVE);
    if (!err)
        err = by ? show_owners(&target, kind, &options) : show(&target, under, &options);
    target_close(&target);
    return err;
}
