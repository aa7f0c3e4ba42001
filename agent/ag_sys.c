#include "agent/ag_sys.h"

#include <time.h>

#ifndef __clang__ /* gcc would turn the loop in memset() into a call of memset() */
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

/* Compilers emit calls to these five whatever the source says. Simple loops: nothing here is hot
 * but memcpy of batches, where `rep movsb` is what the kernel itself uses. */

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
#if defined(__x86_64__)
    void *ret = to;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
    return ret;
#else
    uint8_t *t = to;
    const uint8_t *f = from;
    while (n--)
        *t++ = *f++;
    return to;
#endif
}

void *memmove(void *to, const void *from, size_t n)
{
    uint8_t *t = to;
    const uint8_t *f = from;

    if (t < f)
        for (size_t i = 0; i < n; i++)
            t[i] = f[i];
    else
        for (size_t i = n; i-- > 0;)
            t[i] = f[i];
    return to;
}

void *memset(void *to, int byte, size_t n)
{
    uint8_t *t = to;

    for (size_t i = 0; i < n; i++)
        t[i] = (uint8_t)byte;
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a, *y = b;

    for (size_t i = 0; i < n; i++)
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return 0;
}

size_t strlen(const char *text)
{
    size_t n = 0;

    while (text[n])
        n++;
    return n;
}

uint64_t ag_clock_ns(void)
{
    int64_t ts[2] = {0, 0};

    sys_call2(SYS_clock_gettime, CLOCK_MONOTONIC, (long)ts);
    return (uint64_t)ts[0] * 1000000000u + (uint64_t)ts[1];
}

void ag_sleep_ns(uint64_t ns)
{
    int64_t ts[2] = {(int64_t)(ns / 1000000000u), (int64_t)(ns % 1000000000u)};

    sys_call2(SYS_nanosleep, (long)ts, 0);
}

void *ag_pages(uint64_t bytes)
{
    long ret = sys_call6(SYS_mmap, 0, (long)bytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return sys_failed(ret) ? NULL : (void *)ret;
}

void ag_pages_free(void *pages, uint64_t bytes)
{
    if (pages)
        sys_call2(SYS_munmap, (long)pages, (long)bytes);
}
