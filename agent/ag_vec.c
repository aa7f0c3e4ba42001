#include "agent/ag_vec.h"

enum { FIRST_BYTES = 64 << 10 };

bool ag_vec_reserve(struct ag_vec *vec, uint64_t n, uint64_t elem_bytes)
{
    uint64_t need = n * elem_bytes;
    uint64_t cap = vec->cap_bytes ? vec->cap_bytes : FIRST_BYTES;

    if (need <= vec->cap_bytes)
        return true;
    while (cap < need)
        cap *= 2;
    if (!vec->cap_bytes) {
        vec->at = ag_pages(cap);
        if (!vec->at)
            return false;
    } else {
        long moved = sys_call5(SYS_mremap, (long)vec->at, (long)vec->cap_bytes, (long)cap,
                               MREMAP_MAYMOVE, 0);
        if (sys_failed(moved))
            return false;
        vec->at = (void *)moved;
    }
    vec->cap_bytes = cap;
    return true;
}

void ag_vec_free(struct ag_vec *vec)
{
    ag_pages_free(vec->at, vec->cap_bytes);
    *vec = (struct ag_vec){0};
}
