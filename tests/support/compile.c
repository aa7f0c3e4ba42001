#include "tests/support/compile.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/child.h"
#include "tests/support/test.h"

#define GCC "/usr/bin/gcc"

enum { ARGS_MAX = 32 };

static char directory[] = "/tmp/ouro-test-XXXXXX";
static pid_t owner; /* 0: there is none yet */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void remove_directory(void)
{
    if (owner == getpid())
        nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *compile_directory(void)
{
    if (owner)
        return directory;
    if (!mkdtemp(directory) || chmod(directory, 0755)) {
        fprintf(stderr, "%s: %s\n", directory, strerror(errno));
        abort();
    }
    owner = getpid();
    atexit(remove_directory);
    return directory;
}

bool compile_c(const char *name, const char *const *arguments, char path[COMPILE_PATH_BYTES])
{
    const char *argv[ARGS_MAX + 4] = {GCC, "-o", path};
    struct child_output output;
    int n = 3;

    snprintf(path, COMPILE_PATH_BYTES, "%s/%s", compile_directory(), name);
    if (!child_can_run(GCC))
        return false;
    while (n < ARGS_MAX && *arguments)
        argv[n++] = *arguments++;
    child_run(argv, &output);
    bool compiled = output.status == 0;
    if (!compiled)
        fprintf(stderr, "%s is not built: %s\n", name, output.err);
    child_output_deinit(&output);
    return compiled;
}

void compile_copy(const char *from, const char *name, char path[COMPILE_PATH_BYTES])
{
    char bytes[1 << 16];
    ssize_t n;

    snprintf(path, COMPILE_PATH_BYTES, "%s/%s", compile_directory(), name);
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    assert_true(in >= 0 && out >= 0);
    while ((n = read(in, bytes, sizeof bytes)) > 0)
        assert_true(write(out, bytes, (size_t)n) == n);
    close(in);
    close(out);
}
