#include "tests/support/target.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inspector/base/clock.h"
#include "inspector/base/mem.h"
#include "inspector/base/str.h"
#include "tests/support/test.h"

enum { ARGS_MAX = 16, POLL_NS = 2 * NS_PER_MS, READ_BYTES = 1 << 16, STDERR_BYTES = 1 << 16 };

struct target {
    struct target *next;
    pid_t pid;
    int to, from; /* its standard input and output */
    int errors;   /* a memfd: its standard error */
    bool may_complain;
    bool ended;
    int status; /* once ended */
    struct str input;
    size_t line_bytes; /* of the line given out last, with its end */
    char stderr_text[STDERR_BYTES];
};

static struct target *targets;

_Noreturn void test_fail(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    _fail(__FILE__, __LINE__);
    abort(); /* not reached: _fail() leaves the test */
}

bool wait_until(bool (*condition)(void *arg), void *arg, unsigned ms)
{
    uint64_t deadline = clock_ns() + (uint64_t)ms * NS_PER_MS;

    while (!condition(arg)) {
        if (clock_ns() > deadline)
            return false;
        clock_sleep_ns(POLL_NS);
    }
    return true;
}

bool wait_ended(pid_t child, unsigned ms)
{
    struct pollfd ended = {.fd = (int)syscall(SYS_pidfd_open, child, 0), .events = POLLIN};
    bool yes = ended.fd >= 0 && poll(&ended, 1, (int)ms) == 1;

    close(ended.fd);
    return yes;
}

/* ---- starting ---- */

static const char *const environment[] = {
    "PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/tmp",    "LANG=C.UTF-8", "PYTHONHASHSEED=1",
    "PYTHONDONTWRITEBYTECODE=1",         "PYTHONUTF8=1", NULL,
};

static _Noreturn void child_failed(const char *what)
{
    dprintf(STDERR_FILENO, "%s: %s\n", what, strerror(errno));
    _exit(126);
}

/* Where the directory of the script is seen inside another root. */
#define INNER_DIRECTORY "/mnt"

/* Goes into another root, with /proc and the script's directory in it, in a mount namespace of its
 * own. */
static void enter_root(const char *root, const char *directory)
{
    char path[PATH_MAX];

    if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
        child_failed("a mount namespace");
    snprintf(path, sizeof path, "%s%s", root, INNER_DIRECTORY);
    if (mount(directory, path, NULL, MS_BIND, NULL))
        child_failed("the script's directory");
    snprintf(path, sizeof path, "%s/proc", root);
    if (mount("proc", path, "proc", 0, NULL))
        child_failed("/proc");
    if (chroot(root) || chdir("/"))
        child_failed(root);
}

/* What runs in the new process before the program does. */
static void prepare_child(int in, int out, int errors)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
        dup2(errors, STDERR_FILENO) < 0)
        child_failed("standard descriptors");
}

static struct target *launch(const char *root, const char *directory, const char *const *argv,
                             bool own_environment)
{
    struct target *target = xalloc(sizeof *target);
    int in[2], out[2];

    target->errors = memfd_create("target-stderr", MFD_CLOEXEC);
    if (target->errors < 0 || pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
        test_fail("no pipes for a target: %s", strerror(errno));
    fflush(NULL);
    target->pid = fork();
    if (target->pid == 0) {
        prepare_child(in[0], out[1], target->errors);
        if (*root)
            enter_root(root, directory);
        if (own_environment)
            execve(argv[0], (char *const *)argv, (char *const *)environment);
        else
            execvp(argv[0], (char *const *)argv);
        child_failed(argv[0]);
    }
    close(in[0]);
    close(out[1]);
    target->to = in[1];
    target->from = out[0];
    target->input = STR_INIT;
    target->next = targets;
    targets = target;
    if (target->pid < 0)
        test_fail("cannot start a target: %s", strerror(errno));
    return target;
}

struct target *target_start(const struct interp *interp, const char *script, ...)
{
    const char *argv[ARGS_MAX + 3] = {interp->path};
    char path[PATH_MAX], directory[PATH_MAX], inner[PATH_MAX];
    int n = 2;
    va_list args;

    if (!realpath(script, path))
        test_fail("there is no '%s'", script);
    snprintf(directory, sizeof directory, "%s", path);
    dirname(directory);
    snprintf(inner, sizeof inner, INNER_DIRECTORY "/%s", strrchr(path, '/') + 1);
    argv[1] = *interp->root ? inner : path;
    va_start(args, script);
    for (const char *arg; n < ARGS_MAX + 2 && (arg = va_arg(args, const char *));)
        argv[n++] = arg;
    va_end(args);
    return launch(interp->root, directory, argv, true);
}

struct target *target_start_command(const char *const *argv)
{
    struct target *target = launch("", "", argv, false);

    target->may_complain = true;
    return target;
}

pid_t target_pid(const struct target *target)
{
    return target->pid;
}

/* ---- talking ---- */

const char *target_stderr(struct target *target)
{
    ssize_t n = pread(target->errors, target->stderr_text, STDERR_BYTES - 1, 0);

    target->stderr_text[n > 0 ? n : 0] = '\0';
    return target->stderr_text;
}

void target_ignore_stderr(struct target *target)
{
    target->may_complain = true;
}

/* Reads what has come; false at the end of its output. */
static bool read_some(struct target *target, int timeout_ms)
{
    static char bytes[READ_BYTES];
    struct pollfd ready = {.fd = target->from, .events = POLLIN};

    if (poll(&ready, 1, timeout_ms) == 0)
        test_fail("target %d says nothing for %d ms; on its standard error: %s", target->pid,
                  timeout_ms, target_stderr(target));
    ssize_t n = read(target->from, bytes, sizeof bytes);
    if (n > 0)
        str_append_bytes(&target->input, bytes, (size_t)n);
    return n > 0;
}

const char *target_line(struct target *target)
{
    char *end;

    if (target->line_bytes) { /* forget the line before */
        char *rest = xstrdup(target->input.text + target->line_bytes);
        str_clear(&target->input);
        str_append(&target->input, rest);
        free(rest);
        target->line_bytes = 0;
    }
    while (!(end = memchr(target->input.text, '\n', target->input.len_bytes)))
        if (!read_some(target, TARGET_TIMEOUT_MS))
            test_fail("target %d ended too early; on its standard error: %s", target->pid,
                      target_stderr(target));
    *end = '\0';
    target->line_bytes = (size_t)(end + 1 - target->input.text);
    return target->input.text;
}

json_t *target_json(struct target *target)
{
    const char *line = target_line(target);
    json_error_t error;
    json_t *json = json_loads(line, JSON_DECODE_ANY, &error);

    if (!json)
        test_fail("target %d: %s in: %.200s", target->pid, error.text, line);
    return json;
}

void target_send(struct target *target, const char *fmt, ...)
{
    struct str line = STR_INIT;
    char text[4096];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    str_append(&line, text);
    str_append_char(&line, '\n');
    signal(SIGPIPE, SIG_IGN);
    ssize_t n = write(target->to, line.text, line.len_bytes);
    bool whole = n == (ssize_t)line.len_bytes;
    str_deinit(&line);
    if (!whole)
        test_fail("target %d does not listen; on its standard error: %s", target->pid,
                  target_stderr(target));
}

const char *target_ask(struct target *target, const char *line)
{
    target_send(target, "%s", line);
    return target_line(target);
}

json_t *target_ask_json(struct target *target, const char *line)
{
    target_send(target, "%s", line);
    return target_json(target);
}

/* ---- ending ---- */

void target_signal(const struct target *target, int number)
{
    if (!target->ended && target->pid > 0)
        kill(target->pid, number);
}

bool target_lives(const struct target *target)
{
    siginfo_t info = {.si_pid = 0};

    return !target->ended &&
           !waitid(P_PID, (id_t)target->pid, &info, WEXITED | WNOHANG | WNOWAIT) && !info.si_pid;
}

int target_wait(struct target *target)
{
    if (!target->ended) {
        if (!wait_ended(target->pid, TARGET_TIMEOUT_MS))
            test_fail("target %d does not end; on its standard error: %s", target->pid,
                      target_stderr(target));
        waitpid(target->pid, &target->status, 0);
        target->ended = true;
    }
    return target->status;
}

void target_finish(struct target *target)
{
    int status;

    if (target->to >= 0)
        close(target->to);
    target->to = -1;
    status = target_wait(target);
    const char *complaint = target->may_complain ? "" : target_stderr(target);
    if (status || *complaint)
        test_fail("target %d ended with wait status 0x%x; on its standard error: %s", target->pid,
                  status, target_stderr(target));
}

void target_kill(struct target *target)
{
    target_signal(target, SIGCONT);
    target_signal(target, SIGKILL);
    if (!target->ended && target->pid > 0)
        waitpid(target->pid, &target->status, 0);
    target->ended = true;
}

void targets_end_all(void)
{
    while (targets) {
        struct target *target = targets;
        targets = target->next;
        target_kill(target);
        if (target->to >= 0)
            close(target->to);
        close(target->from);
        close(target->errors);
        str_deinit(&target->input);
        free(target);
    }
}
