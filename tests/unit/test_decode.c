#include "proto/decode.h"

#include <stdlib.h>

#include "tests/support/fake_stream.h"
#include "tests/support/feeder.h"
#include "tests/support/test.h"

/* ---- streams that are right ---- */

static void test_decode__calls_in_order(void **state)
{
    struct sink_log log = {.used = 0};
    struct snap_sink sink = sink_for(&log);
    struct records records;

    (void)state;
    fake_stream("a : dict gen=1 -> b -> a, b : app.Node gen=1 size=5000000000, b ~> a\n"
                "b -> c untracked immortal rc=9, root b c",
                NULL, &records);
    assert_int_equal(fake_stream_feed(&records, &sink), DECODE_DONE);
    records_deinit(&records);
    assert_string_equal(log.text, "begin 1\n"
                                  "gc 700\n"
                                  "list 0: 0+0\n"
                                  "list 1: 0+2\n"
                                  "list 2: 2+0\n"
                                  "list 3: 2+0\n"
                                  "type 0: builtins|dict\n"
                                  "object 0: type 0 at 1000000b0 refs 1 bytes 16 flags 1\n"
                                  "strong 1\n"
                                  "type 1: app|Node\n"
                                  "object 1: type 1 at 1000000c0 refs 1 bytes 5000000000 flags 1\n"
                                  "strong 0 2\n"
                                  "weak 0\n"
                                  "type 2: builtins|object\n"
                                  "object 2: type 2 at 1000000d0 refs 9 bytes 16 flags 4\n"
                                  "thread 0: \n"
                                  "frame main app.py:7 object -1\n"
                                  "held 1 kind 0 b\n"
                                  "held 2 kind 0 c\n"
                                  "end 3 3 1\n");
}

static void test_decode__cuts_do_not_matter(void **state)
{
    static const char graph[] = "a -> a -> b -> c -> a, a -> b, a -> b, c ~> b, c ~> a, root a b c";
    const struct fake_cut cuts[] = {{.batch_objects = 1},
                                    {.batch_objects = 2, .more_above = 1},
                                    {.more_above = 1, .more_refs = 1}};
    struct records records;
    char whole[LOG_BYTES];

    (void)state;
    fake_stream(graph, NULL, &records);
    for (size_t i = 0; i <= sizeof cuts / sizeof *cuts; i++) {
        struct snapshot *s = fake_snapshot_of(&records);
        char text[LOG_BYTES];
        size_t used = 0;
        for (uint32_t o = 0; o < s->n_objects; o++)
            for (uint32_t e = s->strong.offset[o]; e < s->strong.offset[o + 1]; e++)
                used += (size_t)snprintf(text + used, sizeof text - used, "%u>%u ", o,
                                         s->strong.object[e]);
        for (uint32_t e = 0; e < s->n_weak; e++)
            used += (size_t)snprintf(text + used, sizeof text - used, "%u~%u ", s->weak[e].holder,
                                     s->weak[e].target);
        if (!i)
            memcpy(whole, text, sizeof whole);
        assert_string_equal(text, whole);
        snapshot_unref(s);
        records_deinit(&records);
        if (i < sizeof cuts / sizeof *cuts)
            fake_stream(graph, &cuts[i], &records);
    }
    assert_string_equal(whole, "0>0 0>1 0>1 0>1 1>2 2>0 2~1 2~0 ");
}

static void test_decode__many_references_come_in_chunks(void **state)
{
    struct feeder *f = *state;
    struct msg_snap_more more = {0, DECODE_CHUNK * 2 + 1, EDGE_STRONG, 1};

    must_start(f);
    must_add(f, 0, OBJECT_MORE);
    put_bytes(f, &more, sizeof more);
    for (uint32_t i = 0; i < more.count; i++)
        put_signed(f, 0);                     /* all to itself */
    f->log = (struct sink_log){.stop_at = 3}; /* the third chunk is the last */
    assert_int_equal(feed(f, MSG_SNAP_MORE), DECODE_STOPPED);
    assert_string_equal(strrchr(f->log.text, 's'), "strong 0\n");
}

static void test_decode__counts_only(void **state)
{
    struct sink_log log = {.used = 0};
    struct snap_sink sink = sink_for(&log);
    struct records records;

    (void)state;
    fake_stream("a -> b, c gen=2", &(struct fake_cut){.flags = SNAPSHOT_COUNTS}, &records);
    assert_int_equal(fake_stream_feed(&records, &sink), DECODE_DONE);
    records_deinit(&records);
    assert_string_equal(log.text, "begin 1\ngc 700\nlist 0: 0+2\nlist 1: 2+0\nlist 2: 2+1\n"
                                  "list 3: 3+0\nend 0 0 0\n");
}

static void test_decode__without_references(void **state)
{
    struct sink_log log = {.used = 0};
    struct snap_sink sink = sink_for(&log);
    struct records records;

    (void)state;
    fake_stream("a -> b", &(struct fake_cut){.flags = SNAPSHOT_SERVE}, &records);
    assert_int_equal(fake_stream_feed(&records, &sink), DECODE_DONE);
    records_deinit(&records);
    assert_null(strstr(log.text, "strong"));
    assert_non_null(strstr(log.text, "object 1:"));
}

static void test_decode__every_call_can_stop(void **state)
{
    static const char graph[] = "a -> b, a ~> b, root a";
    struct records records;
    unsigned calls = 0;

    (void)state;
    fake_stream(graph, NULL, &records);
    for (unsigned stop_at = 0; stop_at <= calls; stop_at++) {
        struct sink_log log = {.stop_at = stop_at};
        struct snap_sink sink = sink_for(&log);
        enum decode_status status = fake_stream_feed(&records, &sink);
        assert_int_equal(status, stop_at ? DECODE_STOPPED : DECODE_DONE);
        assert_int_equal(log.calls, stop_at ? stop_at : log.calls);
        calls = stop_at ? calls : log.calls;
    }
    assert_int_equal(calls, 15);
    records_deinit(&records);
}

static void test_decode__failure_of_the_copy(void **state)
{
    struct feeder *f = *state;
    struct msg_snap_failed failed = {SNAP_FAIL_LAYOUT, 0};

    must_begin(f, 0);
    put_bytes(f, &failed, sizeof failed);
    put_bytes(f, "no idea", 7);
    assert_int_equal(feed(f, MSG_SNAP_FAILED), DECODE_FAILED);
    assert_int_equal(f->decoder->failure_code, SNAP_FAIL_LAYOUT);
    assert_string_equal(f->decoder->failure, "no idea");
}

static void test_decode__long_failure_is_clipped(void **state)
{
    struct feeder *f = *state;
    struct msg_snap_failed failed = {SNAP_FAIL_MEMORY, 0};
    char text[MSG_TEXT_MAX];

    memset(text, 'x', sizeof text);
    must_begin(f, 0);
    put_bytes(f, &failed, sizeof failed);
    put_bytes(f, text, sizeof text);
    assert_int_equal(feed(f, MSG_SNAP_FAILED), DECODE_FAILED);
    assert_int_equal(strlen(f->decoder->failure), DECODE_FAILURE_BYTES - 1);
}

/* ---- records that are wrong ---- */

static void test_decode__order_of_records(void **state)
{
    struct feeder *f = *state;
    struct msg_snap_gc gc = {.enabled = 1};
    struct msg_snap_list list = {0, 0, 0, 0};
    struct msg_snap_static none = {.kind = STATIC_LIBRARY};

    assert_bad(f, feed_fixed(f, MSG_SNAP_GC, gc), "no beginning");
    must_begin(f, SNAPSHOT_EDGES);
    assert_bad(f, feed_fixed(f, MSG_REP_SNAPSHOT, gc),
               "a record that does not belong into a snapshot");
    assert_bad(f, feed(f, 0), "a record that does not belong into a snapshot");
    assert_bad(f, feed(f, UINT16_MAX), "a record that does not belong into a snapshot");
    assert_bad(f, feed_fixed(f, MSG_SNAP_BEGIN, ((struct msg_snap_begin){.id = 8})),
               "a second or short beginning");
    assert_bad(f, feed_fixed(f, MSG_SNAP_LIST, list), "a generation of no collector");
    assert_int_equal(feed_fixed(f, MSG_SNAP_GC, gc), DECODE_MORE);
    assert_int_equal(feed_fixed(f, MSG_SNAP_LIST, list), DECODE_MORE);
    assert_int_equal(feed_fixed(f, MSG_SNAP_GC, gc), DECODE_MORE); /* another interpreter */
    assert_int_equal(feed_type(f, 0, "", "a"), DECODE_MORE);
    assert_bad(f, feed_fixed(f, MSG_SNAP_GC, gc), "a record out of order");
    assert_bad(f, feed_fixed(f, MSG_SNAP_LIST, list), "a record out of order");
    assert_int_equal(feed_fixed(f, MSG_SNAP_STATIC, none), DECODE_MORE);
    assert_bad(f, feed_type(f, 1, "", "b"), "a record out of order");
    put_objects_head(f, 0, 0);
    assert_bad(f, feed(f, MSG_SNAP_OBJECTS), "a record out of order");
    assert_int_equal(feed_fixed(f, MSG_SNAP_STATIC, none), DECODE_MORE);
    assert_int_equal(feed_end(f, 0, 0, 0), DECODE_DONE);
}

static void test_decode__counts_are_without_objects(void **state)
{
    struct feeder *f = *state;
    struct msg_snap_static none = {.kind = STATIC_LIBRARY};

    must_begin(f, SNAPSHOT_COUNTS);
    assert_bad(f, feed_type(f, 0, "", "a"), "objects in a stream of counts");
    assert_bad(f, feed_fixed(f, MSG_SNAP_STATIC, none), "objects in a stream of counts");
}

static void test_decode__is_finished_after_the_last_word(void **state)
{
    struct feeder *f = *state;

    must_start(f);
    assert_int_equal(feed_end(f, 0, 0, 0), DECODE_DONE);
    unsigned calls = f->log.calls;
    assert_int_equal(feed_type(f, 1, "", "a"), DECODE_DONE);
    assert_int_equal(f->log.calls, calls);

    feeder_teardown(state);
    feeder_setup(state);
    f = *state;
    assert_int_equal(feed_type(f, 0, "", "a"), DECODE_BAD);
    assert_int_equal(feed_fixed(f, MSG_SNAP_BEGIN, ((struct msg_snap_begin){.id = 1})), DECODE_BAD);
    assert_string_equal(f->decoder->why, "no beginning");
}

static void test_decode__short_records(void **state)
{
    static const uint16_t kinds[] = {MSG_SNAP_GC,      MSG_SNAP_LIST,  MSG_SNAP_TYPE,
                                     MSG_SNAP_OBJECTS, MSG_SNAP_MORE,  MSG_SNAP_VISITS,
                                     MSG_SNAP_END,     MSG_SNAP_FAILED};
    struct feeder *f = *state;

    put_bytes(f, "1234567", 7);
    assert_bad(f, feed(f, MSG_SNAP_BEGIN), "a second or short beginning");
    must_begin(f, 0);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct snap_decoder before = *f->decoder;
        assert_int_equal(feed(f, kinds[i]), DECODE_BAD);
        *f->decoder = before;
        put_bytes(f, "1234567", 7); /* no fixed part is so short */
        assert_int_equal(feed(f, kinds[i]), DECODE_BAD);
        *f->decoder = before;
    }
}

static void test_decode__generations(void **state)
{
    struct feeder *f = *state;
    struct msg_snap_gc gc = {.enabled = 1};

    must_begin(f, 0);
    assert_int_equal(feed_fixed(f, MSG_SNAP_GC, gc), DECODE_MORE);
    assert_bad(f, feed_fixed(f, MSG_SNAP_LIST, ((struct msg_snap_list){0, 4, 0, 0})),
               "a generation that does not exist");
    assert_bad(f,
               feed_fixed(f, MSG_SNAP_LIST, ((struct msg_snap_list){0, 0, UINT32_MAX, UINT32_MAX})),
               "a generation of too many objects");
    assert_bad(f, feed_fixed(f, MSG_SNAP_LIST, ((struct msg_snap_list){0, 0, UINT32_MAX, 1})),
               "a generation of too many objects");
    assert_int_equal(
        feed_fixed(f, MSG_SNAP_LIST, ((struct msg_snap_list){0, MSG_GEN_PERMANENT, 0, 1})),
        DECODE_MORE);
    assert_bad(f, feed_end(f, 0, 0, 0), "objects that were mentioned never came");
}

static void test_decode__types(void **state)
{
    struct feeder *f = *state;
    struct msg_snap_type type = {.module_bytes = 3, .name_bytes = 1, .object = 5};
    char text[MSG_TEXT_MAX + 2];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    must_begin(f, 0);
    assert_bad(f, feed_type(f, 0, "app", ""), "a type record of the wrong length");
    assert_bad(f, feed_type(f, 1, "app", "Node"), "a type out of order");
    assert_bad(f, feed_type(f, 0, text, "Node"), "a type record of the wrong length");
    assert_bad(f, feed_type(f, 0, "app", text), "a type record of the wrong length");
    put_bytes(f, &type, sizeof type);
    put_bytes(f, "app", 3);
    assert_bad(f, feed(f, MSG_SNAP_TYPE), "a type record of the wrong length");
    put_bytes(f, &type, sizeof type);
    put_bytes(f, "appNx", 5);
    assert_bad(f, feed(f, MSG_SNAP_TYPE), "a type record of the wrong length");
    type.module_bytes = type.name_bytes = UINT32_MAX;
    put_bytes(f, &type, sizeof type);
    put_bytes(f, "x", 1);
    assert_bad(f, feed(f, MSG_SNAP_TYPE), "a type record of the wrong length");
    type = (struct msg_snap_type){.name_bytes = 1, .object = UINT32_MAX - 1};
    put_bytes(f, &type, sizeof type);
    put_bytes(f, "N", 1);
    assert_int_equal(feed(f, MSG_SNAP_TYPE), DECODE_MORE);
    assert_bad(f, feed_end(f, 0, 0, 0), "objects that were mentioned never came");
}

static void test_decode__longest_type_names(void **state)
{
    struct feeder *f = *state;
    char text[MSG_TEXT_MAX + 1];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    must_begin(f, 0);
    f->log.used = 0;
    struct msg_snap_type type = {
        .module_bytes = MSG_TEXT_MAX, .name_bytes = MSG_TEXT_MAX, .object = (uint32_t)MSG_NO_INDEX};
    put_bytes(f, &type, sizeof type);
    put_bytes(f, text, MSG_TEXT_MAX);
    put_bytes(f, text, MSG_TEXT_MAX);
    f->log.stop_at = 2;
    assert_int_equal(feed(f, MSG_SNAP_TYPE), DECODE_STOPPED);
}

static void test_decode__objects(void **state)
{
    struct feeder *f = *state;

    must_start(f);
    put_objects_head(f, 1, 1);
    assert_bad(f, feed(f, MSG_SNAP_OBJECTS), "a batch of objects out of order");
    put_objects_head(f, 0, UINT32_MAX);
    assert_bad(f, feed(f, MSG_SNAP_OBJECTS), "a batch of objects out of order");
    put_objects_head(f, 0, 1);
    put_object(f, 0, 1, 0x1000);
    assert_bad(f, feed(f, MSG_SNAP_OBJECTS), "an object that is cut short or of no known type");
    put_objects_head(f, 0, 1);
    put_object(f, 0, UINT64_MAX, 0x1000);
    assert_bad(f, feed(f, MSG_SNAP_OBJECTS), "an object that is cut short or of no known type");
    put_objects_head(f, 0, 1);
    put_object(f, 256, 0, 0x1000);
    assert_bad(f, feed(f, MSG_SNAP_OBJECTS), "an object that is cut short or of no known type");
    put_objects_head(f, 0, 1);
    put(f, 0);
    assert_bad(f, feed(f, MSG_SNAP_OBJECTS), "an object that is cut short or of no known type");
    put_objects_head(f, 0, 1);
    put_object(f, 0, 0, 0x1000);
    assert_int_equal(feed(f, MSG_SNAP_OBJECTS), DECODE_BAD); /* where its references should be */
}

static void test_decode__references(void **state)
{
    struct feeder *f = *state;

    must_start(f);
    must_add(f, 0, 0);
    put_objects_head(f, 1, 1);
    put_object(f, 0, 0, 0x1000);
    put(f, UINT64_MAX);
    assert_bad(f, feed(f, MSG_SNAP_OBJECTS), "more references than the record can hold");
}

static void test_decode__references_out_of_range(void **state)
{
    static const int64_t deltas[] = {-1, UINT32_MAX, INT64_MIN, INT64_MAX};

    for (size_t i = 0; i < sizeof deltas / sizeof *deltas; i++) {
        feeder_teardown(state);
        feeder_setup(state);
        struct feeder *f = *state;
        must_start(f);
        put_objects_head(f, 0, 1);
        put_object(f, 0, 0, 0x1000);
        put(f, 1);
        put_signed(f, deltas[i]);
        put(f, 0);
        assert_bad(f, feed(f, MSG_SNAP_OBJECTS), "an object number is out of range");
    }
}

static void test_decode__reference_to_what_never_comes(void **state)
{
    struct feeder *f = *state;

    must_start(f);
    put_objects_head(f, 0, 1);
    put_object(f, 0, 0, 0x1000);
    put(f, 1);
    put_signed(f, 1);
    put(f, 0);
    assert_int_equal(feed(f, MSG_SNAP_OBJECTS), DECODE_MORE);
    assert_bad(f, feed_end(f, 1, 1, 0), "objects that were mentioned never came");
    must_add(f, 1, 0);
    assert_int_equal(feed_end(f, 2, 1, 0), DECODE_DONE);
}

static void test_decode__bytes_behind(void **state)
{
    struct feeder *f = *state;
    struct msg_snap_static none = {.kind = STATIC_LIBRARY};

    must_start(f);
    put_objects_head(f, 0, 1);
    put_object(f, 0, 0, 0x1000);
    put(f, 0);
    put(f, 0);
    put(f, 0);
    assert_bad(f, feed(f, MSG_SNAP_OBJECTS), "bytes behind the last object of a batch");
    put_bytes(f, &none, sizeof none);
    put(f, 0);
    assert_bad(f, feed(f, MSG_SNAP_STATIC), "bytes behind static data");
}

static void test_decode__more(void **state)
{
    struct feeder *f = *state;
    struct msg_snap_more more = {0, 0, EDGE_STRONG, 1};

    must_start(f);
    assert_bad(f, feed_fixed(f, MSG_SNAP_MORE, more), "references that belong to no object");
    must_add(f, 0, 0);
    assert_bad(f, feed_fixed(f, MSG_SNAP_MORE, more), "references that belong to no object");
    must_add(f, 1, OBJECT_MORE);
    assert_bad(f, feed_fixed(f, MSG_SNAP_MORE, more), "references that belong to no object");
    more = (struct msg_snap_more){1, 1, 2, 0};
    assert_bad(f, feed_fixed(f, MSG_SNAP_MORE, more), "references that belong to no object");
    more = (struct msg_snap_more){1, UINT32_MAX, EDGE_STRONG, 0};
    assert_bad(f, feed_fixed(f, MSG_SNAP_MORE, more), "a list of object numbers is cut short");
}

static void test_decode__more_in_order(void **state)
{
    struct feeder *f = *state;
    struct msg_snap_more strong = {0, 0, EDGE_STRONG, 0}, weak = {0, 0, EDGE_WEAK, 0};
    struct msg_snap_static none = {.kind = STATIC_LIBRARY};

    must_start(f);
    must_add(f, 0, OBJECT_MORE);
    assert_int_equal(feed_fixed(f, MSG_SNAP_MORE, strong), DECODE_MORE);
    assert_int_equal(feed_fixed(f, MSG_SNAP_MORE, weak), DECODE_MORE);
    assert_bad(f, feed_fixed(f, MSG_SNAP_MORE, strong), "references that belong to no object");
    assert_bad(f, feed_end(f, 1, 0, 0), "an object whose references are not all there");
    assert_bad(f, feed_type(f, 1, "", "a"), "an object whose references are not all there");
    assert_bad(f, feed_fixed(f, MSG_SNAP_STATIC, none),
               "an object whose references are not all there");
    put_objects_head(f, 1, 1);
    put_object(f, 0, 0, 0x1000);
    assert_bad(f, feed(f, MSG_SNAP_OBJECTS), "an object whose references are not all there");
    weak.last = 1;
    put_bytes(f, &weak, sizeof weak);
    put(f, 0);
    assert_bad(f, feed(f, MSG_SNAP_MORE), "bytes behind the last reference");
}

static void test_decode__more_is_the_last_of_its_batch(void **state)
{
    struct feeder *f = *state;

    must_start(f);
    put_objects_head(f, 0, 2);
    put_object(f, OBJECT_MORE, 0, 0x1000);
    put_object(f, OBJECT_MORE, 0, 1);
    assert_bad(f, feed(f, MSG_SNAP_OBJECTS), "an object whose references are not all there");
}

static void test_decode__more_without_references(void **state)
{
    struct feeder *f = *state;

    must_begin(f, 0);
    assert_int_equal(feed_type(f, 0, "", "a"), DECODE_MORE);
    put_objects_head(f, 0, 1);
    put_object(f, OBJECT_MORE, 0, 0x1000);
    assert_bad(f, feed(f, MSG_SNAP_OBJECTS), "references in a stream without any");
}

static void test_decode__totals(void **state)
{
    struct feeder *f = *state;
    struct msg_snap_end end = {.objects = 1, .shallow_bytes = 17};

    must_start(f);
    must_add(f, 0, 0);
    assert_bad(f, feed_end(f, 0, 0, 0), "totals that do not match what came");
    assert_bad(f, feed_end(f, 1, 1, 0), "totals that do not match what came");
    assert_bad(f, feed_end(f, 1, 0, 1), "totals that do not match what came");
    assert_bad(f, feed_fixed(f, MSG_SNAP_END, end), "totals that do not match what came");
    assert_int_equal(feed_end(f, 1, 0, 0), DECODE_DONE);
}

/* Every record of a good stream, cut at every length, is refused or asks for more; never more is
 * read than there is (the sanitizers watch). */
static void test_decode__truncated_anywhere(void **state)
{
    struct records records;
    struct record record;
    size_t at = 0, first_of;

    (void)state;
    fake_stream("a : app.Node -> b -> c -> a, a ~> c, b ~> a; root a c",
                &(struct fake_cut){.more_above = 1}, &records);
    while (first_of = at, records_next(records.bytes, records.n, &at, &record)) {
        for (uint32_t bytes = 0; bytes < record.bytes; bytes++) {
            struct feeder *f;
            size_t before = 0;
            struct record earlier;
            feeder_setup((void **)&f);
            while (before < first_of && records_next(records.bytes, records.n, &before, &earlier)) {
                put_bytes(f, earlier.payload, earlier.bytes);
                assert_int_equal(feed(f, earlier.kind), DECODE_MORE);
            }
            put_bytes(f, record.payload, bytes);
            assert_int_equal(feed(f, record.kind), DECODE_BAD);
            feeder_teardown((void **)&f);
        }
    }
    records_deinit(&records);
}

/* ---- fixed parts and answers ---- */

static void test_decode__fixed(void **state)
{
    struct msg_rep_release release, want = {3, 0};
    struct msg_req_detach detach;
    uint8_t longer[sizeof want + 4] = {3};

    (void)state;
    assert_true(decode_fixed(MSG_REP_RELEASE, &want, sizeof want, &release, sizeof release));
    assert_memory_equal(&release, &want, sizeof want);
    assert_true(decode_fixed(MSG_REP_RELEASE, longer, sizeof longer, &release, sizeof release));
    assert_false(decode_fixed(MSG_REP_RELEASE, &want, sizeof want - 1, &release, sizeof release));
    assert_false(decode_fixed(MSG_REP_RELEASE, &want, sizeof want, &detach, sizeof detach));
    assert_false(decode_fixed(0, &want, sizeof want, &release, sizeof release));
    assert_false(decode_fixed(UINT16_MAX, &want, sizeof want, &release, 0));
}

static void put_text(struct feeder *f, const char *text)
{
    put(f, strlen(text));
    put_bytes(f, text, strlen(text));
}

static void put_value(struct feeder *f, uint64_t index, uint64_t kind, const char *text)
{
    put(f, index);
    put(f, kind);
    put(f, 12);
    put_text(f, text);
    put_text(f, "app.py");
}

static void test_decode__values(void **state)
{
    struct feeder *f = *state;
    struct msg_ans_values head = {{1, 2}, 2, 1}, got;
    struct decoded_value value;
    struct wire_reader r;

    put_bytes(f, &head, sizeof head);
    put_value(f, 3, VALUE_PLACE, "handle");
    put_value(f, UINT32_MAX - 1, VALUE_FLOAT, "12345678");
    assert_true(decode_values(f->payload, (uint32_t)f->n, &got, &r));
    assert_memory_equal(&got, &head, sizeof head);
    assert_true(decode_value(&r, &value));
    assert_int_equal(value.index, 3);
    assert_int_equal(value.kind, VALUE_PLACE);
    assert_int_equal(value.size, 12);
    assert_int_equal(value.text.len, 6);
    assert_memory_equal(value.text.bytes, "handle", 6);
    assert_int_equal(value.detail.len, 6);
    assert_true(decode_value(&r, &value));
    assert_int_equal(value.kind, VALUE_FLOAT);
    assert_false(decode_value(&r, &value));
    assert_false(decode_values(f->payload, sizeof head - 1, &got, &r));
}

/* A value with this index, kind and text is refused. */
static void assert_no_value(struct feeder *f, uint64_t index, uint64_t kind, const char *text)
{
    struct decoded_value value;
    struct wire_reader r;

    put_value(f, index, kind, text);
    r = wire_reader(f->payload, f->n);
    assert_false(decode_value(&r, &value));
    f->n = 0;
}

static void test_decode__bad_values(void **state)
{
    struct feeder *f = *state;
    char text[MSG_VALUE_TEXT_MAX + 2];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_no_value(f, UINT32_MAX, VALUE_STR, "x");
    assert_no_value(f, UINT64_MAX, VALUE_STR, "x");
    assert_no_value(f, 1, VALUE_PREVIEW + 1, "x");
    assert_no_value(f, 1, UINT64_MAX, "x");
    assert_no_value(f, 1, VALUE_FLOAT, "1234567");
    assert_no_value(f, 1, VALUE_FLOAT, "123456789");
    assert_no_value(f, 1, VALUE_COMPLEX, "12345678");
    assert_no_value(f, 1, VALUE_STR, text);
}

static void test_decode__edges(void **state)
{
    struct feeder *f = *state;
    struct msg_ans_edges head = {{1, 2}, 1, 1}, got;
    struct decoded_edge edge;
    struct wire_reader r;

    put_bytes(f, &head, sizeof head);
    put(f, 4);
    put(f, 5);
    put(f, EDGE_WEAK);
    put_text(f, ".parent");
    assert_true(decode_edges(f->payload, (uint32_t)f->n, &got, &r));
    assert_true(decode_edge(&r, &edge));
    assert_int_equal(edge.ordinal, 4);
    assert_int_equal(edge.target, 5);
    assert_int_equal(edge.strength, EDGE_WEAK);
    assert_int_equal(edge.name.len, 7);
    assert_memory_equal(edge.name.bytes, ".parent", 7);
    for (uint32_t n = sizeof head; n < f->n; n++) { /* cut short anywhere */
        assert_true(decode_edges(f->payload, n, &got, &r));
        assert_false(decode_edge(&r, &edge));
    }
    assert_false(decode_edges(f->payload, sizeof head - 1, &got, &r));
}

static void test_decode__bad_edges(void **state)
{
    static const uint64_t bad[][3] = {
        {UINT32_MAX, 0, EDGE_STRONG}, {0, UINT32_MAX, EDGE_STRONG}, {0, 0, EDGE_WEAK + 1}};
    struct feeder *f = *state;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct decoded_edge edge;
        struct wire_reader r;
        for (int k = 0; k < 3; k++)
            put(f, bad[i][k]);
        put_text(f, "x");
        r = wire_reader(f->payload, f->n);
        assert_false(decode_edge(&r, &edge));
        f->n = 0;
    }
}

static void test_decode__hashes(void **state)
{
    struct feeder *f = *state;
    struct msg_ans_hashes head = {{1, 2}, 1, 1}, got;
    uint32_t index = 7, got_index, none = (uint32_t)MSG_NO_INDEX;
    uint64_t hash = 0x1234567890abcdef, got_hash;
    struct wire_reader r;

    put_bytes(f, &head, sizeof head);
    put_bytes(f, &index, sizeof index);
    put_bytes(f, &hash, sizeof hash);
    assert_true(decode_hashes(f->payload, (uint32_t)f->n, &got, &r));
    assert_int_equal(got.count, 1);
    assert_true(decode_hash(&r, &got_index, &got_hash));
    assert_int_equal(got_index, 7);
    assert_int_equal(got_hash, hash);
    assert_false(decode_hash(&r, &got_index, &got_hash)); /* there was only one */
    for (uint32_t n = sizeof head; n < f->n; n++) {       /* cut short anywhere */
        assert_true(decode_hashes(f->payload, n, &got, &r));
        assert_false(decode_hash(&r, &got_index, &got_hash));
    }
    assert_false(decode_hashes(f->payload, sizeof head - 1, &got, &r));
    f->n = 0;
    put_bytes(f, &none, sizeof none);
    put_bytes(f, &hash, sizeof hash);
    r = wire_reader(f->payload, f->n);
    assert_false(decode_hash(&r, &got_index, &got_hash)); /* no object has that number */
}

#define FEED(fn) cmocka_unit_test_setup_teardown(fn, feeder_setup, feeder_teardown)

/* Only a file's reader knows arrays. */
static void test_decode__objects_apart(void **state)
{
    struct feeder *f = *state;
    const struct msg_snap_begin begin = {.id = 1, .flags = SNAPSHOT_EDGES | SNAPSHOT_APART};

    assert_bad(f, feed_fixed(f, MSG_SNAP_BEGIN, begin), "objects apart from the stream");
    f->decoder->from_file = true;
    assert_int_equal(feed_fixed(f, MSG_SNAP_BEGIN, begin), DECODE_MORE);
    put_objects_head(f, 0, 0);
    assert_bad(f, feed(f, MSG_SNAP_OBJECTS), "objects in a stream without any");
}

static void test_decode__names(void **state)
{
    uint8_t bytes[64], *p = bytes;
    struct msg_ans_names head = {{1, 1}, 1, 1};
    struct decoded_names piece;
    struct decoded_text name;
    struct wire_reader r;

    (void)state;
    memcpy(p, &head, sizeof head);
    p += sizeof head;
    p = wire_put(wire_put(wire_put(p, 7), 3), 2);
    p = wire_put(wire_put(p, 16), 1);
    *p++ = 1;
    *p++ = 'a';
    *p++ = 0;
    assert_true(decode_names(bytes, (uint32_t)(p - bytes), &head, &r));
    assert_true(decode_names_piece(&r, &piece));
    assert_int_equal(piece.object, 7);
    assert_int_equal(piece.first, 3);
    assert_int_equal(piece.count, 2);
    assert_int_equal(piece.inline_bytes, 16);
    assert_int_equal(piece.weakref_count, 1);
    assert_true(decode_name(&r, &name));
    assert_int_equal(name.len, 1);
    assert_true(decode_name(&r, &name));
    assert_int_equal(name.len, 0);
    assert_false(decode_name(&r, &name));                                /* there are no more */
    for (uint32_t n = sizeof head; n < (uint32_t)(p - bytes) - 1; n++) { /* cut short */
        assert_true(decode_names(bytes, n, &head, &r));
        assert_false(decode_names_piece(&r, &piece) && decode_name(&r, &name) &&
                     decode_name(&r, &name));
    }
    assert_false(decode_names(bytes, sizeof head - 1, &head, &r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_decode__calls_in_order),
        TEST(test_decode__cuts_do_not_matter),
        FEED(test_decode__many_references_come_in_chunks),
        TEST(test_decode__counts_only),
        FEED(test_decode__objects_apart),
        TEST(test_decode__names),
        TEST(test_decode__without_references),
        TEST(test_decode__every_call_can_stop),
        FEED(test_decode__failure_of_the_copy),
        FEED(test_decode__long_failure_is_clipped),
        FEED(test_decode__order_of_records),
        FEED(test_decode__counts_are_without_objects),
        FEED(test_decode__is_finished_after_the_last_word),
        FEED(test_decode__short_records),
        FEED(test_decode__generations),
        FEED(test_decode__types),
        FEED(test_decode__longest_type_names),
        FEED(test_decode__objects),
        FEED(test_decode__references),
        FEED(test_decode__references_out_of_range),
        FEED(test_decode__reference_to_what_never_comes),
        FEED(test_decode__bytes_behind),
        FEED(test_decode__more),
        FEED(test_decode__more_in_order),
        FEED(test_decode__more_is_the_last_of_its_batch),
        FEED(test_decode__more_without_references),
        FEED(test_decode__totals),
        TEST(test_decode__truncated_anywhere),
        TEST(test_decode__fixed),
        FEED(test_decode__values),
        FEED(test_decode__bad_values),
        FEED(test_decode__edges),
        FEED(test_decode__bad_edges),
        FEED(test_decode__hashes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
