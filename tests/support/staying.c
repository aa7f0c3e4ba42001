#include "tests/support/staying.h"

#include <stdio.h>

#include "tests/support/ouro_cli.h"
#include "tests/support/proc_state.h"
#include "tests/support/target.h"

enum { START_MS = 20 * 1000, COLS = 80, ROWS = 24 };

struct pty *staying_launch(pid_t pid)
{
    char number[16];
    const char *argv[] = {ouro_path(), "attach", number, NULL};

    snprintf(number, sizeof number, "%d", pid);
    return pty_spawn(&(struct pty_options){.argv = argv, .cols = COLS, .rows = ROWS});
}

static bool has_copy(void *arg)
{
    return proc_copy_of(*(pid_t *)arg) != 0;
}

struct pty *staying_start(pid_t pid)
{
    struct pty *inspector = staying_launch(pid);

    if (!wait_until(has_copy, &pid, START_MS))
        test_fail("the inspector of %d takes no snapshot", pid);
    return inspector;
}

void staying_end(struct pty *inspector)
{
    pty_send(inspector, "Q");
    int status = pty_wait_exit(inspector);
    if (status)
        test_fail("the inspector ended with wait status 0x%x:\n%s", status,
                  pty_output(inspector, NULL));
    pty_destroy(inspector);
}
