#include "tests/support/interp.h"

#include <glob.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inspector/base/mem.h"
#include "tests/support/target.h"
#include "tests/support/test.h"

enum {
    INTERPS_MAX = 32,
    MINOR_FIRST = 8,
    MINOR_LAST_WANTED = 13,
    VERSION_BYTES = 32,
};

static struct interp found[INTERPS_MAX];
static size_t n_found;

/* ---- finding them ---- */

/* "3.11.7", or "" when the program does not run. */
static void ask_version(const char *root, const char *path, char version[VERSION_BYTES])
{
    int out[2];
    size_t used = 0;
    ssize_t n;

    version[0] = '\0';
    if (pipe(out))
        return;
    pid_t pid = fork();
    if (pid == 0) {
        dup2(out[1], STDOUT_FILENO);
        close(out[0]);
        if (*root && (chroot(root) || chdir("/")))
            _exit(127);
        execl(path, path, "-I", "-S", "-c",
              "import sys; print('%d.%d.%d' % sys.version_info[:3], end='')", (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    while (pid > 0 && used < VERSION_BYTES - 1 &&
           (n = read(out[0], version + used, VERSION_BYTES - 1 - used)) > 0)
        used += (size_t)n;
    version[used] = '\0';
    close(out[0]);
    if (pid > 0)
        waitpid(pid, NULL, 0);
}

static void add(const char *root, const char *path, const char *suffix)
{
    struct interp *interp = &found[n_found];
    char version[VERSION_BYTES];
    unsigned major = 0;

    if (n_found == INTERPS_MAX)
        return;
    *interp = (struct interp){.minor = 0};
    ask_version(root, path, version);
    if (sscanf(version, "%u.%u.", &major, &interp->minor) != 2 || major != 3 ||
        interp->minor < MINOR_FIRST)
        return;
    snprintf(interp->name, sizeof interp->name, "%s%s", version, suffix);
    snprintf(interp->path, sizeof interp->path, "%s", path);
    snprintf(interp->root, sizeof interp->root, "%s", root);
    for (size_t i = 0; i < n_found; i++)
        interp->is_second |= found[i].minor == interp->minor;
    n_found++;
}

static void add_matching(const char *root, const char *pattern, const char *suffix)
{
    char *whole = xasprintf("%s%s", root, pattern);
    glob_t matches = {.gl_pathc = 0};

    if (!glob(whole, 0, NULL, &matches))
        for (size_t i = 0; i < matches.gl_pathc; i++)
            add(root, matches.gl_pathv[i] + strlen(root), suffix);
    globfree(&matches);
    free(whole);
}

static int by_version(const void *a, const void *b)
{
    const struct interp *x = a, *y = b;

    return x->minor != y->minor ? (x->minor > y->minor) - (x->minor < y->minor)
                                : x->is_second - y->is_second;
}

const struct interp *interp_all(size_t *n)
{
    const struct passwd *user = getpwuid(getuid()); /* Bazel sets HOME to something else */
    const char *given = getenv("PYENV_ROOT");
    const char *sid = getenv("OURO_SID_ROOT");

    *n = n_found;
    if (n_found)
        return found;
    char *pyenv = given && *given
                      ? xasprintf("%s/versions/3.*/bin/python3", given)
                      : xasprintf("%s/.pyenv/versions/3.*/bin/python3", user ? user->pw_dir : "");
    add_matching("", pyenv, "");
    free(pyenv);
    add("", "/usr/bin/python3", " system");
    if (getuid() == 0) /* chroot(2) */
        add_matching(sid ? sid : "/var/cache/ouro-sid", "/usr/bin/python3.[0-9][0-9]", " sid");
    qsort(found, n_found, sizeof *found, by_version);
    *n = n_found;
    return found;
}

/* ---- running ---- */

static void missing(void **state)
{
    (void)state;
    skip();
}

static int end_targets(void **state)
{
    (void)state;
    targets_end_all();
    return 0;
}

struct cases {
    struct CMUnitTest *at;
    size_t n, cap;
    const char *filter;
};

static void add_case(struct cases *cases, const char *name, const char *where,
                     CMUnitTestFunction run, const struct interp *interp)
{
    char *full = xasprintf("%s [%s]", name, where);

    if (cases->filter && !strstr(full, cases->filter)) {
        free(full);
        return;
    }
    if (grow(&cases->at, &cases->cap, cases->n + 1, sizeof *cases->at))
        abort();
    cases->at[cases->n++] = (struct CMUnitTest){
        .name = full,
        .test_func = run,
        .teardown_func = end_targets,
        .initial_state = (void *)interp,
    };
}

static bool has_minor(unsigned minor)
{
    for (size_t i = 0; i < n_found; i++)
        if (found[i].minor == minor)
            return true;
    return false;
}

static void add_behaviour(struct cases *cases, const struct behaviour *behaviour,
                          const struct interp *interps, size_t n)
{
    for (size_t i = 0; i < (behaviour->once ? 1 : n); i++)
        add_case(cases, behaviour->name, interps[i].name, behaviour->run, &interps[i]);
    for (unsigned minor = MINOR_FIRST; !behaviour->once && minor <= MINOR_LAST_WANTED; minor++) {
        char where[32];
        snprintf(where, sizeof where, "3.%u is missing", minor);
        if (!has_minor(minor))
            add_case(cases, behaviour->name, where, missing, NULL);
    }
}

int interp_main(const char *suite, const struct behaviour *behaviours, size_t n, int argc,
                char **argv)
{
    struct cases cases = {.filter = argc > 1 ? argv[1] : NULL};
    size_t n_interps;
    const struct interp *interps = interp_all(&n_interps);

    if (!n_interps) {
        fprintf(stderr, "%s: no Python 3.8 or newer was found to test on\n", suite);
        return 1;
    }
    setlinebuf(stdout);
    for (size_t b = 0; b < n; b++)
        add_behaviour(&cases, &behaviours[b], interps, n_interps);
    int failed = _cmocka_run_group_tests(suite, cases.at, cases.n, NULL, NULL);
    for (size_t i = 0; i < cases.n; i++)
        free((char *)cases.at[i].name);
    free(cases.at);
    return failed;
}
