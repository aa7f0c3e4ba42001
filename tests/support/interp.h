/*
 * The Python interpreters that the end-to-end tests run on, and the main() of such a test.
 *
 *      static void types__counts(void **state)
 *      {
 *          const struct interp *interp = *state;
 *          …
 *      }
 *      static const struct behaviour behaviours[] = {BEHAVIOUR(types__counts), …};
 *
 *      int main(int argc, char **argv)
 *      {
 *          return interp_main("types", behaviours, BEHAVIOURS(behaviours), argc, argv);
 *      }
 *
 * Every behaviour is run on every interpreter: one cmocka case for each pair, "types__counts
 * [3.11.7]". Looked for are all python3.8 and newer under $PYENV_ROOT (else ~/.pyenv), /usr/bin/python3, and
 * those of a second root file system (OURO_SID_ROOT, else /var/cache/ouro-sid), which are entered
 * by chroot. A version from 3.8 to 3.13 that is not there is a skipped case with its name; when none
 * is there the suite fails.
 *
 * An argument runs only the cases whose name contains it:
 *      bazel test //tests/e2e:test_types --test_arg=3.13
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct interp {
    char name[48];  /* "3.11.7", "3.11.2 system", "3.14.10 sid" */
    char path[256]; /* of the program, inside `root` */
    char root[192]; /* "" if it is our own */
    unsigned minor; /* of 3.minor */
    bool is_second; /* a version of which there is another one; long tests may leave it out */
};

/* All there are, by version; found once. Both stay valid. */
const struct interp *interp_all(size_t *n);

struct behaviour {
    const char *name;
    void (*run)(void **state);
    bool once; /* on the first interpreter only: nothing in it depends on which */
};

/* clang-format off */
#define BEHAVIOUR(fn) {#fn, fn, false}
#define BEHAVIOUR_ONCE(fn) {#fn, fn, true}
/* clang-format on */
#define BEHAVIOURS(array) (sizeof(array) / sizeof *(array))

/* Runs them all; targets (target.h) that a case left behind are ended after it. */
int interp_main(const char *suite, const struct behaviour *behaviours, size_t n, int argc,
                char **argv);
