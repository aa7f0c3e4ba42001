/*
 * Growing arrays in pages of our own, for the frozen copy and for the agent thread: the target's
 * allocators are never called.
 *
 *     struct ag_vec edges = {0};               one vector holds elements of one size
 *     if (!ag_vec_push_ptr(&edges, object)) …  no memory
 *
 * A vector grows by mremap(2), which moves page tables and not bytes. One thread.
 */
#pragma once

#include "agent/ag_sys.h"

struct ag_vec {
    void *at;
    uint64_t n;         /* elements in use */
    uint64_t cap_bytes; /* private */
};

/* Room for `n` elements of `elem_bytes`; false without memory (nothing changed). */
bool ag_vec_reserve(struct ag_vec *vec, uint64_t n, uint64_t elem_bytes);
void ag_vec_free(struct ag_vec *vec);

static inline bool ag_vec_push_ptr(struct ag_vec *vec, const void *value)
{
    if ((vec->n + 1) * sizeof(void *) > vec->cap_bytes &&
        !ag_vec_reserve(vec, vec->n + 1, sizeof(void *)))
        return false;
    ((const void **)vec->at)[vec->n++] = value;
    return true;
}

static inline void *ag_vec_ptr(const struct ag_vec *vec, uint64_t i)
{
    return ((void **)vec->at)[i];
}
