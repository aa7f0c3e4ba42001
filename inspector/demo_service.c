#include "inspector/demo_service.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inspector/demo_text.h"

enum { START_MS = 10000 };

static _Noreturn void become_python(const char *python, const char *path, int ready, pid_t parent)
{
    int null = open("/dev/null", O_RDWR);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
    setsid(); /* ^c is for us */
    dup2(null, 0);
    dup2(ready, 1);
    dup2(null, 2);
    execlp(python, "python3", path, (char *)NULL);
    _exit(127);
}

/* Waits for its first word; false if it ended without. */
static bool wait_ready(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    char byte;

    return poll(&poll_fd, 1, START_MS) == 1 && read(fd, &byte, 1) == 1;
}

/* Writes the program to a file of its own; removed when it runs. */
static struct err *write_program(char directory[], char *path, size_t path_bytes)
{
    if (!mkdtemp(directory))
        return err_sys(errno, "cannot make a directory in /tmp");
    snprintf(path, path_bytes, "%s/demo.py", directory);
    FILE *file = fopen(path, "we");
    bool written = file && fputs(demo_text, file) >= 0;
    if (file && fclose(file))
        written = false;
    return written ? NULL : err_sys(errno, "cannot write '%s'", path);
}

static struct err *start(const char *python, const char *path, pid_t *ret)
{
    int ready[2];
    pid_t parent = getpid();

    if (pipe2(ready, O_CLOEXEC))
        return err_sys(errno, "cannot start the sample service");
    pid_t pid = fork();
    if (pid == 0)
        become_python(python, path, ready[1], parent);
    close(ready[1]);
    bool runs = pid > 0 && wait_ready(ready[0]);
    close(ready[0]);
    if (runs) {
        *ret = pid;
        return NULL;
    }
    demo_stop(pid);
    return err_new(ERR_INPUT, "name one with --python",
                   "cannot start the sample service: '%s' is no Python that runs", python);
}

struct err *demo_start(const char *python, pid_t *ret)
{
    char directory[] = "/tmp/ouro-demo-XXXXXX", path[64] = "";
    struct err *err = write_program(directory, path, sizeof path);

    if (!err)
        err = start(python, path, ret);
    if (*path)
        unlink(path);
    rmdir(directory);
    return err;
}

void demo_stop(pid_t pid)
{
    if (pid <= 0)
        return;
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}
