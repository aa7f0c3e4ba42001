/*
 * Previews of instances by their fields: Point(x=1, y=2), ValueError('no such thing').
 *
 * For the frozen copy, one thread.
 */
#pragma once

#include "agent/ag_preview.h"

/* A tuple whose items have names (AG_SHAPE_RECORD). */
void ag_put_record(struct ag_preview *p, struct pyobj *object, const struct ag_type *type);
void ag_put_dataclass(struct ag_preview *p, struct pyobj *object, const struct ag_type *type);
void ag_put_exception(struct ag_preview *p, struct pyobj *object);
/* Any instance with attributes; false (and nothing put): it has none. */
bool ag_put_instance(struct ag_preview *p, struct pyobj *object, const struct ag_type *type);
