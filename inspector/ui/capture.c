#include "inspector/ui/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* The real stderr and the memory file while capturing, else -1. */
static int saved_fd = -1, memory_fd = -1;

struct err *capture_start(void)
{
    if (!isatty(STDERR_FILENO))
        return NULL;
    fflush(stderr);
    int memory = memfd_create("ouro-stderr", MFD_CLOEXEC);
    if (memory < 0)
        return err_sys(errno, "cannot create a memory file for stderr");
    int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (saved < 0 || dup2(memory, STDERR_FILENO) < 0) {
        struct err *err = err_sys(errno, "cannot redirect stderr");
        if (saved >= 0)
            close(saved);
        close(memory);
        return err;
    }
    saved_fd = saved;
    memory_fd = memory;
    return NULL;
}

void capture_stop_from_signal(void)
{
    char buf[4096];
    off_t at = 0;
    ssize_t n;

    if (saved_fd < 0)
        return;
    dup2(saved_fd, STDERR_FILENO);
    while ((n = pread(memory_fd, buf, sizeof buf, at)) > 0) {
        at += n;
        if (write(STDERR_FILENO, buf, (size_t)n) < 0)
            break;
    }
    close(saved_fd);
    close(memory_fd);
    saved_fd = memory_fd = -1;
}

void capture_stop(void)
{
    fflush(stderr);
    capture_stop_from_signal();
}
