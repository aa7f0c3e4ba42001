/* Work on the session thread: how it is queued, and questions to the frozen copy and the target's memory. */
#include <stdlib.h>

#include "inspector/base/mem.h"
#include "inspector/rows/value_text.h"
#include "inspector/ui/views/product_private.h"
#include "inspector/ui/views/views.h"

static struct err *run_work(struct job *job, void *ctx)
{
    struct work *work = ctx;

    return work->run(work, job);
}

static void work_done(void *ctx, const struct job_result *result)
{
    struct work *work = ctx;

    work->done(work, result);
    snapshot_unref(work->snapshot);
    collected_destroy(work->collected);
    heap_unref(work->heap);
    free(work->text);
    free(work);
}

void product_submit(struct product *product, const char *title, const struct work *spec)
{
    struct work *work = xalloc(sizeof *work);

    *work = *spec;
    work->product = product;
    job_submit(product->runner,
               &(struct job_spec){.title = title, .run = run_work, .done = work_done, .ctx = work});
}

struct err *product_copy_error(const struct err *err)
{
    return err_new(err->code, err->hint, "%s", err->message);
}

/* ---- questions to the frozen copy ---- */

static struct err *run_ask(struct work *work, struct job *job)
{
    return lookup_batch_ask(work->batch, work->product->session, job_cancel_flag(job));
}

static void ask_done(struct work *work, const struct job_result *result)
{
    lookup_apply(work->heap->lookup, work->batch);
    if (result->err && !result->is_cancelled && work->heap == work->product->heap)
        app_report(work->product->app, product_copy_error(result->err));
    app_redraw(work->product->app);
}

void product_ask(struct product *product, struct heap *heap)
{
    struct lookup_batch *batch = lookup_take(heap->lookup);

    if (!batch)
        return;
    if (heap == product->heap && product->session) {
        product_submit(
            product, "asking",
            &(struct work){
                .run = run_ask, .done = ask_done, .heap = heap_ref(heap), .batch = batch});
        return;
    }
    lookup_apply(heap->lookup, batch); /* its frozen copy is gone: there is nobody to ask */
    app_redraw(product->app);
}

static void ask_aside_done(struct work *work, const struct job_result *result)
{
    (void)result; /* a name that is not known shows as one */
    lookup_apply(work->lookup, work->batch);
    work->asked(work->ctx);
}

void product_ask_aside(struct product *product, struct heap *heap, struct lookup *lookup,
                       void (*done)(void *ctx), void *ctx)
{
    struct lookup_batch *batch = lookup_take(lookup);
    bool can_ask = heap == product->heap && product->session;

    if (batch && can_ask) {
        product_submit(product, "asking for names",
                       &(struct work){.run = run_ask,
                                      .done = ask_aside_done,
                                      .heap = heap_ref(heap),
                                      .batch = batch,
                                      .lookup = lookup,
                                      .asked = done,
                                      .ctx = ctx});
        return;
    }
    if (batch)
        lookup_apply(lookup, batch);
    done(ctx);
}

static void on_value(const struct decoded_value *value, void *arg)
{
    struct work *work = arg;

    if (!work->text)
        work->text = value_text(value);
}

static struct err *run_value(struct work *work, struct job *job)
{
    return session_values(work->product->session, &work->object, 1, MSG_VALUE_TEXT_MAX, on_value,
                          work, job_cancel_flag(job));
}

static void value_done(struct work *work, const struct job_result *result)
{
    struct app *app = work->product->app;

    if (result->err)
        app_report(app, product_copy_error(result->err));
    else if (!work->text || !*work->text)
        app_message(app, "there is no text to show without running code");
    else
        app_open_text(app, "value", work->text);
    app_redraw(app);
}

void product_show_value(struct product *product, struct heap *heap, uint32_t object)
{
    if (heap != product->heap || !product->session)
        app_message(product->app, "its frozen copy is gone; R takes a new snapshot");
    else
        product_submit(
            product, "reading the value",
            &(struct work){
                .run = run_value, .done = value_done, .heap = heap_ref(heap), .object = object});
}

/* ---- memory ---- */

static struct err *run_measure(struct work *work, struct job *job)
{
    (void)job;
    return session_memory(work->product->session, &work->memory);
}

static void measure_done(struct work *work, const struct job_result *result)
{
    struct product *product = work->product;

    product->is_measuring = false;
    if (result->err) /* the target is ending: its pidfd tells */
        return;
    product->has_memory = true;
    product->memory = work->memory;
    app_redraw(product->app);
}

void product_measure(struct product *product)
{
    if (!product->session || product->is_measuring)
        return;
    product->is_measuring = true;
    product_submit(product, "measuring", &(struct work){.run = run_measure, .done = measure_done});
}
