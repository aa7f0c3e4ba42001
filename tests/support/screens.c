/*
 * Runs scripts (inspector/ui/script.h) against a program on a pty and compares the screens that
 * they write with golden ones.
 *
 *      screens PROGRAM DIRECTORY [NAME…]
 *
 * DIRECTORY holds NAME.steps and golden/VARIANT/NAME-*.screen. A script says in its comments how it
 * is to be run; each variant is a run of its own:
 *
 *      # variants: 80x24 132x43 40x10 80x24-mono 80x24-ascii
 *      # args: --readonly open @tests/tui/heap/heap.ouro
 *
 * An argument with '@' is a file of the tests; there is at most one. A variant is a size, with "-mono" (NO_COLOR=1) or "-ascii" (--ascii) behind it. Screens are named
 * after the script: `screen NAME-filtered.screen`. A golden screen that no run writes any more is a
 * failure.
 */
#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inspector/base/file.h"
#include "inspector/base/mem.h"
#include "inspector/base/str.h"
#include "tests/support/golden.h"
#include "tests/support/pty.h"

enum { MAX_ARGS = 16, MAX_NAMES = 256, MAX_FILE_BYTES = 1 << 20 };

struct suite {
    const char *program, *directory;
    unsigned n_runs, n_failed;
};

struct run {
    const char *name;    /* of the script, without .steps */
    const char *variant; /* 80x24-mono */
    const char *args;    /* of the program, separated by blanks, or "" */
    char work[PATH_MAX]; /* where the program runs and writes screens */
    int cols, rows;
};

static char *slurp(const char *path)
{
    char *text = NULL;
    struct err *err = file_read(path, MAX_FILE_BYTES, &text, NULL);

    if (err)
        fprintf(stderr, "%s\n", err->message);
    err_destroy(err);
    return text;
}

/* The rest of the comment line that starts with `# key:`, or `otherwise`. */
static char *find_setting(const char *text, const char *key, const char *otherwise)
{
    char *start = xasprintf("# %s:", key);
    const char *found = strstr(text, start);
    char *value = NULL;

    if (found) {
        found += strlen(start);
        found += strspn(found, " ");
        value = xstrndup(found, strcspn(found, "\n"));
    }
    free(start);
    return value ? value : xstrdup(otherwise);
}

/* The absolute path of a file that is relative to where we run. */
static char *absolute(const char *path)
{
    char *full = realpath(path, NULL);

    if (!full) {
        perror(path);
        exit(2);
    }
    return full;
}

static int run_program(const struct suite *suite, const struct run *run, struct str *output)
{
    const char *argv[MAX_ARGS] = {0}, *env[3] = {0};
    char *saved = NULL, *args = xstrdup(run->args), *file = NULL;
    char *steps = xasprintf("%s/%s.steps", suite->directory, run->name);
    char *path = absolute(steps), *script = xasprintf("OURO_SCRIPT=%s", path);
    size_t n = 0;

    argv[n++] = suite->program;
    if (strstr(run->variant, "-ascii"))
        argv[n++] = "--ascii";
    for (char *arg = strtok_r(args, " ", &saved); arg && n + 1 < MAX_ARGS;
         arg = strtok_r(NULL, " ", &saved))
        argv[n++] = *arg == '@' ? (file = absolute(arg + 1)) : arg;
    env[0] = script;
    env[1] = strstr(run->variant, "-mono") ? "NO_COLOR=1" : NULL;
    struct pty *pty = pty_spawn(&(struct pty_options){argv, env, run->work, run->cols, run->rows});
    int status = pty_wait_exit(pty);
    str_append(output, pty_output(pty, NULL));
    pty_destroy(pty);
    free(args);
    free(file);
    free(steps);
    free(path);
    free(script);
    return status;
}

/* Names of the files in `directory` that belong to script `name`, sorted. */
static size_t list_screens(const char *directory, const char *name, char *names[MAX_NAMES])
{
    DIR *dir = opendir(directory);
    struct dirent *entry;
    size_t n = 0, bytes = strlen(name);

    while (dir && (entry = readdir(dir)) && n < MAX_NAMES) {
        const char *rest = entry->d_name + bytes;
        if (!strncmp(entry->d_name, name, bytes) && *rest == '-' && strstr(rest, ".screen"))
            names[n++] = xstrdup(entry->d_name);
    }
    if (dir)
        closedir(dir);
    return n;
}

/* Compares what the run wrote with the golden screens. */
static bool check_screens(const struct suite *suite, const struct run *run)
{
    char *names[MAX_NAMES];
    size_t n = list_screens(run->work, run->name, names);
    bool good = true;

    for (size_t i = 0; i < n; i++) {
        char *path = xasprintf("%s/%s", run->work, names[i]);
        char *golden = xasprintf("%s/golden/%s/%s", suite->directory, run->variant, names[i]);
        char *text = slurp(path);
        good &= text && golden_check(golden, text);
        free(text);
        free(golden);
        unlink(path);
        free(path);
        free(names[i]);
    }
    return good;
}

/* A golden screen whose script no longer writes it would never be compared again. */
static bool check_no_stale(const struct suite *suite, const struct run *run)
{
    char *golden = xasprintf("%s/%s/golden/%s", golden_root(), suite->directory, run->variant);
    char *names[MAX_NAMES];
    size_t n = list_screens(golden, run->name, names);
    bool good = true;

    for (size_t i = 0; i < n; i++) {
        char *written = xasprintf("%s/%s", run->work, names[i]);
        if (access(written, F_OK)) {
            fprintf(stderr, "%s/%s: no step writes this screen any more\n", golden, names[i]);
            good = false;
        }
        free(written);
        free(names[i]);
    }
    free(golden);
    return good;
}

static bool do_run(struct suite *suite, struct run *run)
{
    struct str output = STR_INIT;
    const char *base = getenv("TEST_TMPDIR");

    if (sscanf(run->variant, "%dx%d", &run->cols, &run->rows) != 2) {
        fprintf(stderr, "%s: bad variant '%s'\n", run->name, run->variant);
        return false;
    }
    snprintf(run->work, sizeof run->work, "%s/screens.XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(run->work)) {
        perror(run->work);
        return false;
    }
    int status = run_program(suite, run, &output);
    bool good = WIFEXITED(status) && !WEXITSTATUS(status);
    if (!good) {
        const char *after = strstr(output.text, "\033[?1049l");
        fprintf(stderr, "status %#x; after the screen was restored:\n%s\n", (unsigned)status,
                after ? after + 8 : output.text);
    }
    good &= check_no_stale(suite, run);
    good &= check_screens(suite, run);
    rmdir(run->work);
    str_deinit(&output);
    return good;
}

static void run_script(struct suite *suite, const char *name)
{
    char *path = xasprintf("%s/%s.steps", suite->directory, name);
    char *text = slurp(path), *saved = NULL;

    free(path);
    if (!text) {
        suite->n_failed++;
        return;
    }
    char *variants = find_setting(text, "variants", "80x24"),
         *args = find_setting(text, "args", "");
    for (char *variant = strtok_r(variants, " ", &saved); variant;
         variant = strtok_r(NULL, " ", &saved)) {
        struct run run = {.name = name, .variant = variant, .args = args};
        bool good = do_run(suite, &run);
        printf("%s %s %s\n", good ? "ok  " : "FAIL", name, variant);
        suite->n_runs++;
        suite->n_failed += !good;
    }
    free(variants);
    free(args);
    free(text);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void run_all(struct suite *suite)
{
    DIR *dir = opendir(suite->directory);
    struct dirent *entry;
    char *names[MAX_NAMES];
    size_t n = 0;

    while (dir && (entry = readdir(dir)) && n < MAX_NAMES) {
        size_t bytes = strlen(entry->d_name);
        if (bytes > 6 && !strcmp(entry->d_name + bytes - 6, ".steps"))
            names[n++] = xstrndup(entry->d_name, bytes - 6);
    }
    if (dir)
        closedir(dir);
    qsort(names, n, sizeof *names, compare_names);
    for (size_t i = 0; i < n; i++) {
        run_script(suite, names[i]);
        free(names[i]);
    }
}

int main(int argc, char **argv)
{
    struct suite suite = {0};

    if (argc < 3) {
        fprintf(stderr, "usage: %s PROGRAM DIRECTORY [NAME...]\n", argv[0]);
        return 2;
    }
    char *program = absolute(argv[1]);
    suite.program = program;
    suite.directory = argv[2];
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 3; i < argc; i++)
        run_script(&suite, argv[i]);
    if (argc == 3)
        run_all(&suite);
    printf("%u runs, %u failed\n", suite.n_runs, suite.n_failed);
    free(program);
    return suite.n_failed || !suite.n_runs;
}
