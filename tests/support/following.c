#include "tests/support/following.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inspector/base/mem.h"
#include "tests/support/target.h"

enum { WAIT_MS = 20 * 1000 };

struct awaited {
    int fd;
    const char *text;
};

static bool is_there(void *arg)
{
    const struct awaited *awaited = arg;
    struct stat stat;

    if (fstat(awaited->fd, &stat))
        return false;
    char *all = xalloc((size_t)stat.st_size + 1);
    ssize_t n = pread(awaited->fd, all, (size_t)stat.st_size, 0);
    all[n > 0 ? n : 0] = '\0';
    bool found = strstr(all, awaited->text) != NULL;
    free(all);
    return found;
}

void ouro_await(const struct ouro_running *running, const char *text)
{
    struct awaited awaited = {running->out, text};

    if (!wait_until(is_there, &awaited, WAIT_MS))
        test_fail("'%s' was not printed within %d ms", text, WAIT_MS);
}

struct following following_start(pid_t pid, const char *option, const char *value)
{
    struct following following = {
        ouro_start(ouro_path(), "stats", pid, "--follow", "--json", option, value, NULL)};

    ouro_await(&following.running, "\"begin\"");
    return following;
}

static void add_line(struct followed *followed, const char *text, size_t n)
{
    json_t *line = json_loadb(text, n, 0, NULL);

    if (!line)
        test_fail("not a line of JSON: %.*s", (int)n, text);
    json_array_append_new(followed->lines, line);
    const char *event = json_text(line, "event");
    if (!strcmp(event, "collection"))
        followed->at[followed->n++] = line;
    if (!strcmp(event, "end"))
        followed->end = line;
}

struct followed *following_stop(struct following *following, int signal)
{
    struct followed *followed = xalloc(sizeof *followed);

    if (signal)
        kill(following->running.pid, signal);
    struct ouro ouro = ouro_end(&following->running);
    bool was_killed = signal == SIGKILL;
    if (ouro.status != (was_killed ? 128 + SIGKILL : 0) || *ouro.err)
        test_fail("following ended with status %d: %s", ouro.status, ouro.err);
    size_t lines = 1;
    for (const char *at = ouro.out; *at; at++)
        lines += *at == '\n';
    followed->at = xalloc(lines * sizeof(json_t *));
    followed->lines = json_array();
    const char *at = ouro.out;
    for (const char *end; (end = strchr(at, '\n')); at = end + 1)
        add_line(followed, at, (size_t)(end - at));
    if (!followed->end != was_killed)
        test_fail("there is %s last line", followed->end ? "a" : "no");
    ouro_deinit(&ouro);
    return followed;
}

void followed_destroy(struct followed *followed)
{
    free(followed->at);
    json_decref(followed->lines);
    free(followed);
}
