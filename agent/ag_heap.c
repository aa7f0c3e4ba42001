#include "agent/ag_heap.h"

#include <stddef.h>

#include "agent/ag_pyver.h"

enum {
    GENERATION_BYTES = 24,
    HEAD_THRESHOLD = 16,
    HEAD_COUNT = 20,
    STATS_AFTER_PERMANENT = 24,
    STATS_BYTES = 24,
    COLLECTING_AFTER_STATS = 3 * STATS_BYTES,
    GARBAGE_AFTER_STATS = 3 * STATS_BYTES + 8,
    CALLBACKS_AFTER_STATS = 3 * STATS_BYTES + 16,
    DEBUG_AFTER_ENABLED = 4,
    PERMANENT = 3,
    CHECK_STEPS = 64, /* objects looked at from each end of a list */
    THRESHOLD_MAX = 1 << 30,
    GC_HEAD_BYTES = 16,
};

static char *link_of(char *head, int offset)
{
    return (char *)(AG_FIELD(uintptr_t, head, offset) & (uintptr_t)GC_POINTER_MASK);
}

static char *next_of(char *head)
{
    return link_of(head, 0);
}

static char *prev_of(char *head)
{
    return link_of(head, 8);
}

/* Neighbours point at each other, some way in from both ends. */
static bool list_is_sound(char *head)
{
    char *at = head;

    for (int i = 0; i < CHECK_STEPS; i++) {
        char *next = next_of(at);
        if (!next || (uintptr_t)next & 3 || prev_of(next) != at)
            return false;
        at = next;
        if (at == head)
            return true;
    }
    at = head;
    for (int i = 0; i < CHECK_STEPS; i++) {
        char *prev = prev_of(at);
        if (!prev || (uintptr_t)prev & 3 || next_of(prev) != at)
            return false;
        at = prev;
    }
    return true;
}

static char *align8(char *p)
{
    return (char *)(((uintptr_t)p + 7) & ~(uintptr_t)7);
}

/*
 * The head of the youngest list. Until 3.11 an allocation may start a collection, which runs Python
 * code; it does not while an exception is set (_PyObject_GC_Alloc).
 */
static char *youngest_head(void)
{
    api.PyErr_SetNone(api.PyExc_MemoryError);
    struct pyobj *list = api.PyList_New(0);
    api.PyErr_Clear();
    if (!list)
        return NULL;
    char *head = link_of((char *)list, GC_NEXT);
    api.Py_DecRef(list);
    return head;
}

const char *ag_heap_find(struct ag_heap *ret)
{
    char *young = youngest_head();
    struct ag_heap heap = {0};

    if (!young)
        return "no list could be made to find the collector's state";
    char *after = align8(young + 3 * GENERATION_BYTES);
    char *permanent =
        AG_FIELD(char *, after, 0) == young ? after + 8 : young + 3 * GENERATION_BYTES;
    for (int i = 0; i < 3; i++)
        heap.heads[i] = young + i * GENERATION_BYTES;
    heap.heads[3] = permanent;
    for (int i = 0; i < AG_LISTS; i++)
        if (!list_is_sound(heap.heads[i]))
            return "a generation's list is not closed";
    for (int i = 0; i < 3; i++) {
        int threshold = AG_FIELD(int, heap.heads[i], HEAD_THRESHOLD);
        if (threshold < 0 || threshold > THRESHOLD_MAX)
            return "a generation's threshold makes no sense";
    }
    heap.stats = align8(permanent + STATS_AFTER_PERMANENT);
    heap.enabled = (uintptr_t)young & 7 ? young - 8 : young - 12;
    int enabled = AG_FIELD(int, heap.enabled, 0);
    int collecting = AG_FIELD(int, heap.stats, COLLECTING_AFTER_STATS);
    if ((enabled != 0 && enabled != 1) || (collecting != 0 && collecting != 1))
        return "the collector's switches make no sense";
    *ret = heap;
    return NULL;
}

struct pyobj *ag_heap_first(const struct ag_heap *heap, int list)
{
    char *at = next_of(heap->heads[list]);

    return at == heap->heads[list] ? NULL : (struct pyobj *)(at + GC_HEAD_BYTES);
}

struct pyobj *ag_heap_next(const struct ag_heap *heap, int list, struct pyobj *object)
{
    char *at = link_of((char *)object, GC_NEXT);

    return at == heap->heads[list] || !at ? NULL : (struct pyobj *)(at + GC_HEAD_BYTES);
}

struct pyobj *ag_heap_callbacks(const struct ag_heap *heap)
{
    return AG_FIELD(struct pyobj *, heap->stats, CALLBACKS_AFTER_STATS);
}

bool ag_heap_is_due(const struct ag_heap *heap)
{
    int threshold = AG_FIELD(int, heap->heads[0], HEAD_THRESHOLD);

    return AG_FIELD(int, heap->enabled, 0) && threshold &&
           AG_FIELD(int, heap->heads[0], HEAD_COUNT) > threshold;
}

void ag_heap_set_enabled(const struct ag_heap *heap, int enabled)
{
    AG_FIELD(int, heap->enabled, 0) = enabled;
}

void ag_heap_set_debug(const struct ag_heap *heap, int flags)
{
    AG_FIELD(int, heap->enabled, DEBUG_AFTER_ENABLED) = flags;
}

void ag_heap_set_thresholds(const struct ag_heap *heap, const int32_t thresholds[3])
{
    for (int i = 0; i < 3; i++)
        AG_FIELD(int, heap->heads[i], HEAD_THRESHOLD) = thresholds[i];
}

int64_t ag_heap_frozen(const struct ag_heap *heap)
{
    int64_t n = 0;

    for (struct pyobj *at = ag_heap_first(heap, PERMANENT); at; n++)
        at = ag_heap_next(heap, PERMANENT, at);
    return n;
}

void ag_heap_gc_state(const struct ag_heap *heap, struct msg_snap_gc *ret)
{
    struct pyobj *garbage = AG_FIELD(struct pyobj *, heap->stats, GARBAGE_AFTER_STATS);

    ret->enabled = (uint32_t)AG_FIELD(int, heap->enabled, 0);
    ret->debug = AG_FIELD(int, heap->enabled, DEBUG_AFTER_ENABLED);
    ret->collecting = (uint32_t)AG_FIELD(int, heap->stats, COLLECTING_AFTER_STATS);
    ret->garbage = (uint64_t)garbage;
    ret->garbage_count = garbage ? AG_FIELD(uint64_t, garbage, OB_SIZE) : 0;
    for (int i = 0; i < 3; i++) {
        const char *stats = heap->stats + i * STATS_BYTES;
        ret->thresholds[i] = AG_FIELD(int, heap->heads[i], HEAD_THRESHOLD);
        ret->counts[i] = AG_FIELD(int, heap->heads[i], HEAD_COUNT);
        ret->generations[i].collections = AG_FIELD(uint64_t, stats, 0);
        ret->generations[i].collected = AG_FIELD(uint64_t, stats, 8);
        ret->generations[i].uncollectable = AG_FIELD(uint64_t, stats, 16);
    }
}
