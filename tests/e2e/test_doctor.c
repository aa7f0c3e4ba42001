/*
 * Processes that cannot be attached to: 'ouro doctor' and every other command say the same line, why and what to do, with
 * exit status 1, and the process is not touched.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inspector/base/mem.h"
#include "inspector/base/str.h"
#include "inspector/model/builder.h"
#include "inspector/session/session.h"
#include "tests/support/child.h"
#include "tests/support/compile.h"
#include "tests/support/ouro_cli.h"
#include "tests/support/proc_state.h"
#include "tests/support/target.h"
#include "tests/support/test.h"

#define REFUSED  "tests/e2e/targets/refused.py"
#define PYTHON   "/usr/bin/python3"
#define SETPRIV  "/usr/bin/setpriv"
#define NOBODY   "--reuid=65534", "--regid=65534", "--clear-groups"
#define READY_MS TARGET_TIMEOUT_MS

enum { LINE_BYTES = 1024 };

/* ---- what is checked each time ---- */

/* The one line on stderr: "ouro: cannot attach to '123': <line>". */
static void check_line(const struct ouro *ouro, pid_t pid, const char *line)
{
    char *want = xasprintf("ouro: cannot attach to '%d': %s\n", pid, line);

    assert_string_equal(ouro->err, want);
    assert_int_equal(ouro->status, 1);
    free(want);
}

static const json_t *check_named(const json_t *answer, const char *name)
{
    const json_t *check;
    size_t i;

    json_array_foreach(json_at(answer, "checks"), i,
                       check) if (!strcmp(json_text(check, "check"), name)) return check;
    test_fail("there is no check '%s'", name);
}

/* The check of this name has failed, and says what the line says. */
static void check_json(const char *text, const char *name, const char *line)
{
    json_t *json = json_loads(text, 0, NULL);
    const json_t *check = check_named(json, name);

    assert_true(json_is_false(json_at(json, "attachable")));
    assert_true(json_is_null(json_at(json, "method")));
    assert_true(json_is_false(json_at(check, "ok")));
    const char *why = json_text(check, "why");
    const json_t *hint = json_at(check, "do");
    char *want =
        json_is_string(hint) ? xasprintf("%s; %s", why, json_string_value(hint)) : xstrdup(why);
    assert_string_equal(want, line);
    free(want);
    json_decref(json);
}

static void refused(pid_t pid, const char *check, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static void refused(pid_t pid, const char *check, const char *fmt, ...)
{
    struct proc_state before, after;
    char line[LINE_BYTES];
    va_list args;

    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    proc_state_read(pid, &before);
    struct ouro ouro = ouro_run("doctor", pid, NULL);
    check_line(&ouro, pid, line);
    assert_non_null(strstr(ouro.out, check));
    ouro_deinit(&ouro);
    ouro = ouro_run("doctor", pid, "--json", NULL);
    check_line(&ouro, pid, line);
    check_json(ouro.out, check, line);
    ouro_deinit(&ouro);
    ouro = ouro_run("types", pid, NULL);
    check_line(&ouro, pid, line);
    assert_string_equal(ouro.out, "");
    ouro_deinit(&ouro);
    proc_state_read(pid, &after);
    proc_state_assert_same(&before, &after, PROC_STATE_ALL);
    proc_state_deinit(&before);
    proc_state_deinit(&after);
}

/* 'ouro ps' has the same line for it. */
static void listed(pid_t pid, const char *python, const char *why)
{
    json_t *json = ouro_json("ps", 0, NULL);
    json_t *row;
    size_t i;

    json_array_foreach(json_at(json, "rows"), i, row) if (json_long(row, "pid") == pid)
    {
        assert_string_equal(json_text(row, "python"), python);
        assert_true(json_is_false(json_at(row, "attachable")));
        assert_string_equal(json_text(row, "why"), why);
        json_decref(json);
        return;
    }
    test_fail("'ouro ps' does not list process %d", pid);
}

static void attachable(pid_t pid)
{
    json_t *json = ouro_json("doctor", pid, NULL);

    assert_true(json_is_true(json_at(json, "attachable")));
    assert_string_equal(json_text(json, "method"), "ptrace");
    json_decref(json);
    json = ouro_json("types", pid, NULL);
    assert_true(json_long(json, "snapshot.objects") > 1000);
    json_decref(json);
}

static struct target *start(const struct interp *interp, const char *mode)
{
    struct target *target = target_start(interp, REFUSED, mode, NULL);

    json_decref(target_json(target));
    return target;
}

/* ---- no process of Python's ---- */

static void doctor__no_such_process(void **state)
{
    pid_t pid = fork();

    (void)state;
    if (pid == 0)
        _exit(0);
    waitpid(pid, NULL, 0);
    struct ouro ouro = ouro_run("doctor", pid, NULL);
    char *line = xasprintf("no such process: %d; see 'ouro ps'", pid);
    check_line(&ouro, pid, line);
    free(line);
    ouro_deinit(&ouro);
}

static void doctor__kernel_thread(void **state)
{
    char name[16] = "";
    int fd = open("/proc/2/comm", O_RDONLY | O_CLOEXEC);

    (void)state;
    if (fd < 0 || read(fd, name, 8) != 8 || strncmp(name, "kthreadd", 8) != 0)
        skip(); /* a PID namespace has none */
    close(fd);
    struct ouro ouro = ouro_run("doctor", 2, "--json", NULL);
    check_line(&ouro, 2, "process 2 is a kernel thread; see 'ouro ps'");
    check_json(ouro.out, "process", "process 2 is a kernel thread; see 'ouro ps'");
    ouro_deinit(&ouro);
}

static void doctor__not_a_python(void **state)
{
    char path[COMPILE_PATH_BYTES];

    (void)state;
    if (!compile_c("waits", (const char *[]){"tests/e2e/targets/wait.c", NULL}, path))
        skip();
    struct child child = child_start((const char *[]){path, NULL});
    child_expect(&child, "ready");
    refused(child.pid, "python", "it does not run Python; see 'ouro ps' for those that do");
    child_end(&child);
}

/* ---- Pythons of another kind ---- */

static void check_old(const char *path, const char *version)
{
    if (!child_can_run(path))
        skip();
    struct child child = child_start(
        (const char *[]){path, "-c", "import os; os.write(1, b'ready\\n'); os.read(0, 1)", NULL});
    child_expect(&child, "ready");
    char *line = xasprintf("it runs Python %s; 3.8 to 3.14 are supported", version);
    refused(child.pid, "python", "%s", line);
    listed(child.pid, version, line);
    free(line);
    child_end(&child);
}

static void doctor__python_2_7(void **state)
{
    (void)state;
    check_old("/root/.pyenv/versions/2.7.18/bin/python2.7", "2.7.18");
}

static void doctor__python_3_6(void **state)
{
    (void)state;
    check_old("/root/.pyenv/versions/3.6.15/bin/python3.6", "3.6.15");
}

static void doctor__python_3_7(void **state)
{
    (void)state;
    check_old("/root/.pyenv/versions/3.7.16/bin/python3.7", "3.7.16");
}

/* A program of ours under this name. */
static void check_stand_in(const char *name, const char *const *arguments, const char *version,
                           const char *fmt, ...) __attribute__((format(printf, 4, 5)));
static void check_stand_in(const char *name, const char *const *arguments, const char *version,
                           const char *fmt, ...)
{
    char path[COMPILE_PATH_BYTES], line[LINE_BYTES];
    va_list args;

    if (!compile_c(name, arguments, path))
        skip();
    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    struct child child = child_start((const char *[]){path, NULL});
    child_expect(&child, "ready");
    refused(child.pid, "python", "%s", line);
    listed(child.pid, version, line);
    child_end(&child);
}

static void doctor__pypy(void **state)
{
    (void)state;
    check_stand_in("pypy3.10", (const char *[]){"tests/e2e/targets/wait.c", NULL}, "PyPy",
                   "it runs PyPy; only CPython is supported");
}

static void doctor__static(void **state)
{
    (void)state;
    check_stand_in(
        "python3.11", (const char *[]){"tests/e2e/targets/wait.c", "-static", NULL}, "3.11.7",
        "it runs a statically linked Python 3.11.7, into which nothing can be loaded; use a "
        "build that can load shared libraries");
}

static void doctor__32_bit(void **state)
{
    (void)state;
    check_stand_in(
        "python3.9",
        (const char *[]){"tests/e2e/targets/wait32.c", "-m32", "-nostdlib", "-static", "-fno-pic",
                         "-fno-stack-protector", NULL},
        "32-bit",
        "it runs a Python that is 32-bit: '%s/python3.9'; 64-bit Pythons of this machine's "
        "processor are supported",
        compile_directory());
}

/* As under an emulator: its own program is of our machine, the Python that it has mapped is not. */
static void doctor__other_processor(void **state)
{
    static const unsigned char header[64] = {0x7f, 'E', 'L', 'F', 2, 1, 1, [16] = 3, [18] = 183};
    char path[COMPILE_PATH_BYTES], *foreign = xasprintf("%s/python3.12", compile_directory());

    (void)state;
    if (!compile_c("emulator", (const char *[]){"tests/e2e/targets/mapped.c", NULL}, path))
        skip();
    int fd = open(foreign, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    assert_true(write(fd, header, sizeof header) == sizeof header);
    close(fd);
    struct child child = child_start((const char *[]){path, foreign, NULL});
    child_expect(&child, "ready");
    refused(child.pid, "python",
            "it runs a Python that is of another processor: '%s'; 64-bit Pythons of this machine's "
            "processor are supported",
            foreign);
    child_end(&child);
    free(foreign);
}

/* ---- what the kernel forbids ---- */

/* Runs ouro as nobody. */
static struct ouro run_as_nobody(const char *command, pid_t pid)
{
    char path[COMPILE_PATH_BYTES], *text = xasprintf("%d", pid);

    compile_copy(ouro_path(), "ouro", path);
    struct ouro ouro = ouro_run_program(SETPRIV, "--reuid=65534", 0, "--regid=65534",
                                        "--clear-groups", path, command, text, NULL);
    free(text);
    return ouro;
}

/* A program as nobody, with these two options of setpriv(1). */
static struct target *start_as_nobody(const char *option, const char *other, const char *mode)
{
    char script[COMPILE_PATH_BYTES], lines[COMPILE_PATH_BYTES];

    if (getuid() != 0 || !child_can_run(PYTHON) || !child_can_run(SETPRIV))
        skip();
    compile_copy(REFUSED, "refused.py", script);
    compile_copy("tests/e2e/targets/lines.py", "lines.py", lines);
    struct target *target = target_start_command(
        (const char *[]){SETPRIV, NOBODY, option, other, PYTHON, "-B", script, mode, NULL});
    json_decref(target_json(target));
    return target;
}

static void refused_to_nobody(pid_t pid, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static void refused_to_nobody(pid_t pid, const char *fmt, ...)
{
    struct proc_state before, after;
    char line[LINE_BYTES];
    va_list args;

    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    proc_state_read(pid, &before);
    struct ouro ouro = run_as_nobody("doctor", pid);
    check_line(&ouro, pid, line);
    assert_non_null(strstr(ouro.out, "no  permission"));
    ouro_deinit(&ouro);
    ouro = run_as_nobody("types", pid);
    check_line(&ouro, pid, line);
    ouro_deinit(&ouro);
    proc_state_read(pid, &after);
    proc_state_assert_same(&before, &after, PROC_STATE_ALL);
    proc_state_deinit(&before);
    proc_state_deinit(&after);
}

static void doctor__other_user(void **state)
{
    const struct interp *interp = *state;

    if (getuid() != 0 || !child_can_run(SETPRIV))
        skip();
    struct target *target = start(interp, "wait");
    refused_to_nobody(target_pid(target),
                      "process %d belongs to user 'root'; run as that user, or as root",
                      target_pid(target));
    target_finish(target);
}

static void doctor__protected(void **state)
{
    struct target *target = start_as_nobody("--no-new-privs", "--inh-caps=-all", "protected");
    pid_t pid = target_pid(target);

    (void)state;
    refused_to_nobody(pid,
                      "process %d is protected (not dumpable: set-user-ID, or "
                      "prctl(PR_SET_DUMPABLE)); run as root",
                      pid);
    attachable(pid); /* for root it is nothing special */
    target_finish(target);
}

static void doctor__capabilities(void **state)
{
    struct target *target =
        start_as_nobody("--inh-caps=+net_raw", "--ambient-caps=+net_raw", "wait");

    (void)state;
    refused_to_nobody(target_pid(target),
                      "process %d has capabilities that we do not have; run as root",
                      target_pid(target));
    target_finish(target);
}

/* The other way round: no root is needed for one's own processes. */
static void doctor__own_process_of_nobody(void **state)
{
    struct target *target = start_as_nobody("--no-new-privs", "--inh-caps=-all", "wait");
    struct ouro ouro = run_as_nobody("doctor", target_pid(target));

    (void)state;
    assert_string_equal(ouro.err, "");
    assert_int_equal(ouro.status, 0);
    ouro_deinit(&ouro);
    ouro = run_as_nobody("types", target_pid(target));
    if (strstr(ouro.err, "ptrace_scope"))
        skip();
    assert_string_equal(ouro.err, "");
    assert_int_equal(ouro.status, 0);
    assert_non_null(strstr(ouro.out, "builtins.dict"));
    ouro_deinit(&ouro);
    target_finish(target);
}

/* ---- states ---- */

static void doctor__zombie(void **state)
{
    const struct interp *interp = *state;
    struct target *target = target_start(interp, REFUSED, "zombie", NULL);
    json_t *answer = target_json(target);
    pid_t pid = (pid_t)json_long(answer, "pid");
    char path[64];

    json_decref(answer);
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    if (*interp->root && access(path, F_OK))
        skip();
    refused(pid, "process",
            "process %d has ended (zombie); nothing is left of it but its exit status", pid);
    target_finish(target);
}

static bool is_stopped(void *arg)
{
    char path[64], text[256] = "";

    snprintf(path, sizeof path, "/proc/%d/stat", *(pid_t *)arg);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    return n > 0 && strstr(text, ") T ");
}

static void doctor__stopped(void **state)
{
    struct target *target = start(*state, "wait");
    pid_t pid = target_pid(target);

    kill(pid, SIGSTOP);
    assert_true(wait_until(is_stopped, &pid, READY_MS));
    char *line =
        xasprintf("process %d is stopped (SIGSTOP or Ctrl-Z); let it run on with 'kill -CONT "
                  "%d', then try again",
                  pid, pid);
    refused(pid, "state", "%s", line);
    assert_true(is_stopped(&pid));
    kill(pid, SIGCONT);
    attachable(pid);
    target_finish(target);
    free(line);
}

struct traced {
    pid_t pid, tracer;
};

static bool is_traced(void *arg)
{
    struct traced *traced = arg;
    char path[64], text[2048] = "";

    snprintf(path, sizeof path, "/proc/%d/status", traced->pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    const char *at = n > 0 ? strstr(text, "TracerPid:") : NULL;
    traced->tracer = at ? (pid_t)atoi(at + 10) : 0;
    return traced->tracer != 0;
}

static bool is_free(void *arg)
{
    return !is_traced(arg);
}

/* `says_when`: the line that it prints when it is attached, NULL if it does not say. */
static void check_tracer(const char *name, const char *const *argv, const char *says_when,
                         struct target *target)
{
    struct traced traced = {.pid = target_pid(target)};

    struct target *tracer = target_start_command(argv);
    while (says_when && strcmp(target_line(tracer), says_when) != 0)
        ;
    if (!wait_until(is_traced, &traced, READY_MS))
        test_fail("%s does not trace it: %s", name, target_stderr(tracer));
    char *line =
        xasprintf("process %d is already traced by %s (process %d); a process has one tracer "
                  "at a time: leave %s first",
                  traced.pid, name, traced.tracer, name);
    refused(traced.pid, "tracer", "%s", line);
    free(line);
    kill(target_pid(tracer), SIGTERM); /* gdb and strace detach */
    assert_true(wait_until(is_free, &traced, READY_MS));
    target_kill(tracer);
    kill(traced.pid, SIGCONT);
    attachable(traced.pid);
    target_finish(target);
}

static void doctor__traced_by_strace(void **state)
{
    const struct interp *interp = *state;
    char pid[16];

    if (!child_can_run("/usr/bin/strace") ||
        interp->minor >= 14) /* there is another way: test_remote.c */
        skip();
    struct target *target = start(interp, "wait");
    snprintf(pid, sizeof pid, "%d", target_pid(target));
    check_tracer("strace", (const char *[]){"/usr/bin/strace", "-o", "/dev/null", "-p", pid, NULL},
                 NULL, target);
}

static void doctor__traced_by_gdb(void **state)
{
    const struct interp *interp = *state;
    char pid[16];

    if (!child_can_run("/usr/bin/gdb") || interp->is_second)
        skip();
    struct target *target = start(interp, "wait");
    snprintf(pid, sizeof pid, "%d", target_pid(target));
    check_tracer("gdb",
                 (const char *[]){"/usr/bin/gdb", "-nx", "-q", "-iex", "set auto-load off", "-iex",
                                  "set debuginfod enabled off", "-p", pid, "-ex",
                                  "echo \\nattached\\n", NULL},
                 "attached", target);
}

/* ---- seccomp ---- */

static bool is_strict(void *arg)
{
    char path[64], text[4096] = "";

    snprintf(path, sizeof path, "/proc/%d/status", *(pid_t *)arg);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    return n > 0 && strstr(text, "Seccomp:\t1\n") && proc_syscall(*(pid_t *)arg) == SYS_read;
}

static void doctor__strict_seccomp(void **state)
{
    struct target *target = start(*state, "strict");
    pid_t pid = target_pid(target);

    assert_true(wait_until(is_strict, &pid, READY_MS)); /* it cannot say so itself any more */
    refused(pid, "seccomp", "process %d runs under strict seccomp; nothing can be loaded into it",
            pid);
    target_kill(target);
}

/* Only the call itself tells; the doctor says that there is a filter. */
static void doctor__seccomp_filter(void **state)
{
    struct target *target = start(*state, "filtered");
    pid_t pid = target_pid(target);
    struct proc_state before, after;

    json_t *json = ouro_json("doctor", pid, NULL);
    const json_t *check = check_named(json, "seccomp");
    assert_true(json_is_true(json_at(check, "ok")));
    assert_non_null(strstr(json_text(check, "why"), "filter"));
    json_decref(json);
    proc_state_read(pid, &before);
    struct ouro ouro = ouro_run("types", pid, NULL);
    check_line(&ouro, pid,
               "the target cannot create a memfd: Operation not permitted; a seccomp filter of the "
               "target forbids it");
    ouro_deinit(&ouro);
    proc_state_read(pid, &after);
    proc_state_assert_same(&before, &after, PROC_STATE_ALL);
    proc_state_deinit(&before);
    proc_state_deinit(&after);
    target_finish(target);
}

/* ---- other inspectors ---- */

static void doctor__another_inspector(void **state)
{
    const struct interp *interp = *state;
    atomic_bool cancel = false;
    struct session *session;
    struct builder *builder;
    struct snapshot_info info;

    struct target *target = start(interp, "wait");
    pid_t pid = target_pid(target);
    assert_ok(session_attach(pid, &cancel, &session));
    assert_ok(builder_create(&builder));
    assert_ok(session_snapshot(session, SNAPSHOT_SERVE, builder_sink(builder), &cancel, &info));
    refused(pid, "inspector",
            "another ouro is attached to process %d: process %d; leave that one first, or make it "
            "leave "
            "with --steal",
            pid, getpid());
    pid_t copy = proc_copy_of(pid);
    refused(
        copy, "process",
        "process %d is a frozen copy that ouro has made; inspect the process it is a copy of: %d",
        copy, pid);
    assert_true(session_can_ask(session)); /* it is still there for us */
    json_t *types = ouro_json("types", pid, "--steal", NULL);
    assert_true(json_long(types, "snapshot.objects") > 1000);
    json_decref(types);
    assert_fails(session_snapshot(session, 0, builder_sink(builder), &cancel, &info),
                 ERR_TARGET_GONE, "the agent has left");
    builder_destroy(builder);
    session_detach(session);
    proc_assert_clean(pid, READY_MS);
    target_finish(target);
}

static void doctor__unknown_inspector(void **state)
{
    struct target *target = start(*state, "foreign");
    pid_t pid = target_pid(target);

    refused(pid, "inspector",
            "another ouro is attached to process %d; leave that one first, or make it leave with "
            "--steal",
            pid);
    target_finish(target);
}

/* ---- free-threaded builds ---- */

/* A libpython of 3.13 or later that says of itself that it has no GIL: the flag in its table for debuggers is set. */
static void doctor__free_threaded(void **state)
{
    const struct interp *interp = *state;
    char library[512], path[COMPILE_PATH_BYTES], name[64], *environment, *mark;

    snprintf(library, sizeof library, "%s", interp->path);
    char *bin = strstr(library, "/bin/");
    if (interp->minor < 13 || *interp->root || !bin)
        skip();
    snprintf(name, sizeof name, "libpython3.%u.so.1.0", interp->minor);
    snprintf(bin, sizeof library - (size_t)(bin - library), "/lib/%s", name);
    if (access(library, R_OK))
        skip(); /* it is in the program itself */
    compile_copy(library, name, path);
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    static char bytes[64 << 20];
    size_t n = fread(bytes, 1, sizeof bytes, file);
    for (mark = bytes; (mark = memmem(mark, (size_t)(bytes + n - mark), "xdebugpy", 8)); mark++)
        if (mark[11] == 3) /* the version follows, as Py_Version has it */
            break;
    assert_non_null(mark);
    assert_int_equal(mark[16], 0);
    fseek(file, mark + 16 - bytes, SEEK_SET);
    fputc(1, file);
    fclose(file);
    environment = xasprintf("LD_LIBRARY_PATH=%s", compile_directory());
    struct target *target = target_start_command(
        (const char *[]){"/usr/bin/env", environment, interp->path, "-B", REFUSED, "wait", NULL});
    json_decref(target_json(target));
    pid_t pid = target_pid(target);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(interp->name, " "), interp->name);
    refused(pid, "python", "it runs a free-threaded Python: %s; builds with the GIL are supported",
            name);
    target_finish(target);
    unlink(path);
    free(environment);
}

/* ---- just starting ---- */

#define WAIT_CODE "import os; os.write(1, b'ready\\n'); os.read(0, 1)"

/* Whether a Python of this kind has its interpreter in a library. */
static bool is_in_library(const struct interp *interp)
{
    static char text[1 << 18];
    char path[64];
    struct child child = child_start((const char *[]){interp->path, "-c", WAIT_CODE, NULL});

    child_expect(&child, "ready");
    snprintf(path, sizeof path, "/proc/%d/maps", child.pid);
    FILE *maps = fopen(path, "r");
    assert_non_null(maps);
    text[fread(text, 1, sizeof text - 1, maps)] = '\0';
    fclose(maps);
    child_end(&child);
    return strstr(text, "/libpython3");
}

struct preloaded {
    const char *python, *fifo;
    pid_t pid;
};

static int become_python(void *arg)
{
    const struct preloaded *preloaded = arg;

    setenv("LD_PRELOAD", preloaded->fifo, 1);
    execl(preloaded->python, preloaded->python, "-c", WAIT_CODE, (char *)NULL);
    return 127;
}

static bool is_in_loader(void *arg)
{
    const struct preloaded *preloaded = arg;
    char path[64], program[512] = "", want[512] = "";

    snprintf(path, sizeof path, "/proc/%d/exe", preloaded->pid);
    return readlink(path, program, sizeof program - 1) > 0 && realpath(preloaded->python, want) &&
           !strcmp(program, want) && proc_syscall(preloaded->pid) == SYS_openat;
}

/* The dynamic loader waits for a FIFO that it is to load first: the program is there, its libraries are not. */
static void doctor__just_loading(void **state)
{
    const struct interp *interp = *state;

    if (*interp->root)
        skip();
    char *fifo = xasprintf("%s/preload.so", compile_directory());
    bool in_library = is_in_library(interp);
    struct preloaded preloaded = {.python = interp->path, .fifo = fifo};
    assert_int_equal(mkfifo(fifo, 0600), 0);
    struct child child = child_fork(become_python, &preloaded);
    preloaded.pid = child.pid;
    assert_true(wait_until(is_in_loader, &preloaded, READY_MS));
    if (in_library)
        refused(child.pid, "python", "its Python is just being loaded; try again");
    else
        refused(child.pid, "loader", "its libraries are just being loaded; try again");
    close(open(fifo, O_WRONLY | O_CLOEXEC)); /* nothing to load after all: it goes on without */
    child_expect(&child, "ready");
    attachable(child.pid);
    child_end(&child);
    unlink(fifo);
    free(fifo);
}

/* ---- */

static int run_once(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doctor__no_such_process),
        cmocka_unit_test(doctor__kernel_thread),
        cmocka_unit_test(doctor__not_a_python),
        cmocka_unit_test(doctor__python_2_7),
        cmocka_unit_test(doctor__python_3_6),
        cmocka_unit_test(doctor__python_3_7),
        cmocka_unit_test(doctor__pypy),
        cmocka_unit_test(doctor__static),
        cmocka_unit_test(doctor__32_bit),
        cmocka_unit_test(doctor__other_processor),
        cmocka_unit_test(doctor__protected),
        cmocka_unit_test(doctor__capabilities),
        cmocka_unit_test(doctor__own_process_of_nobody),
    };
    int failed = cmocka_run_group_tests_name("doctor, once", tests, NULL, NULL);

    targets_end_all();
    return failed;
}

int main(int argc, char **argv)
{
    static const struct behaviour behaviours[] = {
        BEHAVIOUR(doctor__other_user),        BEHAVIOUR(doctor__zombie),
        BEHAVIOUR(doctor__stopped),           BEHAVIOUR(doctor__traced_by_strace),
        BEHAVIOUR(doctor__traced_by_gdb),     BEHAVIOUR(doctor__strict_seccomp),
        BEHAVIOUR(doctor__seccomp_filter),    BEHAVIOUR(doctor__another_inspector),
        BEHAVIOUR(doctor__unknown_inspector), BEHAVIOUR(doctor__free_threaded),
        BEHAVIOUR(doctor__just_loading),
    };
    int failed = run_once();

    return interp_main("doctor", behaviours, BEHAVIOURS(behaviours), argc, argv) || failed;
}
