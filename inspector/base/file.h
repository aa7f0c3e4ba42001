/*
 * Small files as a whole. Any thread.
 */
#pragma once

#include <stddef.h>

#include "inspector/base/err.h"

/*
 * Reads a file of at most `max_bytes` into a terminated text, the caller's to free. `bytes` may be
 * NULL. ERR_SYS if it cannot be read, ERR_INPUT if it is larger.
 */
ERR_CHECK struct err *file_read(const char *path, size_t max_bytes, char **ret, size_t *bytes);
