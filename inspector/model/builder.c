#include "inspector/model/builder.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/model/builder_private.h"
#include "inspector/model/text.h"

bool builder_fine(struct builder *b, struct err *err)
{
    if (!err)
        return true;
    if (b->err)
        err_destroy(err);
    else
        b->err = err;
    return false;
}

static struct err *start_over(struct builder *b)
{
    snapshot_unref(b->snapshot);
    err_destroy(b->err);
    struct snap_sink sink = b->sink;
    *b = (struct builder){.sink = sink};
    b->snapshot = calloc(1, sizeof *b->snapshot);
    if (!b->snapshot)
        return err_nomem();
    atomic_init(&b->snapshot->owners, 1);
    return NULL;
}

/* ---- the sink ---- */

static bool on_begin(void *ctx, const struct msg_snap_begin *begin)
{
    struct builder *b = ctx;

    if (!builder_fine(b, start_over(b)))
        return false;
    b->snapshot->has_edges = begin->flags & SNAPSHOT_EDGES;
    b->snapshot->interpreters = begin->interpreters;
    b->snapshot->tracemalloc = begin->tracemalloc;
    return true;
}

static bool on_gc(void *ctx, const struct msg_snap_gc *gc)
{
    struct builder *b = ctx;

    if (gc->interpreter == 0)
        b->snapshot->gc = *gc;
    return true;
}

static bool on_list(void *ctx, const struct msg_snap_list *list)
{
    struct builder *b = ctx;
    struct snapshot *s = b->snapshot;

    if (!builder_fine(b, grow(&s->lists, &b->lists_cap, s->n_lists + 1u, sizeof *s->lists)))
        return false;
    s->lists[s->n_lists++] =
        (struct snapshot_list){list->interpreter, list->generation, list->first, list->count};
    return true;
}

static bool on_type(void *ctx, const struct snap_type *type)
{
    struct builder *b = ctx;
    struct snapshot *s = b->snapshot;
    struct str name = STR_INIT;

    if (!builder_fine(b, grow(&s->types, &b->types_cap, s->n_types + 1u, sizeof *s->types)))
        return false;
    text_escape(&name, type->module.bytes, type->module.len, 0);
    size_t module_bytes = name.len_bytes;
    if (type->module.len)
        str_append_char(&name, '.');
    text_escape(&name, type->name.bytes, type->name.len, 0);
    s->types[s->n_types++] = (struct snapshot_type){
        .name = str_steal(&name),
        .module_bytes = (uint32_t)module_bytes,
        .address = type->fixed.address,
        .object = type->fixed.object,
        .flags = type->fixed.flags,
    };
    return true;
}

/* The arrays over objects grow together. */
static struct err *grow_objects(struct builder *b, size_t need)
{
    struct snapshot *s = b->snapshot;
    size_t caps[5];

    if (need <= b->objects_cap)
        return NULL;
    for (int i = 0; i < 5; i++)
        caps[i] = b->objects_cap;
    ERR_RETURN(grow(&s->address, &caps[0], need, sizeof *s->address));
    ERR_RETURN(grow(&s->type, &caps[1], need, sizeof *s->type));
    ERR_RETURN(grow(&s->refcount, &caps[2], need, sizeof *s->refcount));
    ERR_RETURN(grow(&s->shallow, &caps[3], need, sizeof *s->shallow));
    ERR_RETURN(grow(&s->flags, &caps[4], need, sizeof *s->flags));
    b->objects_cap = caps[0];
    return NULL;
}

static struct err *set_shallow(struct builder *b, uint32_t object, uint64_t bytes)
{
    struct snapshot *s = b->snapshot;

    s->shallow[object] = bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
    if (bytes < UINT32_MAX)
        return NULL;
    ERR_RETURN(grow(&s->large, &b->large_cap, s->n_large + 1u, sizeof *s->large));
    s->large[s->n_large++] = (struct snap_large){object, bytes};
    return NULL;
}

static bool on_object(void *ctx, const struct snap_object *object)
{
    struct builder *b = ctx;
    struct snapshot *s = b->snapshot;
    uint32_t i = object->index;

    if (!builder_fine(b, grow_objects(b, i + 1u)) ||
        !builder_fine(b, set_shallow(b, i, object->shallow_bytes)))
        return false;
    if (s->has_edges) {
        if (!builder_fine(
                b, grow(&s->strong.offset, &b->offsets_cap, i + 2u, sizeof *s->strong.offset)))
            return false;
        s->strong.offset[i] = (uint32_t)b->n_edges;
    }
    s->address[i] = object->address;
    s->type[i] = object->type;
    s->refcount[i] = object->refcount < UINT32_MAX ? (uint32_t)object->refcount : UINT32_MAX;
    s->flags[i] = object->flags;
    s->types[object->type].count++;
    s->types[object->type].shallow_bytes += object->shallow_bytes;
    s->n_objects = i + 1;
    return true;
}

static bool add_weak(struct builder *b, const uint32_t *targets, uint32_t n)
{
    struct snapshot *s = b->snapshot;

    if (!builder_fine(b, grow(&s->weak, &b->weak_cap, (size_t)s->n_weak + n, sizeof *s->weak)))
        return false;
    for (uint32_t i = 0; i < n; i++)
        s->weak[s->n_weak++] = (struct snap_pair){s->n_objects - 1, targets[i]};
    return true;
}

static bool on_edges(void *ctx, const uint32_t *targets, uint32_t n, enum edge_strength strength)
{
    struct builder *b = ctx;
    struct snapshot *s = b->snapshot;

    if (strength == EDGE_WEAK)
        return add_weak(b, targets, n);
    if (b->n_edges + n >= UINT32_MAX)
        return builder_fine(b, err_new(ERR_UNSUPPORTED, "take the histogram only: 'ouro types'",
                                       "the heap has more than 4,294,967,294 references"));
    if (!builder_fine(b, grow(&s->strong.object, &b->edges_cap, b->n_edges + n, sizeof *targets)))
        return false;
    memcpy(s->strong.object + b->n_edges, targets, n * sizeof *targets);
    b->n_edges += n;
    return true;
}

/* Takes arrays as they are: nothing writes to them any more. */
static bool on_arrays(void *ctx, const struct snap_arrays *a)
{
    struct builder *b = ctx;
    struct snapshot *s = b->snapshot;

    s->n_objects = a->objects;
    s->address = (uint64_t *)a->address;
    s->type = (uint32_t *)a->type;
    s->refcount = (uint32_t *)a->refcount;
    s->shallow = (uint32_t *)a->shallow;
    s->flags = (uint8_t *)a->flags;
    s->strong = (struct snapshot_edges){(uint32_t *)a->offset, (uint32_t *)a->target, a->strong};
    s->reverse =
        (struct snapshot_edges){(uint32_t *)a->rev_offset, (uint32_t *)a->holder, a->strong};
    s->weak = (struct snap_pair *)a->weak;
    s->n_weak = a->n_weak;
    s->large = (struct snap_large *)a->large;
    s->n_large = a->n_large;
    a->retain(a->owner);
    s->arrays_owner = a->owner;
    s->arrays_release = a->release;
    for (uint32_t t = 0; t < s->n_types; t++) {
        s->types[t].count = a->type_count[t];
        s->types[t].shallow_bytes = a->type_bytes[t];
    }
    for (uint32_t i = 0; i < a->n_large; i++)
        s->types[a->type[a->large[i].object]].shallow_bytes += a->large[i].bytes;
    return true;
}

static bool on_end(void *ctx, const struct msg_snap_end *end)
{
    struct builder *b = ctx;

    b->snapshot->shallow_bytes = end->shallow_bytes;
    b->snapshot->walk_ns = end->walk_ns;
    b->ended = true;
    return true;
}

/* ---- from outside ---- */

struct err *builder_create(struct builder **ret)
{
    struct builder *b = calloc(1, sizeof *b);

    if (!b)
        return err_nomem();
    b->sink = (struct snap_sink){.begin = on_begin,
                                 .gc = on_gc,
                                 .list = on_list,
                                 .type = on_type,
                                 .object = on_object,
                                 .edges = on_edges,
                                 .arrays = on_arrays,
                                 .end = on_end,
                                 .ctx = b};
    builder_add_roots(&b->sink);
    struct err *err = start_over(b);
    if (err) {
        free(b);
        return err;
    }
    *ret = b;
    return NULL;
}

const struct snap_sink *builder_sink(struct builder *b)
{
    return &b->sink;
}

/* Counting sort by target; holders come out ascending because they go in so. */
static struct err *reverse_edges(struct snapshot *s)
{
    uint32_t *offset = calloc((size_t)s->n_objects + 1, sizeof *offset);
    uint32_t *holder = malloc(((size_t)s->strong.n + 1) * sizeof *holder);

    if (!offset || !holder) {
        free(offset);
        free(holder);
        return err_nomem();
    }
    for (uint32_t e = 0; e < s->strong.n; e++)
        offset[s->strong.object[e]]++;
    uint32_t sum = 0;
    for (uint32_t i = 0; i <= s->n_objects; i++) { /* starts of the rows … */
        uint32_t n = i < s->n_objects ? offset[i] : 0;
        offset[i] = sum;
        sum += n;
    }
    for (uint32_t i = 0; i < s->n_objects; i++)
        for (uint32_t e = s->strong.offset[i]; e < s->strong.offset[i + 1]; e++)
            holder[offset[s->strong.object[e]]++] = i; /* … which become their ends … */
    memmove(offset + 1, offset, s->n_objects * sizeof *offset);
    offset[0] = 0; /* … and starts again */
    s->reverse = (struct snapshot_edges){offset, holder, s->strong.n};
    return NULL;
}

/* References that the collector does not visit are named by their place in the holder's list. */
static struct err *check_visits(const struct snapshot *s)
{
    for (uint32_t i = 0; i < s->unvisited.n; i++) {
        const struct snapshot_visit *v = &s->unvisited.at[i];
        if (v->second >= s->strong.offset[v->holder + 1] - s->strong.offset[v->holder] ||
            (i && v->holder < v[-1].holder))
            return err_new(ERR_PROTOCOL, "report this",
                           "the snapshot names a reference that does not exist");
    }
    for (uint32_t i = 1; i < s->visited_too.n; i++)
        if (s->visited_too.at[i].holder < s->visited_too.at[i - 1].holder)
            return err_new(ERR_PROTOCOL, "report this", "the snapshot's visits are out of order");
    return NULL;
}

struct err *builder_finish(struct builder *b, struct snapshot **ret)
{
    struct snapshot *s = b->snapshot;

    if (b->err)
        return take_ptr(b->err);
    if (!b->ended)
        return err_new(ERR_INTERNAL, NULL, "the snapshot is not complete");
    builder_name_threads(&s->held_from_outside);
    if (s->arrays_owner) {
        ERR_RETURN(check_visits(s));
    } else if (s->has_edges) {
        ERR_RETURN(grow(&s->strong.offset, &b->offsets_cap, (size_t)s->n_objects + 1,
                        sizeof *s->strong.offset));
        s->strong.offset[s->n_objects] = (uint32_t)b->n_edges;
        s->strong.n = (uint32_t)b->n_edges;
        ERR_RETURN(check_visits(s));
        ERR_RETURN(reverse_edges(s));
    }
    *ret = s;
    b->snapshot = NULL;
    return NULL;
}

void builder_destroy(struct builder *b)
{
    if (!b)
        return;
    snapshot_unref(b->snapshot);
    err_destroy(b->err);
    free(b);
}
