/*
 * The questions of session.h, answered by a script in the test instead of a frozen copy. A test that
 * links this calls lookup_batch_ask() with a NULL session.
 *
 *      fake_session = (struct fake_session){0};
 *      …                                  what was asked stands in fake_session.asked, one question a
 *                                         line:  values 3 4   edges 7: 2+3   edges 7: 2 -> 9
 *
 * A value is answered with VALUE_TEXT "v<object>", a reference with "e<holder>.<ordinal>", unless
 * `silent` names the object or ordinal: then there is no answer. After `fail_after` questions every
 * further one fails with ERR_TARGET_GONE.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct fake_session {
    char asked[4096];
    unsigned questions;
    unsigned fail_after; /* 0: never */
    uint32_t silent;     /* an object or ordinal, 0: none */
    bool reversed;       /* answers in the opposite order */
    const char *text;    /* of every answer, instead of the above */
};

extern struct fake_session fake_session;
