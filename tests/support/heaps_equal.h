/* Whether two snapshots are the same in everything that a snapshot is; fails the running test where not. */
#pragma once

#include "inspector/model/snapshot.h"

void assert_heaps_equal(const struct snapshot *a, const struct snapshot *b);
