/*
 * Programs in C that a test builds when it runs: for machines, linkages and names that Bazel does not build.
 *
 *      if (!compile_c("python3.11", (const char *[]){"tests/e2e/targets/wait.c", "-static", NULL}, path))
 *          skip();
 *
 * They lie in a directory of the test run, readable for every user, which is removed at its end.
 */
#pragma once

#include <stdbool.h>

enum { COMPILE_PATH_BYTES = 512 };

/* The directory. */
const char *compile_directory(void);
/* Runs gcc with these arguments (until NULL) and "-o <directory>/name"; false if there is no gcc or it fails, which it says. */
bool compile_c(const char *name, const char *const *arguments, char path[COMPILE_PATH_BYTES]);
/* Copies a file there. */
void compile_copy(const char *from, const char *name, char path[COMPILE_PATH_BYTES]);
