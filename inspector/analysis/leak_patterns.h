/*
 * What leaks in Python programs again and again: a table. Each row names a type and how to tell that there is too much of
 * it, why that is kept, and what to do.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum leak_measure {
    MEASURE_ENTRIES, /* members of the largest container that an object of the type alone holds, two steps away at most */
    MEASURE_COUNT,   /* living objects of the type, all together */
    MEASURE_BYTES,   /* what all of them retain */
    MEASURE_EACH,    /* what one of them retains */
};

struct leak_pattern {
    const char *type; /* module.qualname; one that ends with '*': types that begin so */
    enum leak_measure measure;
    uint64_t limit;     /* more than this is suspect */
    const char *keeps;  /* "caches every result": completes "it …" */
    const char *advice; /* what to do */
};

extern const struct leak_pattern leak_patterns[];
extern const size_t n_leak_patterns;
/* The list of that name, which snapshots know only the length of. */
extern const struct leak_pattern leak_gc_garbage;

/* Whether a type of this name is meant. */
int leak_pattern_matches(const struct leak_pattern *pattern, const char *type);
