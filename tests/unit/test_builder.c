#include "inspector/model/builder.h"

#include <sys/resource.h>

#include "tests/support/fake_stream.h"
#include "tests/support/test.h"

/* "1 2 3": the numbers in a row of a table of references. */
static const char *row(const struct snapshot_edges *edges, uint32_t object, char buf[128])
{
    size_t used = 0;

    buf[0] = '\0';
    for (uint32_t e = edges->offset[object]; e < edges->offset[object + 1]; e++)
        used += (size_t)snprintf(buf + used, 128 - used, "%s%u", used ? " " : "", edges->object[e]);
    return buf;
}

#define assert_row(edges, object, want)                                                            \
    do {                                                                                           \
        char buf_[128];                                                                            \
        assert_string_equal(row((edges), (object), buf_), (want));                                 \
    } while (0)

static void test_builder__counts(void **state)
{
    struct snapshot *s =
        fake_snapshot("a : dict size=10 -> b : app.Node size=20 rc=7, c : app.Node "
                      "size=30 finalized, d : dict size=0 untracked immortal");

    (void)state;
    assert_int_equal(s->n_objects, 4);
    assert_int_equal(s->shallow_bytes, 60);
    assert_int_equal(s->n_types, 2);
    assert_string_equal(s->types[0].name, "builtins.dict");
    assert_int_equal(s->types[0].count, 2);
    assert_int_equal(s->types[0].shallow_bytes, 10);
    assert_string_equal(s->types[1].name, "app.Node");
    assert_int_equal(s->types[1].count, 2);
    assert_int_equal(s->types[1].shallow_bytes, 50);
    assert_int_equal(s->address[1], fake_address("b"));
    assert_int_equal(s->refcount[0], 0);
    assert_int_equal(s->refcount[1], 7);
    assert_int_equal(s->flags[2], OBJECT_TRACKED | OBJECT_FINALIZED);
    assert_int_equal(s->flags[3], OBJECT_IMMORTAL);
    assert_ptr_equal(snapshot_type_of(s, 2), &s->types[1]);
    assert_int_equal(s->interpreters, 1);
    assert_int_equal(s->gc.thresholds[0], 700);
    assert_true(s->has_edges);
    snapshot_unref(s);
}

static void test_builder__references_keep_their_order(void **state)
{
    struct snapshot *s = fake_snapshot("a -> c, a -> b, a -> c, a -> a, b -> c");

    (void)state; /* a 0, c 1, b 2 */
    assert_int_equal(s->strong.n, 5);
    assert_row(&s->strong, 0, "1 2 1 0");
    assert_row(&s->strong, 1, "");
    assert_row(&s->strong, 2, "1");
    snapshot_unref(s);
}

static void test_builder__reverse_references_ascend(void **state)
{
    struct snapshot *s = fake_snapshot("a, b, c, c -> a, b -> a, c -> a, a -> a, a -> c");

    (void)state;
    assert_int_equal(s->reverse.n, 5);
    assert_row(&s->reverse, 0, "0 1 2 2");
    assert_row(&s->reverse, 1, "");
    assert_row(&s->reverse, 2, "0");
    snapshot_unref(s);
}

static void test_builder__weak_pairs(void **state)
{
    struct snapshot *s = fake_snapshot("a, b, c, d, b ~> a, d ~> a, b ~> c");
    const struct snap_pair *pair;
    uint32_t n;

    (void)state;
    assert_int_equal(s->n_weak, 3);
    assert_int_equal(s->strong.n, 0);
    pair = snapshot_weak_of(s, 1, &n);
    assert_int_equal(n, 2);
    assert_int_equal(pair[0].target, 0);
    assert_int_equal(pair[1].target, 2);
    pair = snapshot_weak_of(s, 3, &n);
    assert_int_equal(n, 1);
    assert_int_equal(pair->holder, 3);
    snapshot_weak_of(s, 0, &n);
    assert_int_equal(n, 0);
    snapshot_weak_of(s, 2, &n);
    assert_int_equal(n, 0);
    snapshot_unref(s);
}

static void test_builder__generations(void **state)
{
    struct snapshot *s =
        fake_snapshot("u untracked, p gen=permanent, two gen=2, zero, one gen=1, also gen=2");

    (void)state;
    assert_int_equal(s->n_lists, 4);
    assert_int_equal(snapshot_generation(s, fake_object(s, "zero")), 0);
    assert_int_equal(snapshot_generation(s, fake_object(s, "one")), 1);
    assert_int_equal(snapshot_generation(s, fake_object(s, "two")), 2);
    assert_int_equal(snapshot_generation(s, fake_object(s, "also")), 2);
    assert_int_equal(snapshot_generation(s, fake_object(s, "p")), MSG_GEN_PERMANENT);
    assert_int_equal(snapshot_generation(s, fake_object(s, "u")), -1);
    snapshot_unref(s);
}

static void test_builder__large_sizes_and_refcounts(void **state)
{
    struct snapshot *s =
        fake_snapshot("a size=4294967294, b size=4294967295, c size=4294967296 rc=4294967296\n"
                      "d size=1, e size=1099511627776 rc=4294967294");

    (void)state;
    assert_int_equal(snapshot_shallow(s, 0), 4294967294);
    assert_int_equal(snapshot_shallow(s, 1), 4294967295);
    assert_int_equal(snapshot_shallow(s, 2), 4294967296);
    assert_int_equal(snapshot_shallow(s, 3), 1);
    assert_int_equal(snapshot_shallow(s, 4), 1099511627776);
    assert_int_equal(s->n_large, 3);
    assert_int_equal(s->shallow_bytes, 4294967294 + 4294967295 + 4294967296 + 1 + 1099511627776);
    assert_int_equal(s->types[0].shallow_bytes, s->shallow_bytes);
    assert_int_equal(s->refcount[2], UINT32_MAX);
    assert_int_equal(s->refcount[4], UINT32_MAX - 1);
    snapshot_unref(s);
}

static void test_builder__empty_heap(void **state)
{
    struct snapshot *s = fake_snapshot("");

    (void)state;
    assert_int_equal(s->n_objects, 0);
    assert_int_equal(s->strong.offset[0], 0);
    assert_int_equal(s->reverse.offset[0], 0);
    assert_int_equal(snapshot_find(s, 0), SNAPSHOT_NONE);
    snapshot_unref(s);
}

static void test_builder__without_references(void **state)
{
    struct snapshot *s = fake_snapshot_cut("a -> b", &(struct fake_cut){.flags = SNAPSHOT_SERVE});

    (void)state;
    assert_int_equal(s->n_objects, 2);
    assert_false(s->has_edges);
    assert_null(s->strong.offset);
    assert_null(s->reverse.offset);
    snapshot_unref(s);
}

static void test_builder__roots(void **state)
{
    struct snapshot *s = fake_snapshot("a, b, c, root c a c");

    (void)state;
    assert_int_equal(s->n_roots, 3);
    assert_int_equal(s->roots[0], 2);
    assert_int_equal(s->roots[1], 0);
    assert_int_equal(s->roots[2], 2);
    snapshot_unref(s);
}

static void test_builder__find(void **state)
{
    struct snapshot *s = fake_snapshot("a, b");

    (void)state;
    assert_int_equal(snapshot_find(s, fake_address("b")), 1);
    assert_int_equal(snapshot_find(s, fake_address("b") + 8), SNAPSHOT_NONE);
    snapshot_unref(s);
}

static void test_builder__type_names_are_escaped(void **state)
{
    static const char module[] = "app\x1b[31m", name[] = "N\xed\xa0\x80\n";
    struct msg_snap_begin begin = {.id = 1};
    struct msg_snap_type type = {.object = (uint32_t)MSG_NO_INDEX,
                                 .module_bytes = sizeof module - 1,
                                 .name_bytes = sizeof name - 1};
    struct msg_snap_end end = {.objects = 0};
    struct records records = RECORDS_INIT;
    char texts[64];

    (void)state;
    records_add(&records, MSG_SNAP_BEGIN, &begin, sizeof begin, NULL, 0);
    snprintf(texts, sizeof texts, "%s%s", module, name);
    records_add(&records, MSG_SNAP_TYPE, &type, sizeof type, texts, strlen(texts));
    type.id = 1;
    type.module_bytes = 0;
    records_add(&records, MSG_SNAP_TYPE, &type, sizeof type, name, sizeof name - 1);
    records_add(&records, MSG_SNAP_END, &end, sizeof end, NULL, 0);
    struct snapshot *s = fake_snapshot_of(&records);
    assert_string_equal(s->types[0].name, "app\\x1b[31m.N\\ud800\\n");
    assert_string_equal(s->types[1].name, "N\\ud800\\n"); /* no module, no dot */
    snapshot_unref(s);
    records_deinit(&records);
}

static void test_builder__begin_starts_over(void **state)
{
    struct builder *builder;
    struct records first, second;
    struct snapshot *s;

    (void)state;
    assert_ok(builder_create(&builder));
    fake_stream("a : app.Old size=5000000000 -> b ~> a, root a b, c gen=2 -> a", NULL, &first);
    fake_stream("x : app.New -> y", NULL, &second);
    for (int i = 0; i < 3; i++) /* nothing of the earlier ones is left, or leaks */
        assert_int_equal(fake_stream_feed(&first, builder_sink(builder)), DECODE_DONE);
    assert_int_equal(fake_stream_feed(&second, builder_sink(builder)), DECODE_DONE);
    assert_ok(builder_finish(builder, &s));
    builder_destroy(builder);
    assert_int_equal(s->n_objects, 2);
    assert_int_equal(s->strong.n, 1);
    assert_int_equal(s->n_weak + s->n_roots + s->n_large, 0);
    assert_int_equal(s->n_lists, 4);
    assert_string_equal(s->types[0].name, "app.New");
    snapshot_unref(s);
    records_deinit(&first);
    records_deinit(&second);
}

static void test_builder__incomplete_stream(void **state)
{
    struct builder *builder;
    struct snapshot *s = (struct snapshot *)1;
    struct msg_snap_begin begin = {.id = 1};

    (void)state;
    assert_ok(builder_create(&builder));
    assert_fails(builder_finish(builder, &s), ERR_INTERNAL, "not complete");
    assert_true(builder_sink(builder)->begin(builder_sink(builder)->ctx, &begin));
    assert_fails(builder_finish(builder, &s), ERR_INTERNAL, "not complete");
    assert_ptr_equal(s, (struct snapshot *)1);
    builder_destroy(builder);
}

static void test_builder__too_many_references(void **state)
{
    struct builder *builder;
    struct snapshot *s;
    struct records records;
    uint32_t target = 0;

    (void)state;
    assert_ok(builder_create(&builder));
    fake_stream("a -> a", NULL, &records);
    assert_int_equal(fake_stream_feed(&records, builder_sink(builder)), DECODE_DONE);
    const struct snap_sink *sink = builder_sink(builder);
    assert_false(sink->edges(sink->ctx, &target, UINT32_MAX - 1, EDGE_STRONG));
    assert_fails(builder_finish(builder, &s), ERR_UNSUPPORTED, "more than 4,294,967,294");
    assert_int_equal(fake_stream_feed(&records, sink), DECODE_DONE); /* starts over */
    assert_ok(builder_finish(builder, &s));
    snapshot_unref(s);
    builder_destroy(builder);
    records_deinit(&records);
}

static void test_builder__no_memory(void **state)
{
    struct rlimit limit, small;
    struct builder *builder;
    struct snapshot *s;
    struct records records;

    (void)state;
    if (IS_SANITIZED)
        skip();
    assert_ok(builder_create(&builder));
    fake_stream("a -> b", NULL, &records);
    assert_int_equal(fake_stream_feed(&records, builder_sink(builder)), DECODE_DONE);
    const struct snap_sink *sink = builder_sink(builder);
    struct snap_object object = {.index = UINT32_MAX - 2};
    assert_int_equal(getrlimit(RLIMIT_AS, &limit), 0);
    small = (struct rlimit){1 << 30, limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_AS, &small), 0);
    assert_false(sink->object(sink->ctx, &object));
    assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
    assert_fails(builder_finish(builder, &s), ERR_NOMEM, "out of memory");
    builder_destroy(builder);
    records_deinit(&records);
}

static void test_builder__snapshots_are_counted(void **state)
{
    struct snapshot *s = fake_snapshot("a -> b");

    (void)state;
    assert_ptr_equal(snapshot_ref(s), s);
    snapshot_unref(s);
    assert_int_equal(s->n_objects, 2); /* the sanitizer knows whether it is still there */
    snapshot_unref(s);
    snapshot_unref(NULL);
    builder_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_builder__counts),
        TEST(test_builder__references_keep_their_order),
        TEST(test_builder__reverse_references_ascend),
        TEST(test_builder__weak_pairs),
        TEST(test_builder__generations),
        TEST(test_builder__large_sizes_and_refcounts),
        TEST(test_builder__empty_heap),
        TEST(test_builder__without_references),
        TEST(test_builder__roots),
        TEST(test_builder__find),
        TEST(test_builder__type_names_are_escaped),
        TEST(test_builder__begin_starts_over),
        TEST(test_builder__incomplete_stream),
        TEST(test_builder__too_many_references),
        TEST(test_builder__no_memory),
        TEST(test_builder__snapshots_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
