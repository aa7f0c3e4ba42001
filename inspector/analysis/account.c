#include "inspector/analysis/account.h"

#include <stdlib.h>

#include "inspector/base/cleanup.h"

enum { CANCEL_EVERY = 1 << 16 };

/* ---- what is known about few objects, sorted by object ---- */

typedef uint32_t object_of_fn(const struct snapshot_roots *roots, uint32_t i);

static uint32_t object_of_held(const struct snapshot_roots *roots, uint32_t i)
{
    return roots->held[i].object;
}

static uint32_t object_of_place(const struct snapshot_roots *roots, uint32_t i)
{
    return roots->places[i].object;
}

static int by_object(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* The numbers 0 … n - 1 by object, then by number. */
static struct err *sort_by_object(const struct snapshot_roots *roots, object_of_fn *object_of,
                                  uint32_t n, uint32_t **ret)
{
    _cleanup_free_ uint64_t *keys = malloc((n + 1u) * sizeof *keys);
    uint32_t *order = malloc((n + 1u) * sizeof *order);

    if (!keys || !order) {
        free(order);
        return err_nomem();
    }
    for (uint32_t i = 0; i < n; i++)
        keys[i] = (uint64_t)object_of(roots, i) << 32 | i;
    qsort(keys, n, sizeof *keys, by_object);
    for (uint32_t i = 0; i < n; i++)
        order[i] = (uint32_t)keys[i];
    *ret = order;
    return NULL;
}

static const uint32_t *find(const struct snapshot_roots *roots, object_of_fn *object_of,
                            const uint32_t *order, uint32_t n, uint32_t object, uint32_t *count)
{
    uint32_t low = 0, high = n;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (object_of(roots, order[mid]) < object)
            low = mid + 1;
        else
            high = mid;
    }
    for (*count = 0; low + *count < n && object_of(roots, order[low + *count]) == object;)
        ++*count;
    return order + low;
}

const uint32_t *accounts_held(const struct accounts *accounts, const struct snapshot *s,
                              uint32_t object, uint32_t *n)
{
    return find(&s->held_from_outside, object_of_held, accounts->held, accounts->n_held, object, n);
}

const uint32_t *accounts_places(const struct accounts *accounts, const struct snapshot *s,
                                uint32_t object, uint32_t *n)
{
    return find(&s->held_from_outside, object_of_place, accounts->place, accounts->n_places, object,
                n);
}

/* ---- one account ---- */

static uint32_t at_most(uint32_t want, uint32_t room)
{
    return want < room ? want : room;
}

/* References by frames; *as_objects of them are the heap's as well, because the frame is an object. */
static uint32_t frames_that_hold(const struct accounts *accounts, const struct snapshot *s,
                                 uint32_t object, uint32_t *as_objects)
{
    const struct snapshot_roots *roots = &s->held_from_outside;
    uint32_t n;
    const uint32_t *held = accounts_held(accounts, s, object, &n);

    *as_objects = 0;
    for (uint32_t i = 0; i < n; i++)
        *as_objects += !roots_is_reference(roots, &roots->held[held[i]]);
    return n;
}

static uint32_t places_that_hold(const struct accounts *accounts, const struct snapshot *s,
                                 uint32_t object)
{
    uint32_t n, all;
    const uint32_t *place = accounts_places(accounts, s, object, &all);

    n = all;
    for (uint32_t i = 0; i < all; i++)
        n -= s->held_from_outside.places[place[i]].kind == STATIC_MODULES;
    return n;
}

struct account accounts_of(const struct accounts *accounts, const struct snapshot *s,
                           uint32_t object)
{
    uint32_t n_places = places_that_hold(accounts, s, object), as_objects;
    struct account a = {.heap = s->reverse.offset[object + 1] - s->reverse.offset[object],
                        .frames = frames_that_hold(accounts, s, object, &as_objects),
                        .immortal = s->flags[object] & OBJECT_IMMORTAL};

    a.heap -= at_most(as_objects, a.heap);
    uint32_t left = s->refcount[object] > a.heap ? s->refcount[object] - a.heap : 0;
    if (a.immortal) {
        a.places = n_places;
        return a;
    }
    a.frames = at_most(a.frames, left);
    left -= a.frames;
    a.places = at_most(n_places, left);
    a.unexplained = left - a.places;
    return a;
}

/* ---- all ---- */

static enum root_kind kind_of_place(enum static_kind kind)
{
    return kind == STATIC_THREAD        ? ROOT_THREAD
           : kind == STATIC_INTERPRETER ? ROOT_INTERPRETER
                                        : ROOT_LIBRARY;
}

/* Objects with references that the heap does not explain, and immortal ones. */
static struct err *find_unexplained(struct accounts *a, const struct snapshot *s,
                                    const atomic_bool *cancel)
{
    for (uint32_t i = 0; i < s->n_objects; i++) {
        uint32_t heap = s->reverse.offset[i + 1] - s->reverse.offset[i];
        if (s->flags[i] & OBJECT_IMMORTAL)
            a->kind[i] = ROOT_IMMORTAL;
        else if (s->refcount[i] > heap)
            a->kind[i] = ROOT_C;
        if (cancel && i % CANCEL_EVERY == 0 && atomic_load(cancel))
            return err_new(ERR_CANCELLED, NULL, "cancelled");
    }
    return NULL;
}

/* What sys.modules holds: keys and values, of which the keys are texts. */
static void mark_modules(struct accounts *a, const struct snapshot *s, uint32_t modules)
{
    for (uint32_t e = s->strong.offset[modules]; e < s->strong.offset[modules + 1]; e++) {
        uint32_t object = s->strong.object[e];
        if (s->flags[object] & OBJECT_TRACKED && !(s->flags[object] & OBJECT_IMMORTAL))
            a->kind[object] = ROOT_MODULE;
    }
}

/* Gives those that somebody is known to hold their reason; the best known one comes last. */
static void explain(struct accounts *a, const struct snapshot *s)
{
    const struct snapshot_roots *roots = &s->held_from_outside;

    for (int kind = STATIC_LIBRARY; kind <= STATIC_THREAD; kind++)
        for (uint32_t i = 0; i < roots->n_places; i++)
            if ((int)roots->places[i].kind == kind &&
                a->kind[roots->places[i].object] != ROOT_NONE &&
                a->kind[roots->places[i].object] != ROOT_IMMORTAL)
                a->kind[roots->places[i].object] = (uint8_t)kind_of_place(roots->places[i].kind);
    for (uint32_t i = 0; i < roots->n_held; i++)
        if (a->kind[roots->held[i].object] != ROOT_IMMORTAL)
            a->kind[roots->held[i].object] = ROOT_FRAME;
    for (uint32_t i = 0; i < roots->n_places; i++)
        if (roots->places[i].kind == STATIC_MODULES)
            mark_modules(a, s, roots->places[i].object);
}

static struct err *list_roots(struct accounts *a, const struct snapshot *s)
{
    for (uint32_t i = 0; i < s->n_objects; i++)
        a->n_of_kind[a->kind[i]]++;
    a->root = malloc((s->n_objects - a->n_of_kind[ROOT_NONE] + 1u) * sizeof *a->root);
    if (!a->root)
        return err_nomem();
    for (uint32_t i = 0; i < s->n_objects; i++) {
        if (a->kind[i] == ROOT_NONE)
            continue;
        a->root[a->n_roots++] = i;
        if (a->kind[i] != ROOT_IMMORTAL)
            a->unexplained += accounts_of(a, s, i).unexplained;
    }
    return NULL;
}

static struct err *compute(struct accounts *a, const struct snapshot *s, const atomic_bool *cancel)
{
    const struct snapshot_roots *roots = &s->held_from_outside;

    a->n_held = roots->n_held;
    a->n_places = roots->n_places;
    ERR_RETURN(sort_by_object(roots, object_of_held, roots->n_held, &a->held));
    ERR_RETURN(sort_by_object(roots, object_of_place, roots->n_places, &a->place));
    a->kind = calloc(s->n_objects + 1u, sizeof *a->kind);
    if (!a->kind)
        return err_nomem();
    ERR_RETURN(find_unexplained(a, s, cancel));
    explain(a, s);
    return list_roots(a, s);
}

struct err *accounts_compute(const struct snapshot *s, const atomic_bool *cancel,
                             struct accounts *ret)
{
    struct accounts a = {.n_roots = 0};
    struct err *err = compute(&a, s, cancel);

    if (err) {
        accounts_deinit(&a);
        return err;
    }
    *ret = a;
    return NULL;
}

void accounts_deinit(struct accounts *a)
{
    free(a->kind);
    free(a->root);
    free(a->held);
    free(a->place);
    *a = (struct accounts){0};
}
