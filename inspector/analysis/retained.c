#include "inspector/analysis/retained.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/base/bits.h"
#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"

enum {
    CHECK_EVERY = 1 << 16,
    AHEAD = 8, /* nodes between two stages of fetching */
};

static struct err *check_cancel(const atomic_bool *cancel)
{
    return cancel && atomic_load(cancel) ? err_new(ERR_CANCELLED, NULL, "cancelled") : NULL;
}

/*
 * Sums from the leaves up: in `order` a dominator comes before what it dominates. room[v] becomes
 * the number of nodes in v's subtree.
 */
static struct err *add_up(const struct dominators *d, const atomic_bool *cancel, uint64_t *bytes,
                          uint32_t *room)
{
    for (uint32_t i = d->n_reachable; i-- > 0;) {
        if (i >= 2 * AHEAD) {
            __builtin_prefetch(&d->idom[d->order[i - 2 * AHEAD]]);
            uint32_t next = d->idom[d->order[i - AHEAD]];
            if (next != DOMINATOR_ROOT) {
                __builtin_prefetch(&bytes[next], 1);
                __builtin_prefetch(&room[next], 1);
            }
        }
        uint32_t node = d->order[i], above = d->idom[node];
        if (above != DOMINATOR_ROOT) {
            bytes[above] += bytes[node];
            room[above] += room[node];
        }
        if (i % CHECK_EVERY == 0)
            ERR_RETURN(check_cancel(cancel));
    }
    return NULL;
}

/*
 * Gives every node its place: dominators first, each child a piece of its parent's, from the end.
 * room[v] is what v's subtree still has to give away, v's own place included.
 */
static struct err *give_places(const struct dominators *d, const atomic_bool *cancel,
                               uint32_t *room, struct retained *ret)
{
    uint32_t top = d->n_reachable;

    for (uint32_t i = 0; i < d->n_reachable; i++) {
        if (i + 2 * AHEAD < d->n_reachable) {
            __builtin_prefetch(&d->idom[d->order[i + 2 * AHEAD]]);
            uint32_t next = d->idom[d->order[i + AHEAD]];
            if (next != DOMINATOR_ROOT) {
                __builtin_prefetch(&ret->place[next]);
                __builtin_prefetch(&room[next], 1);
            }
        }
        uint32_t node = d->order[i], above = d->idom[node], count = room[node], place;
        if (above == DOMINATOR_ROOT) {
            place = top -= count;
        } else {
            room[above] -= count;
            place = ret->place[above] + room[above];
        }
        ret->place[node] = place;
        ret->node[place] = node;
        ret->count[place] = count;
        if (i % CHECK_EVERY == 0)
            ERR_RETURN(check_cancel(cancel));
    }
    return NULL;
}

static struct err *retained_init(struct retained *r, const struct dominators *d)
{
    *r = (struct retained){
        .n = d->n,
        .n_tree = d->n_reachable,
        .bytes = alloc_array(d->n, sizeof *r->bytes),
        .place = alloc_array(d->n, sizeof *r->place),
        .node = alloc_array(d->n_reachable, sizeof *r->node),
        .count = alloc_array(d->n_reachable, sizeof *r->count),
    };
    return r->bytes && r->place && r->node && r->count ? NULL : err_nomem();
}

struct err *retained_compute(const struct dominators *dominators, graph_bytes_fn *bytes,
                             const void *ctx, const atomic_bool *cancel, struct retained *ret)
{
    struct retained r;
    _cleanup_free_ uint32_t *room = alloc_array(dominators->n, sizeof *room);
    struct err *err = retained_init(&r, dominators);

    if (!err && !room)
        err = err_nomem();
    for (uint32_t v = 0; !err && v < r.n; v++) {
        r.bytes[v] = bytes(ctx, v);
        r.place[v] = RETAINED_NONE;
        room[v] = 1;
    }
    if (!err)
        err = add_up(dominators, cancel, r.bytes, room);
    if (!err)
        err = give_places(dominators, cancel, room, &r);
    if (err) {
        retained_deinit(&r);
        return err;
    }
    *ret = r;
    return NULL;
}

void retained_deinit(struct retained *retained)
{
    free(retained->bytes);
    free(retained->place);
    free(retained->node);
    free(retained->count);
    *retained = (struct retained){0};
}

/* What is above `place`, from the root down, less the first `skip`; returns how many with these. */
static uint32_t walk_down(const struct retained *retained, uint32_t place, uint32_t skip,
                          uint32_t *ret)
{
    uint32_t at = 0, depth = 0;

    while (at != place) {
        bool is_above = at + retained->count[at] > place;
        if (is_above && depth >= skip)
            ret[depth - skip] = retained->node[at];
        depth += is_above;
        at += is_above ? 1 : retained->count[at];
    }
    return depth;
}

uint32_t retained_above(const struct retained *retained, uint32_t node, uint32_t *ret,
                        uint32_t n_max)
{
    uint32_t place = retained->place[node];

    if (place == RETAINED_NONE)
        return 0;
    uint32_t n = walk_down(retained, place, UINT32_MAX, NULL);
    uint32_t kept = n < n_max ? n : n_max;
    walk_down(retained, place, n - kept, ret);
    for (uint32_t i = 0; i < kept / 2; i++) {
        uint32_t other = ret[i];
        ret[i] = ret[kept - 1 - i];
        ret[kept - 1 - i] = other;
    }
    return n;
}

bool retained_holds(const struct retained *retained, uint32_t above, uint32_t node)
{
    uint32_t first = retained->place[above], place = retained->place[node];

    return first != RETAINED_NONE && place != RETAINED_NONE && place >= first &&
           place - first < retained->count[first];
}

/* ---- children ---- */

struct child {
    uint64_t bytes;
    uint32_t node;
};

static int compare_children(const void *a, const void *b)
{
    const struct child *x = a, *y = b;

    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return (x->node > y->node) - (x->node < y->node);
}

struct err *retained_children(const struct retained *retained, uint32_t node, uint32_t **ret,
                              uint32_t *n)
{
    _cleanup_free_ struct child *children = NULL;
    size_t cap = 0, count = 0;
    uint32_t place = 0, end = retained->n_tree;

    if (node != DOMINATOR_ROOT) {
        place = retained->place[node] == RETAINED_NONE ? end : retained->place[node] + 1;
        end = place == end ? end : place - 1 + retained->count[place - 1];
    }
    for (; place < end; place += retained->count[place]) {
        uint32_t child = retained->node[place];
        ERR_RETURN(grow(&children, &cap, count + 1, sizeof *children));
        children[count++] = (struct child){retained->bytes[child], child};
    }
    if (count)
        qsort(children, count, sizeof *children, compare_children);
    uint32_t *nodes = count ? alloc_array(count, sizeof *nodes) : NULL;
    if (count && !nodes)
        return err_nomem();
    for (size_t i = 0; i < count; i++)
        nodes[i] = children[i].node;
    *ret = nodes;
    *n = (uint32_t)count;
    return NULL;
}

/* ---- groups and sets ---- */

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

struct err *retained_of_set(const struct retained *retained, const uint32_t *members,
                            uint32_t n_members, uint64_t *ret)
{
    _cleanup_free_ uint32_t *place = alloc_array((size_t)n_members + 1, sizeof *place);
    uint64_t bytes = 0, end = 0;

    if (!place)
        return err_nomem();
    for (uint32_t i = 0; i < n_members; i++) {
        place[i] = retained->place[members[i]];
        if (place[i] == RETAINED_NONE)
            bytes += retained->bytes[members[i]]; /* no root reaches it: its own bytes */
    }
    qsort(place, n_members, sizeof *place, by_number);
    for (uint32_t i = 0; i < n_members && place[i] != RETAINED_NONE; i++) {
        if (place[i] < end)
            continue;
        bytes += retained->bytes[retained->node[place[i]]];
        end = (uint64_t)place[i] + retained->count[place[i]];
    }
    *ret = bytes;
    return NULL;
}

struct err *retained_parents(const struct retained *retained, uint32_t **ret)
{
    uint32_t *parent = alloc_array((size_t)retained->n + 1, sizeof *parent);

    if (!parent)
        return err_nomem();
    for (uint32_t v = 0; v < retained->n; v++)
        parent[v] = DOMINATOR_UNREACHABLE;
    for (uint32_t p = 0; p < retained->n_tree; p++) {
        uint32_t end = p + retained->count[p];
        if (parent[retained->node[p]] == DOMINATOR_UNREACHABLE) /* nobody above named it */
            parent[retained->node[p]] = DOMINATOR_ROOT;
        for (uint32_t child = p + 1; child < end; child += retained->count[child])
            parent[retained->node[child]] = retained->node[p];
    }
    *ret = parent;
    return NULL;
}

struct err *retained_by_group(const struct retained *retained, const uint32_t *group,
                              uint32_t n_groups, const atomic_bool *cancel, uint64_t *bytes)
{
    /* by group: where the subtree of its topmost member that was met last ends */
    _cleanup_free_ uint32_t *end = calloc((size_t)n_groups + 1, sizeof *end);

    if (!end)
        return err_nomem();
    memset(bytes, 0, n_groups * sizeof *bytes);
    for (uint32_t place = 0; place < retained->n_tree; place++) {
        if (place + AHEAD < retained->n_tree) {
            __builtin_prefetch(&group[retained->node[place + AHEAD]]);
            __builtin_prefetch(&retained->bytes[retained->node[place + AHEAD]]);
        }
        uint32_t node = retained->node[place], g = group[node];
        if (g != RETAINED_NONE && place >= end[g]) {
            bytes[g] += retained->bytes[node];
            end[g] = place + retained->count[place];
        }
        if (place % CHECK_EVERY == 0)
            ERR_RETURN(check_cancel(cancel));
    }
    for (uint32_t v = 0; v < retained->n; v++)
        if (retained->place[v] == RETAINED_NONE && group[v] != RETAINED_NONE)
            bytes[group[v]] += retained->bytes[v];
    return NULL;
}

struct err *retained_jointly(const struct reach *reach, const uint32_t *roots, uint32_t n_roots,
                             const struct retained *retained, graph_bytes_fn *bytes,
                             const void *ctx, struct retained_set *ret)
{
    _cleanup_free_ uint64_t *alive = NULL;
    struct retained_set result = {0, 0};

    ERR_RETURN(reach_find(reach, roots, n_roots, NULL, &alive));
    for (uint32_t v = 0; v < retained->n; v++) {
        bool was_alive = retained->place[v] != RETAINED_NONE;
        if (bits_has(reach->without, v) || (was_alive && !bits_has(alive, v))) {
            result.bytes += bytes(ctx, v);
            result.count++;
        }
    }
    *ret = result;
    return NULL;
}
