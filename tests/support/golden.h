/*
 * Comparing a text with the one that was looked at and found good.
 *
 * Golden files stand in the source tree, under paths relative to its root. With UPDATE_GOLDEN=1
 * they are rewritten: under $GOLDEN_ROOT, else $BUILD_WORKSPACE_DIRECTORY (`bazel run`), else here.
 */
#pragma once

#include <stdbool.h>

/* Whether this run rewrites. */
bool golden_updates(void);
/* Compares `actual` with the file, or writes it. On a difference prints both and returns false. */
bool golden_check(const char *path, const char *actual);
/* The root to which paths of golden files are relative in this run. */
const char *golden_root(void);
