/*
 * A module of the interpreter's own, for calling a function of it, whether the program has imported it or not.
 *
 *      struct ag_module gc;
 *      if (ag_module_open("gc", &gc))
 *          function = ag_module_get(&gc, "freeze");
 *      ag_module_close(&gc);           in any case
 *
 * If the program had not imported it, it is taken out of sys.modules again; some two dozen objects that CPython keeps for
 * it stay. Agent thread, GIL held. A failure leaves an exception set: the caller clears it.
 */
#pragma once

#include <stdbool.h>

struct pyobj;

struct ag_module {
    const char *name; /* borrowed */
    struct pyobj *module;
    bool was_imported;
};

bool ag_module_open(const char *name, struct ag_module *ret);
/* What the module calls `name`, borrowed; NULL if there is no such thing. */
struct pyobj *ag_module_get(const struct ag_module *module, const char *name);
void ag_module_close(struct ag_module *module);
