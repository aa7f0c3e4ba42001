/*
 * The agent's operating system: raw system calls by name, and the few string functions that
 * compilers call by themselves. The agent has no libc of its own and must not borrow the target's:
 * its locks may be held for ever in a frozen copy.
 *
 * All functions return what the kernel returns (-errno on failure). Any thread, any process.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/futex.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "proto/sys.h"

/* memcpy, memmove, memset, memcmp and strlen come from ag_sys.c, hidden. */
#include <string.h>

enum { AG_NS_PER_MS = 1000 * 1000 };

static inline bool sys_failed(long ret)
{
    return ret < 0 && ret >= -4095;
}

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t ag_clock_ns(void);
void ag_sleep_ns(uint64_t ns);

/* Anonymous zeroed pages, or NULL. */
void *ag_pages(uint64_t bytes);
void ag_pages_free(void *pages, uint64_t bytes);

static inline long ag_getpid(void)
{
    return sys_call0(SYS_getpid);
}

static inline long ag_gettid(void)
{
    return sys_call0(SYS_gettid);
}
