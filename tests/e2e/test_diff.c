/* `ouro diff` finds what a program did to its heap: how many, of what, and where. */
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/directory.h"
#include "tests/support/ouro_cli.h"
#include "tests/support/target.h"
#include "tests/support/test.h"

enum { ROWS = 300, LISTS = 200, BRIEF = 500 };

static char *capture(struct target *target, const char *name)
{
    char *path = directory_path(name);
    json_t *answer = ouro_json("snapshot", target_pid(target), "-o", path, "--force", NULL);

    json_decref(answer);
    return path;
}

static void assert_row(const json_t *diff, const char *type, const char *key, int64_t wanted)
{
    const json_t *row = json_row(diff, "type", type);

    if (!row)
        test_fail("there is no row of %s", type);
    if (json_long(row, key) != wanted)
        test_fail("%s of %s is %lld, not %lld", key, type, (long long)json_long(row, key),
                  (long long)wanted);
}

/* New objects of `type` under `holder`. */
static int64_t held(const json_t *diff, const char *type, const char *holder)
{
    int64_t n = 0;
    json_t *row;
    size_t i;

    json_array_foreach(json_object_get(diff, "holders"), i,
                       row) if (!strcmp(json_text(row, "type"), type) &&
                                !strcmp(json_text(row, "holder"), holder)) n +=
        json_long(row, "count");
    return n;
}

static void assert_grown(const json_t *diff)
{
    assert_true(json_long(diff, "one_process"));
    assert_row(diff, "__main__.Row", "count_delta", ROWS);
    assert_row(diff, "__main__.Row", "born", ROWS);
    assert_true(json_long(json_row(diff, "type", "builtins.list"), "count_delta") >= LISTS);
    assert_int_equal(held(diff, "__main__.Row", "__main__.app.rows"), ROWS);
    assert_int_equal(held(diff, "builtins.list", "__main__.app.cache"), LISTS);
}

static void diff__finds_what_grew(void **state)
{
    struct target *target = target_start(*state, "tests/e2e/targets/growing.py", NULL);

    target_line(target);
    char *a = capture(target, "a.ouro");
    assert_string_equal(target_ask(target, "grow"), "\"grown\"");
    char *b = capture(target, "b.ouro");
    assert_string_equal(target_ask(target, "shrink"), "\"shrunk\"");
    char *c = capture(target, "c.ouro");

    json_t *diff = ouro_json("diff", 0, a, b, NULL);
    assert_grown(diff);
    assert_null(json_row(diff, "type", "__main__.Brief"));
    assert_string_equal(json_text(diff, "files.0"), a);
    json_decref(diff);
    diff = ouro_json("diff", 0, b, c, NULL);
    assert_row(diff, "__main__.Brief", "count_delta", -BRIEF);
    assert_row(diff, "__main__.Brief", "born", 0);
    assert_null(json_row(diff, "type", "__main__.Row"));
    json_decref(diff);
    diff = ouro_json("diff", 0, a, b, c, NULL); /* born before b, alive in c */
    assert_row(diff, "__main__.Row", "born", ROWS);
    assert_row(diff, "__main__.Brief", "born", 0);
    assert_int_equal(held(diff, "__main__.Row", "__main__.app.rows"), ROWS);
    json_decref(diff);
    diff = ouro_json("diff", 0, a, a, NULL);
    assert_int_equal(json_array_size(json_object_get(diff, "rows")), 0);
    assert_int_equal(json_array_size(json_object_get(diff, "holders")), 0);
    json_decref(diff);
    free(a);
    free(b);
    free(c);
    target_finish(target);
}

static int64_t count_listed(const char *a, const char *b, const char *which, const char *type)
{
    json_t *objects = ouro_json("diff", 0, a, b, "--objects", which, "--limit", "0", NULL);
    int64_t n = 0;
    json_t *row;
    size_t i;

    json_array_foreach(json_object_get(objects, "rows"), i, row) n +=
        !strcmp(json_text(row, "type"), type);
    json_decref(objects);
    return n;
}

static void diff__lists_objects(void **state)
{
    struct target *target = target_start(*state, "tests/e2e/targets/growing.py", NULL);

    target_line(target);
    char *a = capture(target, "a.ouro");
    target_ask(target, "grow");
    target_ask(target, "shrink");
    char *b = capture(target, "b.ouro");
    assert_int_equal(count_listed(a, b, "new", "__main__.Row"), ROWS);
    assert_int_equal(count_listed(a, b, "survived", "__main__.Row"), 10);
    assert_int_equal(count_listed(a, b, "gone", "__main__.Row"), 0);
    assert_int_equal(count_listed(a, b, "gone", "__main__.Brief"), BRIEF);
    assert_int_equal(count_listed(a, b, "survived", "__main__.Brief"), 0);
    free(a);
    free(b);
    target_finish(target);
}

static void diff__watches(void **state)
{
    struct target *target = target_start(*state, "tests/e2e/targets/growing.py", NULL);

    target_line(target);
    json_t *diff = ouro_json("diff", target_pid(target), "--watch", "1", NULL);
    assert_null(json_row(diff, "type", "__main__.Row"));
    assert_true(json_is_null(json_at(diff, "files.0")));
    json_decref(diff);
    target_finish(target);
}

static void diff__other_processes(void **state)
{
    struct target *one = target_start(*state, "tests/e2e/targets/growing.py", NULL);
    struct target *other = target_start(*state, "tests/e2e/targets/growing.py", NULL);

    target_line(one);
    target_line(other);
    target_ask(other, "grow");
    char *a = capture(one, "a.ouro"), *b = capture(other, "b.ouro");
    json_t *diff = ouro_json("diff", 0, a, b, NULL);
    assert_row(diff, "__main__.Row", "count_delta", ROWS);
    assert_false(json_long(diff, "one_process"));
    assert_int_equal(json_array_size(json_object_get(diff, "holders")), 0);
    json_decref(diff);
    struct ouro ouro = ouro_run("diff", 0, a, b, "--objects", "new", NULL);
    assert_int_equal(ouro.status, 1);
    assert_non_null(strstr(ouro.err, "different processes"));
    ouro_deinit(&ouro);
    free(a);
    free(b);
    target_finish(one);
    target_finish(other);
}

int main(int argc, char **argv)
{
    static const struct behaviour behaviours[] = {
        BEHAVIOUR(diff__finds_what_grew),
        BEHAVIOUR(diff__lists_objects),
        BEHAVIOUR(diff__watches),
        BEHAVIOUR(diff__other_processes),
    };

    if (directory_make(NULL))
        return 1;
    int failed = interp_main("diff", behaviours, BEHAVIOURS(behaviours), argc, argv);
    directory_remove(NULL);
    return failed;
}
