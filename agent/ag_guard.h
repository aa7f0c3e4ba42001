/*
 * A guard around reading what may be broken: a fault inside it leads back to where it began.
 *
 *      if (AG_GUARD_BEGIN()) {
 *          … read …
 *          ag_guard.armed = false;
 *      } else {
 *          … there was a fault …
 *      }
 *
 * Variables that change inside are not to be looked at after a fault. For the frozen copy, one thread;
 * not nested.
 */
#pragma once

#include <stdbool.h>

struct ag_guard {
    void *jump[5]; /* __builtin_setjmp() */
    bool armed;
};

extern struct ag_guard ag_guard;

/* A macro, since the frame that is led back to has to be there still. */
#define AG_GUARD_BEGIN() (ag_guard.armed = true, !__builtin_setjmp(ag_guard.jump))
