/*
 * Attaching at unusual points of a program's life, and staying attached over them: it works, or says why not in one line; the
 * program goes on as if nothing had been.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inspector/base/clock.h"
#include "inspector/base/mem.h"
#include "inspector/model/builder.h"
#include "inspector/session/session.h"
#include "tests/support/child.h"
#include "tests/support/compile.h"
#include "tests/support/ouro_cli.h"
#include "tests/support/proc_state.h"
#include "tests/support/target.h"
#include "tests/support/test.h"

#define STAGES "tests/e2e/targets/stages.py"

enum { CLEAN_MS = TARGET_TIMEOUT_MS, STARTS = 40, LINKS = 30, START_STEP_NS = 400 * NS_PER_US };

static atomic_bool never;

/* ---- pieces ---- */

static void expect_at(struct target *target, const char *stage)
{
    json_t *answer = target_json(target);

    assert_string_equal(json_text(answer, "at"), stage);
    json_decref(answer);
}

static void expect_fine(struct target *target)
{
    json_t *answer = target_json(target);

    assert_true(json_is_true(json_at(answer, "fine")));
    json_decref(answer);
}

static struct target *start_at(const struct interp *interp, const char *stage, const char *argument)
{
    struct target *target = target_start(interp, STAGES, stage, argument, NULL);

    expect_at(target, stage);
    return target;
}

static json_t *look(pid_t pid)
{
    json_t *types = ouro_json("types", pid, NULL);

    assert_true(json_long(types, "snapshot.objects") > 1000);
    return types;
}

static void works(pid_t pid)
{
    json_decref(look(pid));
    proc_assert_clean(pid, CLEAN_MS);
}

static void fails(pid_t pid, const char *part)
{
    struct ouro ouro = ouro_run("types", pid, NULL);

    if (ouro.status != 1 || !strstr(ouro.err, part) ||
        strchr(ouro.err, '\n') != strrchr(ouro.err, '\n'))
        test_fail("status %d: %s", ouro.status, ouro.err);
    ouro_deinit(&ouro);
}

static int64_t count_of(const json_t *types, const char *type)
{
    const json_t *row = json_row(types, "type", type);

    return row ? json_long(row, "count") : 0;
}

static struct err *take(struct session *session)
{
    struct builder *builder;
    struct snapshot_info info;

    assert_ok(builder_create(&builder));
    struct err *err =
        session_snapshot(session, SNAPSHOT_EDGES, builder_sink(builder), &never, &info);
    builder_destroy(builder);
    return err;
}

/* ---- the interpreter lock ---- */

/* A C function keeps it: the attach works, the snapshot gives up at its limit, and nothing stays behind. */
static void states__lock_held_in_c(void **state)
{
    struct target *target = start_at(*state, "gil_held", NULL);
    pid_t pid = target_pid(target);
    struct ouro ouro = ouro_run("types", pid, "--wait", "1", NULL);
    char *line =
        xasprintf("ouro: cannot take a snapshot of '%d': a thread of process %d has held the "
                  "interpreter lock for 1 s without letting go: it is busy or blocked inside C "
                  "code; try again when it is done, or look with gdb or py-spy\n",
                  pid, pid);

    assert_string_equal(ouro.err, line);
    assert_int_equal(ouro.status, 1);
    ouro_deinit(&ouro);
    free(line);
    fails(pid, "still waits for the interpreter lock"); /* the first one's agent does */
    target_send(target, "x");
    json_t *answer = target_json(target);
    assert_true(json_is_true(json_at(answer, "fine")));
    json_decref(answer);
    proc_assert_clean(pid, CLEAN_MS);
    works(pid);
    target_finish(target);
}

static bool has_agent(void *arg)
{
    return proc_has_agent(*(pid_t *)arg);
}

/* It lets go in time. */
static void states__lock_held_for_a_while(void **state)
{
    struct target *target = start_at(*state, "gil_held", NULL);
    pid_t pid = target_pid(target);
    struct ouro_running running = ouro_start(ouro_path(), "types", pid, "--wait", "60", NULL);

    assert_true(wait_until(has_agent, &pid, CLEAN_MS));
    target_send(target, "x");
    struct ouro ouro = ouro_end(&running);
    assert_string_equal(ouro.err, "");
    assert_int_equal(ouro.status, 0);
    ouro_deinit(&ouro);
    expect_at(target, "gil_free");
    target_finish(target);
}

/* ---- threads, imports ---- */

static void states__two_hundred_threads(void **state)
{
    struct target *target = start_at(*state, "threads", "200");

    works(target_pid(target));
    works(target_pid(target));
    target_send(target, "x");
    expect_fine(target);
    target_finish(target);
}

static void states__importing(void **state)
{
    struct target *target = start_at(*state, "importing", NULL);

    works(target_pid(target));
    target_send(target, "x");
    expect_fine(target);
    target_finish(target);
}

/* ---- the beginning ---- */

/* Whatever moment of its start it is: it works, or is to be tried again; the program runs. */
static void states__start_up(void **state)
{
    const struct interp *interp = *state;
    int worked = 0, not_yet = 0;

    if (*interp->root)
        skip();
    for (int i = 0; i < STARTS; i++) {
        struct target *target = target_start_command((const char *[]){
            interp->path, "-c", "import os; os.write(1, b'1\\n'); os.read(0, 1)", NULL});
        clock_sleep_ns((uint64_t)(i / 2) * START_STEP_NS);
        struct ouro ouro = ouro_run("types", target_pid(target), "--json", NULL);
        if (ouro.status == 0)
            worked++;
        else if (strstr(ouro.err, "; try again\n") || strstr(ouro.err, "it does not run Python"))
            not_yet++; /* at the very first it is not even another program than we are */
        else
            test_fail("in the first moments: status %d: %s", ouro.status, ouro.err);
        ouro_deinit(&ouro);
        assert_string_equal(target_line(target), "1");
        works(target_pid(target));
        assert_string_equal(target_stderr(target), "");
        target_finish(target);
    }
    fprintf(stderr, "start-up: %d attached, %d not yet\n", worked, not_yet);
}

static void states__isolated_without_site(void **state)
{
    const struct interp *interp = *state;

    if (*interp->root)
        skip();
    struct target *target = target_start_command((const char *[]){
        interp->path, "-I", "-S", "-c", "import os; os.write(1, b'1\\n'); os.read(0, 1)", NULL});
    assert_string_equal(target_line(target), "1");
    works(target_pid(target));
    target_finish(target);
}

/* As nested virtual environments make it. */
static void states__chain_of_links(void **state)
{
    const struct interp *interp = *state;
    char *to = xstrdup(interp->path);

    if (*interp->root)
        skip();
    for (int i = 0; i < LINKS; i++) {
        char *link = xasprintf("%s/link%d", compile_directory(), i);
        unlink(link);
        assert_int_equal(symlink(to, link), 0);
        free(to);
        to = link;
    }
    struct target *target = target_start_command(
        (const char *[]){to, "-c", "import os; os.write(1, b'1\\n'); os.read(0, 1)", NULL});
    assert_string_equal(target_line(target), "1");
    works(target_pid(target));
    target_finish(target);
    free(to);
}

/* ---- the end ---- */

static void states__exit_handler(void **state)
{
    struct target *target = start_at(*state, "atexit", NULL);

    works(target_pid(target));
    target_send(target, "x");
    target_finish(target);
}

/* The last lines that a program says come in any case. */
static void states__waiting_for_a_thread(void **state)
{
    struct target *target = start_at(*state, "late_thread", NULL);

    works(target_pid(target));
    target_send(target, "x");
    target_finish(target);
}

static void states__shutting_down(void **state)
{
    struct target *target = start_at(*state, "late_del", NULL);
    pid_t pid = target_pid(target);
    struct proc_state before, after;

    proc_state_read(pid, &before);
    fails(pid, ": its interpreter is shutting down, or has ended\n");
    proc_state_read(pid, &after);
    proc_state_assert_same(&before, &after, PROC_STATE_ALL);
    proc_state_deinit(&before);
    proc_state_deinit(&after);
    target_send(target, "x");
    target_finish(target);
}

/* Attached before it begins, asked when it is under way: no answer, no harm. */
static void states__shutting_down_while_attached(void **state)
{
    struct target *target = target_start(*state, STAGES, "attached_late_del", NULL);
    struct session *session;

    expect_at(target, "running");
    assert_ok(session_attach(target_pid(target), &never, &session));
    assert_ok(take(session));
    target_send(target, "x");
    expect_at(target, "late_del");
    assert_fails(take(session), ERR_TARGET_GONE, "shutting down");
    target_send(target, "x");
    target_finish(target);
    assert_fails(take(session), ERR_TARGET_GONE, "has ended");
    session_detach(session);
}

static void states__ends_while_attached(void **state)
{
    struct target *target = start_at(*state, "threads", "20");
    struct session *session;

    assert_ok(session_attach(target_pid(target), &never, &session));
    assert_ok(take(session));
    target_send(target, "x");
    expect_fine(target);
    target_finish(target);
    assert_fails(take(session), ERR_TARGET_GONE, "has ended");
    session_detach(session);
}

/* ---- another program in the same process ---- */

/*
 * Whether there is no frozen copy that lives. A dead one stays until the process ends: the agent would have reaped it, and to
 * the new program it is no child that wait() knows.
 */
static bool is_no_copy(void *arg)
{
    char path[64], text[128] = "";
    pid_t copy = proc_copy_of(*(pid_t *)arg);

    snprintf(path, sizeof path, "/proc/%d/stat", copy);
    FILE *file = copy ? fopen(path, "re") : NULL;
    if (!file)
        return true;
    char *got = fgets(text, sizeof text, file);
    fclose(file);
    return !got || strstr(text, ") Z ");
}

static void states__becomes_another_program(void **state)
{
    struct target *target = target_start(*state, STAGES, "becomes", NULL);
    pid_t pid = target_pid(target);
    struct session *session;

    expect_at(target, "first");
    assert_ok(session_attach(pid, &never, &session));
    assert_ok(take(session));
    target_send(target, "x");
    expect_at(target, "second");
    assert_fails(take(session), ERR_TARGET_GONE, "has become another program");
    session_detach(session);
    assert_true(wait_until(is_no_copy, &pid, CLEAN_MS));
    json_decref(look(pid)); /* the new one is a Python as well */
    target_send(target, "x");
    expect_fine(target);
    target_finish(target);
}

/* ---- several interpreters, other stacks ---- */

static void states__interpreters(void **state)
{
    const struct interp *interp = *state;
    struct target *target = start_at(interp, "interpreters", "3");
    json_t *types = look(target_pid(target));
    struct ouro ouro = ouro_run("types", target_pid(target), NULL);
    bool all = interp->minor == 8; /* has one collector for all of them */

    assert_int_equal(json_long(types, "target.interpreters"), 4);
    assert_int_equal(count_of(types, "__main__.Here"), 123);
    if (interp->minor >= 12) /* 3.9 to 3.11 have ways from one to the other */
        assert_int_equal(count_of(types, "__main__.Inner"), 0);
    if (all)
        assert_int_equal(count_of(types, "__main__.Inner"), 3 * 321);
    assert_int_equal(ouro.status, 0);
    assert_true(!strstr(ouro.out, "3 more interpreters: of theirs only") == all);
    ouro_deinit(&ouro);
    json_decref(types);
    target_send(target, "x");
    expect_fine(target);
    target_finish(target);
}

static void states__greenlets(void **state)
{
    struct target *target = target_start(*state, STAGES, "greenlets", NULL);
    json_t *answer = target_json(target);

    if (json_at(answer, "missing")) {
        json_decref(answer);
        target_finish(target);
        skip();
    }
    json_decref(answer);
    works(target_pid(target));
    target_send(target, "x");
    expect_fine(target);
    target_finish(target);
}

/* ---- embedded ---- */

/* One word of sysconfig. */
static bool ask(const struct interp *interp, const char *expression, char *ret, size_t bytes)
{
    struct child_output output;
    char *code = xasprintf("import sysconfig; print(%s, end='')", expression);

    child_run((const char *[]){interp->path, "-c", code, NULL}, &output);
    snprintf(ret, bytes, "%s", output.out);
    child_output_deinit(&output);
    free(code);
    return *ret;
}

static void check_embedded(const struct interp *interp, bool by_dlopen)
{
    char path[COMPILE_PATH_BYTES], library[512], prefix[512], name[64];
    struct stat st;

    if (*interp->root)
        skip();
    ask(interp, "sysconfig.get_config_var('LIBDIR') + '/' + sysconfig.get_config_var('INSTSONAME')",
        library, sizeof library);
    ask(interp, "sysconfig.get_config_var('prefix')", prefix, sizeof prefix);
    if (stat(library, &st) || !strstr(library, ".so"))
        skip(); /* this Python has no library to embed */
    char *rpath = xasprintf("-Wl,-rpath,%.*s", (int)(strrchr(library, '/') - library), library);
    snprintf(name, sizeof name, "embeds-%s-3.%u", by_dlopen ? "hidden" : "linked", interp->minor);
    bool built =
        compile_c(name,
                  (const char *[]){"tests/e2e/targets/embed.c", by_dlopen ? "-DBY_DLOPEN" : "-g",
                                   rpath, by_dlopen ? "-ldl" : library, NULL},
                  path);
    free(rpath);
    assert_true(built);
    char *home = xasprintf("PYTHONHOME=%s", prefix);
    struct target *target =
        target_start_command((const char *[]){"/usr/bin/env", home, path, library, NULL});
    free(home);
    assert_string_equal(target_line(target), "before");
    fails(target_pid(target),
          "its interpreter is not initialised: it is just starting, or has ended");
    target_send(target, "%s", ""); /* one byte: the line's end */
    assert_string_equal(target_line(target), "ready");
    json_t *types = look(target_pid(target));
    assert_int_equal(count_of(types, "__main__.Embedded"), 1234);
    json_decref(types);
    target_send(target, "%s", "");
    assert_string_equal(target_line(target), "after");
    fails(target_pid(target), "or has ended");
    target_send(target, "%s", "");
    target_finish(target);
}

static void states__embedded(void **state)
{
    check_embedded(*state, false);
}

static void states__embedded_and_hidden(void **state)
{
    check_embedded(*state, true);
}

int main(int argc, char **argv)
{
    static const struct behaviour behaviours[] = {
        BEHAVIOUR(states__lock_held_in_c),
        BEHAVIOUR(states__lock_held_for_a_while),
        BEHAVIOUR(states__two_hundred_threads),
        BEHAVIOUR(states__importing),
        BEHAVIOUR(states__start_up),
        BEHAVIOUR(states__isolated_without_site),
        BEHAVIOUR(states__chain_of_links),
        BEHAVIOUR(states__exit_handler),
        BEHAVIOUR(states__waiting_for_a_thread),
        BEHAVIOUR(states__shutting_down),
        BEHAVIOUR(states__shutting_down_while_attached),
        BEHAVIOUR(states__ends_while_attached),
        BEHAVIOUR(states__becomes_another_program),
        BEHAVIOUR(states__interpreters),
        BEHAVIOUR(states__greenlets),
        BEHAVIOUR(states__embedded),
        BEHAVIOUR(states__embedded_and_hidden),
    };

    return interp_main("states", behaviours, BEHAVIOURS(behaviours), argc, argv);
}
