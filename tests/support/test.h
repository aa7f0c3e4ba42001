/*
 * What every unit test includes: cmocka, and assertions on error objects that print the error.
 *
 *      assert_ok(thing_create(&thing));
 *      assert_fails(thing_open("nowhere"), ERR_INPUT, "no such file");
 *
 * Tests are named test_<module>__<behaviour> and listed with TEST().
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "inspector/base/err.h"

#define TEST(fn) cmocka_unit_test(fn)

/* Sanitizers are slow and want all of the address space; gcc and clang tell differently. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED 1
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED 0
#endif

#define assert_ok(expr) test_assert_ok((expr), #expr, __FILE__, __LINE__)

/* The error of `expr` has this code and its "message; hint" contains `part`. */
#define assert_fails(expr, code, part)                                                             \
    test_assert_fails((expr), (code), (part), #expr, __FILE__, __LINE__)

static inline void test_assert_ok(struct err *err, const char *expr, const char *file, int line)
{
    char text[512];

    if (!err)
        return;
    fprintf(stderr, "%s: %s\n", expr, err_format(err, text, sizeof text));
    err_destroy(err);
    _fail(file, line);
}

static inline void test_assert_fails(struct err *err, enum err_code code, const char *part,
                                     const char *expr, const char *file, int line)
{
    char text[512] = "no error";
    int got = -1;

    if (err) {
        got = (int)err->code;
        err_format(err, text, sizeof text);
        err_destroy(err);
    }
    if (got == (int)code && strstr(text, part))
        return;
    fprintf(stderr, "%s: wanted error %d with \"%s\", got %d: %s\n", expr, (int)code, part, got,
            text);
    _fail(file, line);
}
