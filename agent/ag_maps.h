/*
 * Where static data lies in the address space: writable private mappings of files, and the zeroed pages that the loader
 * puts behind them (.bss), from /proc/self/maps. The agent's own are left out. See proc(5).
 *
 * Opens a descriptor: for the frozen copy, whose table is its own.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct ag_region {
    uint64_t start, end;
    const char *path; /* of the file, not terminated; valid during the call */
    uint32_t path_bytes;
};

/* Calls `region` with each; false when that returned false. Without /proc nothing is found. */
bool ag_maps_static(bool (*region)(const struct ag_region *region, void *arg), void *arg);
