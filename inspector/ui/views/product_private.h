/*
 * Private to product*.c: what the product is made of, and work on the session thread.
 */
#pragma once

#include "inspector/analysis/job.h"
#include "inspector/session/session.h"
#include "inspector/ui/views/product.h"

struct product {
    struct app *app;
    struct job_runner *runner; /* its worker is the session's thread */
    struct job_runner
        *analyst; /* computes on snapshots, so that the session can be asked meanwhile */
    bool started_with_target, steals;
    struct tui_program *program; /* NULL: the target is none of ours */
    struct err *failure;

    struct session *session; /* touched by jobs only, but for session_info() */
    pid_t pid;
    const char *file; /* the target is this capture; NULL: a process. Borrowed */
    char *command;
    int pidfd; /* -1: none */
    struct heap *heap, *baseline;
    struct job *facts_job; /* about `heap`; NULL: none */
    struct job *cycles_job;
    bool is_cancelled; /* one of these, by the user */
    bool has_memory, is_measuring;
    struct session_memory memory;
};

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
    struct lookup *lookup;    /* whose batch it is, if not the heap's … */
    void (*asked)(void *ctx); /* … and who wants to know */
    void *ctx;
    uint32_t object;
    char *text; /* of its value */
    struct session_memory memory;
};

/* product_work.c: queues the work, of which `spec` is copied. */
void product_submit(struct product *product, const char *title, const struct work *spec);
/* A copy of an error that belongs to somebody else. */
ERR_CHECK struct err *product_copy_error(const struct err *err);

/* product_snapshot.c: on the session thread. */
ERR_CHECK struct err *product_take_snapshot(struct session *session, struct job *job,
                                            struct work *work);
/* For session_on_progress(), with the job. */
void product_walk_progress(void *ctx, uint64_t walked, uint64_t found);
/* Shows `snapshot` (taken); what was shown becomes the baseline. */
void product_set_heap(struct product *product, struct snapshot *snapshot,
                      const struct snapshot_info *info);
void product_say_snapshot(struct product *product);

/* product_facts.c */
/* Computes what can be known about the heap that is shown; nothing else is computed any more. */
void product_start_facts(struct product *product);
void product_stop_facts(struct product *product);
