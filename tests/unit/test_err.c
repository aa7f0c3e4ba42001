#include "inspector/base/err.h"

#include <errno.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "tests/support/test.h"

static void assert_format(const struct err *err, const char *want)
{
    char text[256];

    assert_string_equal(err_format(err, text, sizeof text), want);
}

static void test_err__message_and_hint(void **state)
{
    struct err *err = err_new(ERR_INPUT, "see 'ouro ps'", "no such process: %d", 12);

    (void)state;
    assert_int_equal(err->code, ERR_INPUT);
    assert_int_equal(err->sys_errno, 0);
    assert_string_equal(err->message, "no such process: 12");
    assert_string_equal(err->hint, "see 'ouro ps'");
    assert_format(err, "no such process: 12; see 'ouro ps'");
    err_destroy(err);
    err = err_new(ERR_BUSY, NULL, "busy");
    assert_null(err->hint);
    assert_format(err, "busy");
    err_destroy(err);
}

static void test_err__system_errors(void **state)
{
    struct err *err = err_sys(ENOENT, "cannot open '%s'", "x");

    (void)state;
    assert_int_equal(err->code, ERR_SYS);
    assert_int_equal(err->sys_errno, ENOENT);
    assert_format(err, "cannot open 'x': No such file or directory");
    err_destroy(err);
}

static void test_err__context_goes_in_front(void **state)
{
    struct err *err = err_new(ERR_BUSY, "wait", "the lock is held");

    (void)state;
    err = err_context(err, "cannot attach to '%d'", 12);
    err = err_context(err, "no view");
    assert_int_equal(err->code, ERR_BUSY);
    assert_format(err, "no view: cannot attach to '12': the lock is held; wait");
    err_destroy(err);
    assert_null(err_context(NULL, "x"));
}

static void test_err__hint_is_replaced(void **state)
{
    struct err *err = err_new(ERR_BUSY, "wait", "busy");

    (void)state;
    err = err_hint(err, "try %s", "again");
    assert_format(err, "busy; try again");
    err_destroy(err);
    assert_null(err_hint(NULL, "x"));
}

static void test_err__out_of_memory_is_static(void **state)
{
    struct err *err = err_nomem();

    (void)state;
    assert_int_equal(err->code, ERR_NOMEM);
    assert_ptr_equal(err_context(err, "more"), err);
    assert_ptr_equal(err_hint(err, "more"), err);
    err_destroy(err);
    assert_ptr_equal(err_nomem(), err);
    assert_true(strncmp(err->message, "out of memory", 13) == 0);
    err_destroy(NULL);
}

static void test_err__format_is_clipped_and_terminated(void **state)
{
    struct err *err = err_new(ERR_BUSY, "hint", "message");
    char text[12];

    (void)state;
    assert_string_equal(err_format(err, text, sizeof text), "message; hi");
    assert_string_equal(err_format(err, text, 1), "");
    err_destroy(err);
}

/* What the user typed and what a target sent may end up in messages. */
static void test_err__format_is_one_line(void **state)
{
    struct err *err = err_new(ERR_USAGE, "see\nthis", "no command 'a\nb\x1b[31m\r' 'é'");

    (void)state;
    assert_format(err, "no command 'a?b?[31m?' 'é'; see?this");
    err_destroy(err);
}

static struct err *outer(struct err *inner, int *reached)
{
    ERR_RETURN(inner);
    *reached = 1;
    return NULL;
}

static void test_err__return(void **state)
{
    int reached = 0;

    (void)state;
    assert_fails(outer(err_new(ERR_BUSY, NULL, "busy"), &reached), ERR_BUSY, "busy");
    assert_int_equal(reached, 0);
    assert_ok(outer(NULL, &reached));
    assert_int_equal(reached, 1);
}

static void test_err__grow(void **state)
{
    uint64_t *array = NULL;
    size_t cap = 0;

    (void)state;
    assert_ok(grow(&array, &cap, 1, sizeof *array));
    assert_true(cap >= 1);
    array[0] = 7;
    for (size_t need = 1; need < 5000; need += 7) {
        size_t before = cap;
        assert_ok(grow(&array, &cap, need, sizeof *array));
        assert_true(cap >= need && (cap == before || cap >= 2 * before));
        array[need - 1] = need;
    }
    assert_ok(grow(&array, &cap, cap * 10, sizeof *array));
    size_t before = cap;
    assert_fails(grow(&array, &cap, SIZE_MAX, sizeof *array), ERR_NOMEM, "out of memory");
    assert_fails(grow(&array, &cap, SIZE_MAX / sizeof *array + 1, sizeof *array), ERR_NOMEM,
                 "out of memory");
    assert_int_equal(cap, before);
    free(array);
}

static void test_err__guards(void **state)
{
    (void)state;
    _cleanup_free_ char *text = xstrdup("text");
    _cleanup_free_ char *kept = xstrndup("keep this", 4);
    _cleanup_err_ struct err *err = err_new(ERR_BUSY, NULL, "busy");
    char *taken = take_ptr(kept);
    int fd = 5;

    assert_null(kept);
    assert_string_equal(taken, "keep");
    free(taken);
    assert_int_equal(take_fd(&fd), 5);
    assert_int_equal(fd, -1);
    assert_non_null(text);
    assert_non_null(err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_err__message_and_hint),
        TEST(test_err__system_errors),
        TEST(test_err__context_goes_in_front),
        TEST(test_err__hint_is_replaced),
        TEST(test_err__out_of_memory_is_static),
        TEST(test_err__format_is_clipped_and_terminated),
        TEST(test_err__format_is_one_line),
        TEST(test_err__return),
        TEST(test_err__grow),
        TEST(test_err__guards),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
