#include "inspector/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/clock.h"

enum { POLL_NS = 5 * NS_PER_MS, STATUS_NOT_STARTED = 127 };
static const uint64_t term_ns = 3000ull * NS_PER_MS;

/* What the program gets as its standard input; ours is the terminal afterwards. */
static struct err *take_input(int *ret)
{
    if (isatty(STDIN_FILENO)) {
        *ret = open("/dev/null", O_RDONLY | O_CLOEXEC);
        return *ret < 0 ? err_sys(errno, "cannot open '/dev/null'") : NULL;
    }
    _cleanup_close_ int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (terminal < 0)
        return err_new(ERR_INPUT, "run it in a terminal",
                       "there is no terminal to show anything on");
    *ret = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (*ret < 0 || dup2(terminal, STDIN_FILENO) < 0)
        return err_sys(errno, "cannot pass on the standard input");
    return NULL;
}

static struct err *open_output(const char *out, char path[PATH_MAX], int *ret)
{
    const char *directory = getenv("TMPDIR");
    enum { FLAGS = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC };

    if (out)
        snprintf(path, PATH_MAX, "%s", out);
    else
        snprintf(path, PATH_MAX, "%s/ouro-run-XXXXXX",
                 directory && *directory ? directory : "/tmp");
    *ret = out ? open(out, FLAGS, 0600) : mkostemp(path, O_APPEND | O_CLOEXEC);
    return *ret < 0 ? err_sys(errno, "cannot write '%s'", path) : NULL;
}

/* In the child: waits for the word, becomes the program. What goes wrong is said through `failure`, which exec closes. */
static _Noreturn void become(char **argv, int input, int output, int go, int failure, pid_t parent)
{
    char word;

    setsid();
#ifdef PR_SET_PTRACER
    /* where Yama wants a tracer to be an ancestor: we are, the process that attaches is only our child */
    prctl(PR_SET_PTRACER, parent);
#endif
    if (read(go, &word, 1) == 1 && dup2(input, STDIN_FILENO) >= 0 &&
        dup2(output, STDOUT_FILENO) >= 0 && dup2(output, STDERR_FILENO) >= 0)
        execvp(argv[0], argv);
    int error = errno;
    if (write(failure, &error, sizeof error) < 0) {
        /* the exit status says the rest */
    }
    _exit(STATUS_NOT_STARTED);
}

static struct err *create(char **argv, int input, int output, struct launch *launch)
{
    int go[2], failure[2];
    pid_t parent = getpid();

    if (pipe2(go, O_CLOEXEC))
        return err_sys(errno, "cannot create a pipe");
    _cleanup_close_ int word = go[0], word_end = go[1];
    if (pipe2(failure, O_CLOEXEC))
        return err_sys(errno, "cannot create a pipe");
    launch->pid = fork();
    if (launch->pid == 0) {
        close(word_end); /* should we die, it does not wait for ever */
        become(argv, input, output, word, failure[1], parent);
    }
    close(failure[1]);
    launch->failure = failure[0];
    launch->go = take_fd(&word_end);
    return launch->pid < 0 ? err_sys(errno, "cannot start a process") : NULL;
}

struct err *launch_create(char **argv, const char *out, struct launch *ret)
{
    _cleanup_close_ int input = -1, output = -1;
    struct launch launch = {.owns_output = !out, .name = argv[0]};

    if (!isatty(STDOUT_FILENO))
        return err_new(ERR_INPUT,
                       "run it in a terminal; the program's output goes to a file (--out)",
                       "there is no terminal to show anything on");
    ERR_RETURN(take_input(&input));
    ERR_RETURN(open_output(out, launch.output, &output));
    ERR_RETURN(create(argv, input, output, &launch));
    *ret = launch;
    return NULL;
}

struct err *launch_go(struct launch *launch)
{
    int error = 0;
    bool told = write(launch->go, "", 1) == 1;

    close(launch->go);
    bool failed = !told || read(launch->failure, &error, sizeof error) == sizeof error;
    close(launch->failure);
    launch->go = launch->failure = -1;
    if (!failed)
        return NULL;
    launch->ended = waitpid(launch->pid, &launch->wait_status, __WALL) == launch->pid;
    launch_drop_output(launch);
    return err_hint(err_sys(error, "cannot start '%s'", launch->name),
                    "is it installed, and in your PATH?");
}

bool launch_has_ended(struct launch *launch)
{
    if (!launch->ended && waitpid(launch->pid, &launch->wait_status, WNOHANG) == launch->pid)
        launch->ended = true;
    return launch->ended;
}

void launch_end(struct launch *launch)
{
    uint64_t deadline = clock_ns() + term_ns;

    if (launch_has_ended(launch))
        return;
    kill(launch->pid, SIGTERM);
    kill(launch->pid, SIGCONT);
    while (!launch_has_ended(launch) && clock_ns() < deadline)
        clock_sleep_ns(POLL_NS);
    if (launch->ended)
        return;
    kill(launch->pid, SIGKILL);
    launch->ended = waitpid(launch->pid, &launch->wait_status, 0) == launch->pid;
}

bool launch_drop_output(const struct launch *launch)
{
    struct stat st;

    return launch->owns_output && !stat(launch->output, &st) && !st.st_size &&
           !unlink(launch->output);
}

const char *launch_how_it_ended(const struct launch *launch, char *buf, size_t bytes)
{
    if (WIFSIGNALED(launch->wait_status))
        snprintf(buf, bytes, "killed by SIG%s", sigabbrev_np(WTERMSIG(launch->wait_status)));
    else
        snprintf(buf, bytes, "exit status %d", WEXITSTATUS(launch->wait_status));
    return buf;
}
