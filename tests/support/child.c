#include "tests/support/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inspector/base/str.h"

static void must(bool fine, const char *what)
{
    if (fine)
        return;
    perror(what);
    abort();
}

static void make_pipe(int ends[2])
{
    must(!pipe2(ends, O_CLOEXEC), "a pipe for a child");
}

/* Forks; in the child 0 is returned, with these descriptors as its first three (-1: left alone). */
static pid_t fork_with(int in, int out, int err)
{
    const int fds[] = {in, out, err};
    pid_t parent = getpid(), pid = fork();

    must(pid >= 0, "fork");
    if (pid)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int i = 0; i < 3; i++)
        if (fds[i] >= 0)
            must(dup2(fds[i], i) == i, "dup2");
    if (getppid() != parent)
        _exit(1);
    return 0;
}

static void exec_program(const char *const *argv)
{
    execv(argv[0], (char *const *)argv);
    perror(argv[0]);
    _exit(127);
}

static struct child begin(int (*body)(void *arg), void *arg)
{
    struct child child;
    int to[2], from[2];

    make_pipe(to);
    make_pipe(from);
    child.pid = fork_with(to[0], from[1], -1);
    if (!child.pid) {
        close(to[1]); /* or a fork of ours would never see the end of its own input */
        close(from[0]);
        _exit(body(arg));
    }
    close(to[0]);
    close(from[1]);
    child.to = to[1];
    child.from = from[0];
    return child;
}

static int run_program(void *arg)
{
    exec_program(arg);
    return 1;
}

struct child child_start(const char *const *argv)
{
    return begin(run_program, (void *)argv);
}

struct child child_fork(int (*body)(void *arg), void *arg)
{
    return begin(body, arg);
}

void child_expect(struct child *child, const char *line)
{
    char buf[256];
    size_t used = 0;

    for (;;) {
        ssize_t got = read(child->from, buf + used, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            fprintf(stderr, "the child ended before it printed '%s'\n", line);
            abort();
        }
        if (buf[used] == '\n') {
            buf[used] = '\0';
            used = 0;
            if (!strcmp(buf, line))
                return;
        } else if (used < sizeof buf - 1) {
            used++;
        }
    }
}

void child_end(struct child *child)
{
    kill(child->pid, SIGKILL);
    while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    close(child->to);
    close(child->from);
}

/* Reads two pipes to their ends. */
static void read_both(int fds[2], struct str texts[2])
{
    struct pollfd polls[] = {{.fd = fds[0], .events = POLLIN}, {.fd = fds[1], .events = POLLIN}};

    while (polls[0].fd >= 0 || polls[1].fd >= 0) {
        must(poll(polls, 2, -1) > 0 || errno == EINTR, "poll");
        for (int i = 0; i < 2; i++) {
            char buf[4096];
            if (polls[i].fd < 0 || !polls[i].revents)
                continue;
            ssize_t got = read(polls[i].fd, buf, sizeof buf);
            if (got > 0)
                str_append_bytes(&texts[i], buf, (size_t)got);
            else
                polls[i].fd = -1;
        }
    }
}

void child_run(const char *const *argv, struct child_output *ret)
{
    struct str texts[2] = {STR_INIT, STR_INIT};
    int out[2], err[2], status;

    make_pipe(out);
    make_pipe(err);
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    pid_t pid = fork_with(nothing, out[1], err[1]);
    if (!pid)
        exec_program(argv);
    close(nothing);
    close(out[1]);
    close(err[1]);
    read_both((int[]){out[0], err[0]}, texts);
    close(out[0]);
    close(err[0]);
    must(waitpid(pid, &status, 0) == pid, "waitpid");
    *ret = (struct child_output){
        .out = str_steal(&texts[0]),
        .err = str_steal(&texts[1]),
        .status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status),
    };
}

void child_output_deinit(struct child_output *output)
{
    free(output->out);
    free(output->err);
}

bool child_can_run(const char *path)
{
    return !access(path, X_OK);
}
