/*
 * Many attach, look, detach rounds on a program whose threads are busy: it stays alive and right, and
 * has the same threads, descriptors, children and mappings as before.
 *
 * OURO_ROUNDS sets how many there are on each interpreter; the figures of 200 are in docs/safety.md.
 */
#include <stdlib.h>

#include "inspector/base/clock.h"
#include "tests/support/ouro_cli.h"
#include "tests/support/proc_state.h"
#include "tests/support/target.h"
#include "tests/support/test.h"

enum {
    ROUNDS = 20,
    WARM_UP_ROUNDS = 3,
    LEAVING_MS = 2000,
    /* glibc keeps an arena for each thread that ever ran at the same time as the others, and keeps
     * stacks; both have an upper limit, which the warm-up may not have reached */
    ANONYMOUS_MAPS_SLACK = 8,
};

static int rounds_wanted(void)
{
    const char *text = getenv("OURO_ROUNDS");

    return text ? atoi(text) : ROUNDS;
}

static void look(pid_t pid, uint64_t *slowest_ns)
{
    uint64_t start = clock_ns();
    json_t *types = ouro_json("types", pid, NULL);

    if (clock_ns() - start > *slowest_ns)
        *slowest_ns = clock_ns() - start;
    if (!json_row(types, "type", "__main__.Worker") ||
        json_long(json_row(types, "type", "__main__.Worker"), "count") != 4)
        test_fail("there are not four workers in the answer");
    json_decref(types);
}

static void pause_and_check(struct target *target)
{
    json_t *answer = target_ask_json(target, "pause");

    if (!json_long(answer, "fine"))
        test_fail("it did something wrong: %s", json_dumps(answer, 0));
    json_decref(answer);
}

/* One row for docs/safety.md. */
static void print_figures(const struct interp *interp, int rounds, uint64_t slowest_ns,
                          const struct proc_state *before, const struct proc_state *after)
{
    print_message("| %s | %d | %.0f ms | %+.1f MiB | %+ld |\n", interp->name, rounds,
                  (double)slowest_ns / NS_PER_MS,
                  ((double)after->rss_bytes - (double)before->rss_bytes) / (1 << 20),
                  (long)after->anonymous_maps - (long)before->anonymous_maps);
}

static void rounds__busy_program(void **state)
{
    struct target *target = target_start(*state, "tests/e2e/targets/busy.py", NULL);
    struct proc_state before, after;
    pid_t pid = target_pid(target);
    uint64_t slowest_ns = 0;
    int rounds = rounds_wanted();

    target_line(target);
    assert_string_equal(target_ask(target, "resume"), "true");
    for (int i = 0; i < WARM_UP_ROUNDS; i++)
        look(pid, &slowest_ns);
    pause_and_check(target);
    proc_assert_clean(pid, LEAVING_MS);
    proc_state_read(pid, &before);
    slowest_ns = 0;
    assert_string_equal(target_ask(target, "resume"), "true");
    for (int i = 0; i < rounds; i++)
        look(pid, &slowest_ns);
    pause_and_check(target);
    proc_assert_clean(pid, LEAVING_MS);
    proc_state_read(pid, &after);
    proc_state_assert_same(&before, &after, PROC_STATE_ALL);
    print_figures(*state, rounds, slowest_ns, &before, &after);
    assert_true(after.anonymous_maps <= before.anonymous_maps + ANONYMOUS_MAPS_SLACK);
    proc_state_deinit(&before);
    proc_state_deinit(&after);
    target_finish(target);
}

int main(int argc, char **argv)
{
    static const struct behaviour behaviours[] = {BEHAVIOUR(rounds__busy_program)};

    return interp_main("rounds", behaviours, BEHAVIOURS(behaviours), argc, argv);
}
