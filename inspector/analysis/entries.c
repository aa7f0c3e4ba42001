#include "inspector/analysis/entries.h"

#include <stdlib.h>
#include <string.h>

/* Whether a class holds one of which this is known: then that is its base. */
static uint8_t inherited(const struct snapshot *s, const uint8_t *references,
                         const uint32_t *type_of, uint32_t class)
{
    for (uint32_t e = s->strong.offset[class]; e < s->strong.offset[class + 1]; e++) {
        uint32_t base = type_of[s->strong.object[e]];
        if (base != SNAPSHOT_NONE && references[base])
            return references[base];
    }
    return 0;
}

static uint8_t built_in(const char *name)
{
    static const char *const one[] = {"builtins.list", "builtins.tuple", "builtins.set",
                                      "builtins.frozenset", "collections.deque"};

    for (size_t i = 0; i < sizeof one / sizeof *one; i++)
        if (!strcmp(name, one[i]))
            return 1;
    return !strcmp(name, "builtins.dict") ? 2 : 0;
}

/* Bases before what is derived from them, whatever their order: as often as something is found. */
static void inherit(const struct snapshot *s, const uint32_t *type_of, uint8_t *references)
{
    bool found = true;

    while (found) {
        found = false;
        for (uint32_t t = 0; t < s->n_types; t++) {
            if (references[t] || !(s->types[t].flags & TYPE_CONTAINER) ||
                s->types[t].object == SNAPSHOT_NONE)
                continue;
            references[t] = inherited(s, references, type_of, s->types[t].object);
            found |= references[t] != 0;
        }
    }
}

struct err *entries_make(const struct snapshot *s, struct entries *ret)
{
    uint8_t *references = calloc(s->n_types + 1u, sizeof *references);
    uint32_t *type_of = malloc((s->n_objects + 1u) * sizeof *type_of);

    if (!references || !type_of) {
        free(references);
        free(type_of);
        return err_nomem();
    }
    memset(type_of, 0xff, (s->n_objects + 1u) * sizeof *type_of); /* SNAPSHOT_NONE */
    for (uint32_t t = 0; t < s->n_types; t++) {
        references[t] = built_in(s->types[t].name);
        if (s->types[t].object != SNAPSHOT_NONE)
            type_of[s->types[t].object] = t;
    }
    inherit(s, type_of, references);
    free(type_of);
    ret->references = references;
    return NULL;
}

void entries_deinit(struct entries *entries)
{
    free(entries->references);
    entries->references = NULL;
}

uint32_t entries_of(const struct entries *entries, const struct snapshot *s, uint32_t object)
{
    uint32_t type = s->type[object], n = s->strong.offset[object + 1] - s->strong.offset[object];
    uint8_t each = entries->references[type];

    if (!each)
        return 0;
    if (n && s->types[type].flags & TYPE_HEAP) /* its class, too */
        n--;
    return n / each;
}
