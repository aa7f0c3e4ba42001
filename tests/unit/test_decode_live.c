/* Requests that change something, and events: what is let through, and each way to be wrong. */
#include <string.h>

#include "proto/decode.h"
#include "tests/support/test.h"

/* ---- following ---- */

static void test_decode__follow(void **state)
{
    struct msg_req_follow request = {7, 1}, got;

    (void)state;
    assert_true(decode_follow(&request, sizeof request, &got));
    assert_memory_equal(&got, &request, sizeof got);
    request.on = 0;
    assert_true(decode_follow(&request, sizeof request, &got));
    request.on = 2;
    assert_false(decode_follow(&request, sizeof request, &got));
    request.on = 1;
    assert_false(decode_follow(&request, sizeof request - 1, &got));
    assert_false(decode_follow(&request, sizeof request + 1, &got));
}

/* ---- switches ---- */

static bool is_let_through(uint32_t what, int32_t a, int32_t b, int32_t c)
{
    struct msg_req_set request = {1, what, {a, b, c}, 0}, got;
    bool fine = decode_set(&request, sizeof request, &got);

    if (fine)
        assert_memory_equal(&got, &request, sizeof got);
    return fine;
}

static void test_decode__set(void **state)
{
    (void)state;
    assert_true(is_let_through(SET_ENABLED, 0, 0, 0));
    assert_true(is_let_through(SET_ENABLED, 1, 0, 0));
    assert_true(is_let_through(SET_THRESHOLDS, 700, 10, 10));
    assert_true(is_let_through(SET_THRESHOLDS, 0, SET_THRESHOLD_MAX, 0));
    assert_true(is_let_through(SET_FROZEN, 1, 0, 0));
    assert_true(is_let_through(SET_DEBUG, SET_DEBUG_MAX, 0, 0));
    assert_true(is_let_through(SET_TRACEMALLOC, SET_FRAMES_MAX, 0, 0));
}

static void test_decode__set_what_there_is_not(void **state)
{
    (void)state;
    assert_false(is_let_through(SET_KINDS, 0, 0, 0));
    assert_false(is_let_through(UINT32_MAX, 0, 0, 0));
    assert_false(is_let_through(SET_ENABLED, 2, 0, 0));
    assert_false(is_let_through(SET_ENABLED, -1, 0, 0));
    assert_false(is_let_through(SET_ENABLED, 1, 1, 0));
    assert_false(is_let_through(SET_DEBUG, SET_DEBUG_MAX + 1, 0, 0));
    assert_false(is_let_through(SET_FROZEN, 0, 0, 1));
    assert_false(is_let_through(SET_TRACEMALLOC, SET_FRAMES_MAX + 1, 0, 0));
    for (int i = 0; i < 3; i++)
        for (int wrong = 0; wrong < 2; wrong++) {
            int32_t values[3] = {1, 1, 1};
            values[i] = wrong ? -1 : SET_THRESHOLD_MAX + 1;
            assert_false(is_let_through(SET_THRESHOLDS, values[0], values[1], values[2]));
        }
}

static void test_decode__set_of_another_length(void **state)
{
    struct msg_req_set request = {1, SET_ENABLED, {1, 0, 0}, 0}, got;

    (void)state;
    assert_false(decode_set(&request, sizeof request - 1, &got));
    assert_false(decode_set(&request, sizeof request + 8, &got));
    request.reserved = 1;
    assert_false(decode_set(&request, sizeof request, &got));
}

/* ---- events ---- */

static const struct msg_event_collection sound = {3, 1000, 20, 5, 1, 2, TRIGGER_CALL};

static bool passes(struct msg_event_collection event)
{
    struct msg_event_collection got;

    return decode_event(&event, sizeof event, &got) && !memcmp(&event, &got, sizeof got);
}

static void test_decode__event(void **state)
{
    struct msg_event_collection event = sound;

    (void)state;
    assert_true(passes(sound));
    event.start_ns = INT64_MAX - 5;
    event.pause_ns = 5;
    assert_true(passes(event));
    event.collected = INT64_MAX;
    assert_true(passes(event));
}

#define assert_wrong(field, value)                                                                 \
    do {                                                                                           \
        struct msg_event_collection event_ = sound;                                                \
        event_.field = (value);                                                                    \
        assert_false(passes(event_));                                                              \
    } while (0)

static void test_decode__event_that_cannot_be(void **state)
{
    struct msg_event_collection got;

    (void)state;
    assert_wrong(generation, 3);
    assert_wrong(trigger, TRIGGERS);
    assert_wrong(start_ns, UINT64_MAX);
    assert_wrong(pause_ns, INT64_MAX);
    assert_wrong(number, UINT64_MAX);
    assert_wrong(collected, -1);
    assert_wrong(uncollectable, -1);
    assert_false(decode_event(&sound, sizeof sound - 1, &got));
    assert_false(decode_event(&sound, sizeof sound + 1, &got));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_decode__follow),
        TEST(test_decode__set),
        TEST(test_decode__set_what_there_is_not),
        TEST(test_decode__set_of_another_length),
        TEST(test_decode__event),
        TEST(test_decode__event_that_cannot_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
