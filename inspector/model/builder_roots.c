#include "inspector/model/builder_private.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/model/text.h"

static char *escaped(const struct decoded_text *text)
{
    struct str str = STR_INIT;

    text_escape(&str, text->bytes, text->len, 0);
    return str_steal(&str);
}

static bool on_thread(void *ctx, const struct msg_snap_thread *thread,
                      const struct decoded_text *name)
{
    struct builder *b = ctx;
    struct snapshot_roots *roots = &b->snapshot->held_from_outside;

    if (!builder_fine(b, grow(&roots->threads, &b->threads_cap, roots->n_threads + 1u,
                              sizeof *roots->threads)))
        return false;
    roots->threads[roots->n_threads++] = (struct snapshot_thread){
        .name = escaped(name),
        .ident = thread->ident,
        .native_id = thread->native_id,
        .interpreter = thread->interpreter,
        .first_frame = roots->n_frames,
    };
    return true;
}

static bool on_frame(void *ctx, const struct snap_frame *frame)
{
    struct builder *b = ctx;
    struct snapshot_roots *roots = &b->snapshot->held_from_outside;

    if (!builder_fine(
            b, grow(&roots->frames, &b->frames_cap, roots->n_frames + 1u, sizeof *roots->frames)))
        return false;
    roots->frames[roots->n_frames++] = (struct snapshot_frame){
        .function = escaped(&frame->function),
        .file = escaped(&frame->file),
        .line = frame->fixed.line,
        .thread = frame->fixed.thread,
        .object = frame->fixed.object,
        .first_held = roots->n_held,
    };
    roots->threads[frame->fixed.thread].n_frames++;
    return true;
}

static bool add_root(struct builder *b, uint32_t object)
{
    struct snapshot *s = b->snapshot;

    if (!builder_fine(b, grow(&s->roots, &b->roots_cap, s->n_roots + 1u, sizeof *s->roots)))
        return false;
    s->roots[s->n_roots++] = object;
    return true;
}

static bool on_held(void *ctx, const struct snap_held *held)
{
    struct builder *b = ctx;
    struct snapshot_roots *roots = &b->snapshot->held_from_outside;

    if (!builder_fine(b, grow(&roots->held, &b->held_cap, roots->n_held + 1u, sizeof *roots->held)))
        return false;
    struct snapshot_held *here = &roots->held[roots->n_held++];
    *here =
        (struct snapshot_held){escaped(&held->name), held->object, roots->n_frames - 1, held->kind};
    roots->frames[here->frame].n_held++;
    return !roots_is_reference(roots, here) || add_root(b, held->object);
}

/* The number of a path; the same one comes again and again. */
static bool find_file(struct builder *b, const struct decoded_text *path, uint32_t *ret)
{
    struct snapshot_roots *roots = &b->snapshot->held_from_outside;
    char *text = escaped(path);

    if (!roots->n_files || strcmp(roots->files[roots->n_files - 1], text) != 0) {
        if (!builder_fine(
                b, grow(&roots->files, &b->files_cap, roots->n_files + 1u, sizeof *roots->files))) {
            free(text);
            return false;
        }
        roots->files[roots->n_files++] = take_ptr(text);
    }
    free(text);
    *ret = roots->n_files - 1;
    return true;
}

static bool on_place(void *ctx, const struct snap_static *place)
{
    struct builder *b = ctx;
    struct snapshot_roots *roots = &b->snapshot->held_from_outside;

    uint32_t file;

    if (!find_file(b, &place->path, &file) ||
        !builder_fine(
            b, grow(&roots->places, &b->places_cap, roots->n_places + 1u, sizeof *roots->places)))
        return false;
    roots->places[roots->n_places++] = (struct snapshot_place){
        .address = place->address,
        .object = place->object,
        .thread = place->thread,
        .file = file,
        .kind = place->kind,
    };
    return true;
}

static bool on_visits(void *ctx, enum visits_kind kind, uint32_t holder, uint32_t second)
{
    struct builder *b = ctx;
    struct snapshot_visits *visits =
        kind == VISITS_NOT ? &b->snapshot->unvisited : &b->snapshot->visited_too;
    size_t *cap = kind == VISITS_NOT ? &b->unvisited_cap : &b->visited_too_cap;

    if (!builder_fine(b, grow(&visits->at, cap, visits->n + 1u, sizeof *visits->at)))
        return false;
    visits->at[visits->n++] = (struct snapshot_visit){holder, second};
    return true;
}

/* Until somebody imports threading no thread has a name; the main one is known all the same: it is an
 * interpreter's first, and they come newest first. */
void builder_name_threads(struct snapshot_roots *roots)
{
    for (uint32_t i = 0; i < roots->n_threads; i++) {
        struct snapshot_thread *thread = &roots->threads[i];
        bool is_main = i + 1 == roots->n_threads || thread[1].interpreter != thread->interpreter;
        if (*thread->name)
            continue;
        free(thread->name);
        thread->name = is_main ? xstrdup("MainThread")
                               : xasprintf("thread 0x%llx", (unsigned long long)thread->ident);
    }
}

void builder_add_roots(struct snap_sink *sink)
{
    sink->thread = on_thread;
    sink->frame = on_frame;
    sink->held = on_held;
    sink->place = on_place;
    sink->visits = on_visits;
}
