#include "inspector/ui/crash.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "inspector/ui/capture.h"

enum { MAX_TEXT_BYTES = 512, STACK_BYTES = 64 * 1024 };

static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS};
enum { N_FATAL = sizeof fatal / sizeof *fatal };

static struct {
    atomic_bool is_armed;
    int fd;
    struct termios modes;
    char text[MAX_TEXT_BYTES];
    size_t text_bytes;
    struct sigaction before[N_FATAL];
} crash;

/* A handler for a stack overflow needs a stack of its own. */
static char stack[STACK_BYTES];

void crash_restore(void)
{
    static const char sorry[] = "ouro: crashed; the terminal was restored\n";

    if (!atomic_exchange(&crash.is_armed, false))
        return;
    /* Nothing sensible can be done about a failure here. */
    if (write(crash.fd, crash.text, crash.text_bytes) < 0)
        return;
    tcsetattr(crash.fd, TCSANOW, &crash.modes);
    capture_stop_from_signal();
    if (write(STDERR_FILENO, sorry, sizeof sorry - 1) < 0)
        return;
}

static void on_fatal(int number)
{
    crash_restore();
    for (size_t i = 0; i < N_FATAL; i++)
        if (fatal[i] == number)
            sigaction(number, &crash.before[i], NULL);
    /* Back to whoever was there before (a sanitizer, the kernel's default). A fault happens again
     * when the handler returns; a signal that was sent must be sent again. */
    raise(number);
}

void crash_arm(int fd, const struct termios *modes, const char *text)
{
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_handler = on_fatal, .sa_flags = SA_ONSTACK | SA_NODEFER};

    crash.fd = fd;
    crash.modes = *modes;
    crash.text_bytes = strnlen(text, sizeof crash.text);
    memcpy(crash.text, text, crash.text_bytes);
    sigaltstack(&alternate, NULL);
    sigemptyset(&action.sa_mask);
    atomic_store(&crash.is_armed, true);
    for (size_t i = 0; i < N_FATAL; i++)
        sigaction(fatal[i], &action, &crash.before[i]);
}

void crash_disarm(void)
{
    if (!atomic_exchange(&crash.is_armed, false))
        return;
    for (size_t i = 0; i < N_FATAL; i++)
        sigaction(fatal[i], &crash.before[i], NULL);
}
