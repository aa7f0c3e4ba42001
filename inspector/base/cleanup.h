/*
 * Scope guards: a variable marked with one of these is released when its scope ends.
 *
 *     _cleanup_free_ char *line = NULL;
 *
 * To keep the value, hand it over with take_ptr() / take_fd(), which leave the guard nothing to do.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "inspector/base/err.h"

#define _cleanup_(fn) __attribute__((cleanup(fn)))

static inline void cleanup_free(void *ptr)
{
    free(*(void **)ptr);
}

static inline void cleanup_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static inline void cleanup_fclose(FILE **file)
{
    if (*file)
        fclose(*file);
}

static inline void cleanup_err(struct err **err)
{
    err_destroy(*err);
}

#define _cleanup_free_   _cleanup_(cleanup_free)
#define _cleanup_close_  _cleanup_(cleanup_close)
#define _cleanup_fclose_ _cleanup_(cleanup_fclose)
#define _cleanup_err_    _cleanup_(cleanup_err)

static inline int take_fd(int *fd)
{
    int taken = *fd;

    *fd = -1;
    return taken;
}

#define take_ptr(ptr)                                                                              \
    ({                                                                                             \
        __auto_type taken_ = (ptr);                                                                \
        (ptr) = NULL;                                                                              \
        taken_;                                                                                    \
    })
