/* Snapshots: the first one and those that `R` takes. */
#include "inspector/base/cleanup.h"
#include "inspector/base/units.h"
#include "inspector/model/builder.h"
#include "inspector/ui/views/product_private.h"

/* ---- on the session thread ---- */

void product_walk_progress(void *ctx, uint64_t walked, uint64_t found)
{
    job_progress_counts(ctx, walked, found);
}

struct err *product_take_snapshot(struct session *session, struct job *job, struct work *work)
{
    struct builder *builder;

    ERR_RETURN(builder_create(&builder));
    job_progress_text(job, "walking the frozen copy");
    session_on_progress(session, product_walk_progress, job);
    struct err *err = session_snapshot(session, SNAPSHOT_EDGES | SNAPSHOT_SERVE,
                                       builder_sink(builder), job_cancel_flag(job), &work->info);
    session_on_progress(session, NULL, NULL);
    if (!err)
        err = builder_finish(builder, &work->snapshot);
    builder_destroy(builder);
    return err;
}

/* ---- the heap that is shown ---- */

void product_set_heap(struct product *product, struct snapshot *snapshot,
                      const struct snapshot_info *info)
{
    heap_unref(product->baseline);
    product->baseline = product->heap;
    product->heap = heap_create(snapshot, info);
    for (unsigned i = 0; i < info->opaque_count; i++)
        app_error(product->app,
                  "looking at instances of %s crashed the copy; what they refer to is left out",
                  info->opaque[i]);
}

void product_say_snapshot(struct product *product)
{
    char objects[UNITS_BUF], pause[UNITS_BUF];

    const struct snapshot *snapshot = product->heap->snapshot;
    bool hides = snapshot->interpreters > 1 && product_info(product)->heap_each;

    app_message(product->app, "%s objects; the target stood still for %s%s",
                units_count(snapshot->n_objects, objects),
                units_duration_ns(product->heap->info.pause_ns, pause),
                hides ? "; only the main interpreter is shown" : "");
}

/* ---- a new snapshot ---- */

static struct err *run_snapshot(struct work *work, struct job *job)
{
    return product_take_snapshot(work->product->session, job, work);
}

static void snapshot_done(struct work *work, const struct job_result *result)
{
    struct product *product = work->product;

    if (result->err) {
        app_report(product->app, product_copy_error(result->err));
        return;
    }
    product_set_heap(product, take_ptr(work->snapshot), &work->info);
    app_reload(product->app, product);
    product_start_facts(product);
    product_say_snapshot(product);
    product_measure(product);
}

void product_snapshot(struct product *product)
{
    if (product_is_file(product))
        return;
    if (product->session && product->heap)
        product_submit(product, "snapshot",
                       &(struct work){.run = run_snapshot, .done = snapshot_done});
    else
        app_message(product->app, "there is no process to take a snapshot of");
}
