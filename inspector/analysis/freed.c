#include "inspector/analysis/freed.h"

#include <stdbool.h>
#include <stdlib.h>

#include "inspector/analysis/missing.h"
#include "inspector/base/cleanup.h"

/* Whether something outside of the heap holds a tracked object. */
static bool held_from_outside(const struct snapshot *s, uint32_t object)
{
    uint32_t from_heap = s->reverse.offset[object + 1] - s->reverse.offset[object];

    return s->flags[object] & OBJECT_TRACKED && s->refcount[object] > from_heap;
}

/* Marks what is held from outside among `objects`, and all that it leads to. `stack` has room for every object. */
static void mark_alive(const struct snapshot *s, const uint32_t *objects, size_t n, bool *alive,
                       uint32_t *stack)
{
    size_t depth = 0;

    for (size_t i = 0; i < n; i++)
        if (held_from_outside(s, objects[i]) && !alive[objects[i]]) {
            alive[objects[i]] = true;
            stack[depth++] = objects[i];
        }
    while (depth) {
        uint32_t object = stack[--depth];
        for (uint32_t e = s->strong.offset[object]; e < s->strong.offset[object + 1]; e++) {
            uint32_t target = s->strong.object[e];
            if (!alive[target]) {
                alive[target] = true;
                stack[depth++] = target;
            }
        }
    }
}

struct err *freed_find(const struct snapshot *before, const struct snapshot *after,
                       const atomic_bool *cancel, uint32_t **ret, size_t *n)
{
    _cleanup_free_ uint32_t *missing = NULL;
    size_t n_missing, kept = 0;

    ERR_RETURN(missing_find(before, after, cancel, &missing, &n_missing));
    _cleanup_free_ bool *alive = calloc(before->n_objects + 1u, sizeof *alive);
    _cleanup_free_ uint32_t *stack = malloc((before->n_objects + 1u) * sizeof *stack);
    if (!alive || !stack)
        return err_nomem();
    mark_alive(before, missing, n_missing, alive, stack);
    for (size_t i = 0; i < n_missing; i++)
        if (!alive[missing[i]])
            missing[kept++] = missing[i];
    *n = kept;
    *ret = take_ptr(missing);
    return NULL;
}
