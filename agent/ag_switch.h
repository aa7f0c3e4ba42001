/*
 * The collector's switches, and tracemalloc: what gc.enable(), disable(), set_threshold(), freeze(), unfreeze(), set_debug()
 * and tracemalloc.start(), stop() do, because the user asked for it by name.
 *
 * Enabling, thresholds and debug flags are words of the collector's state, written as CPython's functions write them and
 * without the module. For the others the C functions of gc and _tracemalloc are called (ag_module.h). Agent thread, GIL held.
 */
#pragma once

#include "proto/msg.h"

/* Turns it, and says what was before and is after. On failure nothing has changed; no exception stays set. */
enum msg_status ag_switch_set(const struct msg_req_set *request, struct msg_rep_set *reply);
