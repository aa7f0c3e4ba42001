/*
 * The inspector is killed with SIGKILL at random moments: while it attaches, walks, collects, answers, or
 * just stays. Within two seconds nothing of it is in the program, which goes on and is right.
 *
 * OURO_KILLS sets how many there are (50 in all, spread over the interpreters), OURO_SEED the seed, which
 * is printed.
 */
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inspector/base/clock.h"
#include "tests/support/ouro_cli.h"
#include "tests/support/proc_state.h"
#include "tests/support/staying.h"
#include "tests/support/target.h"
#include "tests/support/test.h"

enum { KILLS = 50, CLEAN_MS = 2000, ATTACH_US = 15000, WALK_US = 150000, STAY_US = 500000 };

static unsigned seed;

static int number_from(const char *name, int otherwise)
{
    const char *text = getenv(name);

    return text ? atoi(text) : otherwise;
}

/* A moment in [0, `max_us`). */
static uint64_t random_ns(unsigned max_us)
{
    return (uint64_t)((unsigned)rand_r(&seed) % max_us) * NS_PER_US;
}

/* ---- ways to be killed ---- */

static void kill_command(const char *command, pid_t pid, const char *option, const char *value,
                         unsigned within_us)
{
    struct ouro_running running = ouro_start(ouro_path(), command, pid, option, value, NULL);

    clock_sleep_ns(random_ns(within_us));
    kill(running.pid, SIGKILL);
    struct ouro ouro = ouro_end(&running);
    ouro_deinit(&ouro);
}

static void kill_attaching(pid_t pid)
{
    kill_command("stats", pid, NULL, NULL, ATTACH_US);
}

static void kill_walking(pid_t pid)
{
    kill_command("types", pid, NULL, NULL, WALK_US);
}

static void kill_answering(pid_t pid)
{
    kill_command("objects", pid, "--limit", "0", 2 * WALK_US);
}

static void kill_collecting(pid_t pid)
{
    kill_command("gc", pid, NULL, NULL, 2 * WALK_US);
}

static void kill_starting_to_stay(pid_t pid)
{
    struct pty *inspector = staying_launch(pid);

    clock_sleep_ns(random_ns(WALK_US));
    pty_destroy(inspector); /* kills it */
}

static void kill_staying(pid_t pid)
{
    struct pty *inspector = staying_start(pid);

    clock_sleep_ns(random_ns(STAY_US));
    pty_destroy(inspector);
}

static const struct way {
    const char *name;
    void (*kill)(pid_t pid);
} ways[] = {
    {"attaching", kill_attaching}, {"walking", kill_walking},
    {"answering", kill_answering}, {"collecting", kill_collecting},
    {"attaching", kill_attaching}, {"starting to stay", kill_starting_to_stay},
    {"staying", kill_staying},
};

/* ---- the program ---- */

/* What a killed inspector leaves running for a moment is "ouro-attach", which gives a borrowed thread
 * back. We are its parent then (PR_SET_CHILD_SUBREAPER). */
static bool no_helper_is_left(void *arg)
{
    struct proc_state state;
    char *rest = NULL;
    bool left = false;

    (void)arg;
    proc_state_read(getpid(), &state);
    for (char *line = strtok_r(state.children, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        pid_t child = atoi(line);
        if (strstr(line, " ouro"))
            left |= waitpid(child, NULL, WNOHANG) != child;
    }
    proc_state_deinit(&state);
    return !left;
}

static void kill_and_check(struct target *target, const struct way *way)
{
    print_message("  killed while %s\n", way->name);
    way->kill(target_pid(target));
    if (!wait_until(no_helper_is_left, NULL, CLEAN_MS))
        test_fail("the helper process goes on");
    proc_assert_clean(target_pid(target), CLEAN_MS);
    json_t *answer = target_ask_json(target, "pause");
    if (!json_long(answer, "fine"))
        test_fail("killed while %s, it did something wrong: %s", way->name, json_dumps(answer, 0));
    json_decref(answer);
    assert_string_equal(target_ask(target, "resume"), "true");
}

static void kills__leave_nothing(void **state)
{
    const struct interp *interp = *state;
    struct target *target = target_start(interp, "tests/e2e/targets/busy.py", "heap", NULL);
    struct proc_state before, after;
    size_t n_interps;

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    interp_all(&n_interps);
    int kills = (number_from("OURO_KILLS", KILLS) + (int)n_interps - 1) / (int)n_interps;
    seed = (unsigned)number_from("OURO_SEED", (int)getpid());
    print_message("  OURO_SEED=%u\n", seed);
    seed += 2 * interp->minor + interp->is_second; /* not the same moments on each */
    target_line(target);
    json_decref(ouro_json("types", target_pid(target), NULL)); /* the agent's code stays mapped */
    proc_assert_clean(target_pid(target), CLEAN_MS);
    proc_state_read(target_pid(target), &before);
    assert_string_equal(target_ask(target, "resume"), "true");
    for (int i = 0; i < kills; i++)
        kill_and_check(target, &ways[(unsigned)rand_r(&seed) % (sizeof ways / sizeof *ways)]);
    json_decref(target_ask_json(target, "pause"));
    proc_state_read(target_pid(target), &after);
    proc_state_assert_same(&before, &after, PROC_STATE_ALL);
    proc_state_deinit(&before);
    proc_state_deinit(&after);
    json_decref(ouro_json("types", target_pid(target), NULL));
    target_finish(target);
}

int main(int argc, char **argv)
{
    static const struct behaviour behaviours[] = {BEHAVIOUR(kills__leave_nothing)};

    return interp_main("kills", behaviours, BEHAVIOURS(behaviours), argc, argv);
}
