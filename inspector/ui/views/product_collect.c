/* A collection, forced by the user. */
#include <stdio.h>
#include <stdlib.h>

#include "inspector/analysis/facts.h"
#include "inspector/analysis/freed.h"
#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/base/units.h"
#include "inspector/model/builder.h"
#include "inspector/ui/views/product_private.h"
#include "inspector/ui/views/views.h"

void collected_destroy(struct collected *collected)
{
    if (!collected)
        return;
    snapshot_unref(collected->before);
    free(collected->freed);
    free(collected);
}

enum { HELP_BYTES = 80 };

static struct err *predict(const struct snapshot *before, int generation, uint32_t *ret)
{
    struct garbage garbage;

    ERR_RETURN(facts_garbage(before, generation, NULL, &garbage));
    *ret = garbage.n;
    garbage_deinit(&garbage);
    return NULL;
}

static struct err *finish_collect(struct work *work, struct builder *before, struct builder *after,
                                  struct job *job)
{
    struct collected *collected = work->collected;

    ERR_RETURN(builder_finish(before, &collected->before));
    ERR_RETURN(builder_finish(after, &work->snapshot));
    job_progress_text(job, "comparing");
    ERR_RETURN(predict(collected->before, work->generation, &collected->predicted));
    collected->uncollectable =
        (int64_t)(work->snapshot->gc.garbage_count - collected->before->gc.garbage_count);
    return freed_find(collected->before, work->snapshot, NULL, &collected->freed,
                      &collected->n_freed);
}

/* Once the collector has run there is nothing to cancel: the answer is read to its end. */
static struct err *run_collect(struct work *work, struct job *job)
{
    struct session *session = work->product->session;
    struct builder *before = NULL, *after = NULL;
    struct err *err = builder_create(&before);

    work->collected = xalloc(sizeof *work->collected);
    if (!err)
        err = builder_create(&after);
    job_progress_text(job, "collecting");
    session_on_progress(session, product_walk_progress, job);
    if (!err)
        err = session_collect(session, work->generation, SNAPSHOT_EDGES | SNAPSHOT_SERVE,
                              builder_sink(before), builder_sink(after), NULL,
                              &work->collected->info);
    session_on_progress(session, NULL, NULL);
    if (!err)
        err = finish_collect(work, before, after, job);
    builder_destroy(before);
    builder_destroy(after);
    return err;
}

static void collect_done(struct work *work, const struct job_result *result)
{
    struct product *product = work->product;

    if (result->err) {
        app_report(product->app, product_copy_error(result->err));
        return;
    }
    product_set_heap(product, take_ptr(work->snapshot), &work->collected->info.after);
    app_reload(product->app, product);
    product_start_facts(product);
    app_open(product->app, &collected_view,
             &(struct collected_arg){product, take_ptr(work->collected)});
    app_redraw(product->app);
    product_measure(product);
}

static void collect_answered(void *ctx, int generation)
{
    if (generation >= 0)
        product_submit(
            ctx, "collecting garbage",
            &(struct work){.run = run_collect, .done = collect_done, .generation = generation});
}

/* "1,234 objects; 0 and 1": what would be freed, as far as the heap that is shown says. */
static void describe_generation(const struct heap *heap, int generation, char *ret, size_t bytes)
{
    static const char *const helps[] = {"the youngest", "0 and 1", "all"};
    const struct garbage *garbage = heap_garbage(heap, generation);
    char count[UNITS_BUF];

    if (garbage)
        snprintf(ret, bytes, "%s object%s; %s", units_count(garbage->n, count),
                 garbage->n == 1 ? "" : "s", helps[generation]);
    else
        snprintf(ret, bytes, "%s", helps[generation]);
}

void product_collect(struct product *product)
{
    static const char *const labels[] = {"generation 0", "generation 1", "generation 2"};
    static const ui_key keys[] = {'0', '1', '2'};
    struct dialog_item items[3];
    char text[512], helps[3][HELP_BYTES];

    if (product_is_file(product))
        return;
    if (!product->session || !product->heap) {
        app_message(product->app, "there is no process to collect in");
        return;
    }
    for (int i = 0; i < 3; i++) {
        describe_generation(product->heap, i, helps[i], sizeof helps[i]);
        items[i] = (struct dialog_item){.label = labels[i], .help = helps[i], .key = keys[i]};
    }
    snprintf(text, sizeof text,
             "Runs gc.collect() in process %d.\n"
             "It stands still for as long as that takes; finalizers and\n"
             "weakref callbacks of what is freed will run there.\n"
             "The numbers say what it would have freed at the snapshot.",
             product->pid);
    app_dialog(product->app, &(struct dialog_spec){.kind = DIALOG_CHOICE,
                                                   .title = "Force a collection",
                                                   .text = text,
                                                   .items = items,
                                                   .n_items = 3,
                                                   .selected = 2,
                                                   .yes = "collect",
                                                   .done = collect_answered,
                                                   .ctx = product});
}
