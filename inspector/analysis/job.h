/*
 * Jobs: work that takes longer than a person wants the screen to stand still.
 *
 * A runner is one worker thread with a first-in, first-out queue. Whoever created the runner owns
 * it and is the only one to call its functions; the worker touches nothing but the job that it
 * runs.
 *
 *      owner's thread                                    worker thread
 *      ──────────────                                    ─────────────
 *      job_submit() ───────── queue ───────────────────► run(job, ctx)
 *      job_runner_progress() ◄──────────────────────────   job_progress_*(job)
 *      job_cancel() ───────────────────────────────────►   job_is_cancelled(job)
 *      poll(job_runner_fd()) ◄─ eventfd ── finished ◄───  returns an error, or NULL
 *      job_runner_dispatch() ─► done(ctx, result)
 *
 *      struct err *count_run(struct job *job, void *ctx)
 *      {
 *              struct count *count = ctx;
 *              for (size_t i = 0; i < count->total; i++) {
 *                      if (i % 4096 == 0) {
 *                              job_progress_counts(job, i, count->total);
 *                              if (job_is_cancelled(job))
 *                                      break;  (and keep what there is: job_mark_partial(job))
 *                      }
 *                      …
 *              }
 *              return NULL;
 *      }
 *
 * Promise: `done` is called exactly once for each submitted job, on the owner's thread, from
 * job_runner_dispatch(), job_cancel_wait() or job_runner_destroy(). So `ctx` can always be freed
 * there. `done` may submit jobs and cancel others, but not destroy its own runner.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inspector/base/err.h"

struct job;
struct job_runner;

enum { JOB_TITLE_BYTES = 64, JOB_TEXT_BYTES = 96 };

/* How a job ended. */
struct job_result {
    struct err *err; /* borrowed: valid during done(); NULL is success. ERR_CANCELLED if the job was
                        cancelled before it began */
    bool is_cancelled;   /* someone asked for it to stop; it may have finished all the same */
    bool is_partial;     /* job_mark_partial() was called */
    uint64_t elapsed_ns; /* time in run() */
};

struct job_spec {
    const char *title; /* "computing retained sizes"; copied, cut to JOB_TITLE_BYTES */
    /* On the worker. All signals are blocked there. */
    struct err *(*run)(struct job *job, void *ctx);
    /* On the owner's thread; may be NULL. */
    void (*done)(void *ctx, const struct job_result *result);
    void *ctx;
};

/* A moment of the running job. */
struct job_progress {
    char title[JOB_TITLE_BYTES];
    char text[JOB_TEXT_BYTES]; /* what it is doing right now, or "" */
    double fraction;           /* 0 … 1, or below 0 if not known */
    uint64_t done_count;       /* meaningful if total_count is not 0 */
    uint64_t total_count;
    uint64_t elapsed_ns;
    bool is_cancelled;
    size_t n_queued; /* jobs that wait behind it */
};

/* -- Owner's thread -- */

/* Starts the worker, named `name` (at most 15 bytes) for ps and debuggers. */
ERR_CHECK struct err *job_runner_create(const char *name, struct job_runner **ret);
/* Cancels everything, waits for the worker, delivers what is undelivered. NULL is fine. */
void job_runner_destroy(struct job_runner *runner);

/*
 * Queues a job. The returned handle is valid until its done() has returned. Never fails: what a job
 * needs is small (xalloc rules).
 */
struct job *job_submit(struct job_runner *runner, const struct job_spec *spec);

/* Readable (poll) when job_runner_dispatch() has something to deliver. Owned by the runner. */
int job_runner_fd(const struct job_runner *runner);
/* Calls done() for every finished job; returns how many. Never blocks. */
size_t job_runner_dispatch(struct job_runner *runner);
/* Whether a job is queued, running or finished but not delivered. */
bool job_runner_busy(struct job_runner *runner);
/* The running job, or the first waiting one. False if there is neither. */
bool job_runner_progress(struct job_runner *runner, struct job_progress *ret);

/* Asks one job to stop. If it has not begun it never will. Does not wait. */
void job_cancel(struct job_runner *runner, struct job *job);
/* The running job, or the first waiting one; false if there was none to cancel. */
bool job_runner_cancel_current(struct job_runner *runner);
void job_runner_cancel_all(struct job_runner *runner);
/*
 * Cancels `job`, waits until run() has returned, and calls its done() before returning: afterwards
 * nothing uses what it worked on.
 */
void job_cancel_wait(struct job_runner *runner, struct job *job);

/* -- In run(), on the worker -- */

bool job_is_cancelled(const struct job *job);
/* The same as a flag for functions that know nothing of jobs (rows_order_compute()). */
const atomic_bool *job_cancel_flag(const struct job *job);
/* 0 … 1. */
void job_progress_fraction(struct job *job, double fraction);
/* `done` of `total` things; total 0 if not known. */
void job_progress_counts(struct job *job, uint64_t done, uint64_t total);
/* A few words about the current step; cut to JOB_TEXT_BYTES. */
void job_progress_text(struct job *job, const char *fmt, ...) ERR_PRINTF(2, 3);
/* The result is good but not whole. */
void job_mark_partial(struct job *job);
