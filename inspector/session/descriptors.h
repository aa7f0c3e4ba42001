/*
 * The descriptors that a process has open, and what each of them is, as /proc says.
 *
 *      /proc/PID/fd/3 -> socket:[4711]      4711 in /proc/PID/net/tcp: from where, to where
 *
 * They are those of this moment: a process that runs opens and closes. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "inspector/base/err.h"

struct descriptor {
    int fd;
    char kind
        [16]; /* file, directory, device, pipe, memfd, tcp, udp, unix, socket, eventfd, epoll … */
    char *what; /* path, or local address; malloc'd, bytes as the kernel gives them */
    char *peer; /* of a connected socket; NULL: none, or not known */
};

/* All of them, by number; malloc'd. ERR_SYS if we may not look. */
ERR_CHECK struct err *descriptors_read(pid_t pid, struct descriptor **ret, size_t *n);
void descriptors_free(struct descriptor *descriptors, size_t n);
/* Whether a path is there for the process. */
bool descriptors_path_exists(pid_t pid, const char *path);
