/*
 * Where work comes from: job runners, watched descriptors, and posts from other threads.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "inspector/base/mem.h"
#include "inspector/ui/app_private.h"

struct job_runner *app_ui_runner(const struct app *app)
{
    return app->ui_runner;
}

void app_add_runner(struct app *app, struct job_runner *runner)
{
    assert(app->n_runners < APP_MAX_RUNNERS);
    app->runners[app->n_runners++] = runner;
}

void app_remove_runner(struct app *app, struct job_runner *runner)
{
    for (size_t i = 0; i < app->n_runners; i++)
        if (app->runners[i] == runner)
            app->runners[i] = app->runners[--app->n_runners];
}

/* Of the product's the one that has run longest: a quick look at the target does not hide an analysis. */
struct job_runner *app_current_job(const struct app *app, struct job_progress *ret)
{
    struct job_runner *found = NULL;
    struct job_progress progress;

    for (size_t i = 0; i < app->n_runners; i++)
        if (job_runner_progress(app->runners[i], &progress) &&
            (!found || progress.elapsed_ns > ret->elapsed_ns)) {
            found = app->runners[i];
            *ret = progress;
        }
    if (!found && job_runner_progress(app->ui_runner, ret))
        found = app->ui_runner;
    return found;
}

void app_add_watch(struct app *app, const struct app_watch *watch)
{
    assert(app->n_watches < APP_MAX_WATCHES);
    app->watches[app->n_watches++] = *watch;
}

void app_remove_watch(struct app *app, int fd)
{
    for (size_t i = 0; i < app->n_watches; i++)
        if (app->watches[i].fd == fd)
            app->watches[i] = app->watches[--app->n_watches];
}

struct err *app_posts_init(struct app *app)
{
    pthread_mutex_init(&app->post_lock, NULL);
    app->post_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return app->post_fd < 0 ? err_sys(errno, "cannot create an eventfd") : NULL;
}

void app_posts_deinit(struct app *app)
{
    struct app_post_item *post;

    if (app->post_fd < 0)
        return;
    while ((post = app->posts)) {
        app->posts = post->next;
        free(post);
    }
    close(app->post_fd);
    pthread_mutex_destroy(&app->post_lock);
}

void app_post(struct app *app, void (*fn)(void *ctx), void *ctx)
{
    struct app_post_item *post = xalloc(sizeof *post);
    uint64_t one = 1;

    pthread_mutex_lock(&app->post_lock);
    *post = (struct app_post_item){app->posts, fn, ctx};
    app->posts = post;
    pthread_mutex_unlock(&app->post_lock);
    while (write(app->post_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

/* Runs the posts in the order in which they came. */
void app_run_posts(struct app *app)
{
    struct app_post_item *post, *in_order = NULL;
    uint64_t count;

    while (read(app->post_fd, &count, sizeof count) < 0 && errno == EINTR)
        ;
    pthread_mutex_lock(&app->post_lock);
    post = app->posts;
    app->posts = NULL;
    pthread_mutex_unlock(&app->post_lock);
    while (post) {
        struct app_post_item *next = post->next;
        post->next = in_order;
        in_order = post;
        post = next;
    }
    for (; in_order; in_order = post) {
        post = in_order->next;
        in_order->fn(in_order->ctx);
        free(in_order);
        app_redraw(app);
    }
}
