#include "inspector/analysis/missing.h"

#include <stdbool.h>
#include <stdlib.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"

enum { CHECK_EVERY = 1 << 16 };

/* Object numbers by address, open addressing, at most half full; SNAPSHOT_NONE is free. */
struct table {
    uint32_t *slots;
    size_t mask;
};

static size_t place(const struct table *table, uint64_t address)
{
    return (address / 8 * 0x9e3779b97f4a7c15ull >> 20) & table->mask;
}

static struct err *make_table(const struct snapshot *s, struct table *ret)
{
    size_t n = 64;

    while (n < (size_t)s->n_objects * 2)
        n *= 2;
    ret->slots = malloc(n * sizeof *ret->slots);
    ret->mask = n - 1;
    if (!ret->slots)
        return err_nomem();
    for (size_t i = 0; i < n; i++)
        ret->slots[i] = SNAPSHOT_NONE;
    for (uint32_t i = 0; i < s->n_objects; i++) {
        size_t at = place(ret, s->address[i]);
        while (ret->slots[at] != SNAPSHOT_NONE)
            at = (at + 1) & ret->mask;
        ret->slots[at] = i;
    }
    return NULL;
}

static uint64_t type_address(const struct snapshot *s, uint32_t object)
{
    return snapshot_type_of(s, object)->address;
}

static bool has(const struct table *table, const struct snapshot *s, uint64_t address,
                uint64_t type)
{
    size_t at = place(table, address);

    for (; table->slots[at] != SNAPSHOT_NONE; at = (at + 1) & table->mask)
        if (s->address[table->slots[at]] == address)
            return type_address(s, table->slots[at]) == type;
    return false;
}

struct err *missing_find(const struct snapshot *from, const struct snapshot *in,
                         const atomic_bool *cancel, uint32_t **ret, size_t *n)
{
    struct table table;
    _cleanup_free_ uint32_t *missing = NULL;
    size_t cap = 0, count = 0;
    struct err *err = make_table(in, &table);

    for (uint32_t i = 0; !err && i < from->n_objects; i++) {
        if (i % CHECK_EVERY == 0 && cancel && atomic_load(cancel))
            err = err_new(ERR_CANCELLED, NULL, "cancelled");
        else if (!has(&table, in, from->address[i], type_address(from, i)) &&
                 !(err = grow(&missing, &cap, count + 1, sizeof *missing)))
            missing[count++] = i;
    }
    free(table.slots);
    if (err)
        return err;
    *ret = take_ptr(missing);
    *n = count;
    return NULL;
}
