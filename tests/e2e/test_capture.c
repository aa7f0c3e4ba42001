/* A capture says what the live process says, survives nothing it should not, and tells nothing that was to be redacted. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/directory.h"
#include "tests/support/ouro_cli.h"
#include "tests/support/pty.h"
#include "tests/support/target.h"
#include "tests/support/test.h"

enum { STATUS_FAILED = 1, STATUS_USAGE = 2 };

static char *capture(struct target *target, const char *name, const char *option)
{
    char *path = directory_path(name);
    json_t *answer = ouro_json("snapshot", target_pid(target), "-o", path, "--force", option, NULL);
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    assert_string_equal(json_text(answer, "file"), path);
    assert_int_equal(json_long(answer, "file_bytes"), st.st_size);
    assert_int_equal(json_long(answer, "target.pid"), target_pid(target));
    assert_int_equal(st.st_mode & 0777, 0600);
    json_decref(answer);
    return path;
}

/* ---- as the live process ---- */

/* A row as text: what the process does between two looks is no concern of these tests. */
static char *row_text(json_t *row)
{
    json_t *copy = json_copy(row);

    json_object_del(copy, "refcount");
    json_object_del(copy, "retained");
    char *text = json_dumps(copy, JSON_SORT_KEYS);
    json_decref(copy);
    return text;
}

static bool has_row(const json_t *rows, const char *text)
{
    json_t *row;
    size_t i;
    bool found = false;

    json_array_foreach(rows, i, row)
    {
        char *other = row_text(row);
        found = found || !strcmp(text, other);
        free(other);
        if (found)
            break;
    }
    return found;
}

/*
 * Rows of the file against those of a look before and a look after: what both looks have the file has, and nothing that
 * neither has.
 */
static void compare_rows(const json_t *before, const json_t *saved, const json_t *after,
                         const char *key)
{
    const json_t *was = json_object_get(before, key), *is = json_object_get(after, key);
    const json_t *in_file = json_object_get(saved, key);
    json_t *row;
    size_t i;

    assert_true(json_array_size(in_file) > 0);
    json_array_foreach(was, i, row)
    {
        char *text = row_text(row);
        if (!has_row(in_file, text) && has_row(is, text))
            test_fail("the file does not have %s", text);
        free(text);
    }
    json_array_foreach(in_file, i, row)
    {
        char *text = row_text(row);
        if (!has_row(was, text) && !has_row(is, text))
            test_fail("only the file has %s", text);
        free(text);
    }
}

static void compare(struct target *target, const char *file, const char *command,
                    const char *argument, const char *value, const char *key)
{
    json_t *before = ouro_json(command, target_pid(target), argument, value, NULL);
    json_t *saved = ouro_json(command, 0, file, argument, value, NULL);
    json_t *after = ouro_json(command, target_pid(target), argument, value, NULL);

    compare_rows(before, saved, after, key);
    if (!strcmp(key, "referents"))
        compare_rows(before, saved, after, "referrers");
    assert_string_equal(json_text(saved, "target.file"), file);
    assert_int_equal(json_long(saved, "target.pid"), target_pid(target));
    assert_string_equal(json_text(saved, "target.python"), json_text(before, "target.python"));
    json_decref(before);
    json_decref(saved);
    json_decref(after);
}

static char *address_of(struct target *target, const char *type, unsigned number)
{
    json_t *objects = ouro_json("objects", target_pid(target), "--type", type, "--sort", "address",
                                "--limit", "100", NULL);
    json_t *row = json_array_get(json_object_get(objects, "rows"), number);

    assert_non_null(row);
    char *address = strdup(json_text(row, "address"));
    json_decref(objects);
    return address;
}

static void says_the_same(struct target *target, const char *option)
{
    static const char *const types[] = {"__main__.Node", "__main__.Slotted", "builtins.dict",
                                        "builtins.function"};
    char *file = capture(target, "same.ouro", option);

    compare(target, file, "types", "--limit", "0", "rows");
    compare(target, file, "objects", "--limit", "400", "rows");
    compare(target, file, "objects", "--type", "__main__.Node", "rows");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        char *address = address_of(target, types[i], i % 2);
        compare(target, file, "object", address, NULL, "referents");
        free(address);
    }
    free(file);
}

static void capture__says_what_the_process_says(void **state)
{
    struct target *target = target_start(*state, "tests/e2e/targets/quiet.py", NULL);

    target_line(target);
    says_the_same(target, NULL);
    says_the_same(target, "--with-arrays");
    target_finish(target);
}

/* What a value is made of, what an object's size is made of. */
static void capture__numbers_of_an_object(void **state)
{
    struct target *target = target_start(*state, "tests/e2e/targets/quiet.py", NULL);

    target_line(target);
    char *file = capture(target, "numbers.ouro", NULL);
    char *address = address_of(target, "__main__.Node", 0);
    json_t *live = ouro_json("object", target_pid(target), address, NULL);
    json_t *saved = ouro_json("object", 0, file, address, NULL);
    static const char *const numbers[] = {"object.getsizeof", "object.inline_values",
                                          "object.weakref_count", "object.shallow",
                                          "object.refcount"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        assert_int_equal(json_long(live, numbers[i]), json_long(saved, numbers[i]));
    json_decref(live);
    json_decref(saved);
    free(address);
    free(file);
    target_finish(target);
}

/* The target can be gone. */
static void capture__outlives_the_process(void **state)
{
    struct target *target = target_start(*state, "tests/e2e/targets/quiet.py", NULL);
    static const char *const commands[] = {"types", "objects", "garbage", "retained", "cycles"};

    target_line(target);
    char *file = capture(target, "outlives.ouro", NULL),
         *address = address_of(target, "__main__.Node", 0);
    target_finish(target);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        json_t *answer = ouro_json(commands[i], 0, file, NULL);
        assert_true(json_long(answer, "snapshot.objects") > 1000);
        json_decref(answer);
    }
    json_t *path = ouro_json("path", 0, file, address, NULL);
    assert_true(json_array_size(json_object_get(path, "paths")) > 0);
    json_decref(path);
    free(address);
    free(file);
}

/* ---- in the terminal ---- */

/* `ouro open FILE` with a script of steps; its wait status. */
static int open_with(const char *file, const char *steps)
{
    char *path = directory_path("open.steps"), *script = NULL;
    const char *argv[] = {ouro_path(), "open", file, NULL};
    FILE *to = fopen(path, "w");

    assert_non_null(to);
    fputs(steps, to);
    fclose(to);
    assert_true(asprintf(&script, "OURO_SCRIPT=%s", path) > 0);
    const char *env[] = {script, NULL};
    struct pty *pty =
        pty_spawn(&(struct pty_options){.argv = argv, .env = env, .cols = 100, .rows = 24});
    int status = pty_wait_exit(pty);
    if (status)
        fprintf(stderr, "%s\n", pty_output(pty, NULL));
    pty_destroy(pty);
    free(script);
    free(path);
    return status;
}

/* The views are there without the process; what needs one says so. */
static void capture__opens_in_the_terminal(void **state)
{
    struct target *target = target_start(*state, "tests/e2e/targets/quiet.py", NULL);

    target_line(target);
    char *file = capture(target, "open.ouro", NULL);
    target_finish(target);
    assert_int_equal(open_with(file, "wait-for a capture of pid\n"
                                     "wait-idle\n"
                                     "key R\n"
                                     "wait-for this is a capture: there is no process\n"
                                     "key 2\n"
                                     "do filter type=__main__.Node\n"
                                     "wait-idle\n"
                                     "key Enter\n"
                                     "wait-idle\n"
                                     "key Enter\n"
                                     "wait-idle\n"
                                     "wait-for .__class__\n"
                                     "quit\n"),
                     0);
    assert_int_equal(open_with("/etc/passwd", "wait-for never\n"), STATUS_FAILED << 8);
    free(file);
}

/* ---- redaction ---- */

static bool contains(const char *path, const char *text)
{
    FILE *file = fopen(path, "rb");
    size_t n = strlen(text), used = 0;
    char *bytes = malloc(64 << 20);

    assert_non_null(file);
    used = fread(bytes, 1, 64 << 20, file);
    fclose(file);
    bool found = memmem(bytes, used, text, n) != NULL;
    free(bytes);
    return found;
}

/* Nothing of what `object`, `objects` and `path` print comes from the program, but types. */
static void capture__redacted(void **state)
{
    struct target *target = target_start(*state, "tests/e2e/targets/quiet.py", NULL);
    static const char *const secrets[] = {"quiet.py", "children", "parent", "oldest", "serve"};

    target_line(target);
    char *file = capture(target, "redacted.ouro", "--redact");
    char *address = address_of(target, "__main__.Node", 0);
    struct ouro answers[] = {ouro_run("object", 0, file, address, "--json", NULL),
                             ouro_run("objects", 0, file, "--json", NULL),
                             ouro_run("path", 0, file, address, "--json", NULL)};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        assert_int_equal(answers[i].status, 0);
        for (size_t k = 0; k < sizeof secrets / sizeof *secrets; k++)
            if (strstr(answers[i].out, secrets[k]))
                test_fail("'%s' is not redacted", secrets[k]);
        ouro_deinit(&answers[i]);
    }
    json_t *object = ouro_json("object", 0, file, address, NULL);
    assert_string_equal(json_text(object, "object.type"), "__main__.Node");
    assert_true(json_is_null(json_at(object, "object.value")));
    json_decref(object);
    assert_false(contains(file, "quiet.py")); /* the header is not compressed */
    free(address);
    free(file);
    target_finish(target);
}

/* ---- what cannot be ---- */

static void check_refused(struct ouro ouro, int status, const char *part)
{
    const char *end = strchr(ouro.err, '\n');

    if (ouro.status != status || *ouro.out || !end || end[1] || !strstr(ouro.err, part) ||
        !strstr(ouro.err, "; "))
        test_fail("status %d, '%s', '%s'", ouro.status, ouro.out, ouro.err);
    ouro_deinit(&ouro);
}

static void capture__refusals(void **state)
{
    struct target *target = target_start(*state, "tests/e2e/targets/quiet.py", NULL);
    pid_t pid = target_pid(target);

    target_line(target);
    char *file = capture(target, "refusals.ouro", NULL);
    check_refused(ouro_run("snapshot", pid, "-o", file, NULL), STATUS_FAILED, "--force overwrites");
    check_refused(ouro_run("snapshot", pid, "-o", "/proc/x.ouro", NULL), STATUS_FAILED,
                  "cannot write '/proc/x.ouro'");
    check_refused(ouro_run("snapshot", pid, "-o", "/no/such/x.ouro", NULL), STATUS_FAILED,
                  "No such file");
    check_refused(ouro_run("gc", 0, file, NULL), STATUS_USAGE, "process id");
    check_refused(ouro_run("stats", 0, file, NULL), STATUS_USAGE, "process id");
    check_refused(ouro_run("object", 0, file, "0x10", NULL), STATUS_FAILED, "0x10");
    assert_int_equal(truncate(file, 100000), 0);
    check_refused(ouro_run("types", 0, file, NULL), STATUS_FAILED, "cut short");
    check_refused(ouro_run("types", 0, "/etc/passwd", NULL), STATUS_FAILED, "no capture of ouro");
    free(file);
    target_finish(target);
}

/* A file system that fills up: one line, no file, not even a hidden one. */
static void capture__full_disk(void **state)
{
    struct target *target = target_start(*state, "tests/e2e/targets/quiet.py", NULL);
    struct rlimit old, small;
    char *path = directory_path("full.ouro");

    target_line(target);
    unsigned before = directory_count();
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = (struct rlimit){50000, old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    struct ouro ouro = ouro_run("snapshot", target_pid(target), "-o", path, NULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    check_refused(ouro, STATUS_FAILED, "name a place with more room");
    assert_int_equal(directory_count(), before);
    free(path);
    target_finish(target);
}

/* Killed at any moment: the name is that of a whole file or of none. */
static void capture__killed(void **state)
{
    enum { ROUNDS = 12, STEP_US = 25000 };
    struct target *target = target_start(*state, "tests/e2e/targets/quiet.py", NULL);
    char *path = directory_path("killed.ouro");

    target_line(target);
    unsigned before = directory_count(), whole = 0;
    for (int i = 1; i <= ROUNDS; i++) {
        struct ouro_running running =
            ouro_start(ouro_path(), "snapshot", target_pid(target), "-o", path, NULL);
        usleep((useconds_t)(i * STEP_US)); /* any moment will do */
        kill(running.pid, SIGKILL);
        struct ouro ouro = ouro_end(&running);
        ouro_deinit(&ouro);
        if (!access(path, F_OK)) {
            json_t *types = ouro_json("types", 0, path, NULL);
            json_decref(types);
            assert_int_equal(unlink(path), 0);
            whole++;
        }
        assert_int_equal(directory_count(), before);
    }
    assert_true(whole < ROUNDS);
    free(path);
    target_finish(target);
}

int main(int argc, char **argv)
{
    static const struct behaviour behaviours[] = {
        BEHAVIOUR(capture__says_what_the_process_says),
        BEHAVIOUR(capture__numbers_of_an_object),
        BEHAVIOUR(capture__outlives_the_process),
        BEHAVIOUR(capture__opens_in_the_terminal),
        BEHAVIOUR(capture__redacted),
        BEHAVIOUR(capture__refusals),
        BEHAVIOUR(capture__full_disk),
        BEHAVIOUR(capture__killed),
    };

    if (directory_make(NULL))
        return 1;
    int failed = interp_main("capture", behaviours, BEHAVIOURS(behaviours), argc, argv);
    directory_remove(NULL);
    return failed;
}
