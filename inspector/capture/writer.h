/*
 * Writes a capture file (format.h). It appears under its name when it is whole and on the disk, or not at all:
 *
 *      ERR_RETURN(capture_create(path, force, &writer));
 *      capture_put_record(), capture_put_value(), capture_put_names(), capture_put_section(), in any order
 *      capture_commit(writer, &header);
 *      capture_writer_destroy(writer);         without a commit nothing stays, even after kill -9
 *
 * The file is one without a name in the same directory (O_TMPFILE), or has a temporary name where the file system has
 * no such; it can be read by its owner only. One thread.
 */
#pragma once

#include <stdbool.h>

#include "inspector/base/err.h"
#include "inspector/capture/format.h"
#include "proto/msg.h"

struct capture_writer;

/* ERR_INPUT if there is a file of this name, unless `force`; ERR_SYS if none can be made there. */
ERR_CHECK struct err *capture_create(const char *path, bool force, struct capture_writer **ret);
/* A record of the stream, in order: a fixed part and a tail, which may be empty. */
ERR_CHECK struct err *capture_put_record(struct capture_writer *writer, enum msg_kind kind,
                                         const void *fixed, uint32_t fixed_bytes, const void *tail,
                                         uint32_t tail_bytes);
/* A preview as in an answer; objects ascending. */
ERR_CHECK struct err *capture_put_value(struct capture_writer *writer, uint32_t object,
                                        const void *bytes, uint32_t n);
/* A piece as in an answer; objects and ordinals ascending. */
ERR_CHECK struct err *capture_put_names(struct capture_writer *writer, uint32_t object,
                                        uint32_t ordinal, const void *bytes, uint32_t n);
ERR_CHECK struct err *capture_put_section(struct capture_writer *writer, enum capture_kind kind,
                                          const void *bytes, uint64_t n);
/*
 * Ends the file and gives it its name. Of the header the magic, version, and checksum are filled in here. *bytes: its
 * size. On failure there is no file, or still the old one.
 */
ERR_CHECK struct err *capture_commit(struct capture_writer *writer, struct capture_header *header,
                                     uint64_t *bytes);
void capture_writer_destroy(struct capture_writer *writer);
