/*
 * Time for measuring and for waiting: CLOCK_MONOTONIC, in nanoseconds. Any thread.
 */
#pragma once

#include <stdint.h>
#include <time.h>

enum { NS_PER_US = 1000, NS_PER_MS = 1000 * 1000, NS_PER_S = 1000 * 1000 * 1000 };

/* Nanoseconds since some fixed moment; never goes back. */
static inline uint64_t clock_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

/* Sleeps for `ns` nanoseconds or until a signal arrives. */
static inline void clock_sleep_ns(uint64_t ns)
{
    struct timespec ts = {(time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S)};

    nanosleep(&ts, NULL);
}
