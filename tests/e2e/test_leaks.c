/*
 * Suspects: what leaks is named, with the way to it; what does not leak is not. Merged paths and owners.
 */
#include <stdlib.h>

#include "tests/support/ouro_cli.h"
#include "tests/support/target.h"
#include "tests/support/test.h"

enum { REQUESTS = 1200, DEMO_BYTES = 64 << 10, PIECE_BYTES = 1000 };

static struct target *start(const struct interp *interp, const char *command)
{
    struct target *target = target_start(interp, "tests/e2e/targets/leaks.py", NULL);

    assert_string_equal(target_line(target), "\"ready\"");
    if (command)
        json_decref(target_ask_json(target, command));
    return target;
}

/* The service of `ouro demo`, and so many requests. */
static struct target *start_demo(const struct interp *interp, int requests)
{
    static char text[DEMO_BYTES], hex[2 * PIECE_BYTES + 1];
    struct target *target = start(interp, NULL);
    FILE *file = fopen("inspector/demo.py", "r");

    assert_non_null(file);
    size_t n = fread(text, 1, sizeof text, file);
    fclose(file);
    assert_true(n && n < sizeof text);
    for (size_t i = 0; i < n; i++) {
        snprintf(hex + 2 * (i % PIECE_BYTES), 3, "%02x", (unsigned char)text[i]);
        if (i + 1 < n && (i + 1) % PIECE_BYTES)
            continue;
        target_send(target, "define %s", hex);
        target_line(target);
    }
    target_ask(target, "define");
    target_send(target, "serve %d", requests);
    assert_int_equal(atoi(target_line(target)), requests);
    return target;
}

/* The row that contains both texts, in its sentence; NULL if there is none. */
static const json_t *suspect(const json_t *answer, const char *kind, const char *a, const char *b)
{
    json_t *row;
    size_t i;

    json_array_foreach(json_object_get(answer, "rows"), i, row)
    {
        const char *text = json_text(row, "text");
        if (!strcmp(json_text(row, "kind"), kind) && strstr(text, a) && strstr(text, b))
            return row;
    }
    return NULL;
}

static const json_t *must_have(const json_t *answer, const char *kind, const char *a, const char *b)
{
    const json_t *row = suspect(answer, kind, a, b);

    if (!row) {
        char *all = json_dumps(json_object_get(answer, "rows"), JSON_INDENT(1));
        test_fail("no suspect '%s' with '%s' and '%s' in %.20000s", kind, a, b, all);
    }
    return row;
}

/* ---- the demo ---- */

static void leaks__demo(void **state)
{
    struct target *target = start_demo(*state, REQUESTS);
    json_t *answer = ouro_json("leaks", target_pid(target), NULL);

    const json_t *row = must_have(answer, "instances", "demo.SESSIONS, a builtins.dict, holds ",
                                  "demo.Session, all there are");
    assert_int_equal(json_long(row, "count"), REQUESTS);
    assert_string_equal(json_text(row, "expression"), "demo.SESSIONS");
    assert_string_equal(json_text(row, "level"), "medium");
    assert_string_equal(json_text(row, "path.0.root"), "module demo");
    assert_string_equal(json_text(row, "path.2.edge"), "['SESSIONS']");
    assert_true(json_long(row, "retained") > REQUESTS * 100);

    row = must_have(answer, "garbage", "demo.LineItem", "demo.Order");
    assert_int_equal(json_long(row, "count"), REQUESTS);
    assert_true(json_array_size(json_object_get(row, "path")) >= 4); /* with __dict__: 5 */
    const char *weak = json_text(row, "make_weak");
    assert_true(!strcmp(weak, "demo.LineItem.order") || !strcmp(weak, "demo.Order.items"));
    must_have(answer, "garbage", "demo.Connection", "switched off");

    row = must_have(answer, "pattern", "closure buffer of demo.HANDLERS['html'].__closure__",
                    "4.00 MiB");
    assert_int_equal(json_long(row, "retained") >> 20, 4);
    must_have(answer, "pattern", "closure buffer of demo.HANDLERS['mail']", "closure");
    json_decref(answer);

    struct ouro ouro = ouro_run("leaks", target_pid(target), NULL);
    assert_int_equal(ouro.status, 0);
    assert_non_null(strstr(ouro.out, "demo.SESSIONS, a builtins.dict, holds 1,200 demo.Session"));
    assert_non_null(strstr(ouro.out, "what to do: make that reference weak"));
    ouro_deinit(&ouro);
    target_finish(target);
}

static void leaks__path_of_a_type(void **state)
{
    struct target *target = start_demo(*state, 300);
    json_t *answer = ouro_json("path", target_pid(target), "--type", "demo.Session", NULL);

    assert_int_equal(json_long(answer, "count"), 300);
    assert_int_equal(json_long(answer, "sampled"), 300);
    assert_int_equal(json_array_size(json_object_get(answer, "merged")), 4);
    assert_string_equal(json_text(answer, "merged.0.root"), "module demo");
    assert_string_equal(json_text(answer, "merged.1.edge"), ".__dict__");
    assert_string_equal(json_text(answer, "merged.2.edge"), "['SESSIONS']");
    assert_string_equal(json_text(answer, "merged.3.type"), "demo.Session");
    assert_int_equal(json_long(answer, "merged.3.depth"), 3);
    assert_int_equal(json_long(answer, "merged.3.count"), 300);
    assert_int_equal(json_long(answer, "merged.3.ends"), 300);
    assert_int_equal(json_array_size(json_object_get(answer, "owners")), 1);
    assert_string_equal(json_text(answer, "owners.0.type"), "builtins.dict");
    assert_int_equal(json_long(answer, "owners.0.owners"), 1);
    assert_int_equal(json_long(answer, "owners.0.count"), 300);
    json_decref(answer);
    answer = ouro_json("path", target_pid(target), "--type", "demo.Order", NULL);
    assert_int_equal(json_long(answer, "unreachable"), 300); /* garbage */
    assert_true(json_is_true(json_at(answer, "owners.0.garbage")));
    json_decref(answer);
    struct ouro ouro = ouro_run("path", target_pid(target), "--type", "no.Such", NULL);
    assert_int_equal(ouro.status, 1);
    assert_non_null(strstr(ouro.err, "no objects of type 'no.Such'"));
    ouro_deinit(&ouro);
    ouro = ouro_run("path", target_pid(target), NULL);
    assert_int_equal(ouro.status, 2);
    ouro_deinit(&ouro);
    target_finish(target);
}

/* The attribute is that of one cycle; it breaks those of all requests. */
static void leaks__make_weak_breaks(void **state)
{
    struct target *target = start_demo(*state, 250);
    json_t *answer = ouro_json("cycles", target_pid(target), "-n", "0", NULL), *row;
    size_t i, orders = 0;

    json_array_foreach(json_object_get(answer, "rows"), i, row)
    {
        if (!json_object_get(json_object_get(row, "types"), "demo.LineItem"))
            continue;
        orders++;
        assert_int_equal(json_long(row, "make_weak_breaks"), 250);
        assert_true(json_is_false(json_object_get(row, "make_weak_is_lower_bound")));
    }
    assert_int_equal(orders, 250);
    json_decref(answer);
    target_finish(target);
}

/* ---- growth ---- */

static void leaks__growth(void **state)
{
    struct target *target = start(*state, "grow");
    json_t *answer = ouro_json("leaks", target_pid(target), "--watch", "1", NULL);
    const json_t *row = must_have(answer, "grew", "__main__.cache grew by ", " entries in 1 s");
    int64_t grew = json_long(row, "grew"), count = json_long(row, "count");

    assert_true(grew >= 100 && grew % 10 == 0 && count >= grew);
    assert_int_equal(json_long(answer, "watched_s"), 1);
    row = must_have(answer, "more", "__main__.Entry than 1 s ago", "they retain");
    assert_true(llabs(json_long(row, "grew") - grew) <= 300); /* those of the passing dict */
    json_decref(answer);
    target_finish(target);
}

/* ---- patterns ---- */

static void leaks__patterns(void **state)
{
    struct target *target = start(*state, "patterns");
    json_t *answer = ouro_json("leaks", target_pid(target), "-n", "100", NULL);
    const json_t *row;

    row = must_have(answer, "pattern", "functools._lru_cache_wrapper", "remembers the results");
    assert_int_equal(json_long(row, "count"), 2000);
    row = must_have(answer, "pattern", "logging.Logger", "handlers");
    assert_int_equal(json_long(row, "count"), 50);
    row = must_have(answer, "pattern", "queue.Queue", "nobody has taken out");
    assert_int_equal(json_long(row, "count"), 1500);
    row = must_have(answer, "pattern", "unittest.mock.", "records every call");
    assert_true(json_long(row, "count") >= 1200);
    row = must_have(answer, "pattern", "builtins.traceback", "frames");
    assert_true(json_long(row, "retained") >> 20 >= 3);
    row = must_have(answer, "pattern", "builtins.generator", "suspended");
    assert_int_equal(json_long(row, "retained") >> 20, 2);
    assert_non_null(strstr(json_text(row, "advice"), "close()"));
    json_decref(answer);
    target_finish(target);
}

/* ---- waste ---- */

/* The row of this kind and type; with this text in it. */
static const json_t *waste_row(const json_t *answer, const char *kind, const char *type,
                               const char *text)
{
    json_t *row;
    size_t i;

    json_array_foreach(json_object_get(answer, "rows"), i, row)
    {
        if (!strcmp(json_text(row, "kind"), kind) && !strcmp(json_text(row, "type"), type) &&
            strstr(json_text(row, "text"), text))
            return row;
    }
    test_fail("no waste '%s' of %s", kind, type);
}

/* Within so many percent and bytes of what the interpreter says. */
static void assert_bytes(const json_t *row, const json_t *said, const char *key, int percent,
                         int64_t bytes)
{
    int64_t got = json_long(row, "bytes"), want = json_long(said, key);

    if (llabs(got - want) > want * percent / 100 + bytes)
        test_fail("%s: %lld bytes, the interpreter says %lld", key, (long long)got,
                  (long long)want);
}

static void leaks__waste(void **state)
{
    struct target *target = start(*state, NULL);
    json_t *said = target_ask_json(target, "waste");
    json_t *answer = ouro_json("waste", target_pid(target), NULL);

    const json_t *row = waste_row(answer, "duplicate", "builtins.str", "here a thousand times");
    assert_int_equal(json_long(row, "count"), 1000);
    assert_bytes(row, said, "text", 0, 0);
    assert_true(json_long(waste_row(answer, "duplicates", "builtins.str", ""), "bytes") >=
                json_long(row, "bytes"));
    row = waste_row(answer, "empty", "builtins.dict", "");
    assert_true(json_long(row, "count") >= 50);
    assert_bytes(row, said, "dicts", 1, 16 << 10); /* the interpreter has some of its own */
    row = waste_row(answer, "empty", "builtins.set", "");
    assert_bytes(row, said, "sets", 1, 16 << 10);
    row = waste_row(answer, "sparse", "builtins.dict", "");
    assert_true(json_long(row, "count") >= 20);
    assert_bytes(row, said, "sparse", 2, 16 << 10);
    assert_bytes(waste_row(answer, "sparse", "builtins.set", ""), said, "sparse_sets", 2, 16 << 10);
    assert_bytes(waste_row(answer, "over-allocated", "builtins.list", ""), said, "lists", 3,
                 4 << 10);
    row = waste_row(answer, "__dict__", "__main__.Plain", "5 attributes");
    assert_int_equal(json_long(row, "count"), 2000);
    assert_bytes(row, said, "slots", 5, 0);
    json_t *other;
    size_t i;
    json_array_foreach(json_object_get(answer, "rows"), i, other)
        assert_string_not_equal(json_text(other, "type"), "__main__.Slotted");
    json_decref(said);
    json_decref(answer);
    struct ouro ouro = ouro_run("waste", target_pid(target), NULL);
    assert_int_equal(ouro.status, 0);
    assert_non_null(strstr(ouro.out, "could be saved"));
    ouro_deinit(&ouro);
    target_finish(target);
}

/* ---- no leaks ---- */

static void check_quiet(struct target *target)
{
    json_t *answer = ouro_json("leaks", target_pid(target), "--watch", "1", NULL), *row;
    size_t i;

    json_array_foreach(json_object_get(answer, "rows"), i, row)
    {
        if (strcmp(json_text(row, "level"), "low") != 0)
            test_fail("a false alarm: %s", json_text(row, "text"));
    }
    json_decref(answer);
    target_finish(target);
}

static void leaks__idle_has_none(void **state)
{
    check_quiet(start(*state, NULL));
}

static void leaks__imports_have_none(void **state)
{
    check_quiet(start(*state, "imports"));
}

static void leaks__plain_script_has_none(void **state)
{
    check_quiet(start(*state, "plain"));
}

int main(int argc, char **argv)
{
    static const struct behaviour behaviours[] = {
        BEHAVIOUR(leaks__demo),
        BEHAVIOUR(leaks__path_of_a_type),
        BEHAVIOUR(leaks__make_weak_breaks),
        BEHAVIOUR(leaks__growth),
        BEHAVIOUR(leaks__patterns),
        BEHAVIOUR(leaks__waste),
        BEHAVIOUR(leaks__idle_has_none),
        BEHAVIOUR(leaks__imports_have_none),
        BEHAVIOUR(leaks__plain_script_has_none),
    };

    return interp_main("leaks", behaviours, BEHAVIOURS(behaviours), argc, argv);
}
