/*
 * A heap of any size without a process: object 0 refers to one in 16 of the others (at least to all until the
 * 20,000th), every other one to two near it; types by number, a weak reference here and there. The same for the same size.
 */
#pragma once

#include <stdint.h>

#include "inspector/model/snapshot.h"

/* The caller's; aborts without memory. */
struct snapshot *big_heap(uint32_t n_objects);
