#include "tests/support/ouro_cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inspector/base/clock.h"
#include "inspector/base/mem.h"
#include "tests/support/target.h"
#include "tests/support/test.h"

enum { ARGS_MAX = 16 };

const char *ouro_path(void)
{
    const char *path = getenv("OURO");

    return path ? path : "inspector/ouro";
}

/* ---- running ---- */

static struct ouro_running start(const char *program, const char *command, pid_t pid, va_list args,
                                 const char *last)
{
    struct ouro_running running = {.since_ns = clock_ns()};
    const char *argv[ARGS_MAX + 4] = {program, command};
    char pid_text[16];
    int n = 2;

    snprintf(pid_text, sizeof pid_text, "%d", pid);
    if (pid)
        argv[n++] = pid_text;
    for (const char *arg; n < ARGS_MAX && (arg = va_arg(args, const char *));)
        argv[n++] = arg;
    argv[n] = last;
    running.out = memfd_create("ouro-stdout", MFD_CLOEXEC);
    running.err = memfd_create("ouro-stderr", MFD_CLOEXEC);
    fflush(NULL);
    running.pid = fork();
    if (running.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(running.out, STDOUT_FILENO);
        dup2(running.err, STDERR_FILENO);
        execv(program, (char *const *)argv);
        dprintf(STDERR_FILENO, "cannot run '%s': %s\n", program, strerror(errno));
        _exit(127);
    }
    if (running.pid < 0)
        test_fail("cannot start '%s': %s", program, strerror(errno));
    return running;
}

/* All of a memfd, which is closed. */
static char *take_text(int fd)
{
    struct stat stat;
    size_t done = 0;

    if (fstat(fd, &stat))
        abort();
    char *text = xalloc((size_t)stat.st_size + 1);
    for (ssize_t n = 1; n > 0 && done < (size_t)stat.st_size; done += (size_t)n)
        n = pread(fd, text + done, (size_t)stat.st_size - done, (off_t)done);
    close(fd);
    return text;
}

struct ouro ouro_end(struct ouro_running *running)
{
    struct ouro ouro;
    int status;

    if (!wait_ended(running->pid, OURO_TIMEOUT_MS)) {
        kill(running->pid, SIGKILL);
        waitpid(running->pid, NULL, 0);
        test_fail("ouro did not end within %d ms", OURO_TIMEOUT_MS);
    }
    ouro.wall_ns = clock_ns() - running->since_ns;
    waitpid(running->pid, &status, 0);
    ouro.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    ouro.out = take_text(running->out);
    ouro.err = take_text(running->err);
    return ouro;
}

void ouro_deinit(struct ouro *ouro)
{
    free(ouro->out);
    free(ouro->err);
    *ouro = (struct ouro){.status = 0};
}

struct ouro_running ouro_start(const char *program, const char *command, pid_t pid, ...)
{
    va_list args;

    va_start(args, pid);
    struct ouro_running running = start(program, command, pid, args, NULL);
    va_end(args);
    return running;
}

struct ouro ouro_run_program(const char *program, const char *command, pid_t pid, ...)
{
    va_list args;

    va_start(args, pid);
    struct ouro_running running = start(program, command, pid, args, NULL);
    va_end(args);
    return ouro_end(&running);
}

struct ouro ouro_run(const char *command, pid_t pid, ...)
{
    va_list args;

    va_start(args, pid);
    struct ouro_running running = start(ouro_path(), command, pid, args, NULL);
    va_end(args);
    return ouro_end(&running);
}

json_t *ouro_json(const char *command, pid_t pid, ...)
{
    json_error_t error;
    va_list args;

    va_start(args, pid);
    struct ouro_running running = start(ouro_path(), command, pid, args, "--json");
    va_end(args);
    struct ouro ouro = ouro_end(&running);
    if (ouro.status || *ouro.err)
        test_fail("'ouro %s %d' ended with status %d: %s", command, pid, ouro.status, ouro.err);
    json_t *json = json_loads(ouro.out, 0, &error);
    if (!json)
        test_fail("'ouro %s' printed no JSON: %s: %.200s", command, error.text, ouro.out);
    ouro_deinit(&ouro);
    return json;
}

/* ---- reading ---- */

json_t *json_at(const json_t *json, const char *path)
{
    char key[64];

    while (json && *path) {
        size_t n = strcspn(path, ".");
        snprintf(key, sizeof key, "%.*s", (int)n, path);
        json = json_is_array(json) ? json_array_get(json, strtoul(key, NULL, 10))
                                   : json_object_get(json, key);
        path += n + (path[n] == '.');
    }
    return (json_t *)json;
}

int64_t json_long(const json_t *json, const char *path)
{
    const json_t *found = json_at(json, path);

    if (json_is_boolean(found))
        return json_is_true(found);
    if (!json_is_integer(found))
        test_fail("there is no number '%s' in the answer", path);
    return json_integer_value(found);
}

const char *json_text(const json_t *json, const char *path)
{
    const json_t *found = json_at(json, path);

    if (!json_is_string(found))
        test_fail("there is no text '%s' in the answer", path);
    return json_string_value(found);
}

json_t *json_row(const json_t *json, const char *key, const char *value)
{
    json_t *row;
    size_t i;

    json_array_foreach(json_object_get(json, "rows"), i, row)
    {
        const char *text = json_string_value(json_object_get(row, key));
        if (text && !strcmp(text, value))
            return row;
    }
    return NULL;
}
