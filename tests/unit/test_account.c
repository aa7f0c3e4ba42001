#include "inspector/analysis/account.h"

#include <stdlib.h>

#include "tests/support/fake_stream.h"
#include "tests/support/test.h"

static struct accounts compute(const struct snapshot *s)
{
    struct accounts accounts;

    assert_ok(accounts_compute(s, NULL, &accounts));
    return accounts;
}

static void assert_account(const struct snapshot *s, const struct accounts *accounts,
                           const char *name, struct account want, enum root_kind kind)
{
    uint32_t object = fake_object(s, name);
    struct account got = accounts_of(accounts, s, object);

    assert_int_equal(got.heap, want.heap);
    assert_int_equal(got.frames, want.frames);
    assert_int_equal(got.places, want.places);
    assert_int_equal(got.unexplained, want.unexplained);
    assert_int_equal(got.immortal, want.immortal);
    assert_int_equal(accounts->kind[object], kind);
}

static void test_account__heap_only(void **state)
{
    struct snapshot *s = fake_snapshot("a -> b -> c, a -> c, a -> c");
    struct accounts accounts = compute(s);

    (void)state;
    assert_account(s, &accounts, "c", (struct account){.heap = 3}, ROOT_NONE);
    assert_int_equal(accounts.n_roots, 0);
    assert_int_equal(accounts.unexplained, 0);
    accounts_deinit(&accounts);
    snapshot_unref(s);
}

static void test_account__variables(void **state)
{
    struct snapshot *s = fake_snapshot("a -> b, a +2, b +1, root a a b");
    struct accounts accounts = compute(s);
    uint32_t n;

    (void)state;
    assert_account(s, &accounts, "a", (struct account){.frames = 2}, ROOT_FRAME);
    assert_account(s, &accounts, "b", (struct account){.heap = 1, .frames = 1}, ROOT_FRAME);
    const uint32_t *held = accounts_held(&accounts, s, fake_object(s, "a"), &n);
    assert_int_equal(n, 2);
    assert_string_equal(s->held_from_outside.held[held[0]].name, "a");
    assert_int_equal(accounts.n_of_kind[ROOT_FRAME], 2);
    accounts_deinit(&accounts);
    snapshot_unref(s);
}

/* A frame may hold what it does not own (3.14): no more is counted than there is room for. */
static void test_account__borrowed(void **state)
{
    struct snapshot *s = fake_snapshot("a -> b, root b");
    struct accounts accounts = compute(s);

    (void)state;
    assert_account(s, &accounts, "b", (struct account){.heap = 1}, ROOT_FRAME);
    accounts_deinit(&accounts);
    snapshot_unref(s);
}

static void test_account__unexplained(void **state)
{
    struct snapshot *s = fake_snapshot("a -> b, a +1, b +3, c rc=5 immortal");
    struct accounts accounts = compute(s);

    (void)state;
    assert_account(s, &accounts, "a", (struct account){.unexplained = 1}, ROOT_C);
    assert_account(s, &accounts, "b", (struct account){.heap = 1, .unexplained = 3}, ROOT_C);
    assert_account(s, &accounts, "c", (struct account){.immortal = true}, ROOT_IMMORTAL);
    assert_int_equal(accounts.unexplained, 4);
    assert_int_equal(accounts.n_roots, 3);
    for (uint32_t i = 1; i < accounts.n_roots; i++)
        assert_true(accounts.root[i - 1] < accounts.root[i]);
    accounts_deinit(&accounts);
    snapshot_unref(s);
}

static void test_account__cancelled(void **state)
{
    struct snapshot *s = fake_snapshot("a -> b");
    struct accounts accounts;
    atomic_bool cancel = true;

    (void)state;
    assert_fails(accounts_compute(s, &cancel, &accounts), ERR_CANCELLED, "cancelled");
    snapshot_unref(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_account__heap_only), TEST(test_account__variables),
        TEST(test_account__borrowed),  TEST(test_account__unexplained),
        TEST(test_account__cancelled),
    };

    return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
