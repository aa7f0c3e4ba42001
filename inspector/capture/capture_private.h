/* What the files of the reader share. */
#pragma once

#include "inspector/capture/capture.h"

enum { CAPTURE_CACHED = 16 };

/* A block that was unpacked. */
struct capture_cached {
    const struct capture_entry *entry; /* NULL: none */
    uint8_t *bytes;                    /* CAPTURE_BLOCK_MAX */
    uint64_t used;                     /* the larger the later */
};

struct capture {
    _Atomic int owners;
    char *path;
    const uint8_t *file; /* mapped */
    uint64_t file_bytes;
    struct capture_header header;
    struct capture_entry *entries; /* checked copies, by kind, else in order */
    uint64_t n_entries;
    struct {
        const struct capture_entry *at;
        uint64_t n;
    } of[CAPTURE_KINDS_END]; /* by kind; of a section one at most */
    struct ZSTD_DCtx_s *zstd;
    struct capture_cached cache[CAPTURE_CACHED];
    uint64_t clock;
};

/* A refusal of the file. */
ERR_CHECK struct err *capture_damaged(const struct capture *capture, const char *what);
/* A block's contents, valid until the next call. */
ERR_CHECK struct err *capture_block(struct capture *capture, const struct capture_entry *entry,
                                    const uint8_t **ret);
/* arrays.c: the sections, checked, and against this many types and shallow bytes. Counts objects by type, and their
 * bytes, in two arrays that are zero before and that *ret borrows. */
ERR_CHECK struct err *capture_arrays(struct capture *capture, uint32_t n_types,
                                     uint64_t shallow_bytes, const atomic_bool *cancel,
                                     uint64_t *type_count, uint64_t *type_bytes,
                                     struct snap_arrays *ret);
