#include "inspector/ui/views/product.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/clock.h"
#include "inspector/base/mem.h"
#include "inspector/session/evict.h"
#include "inspector/session/procfs.h"
#include "inspector/session/starting.h"
#include "inspector/ui/views/product_private.h"
#include "inspector/ui/views/tui.h"
#include "inspector/ui/views/views.h"

enum { COMMAND_BYTES = 256, LAUNCHERS_MAX = 4 };
static const uint64_t start_ns =
    5000ull * NS_PER_MS; /* until a program that we started runs Python */

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

struct job_runner *product_analyst(const struct product *product)
{
    return product->analyst;
}

struct err *product_take_failure(struct product *product)
{
    return take_ptr(product->failure);
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

/* The program that was started for this: the agent may be there already. */
static struct err *attach_program(struct work *work, struct job *job)
{
    struct attach_result first = work->product->program->first;

    work->product->program->first.ring_fd = -1;
    if (first.ring_fd >= 0)
        return session_adopt(work->pid, &first, &work->session);
    job_progress_text(job, "waiting until it runs Python");
    return session_attach_starting(work->pid, start_ns, job_cancel_flag(job), &work->session);
}

static struct err *attach(struct work *work, struct job *job)
{
    if (work->product->program)
        return attach_program(work, job);
    job_progress_text(job, "waiting for a safe point");
    return session_attach(work->pid, job_cancel_flag(job), &work->session);
}

static struct err *attach_and_look(struct work *work, struct job *job)
{
    ERR_RETURN(attach(work, job));
    struct err *err = product_take_snapshot(work->session, job, work);
    if (err) {
        session_detach(work->session);
        work->session = NULL;
    }
    return err;
}

static struct err *run_attach(struct work *work, struct job *job)
{
    bool was_attached;

    if (work->product->steals)
        ERR_RETURN(evict_agent(work->pid, &was_attached));
    struct err *err = attach_and_look(work, job);
    /* launchers become the real program, or what they launch becomes another one */
    for (int i = 0;
         i < LAUNCHERS_MAX && work->product->program && err && err->code == ERR_TARGET_GONE; i++) {
        err_destroy(err);
        err = attach_and_look(work, job);
    }
    return err;
}

static struct err *run_open(struct work *work, struct job *job)
{
    job_progress_text(job, "reading the capture");
    ERR_RETURN(session_open(work->product->file, &work->session));
    struct err *err = product_take_snapshot(work->session, job, work);
    if (err) {
        session_detach(work->session);
        work->session = NULL;
    }
    return err;
}

static void read_command(struct product *product)
{
    char *command = NULL;

    if (product->file) {
        free(product->command);
        product->command = xstrdup(product->file);
        return;
    }
    struct err *err = proc_cmdline(product->pid, COMMAND_BYTES, &command);

    if (!err) {
        free(product->command);
        product->command = command;
    }
    err_destroy(err); /* attaching will say what is wrong */
}

static void attach_failed(struct product *product, const struct err *err)
{
    char text[1024];

    product->pid = 0;
    if (product->started_with_target) {
        product->failure = product_copy_error(err);
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
    const struct nav_tab tabs[N_PRODUCT_TABS] = {
        [TAB_OVERVIEW] = {"overview", &overview_view, product},
        [TAB_TYPES] = {"types", &types_view, product},
        [TAB_OBJECTS] = {"objects", &all_objects_view, product},
        [TAB_RETAINED] = {"retained", &retained_top_view, product},
        [TAB_GARBAGE] = {"garbage", &garbage_view, product},
        [TAB_CYCLES] = {"cycles", &cycles_view, product},
    };
    char heading[128];

    if (result->err) {
        attach_failed(product, result->err);
        return;
    }
    product->session = work->session;
    read_command(product); /* a program that was just started may have become another one */
    product_set_heap(product, take_ptr(work->snapshot), &work->info);
    snprintf(heading, sizeof heading, "Python %s, %spid %d", product_info(product)->version,
             product->file ? "a capture of " : "", product_info(product)->pid);
    app_set_heading(product->app, heading);
    app_set_tabs(product->app, tabs, N_PRODUCT_TABS);
    product_say_snapshot(product);
    if (!product->file) {
        watch(product);
        product_measure(product);
    }
    product_start_facts(product);
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
    product->started_with_target = is_only_one;
    product->pid = pid;
    read_command(product);
    app_set_tabs(product->app, &(struct nav_tab){"attaching", &waiting_view, product}, 1);
    product_submit(product, "attaching",
                   &(struct work){.run = run_attach, .done = attach_done, .pid = pid});
}

void product_open(struct product *product, const char *path)
{
    product->started_with_target = true;
    product->file = path;
    read_command(product);
    app_set_tabs(product->app, &(struct nav_tab){"opening", &waiting_view, product}, 1);
    product_submit(product, "opening", &(struct work){.run = run_open, .done = attach_done});
}

bool product_is_file(struct product *product)
{
    if (product->file)
        app_message(product->app, "this is a capture: there is no process to do that in");
    return product->file;
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
    product_stop_facts(product);
    if (product->session)
        product_submit(
            product, "detaching",
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

    if (product_is_file(product) || !product->session)
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

/* ---- life ---- */

struct product *product_create(struct app *app)
{
    struct product *product = xalloc(sizeof *product);
    struct err *err = job_runner_create("ouro-session", &product->runner);

    product->app = app;
    product->pidfd = -1;
    if (!err)
        err = job_runner_create("ouro-analyst", &product->analyst);
    if (err) {
        product->failure = err;
        return product;
    }
    app_add_runner(app, product->runner);
    app_add_runner(app, product->analyst);
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
    if (product->analyst) { /* last: an attach that ended just now has given it work */
        app_remove_runner(product->app, product->analyst);
        job_runner_destroy(product->analyst);
    }
    err_destroy(product->failure);
    free(product);
}
