#include "inspector/analysis/job.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "inspector/base/clock.h"
#include "inspector/base/mem.h"

/*
 * A job is on exactly one of: queue, runner->running, finished. Lists and `text` are under the
 * runner's lock; the progress numbers are relaxed atomics, since a torn pair of them only shows for
 * a moment.
 */
struct job {
    struct job *next;
    struct job_runner *runner;
    struct job_spec spec;
    char title[JOB_TITLE_BYTES];
    char text[JOB_TEXT_BYTES];
    atomic_bool cancel;
    _Atomic uint64_t permyriad_done; /* of 10,000; UINT64_MAX: not known */
    _Atomic uint64_t done_count, total_count;
    atomic_bool is_partial;
    uint64_t start_ns, end_ns; /* 0 before it began */
    struct err *err;
};

struct job_list {
    struct job *first, **end;
};

struct job_runner {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake; /* for the worker: the queue is not empty, or stop */
    pthread_cond_t idle; /* for job_cancel_wait(): a job has finished */
    struct job_list queue, finished;
    struct job *running;
    bool stop;
    int event_fd;
};

static void list_init(struct job_list *list)
{
    *list = (struct job_list){NULL, &list->first};
}

static void list_append(struct job_list *list, struct job *job)
{
    job->next = NULL;
    *list->end = job;
    list->end = &job->next;
}

/* Takes `job` out; false if it is not there. */
static bool list_remove(struct job_list *list, struct job *job)
{
    for (struct job **at = &list->first; *at; at = &(*at)->next) {
        if (*at != job)
            continue;
        *at = job->next;
        if (!*at)
            list->end = at;
        return true;
    }
    return false;
}

static struct job *list_pop(struct job_list *list)
{
    struct job *job = list->first;

    if (job)
        list_remove(list, job);
    return job;
}

/* With the lock held. */
static void finish(struct job_runner *runner, struct job *job)
{
    uint64_t one = 1;

    list_append(&runner->finished, job);
    pthread_cond_broadcast(&runner->idle);
    /* The counter saturates after 2^64 jobs; until then a write cannot block or fail. */
    while (write(runner->event_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

static void run_job(struct job_runner *runner, struct job *job)
{
    runner->running = job;
    job->start_ns = clock_ns();
    pthread_mutex_unlock(&runner->lock);
    struct err *err = job->spec.run(job, job->spec.ctx);
    pthread_mutex_lock(&runner->lock);
    job->err = err;
    job->end_ns = clock_ns();
    runner->running = NULL;
    finish(runner, job);
}

static void *worker(void *arg)
{
    struct job_runner *runner = arg;

    pthread_mutex_lock(&runner->lock);
    for (;;) {
        while (!runner->queue.first && !runner->stop)
            pthread_cond_wait(&runner->wake, &runner->lock);
        if (!runner->queue.first)
            break;
        run_job(runner, list_pop(&runner->queue));
    }
    pthread_mutex_unlock(&runner->lock);
    return NULL;
}

/* Threads inherit the mask: no signal of the program is ever handled on a worker. */
static int start_thread(struct job_runner *runner)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int status = pthread_create(&runner->thread, NULL, worker, runner);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

struct err *job_runner_create(const char *name, struct job_runner **ret)
{
    struct job_runner *runner = xalloc(sizeof *runner);

    list_init(&runner->queue);
    list_init(&runner->finished);
    runner->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (runner->event_fd < 0) {
        free(runner);
        return err_sys(errno, "cannot create an eventfd for '%s'", name);
    }
    pthread_mutex_init(&runner->lock, NULL);
    pthread_cond_init(&runner->wake, NULL);
    pthread_cond_init(&runner->idle, NULL);
    int status = start_thread(runner);
    if (status) {
        close(runner->event_fd);
        free(runner);
        return err_sys(status, "cannot start thread '%s'", name);
    }
    pthread_setname_np(runner->thread, name);
    *ret = runner;
    return NULL;
}

/* Calls done() and frees the job. Without the lock: done() may use the runner. */
static void deliver(struct job *job)
{
    struct job_result result = {
        .err = job->err,
        .is_cancelled = atomic_load_explicit(&job->cancel, memory_order_relaxed),
        .is_partial = atomic_load_explicit(&job->is_partial, memory_order_relaxed),
        .elapsed_ns = job->end_ns - job->start_ns,
    };

    if (job->spec.done)
        job->spec.done(job->spec.ctx, &result);
    err_destroy(job->err);
    free(job);
}

static struct job *pop_finished(struct job_runner *runner)
{
    pthread_mutex_lock(&runner->lock);
    struct job *job = list_pop(&runner->finished);
    pthread_mutex_unlock(&runner->lock);
    return job;
}

void job_runner_destroy(struct job_runner *runner)
{
    struct job *job;

    if (!runner)
        return;
    job_runner_cancel_all(runner);
    pthread_mutex_lock(&runner->lock);
    runner->stop = true;
    pthread_cond_signal(&runner->wake);
    pthread_mutex_unlock(&runner->lock);
    pthread_join(runner->thread, NULL);
    /* done() may still submit and cancel; nothing is run any more. */
    do {
        while ((job = pop_finished(runner)))
            deliver(job);
        job_runner_cancel_all(runner);
    } while (runner->finished.first);
    pthread_cond_destroy(&runner->wake);
    pthread_cond_destroy(&runner->idle);
    pthread_mutex_destroy(&runner->lock);
    close(runner->event_fd);
    free(runner);
}

struct job *job_submit(struct job_runner *runner, const struct job_spec *spec)
{
    struct job *job = xalloc(sizeof *job);

    job->runner = runner;
    job->spec = *spec;
    job->spec.title = NULL; /* the caller's text may be gone tomorrow */
    snprintf(job->title, sizeof job->title, "%s", spec->title);
    atomic_init(&job->permyriad_done, UINT64_MAX);
    pthread_mutex_lock(&runner->lock);
    list_append(&runner->queue, job);
    pthread_cond_signal(&runner->wake);
    pthread_mutex_unlock(&runner->lock);
    return job;
}

int job_runner_fd(const struct job_runner *runner)
{
    return runner->event_fd;
}

size_t job_runner_dispatch(struct job_runner *runner)
{
    uint64_t count;
    struct job *job;
    size_t n = 0;

    /* Cleared first: a job that finishes from here on makes it readable again. */
    while (read(runner->event_fd, &count, sizeof count) < 0 && errno == EINTR)
        ;
    for (; (job = pop_finished(runner)); n++)
        deliver(job);
    return n;
}

bool job_runner_busy(struct job_runner *runner)
{
    pthread_mutex_lock(&runner->lock);
    bool busy = runner->queue.first || runner->running || runner->finished.first;
    pthread_mutex_unlock(&runner->lock);
    return busy;
}

static void read_progress(const struct job *job, struct job_progress *ret)
{
    uint64_t permyriad = atomic_load_explicit(&job->permyriad_done, memory_order_relaxed);

    memcpy(ret->title, job->title, sizeof ret->title);
    memcpy(ret->text, job->text, sizeof ret->text);
    ret->done_count = atomic_load_explicit(&job->done_count, memory_order_relaxed);
    ret->total_count = atomic_load_explicit(&job->total_count, memory_order_relaxed);
    ret->fraction = permyriad == UINT64_MAX ? -1 : (double)permyriad / 10000;
    if (permyriad == UINT64_MAX && ret->total_count)
        ret->fraction = (double)ret->done_count / (double)ret->total_count;
    if (ret->fraction > 1)
        ret->fraction = 1;
    ret->elapsed_ns = job->start_ns ? clock_ns() - job->start_ns : 0;
    ret->is_cancelled = atomic_load_explicit(&job->cancel, memory_order_relaxed);
}

/* With the lock held: the job that a person would call the current one. */
static struct job *current_job(const struct job_runner *runner)
{
    return runner->running ? runner->running : runner->queue.first;
}

bool job_runner_progress(struct job_runner *runner, struct job_progress *ret)
{
    pthread_mutex_lock(&runner->lock);
    struct job *current = current_job(runner);
    if (current) {
        read_progress(current, ret);
        ret->n_queued = 0;
        for (const struct job *job = runner->queue.first; job; job = job->next)
            ret->n_queued += job != current;
    }
    pthread_mutex_unlock(&runner->lock);
    return current != NULL;
}

/* With the lock held. A job that waits is finished at once, without run(). */
static void cancel_locked(struct job_runner *runner, struct job *job)
{
    atomic_store_explicit(&job->cancel, true, memory_order_relaxed);
    if (!list_remove(&runner->queue, job))
        return;
    job->err = err_new(ERR_CANCELLED, NULL, "'%s' was cancelled", job->title);
    finish(runner, job);
}

void job_cancel(struct job_runner *runner, struct job *job)
{
    pthread_mutex_lock(&runner->lock);
    cancel_locked(runner, job);
    pthread_mutex_unlock(&runner->lock);
}

bool job_runner_cancel_current(struct job_runner *runner)
{
    pthread_mutex_lock(&runner->lock);
    struct job *job = current_job(runner);
    if (job)
        cancel_locked(runner, job);
    pthread_mutex_unlock(&runner->lock);
    return job != NULL;
}

void job_runner_cancel_all(struct job_runner *runner)
{
    pthread_mutex_lock(&runner->lock);
    if (runner->running)
        cancel_locked(runner, runner->running);
    while (runner->queue.first)
        cancel_locked(runner, runner->queue.first);
    pthread_mutex_unlock(&runner->lock);
}

void job_cancel_wait(struct job_runner *runner, struct job *job)
{
    pthread_mutex_lock(&runner->lock);
    cancel_locked(runner, job);
    while (runner->running == job)
        pthread_cond_wait(&runner->idle, &runner->lock);
    bool is_mine = list_remove(&runner->finished, job);
    pthread_mutex_unlock(&runner->lock);
    if (is_mine)
        deliver(job);
}

bool job_is_cancelled(const struct job *job)
{
    return atomic_load_explicit(&job->cancel, memory_order_relaxed);
}

const atomic_bool *job_cancel_flag(const struct job *job)
{
    return &job->cancel;
}

void job_progress_fraction(struct job *job, double fraction)
{
    uint64_t permyriad = fraction <= 0 ? 0 : fraction >= 1 ? 10000 : (uint64_t)(fraction * 10000);

    atomic_store_explicit(&job->permyriad_done, permyriad, memory_order_relaxed);
}

void job_progress_counts(struct job *job, uint64_t done, uint64_t total)
{
    atomic_store_explicit(&job->done_count, done, memory_order_relaxed);
    atomic_store_explicit(&job->total_count, total, memory_order_relaxed);
}

void job_progress_text(struct job *job, const char *fmt, ...)
{
    char text[JOB_TEXT_BYTES];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    pthread_mutex_lock(&job->runner->lock);
    memcpy(job->text, text, sizeof job->text);
    pthread_mutex_unlock(&job->runner->lock);
}

void job_mark_partial(struct job *job)
{
    atomic_store_explicit(&job->is_partial, true, memory_order_relaxed);
}
