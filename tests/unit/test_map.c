#include "inspector/base/map.h"

#include <stdlib.h>

#include "inspector/base/mem.h"
#include "tests/support/test.h"

static void test_map__empty(void **state)
{
    struct map map = MAP_INIT;

    (void)state;
    assert_null(map_find(&map, 0));
    assert_null(map_find(&map, UINT64_MAX));
    map_deinit(&map, free);
    map_deinit(&map, NULL);
}

static void test_map__put_and_find(void **state)
{
    struct map map = MAP_INIT;
    void **place;

    (void)state;
    place = map_put(&map, 0); /* zero is a key like others */
    assert_null(*place);
    *place = &map;
    assert_ptr_equal(*map_find(&map, 0), &map);
    assert_ptr_equal(map_put(&map, 0), place); /* the same place again */
    assert_ptr_equal(*place, &map);
    assert_null(map_find(&map, 1));
    map_put(&map, UINT64_MAX);
    assert_non_null(map_find(&map, UINT64_MAX)); /* there, and holds NULL */
    assert_null(*map_find(&map, UINT64_MAX));
    assert_int_equal(map.n_used, 2);
    map_deinit(&map, NULL);
    assert_null(map_find(&map, 0));
}

/* Keys as they come: dense numbers, addresses, numbers in the upper half only. */
static uint64_t key_of(uint64_t i)
{
    return i % 3 == 0 ? i : i % 3 == 1 ? 0x7f0000000000 + i * 16 : i << 32;
}

static void test_map__many(void **state)
{
    enum { N = 50000 };
    struct map map = MAP_INIT;

    (void)state;
    for (uint64_t i = 0; i < N; i++)
        *map_put(&map, key_of(i)) = (void *)(uintptr_t)(i + 1);
    assert_int_equal(map.n_used, N);
    for (uint64_t i = 0; i < N; i++) {
        void **place = map_find(&map, key_of(i));
        assert_non_null(place);
        assert_int_equal((uintptr_t)*place, i + 1);
    }
    assert_null(map_find(&map, key_of(N)));
    assert_null(map_find(&map, 0x7f0000000008));
    map_deinit(&map, NULL);
}

static void test_map__frees_values(void **state)
{
    struct map map = MAP_INIT;

    (void)state;
    for (uint64_t i = 0; i < 500; i++)
        *map_put(&map, i) = i % 5 ? xstrdup("value") : NULL;
    map_deinit(&map, free); /* the sanitizer counts */
    assert_int_equal(map.n_used, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_map__empty),
        TEST(test_map__put_and_find),
        TEST(test_map__many),
        TEST(test_map__frees_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
