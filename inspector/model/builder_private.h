/* What the files of the builder share. */
#pragma once

#include "inspector/model/builder.h"

struct builder {
    struct snapshot *snapshot;
    struct snap_sink sink;
    struct err *err; /* the first failure */
    bool ended;

    /* capacities, in elements */
    size_t objects_cap, types_cap, lists_cap, weak_cap, roots_cap, large_cap;
    size_t edges_cap, offsets_cap;
    size_t threads_cap, frames_cap, held_cap, places_cap, files_cap, unvisited_cap, visited_too_cap;
    uint64_t n_edges;
};

/* Notes a failure; the sink then stops the stream. */
bool builder_fine(struct builder *b, struct err *err);

/* builder_roots.c: puts its members into the sink. */
void builder_add_roots(struct snap_sink *sink);
/* Names the threads that have none. */
void builder_name_threads(struct snapshot_roots *roots);
