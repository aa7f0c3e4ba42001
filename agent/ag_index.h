/*
 * Address -> dense number, for every object of a heap.
 *
 * Objects are numbered in the order in which they are added. The table is a radix tree over the
 * address, in units of 16 bytes (no two objects of 16 bytes or more can start in the same unit):
 *
 *   address  47        30 29        12 11   4 3  0
 *            [ root 2^18 ][ mid  2^18 ][ 2^8 ][   ]
 *                 │            │          └── u32 number + 1, 0 = none    1 KiB for a 4 KiB page
 *                 │            └── leaf pointer                           2 MiB for 1 GiB, sparse
 *                 └── mid pointer                                         2 MiB, sparse
 *
 * Against hashing: neighbours on the heap are neighbours in the table, and Python allocates what
 * belongs together side by side. Memory: a quarter of the pages that hold objects, plus 8 bytes an
 * object. Pages of its own, one thread. Numbers end at 2^32 - 3.
 */
#pragma once

#include "agent/ag_vec.h"

#define AG_NO_INDEX UINT32_MAX

struct ag_index {
    uint32_t ***root;      /* private */
    struct ag_vec objects; /* addresses by number */
    uint8_t *pool;         /* private: leaves are cut from big pieces, whose … */
    void *pools;           /* … first bytes lead to the one before */
    uint64_t pool_left;
    bool failed; /* memory or numbers ran out; sticky */
};

bool ag_index_init(struct ag_index *index);
void ag_index_free(struct ag_index *index);
/* The number of `object`, adding it if it is new. AG_NO_INDEX when it cannot be (index->failed), or
 * when the address cannot be one of an object (not 8-byte aligned, or outside of user space). */
uint32_t ag_index_add(struct ag_index *index, const void *object);
/* The number of `object`, or AG_NO_INDEX. */
uint32_t ag_index_find(const struct ag_index *index, const void *object);

static inline uint32_t ag_index_count(const struct ag_index *index)
{
    return (uint32_t)index->objects.n;
}

static inline void *ag_index_object(const struct ag_index *index, uint32_t i)
{
    return ag_vec_ptr(&index->objects, i);
}
