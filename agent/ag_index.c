#include "agent/ag_index.h"

enum {
    UNIT_SHIFT = 4,
    LEAF_BITS = 8,
    MID_BITS = 18,
    ROOT_BITS = 18,
    LEAF_BYTES = (1 << LEAF_BITS) * 4,
    MID_BYTES = (1 << MID_BITS) * 8,
    ROOT_BYTES = (1 << ROOT_BITS) * 8,
    POOL_BYTES = 4 << 20,
};

static uint64_t part(uint64_t address, unsigned shift, unsigned bits)
{
    return (address >> shift) & ((1u << bits) - 1);
}

bool ag_index_init(struct ag_index *index)
{
    *index = (struct ag_index){.root = ag_pages(ROOT_BYTES)};
    return index->root != NULL;
}

void ag_index_free(struct ag_index *index)
{
    for (uint64_t i = 0; index->root && i < ROOT_BYTES / sizeof *index->root; i++)
        ag_pages_free(index->root[i], MID_BYTES);
    for (void *pool = index->pools, *before; pool; pool = before) {
        before = *(void **)pool;
        ag_pages_free(pool, POOL_BYTES);
    }
    ag_pages_free(index->root, ROOT_BYTES);
    ag_vec_free(&index->objects);
    *index = (struct ag_index){0};
}

static uint32_t *new_leaf(struct ag_index *index)
{
    if (index->pool_left < LEAF_BYTES) {
        index->pool = ag_pages(POOL_BYTES);
        if (!index->pool) {
            index->pool_left = 0;
            return NULL;
        }
        *(void **)index->pool = index->pools;
        index->pools = index->pool;
        index->pool += LEAF_BYTES;
        index->pool_left = POOL_BYTES - LEAF_BYTES;
    }
    uint32_t *leaf = (uint32_t *)index->pool;
    index->pool += LEAF_BYTES;
    index->pool_left -= LEAF_BYTES;
    return leaf;
}

/* The slot for an address, made when `make`. NULL: none, or no memory. */
static uint32_t *slot_of(const struct ag_index *index, uint64_t address, struct ag_index *make)
{
    uint32_t ***mid = &index->root[part(address, UNIT_SHIFT + LEAF_BITS + MID_BITS, ROOT_BITS)];

    if (!*mid && (!make || !(*mid = ag_pages(MID_BYTES))))
        return NULL;
    uint32_t **leaf = &(*mid)[part(address, UNIT_SHIFT + LEAF_BITS, MID_BITS)];
    if (!*leaf && (!make || !(*leaf = new_leaf(make))))
        return NULL;
    return &(*leaf)[part(address, UNIT_SHIFT, LEAF_BITS)];
}

static bool possible(uint64_t address)
{
    return !(address & 7) && address >= 4096 && !(address >> 48);
}

uint32_t ag_index_add(struct ag_index *index, const void *object)
{
    uint64_t address = (uint64_t)object;

    if (!possible(address))
        return AG_NO_INDEX;
    uint32_t *slot = slot_of(index, address, index);
    if (!slot) {
        index->failed = true;
        return AG_NO_INDEX;
    }
    if (*slot)
        return *slot - 1;
    if (index->objects.n >= UINT32_MAX - 2 || !ag_vec_push_ptr(&index->objects, object)) {
        index->failed = true;
        return AG_NO_INDEX;
    }
    *slot = (uint32_t)index->objects.n;
    return *slot - 1;
}

uint32_t ag_index_find(const struct ag_index *index, const void *object)
{
    uint64_t address = (uint64_t)object;
    uint32_t *slot = possible(address) ? slot_of(index, address, NULL) : NULL;

    return slot && *slot && ag_index_object(index, *slot - 1) == object ? *slot - 1 : AG_NO_INDEX;
}
