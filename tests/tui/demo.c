#include "tests/tui/demo.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "inspector/base/mem.h"

/* -- Work -- */

struct walk {
    struct demo *demo;
    size_t n_objects;
};

/* Gets to 42 percent and stays there until it is cancelled. */
static struct err *walk_run(struct job *job, void *ctx)
{
    struct walk *walk = ctx;

    job_progress_counts(job, 42000, 100000);
    job_progress_text(job, "12 MB/s");
    while (!job_is_cancelled(job))
        nanosleep(&(struct timespec){0, 1000 * 1000}, NULL);
    walk->n_objects = 42000;
    job_mark_partial(job);
    return NULL;
}

static void walk_done(void *ctx, const struct job_result *result)
{
    struct walk *walk = ctx;
    struct app *app = walk->demo->app;

    app_message(app, "%zu objects%s", walk->n_objects, result->is_partial ? " (partial)" : "");
    walk->demo->n_snapshots++;
    app_reload(app, walk->demo);
    free(walk);
}

static void start_walk(struct demo *demo)
{
    struct walk *walk = xalloc(sizeof *walk);

    walk->demo = demo;
    job_submit(demo->runner, &(struct job_spec){"walking the heap", walk_run, walk_done, walk});
}

/* -- Collecting: one key, one confirmation, a result -- */

static struct err *collect_run(struct job *job, void *ctx)
{
    (void)ctx;
    job_progress_fraction(job, 1);
    return NULL;
}

static void collect_done(void *ctx, const struct job_result *result)
{
    struct demo *demo = ctx;

    (void)result;
    app_open_text(demo->app, "collection",
                  "freed       1,234 objects, 98.7 KiB\npredicted   1,234 objects\npause       "
                  "4.56 ms\n");
}

static void collect_chosen(void *ctx, int choice)
{
    struct demo *demo = ctx;

    if (choice >= 0)
        job_submit(demo->runner, &(struct job_spec){"collecting", collect_run, collect_done, demo});
    else
        app_message(demo->app, "nothing was collected");
}

static unsigned ask_collect(struct demo *demo)
{
    static const struct dialog_item generations[] = {
        {"generation 0", "young objects, about 0.1 ms", '0', false},
        {"generation 1", "young and middle, about 1 ms", '1', false},
        {"generation 2", "everything, about 160 ms", '2', false},
    };

    app_dialog(demo->app, &(struct dialog_spec){
                              .kind = DIALOG_CHOICE,
                              .title = "Collect garbage in pid 4242",
                              .text = "The collector runs in the process. Finalizers and weak "
                                      "reference callbacks run, too.",
                              .items = generations,
                              .n_items = 3,
                              .selected = 2,
                              .yes = "collect",
                              .done = collect_chosen,
                              .ctx = demo,
                          });
    return EFFECT_REDRAW;
}

static void detached(void *ctx, int choice)
{
    struct demo *demo = ctx;

    app_message(demo->app, choice >= 0 ? "detached" : "still attached");
}

static unsigned ask_detach(struct demo *demo)
{
    app_dialog(demo->app, &(struct dialog_spec){
                              .kind = DIALOG_CONFIRM,
                              .title = "Detach",
                              .text = "Detach from pid 4242? The agent's thread ends, its memory "
                                      "is given back, the process goes on.",
                              .yes = "detach",
                              .done = detached,
                              .ctx = demo,
                          });
    return EFFECT_REDRAW;
}

static unsigned on_action(void *ctx, struct app *app, enum action action, const char *text)
{
    struct demo *demo = ctx;

    (void)app;
    (void)text;
    switch (action) {
    case ACT_SNAPSHOT:
        start_walk(demo);
        return EFFECT_REDRAW;
    case ACT_COLLECT:
        return ask_collect(demo);
    case ACT_DETACH:
        return ask_detach(demo);
    default:
        return EFFECT_IGNORED;
    }
}

/* -- Commands -- */

static unsigned run_crash(void *ctx, struct app *app, const char *text)
{
    (void)ctx;
    (void)app;
    if (!strcmp(text, "abort"))
        abort();
    raise(SIGSEGV);
    return EFFECT_NONE;
}

static unsigned run_stderr(void *ctx, struct app *app, const char *text)
{
    (void)ctx;
    (void)app;
    fprintf(stderr, "stray: %s\n", text);
    return EFFECT_NONE;
}

static unsigned run_error(void *ctx, struct app *app, const char *text)
{
    (void)ctx;
    app_report(app, err_new(ERR_INPUT, "see 'ouro ps'", "cannot attach to '%s': no such process",
                            *text ? text : "12"));
    return EFFECT_REDRAW;
}

static unsigned run_empty(void *ctx, struct app *app, const char *text)
{
    (void)ctx;
    (void)text;
    return app_open(app, &demo_empty_view, NULL);
}

static unsigned run_clock(void *ctx, struct app *app, const char *text)
{
    (void)ctx;
    (void)text;
    return app_open(app, &demo_clock_view, NULL);
}

static const char *quit_question(void *ctx)
{
    const struct demo *demo = ctx;

    return demo->n_snapshots > 1 ? "The snapshots are not saved. Quit?" : NULL;
}

static void add_commands(struct demo *demo)
{
    const struct app_command commands[] = {
        {"crash", "dies with SIGSEGV, or 'crash abort'", run_crash, demo},
        {"stderr", "writes to stderr", run_stderr, demo},
        {"error", "shows an error", run_error, demo},
        {"empty", "opens an empty view", run_empty, demo},
        {"clock", "opens a view that ticks", run_clock, demo},
    };

    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        app_add_command(demo->app, &commands[i]);
}

static int fail(struct err *err)
{
    char text[512];

    fprintf(stderr, "demo: %s\n", err_format(err, text, sizeof text));
    err_destroy(err);
    return 1;
}

static void parse_options(int argc, char **argv, struct app_options *options)
{
    for (int i = 1; i < argc; i++) {
        options->term.ascii |= !strcmp(argv[i], "--ascii");
        options->readonly |= !strcmp(argv[i], "--readonly");
        if (!strcmp(argv[i], "--color=always"))
            options->term.color = COLOR_ALWAYS;
        if (!strcmp(argv[i], "--color=never"))
            options->term.color = COLOR_NEVER;
    }
}

int main(int argc, char **argv)
{
    struct demo demo = {0};
    struct app_options options = {
        .action = on_action, .quit_question = quit_question, .ctx = &demo};
    struct err *err;

    parse_options(argc, argv, &options);
    if ((err = job_runner_create("demo", &demo.runner)))
        return fail(err);
    if ((err = app_create(&options, &demo.app))) {
        job_runner_destroy(demo.runner);
        return fail(err);
    }
    demo.answers = demo_answers_create();
    app_add_runner(demo.app, demo.runner);
    app_add_watch(demo.app, &(struct app_watch){demo_answers_fd(demo.answers), demo_answers_ready,
                                                NULL, demo.answers});
    add_commands(&demo);
    app_set_heading(demo.app, "python3.12, pid 4242");
    const struct nav_tab tabs[] = {
        {"types", &demo_types_view, &demo},
        {"objects", &demo_all_view, &demo},
    };
    app_set_tabs(demo.app, tabs, 2);
    int status = app_run(demo.app);
    job_runner_destroy(demo.runner);
    app_destroy(demo.app);
    demo_answers_destroy(demo.answers);
    return status;
}
