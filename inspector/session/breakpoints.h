/*
 * The last way to a safe point: breakpoints on functions of Python's C API.
 *
 * All threads are seized and stopped for the moment in which the breakpoints are written, then run
 * until one of them calls such a function; all are stopped again, the bytes put back, threads that
 * stand on a breakpoint are moved back in front of it. The borrowed thread is then at the start of
 * an API function: not inside malloc or the loader.
 *
 * While breakpoints are in place the process depends on us: see attach.h for what happens if we are
 * killed.
 */
#pragma once

#include "inspector/session/safepoint.h"

/* As safepoint_take(), by breakpoints on spec->functions for at most spec->breakpoint_ns. */
ERR_CHECK struct err *breakpoints_take(const struct safepoint_spec *spec, struct tracee *ret,
                                       char how[SAFEPOINT_HOW_BYTES]);
