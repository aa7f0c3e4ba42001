/*
 * The product behind the views: one target, its session, the heap that is looked at.
 *
 *      UI thread                                   session thread (a job runner's worker)
 *      ─────────                                   ──────────────
 *      product_attach() ───── job ───────────────► session_attach(), first snapshot
 *      product_snapshot() ─── job ───────────────► session_snapshot()
 *      product_collect() ──── job ───────────────► session_collect(), what was freed
 *      product_ask() ──────── job ───────────────► questions to the frozen copy
 *      results: new heap, views reloaded ◄──────── done()
 *
 *      each new heap ──────── job on a third thread, the analyst: facts; views reloaded again
 *
 * Only jobs touch the session; the UI never waits for it. All functions here are for the UI thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "inspector/rows/heap.h"
#include "inspector/ui/app.h"

struct product;
struct tui_program;

/* What a collection did. */
struct collected {
    struct collect_info info;
    int64_t uncollectable;   /* by how much gc.garbage grew */
    uint32_t predicted;      /* unreachable objects, as the snapshot before says */
    struct snapshot *before; /* the heap just before */
    uint32_t *freed;         /* objects of it that were freed */
    size_t n_freed;
};

struct product *product_create(struct app *app);
/* Detaches, waits for that. */
void product_destroy(struct product *product);

/*
 * Attaches to `pid`, takes the first snapshot, shows the tabs. `is_only_one`: the program was started for this target; if
 * it fails the program ends, see product_take_failure(), and so it does after detaching.
 */
void product_attach(struct product *product, pid_t pid, bool is_only_one);
/* The process that will be attached to has just been started: waits until it runs Python. `program` is borrowed. */
void product_expect_program(struct product *product, struct tui_program *program);
/* Whether that program is there, runs, and has not been left. */
bool product_program_runs(const struct product *product);
/* Opens a capture file in a process's place; the program was started for it. `path` must outlive the product. */
void product_open(struct product *product, const char *path);
/* Whether the target is a capture file, in which nothing can be done; then says so. */
bool product_is_file(struct product *product);
/* From now on attaching makes another ouro leave first. */
void product_steal(struct product *product);
/* Leaves the target, after asking, and shows the picker. */
void product_detach(struct product *product);
/* A new snapshot; what was shown becomes the baseline. */
void product_snapshot(struct product *product);
/* Asks which generation, collects, shows what was freed. */
void product_collect(struct product *product);
/* Asks the frozen copy for all that `heap`'s tables want to know; redraws when it is there. */
void product_ask(struct product *product, struct heap *heap);
/* Shows the whole text of a value, up to 4 KiB, in a view of its own. */
void product_show_value(struct product *product, struct heap *heap, uint32_t object);
/* Looks at the target's memory, in the background. */
void product_measure(struct product *product);

/* The tabs of a target, in this order. */
enum product_tab {
    TAB_OVERVIEW,
    TAB_TYPES,
    TAB_OBJECTS,
    TAB_RETAINED,
    TAB_GARBAGE,
    TAB_CYCLES,
    N_PRODUCT_TABS
};

enum facts_state {
    FACTS_THERE,     /* facts_of() the snapshot */
    FACTS_COMING,    /* views will be reloaded */
    FACTS_CANCELLED, /* the user did not want to wait; product_retry() */
    FACTS_NEVER,     /* it is an old heap, and they were not computed in time */
};
/* Sees to it that the facts about a heap are computed. They are, in the background, for each new heap; but that can be
 * cancelled. */
enum facts_state product_need_facts(struct product *product, const struct heap *heap);
/* The same for heap->cycles, which are looked for only when somebody asks. */
enum facts_state product_need_cycles(struct product *product, struct heap *heap);
/*
 * Asks the frozen copy for what `lookup` wants, which is the job's until done(ctx) is called; always, also if nobody can be
 * asked any more.
 */
void product_ask_aside(struct product *product, struct heap *heap, struct lookup *lookup,
                       void (*done)(void *ctx), void *ctx);
/* The user asks for it again: what was cancelled may be computed when it is needed. */
void product_retry(struct product *product);
/* For views: computes on snapshots, in the background. */
struct job_runner *product_analyst(const struct product *product);

/* The heap that is looked at, NULL before the first snapshot. Borrowed. */
struct heap *product_heap(const struct product *product);
/* The heap before that, NULL if there was none. Borrowed. */
struct heap *product_baseline(const struct product *product);
/* The attached session's facts, NULL if there is none. */
const struct session_info *product_info(const struct product *product);
/* What was measured last; false if nothing was. */
bool product_memory(const struct product *product, struct session_memory *ret);
/* The command line of the target; "" if there is none. */
const char *product_command(const struct product *product);
/* Why the program cannot go on, after app_run() ended with a failure; the caller's. */
struct err *product_take_failure(struct product *product);
