/* What the files of the decoder share. */
#pragma once

#include "proto/decode.h"

typedef enum decode_status decode_feed_fn(struct snap_decoder *d, const void *payload,
                                          uint32_t bytes, const struct snap_sink *sink);

/* decode_roots.c: what holds objects from outside of the heap. */
decode_feed_fn decode_feed_thread, decode_feed_frame, decode_feed_held, decode_feed_static,
    decode_feed_visits;

/* Notes why; returns DECODE_BAD. */
enum decode_status decode_bad(struct snap_decoder *d, const char *why);
/* Notes that object `index` must exist at the end; false if no snapshot can have it. */
bool decode_mention(struct snap_decoder *d, uint64_t index);

static inline enum decode_status decode_go_on(bool sink_goes_on)
{
    return sink_goes_on ? DECODE_MORE : DECODE_STOPPED;
}
