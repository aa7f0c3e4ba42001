/*
 * What the rules of leaks.h share. Private to leaks*.c.
 */
#pragma once

#include <stdbool.h>

#include "inspector/analysis/entries.h"
#include "inspector/analysis/leaks.h"
#include "inspector/model/groups.h"

struct finder {
    const struct snapshot *s;
    const struct facts *facts;
    const struct snapshot *before; /* or NULL */
    const atomic_bool *cancel;
    struct leaks *leaks;
    struct groups groups;
    struct entries entries;
    uint32_t *parent; /* immediate dominators */
    uint32_t module_type;
    uint64_t limit; /* bytes that make a big one */
};

/* Adds a suspect, unless one that holds with the same object is there already. */
ERR_CHECK struct err *leaks_add(struct finder *f, const struct leak *leak);
/* Modules, their namespaces, classes: what holds code. */
bool leaks_is_code(const struct finder *f, uint32_t object);

ERR_CHECK struct err *leaks_by_size(struct finder *f);      /* BIG, GROUP */
ERR_CHECK struct err *leaks_by_instances(struct finder *f); /* INSTANCES */
ERR_CHECK struct err *leaks_by_pattern(struct finder *f);   /* PATTERN */
ERR_CHECK struct err *leaks_by_garbage(struct finder *f);   /* GARBAGE */
