/*
 * Programs of which there can be no frozen copy: at a limit of processes, or of memory. They are refused in one line, or walked in the
 * process itself when that is allowed; and a copy that is there gives way before the program does.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inspector/base/clock.h"
#include "inspector/base/mem.h"
#include "inspector/model/builder.h"
#include "inspector/session/session.h"
#include "tests/support/ouro_cli.h"
#include "tests/support/proc_state.h"
#include "tests/support/target.h"
#include "tests/support/test.h"

#define SCRIPT "tests/e2e/targets/limited.py"
#define UID    "54321" /* nobody has it */

enum {
    CLEAN_MS = TARGET_TIMEOUT_MS,
    NODES = 20000,
    SLACK_BYTES = 1 << 20,
    MANY_NODES = 300000,
    NOT_READING_NS = 2000 * NS_PER_MS,
    STALL_MIN_MS = 900,
    STALL_MAX_MS = 2800,
    MIB = 1 << 20,
};

static struct target *start(const struct interp *interp, const char *uid, int nodes)
{
    char text[16];

    if (getuid() != 0)
        skip();
    snprintf(text, sizeof text, "%d", nodes);
    struct target *target = target_start(interp, SCRIPT, uid, text, NULL);
    assert_string_equal(target_line(target), "\"ready\"");
    return target;
}

/* Refused in one line, which has `part`. */
static void refused(struct ouro ouro, const char *part)
{
    if (ouro.status != 1 || *ouro.out || !strstr(ouro.err, part) ||
        strchr(ouro.err, '\n') != strrchr(ouro.err, '\n'))
        test_fail("status %d: %s", ouro.status, ouro.err);
    ouro_deinit(&ouro);
}

/* Walked in the process; the answer is the caller's. */
static json_t *walked(struct ouro ouro)
{
    json_t *json = json_loads(ouro.out, 0, NULL);

    if (ouro.status || !json || !strstr(ouro.err, "could not be cloned and was walked itself"))
        test_fail("status %d: %s", ouro.status, ouro.err);
    assert_string_equal(json_text(json, "snapshot.method"), "in-process");
    ouro_deinit(&ouro);
    return json;
}

/* ---- no more processes ---- */

static void limits__no_more_processes(void **state)
{
    struct target *target = start(*state, UID, NODES);
    pid_t pid = target_pid(target);
    struct proc_state before, after;

    refused(ouro_run("types", pid, NULL), "--in-process walks in the process itself");
    proc_assert_clean(pid, CLEAN_MS);
    refused(ouro_run("objects", pid, "--in-process", NULL), "can do without a copy");
    proc_assert_clean(pid, CLEAN_MS);
    json_t *told_before = target_ask_json(target, "state()");
    proc_state_read(pid, &before);
    for (int round = 0; round < 2; round++) {
        json_t *json = walked(ouro_run("types", pid, "--retained", "--json", "--in-process", NULL));
        assert_int_equal(json_long(json_row(json, "type", "__main__.Node"), "count"), NODES);
        assert_true(json_long(json, "snapshot.references") > NODES);
        json_decref(json);
        proc_assert_clean(pid, CLEAN_MS);
    }
    json_decref(walked(ouro_run("garbage", pid, "--json", "--in-process", NULL)));
    proc_assert_clean(pid, CLEAN_MS);
    proc_state_read(pid, &after);
    proc_state_assert_same(&before, &after, PROC_STATE_ALL);
    if (after.rss_bytes > before.rss_bytes + SLACK_BYTES)
        test_fail("its memory grew from %zu to %zu bytes", before.rss_bytes, after.rss_bytes);
    json_t *told_after = target_ask_json(target, "state()");
    assert_true(json_equal(told_before, told_after));
    json_decref(told_before);
    json_decref(told_after);
    proc_state_deinit(&before);
    proc_state_deinit(&after);
    target_finish(target);
}

/* What can be cloned is cloned, whatever is allowed. */
static void limits__allowed_but_not_needed(void **state)
{
    struct target *target = start(*state, "0", NODES);
    json_t *json = ouro_json("types", target_pid(target), "--in-process", NULL);

    assert_string_equal(json_text(json, "snapshot.method"), "clone");
    json_decref(json);
    target_finish(target);
}

/* Reads nothing for a while, once. */
static void do_not_read(void *ctx, uint64_t number, uint64_t of)
{
    bool *done = ctx;

    (void)number;
    (void)of;
    if (!*done)
        clock_sleep_ns(NOT_READING_NS);
    *done = true;
}

/* An inspector that does not read: the program waits for a second, not for ever. */
static void limits__reader_that_does_not_read(void **state)
{
    struct target *target = start(*state, UID, MANY_NODES);
    struct session *session;
    struct builder *builder;
    struct snapshot_info info;
    atomic_bool cancel = false;
    bool done = false;

    assert_ok(builder_create(&builder));
    assert_ok(session_attach(target_pid(target), &cancel, &session));
    session_allow_in_process(session, true);
    session_on_progress(session, do_not_read, &done);
    json_decref(target_ask_json(target, "stall()"));
    assert_fails(session_snapshot(session, SNAPSHOT_EDGES, builder_sink(builder), &cancel, &info),
                 ERR_TIMEOUT, "did not wait any longer for us to read");
    json_t *stall = target_ask_json(target, "stall()");
    fprintf(stderr, "it stood still for %d ms\n", (int)json_integer_value(stall));
    assert_in_range(json_integer_value(stall), STALL_MIN_MS, STALL_MAX_MS);
    json_decref(stall);
    session_on_progress(session, NULL, NULL);
    builder_destroy(builder);
    assert_ok(builder_create(&builder)); /* and again, reading */
    assert_ok(session_snapshot(session, SNAPSHOT_EDGES, builder_sink(builder), &cancel, &info));
    assert_true(info.in_process);
    builder_destroy(builder);
    session_detach(session);
    proc_assert_clean(target_pid(target), CLEAN_MS);
    target_finish(target);
}

/* ---- a limit of memory ---- */

/* A control group of either version, with its files. */
static const struct group {
    const char *root, *limit, *usage;
} groups[] = {
    {"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"},
    {"/sys/fs/cgroup", "memory.max", "memory.current"},
};
static char group_path[128];
static const struct group *group_kind;

static void write_number(const char *name, long long number)
{
    char *path = xasprintf("%s/%s", group_path, name), text[32];
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int n = snprintf(text, sizeof text, "%lld", number);

    if (fd < 0 || write(fd, text, (size_t)n) != n)
        test_fail("%s: %s", path, strerror(errno));
    close(fd);
    free(path);
}

static long long read_number(const char *name)
{
    char *path = xasprintf("%s/%s", group_path, name), text[32] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || read(fd, text, sizeof text - 1) <= 0)
        test_fail("%s: %s", path, strerror(errno));
    close(fd);
    free(path);
    return atoll(text);
}

/* Makes a group below the root; false if none can be made here. */
static bool make_group(void)
{
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        group_kind = &groups[i];
        snprintf(group_path, sizeof group_path, "%s/ouro-test-%d", group_kind->root, getpid());
        if (mkdir(group_path, 0755) && errno != EEXIST)
            continue;
        char *limit = xasprintf("%s/%s", group_path, group_kind->limit);
        bool works = !access(limit, W_OK);
        free(limit);
        if (works)
            return true;
        rmdir(group_path);
        group_path[0] = '\0';
    }
    fprintf(stderr, "no control group for memory can be made here\n");
    return false;
}

static bool group_is_gone(void *arg)
{
    (void)arg;
    return !rmdir(group_path) || errno == ENOENT;
}

static int remove_group(void *ignored)
{
    (void)ignored;
    return wait_until(group_is_gone, NULL, CLEAN_MS) ? 0 : -1;
}

/* A program in a group of its own: its memory counts there. */
static struct target *start_in_group(const struct interp *interp)
{
    if (getuid() != 0 || !make_group())
        skip();
    struct target *target = target_start(interp, SCRIPT, "0", "1000", NULL);
    write_number("cgroup.procs", target_pid(target)); /* before it has made its heap */
    assert_string_equal(target_line(target), "\"ready\"");
    assert_string_equal(target_ask(target, "touch() > 0"), "true");
    return target;
}

static void limits__no_room_for_a_copy(void **state)
{
    struct target *target = start_in_group(*state);
    pid_t pid = target_pid(target);

    json_decref(ouro_json("types", pid, NULL));
    proc_assert_clean(pid, CLEAN_MS);
    write_number(group_kind->limit, read_number(group_kind->usage) + 8 * MIB);
    refused(ouro_run("types", pid, NULL), "left to its memory limit, and a frozen copy may need");
    refused(ouro_run("types", pid, "--in-process", NULL),
            "left to its memory limit, and a walk may need");
    proc_assert_clean(pid, CLEAN_MS);
    assert_string_equal(target_ask(target, "touch() > 0"), "true");
    target_finish(target);
    assert_int_equal(remove_group(NULL), 0);
}

static bool has_no_copy(void *arg)
{
    return !proc_copy_of(*(pid_t *)arg);
}

/* At the limit the kernel kills: the copy, not the program. */
static void limits__copy_gives_way(void **state)
{
    struct target *target = start_in_group(*state);
    struct session *session;
    struct builder *builder;
    struct snapshot_info info;
    atomic_bool cancel = false;

    assert_ok(builder_create(&builder));
    assert_ok(session_attach(target_pid(target), &cancel, &session));
    assert_ok(session_snapshot(session, SNAPSHOT_EDGES | SNAPSHOT_SERVE, builder_sink(builder),
                               &cancel, &info));
    assert_true(proc_copy_of(target_pid(target)) > 0);
    write_number(group_kind->limit, read_number(group_kind->usage) + 4 * MIB);
    assert_string_equal(target_ask(target, "touch() > 0"), "true"); /* 48 MiB are copied */
    assert_true(target_lives(target));
    pid_t pid = target_pid(target);
    assert_true(wait_until(has_no_copy, &pid, CLEAN_MS));
    builder_destroy(builder);
    session_detach(session);
    proc_assert_clean(target_pid(target), CLEAN_MS);
    target_finish(target);
    assert_int_equal(remove_group(NULL), 0);
}

int main(int argc, char **argv)
{
    static const struct behaviour behaviours[] = {
        BEHAVIOUR(limits__no_more_processes),
        BEHAVIOUR(limits__allowed_but_not_needed),
        BEHAVIOUR(limits__reader_that_does_not_read),
        BEHAVIOUR(limits__no_room_for_a_copy),
        BEHAVIOUR(limits__copy_gives_way),
    };

    int failed = interp_main("limits", behaviours, BEHAVIOURS(behaviours), argc, argv);
    if (*group_path) /* of a test that failed */
        remove_group(NULL);
    return failed;
}
