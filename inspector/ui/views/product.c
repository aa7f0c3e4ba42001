#include "inspector/ui/views/product.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inspector/analysis/freed.h"
#include "inspector/base/cleanup.h"
#include "inspector/base/clock.h"
#include "inspector/base/mem.h"
#include "inspector/base/units.h"
#include "inspector/model/builder.h"
#include "inspector/rows/value_text.h"
#include "inspector/session/evict.h"
#include "inspector/session/procfs.h"
#include "inspector/session/starting.h"
#include "inspector/ui/views/tui.h"
#include "inspector/ui/views/views.h"

enum { COMMAND_BYTES = 256 };
static const uint64_t start_ns =
    5000ull * NS_PER_MS; /* until a program that we started runs Python */

struct product {
    struct app *app;
    struct job_runner *runner; /* its worker is the session's thread */
    bool started_with_target, steals;
    struct tui_program *program; /* NULL: the target is none of ours */
    struct err *failure;

    struct session *session; /* touched by jobs only, but for session_info() */
    pid_t pid;
    char *command;
    int pidfd; /* -1: none */
    struct heap *heap, *baseline;
    bool has_memory, is_measuring;
    struct session_memory memory;
};

/* ---- small things ---- */

struct heap *product_heap(const struct product *product)
{
    return product->heap;
}

struct heap *product_baseline(const struct product *product)
{
    return product->baseline;
}

const struct session_info *product_info(const struct product *product)
{
    return product->session ? session_info(product->session) : NULL;
}

bool product_memory(const struct product *product, struct session_memory *ret)
{
    *ret = product->memory;
    return product->has_memory;
}

const char *product_command(const struct product *product)
{
    return product->command ? product->command : "";
}

struct err *product_take_failure(struct product *product)
{
    return take_ptr(product->failure);
}

/* Work on the session thread, with what it takes and gives. */
struct work {
    struct product *product;
    struct err *(*run)(struct work *work, struct job *job);
    void (*done)(struct work *work, const struct job_result *result);

    pid_t pid;
    int generation;
    struct session *session; /* attached by this job */
    struct snapshot *snapshot;
    struct snapshot_info info;
    struct collected *collected;
    struct heap *heap; /* whose questions these are */
    struct lookup_batch *batch;
    uint32_t object;
    char *text; /* of its value */
    struct session_memory memory;
};

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

static void submit(struct product *product, const char *title, const struct work *spec)
{
    struct work *work = xalloc(sizeof *work);

    *work = *spec;
    work->product = product;
    job_submit(product->runner,
               &(struct job_spec){.title = title, .run = run_work, .done = work_done, .ctx = work});
}

/* A copy of an error that belongs to somebody else. */
static struct err *copy_error(const struct err *err)
{
    return err_new(err->code, err->hint, "%s", err->message);
}

/* ---- snapshots, on the session thread ---- */

static void walk_progress(void *ctx, uint64_t walked, uint64_t found)
{
    job_progress_counts(ctx, walked, found);
}

static struct err *take_snapshot(struct session *session, struct job *job, struct work *work)
{
    struct builder *builder;

    ERR_RETURN(builder_create(&builder));
    job_progress_text(job, "walking the frozen copy");
    session_on_progress(session, walk_progress, job);
    struct err *err = session_snapshot(session, SNAPSHOT_EDGES | SNAPSHOT_SERVE,
                                       builder_sink(builder), job_cancel_flag(job), &work->info);
    session_on_progress(session, NULL, NULL);
    if (!err)
        err = builder_finish(builder, &work->snapshot);
    builder_destroy(builder);
    return err;
}

/* ---- the heap that is shown ---- */

/* Shows `snapshot` (taken); what was shown becomes the baseline. */
static void set_heap(struct product *product, struct snapshot *snapshot,
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

static void say_snapshot(struct product *product)
{
    char objects[UNITS_BUF], pause[UNITS_BUF];

    const struct snapshot *snapshot = product->heap->snapshot;
    bool hides = snapshot->interpreters > 1 && product_info(product)->heap_each;

    app_message(product->app, "%s objects; the target stood still for %s%s",
                units_count(snapshot->n_objects, objects),
                units_duration_ns(product->heap->info.pause_ns, pause),
                hides ? "; only the main interpreter is shown" : "");
}

/* ---- the target's life ---- */

static void unwatch(struct product *product)
{
    if (product->pidfd < 0)
        return;
    app_remove_watch(product->app, product->pidfd);
    close(product->pidfd);
    product->pidfd = -1;
}

static unsigned target_ended(void *ctx)
{
    struct product *product = ctx;

    char how[64];

    unwatch(product);
    if (product->program && product->program->has_ended(product->program->ctx, how, sizeof how))
        app_error(product->app, "the program has ended, %s; the snapshot can still be read", how);
    else
        app_error(product->app, "process %d has ended; the snapshot can still be read",
                  product->pid);
    return EFFECT_REDRAW;
}

static void watch(struct product *product)
{
    product->pidfd = (int)syscall(SYS_pidfd_open, product->pid, 0);
    if (product->pidfd >= 0)
        app_add_watch(
            product->app,
            &(struct app_watch){.fd = product->pidfd, .ready = target_ended, .ctx = product});
}

/* ---- attaching ---- */

static struct err *attach(struct work *work, struct job *job)
{
    if (work->product->program) {
        job_progress_text(job, "waiting until it runs Python");
        return session_attach_starting(work->pid, start_ns, job_cancel_flag(job), &work->session);
    }
    job_progress_text(job, "waiting for a safe point");
    return session_attach(work->pid, job_cancel_flag(job), &work->session);
}

static struct err *run_attach(struct work *work, struct job *job)
{
    bool was_attached;

    if (work->product->steals)
        ERR_RETURN(evict_agent(work->pid, &was_attached));
    ERR_RETURN(attach(work, job));
    struct err *err = take_snapshot(work->session, job, work);
    if (err) {
        session_detach(work->session);
        work->session = NULL;
    }
    return err;
}

static void attach_failed(struct product *product, const struct err *err)
{
    char text[1024];

    product->pid = 0;
    if (product->started_with_target) {
        product->failure = copy_error(err);
        app_quit(product->app, APP_STATUS_FAILURE);
        return;
    }
    app_set_tabs(product->app, &(struct nav_tab){"processes", &procs_view, product}, 1);
    app_dialog(product->app, &(struct dialog_spec){.kind = DIALOG_MESSAGE,
                                                   .title = "Not attached",
                                                   .text = err_format(err, text, sizeof text)});
}

static void attach_done(struct work *work, const struct job_result *result)
{
    struct product *product = work->product;
    const struct nav_tab tabs[] = {
        {"overview", &overview_view, product},
        {"types", &types_view, product},
        {"objects", &all_objects_view, product},
    };
    char heading[128];

    if (result->err) {
        attach_failed(product, result->err);
        return;
    }
    product->session = work->session;
    set_heap(product, take_ptr(work->snapshot), &work->info);
    snprintf(heading, sizeof heading, "Python %s, pid %d", product_info(product)->version,
             product->pid);
    app_set_heading(product->app, heading);
    app_set_tabs(product->app, tabs, sizeof tabs / sizeof *tabs);
    say_snapshot(product);
    watch(product);
    product_measure(product);
}

void product_expect_program(struct product *product, struct tui_program *program)
{
    product->program = program;
}

bool product_program_runs(const struct product *product)
{
    const struct tui_program *program = product->program;
    char how[64];

    return program && !program->is_left && !program->has_ended(program->ctx, how, sizeof how);
}

void product_steal(struct product *product)
{
    product->steals = true;
}

void product_attach(struct product *product, pid_t pid, bool is_only_one)
{
    struct err *err = proc_cmdline(pid, COMMAND_BYTES, &product->command);

    err_destroy(err); /* attaching will say what is wrong */
    product->started_with_target = is_only_one;
    product->pid = pid;
    app_set_tabs(product->app, &(struct nav_tab){"attaching", &waiting_view, product}, 1);
    submit(product, "attaching",
           &(struct work){.run = run_attach, .done = attach_done, .pid = pid});
}

/* ---- detaching ---- */

static struct err *run_detach(struct work *work, struct job *job)
{
    (void)job;
    session_detach(work->session);
    return NULL;
}

static void detach_done(struct work *work, const struct job_result *result)
{
    (void)work;
    (void)result;
}

/* Everything about the target goes; the session by a job that cannot be cancelled any more. */
static void forget_target(struct product *product)
{
    unwatch(product);
    if (product->session)
        submit(product, "detaching",
               &(struct work){.run = run_detach, .done = detach_done, .session = product->session});
    product->session = NULL;
    heap_unref(product->heap);
    heap_unref(product->baseline);
    product->heap = product->baseline = NULL;
    product->has_memory = false;
    free(product->command);
    product->command = NULL;
}

static void detach_answered(void *ctx, int choice)
{
    struct product *product = ctx;

    if (choice < 0)
        return;
    forget_target(product);
    if (product->program)
        product->program->is_left = true;
    if (product->started_with_target) {
        app_quit(product->app, 0);
        return;
    }
    app_set_heading(product->app, "");
    app_set_tabs(product->app, &(struct nav_tab){"processes", &procs_view, product}, 1);
}

void product_detach(struct product *product)
{
    char text[256];

    if (!product->session)
        return;
    snprintf(text, sizeof text,
             "The agent leaves process %d; nothing stays there but its mapped code.", product->pid);
    app_dialog(product->app, &(struct dialog_spec){.kind = DIALOG_CONFIRM,
                                                   .title = "Detach",
                                                   .text = text,
                                                   .yes = "detach",
                                                   .done = detach_answered,
                                                   .ctx = product});
}

/* ---- a new snapshot ---- */

static struct err *run_snapshot(struct work *work, struct job *job)
{
    return take_snapshot(work->product->session, job, work);
}

static void snapshot_done(struct work *work, const struct job_result *result)
{
    struct product *product = work->product;

    if (result->err) {
        app_report(product->app, copy_error(result->err));
        return;
    }
    set_heap(product, take_ptr(work->snapshot), &work->info);
    app_reload(product->app, product);
    say_snapshot(product);
    product_measure(product);
}

void product_snapshot(struct product *product)
{
    if (product->session && product->heap)
        submit(product, "snapshot", &(struct work){.run = run_snapshot, .done = snapshot_done});
    else
        app_message(product->app, "there is no process to take a snapshot of");
}

/* ---- a collection ---- */

void collected_destroy(struct collected *collected)
{
    if (!collected)
        return;
    snapshot_unref(collected->before);
    free(collected->freed);
    free(collected);
}

static struct err *finish_collect(struct work *work, struct builder *before, struct builder *after,
                                  struct job *job)
{
    struct collected *collected = work->collected;

    ERR_RETURN(builder_finish(before, &collected->before));
    ERR_RETURN(builder_finish(after, &work->snapshot));
    job_progress_text(job, "comparing");
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
    session_on_progress(session, walk_progress, job);
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
        app_report(product->app, copy_error(result->err));
        return;
    }
    set_heap(product, take_ptr(work->snapshot), &work->collected->info.after);
    app_reload(product->app, product);
    app_open(product->app, &collected_view,
             &(struct collected_arg){product, take_ptr(work->collected)});
    app_redraw(product->app);
    product_measure(product);
}

static void collect_answered(void *ctx, int generation)
{
    if (generation >= 0)
        submit(ctx, "collecting garbage",
               &(struct work){.run = run_collect, .done = collect_done, .generation = generation});
}

void product_collect(struct product *product)
{
    static const char *const labels[] = {"generation 0", "generation 1", "generation 2"};
    static const char *const helps[] = {"only the youngest objects", "0 and 1",
                                        "everything: a full collection"};
    static const ui_key keys[] = {'0', '1', '2'};
    struct dialog_item items[3];
    char text[384];

    if (!product->session || !product->heap) {
        app_message(product->app, "there is no process to collect in");
        return;
    }
    for (int i = 0; i < 3; i++)
        items[i] = (struct dialog_item){.label = labels[i], .help = helps[i], .key = keys[i]};
    snprintf(text, sizeof text,
             "Runs gc.collect() in process %d.\n"
             "It stands still for as long as that takes; finalizers and\n"
             "weakref callbacks of what is freed will run there.",
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

/* ---- questions to the frozen copy ---- */

static struct err *run_ask(struct work *work, struct job *job)
{
    return lookup_batch_ask(work->batch, work->product->session, job_cancel_flag(job));
}

static void ask_done(struct work *work, const struct job_result *result)
{
    lookup_apply(work->heap->lookup, work->batch);
    if (result->err && !result->is_cancelled && work->heap == work->product->heap)
        app_report(work->product->app, copy_error(result->err));
    app_redraw(work->product->app);
}

void product_ask(struct product *product, struct heap *heap)
{
    struct lookup_batch *batch = lookup_take(heap->lookup);

    if (!batch)
        return;
    if (heap == product->heap && product->session) {
        submit(product, "asking",
               &(struct work){
                   .run = run_ask, .done = ask_done, .heap = heap_ref(heap), .batch = batch});
        return;
    }
    lookup_apply(heap->lookup, batch); /* its frozen copy is gone: there is nobody to ask */
    app_redraw(product->app);
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
        app_report(app, copy_error(result->err));
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
        submit(product, "reading the value",
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
    submit(product, "measuring", &(struct work){.run = run_measure, .done = measure_done});
}

/* ---- life ---- */

struct product *product_create(struct app *app)
{
    struct product *product = xalloc(sizeof *product);
    struct err *err = job_runner_create("ouro-session", &product->runner);

    product->app = app;
    product->pidfd = -1;
    if (err) {
        product->failure = err;
        return product;
    }
    app_add_runner(app, product->runner);
    return product;
}

/* Delivers what the session thread still has to say. */
static void drain(struct job_runner *runner)
{
    while (job_runner_busy(runner)) {
        struct pollfd ready = {.fd = job_runner_fd(runner), .events = POLLIN};
        poll(&ready, 1, -1);
        job_runner_dispatch(runner);
    }
}

void product_destroy(struct product *product)
{
    if (product->runner) {
        job_runner_cancel_all(product->runner);
        drain(product->runner); /* an attach under way ends, attached or not */
        forget_target(product);
        drain(product->runner);
        app_remove_runner(product->app, product->runner);
        job_runner_destroy(product->runner);
    }
    err_destroy(product->failure);
    free(product);
}
