/*
 * A directory for a test program's files, removed with all that is in it:
 *
 *      cmocka_run_group_tests(tests, directory_make, directory_remove)
 */
#pragma once

int directory_make(void **state);
int directory_remove(void **state);
/* Its path, with `name` behind it; the caller's. */
char *directory_path(const char *name);
/* How many files are in it, those with a dot included. */
unsigned directory_count(void);
