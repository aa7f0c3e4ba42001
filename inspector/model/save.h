/*
 * Saves a snapshot as a capture file, with what its frozen copy says of its objects: names of all references, values.
 *
 *      ERR_RETURN(snapshot_save(snapshot, &info, session, "before.ouro", &options, cancel, &bytes));
 *
 * The stream of the file is written from the snapshot, not passed on from the target: a snapshot that is looked at
 * already can be saved, and a redacted one contains nothing that was not put there.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "inspector/base/err.h"
#include "inspector/model/snapshot.h"
#include "inspector/session/session.h"

struct save_options {
    bool force;          /* an existing file is replaced */
    bool redact;         /* types, sizes, references; names hashed, no values */
    bool with_arrays;    /* larger, and open at once: docs/captures.md */
    const char *ouro;    /* our version */
    const char *command; /* of the target; NULL: not known */
    const char *python;  /* Py_GetVersion() */
    unsigned python_hex; /* of sys.hexversion */
    int pid;
    uint64_t created_ns; /* since 1970 */
    /* is told objects whose names and values are home, and in all; may be NULL */
    void (*progress)(void *ctx, uint64_t done, uint64_t total);
    void *ctx;
};

/*
 * The snapshot must have references. `session` has its frozen copy; NULL: without names and values. *bytes: the size of the
 * file. On failure, also ERR_CANCELLED, there is no file.
 */
ERR_CHECK struct err *snapshot_save(const struct snapshot *snapshot,
                                    const struct snapshot_info *info, struct session *session,
                                    const char *path, const struct save_options *options,
                                    const atomic_bool *cancel, uint64_t *bytes);
