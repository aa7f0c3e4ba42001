/*
 * An open capture file (format.h): where a live target's frozen copy would be asked, the file is.
 *
 *      ERR_RETURN(capture_open("before.ouro", &capture));
 *      capture_feed(capture, sink, cancel, NULL, NULL);            the snapshot, as from a stream
 *      capture_values(capture, objects, n, 200, callback, arg, cancel);
 *      capture_unref(capture);
 *
 * The file is hostile until proven otherwise. What is checked when:
 *      capture_open()      header, trailer, index: checksums, and that all lies inside the file
 *      capture_feed()      the stream, by proto/decode.h; arrays: checksum, and every number in them
 *      answers             the checksum of a block, then each entry, when it is first read
 * Whatever does not fit is refused with ERR_INPUT, which names the file. The file is mapped, so it must not be changed
 * while it is open; ouro itself never changes one in place.
 *
 * One thread at a time; the arrays that went to a sink are for any.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "inspector/base/err.h"
#include "inspector/capture/format.h"
#include "proto/decode.h"

struct capture;

/* ERR_SYS if it cannot be read, ERR_UNSUPPORTED for one of a newer ouro, ERR_INPUT for one that is damaged or none. */
ERR_CHECK struct err *capture_open(const char *path, struct capture **ret);
struct capture *capture_ref(struct capture *capture);
/* NULL is fine. */
void capture_unref(struct capture *capture);

/* Checked: texts are terminated. Valid while the capture is. */
const struct capture_header *capture_header(const struct capture *capture);
const char *capture_path(const struct capture *capture);
uint64_t capture_bytes(const struct capture *capture);

/*
 * Feeds the snapshot to a sink. The arrays of a file that has some stay valid while the capture does: who keeps them
 * takes a reference (struct snap_arrays). `progress` (may be NULL) is told objects done and in all. ERR_INPUT, also for
 * a file that needs more memory than there is; ERR_NOMEM if the sink stopped; ERR_CANCELLED.
 */
ERR_CHECK struct err *capture_feed(struct capture *capture, const struct snap_sink *sink,
                                   const atomic_bool *cancel,
                                   void (*progress)(void *ctx, uint64_t done, uint64_t total),
                                   void *ctx);

/* ---- answers; as the questions of session.h ---- */

/* What the file does not tell gets no answer. */
ERR_CHECK struct err *capture_values(struct capture *capture, const uint32_t *objects, uint32_t n,
                                     uint32_t text_max,
                                     void (*value)(const struct decoded_value *value, void *arg),
                                     void *arg, const atomic_bool *cancel);
/* Ascending. `target` and `strength` are not in the file: MSG_NO_INDEX and EDGE_STRONG. */
ERR_CHECK struct err *capture_edges(struct capture *capture, uint32_t holder, uint32_t first,
                                    uint32_t count,
                                    void (*edge)(const struct decoded_edge *edge, void *arg),
                                    void *arg, const atomic_bool *cancel);
/* Zeros for what the file does not tell. */
ERR_CHECK struct err *capture_sizes(struct capture *capture, uint32_t object,
                                    uint64_t *inline_bytes, uint64_t *weakref_count);
