#include "proto/wire.h"

#include "tests/support/test.h"

static const uint64_t numbers[] = {0,          1,          0x7f,          0x80,       0x3fff,
                                   0x4000,     UINT32_MAX, 1ull << 32,    1ull << 56, INT64_MAX,
                                   1ull << 63, UINT64_MAX, UINT64_MAX - 1};
enum { N_NUMBERS = sizeof numbers / sizeof *numbers };

static void test_wire__numbers_come_back(void **state)
{
    uint8_t bytes[N_NUMBERS * WIRE_VARINT_MAX], *p = bytes;
    struct wire_reader r;

    (void)state;
    for (size_t i = 0; i < N_NUMBERS; i++) {
        uint8_t *start = p;
        p = wire_put(p, numbers[i]);
        assert_in_range(p - start, 1, WIRE_VARINT_MAX);
    }
    r = wire_reader(bytes, (uint64_t)(p - bytes));
    for (size_t i = 0; i < N_NUMBERS; i++)
        assert_true(wire_get(&r) == numbers[i]);
    assert_false(r.bad);
    assert_ptr_equal(r.p, p);
    assert_int_equal(wire_get(&r), 0);
    assert_true(r.bad);
}

static void test_wire__signed_numbers_come_back(void **state)
{
    const int64_t values[] = {0, -1, 1, -64, 63, 64, INT32_MIN, INT64_MIN, INT64_MAX, -4294967295};
    uint8_t bytes[WIRE_VARINT_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        uint8_t *end = wire_put_signed(bytes, values[i]);
        struct wire_reader r = wire_reader(bytes, (uint64_t)(end - bytes));
        assert_true(wire_get_signed(&r) == values[i]);
        assert_true(wire_unzigzag(wire_zigzag(values[i])) == values[i]);
    }
    assert_int_equal(wire_put_signed(bytes, -64) - bytes, 1); /* small ones are small either way */
    assert_int_equal(wire_put_signed(bytes, 63) - bytes, 1);
}

static void test_wire__cut_short(void **state)
{
    uint8_t bytes[WIRE_VARINT_MAX];

    (void)state;
    for (size_t i = 0; i < N_NUMBERS; i++) {
        size_t n = (size_t)(wire_put(bytes, numbers[i]) - bytes);
        for (size_t cut = 0; cut < n; cut++) {
            struct wire_reader r = wire_reader(bytes, cut);
            assert_int_equal(wire_get(&r), 0);
            assert_true(r.bad);
            assert_ptr_equal(r.p, r.end);
        }
    }
}

static void test_wire__hostile_numbers(void **state)
{
    static const uint8_t endless[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                      0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
    static const uint8_t too_large[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02};
    static const uint8_t long_zero[] = {0x80, 0x80, 0x00, 0x2a};
    struct wire_reader r;

    (void)state;
    r = wire_reader(endless, sizeof endless);
    assert_int_equal(wire_get(&r), 0);
    assert_true(r.bad);
    r = wire_reader(too_large, sizeof too_large);
    assert_int_equal(wire_get(&r), 0);
    assert_true(r.bad);
    r = wire_reader(long_zero, sizeof long_zero); /* wasteful, but a number */
    assert_int_equal(wire_get(&r), 0);
    assert_false(r.bad);
    assert_int_equal(wire_get(&r), 0x2a);
}

static void test_wire__bad_stays_bad(void **state)
{
    static const uint8_t bytes[] = {0x05, 'h', 'i', 0x01, 0x02};
    struct wire_reader r = wire_reader(bytes, sizeof bytes);
    uint32_t len = 99;
    uint64_t number = 99;

    (void)state;
    wire_get_text(&r, 100, &len);
    assert_true(r.bad);
    assert_int_equal(len, 0);
    assert_int_equal(wire_get(&r), 0);
    assert_int_equal(wire_get_signed(&r), 0);
    assert_int_equal(wire_get_u8(&r), 0);
    wire_get_bytes(&r, &number, sizeof number);
    assert_int_equal(number, 0);
    assert_true(r.bad);
}

static void test_wire__texts(void **state)
{
    static const uint8_t bytes[] = {0x02, 'h', 'i', 0x00, 0x03, 'y', 'e', 's'};
    struct wire_reader r = wire_reader(bytes, sizeof bytes);
    uint32_t len;

    (void)state;
    assert_memory_equal(wire_get_text(&r, 2, &len), "hi", 2);
    assert_int_equal(len, 2);
    wire_get_text(&r, 2, &len);
    assert_int_equal(len, 0);
    assert_false(r.bad);
    wire_get_text(&r, 2, &len); /* longer than allowed */
    assert_int_equal(len, 0);
    assert_true(r.bad);
}

static void test_wire__hostile_text_length(void **state)
{
    uint8_t bytes[WIRE_VARINT_MAX + 2];
    uint8_t *end = wire_put(bytes, UINT64_MAX);
    struct wire_reader r;
    uint32_t len;

    (void)state;
    *end++ = 'x';
    r = wire_reader(bytes, (uint64_t)(end - bytes));
    wire_get_text(&r, UINT64_MAX, &len);
    assert_int_equal(len, 0);
    assert_true(r.bad);
}

static void test_wire__raw_bytes(void **state)
{
    static const uint8_t bytes[] = {1, 2, 3, 4, 5};
    struct wire_reader r = wire_reader(bytes, sizeof bytes);
    uint8_t to[4];

    (void)state;
    wire_get_bytes(&r, to, 4);
    assert_memory_equal(to, bytes, 4);
    assert_int_equal(wire_get_u8(&r), 5);
    assert_false(r.bad);
    memset(to, 0xee, sizeof to);
    wire_get_bytes(&r, to, 1);
    assert_int_equal(to[0], 0);
    assert_int_equal(to[1], 0xee);
    assert_true(r.bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_wire__numbers_come_back),   TEST(test_wire__signed_numbers_come_back),
        TEST(test_wire__cut_short),           TEST(test_wire__hostile_numbers),
        TEST(test_wire__bad_stays_bad),       TEST(test_wire__texts),
        TEST(test_wire__hostile_text_length), TEST(test_wire__raw_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
