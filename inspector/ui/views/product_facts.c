/* What is computed about a snapshot in the background: roots, retained sizes, garbage. */
#include <stdlib.h>

#include "inspector/analysis/facts.h"
#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/ui/views/product_private.h"

struct facts_work {
    struct product *product;
    struct heap *heap;
    struct snapshot *snapshot; /* the heap's: what the worker may touch */
    struct garbage younger[2];
};

static void on_step(void *ctx, const char *what, double fraction)
{
    job_progress_text(ctx, "%s", what);
    job_progress_fraction(ctx, fraction);
}

/* The facts first: they are what people wait for. */
static struct err *run_facts(struct job *job, void *ctx)
{
    struct facts_work *work = ctx;
    const atomic_bool *cancel = job_cancel_flag(job);

    ERR_RETURN(facts_compute_watched(work->snapshot, cancel, on_step, job));
    on_step(job, "garbage of the younger generations", 0.95);
    ERR_RETURN(facts_garbage(work->snapshot, 0, cancel, &work->younger[0]));
    return facts_garbage(work->snapshot, 1, cancel, &work->younger[1]);
}

static void facts_done(void *ctx, const struct job_result *result)
{
    struct facts_work *work = ctx;
    struct product *product = work->product;
    struct heap *heap = work->heap;
    bool is_shown = heap == product->heap;

    if (is_shown)
        product->facts_job = NULL;
    if (!result->err) {
        heap->younger[0] = work->younger[0];
        heap->younger[1] = work->younger[1];
        heap->has_younger = true;
    } else {
        garbage_deinit(&work->younger[0]);
        garbage_deinit(&work->younger[1]);
    }
    if (is_shown && result->is_cancelled && !facts_of(heap->snapshot)) {
        product->is_cancelled = true;
        app_message(product->app, "retained sizes are not computed; d does it");
    } else if (is_shown && result->err) {
        app_report(product->app, product_copy_error(result->err));
    }
    if (is_shown)
        app_reload(product->app, product);
    heap_unref(heap);
    free(work);
}

void product_start_facts(struct product *product)
{
    struct facts_work *work = xalloc(sizeof *work);

    product_stop_facts(product);
    product->is_cancelled = false;
    work->product = product;
    work->heap = heap_ref(product->heap);
    work->snapshot = product->heap->snapshot;
    product->facts_job = job_submit(product->analyst, &(struct job_spec){
                                                          .title = "computing retained sizes",
                                                          .run = run_facts,
                                                          .done = facts_done,
                                                          .ctx = work,
                                                      });
}

void product_stop_facts(struct product *product)
{
    if (product->facts_job)
        job_cancel(product->analyst, product->facts_job);
    product->facts_job = NULL;
    if (product->cycles_job)
        job_cancel(product->analyst, product->cycles_job);
    product->cycles_job = NULL;
}

void product_retry(struct product *product)
{
    product->is_cancelled = false;
}

enum facts_state product_need_facts(struct product *product, const struct heap *heap)
{
    if (facts_of(heap->snapshot))
        return FACTS_THERE;
    if (heap != product->heap)
        return FACTS_NEVER;
    if (product->facts_job)
        return FACTS_COMING;
    if (product->is_cancelled)
        return FACTS_CANCELLED;
    product_start_facts(product);
    return FACTS_COMING;
}

/* ---- cycles ---- */

struct cycles_work {
    struct product *product;
    struct heap *heap;
    struct snapshot *snapshot;
    struct heap_cycles cycles;
};

static struct err *run_cycles(struct job *job, void *ctx)
{
    struct cycles_work *work = ctx;

    return heap_cycles_find(work->snapshot, job_cancel_flag(job), &work->cycles);
}

static void cycles_done(void *ctx, const struct job_result *result)
{
    struct cycles_work *work = ctx;
    struct product *product = work->product;
    bool is_shown = work->heap == product->heap;

    if (is_shown)
        product->cycles_job = NULL;
    if (!result->err) {
        work->heap->cycles = work->cycles;
        work->heap->has_cycles = true;
    }
    if (is_shown && result->is_cancelled && result->err)
        product->is_cancelled = true;
    else if (is_shown && result->err)
        app_report(product->app, product_copy_error(result->err));
    if (is_shown)
        app_reload(product->app, product);
    heap_unref(work->heap);
    free(work);
}

enum facts_state product_need_cycles(struct product *product, struct heap *heap)
{
    enum facts_state state = product_need_facts(product, heap);

    if (heap->has_cycles)
        return FACTS_THERE;
    if (state != FACTS_THERE)
        return state;
    if (heap != product->heap)
        return FACTS_NEVER;
    if (product->cycles_job)
        return FACTS_COMING;
    if (product->is_cancelled)
        return FACTS_CANCELLED;
    struct cycles_work *work = xalloc(sizeof *work);
    *work = (struct cycles_work){product, heap_ref(heap), heap->snapshot, {0}};
    product->cycles_job = job_submit(product->analyst, &(struct job_spec){.title = "finding cycles",
                                                                          .run = run_cycles,
                                                                          .done = cycles_done,
                                                                          .ctx = work});
    return FACTS_COMING;
}
