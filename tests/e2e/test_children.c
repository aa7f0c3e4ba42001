/*
 * A program's children, with an inspector attached and its frozen copy there: os.wait(), SIGCHLD,
 * subprocess and multiprocessing are as without, and a forked child has nothing of ours.
 */
#include <stdlib.h>

#include "tests/support/ouro_cli.h"
#include "tests/support/proc_state.h"
#include "tests/support/staying.h"
#include "tests/support/target.h"
#include "tests/support/test.h"

enum { LEAVING_MS = 2000 };

static struct target *start(const struct interp *interp)
{
    struct target *target = target_start(interp, "tests/e2e/targets/childish.py", NULL);

    target_line(target);
    return target;
}

static void children__as_without_inspector(void **state)
{
    struct target *target = start(*state), *twin = start(*state);
    struct pty *inspector = staying_start(target_pid(target));
    json_t *with = target_ask_json(target, "run"), *without = target_ask_json(twin, "run");
    const char *way;
    json_t *result;

    assert_true(proc_copy_of(target_pid(target))); /* it was attached all the time */
    json_object_foreach(without, way, result)
    {
        char *wanted = json_dumps(result, JSON_ENCODE_ANY);
        char *got = json_dumps(json_object_get(with, way), JSON_ENCODE_ANY);
        if (!json_equal(result, json_object_get(with, way)))
            test_fail("%s: with an inspector %s, without %s", way, got, wanted);
        free(wanted);
        free(got);
    }
    json_decref(with);
    json_decref(without);
    staying_end(inspector);
    proc_assert_clean(target_pid(target), LEAVING_MS);
    target_finish(target);
    target_finish(twin);
}

/* The child of an inspected program can be inspected itself, at the same time. */
static void children__fork_has_no_agent(void **state)
{
    struct target *target = start(*state);
    struct pty *inspector = staying_start(target_pid(target));
    json_t *answer = target_ask_json(target, "stay");
    pid_t child = (pid_t)json_integer_value(answer);

    json_decref(answer);
    assert_true(proc_has_agent(target_pid(target)));
    proc_assert_clean(child, 0);
    json_decref(ouro_json("types", child, NULL));
    proc_assert_clean(child, LEAVING_MS);
    assert_true(proc_has_agent(target_pid(target)));
    assert_string_equal(target_ask(target, "go"), "0");
    staying_end(inspector);
    target_finish(target);
}

int main(int argc, char **argv)
{
    static const struct behaviour behaviours[] = {
        BEHAVIOUR(children__as_without_inspector),
        BEHAVIOUR(children__fork_has_no_agent),
    };

    return interp_main("children", behaviours, BEHAVIOURS(behaviours), argc, argv);
}
