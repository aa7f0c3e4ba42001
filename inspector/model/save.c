#include "inspector/model/save.h"

#include <stdio.h>
#include <string.h>

#include "inspector/model/save_private.h"

static struct err *put_array(struct saving *s, enum capture_kind kind, const void *at, uint64_t n,
                             uint64_t elem_bytes)
{
    if (s->cancel && atomic_load(s->cancel))
        return err_new(ERR_CANCELLED, NULL, "cancelled");
    return capture_put_section(s->writer, kind, at, n * elem_bytes);
}

static struct err *put_arrays(struct saving *s)
{
    const struct snapshot *h = s->snapshot;
    uint64_t n = h->n_objects, m = h->strong.n;

    ERR_RETURN(put_array(s, CAPTURE_ADDRESS, h->address, n, sizeof *h->address));
    ERR_RETURN(put_array(s, CAPTURE_TYPE, h->type, n, sizeof *h->type));
    ERR_RETURN(put_array(s, CAPTURE_REFCOUNT, h->refcount, n, sizeof *h->refcount));
    ERR_RETURN(put_array(s, CAPTURE_SHALLOW, h->shallow, n, sizeof *h->shallow));
    ERR_RETURN(put_array(s, CAPTURE_OBJECT_FLAGS, h->flags, n, sizeof *h->flags));
    ERR_RETURN(put_array(s, CAPTURE_OFFSET, h->strong.offset, n + 1, sizeof *h->strong.offset));
    ERR_RETURN(put_array(s, CAPTURE_TARGET, h->strong.object, m, sizeof *h->strong.object));
    ERR_RETURN(
        put_array(s, CAPTURE_REV_OFFSET, h->reverse.offset, n + 1, sizeof *h->reverse.offset));
    ERR_RETURN(put_array(s, CAPTURE_HOLDER, h->reverse.object, m, sizeof *h->reverse.object));
    ERR_RETURN(put_array(s, CAPTURE_WEAK, h->weak, h->n_weak, sizeof *h->weak));
    return put_array(s, CAPTURE_LARGE, h->large, h->n_large, sizeof *h->large);
}

static void fill_header(const struct saving *s, const struct snapshot_info *info,
                        struct capture_header *ret)
{
    const struct save_options *o = s->options;

    *ret = (struct capture_header){
        .flags = (o->redact ? CAPTURE_REDACTED : 0u) | (o->with_arrays ? CAPTURE_ARRAYS : 0u) |
                 (s->session ? CAPTURE_DETAILS : 0u),
        .pid = o->pid,
        .python_hex = o->python_hex,
        .created_ns = o->created_ns,
        .objects = s->snapshot->n_objects,
        .strong = s->snapshot->strong.n,
        .weak = s->snapshot->n_weak,
        .wait_ns = info->wait_ns,
        .pause_ns = info->pause_ns,
        .total_ns = info->total_ns,
        .opaque_count = info->opaque_count,
    };
    snprintf(ret->python, sizeof ret->python, "%s", o->python);
    snprintf(ret->ouro, sizeof ret->ouro, "%s", o->ouro);
    if (o->command && !o->redact)
        snprintf(ret->command, sizeof ret->command, "%s", o->command);
    for (unsigned i = 0; i < info->opaque_count; i++)
        snprintf(ret->opaque[i], sizeof ret->opaque[i], "%s", info->opaque[i]);
}

static struct err *save(struct saving *s, const struct snapshot_info *info, uint64_t *bytes)
{
    struct capture_header header;

    ERR_RETURN(save_stream(s));
    if (s->session)
        ERR_RETURN(save_details(s));
    if (s->options->with_arrays)
        ERR_RETURN(put_arrays(s));
    fill_header(s, info, &header);
    return capture_commit(s->writer, &header, bytes);
}

struct err *snapshot_save(const struct snapshot *snapshot, const struct snapshot_info *info,
                          struct session *session, const char *path,
                          const struct save_options *options, const atomic_bool *cancel,
                          uint64_t *bytes)
{
    struct saving saving = {.snapshot = snapshot,
                            .session = session,
                            .options = options,
                            .cancel = cancel,
                            .text = STR_INIT};

    if (!snapshot->has_edges)
        return err_new(ERR_INTERNAL, NULL, "a snapshot without references cannot be saved");
    ERR_RETURN(redact_init(&saving.redact));
    struct err *err = capture_create(path, options->force, &saving.writer);
    if (!err)
        err = save(&saving, info, bytes);
    if (err && saving.err)
        err_destroy(saving.err);
    capture_writer_destroy(saving.writer);
    str_deinit(&saving.text);
    explicit_bzero(&saving.redact, sizeof saving.redact);
    return err;
}
