/*
 * Numbers for people. Every function writes a terminated text into `buf` (UNITS_BUF bytes are
 * always enough) and returns it. Any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { UNITS_BUF = 32 };

/* 0 B, 1023 B, 1.50 KiB, 12.3 MiB: binary multiples, three significant digits. */
const char *units_bytes(int64_t bytes, char buf[UNITS_BUF]);
/* The same with a sign before positive numbers: +1.50 KiB. */
const char *units_bytes_delta(int64_t bytes, char buf[UNITS_BUF]);
/* 1,234,567 */
const char *units_count(int64_t count, char buf[UNITS_BUF]);
/* +1,234 */
const char *units_count_delta(int64_t count, char buf[UNITS_BUF]);
/* 850 ns, 12.3 us, 4.56 ms, 1.20 s */
const char *units_duration_ns(uint64_t ns, char buf[UNITS_BUF]);
/* 3s, 4m05s, 2h07m, 3d04h: an age in seconds */
const char *units_age_s(uint64_t seconds, char buf[UNITS_BUF]);
