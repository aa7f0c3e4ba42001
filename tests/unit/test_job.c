#include "inspector/analysis/job.h"

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>

#include "inspector/base/mem.h"
#include "tests/support/test.h"

enum { MAX_LOG = 64 };

/* What happened, in order; only touched on the owner's thread. */
struct record {
    char log[MAX_LOG];
    size_t n;
};

struct task {
    struct record *record;
    char name;
    sem_t started, may_end; /* gates, so that no test depends on time */
    bool is_gated;
    bool until_cancelled;
    bool is_partial;
    struct err *err; /* to return */
    struct job_result result;
    unsigned n_done;
    bool had_error;
    pthread_t ran_on;
};

static struct err *task_run(struct job *job, void *ctx)
{
    struct task *task = ctx;

    task->ran_on = pthread_self();
    if (task->is_gated) {
        job_progress_counts(job, 3, 4);
        job_progress_text(job, "step %d", 7);
        sem_post(&task->started);
        sem_wait(&task->may_end);
    }
    if (task->until_cancelled) {
        sem_post(&task->started);
        while (!job_is_cancelled(job))
            sched_yield();
        assert_true(atomic_load(job_cancel_flag(job)));
    }
    if (task->is_partial)
        job_mark_partial(job);
    return task->err;
}

static void task_done(void *ctx, const struct job_result *result)
{
    struct task *task = ctx;

    task->result = *result;
    task->had_error = result->err != NULL;
    task->n_done++;
    task->record->log[task->record->n++] = task->name;
}

static struct task task_make(struct record *record, char name)
{
    struct task task = {.record = record, .name = name};

    sem_init(&task.started, 0, 0);
    sem_init(&task.may_end, 0, 0);
    return task;
}

static struct job *submit(struct job_runner *runner, struct task *task)
{
    return job_submit(runner, &(struct job_spec){"a task", task_run, task_done, task});
}

static void dispatch_until_idle(struct job_runner *runner)
{
    while (job_runner_busy(runner)) {
        struct pollfd fd = {job_runner_fd(runner), POLLIN, 0};
        assert_int_equal(poll(&fd, 1, 10000), 1);
        job_runner_dispatch(runner);
    }
}

static struct job_runner *runner_make(void)
{
    struct job_runner *runner = NULL;

    assert_ok(job_runner_create("test", &runner));
    return runner;
}

static void test_job__runs_in_order_and_delivers_on_the_owner(void **state)
{
    struct record record = {0};
    struct job_runner *runner = runner_make();
    struct task tasks[] = {task_make(&record, 'a'), task_make(&record, 'b'),
                           task_make(&record, 'c')};

    (void)state;
    assert_false(job_runner_busy(runner));
    tasks[1].err = err_new(ERR_INPUT, NULL, "no good");
    tasks[2].is_partial = true;
    for (size_t i = 0; i < 3; i++)
        submit(runner, &tasks[i]);
    dispatch_until_idle(runner);
    assert_string_equal(record.log, "abc");
    assert_false(tasks[0].had_error);
    assert_true(tasks[1].had_error);
    assert_true(tasks[2].result.is_partial);
    assert_false(tasks[2].result.is_cancelled);
    assert_false(pthread_equal(tasks[0].ran_on, pthread_self()));
    job_runner_destroy(runner);
}

static void test_job__is_busy_until_delivered(void **state)
{
    struct record record = {0};
    struct job_runner *runner = runner_make();
    struct task task = task_make(&record, 'a');

    (void)state;
    task.is_gated = true;
    submit(runner, &task);
    sem_wait(&task.started);
    assert_true(job_runner_busy(runner));
    sem_post(&task.may_end);
    struct pollfd fd = {job_runner_fd(runner), POLLIN, 0};
    assert_int_equal(poll(&fd, 1, 10000), 1);
    assert_true(job_runner_busy(runner)); /* finished, not delivered */
    assert_int_equal(task.n_done, 0);
    assert_int_equal(job_runner_dispatch(runner), 1);
    assert_false(job_runner_busy(runner));
    assert_int_equal(poll(&fd, 1, 0), 0);
    assert_int_equal(job_runner_dispatch(runner), 0);
    job_runner_destroy(runner);
}

static void test_job__shows_progress(void **state)
{
    struct record record = {0};
    struct job_runner *runner = runner_make();
    struct task a = task_make(&record, 'a'), b = task_make(&record, 'b');
    struct job_progress progress;

    (void)state;
    assert_false(job_runner_progress(runner, &progress));
    a.is_gated = true;
    submit(runner, &a);
    submit(runner, &b);
    sem_wait(&a.started);
    assert_true(job_runner_progress(runner, &progress));
    assert_string_equal(progress.title, "a task");
    assert_string_equal(progress.text, "step 7");
    assert_int_equal(progress.done_count, 3);
    assert_int_equal(progress.total_count, 4);
    assert_true(progress.fraction > 0.74 && progress.fraction < 0.76);
    assert_int_equal(progress.n_queued, 1);
    sem_post(&a.may_end);
    dispatch_until_idle(runner);
    assert_false(job_runner_progress(runner, &progress));
    job_runner_destroy(runner);
}

static void test_job__cancels_the_running_one_only(void **state)
{
    struct record record = {0};
    struct job_runner *runner = runner_make();
    struct task a = task_make(&record, 'a'), b = task_make(&record, 'b');

    (void)state;
    a.until_cancelled = true;
    submit(runner, &a);
    submit(runner, &b);
    sem_wait(&a.started);
    assert_true(job_runner_cancel_current(runner));
    dispatch_until_idle(runner);
    assert_string_equal(record.log, "ab");
    assert_true(a.result.is_cancelled);
    assert_false(a.had_error); /* it kept a result */
    assert_false(b.result.is_cancelled);
    assert_false(job_runner_cancel_current(runner));
    job_runner_destroy(runner);
}

static void test_job__cancels_a_waiting_one_without_running_it(void **state)
{
    struct record record = {0};
    struct job_runner *runner = runner_make();
    struct task a = task_make(&record, 'a'), b = task_make(&record, 'b'),
                c = task_make(&record, 'c');

    (void)state;
    a.is_gated = true;
    submit(runner, &a);
    struct job *waiting = submit(runner, &b);
    submit(runner, &c);
    sem_wait(&a.started);
    job_cancel(runner, waiting);
    assert_int_equal(job_runner_dispatch(runner), 1);
    assert_string_equal(record.log, "b");
    assert_true(b.had_error && b.result.is_cancelled);
    sem_post(&a.may_end);
    dispatch_until_idle(runner);
    assert_string_equal(record.log, "bac");
    job_runner_destroy(runner);
}

static void test_job__cancel_wait_leaves_nothing_behind(void **state)
{
    struct record record = {0};
    struct job_runner *runner = runner_make();
    struct task a = task_make(&record, 'a'), b = task_make(&record, 'b');

    (void)state;
    a.until_cancelled = true;
    struct job *running = submit(runner, &a);
    struct job *waiting = submit(runner, &b);
    sem_wait(&a.started);
    job_cancel_wait(runner, waiting);
    job_cancel_wait(runner, running);
    assert_string_equal(record.log, "ba");
    assert_false(job_runner_busy(runner));
    job_runner_dispatch(runner);
    assert_int_equal(a.n_done + b.n_done, 2);
    job_runner_destroy(runner);
}

static void test_job__destroy_cancels_and_delivers_everything(void **state)
{
    struct record record = {0};
    struct job_runner *runner = runner_make();
    struct task a = task_make(&record, 'a'), b = task_make(&record, 'b');

    (void)state;
    a.until_cancelled = true;
    submit(runner, &a);
    submit(runner, &b);
    sem_wait(&a.started);
    job_runner_destroy(runner);
    assert_int_equal(a.n_done, 1);
    assert_int_equal(b.n_done, 1);
    assert_true(b.had_error);
    job_runner_destroy(NULL);
}

static struct err *busy_run(struct job *job, void *ctx)
{
    (void)ctx;
    for (uint64_t i = 0; !job_is_cancelled(job); i++) {
        job_progress_text(job, "step %llu", (unsigned long long)i);
        job_progress_counts(job, i, 2 * i);
        job_progress_fraction(job, 0.25);
    }
    return NULL;
}

static void test_job__progress_is_read_while_it_changes(void **state)
{
    struct job_runner *runner = runner_make();
    struct job_progress progress;
    unsigned n_seen = 0;

    (void)state;
    job_submit(runner, &(struct job_spec){"busy", busy_run, NULL, NULL});
    while (n_seen < 1000) {
        assert_true(job_runner_progress(runner, &progress));
        n_seen += !strncmp(progress.text, "step ", 5);
        sched_yield();
    }
    job_runner_cancel_all(runner);
    dispatch_until_idle(runner);
    job_runner_destroy(runner);
}

struct chain {
    struct job_runner *runner;
    unsigned n_left;
};

static struct err *chain_run(struct job *job, void *ctx)
{
    (void)ctx;
    job_progress_fraction(job, 0.5);
    return NULL;
}

static void chain_done(void *ctx, const struct job_result *result)
{
    struct chain *chain = ctx;

    (void)result;
    if (chain->n_left && chain->n_left--)
        job_submit(chain->runner, &(struct job_spec){"next", chain_run, chain_done, chain});
}

static void test_job__done_may_submit(void **state)
{
    struct job_runner *runner = runner_make();
    struct chain chain = {runner, 1000};

    (void)state;
    job_submit(runner, &(struct job_spec){"first", chain_run, chain_done, &chain});
    dispatch_until_idle(runner);
    assert_int_equal(chain.n_left, 0);
    chain.n_left = 3; /* and when the runner goes away, nothing is lost or run */
    job_submit(runner, &(struct job_spec){"last", chain_run, chain_done, &chain});
    job_runner_destroy(runner);
    assert_int_equal(chain.n_left, 0);
}

static struct err *signals_run(struct job *job, void *ctx)
{
    sigset_t *blocked = ctx;

    (void)job;
    pthread_sigmask(SIG_SETMASK, NULL, blocked);
    return NULL;
}

static void test_job__worker_handles_no_signals(void **state)
{
    struct job_runner *runner = runner_make();
    sigset_t blocked;

    (void)state;
    job_submit(runner, &(struct job_spec){"signals", signals_run, NULL, &blocked});
    dispatch_until_idle(runner);
    assert_true(sigismember(&blocked, SIGTERM) && sigismember(&blocked, SIGWINCH));
    job_runner_destroy(runner);
}

static void test_job__runners_coexist(void **state)
{
    struct record record = {0};
    struct job_runner *session = runner_make(), *analysis = runner_make();
    struct task a = task_make(&record, 'a'), b = task_make(&record, 'b');

    (void)state;
    a.is_gated = true;
    submit(analysis, &a);
    submit(session, &b);
    dispatch_until_idle(session); /* does not wait behind the other runner */
    assert_string_equal(record.log, "b");
    sem_post(&a.may_end);
    dispatch_until_idle(analysis);
    job_runner_destroy(session);
    job_runner_destroy(analysis);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_job__runs_in_order_and_delivers_on_the_owner),
        TEST(test_job__is_busy_until_delivered),
        TEST(test_job__shows_progress),
        TEST(test_job__progress_is_read_while_it_changes),
        TEST(test_job__cancels_the_running_one_only),
        TEST(test_job__cancels_a_waiting_one_without_running_it),
        TEST(test_job__cancel_wait_leaves_nothing_behind),
        TEST(test_job__destroy_cancels_and_delivers_everything),
        TEST(test_job__done_may_submit),
        TEST(test_job__worker_handles_no_signals),
        TEST(test_job__runners_coexist),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
