#include "tests/support/golden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "inspector/base/file.h"
#include "inspector/base/mem.h"

enum { MAX_SCREEN_BYTES = 1 << 20 };

bool golden_updates(void)
{
    const char *update = getenv("UPDATE_GOLDEN");

    return update && !strcmp(update, "1");
}

const char *golden_root(void)
{
    const char *root = getenv("GOLDEN_ROOT");

    if (!golden_updates())
        return ".";
    if (!root)
        root = getenv("BUILD_WORKSPACE_DIRECTORY");
    return root ? root : ".";
}

static void make_directories(char *path)
{
    for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(path, 0777);
        *slash = '/';
    }
}

static bool update(const char *path, const char *actual)
{
    char *full = xasprintf("%s/%s", golden_root(), path);

    make_directories(full);
    FILE *file = fopen(full, "we");
    bool good = file && fputs(actual, file) >= 0;
    if (file)
        good &= !fclose(file);
    if (!good)
        perror(full);
    free(full);
    return good;
}

/* Both texts side by side is too wide: the lines that differ, one above the other. */
static void print_difference(const char *wanted, const char *actual)
{
    for (unsigned number = 1; *wanted || *actual; number++) {
        size_t a = strcspn(wanted, "\n"), b = strcspn(actual, "\n");
        if (a != b || memcmp(wanted, actual, a) != 0)
            fprintf(stderr, "%4u -%.*s\n     +%.*s\n", number, (int)a, wanted, (int)b, actual);
        wanted += a + (wanted[a] == '\n');
        actual += b + (actual[b] == '\n');
    }
}

bool golden_check(const char *path, const char *actual)
{
    if (golden_updates())
        return update(path, actual);
    char *wanted = NULL;
    err_destroy(file_read(path, MAX_SCREEN_BYTES, &wanted, NULL));
    bool same = wanted && !strcmp(wanted, actual);
    if (!wanted)
        fprintf(stderr, "%s: there is no such golden file; UPDATE_GOLDEN=1 writes it:\n%s", path,
                actual);
    else if (!same) {
        fprintf(stderr, "%s: differs (- golden, + now)\n", path);
        print_difference(wanted, actual);
    }
    free(wanted);
    return same;
}
