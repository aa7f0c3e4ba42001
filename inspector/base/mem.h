/*
 * Memory. Two kinds of allocation, never mixed up:
 *
 *  - grow(), alloc_array(): arrays whose size the target or a file decides. Checked, overflow-safe;
 *    failing is an error like others.
 *  - xalloc() and friends: small, bounded things of our own (a widget, a column title). Without
 *    memory for those nothing sensible can be shown any more: they run the hook of
 *    xalloc_on_failure() (the terminal is restored there) and abort.
 *
 * Any thread.
 */
#pragma once

#include <stddef.h>

#include "inspector/base/err.h"

/*
 * Makes room for `need` elements of `elem_bytes` each in the array `*array` of `*cap` elements, at
 * least doubling it. New elements are not initialised. On failure nothing has changed.
 */
ERR_CHECK struct err *grow(void *array, size_t *cap, size_t need, size_t elem_bytes);

/*
 * An array of n elements, not initialised, for free(); NULL without memory or if its size
 * overflows. Large ones are aligned to huge pages and the kernel is asked for those: what jumps
 * about in an array of 40 MB waits more for page tables than for data.
 */
void *alloc_array(size_t n, size_t elem_bytes);

/* Zeroed memory, never NULL. `bytes` must not be 0. */
void *xalloc(size_t bytes);
/* Resizes an xalloc() block; never NULL. */
void *xrealloc(void *ptr, size_t bytes);
/* A copy of `text`, or of its first `bytes` bytes; never NULL. */
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t bytes);
/* A formatted string; never NULL. */
char *xasprintf(const char *fmt, ...) ERR_PRINTF(1, 2);

/* Called once, before the abort, when one of the x-functions finds no memory. */
void xalloc_on_failure(void (*hook)(void));
