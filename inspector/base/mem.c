#include "inspector/base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* From LARGE_BYTES on, rounding up to huge pages costs an eighth at most. */
enum { HUGE_PAGE_BYTES = 2 << 20, LARGE_BYTES = 16 << 20 };

static void (*failure_hook)(void);

void xalloc_on_failure(void (*hook)(void))
{
    failure_hook = hook;
}

struct err *grow(void *array, size_t *cap, size_t need, size_t elem_bytes)
{
    void **slot = array;
    size_t want;

    if (need <= *cap)
        return NULL;
    want = *cap < 16 ? 16 : *cap * 2;
    if (want < need)
        want = need;
    if (want > SIZE_MAX / elem_bytes)
        return err_nomem();
    void *moved = realloc(*slot, want * elem_bytes);
    if (!moved)
        return err_nomem();
    *slot = moved;
    *cap = want;
    return NULL;
}

void *alloc_array(size_t n, size_t elem_bytes)
{
    size_t bytes;

    if (__builtin_mul_overflow(n, elem_bytes, &bytes) || bytes > SIZE_MAX - HUGE_PAGE_BYTES)
        return NULL;
    if (bytes < LARGE_BYTES)
        return malloc(bytes ? bytes : 1);
    bytes = (bytes + HUGE_PAGE_BYTES - 1) / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES;
    void *array = aligned_alloc(HUGE_PAGE_BYTES, bytes);
    if (array)
        madvise(array, bytes, MADV_HUGEPAGE); /* not granted: only slower */
    return array;
}

static void *must(void *ptr)
{
    if (ptr)
        return ptr;
    if (failure_hook)
        failure_hook();
    fputs("ouro: out of memory\n", stderr);
    abort();
}

void *xalloc(size_t bytes)
{
    return must(calloc(1, bytes));
}

void *xrealloc(void *ptr, size_t bytes)
{
    return must(realloc(ptr, bytes));
}

char *xstrdup(const char *text)
{
    return must(strdup(text));
}

char *xstrndup(const char *text, size_t bytes)
{
    return must(strndup(text, bytes));
}

char *xasprintf(const char *fmt, ...)
{
    va_list ap;
    char *text = NULL;

    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0)
        text = NULL;
    va_end(ap);
    return must(text);
}
