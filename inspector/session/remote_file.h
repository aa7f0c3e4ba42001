/*
 * The file by which remote.h brings in the agent: Python code that holds the agent's bytes, in a directory that the target
 * can read. Private to the session layer.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "inspector/base/err.h"
#include "proto/start.h"

struct remote_file;

/*
 * Writes it, with `start` inside the agent; its path in the target is at most `path_bytes` long, with its end.
 * ERR_PERMISSION when no directory takes it.
 */
ERR_CHECK struct err *remote_file_create(pid_t pid, const struct start *start, size_t path_bytes,
                                         struct remote_file **ret);
/* Deletes it. */
void remote_file_destroy(struct remote_file *file);
/* As the target sees it. */
const char *remote_file_path(const struct remote_file *file);
/* What the agent that came out of this very file says; false while there is none, or it has not said anything. */
bool remote_file_result(pid_t pid, const struct remote_file *file, struct start *ret);
