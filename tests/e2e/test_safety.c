/*
 * What docs/safety.md promises of a program that was looked at: nothing is left behind, a broken
 * extension type does no harm, and there is one inspector at a time.
 */
#include <stdlib.h>

#include "inspector/base/mem.h"
#include "tests/support/ouro_cli.h"
#include "tests/support/proc_state.h"
#include "tests/support/staying.h"
#include "tests/support/target.h"
#include "tests/support/test.h"

enum { ROUNDS = 3, RSS_SLACK_BYTES = 1 << 20, LEAVING_MS = 2000 };

/* ---- nothing is left ---- */

static void look(pid_t pid, const char *address)
{
    json_decref(ouro_json("types", pid, NULL));
    json_decref(ouro_json("objects", pid, "--type", "__main__.Node", NULL));
    json_decref(ouro_json("object", pid, address, NULL));
    for (int generation = 0; generation <= 2; generation++)
        json_decref(ouro_json("gc", pid, "-g", (char[]){(char)('0' + generation), 0}, NULL));
    json_decref(ouro_json("stats", pid, NULL));
    json_decref(ouro_json("detach", pid, NULL));
}

/* What changed, for the message. */
static void print_changes(const json_t *before, const json_t *after)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)before, key, value)
    {
        if (json_equal(value, json_object_get(after, key)))
            continue;
        char *was = json_dumps(value, JSON_ENCODE_ANY);
        char *is = json_dumps(json_object_get(after, key), JSON_ENCODE_ANY);
        fprintf(stderr, "  %s\n  - %s\n  + %s\n", key, was, is);
        free(was);
        free(is);
    }
}

static void safety__nothing_is_left(void **state)
{
    struct target *target = target_start(*state, "tests/e2e/targets/watched.py", NULL);
    struct proc_state before, after;
    pid_t pid = target_pid(target);
    char address[32];

    target_line(target);
    json_t *number = target_ask_json(target, "address node");
    snprintf(address, sizeof address, "0x%llx", (unsigned long long)json_integer_value(number));
    json_decref(number);
    look(pid, address); /* the agent's code is mapped now, and stays */
    json_decref(target_ask_json(target, "tell"));
    proc_assert_clean(pid, LEAVING_MS);
    json_t *told_before = target_ask_json(target, "tell");
    proc_state_read(pid, &before);
    for (int i = 0; i < ROUNDS; i++)
        look(pid, address);
    proc_assert_clean(pid, LEAVING_MS);
    json_t *told_after = target_ask_json(target, "tell");
    proc_state_read(pid, &after);
    proc_state_assert_same(&before, &after, PROC_STATE_ALL);
    if (after.rss_bytes > before.rss_bytes + RSS_SLACK_BYTES)
        test_fail("its memory grew from %zu to %zu bytes", before.rss_bytes, after.rss_bytes);
    if (!json_equal(told_before, told_after)) {
        print_changes(told_before, told_after);
        test_fail("the interpreter is not as it was");
    }
    proc_state_deinit(&before);
    proc_state_deinit(&after);
    json_decref(told_before);
    json_decref(told_after);
    target_finish(target);
}

/* ---- broken extension types ---- */

static void check_broken(const struct interp *interp, const char *how)
{
    struct target *target = target_start(interp, "tests/e2e/targets/broken.py", how, NULL);
    pid_t pid = target_pid(target);

    target_line(target);
    struct ouro ouro = ouro_run("types", pid, "--json", NULL);
    json_t *types = json_loads(ouro.out, 0, NULL);
    if (ouro.status || !types || !strstr(ouro.err, "'__main__.Broken'"))
        test_fail("status %d, saying: %s", ouro.status, ouro.err);
    json_t *broken = json_row(types, "type", "__main__.Broken");
    assert_non_null(broken);
    assert_int_equal(json_long(broken, "count"), 20);
    assert_int_equal(json_long(json_row(types, "type", "__main__.Sound"), "count"), 20);
    json_decref(types);
    ouro_deinit(&ouro);
    assert_string_equal(target_ask(target, "check"), "true");
    proc_assert_clean(pid, LEAVING_MS);
    target_finish(target);
}

static void safety__type_that_jumps_nowhere(void **state)
{
    check_broken(*state, "address");
}

static void safety__type_that_traps(void **state)
{
    check_broken(*state, "trap");
}

static void safety__type_that_calls_itself(void **state)
{
    check_broken(*state, "recursion");
}

static void safety__type_that_loops(void **state)
{
    check_broken(*state, "loop");
}

static void safety__type_that_shows_what_is_no_object(void **state)
{
    check_broken(*state, "wild");
}

/* ---- two inspectors ---- */

static void safety__second_inspector_is_refused(void **state)
{
    struct target *target = target_start(*state, "tests/e2e/targets/watched.py", NULL);
    pid_t pid = target_pid(target);

    target_line(target);
    struct pty *first = staying_start(pid);
    struct ouro second = ouro_run("types", pid, NULL);
    char *wanted = xasprintf("ouro: cannot attach to '%d': another ouro is attached", pid);
    assert_int_equal(second.status, 1);
    assert_string_equal(second.out, "");
    if (strncmp(second.err, wanted, strlen(wanted)) != 0 ||
        strchr(second.err, '\n') != second.err + strlen(second.err) - 1)
        test_fail("not one line, or not the right one: %s", second.err);
    free(wanted);
    ouro_deinit(&second);
    assert_true(proc_has_agent(pid)); /* the first one's */
    staying_end(first);
    proc_assert_clean(pid, LEAVING_MS);
    json_decref(ouro_json("types", pid, NULL));
    target_finish(target);
}

/* A forgotten inspector can be made to leave. */
static void safety__detach_makes_another_one_leave(void **state)
{
    struct target *target = target_start(*state, "tests/e2e/targets/watched.py", NULL);
    pid_t pid = target_pid(target);

    target_line(target);
    struct pty *first = staying_start(pid);
    json_t *answer = ouro_json("detach", pid, NULL);
    assert_true(json_long(answer, "was_attached"));
    json_decref(answer);
    proc_assert_clean(pid, LEAVING_MS);
    answer = ouro_json("detach", pid, NULL);
    assert_false(json_long(answer, "was_attached"));
    json_decref(answer);
    pty_destroy(first);
    target_finish(target);
}

int main(int argc, char **argv)
{
    static const struct behaviour behaviours[] = {
        BEHAVIOUR(safety__nothing_is_left),
        BEHAVIOUR(safety__type_that_jumps_nowhere),
        BEHAVIOUR(safety__type_that_traps),
        BEHAVIOUR(safety__type_that_calls_itself),
        BEHAVIOUR(safety__type_that_loops),
        BEHAVIOUR(safety__type_that_shows_what_is_no_object),
        BEHAVIOUR(safety__second_inspector_is_refused),
        BEHAVIOUR(safety__detach_makes_another_one_leave),
    };

    return interp_main("safety", behaviours, BEHAVIOURS(behaviours), argc, argv);
}
