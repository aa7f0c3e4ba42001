/*
 * `ouro stats --follow`: one line for every collection of a process, until ^C, SIGTERM or the end of the process; a
 * last line with totals.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "inspector/base/err.h"
#include "proto/msg.h"

struct target;

enum { FOLLOW_POLL_MS = 20 }; /* how often to look for events: nobody wakes us */

/* `interval_s` 0: no lines but those of collections. Prints to stdout. */
ERR_CHECK struct err *follow_print(struct target *target, bool is_json, long interval_s);

/* Sums of collections. */
struct follow_sums {
    uint64_t collections, pause_ns, longest_ns;
    uint64_t lost;
    struct {
        uint64_t collections, collected, uncollectable, pause_ns;
    } generations[3];
};
void follow_add(struct follow_sums *sums, const struct msg_event_collection *event, uint64_t lost);

/* CLOCK_MONOTONIC to nanoseconds since 1970. */
uint64_t follow_wall_ns(uint64_t mono_ns);
/* "14:03:22.123", local time, of nanoseconds since 1970; in `buf`. */
enum { FOLLOW_TIME_BYTES = 32 };
const char *follow_time(uint64_t wall_ns, char buf[FOLLOW_TIME_BYTES]);
/* Whether following has come to its end, as it should: we were told to stop, or the process ended. */
bool follow_is_end(const struct err *err);
