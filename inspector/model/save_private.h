/* What the files of saving share. */
#pragma once

#include "inspector/base/str.h"
#include "inspector/capture/writer.h"
#include "inspector/model/redact.h"
#include "inspector/model/save.h"

struct saving {
    const struct snapshot *snapshot;
    struct session *session;
    const struct save_options *options;
    const atomic_bool *cancel;
    struct capture_writer *writer;
    struct redact redact;
    struct str text; /* room for one */
    struct err *err; /* in a callback */
};

/* save_stream.c: the records of the snapshot. */
ERR_CHECK struct err *save_stream(struct saving *saving);
/* save_details.c: names, sizes, values. */
ERR_CHECK struct err *save_details(struct saving *saving);
