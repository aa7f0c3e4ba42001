/*
 * Attaching to a program in every state that programs are in: it succeeds, and the program goes on as
 * if nothing had been. Interrupted waits end at their time with their result, work gives its result.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/support/ouro_cli.h"
#include "tests/support/proc_state.h"
#include "tests/support/target.h"
#include "tests/support/test.h"

enum { SYSCALLS_MAX = 5, BUSY_TICKS = 3 };

enum ending { BY_TIME, BY_INPUT, BY_SIGNAL };

struct state {
    const char *name;
    enum ending ending;
    int rounds;
    long syscalls[SYSCALLS_MAX]; /* the main thread is seen in one of these, or 0 */
};

/* ---- getting there ---- */

struct blocked {
    pid_t pid;
    const struct state *state;
};

static bool is_blocked(void *arg)
{
    const struct blocked *blocked = arg;
    long nr = proc_syscall(blocked->pid);

    for (size_t i = 0; i < SYSCALLS_MAX; i++)
        if (blocked->state->syscalls[i] == nr && (nr || !i))
            return true;
    return false;
}

struct busy {
    pid_t pid;
    unsigned long until_ticks;
};

static bool is_busy(void *arg)
{
    const struct busy *busy = arg;

    return proc_cpu_ticks(busy->pid) >= busy->until_ticks;
}

static void wait_for_state(const struct target *target, const struct state *state)
{
    struct blocked blocked = {target_pid(target), state};
    struct busy busy = {target_pid(target), proc_cpu_ticks(target_pid(target)) + BUSY_TICKS};

    if (state->ending == BY_SIGNAL ? !wait_until(is_busy, &busy, TARGET_TIMEOUT_MS)
                                   : !wait_until(is_blocked, &blocked, TARGET_TIMEOUT_MS))
        test_fail("the program does not get into '%s'", state->name);
}

/* ---- looking ---- */

static void look(const struct target *target)
{
    struct ouro ouro = ouro_run("types", target_pid(target), "--json", NULL);

    if (ouro.status || *ouro.err)
        test_fail("status %d: %s", ouro.status, ouro.err);
    ouro_deinit(&ouro);
}

static void check(const struct interp *interp, const struct state *state)
{
    struct target *target = target_start(interp, "tests/e2e/targets/states.py", state->name, NULL);

    json_decref(target_json(target));
    wait_for_state(target, state);
    for (int i = 0; i < state->rounds; i++)
        look(target);
    if (state->ending == BY_INPUT)
        target_send(target, "go");
    else if (state->ending == BY_SIGNAL)
        target_signal(target, SIGUSR1);
    json_t *answer = target_json(target);
    if (!json_long(answer, "fine")) {
        char *text = json_dumps(answer, 0);
        test_fail("attached to in '%s', it answers %s", state->name, text);
    }
    json_decref(answer);
    target_finish(target);
}

#define STATE(name, ending, rounds, ...)                                                           \
    static void attach__##name(void **interp)                                                      \
    {                                                                                              \
        static const struct state state = {#name, ending, rounds, {__VA_ARGS__}};                  \
        check(*interp, &state);                                                                    \
    }

/* waits with a time limit */
STATE(sleep, BY_TIME, 3, SYS_select, SYS_pselect6, SYS_clock_nanosleep)
STATE(select, BY_TIME, 3, SYS_select, SYS_pselect6)
STATE(poll, BY_TIME, 3, SYS_poll, SYS_ppoll)
STATE(epoll, BY_TIME, 3, SYS_epoll_wait, SYS_epoll_pwait)
STATE(lock_timeout, BY_TIME, 3, SYS_futex)
STATE(event_timeout, BY_TIME, 3, SYS_futex)
STATE(sigtimedwait, BY_TIME, 3, SYS_rt_sigtimedwait)
/* waits that somebody ends */
STATE(read, BY_INPUT, 3, SYS_read)
STATE(stdin_readline, BY_INPUT, 3, SYS_read)
STATE(accept, BY_INPUT, 3, SYS_accept4, SYS_accept)
STATE(recv, BY_INPUT, 3, SYS_recvfrom)
STATE(lock, BY_INPUT, 3, SYS_futex)
STATE(queue_get, BY_INPUT, 3, SYS_futex)
STATE(event, BY_INPUT, 3, SYS_futex)
STATE(condition, BY_INPUT, 3, SYS_futex)
STATE(join, BY_INPUT, 3, SYS_futex)
STATE(child_wait, BY_INPUT, 3, SYS_wait4, SYS_waitid)
STATE(os_wait, BY_INPUT, 3, SYS_wait4, SYS_waitid)
STATE(communicate, BY_INPUT, 3, SYS_read, SYS_poll)
/* work */
STATE(float_loop, BY_SIGNAL, 3, 0)
STATE(int_loop, BY_SIGNAL, 3, 0)
STATE(recursion, BY_SIGNAL, 3, 0)
STATE(malloc, BY_SIGNAL, 5, 0)
STATE(hashing, BY_SIGNAL, 1, 0)
STATE(nine_threads, BY_SIGNAL, 3, 0)
STATE(fifty_threads, BY_SIGNAL, 3, 0)
STATE(server, BY_SIGNAL, 3, 0)
STATE(imports, BY_SIGNAL, 5, 0)
STATE(forks, BY_SIGNAL, 5, 0)
STATE(children, BY_SIGNAL, 5, 0)
STATE(files, BY_SIGNAL, 5, 0)
STATE(signals, BY_SIGNAL, 5, 0)

int main(int argc, char **argv)
{
    static const struct behaviour behaviours[] = {
        BEHAVIOUR(attach__sleep),          BEHAVIOUR(attach__select),
        BEHAVIOUR(attach__poll),           BEHAVIOUR(attach__epoll),
        BEHAVIOUR(attach__lock_timeout),   BEHAVIOUR(attach__event_timeout),
        BEHAVIOUR(attach__sigtimedwait),   BEHAVIOUR(attach__read),
        BEHAVIOUR(attach__stdin_readline), BEHAVIOUR(attach__accept),
        BEHAVIOUR(attach__recv),           BEHAVIOUR(attach__lock),
        BEHAVIOUR(attach__queue_get),      BEHAVIOUR(attach__event),
        BEHAVIOUR(attach__condition),      BEHAVIOUR(attach__join),
        BEHAVIOUR(attach__child_wait),     BEHAVIOUR(attach__os_wait),
        BEHAVIOUR(attach__communicate),    BEHAVIOUR(attach__float_loop),
        BEHAVIOUR(attach__int_loop),       BEHAVIOUR(attach__recursion),
        BEHAVIOUR(attach__malloc),         BEHAVIOUR(attach__hashing),
        BEHAVIOUR(attach__nine_threads),   BEHAVIOUR(attach__fifty_threads),
        BEHAVIOUR(attach__server),         BEHAVIOUR(attach__imports),
        BEHAVIOUR(attach__forks),          BEHAVIOUR(attach__children),
        BEHAVIOUR(attach__files),          BEHAVIOUR(attach__signals),
    };

    return interp_main("attach", behaviours, BEHAVIOURS(behaviours), argc, argv);
}
