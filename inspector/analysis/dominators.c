#include "inspector/analysis/dominators.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Numbers in preorder start with 0 for the virtual root. */
enum { ROOT = 0, CHECK_EVERY = 1 << 16 };
#define NOT_REACHED UINT32_MAX

struct search {
    const struct graph *graph;
    const atomic_bool *cancel;
    uint32_t n;       /* numbers given so far */
    uint32_t *number; /* node -> its number in preorder */
    uint32_t *node;   /* number -> node */
    uint32_t *parent; /* by number: in the depth-first tree; later the immediate dominator */
    uint32_t *semi; /* by number: while searching, how far the node's targets have been looked at */
    uint32_t *label; /* by number: the one with the smallest semidominator on the compressed path */
    uint32_t *anc;   /* by number: ancestor on the compressed path */
};

static struct err *cancelled(const atomic_bool *cancel)
{
    return cancel && atomic_load(cancel) ? err_new(ERR_CANCELLED, NULL, "cancelled") : NULL;
}

static void search_deinit(struct search *s)
{
    free(s->number);
    free(s->node);
    free(s->parent);
    free(s->semi);
    free(s->label);
    free(s->anc);
}

static struct err *search_init(struct search *s, const struct graph *graph,
                               const atomic_bool *cancel)
{
    size_t n = (size_t)graph->n + 1;

    *s = (struct search){.graph = graph, .cancel = cancel, .n = 1};
    s->number = malloc(n * sizeof *s->number);
    s->node = malloc(n * sizeof *s->node);
    s->parent = malloc(n * sizeof *s->parent);
    s->semi = malloc(n * sizeof *s->semi);
    s->label = malloc(n * sizeof *s->label);
    s->anc = malloc(n * sizeof *s->anc);
    if (!s->number || !s->node || !s->parent || !s->semi || !s->label || !s->anc) {
        search_deinit(s);
        return err_nomem();
    }
    memset(s->number, 0xff, n * sizeof *s->number);
    s->parent[ROOT] = ROOT;
    return NULL;
}

/* ---- depth-first numbers ---- */

static uint32_t give_number(struct search *s, uint32_t node, uint32_t parent)
{
    uint32_t number = s->n++;

    s->number[node] = number;
    s->node[number] = node;
    s->parent[number] = parent;
    s->semi[number] = s->graph->offset[node];
    return number;
}

/* Everything below one root. Going back is following `parent`. */
static struct err *search_from(struct search *s, uint32_t root)
{
    const struct graph *graph = s->graph;
    uint32_t at = give_number(s, root, ROOT);
    uint32_t steps = 0;

    while (at != ROOT) {
        uint32_t node = s->node[at];
        if (s->semi[at] == graph->offset[node + 1]) {
            at = s->parent[at];
            continue;
        }
        uint32_t target = graph->target[s->semi[at]++];
        if (s->number[target] == NOT_REACHED)
            at = give_number(s, target, at);
        if (++steps % CHECK_EVERY == 0)
            ERR_RETURN(cancelled(s->cancel));
    }
    return NULL;
}

static struct err *search_all(struct search *s, const uint32_t *roots, uint32_t n_roots)
{
    for (uint32_t i = 0; i < n_roots; i++)
        if (s->number[roots[i]] == NOT_REACHED)
            ERR_RETURN(search_from(s, roots[i]));
    return NULL;
}

/* ---- semidominators ---- */

/*
 * The node with the smallest semidominator on the path of linked nodes from `v` upwards; nodes from `last` on are
 * linked. The path is compressed on the way: up, turning the links round to find the way back; down, each node learning
 * from the one above and pointing past all of them.
 */
static uint32_t eval(struct search *s, uint32_t v, uint32_t last)
{
    uint32_t *anc = s->anc, *label = s->label;
    const uint32_t *semi = s->semi;
    uint32_t at = v, below = NOT_REACHED;

    if (v < last)
        return v;
    while (anc[at] >= last) {
        uint32_t above = anc[at];
        anc[at] = below;
        below = at;
        at = above;
    }
    uint32_t beyond = anc[at]; /* the first that is not linked */
    while (below != NOT_REACHED) {
        uint32_t above = at;
        at = below;
        below = anc[at];
        if (semi[label[above]] < semi[label[at]])
            label[at] = label[above];
        anc[at] = beyond;
    }
    return label[v];
}

static struct err *compute_semi(struct search *s, const bool *is_root)
{
    const struct graph *graph = s->graph;

    for (uint32_t i = 0; i < s->n; i++) {
        s->semi[i] = s->label[i] = i;
        s->anc[i] = s->parent[i];
    }
    for (uint32_t i = s->n - 1; i > ROOT; i--) {
        uint32_t node = s->node[i];
        if (is_root[node])
            s->semi[i] = ROOT; /* nothing is smaller */
        for (uint32_t e = graph->rev_offset[node]; s->semi[i] && e < graph->rev_offset[node + 1];
             e++) {
            uint32_t holder = s->number[graph->holder[e]];
            if (holder == NOT_REACHED)
                continue;
            uint32_t best = eval(s, holder, i + 1);
            if (s->semi[best] < s->semi[i])
                s->semi[i] = s->semi[best];
        }
        if (i % CHECK_EVERY == 0)
            ERR_RETURN(cancelled(s->cancel));
    }
    return NULL;
}

/* From parent to immediate dominator, in place: those of smaller numbers are final already. */
static void compute_idom(struct search *s)
{
    for (uint32_t i = 1; i < s->n; i++) {
        uint32_t dominator = s->parent[i];
        while (dominator > s->semi[i])
            dominator = s->parent[dominator];
        s->parent[i] = dominator;
    }
}

/* ---- the result ---- */

static void collect(const struct search *s, uint64_t (*bytes)(const void *ctx, uint32_t node),
                    const void *ctx, struct dominators *ret)
{
    for (uint32_t v = 0; v < ret->n; v++) {
        uint32_t number = s->number[v];
        ret->retained[v] = bytes(ctx, v);
        if (number == NOT_REACHED)
            ret->idom[v] = DOMINATOR_UNREACHABLE;
        else
            ret->idom[v] = s->parent[number] == ROOT ? DOMINATOR_ROOT : s->node[s->parent[number]];
    }
    for (uint32_t i = s->n - 1; i > ROOT; i--) /* a dominator's number is smaller */
        if (s->parent[i] != ROOT)
            ret->retained[s->node[s->parent[i]]] += ret->retained[s->node[i]];
    ret->n_reachable = s->n - 1;
}

static struct err *run(struct search *s, const uint32_t *roots, uint32_t n_roots, bool *is_root)
{
    ERR_RETURN(search_all(s, roots, n_roots));
    for (uint32_t i = 0; i < n_roots; i++)
        is_root[roots[i]] = true;
    ERR_RETURN(compute_semi(s, is_root));
    compute_idom(s);
    return NULL;
}

struct err *dominators_compute(const struct graph *graph, const uint32_t *roots, uint32_t n_roots,
                               uint64_t (*bytes)(const void *ctx, uint32_t node), const void *ctx,
                               const atomic_bool *cancel, struct dominators *ret)
{
    struct dominators result = {.n = graph->n};
    struct search s = {0};
    bool *is_root = calloc((size_t)graph->n + 1, sizeof *is_root);
    struct err *err = is_root ? search_init(&s, graph, cancel) : err_nomem();

    if (err) {
        free(is_root);
        return err;
    }
    err = run(&s, roots, n_roots, is_root);
    free(is_root);
    if (!err) {
        result.idom = malloc(((size_t)graph->n + 1) * sizeof *result.idom);
        result.retained = malloc(((size_t)graph->n + 1) * sizeof *result.retained);
        if (result.idom && result.retained)
            collect(&s, bytes, ctx, &result);
        else
            err = err_nomem();
    }
    search_deinit(&s);
    if (err) {
        dominators_deinit(&result);
        return err;
    }
    *ret = result;
    return NULL;
}

void dominators_deinit(struct dominators *dominators)
{
    free(dominators->idom);
    free(dominators->retained);
    *dominators = (struct dominators){0};
}
