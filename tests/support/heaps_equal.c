#include "tests/support/heaps_equal.h"

#include "tests/support/test.h"

static void assert_arrays_equal(const void *a, const void *b, size_t n, const char *what)
{
    if (n && memcmp(a, b, n) != 0)
        fail_msg("%s differ", what);
}

#define SAME(member) assert_int_equal(a->member, b->member)
#define SAME_ARRAY(member, n)                                                                      \
    assert_arrays_equal(a->member, b->member, (n) * sizeof *a->member, #member)

static void assert_types_equal(const struct snapshot *a, const struct snapshot *b)
{
    SAME(n_types);
    for (uint32_t i = 0; i < a->n_types; i++) {
        assert_string_equal(a->types[i].name, b->types[i].name);
        SAME(types[i].address);
        SAME(types[i].object);
        SAME(types[i].flags);
        SAME(types[i].count);
        SAME(types[i].shallow_bytes);
    }
}

static void assert_held_equal(const struct snapshot_roots *a, const struct snapshot_roots *b)
{
    SAME(n_threads);
    SAME(n_frames);
    SAME(n_held);
    SAME(n_places);
    for (uint32_t i = 0; i < a->n_threads; i++) {
        assert_string_equal(a->threads[i].name, b->threads[i].name);
        SAME(threads[i].ident);
        SAME(threads[i].native_id);
        SAME(threads[i].interpreter);
        SAME(threads[i].first_frame);
        SAME(threads[i].n_frames);
    }
    for (uint32_t i = 0; i < a->n_frames; i++) {
        assert_string_equal(a->frames[i].function, b->frames[i].function);
        assert_string_equal(a->frames[i].file, b->frames[i].file);
        SAME(frames[i].line);
        SAME(frames[i].thread);
        SAME(frames[i].object);
        SAME(frames[i].first_held);
        SAME(frames[i].n_held);
    }
    for (uint32_t i = 0; i < a->n_held; i++) {
        assert_string_equal(a->held[i].name, b->held[i].name);
        SAME(held[i].object);
        SAME(held[i].frame);
        SAME(held[i].kind);
    }
    for (uint32_t i = 0; i < a->n_places; i++) {
        assert_string_equal(a->files[a->places[i].file], b->files[b->places[i].file]);
        SAME(places[i].address);
        SAME(places[i].object);
        SAME(places[i].thread);
        SAME(places[i].kind);
    }
}

void assert_heaps_equal(const struct snapshot *a, const struct snapshot *b)
{
    SAME(n_objects);
    SAME(has_edges);
    SAME(strong.n);
    SAME(reverse.n);
    SAME(n_weak);
    SAME(n_large);
    SAME(n_lists);
    SAME(n_roots);
    SAME(unvisited.n);
    SAME(visited_too.n);
    SAME(interpreters);
    SAME(tracemalloc);
    SAME(shallow_bytes);
    SAME(walk_ns);
    SAME_ARRAY(address, a->n_objects);
    SAME_ARRAY(type, a->n_objects);
    SAME_ARRAY(refcount, a->n_objects);
    SAME_ARRAY(shallow, a->n_objects);
    for (uint32_t i = 0; i < a->n_objects; i++) /* how a stream was cut is no fact of a heap */
        assert_int_equal(a->flags[i] & ~OBJECT_MORE, b->flags[i] & ~OBJECT_MORE);
    SAME_ARRAY(strong.offset, a->n_objects + 1u);
    SAME_ARRAY(strong.object, a->strong.n);
    SAME_ARRAY(reverse.offset, a->n_objects + 1u);
    SAME_ARRAY(reverse.object, a->reverse.n);
    SAME_ARRAY(weak, a->n_weak);
    for (uint32_t i = 0; i < a->n_large; i++) {
        SAME(large[i].object);
        SAME(large[i].bytes);
    }
    SAME_ARRAY(lists, a->n_lists);
    SAME_ARRAY(roots, a->n_roots);
    SAME_ARRAY(unvisited.at, a->unvisited.n);
    SAME_ARRAY(visited_too.at, a->visited_too.n);
    assert_memory_equal(&a->gc, &b->gc, sizeof a->gc);
    assert_types_equal(a, b);
    assert_held_equal(&a->held_from_outside, &b->held_from_outside);
}
