#include "proto/decode.h"

#include <stdlib.h>

#include "tests/support/feeder.h"
#include "tests/support/test.h"

/* ---- records ---- */

static enum decode_status feed_thread(struct feeder *f, uint32_t id, const char *name)
{
    struct msg_snap_thread thread = {id, 0, 0x70, 1, (uint32_t)strlen(name)};

    put_bytes(f, &thread, sizeof thread);
    put_bytes(f, name, strlen(name));
    return feed(f, MSG_SNAP_THREAD);
}

static enum decode_status feed_frame(struct feeder *f, uint32_t thread, uint32_t object)
{
    struct msg_snap_frame frame = {thread, object, 3, 4, 6, 0};

    put_bytes(f, &frame, sizeof frame);
    put_bytes(f, "mainapp.py", 10);
    return feed(f, MSG_SNAP_FRAME);
}

static void put_held(struct feeder *f, uint64_t object, uint64_t kind, const char *name)
{
    put(f, object);
    put(f, kind);
    put(f, strlen(name));
    put_bytes(f, name, strlen(name));
}

static enum decode_status feed_held(struct feeder *f, uint64_t object, uint64_t kind,
                                    const char *name)
{
    struct msg_snap_held head = {1, 0};

    put_bytes(f, &head, sizeof head);
    put_held(f, object, kind, name);
    return feed(f, MSG_SNAP_HELD);
}

/* The head of a record of two pairs of numbers. */
#define put_pairs(f, head, a, b, c, d)                                                             \
    (put_bytes((f), &(head), sizeof(head)), put((f), (a)), put((f), (b)), put((f), (c)),           \
     put((f), (d)))

/* A stream of two objects. */
static struct feeder *start(void **state)
{
    struct feeder *f = *state;

    must_start(f);
    must_add(f, 0, 0);
    must_add(f, 1, 0);
    return f;
}

static const char too_long[MSG_NAME_MAX + 1];

/* ---- tests ---- */

static void test_decode_roots__right(void **state)
{
    struct feeder *f = start(state);
    struct msg_snap_held two = {2, 0};
    struct msg_snap_static place = {STATIC_LIBRARY, 0, 2, 3, 0x1000};
    struct msg_snap_visits visits = {VISITS_NOT, 2};

    f->log.used = 0;
    assert_int_equal(feed_thread(f, 0, "worker"), DECODE_MORE);
    assert_int_equal(feed_thread(f, 1, ""), DECODE_MORE);
    assert_int_equal(feed_frame(f, 1, (uint32_t)MSG_NO_INDEX), DECODE_MORE);
    put_bytes(f, &two, sizeof two);
    put_held(f, 1, HELD_LOCAL, "cache");
    put_held(f, 0, HELD_TEMPORARY, "");
    assert_int_equal(feed(f, MSG_SNAP_HELD), DECODE_MORE);
    assert_int_equal(feed_frame(f, 1, 1), DECODE_MORE);
    assert_int_equal(feed_held(f, 1, HELD_SELF, ""), DECODE_MORE);
    put_bytes(f, &place, sizeof place);
    put_bytes(f, "lib", 3);
    put(f, 1);
    put(f, 2);
    put(f, 0);
    put(f, 5);
    assert_int_equal(feed(f, MSG_SNAP_STATIC), DECODE_MORE);
    put_pairs(f, visits, 0, 7, 1, 9);
    assert_int_equal(feed(f, MSG_SNAP_VISITS), DECODE_MORE);
    visits.kind = VISITS_ALSO;
    put_pairs(f, visits, 0, 1, 1, 0);
    assert_int_equal(feed(f, MSG_SNAP_VISITS), DECODE_MORE);
    assert_int_equal(feed_end(f, 2, 0, 0), DECODE_DONE);
    assert_string_equal(f->log.text, "thread 0: worker\n"
                                     "thread 1: \n"
                                     "frame main app.py:3 object -1\n"
                                     "held 1 kind 0 cache\n"
                                     "held 0 kind 1 \n"
                                     "frame main app.py:3 object 1\n"
                                     "held 1 kind 6 \n"
                                     "place lib 1010: 1 kind 0\n"
                                     "place lib 1028: 0 kind 0\n"
                                     "visits not 0 7\n"
                                     "visits not 1 9\n"
                                     "visits also 0 1\n"
                                     "visits also 1 0\n"
                                     "end 2 0 0\n");
}

static void test_decode_roots__order(void **state)
{
    struct feeder *f = start(state);
    struct msg_snap_static place = {.kind = STATIC_LIBRARY};
    struct msg_snap_visits visits = {VISITS_NOT, 0};

    assert_bad(f, feed_frame(f, 0, 0), "a frame of another thread");
    assert_bad(f, feed_held(f, 0, HELD_LOCAL, "x"), "what no frame holds");
    assert_bad(f, feed_thread(f, 1, ""), "a thread out of order");
    assert_int_equal(feed_thread(f, 0, ""), DECODE_MORE);
    assert_bad(f, feed_held(f, 0, HELD_LOCAL, "x"), "what no frame holds");
    assert_int_equal(feed_frame(f, 0, 0), DECODE_MORE);
    assert_int_equal(feed_held(f, 0, HELD_LOCAL, "x"), DECODE_MORE);
    assert_int_equal(feed_thread(f, 1, ""), DECODE_MORE);
    assert_bad(f, feed_held(f, 0, HELD_LOCAL, "x"), "what no frame holds");
    assert_bad(f, feed_frame(f, 0, 0), "a frame of another thread");
    assert_int_equal(feed_fixed(f, MSG_SNAP_STATIC, place), DECODE_MORE);
    assert_bad(f, feed_thread(f, 2, ""), "a record out of order");
    assert_int_equal(feed_fixed(f, MSG_SNAP_VISITS, visits), DECODE_MORE);
    assert_bad(f, feed_fixed(f, MSG_SNAP_STATIC, place), "a record out of order");
}

static void test_decode_roots__lengths(void **state)
{
    struct feeder *f = start(state);
    struct msg_snap_thread thread = {0, 0, 0x70, 1, 4};
    struct msg_snap_frame frame = {0, 0, 3, 4, 6, 0};

    put_bytes(f, &thread, sizeof thread);
    put_bytes(f, "abc", 3);
    assert_bad(f, feed(f, MSG_SNAP_THREAD), "a thread record of the wrong length");
    put_bytes(f, &thread, sizeof thread - 1);
    assert_bad(f, feed(f, MSG_SNAP_THREAD), "a thread record of the wrong length");
    thread.name_bytes = MSG_NAME_MAX + 1;
    put_bytes(f, &thread, sizeof thread);
    put_bytes(f, too_long, sizeof too_long);
    assert_bad(f, feed(f, MSG_SNAP_THREAD), "a thread record of the wrong length");
    assert_int_equal(feed_thread(f, 0, ""), DECODE_MORE);
    put_bytes(f, &frame, sizeof frame);
    put_bytes(f, "mainapp.p", 9);
    assert_bad(f, feed(f, MSG_SNAP_FRAME), "a frame record of the wrong length");
    frame.file_bytes = UINT32_MAX;
    put_bytes(f, &frame, sizeof frame);
    put_bytes(f, "mai", 3); /* 4 + UINT32_MAX wraps to 3 */
    assert_bad(f, feed(f, MSG_SNAP_FRAME), "a frame record of the wrong length");
}

static void test_decode_roots__held(void **state)
{
    static const char why[] = "what a frame holds is cut short or of no known kind";
    struct feeder *f = start(state);
    struct msg_snap_held head = {1, 0};

    assert_int_equal(feed_thread(f, 0, ""), DECODE_MORE);
    assert_int_equal(feed_frame(f, 0, (uint32_t)MSG_NO_INDEX), DECODE_MORE);
    assert_bad(f, feed_fixed(f, MSG_SNAP_HELD, head), why);
    assert_bad(f, feed_held(f, 0, HELD_KINDS, ""), why);
    assert_bad(f, feed_held(f, UINT32_MAX, HELD_LOCAL, ""), why);
    assert_bad(f, feed_held(f, 0, HELD_SELF, ""), why); /* of a frame that is no object */
    put_bytes(f, &head, sizeof head);
    put(f, 0);
    put(f, HELD_LOCAL);
    put(f, 5); /* the name is longer than the record */
    put_bytes(f, "abc", 3);
    assert_bad(f, feed(f, MSG_SNAP_HELD), why);
    put_bytes(f, &head, sizeof head);
    put_held(f, 0, HELD_LOCAL, "x");
    put(f, 0);
    assert_bad(f, feed(f, MSG_SNAP_HELD), "bytes behind what a frame holds");
}

static void test_decode_roots__places_and_visits(void **state)
{
    struct feeder *f = start(state);
    struct msg_snap_static place = {STATIC_KINDS, 0, 0, 0, 0};
    struct msg_snap_visits visits = {VISITS_KINDS, 0};

    assert_bad(f, feed_fixed(f, MSG_SNAP_STATIC, place), "static data of no known kind");
    place.kind = STATIC_THREAD; /* of a thread that is not there */
    assert_bad(f, feed_fixed(f, MSG_SNAP_STATIC, place), "static data of no known kind");
    place = (struct msg_snap_static){STATIC_LIBRARY, 0, 3, 0, 0};
    put_pairs(f, place, 0, 1, 1, 1);
    assert_bad(f, feed(f, MSG_SNAP_STATIC), "static data is cut short");
    place.path_bytes = MSG_NAME_MAX + 1;
    put_bytes(f, &place, sizeof place);
    put_bytes(f, too_long, sizeof too_long);
    assert_bad(f, feed(f, MSG_SNAP_STATIC), "static data is cut short");
    assert_bad(f, feed_fixed(f, MSG_SNAP_VISITS, visits), "visits of no known kind");
    visits = (struct msg_snap_visits){VISITS_NOT, 1};
    put_pairs(f, visits, 0, 1, 0, 0);
    assert_bad(f, feed(f, MSG_SNAP_VISITS), "bytes behind visits");
    visits.count = 2;
    put_pairs(f, visits, 0, (uint64_t)UINT32_MAX + 1, 0, 0);
    assert_bad(f, feed(f, MSG_SNAP_VISITS), "visits are cut short");
    visits.kind = VISITS_ALSO;
    put_pairs(f, visits, 0, 5, 1, 1);
    assert_int_equal(feed(f, MSG_SNAP_VISITS), DECODE_MORE);
    assert_bad(f, feed_end(f, 2, 0, 0), "objects that were mentioned never came");
}

#define FEED(test) cmocka_unit_test_setup_teardown(test, feeder_setup, feeder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FEED(test_decode_roots__right),
        FEED(test_decode_roots__order),
        FEED(test_decode_roots__lengths),
        FEED(test_decode_roots__held),
        FEED(test_decode_roots__places_and_visits),
    };

    return cmocka_run_group_tests_name("decode_roots", tests, NULL, NULL);
}
