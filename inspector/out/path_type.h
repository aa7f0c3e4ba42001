/*
 * `ouro path PID --type TYPE`: who holds all objects of a type, as a tree with counts, and who owns them.
 */
#pragma once

#include "inspector/out/cmd.h"

/* At most `limit` steps of the tree, and as many rows of owners. */
ERR_CHECK struct err *path_type_show(struct target *target, const char *type, long limit,
                                     bool json);
