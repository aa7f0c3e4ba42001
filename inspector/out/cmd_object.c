#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "inspector/analysis/facts.h"
#include "inspector/base/cleanup.h"
#include "inspector/base/str.h"
#include "inspector/base/units.h"
#include "inspector/out/cmd.h"
#include "inspector/out/table.h"
#include "inspector/rows/root_text.h"
#include "inspector/rows/rows_edges.h"
#include "inspector/rows/rows_objects.h"

enum { DEFAULT_LIMIT = 1000, TEXT_LIMIT = 30, NOT_GIVEN = -1 };

/* One object and its two tables. */
struct view {
    uint32_t object;
    struct rows *self; /* a table of one row */
    struct rows *referrers, *referents;
    struct msg_ans_sizes sizes;
    const struct facts *facts;
};

static struct err *make_tables(struct target *target, struct view *view)
{
    uint32_t *one = malloc(sizeof *one);

    if (!one)
        return err_nomem();
    *one = view->object;
    ERR_RETURN(rows_objects_create(target->snapshot, target->lookup, one, 1, &view->self));
    ERR_RETURN(rows_edges_create(target->snapshot, target->lookup, view->object, EDGES_REFERRERS,
                                 &view->referrers));
    return rows_edges_create(target->snapshot, target->lookup, view->object, EDGES_REFERENTS,
                             &view->referents);
}

static struct err *ask(struct target *target, struct view *view, long limit)
{
    ERR_RETURN(table_lookup(view->self, 0, target));
    ERR_RETURN(table_lookup(view->referrers, (size_t)limit, target));
    ERR_RETURN(table_lookup(view->referents, (size_t)limit, target));
    ERR_RETURN(session_sizes(target->session, view->object, &view->sizes, &cmd_cancel));
    view->sizes.getsizeof_bytes =
        snapshot_shallow(target->snapshot, view->object) - view->sizes.inline_bytes;
    return NULL;
}

static struct account account_of(const struct target *target, const struct view *view)
{
    return accounts_of(&view->facts->accounts, target->snapshot, view->object);
}

static json_t *account_json(const struct target *target, const struct view *view)
{
    struct account a = account_of(target, view);

    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:b}", "heap", (json_int_t)a.heap, "frames",
                     (json_int_t)a.frames, "other", (json_int_t)a.places + a.unexplained, "static",
                     (json_int_t)a.places, "unexplained", (json_int_t)a.unexplained, "immortal",
                     a.immortal);
}

static json_t *root_json(const struct target *target, const struct view *view)
{
    struct str text = STR_INIT;

    root_text(target->snapshot, view->facts, target->lookup, view->object, &text);
    json_t *json = text.len_bytes ? json_string(text.text) : json_null();
    str_deinit(&text);
    return json;
}

static json_t *weakrefs_json(const struct snapshot *s, uint32_t object)
{
    json_t *array = json_array();

    for (uint32_t i = 0; i < s->n_weak; i++) {
        uint32_t weak = s->weak[i].holder;
        if (s->weak[i].target != object)
            continue;
        json_t *row = json_object();
        json_object_set_new(row, "address", json_address(s->address[weak]));
        json_object_set_new(row, "type", json_utf8(snapshot_type_of(s, weak)->name));
        json_object_set_new(row, "callback", json_boolean(facts_has_callback(s, weak)));
        json_array_append_new(array, row);
    }
    return array;
}

/* OBJECT of docs/cli-json.md, and what only this command says. */
static json_t *object_json(const struct target *target, const struct view *view)
{
    json_t *object = json_object();

    for (unsigned col = 0; col < OBJECTS_COLUMNS; col++) {
        struct cell cell;
        rows_cell(view->self, 0, col, &cell);
        json_object_set_new(object, object_columns[col].key,
                            json_cell(&object_columns[col], &cell));
    }
    json_object_set_new(object, "getsizeof", json_integer((json_int_t)view->sizes.getsizeof_bytes));
    json_object_set_new(object, "inline_values",
                        json_integer((json_int_t)view->sizes.inline_bytes));
    json_object_set_new(object, "weakref_count",
                        json_integer((json_int_t)view->sizes.weakref_count));
    json_object_set_new(object, "account", account_json(target, view));
    json_object_set_new(object, "root", root_json(target, view));
    json_object_set_new(object, "weakrefs", weakrefs_json(target->snapshot, view->object));
    json_object_set_new(object, "allocated_at", json_null());
    return object;
}

static struct err *print_json(const struct target *target, const struct view *view, long limit)
{
    struct json json;

    json_begin(&json, stdout);
    json_put_header(&json, target);
    json_put(&json, "object", object_json(target, view));
    json_put(&json, "referrers_total", json_integer((json_int_t)rows_count(view->referrers)));
    json_put(&json, "referents_total", json_integer((json_int_t)rows_count(view->referents)));
    json_put_rows(&json, "referrers", view->referrers, (size_t)limit);
    json_put_rows(&json, "referents", view->referents, (size_t)limit);
    return json_finish(&json);
}

static void print_edges(const char *title, const struct rows *rows, long limit)
{
    char count[UNITS_BUF];

    printf("\n%s (%s)\n", title, units_count((int64_t)rows_count(rows), count));
    if (!rows_count(rows))
        return;
    table_print(stdout, rows, (size_t)limit);
    table_print_rest(rows, limit);
}

static void print_account(const struct target *target, const struct view *view)
{
    _cleanup_(str_deinit) struct str account = STR_INIT, root = STR_INIT;

    account_text(target->snapshot, view->facts, view->object, false, &account);
    printf("%-12s %s\n", "account", account.text);
    root_text(target->snapshot, view->facts, target->lookup, view->object, &root);
    if (root.len_bytes)
        printf("%-12s %s\n", "root", root.text);
}

static void print_text(const struct target *target, const struct view *view, long limit)
{
    char buf[CELL_BUF_BYTES], getsizeof_text[UNITS_BUF], inline_text[UNITS_BUF];

    for (unsigned col = 0; col < OBJECTS_COLUMNS; col++) {
        struct cell cell;
        rows_cell(view->self, 0, col, &cell);
        printf("%-12s %s\n", object_columns[col].key,
               cell_format(&object_columns[col], &cell, false, buf));
    }
    if (view->sizes.inline_bytes)
        printf("%-12s sys.getsizeof() says %s, its attribute values take %s more\n", "",
               units_bytes((int64_t)view->sizes.getsizeof_bytes, getsizeof_text),
               units_bytes((int64_t)view->sizes.inline_bytes, inline_text));
    printf("%-12s %" PRIu64 "\n", "weakrefs", view->sizes.weakref_count);
    print_account(target, view);
    print_edges("referrers: what holds it", view->referrers, limit);
    print_edges("referents: what it holds", view->referents, limit);
}

static struct err *show(struct target *target, const char *address, bool json, long limit)
{
    struct view view = {.self = NULL};

    ERR_RETURN(target_find(target, address, &view.object));
    ERR_RETURN(target_facts(target));
    view.facts = facts_of(target->snapshot);
    struct err *err = make_tables(target, &view);
    if (!err)
        err = ask(target, &view, limit);
    if (!err && json)
        err = print_json(target, &view, limit);
    else if (!err)
        print_text(target, &view, limit);
    rows_destroy(view.self);
    rows_destroy(view.referrers);
    rows_destroy(view.referents);
    return err;
}

struct err *cmd_object(int argc, char **argv)
{
    bool json = false, helped;
    long limit = NOT_GIVEN;
    const struct opt table[] = {
        OPT_FLAG(0, "json", &json, "print JSON (docs/cli-json.md)"),
        OPT_INT('n', "limit", &limit, 0, 1000000000, "N", "print N references each way, 0: all"),
        TARGET_OPTIONS,
        OPT_END,
    };
    struct target target;
    uint64_t address;

    ERR_RETURN(cmd_options("object", table, argc, argv, &helped));
    if (helped)
        return NULL;
    if (limit == NOT_GIVEN)
        limit = json ? DEFAULT_LIMIT : TEXT_LIMIT;
    ERR_RETURN(cmd_address(argv[1], &address));
    ERR_RETURN(target_open(argv[0], &target));
    struct err *err = target_snapshot(&target, SNAPSHOT_EDGES | SNAPSHOT_SERVE);
    if (!err)
        err = show(&target, argv[1], json, limit);
    target_close(&target);
    return err;
}
