/*
 * Previews of dates, times and Decimals, as str() writes them: what Modules/_datetimemodule.c and
 * Modules/_decimal keep as numbers.
 *
 * For the frozen copy, one thread.
 */
#pragma once

#include "agent/ag_preview.h"

/* Puts the value of an object of one of these shapes; false: another shape. */
bool ag_clock_put(struct ag_preview *p, struct pyobj *object, enum ag_shape shape);
