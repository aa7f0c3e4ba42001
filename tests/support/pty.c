#include "tests/support/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "inspector/base/str.h"

struct pty {
    int master;
    int report_fd; /* from the session leader: the program's pid, then each wait status */
    pid_t leader, program;
    struct termios modes; /* before the program started */
    struct str output;
    bool has_ended, has_stopped;
    int status;
};

static void die(const char *what)
{
    perror(what);
    abort();
}

/* -- The session leader: does what a shell does, and reports -- */

static void exec_program(const struct pty_options *options)
{
    static const char *const common[] = {"LC_ALL=C.UTF-8", "TERM=xterm-256color",
                                         "HOME=/nonexistent", "ASAN_OPTIONS=detect_leaks=1",
                                         "TZ=UTC"};

    clearenv();
    for (size_t i = 0; i < sizeof common / sizeof *common; i++)
        putenv((char *)common[i]);
    for (const char *const *entry = options->env; entry && *entry; entry++)
        putenv((char *)*entry);
    if (options->cwd && chdir(options->cwd))
        die(options->cwd);
    execv(options->argv[0], (char *const *)options->argv);
    die(options->argv[0]);
}

static void report(int fd, int value)
{
    if (write(fd, &value, sizeof value) != sizeof value)
        _exit(1); /* the test has gone away */
}

static void lead_session(const struct pty_options *options, int slave, int report_fd)
{
    int status;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setsid();
    if (ioctl(slave, TIOCSCTTY, 0))
        die("TIOCSCTTY");
    signal(SIGTTOU, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    pid_t program = fork();
    if (!program) {
        setpgid(0, 0);
        tcsetpgrp(slave, getpid());
        signal(SIGTTOU, SIG_DFL);
        signal(SIGHUP, SIG_DFL);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (int fd = 0; fd < 3; fd++)
            dup2(slave, fd);
        close(slave);
        exec_program(options);
    }
    close(slave);
    report(report_fd, program);
    while (waitpid(program, &status, WUNTRACED) == program) {
        report(report_fd, status);
        if (!WIFSTOPPED(status))
            break;
    }
    _exit(0);
}

/* -- The test's side -- */

static int open_slave(int master, int cols, int rows)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    char name[64];

    if (grantpt(master) || unlockpt(master) || ptsname_r(master, name, sizeof name))
        die("pty");
    ioctl(master, TIOCSWINSZ, &size);
    int slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0)
        die(name);
    return slave;
}

/* Waits for a report from the leader, with the time limit. False at its end. */
static bool read_report(struct pty *pty, int *value)
{
    struct pollfd fd = {pty->report_fd, POLLIN, 0};

    if (poll(&fd, 1, PTY_TIMEOUT_MS) != 1) {
        fprintf(stderr, "pty: the program did not change its state in time\n");
        abort();
    }
    return read(pty->report_fd, value, sizeof *value) == sizeof *value;
}

struct pty *pty_spawn(const struct pty_options *options)
{
    struct pty *pty = calloc(1, sizeof *pty);
    int pipes[2], program = 0;

    if (!pty || pipe2(pipes, O_CLOEXEC))
        die("pty");
    pty->output = STR_INIT;
    pty->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (pty->master < 0)
        die("posix_openpt");
    int slave = open_slave(pty->master, options->cols, options->rows);
    tcgetattr(slave, &pty->modes);
    pty->leader = fork();
    if (!pty->leader) {
        close(pty->master);
        lead_session(options, slave, pipes[1]);
    }
    close(slave);
    close(pipes[1]);
    pty->report_fd = pipes[0];
    if (!read_report(pty, &program))
        die("pty: no program");
    pty->program = program;
    return pty;
}

static void take_report(struct pty *pty)
{
    int status;

    if (!read_report(pty, &status)) {
        pty->has_ended = true;
        return;
    }
    pty->status = status;
    pty->has_stopped = WIFSTOPPED(status);
    pty->has_ended = !pty->has_stopped;
}

void pty_hang_up(struct pty *pty)
{
    if (pty->master >= 0)
        close(pty->master);
    pty->master = -1;
}

void pty_destroy(struct pty *pty)
{
    if (!pty)
        return;
    if (!pty->has_ended) {
        kill(pty->program, SIGKILL);
        kill(pty->program, SIGCONT);
    }
    pty_hang_up(pty);
    close(pty->report_fd);
    waitpid(pty->leader, NULL, 0);
    str_deinit(&pty->output);
    free(pty);
}

void pty_send(struct pty *pty, const char *bytes)
{
    if (write(pty->master, bytes, strlen(bytes)) != (ssize_t)strlen(bytes))
        die("pty: write");
}

/* Reads once; false when the other end is closed. */
static bool read_output(struct pty *pty, pty_sink *sink, void *ctx)
{
    char bytes[4096];
    ssize_t n = read(pty->master, bytes, sizeof bytes);

    if (n < 0 && errno == EINTR)
        return true;
    if (n <= 0)
        return false;
    str_append_bytes(&pty->output, bytes, (size_t)n);
    if (sink)
        sink(ctx, bytes, (size_t)n);
    return true;
}

bool pty_pump(struct pty *pty, pty_sink *sink, void *ctx)
{
    struct pollfd fd = {pty->master, POLLIN, 0};

    if (poll(&fd, 1, PTY_TIMEOUT_MS) != 1) {
        fprintf(stderr, "pty: the program sent nothing for %d s\n", PTY_TIMEOUT_MS / 1000);
        return false;
    }
    return read_output(pty, sink, ctx);
}

const char *pty_output(const struct pty *pty, size_t *bytes)
{
    if (bytes)
        *bytes = pty->output.len_bytes;
    return pty->output.text;
}

void pty_signal(const struct pty *pty, int number)
{
    kill(pty->program, number);
}

void pty_resize(struct pty *pty, int cols, int rows)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};

    ioctl(pty->master, TIOCSWINSZ, &size);
}

bool pty_is_restored(const struct pty *pty)
{
    const struct termios *before = &pty->modes;
    struct termios now;

    return !tcgetattr(pty->master, &now) && now.c_iflag == before->c_iflag &&
           now.c_oflag == before->c_oflag && now.c_cflag == before->c_cflag &&
           now.c_lflag == before->c_lflag && !memcmp(now.c_cc, before->c_cc, sizeof now.c_cc);
}

/* Reads output and reports until *flag is set. */
static void pump_until(struct pty *pty, const bool *flag, pty_sink *sink, void *ctx)
{
    bool has_output = pty->master >= 0;

    while (!*flag) {
        struct pollfd fds[] = {{pty->report_fd, POLLIN, 0},
                               {has_output ? pty->master : -1, POLLIN, 0}};
        if (poll(fds, 2, PTY_TIMEOUT_MS) < 1) {
            fprintf(stderr, "pty: waited too long; output so far:\n%s\n", pty->output.text);
            abort();
        }
        if (fds[1].revents)
            has_output = read_output(pty, sink, ctx);
        else if (fds[0].revents)
            take_report(pty);
    }
}

void pty_wait_stopped(struct pty *pty, pty_sink *sink, void *ctx)
{
    pty->has_stopped = false;
    pump_until(pty, &pty->has_stopped, sink, ctx);
}

int pty_wait_exit(struct pty *pty)
{
    pump_until(pty, &pty->has_ended, NULL, NULL);
    /* What it wrote last may still be in the pipe. */
    while (pty->master >= 0 && read_output(pty, NULL, NULL))
        ;
    return pty->status;
}
