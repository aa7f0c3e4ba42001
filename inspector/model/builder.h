/*
 * Builds a snapshot from the records of a stream: implements the sink of proto/decode.h.
 *
 *      struct builder *builder = builder_create();
 *      session_snapshot(session, flags, builder_sink(builder), cancel, &info);
 *      builder_finish(builder, &snapshot);
 *      builder_destroy(builder);
 *
 * The stream was checked at the border: numbers are in range, types known. When memory runs out the
 * sink stops the stream and builder_finish() says so. Begin() starts over. One thread at a time.
 */
#pragma once

#include "inspector/base/err.h"
#include "inspector/model/snapshot.h"
#include "proto/decode.h"

struct builder;

ERR_CHECK struct err *builder_create(struct builder **ret);
/* The sink to feed; valid while the builder lives. */
const struct snap_sink *builder_sink(struct builder *builder);
/*
 * Takes the snapshot out, after the stream's end: builds the reverse references. One owner, the
 * caller. Fails without memory, or when there are more than 2^32 - 2 references.
 */
ERR_CHECK struct err *builder_finish(struct builder *builder, struct snapshot **ret);
void builder_destroy(struct builder *builder);
