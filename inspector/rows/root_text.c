#include "inspector/rows/root_text.h"

#include <string.h>

const char *root_file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash && slash[1] ? slash + 1 : path;
}

const char *root_kind_name(enum root_kind kind)
{
    static const char *const names[ROOT_KINDS] = {
        [ROOT_NONE] = "nothing",
        [ROOT_MODULE] = "modules",
        [ROOT_FRAME] = "frames",
        [ROOT_THREAD] = "threads",
        [ROOT_INTERPRETER] = "interpreter",
        [ROOT_LIBRARY] = "static data",
        [ROOT_C] = "C code",
        [ROOT_IMMORTAL] = "immortal",
    };

    return names[kind];
}

static void put_held(struct str *ret, const struct snapshot_held *held)
{
    static const char *const words[HELD_KINDS] = {
        [HELD_TEMPORARY] = "a temporary value",
        [HELD_FUNCTION] = "its function",
        [HELD_CODE] = "its code",
        [HELD_NAMESPACE] = "its namespace",
        [HELD_FRAME_OBJECT] = "its frame object",
        [HELD_SELF] = "the call itself",
    };

    if (held->kind == HELD_LOCAL)
        str_printf(ret, "local '%s'", held->name);
    else
        str_append(ret, words[held->kind]);
}

void root_text_held(const struct snapshot *s, const struct snapshot_held *held, struct str *ret)
{
    const struct snapshot_frame *frame = &s->held_from_outside.frames[held->frame];

    str_printf(ret, "thread %s, %s() %s", s->held_from_outside.threads[frame->thread].name,
               frame->function, root_file_name(frame->file));
    if (frame->line)
        str_printf(ret, ":%u", frame->line);
    str_append(ret, ", ");
    put_held(ret, held);
}

/* A variable says more than the frame's own parts. */
static const struct snapshot_held *best_held(const struct snapshot *s, const uint32_t *held,
                                             uint32_t n)
{
    const struct snapshot_roots *roots = &s->held_from_outside;
    const struct snapshot_held *best = NULL;

    for (uint32_t i = 0; i < n; i++) {
        const struct snapshot_held *this = &roots->held[held[i]];
        if (!best || this->kind < best->kind)
            best = this;
    }
    return best;
}

static const struct snapshot_place *place_of_kind(const struct snapshot *s, const uint32_t *places,
                                                  uint32_t n, enum static_kind kind)
{
    for (uint32_t i = 0; i < n; i++)
        if (s->held_from_outside.places[places[i]].kind == kind)
            return &s->held_from_outside.places[places[i]];
    return NULL;
}

void root_text(const struct snapshot *s, const struct facts *facts, const struct lookup *lookup,
               uint32_t object, struct str *ret)
{
    const struct snapshot_roots *roots = &s->held_from_outside;
    uint32_t n_held, n_places;
    const uint32_t *held = accounts_held(&facts->accounts, s, object, &n_held);
    const uint32_t *places = accounts_places(&facts->accounts, s, object, &n_places);
    const struct snapshot_held *best;
    const struct snapshot_place *place;
    const char *name;

    switch ((enum root_kind)facts->accounts.kind[object]) {
    case ROOT_MODULE:
        name = lookup ? lookup_value(lookup, object) : NULL;
        str_printf(ret, "module%s%s", name && *name ? " " : "", name ? name : "");
        return;
    case ROOT_FRAME:
        best = best_held(s, held, n_held);
        if (best)
            root_text_held(s, best, ret);
        return;
    case ROOT_THREAD:
        place = place_of_kind(s, places, n_places, STATIC_THREAD);
        str_printf(ret, "thread %s, its exception or context",
                   place ? roots->threads[place->thread].name : "?");
        return;
    case ROOT_INTERPRETER:
        str_append(ret, "the interpreter");
        return;
    case ROOT_LIBRARY:
        place = place_of_kind(s, places, n_places, STATIC_LIBRARY);
        str_printf(ret, "static data of %s",
                   place ? root_file_name(roots->files[place->file]) : "?");
        return;
    case ROOT_C:
        str_append(ret, "C code");
        return;
    case ROOT_IMMORTAL:
        str_append(ret, "immortal");
        return;
    case ROOT_NONE:
    case ROOT_KINDS:
        return;
    }
}

void account_text(const struct snapshot *s, const struct facts *facts, uint32_t object, bool brief,
                  struct str *ret)
{
    struct account a = accounts_of(&facts->accounts, s, object);

    if (a.immortal)
        str_append(ret, brief ? "immortal" : "immortal: the refcount is a constant");
    else
        str_printf(ret,
                   brief ? "%u heap, %u frames, %u static, %u C code"
                         : "%u from the heap, %u from running frames, %u static data, "
                           "%u unexplained (C code)",
                   a.heap, a.frames, a.places, a.unexplained);
}
