#include "inspector/analysis/dominators.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/base/bits.h"
#include "inspector/base/mem.h"

/*
 * Nodes are numbered in depth-first preorder from 1; 0 is the virtual root. All the work is done on
 * these numbers. Heaps are larger than caches and the order of the work is the order of the
 * numbers, so what it will need is fetched some numbers ahead, in stages: each reads what the one
 * before it has fetched.
 */
enum {
    ROOT = 0,
    CHECK_EVERY = 1 << 16,
    AHEAD = 8,  /* in single rows */
    STAGE = 4,  /* numbers between two stages */
    CLIMBS = 8, /* stages in which a path to be climbed is fetched, one link in each */
    LEAD = (CLIMBS + 4) * STAGE,
    RING = 64,   /* > LEAD, a power of two */
    ROW_HEAD = 3 /* holders of a node that are fetched ahead with it */
};
#define NOT_REACHED UINT32_MAX

struct link {
    uint32_t anc;   /* an ancestor: the parent, or further up when the path was compressed */
    uint32_t label; /* the smallest semidominator from here up to, without, that ancestor */
};

struct search {
    const struct graph *graph;
    graph_edge_fn *edge;
    const void *ctx;
    const atomic_bool *cancel;
    uint32_t n;         /* numbers given so far */
    uint32_t steps;     /* since the last look at `cancel` */
    uint64_t *seen;     /* nodes that have a number; then those that are roots */
    uint32_t *number;   /* node -> number; at last its immediate dominator */
    uint32_t *node;     /* number - 1 -> node */
    uint32_t *parent;   /* by number: in the depth-first tree; then the immediate dominator */
    uint32_t *semi;     /* by number: the semidominator */
    struct link *links; /* by number; while searching, the references [anc, label) not looked at */
    uint32_t climb[RING][ROW_HEAD]; /* by number: how far up what it will climb is fetched; or 0 */
};

static struct err *check_cancel(const struct search *s)
{
    return s->cancel && atomic_load(s->cancel) ? err_new(ERR_CANCELLED, NULL, "cancelled") : NULL;
}

static void search_deinit(struct search *s)
{
    free(s->seen);
    free(s->number);
    free(s->node);
    free(s->parent);
    free(s->semi);
    free(s->links);
}

static struct err *search_init(struct search *s)
{
    size_t n = (size_t)s->graph->n + 1;

    s->n = 1;
    s->seen = bits_new(s->graph->n);
    s->number = alloc_array(n, sizeof *s->number);
    s->node = alloc_array(n, sizeof *s->node);
    s->parent = alloc_array(n, sizeof *s->parent);
    s->semi = alloc_array(n, sizeof *s->semi);
    s->links = alloc_array(n, sizeof *s->links);
    if (!s->seen || !s->number || !s->node || !s->parent || !s->semi || !s->links)
        return err_nomem();
    s->parent[ROOT] = ROOT;
    s->links[ROOT] = (struct link){0, 0};
    return NULL;
}

static bool counts(const struct search *s, uint32_t from, uint32_t to)
{
    return !s->edge || s->edge(s->ctx, from, to);
}

/* ---- depth-first numbers ---- */

static uint32_t give_number(struct search *s, uint32_t node, uint32_t parent)
{
    const uint32_t *offset = s->graph->offset;
    uint32_t number = s->n++;

    bits_add(s->seen, node);
    s->node[number - 1] = node;
    s->parent[number] = parent;
    s->links[number] = (struct link){offset[node], offset[node + 1]};
    return number;
}

/* The search is about to go back towards smaller numbers: fetch what is left of their rows. */
static void fetch_back(const struct search *s, uint32_t at)
{
    const struct graph *graph = s->graph;
    const struct link *rows = s->links;

    if (at <= 3 * AHEAD)
        return;
    __builtin_prefetch(&graph->target[rows[at - 3 * AHEAD].anc]);
    const struct link *row = &rows[at - 2 * AHEAD];
    if (row->anc < row->label)
        __builtin_prefetch(&graph->offset[graph->target[row->anc]]);
    row = &rows[at - AHEAD];
    if (row->anc < row->label && !bits_has(s->seen, graph->target[row->anc]))
        __builtin_prefetch(&graph->target[graph->offset[graph->target[row->anc]]]);
}

/* Everything below one root. */
static struct err *search_from(struct search *s, uint32_t root)
{
    const uint32_t *target = s->graph->target;
    uint32_t at = give_number(s, root, ROOT);

    while (at != ROOT) {
        struct link *row = &s->links[at];
        if (row->anc == row->label) {
            at = s->parent[at];
            fetch_back(s, at);
            continue;
        }
        uint32_t to = target[row->anc++];
        if (!bits_has(s->seen, to) && counts(s, s->node[at - 1], to))
            at = give_number(s, to, at);
        if (++s->steps >= CHECK_EVERY) {
            s->steps = 0;
            ERR_RETURN(check_cancel(s));
        }
    }
    return NULL;
}

static struct err *search_all(struct search *s, const uint32_t *roots, uint32_t n_roots)
{
    for (uint32_t i = 0; i < n_roots; i++)
        if (!bits_has(s->seen, roots[i]))
            ERR_RETURN(search_from(s, roots[i]));
    memset(s->number, 0xff, ((size_t)s->graph->n + 1) * sizeof *s->number);
    for (uint32_t i = 1; i < s->n; i++)
        s->number[s->node[i - 1]] = i;
    return NULL;
}

/* ---- semidominators ---- */

/*
 * The smallest semidominator on the path of linked numbers from `v` upwards; those from `last` on
 * are linked, v is. The path is compressed on the way: up, turning the links round to find the way
 * back; down, each learning from the one above and pointing past all of them.
 */
static uint32_t eval(struct link *links, uint32_t v, uint32_t last)
{
    uint32_t at = v, below = NOT_REACHED;

    while (links[at].anc >= last) {
        uint32_t above = links[at].anc;
        links[at].anc = below;
        below = at;
        at = above;
    }
    uint32_t beyond = links[at].anc; /* the first that is not linked */
    uint32_t best = links[at].label;
    while (below != NOT_REACHED) {
        at = below;
        below = links[at].anc;
        if (links[at].label < best)
            best = links[at].label;
        links[at] = (struct link){beyond, best};
    }
    return best;
}

static void fetch_links(const struct search *s, uint32_t holder)
{
    uint32_t number = s->number[holder];

    if (number != NOT_REACHED)
        __builtin_prefetch(&s->links[number], 1);
}

/* Begins to fetch the paths that number i will climb. */
static void fetch_first(struct search *s, uint32_t i)
{
    const struct graph *graph = s->graph;
    uint32_t node = s->node[i - 1];
    uint32_t e = graph->rev_offset[node], end = graph->rev_offset[node + 1];

    for (int k = 0; k < ROW_HEAD; k++, e++) {
        uint32_t number = e < end ? s->number[graph->holder[e]] : ROOT;
        number = number > i && number != NOT_REACHED ? number : ROOT;
        s->climb[i % RING][k] = number;
        __builtin_prefetch(&s->links[number], 1);
    }
}

/* One link further up; numbers up to `last` are not linked yet. */
static void fetch_next(struct search *s, uint32_t i, uint32_t last)
{
    uint32_t *climb = s->climb[i % RING];

    for (int k = 0; k < ROW_HEAD; k++)
        if (climb[k] > last) {
            climb[k] = s->links[climb[k]].anc;
            __builtin_prefetch(&s->links[climb[k]], 1);
        }
}

/*
 * What the numbers below i need: the place of the row, the row, the holders' numbers, their links.
 */
static void fetch_down(struct search *s, uint32_t i)
{
    const struct graph *graph = s->graph;

    if (i <= LEAD)
        return;
    __builtin_prefetch(&graph->rev_offset[s->node[i - LEAD - 1]]);
    __builtin_prefetch(&graph->holder[graph->rev_offset[s->node[i - LEAD + STAGE - 1]]]);
    uint32_t node = s->node[i - LEAD + 2 * STAGE - 1];
    uint32_t e = graph->rev_offset[node], end = graph->rev_offset[node + 1];
    for (int k = 0; k < ROW_HEAD && e < end; k++, e++)
        __builtin_prefetch(&s->number[graph->holder[e]]);
    fetch_first(s, i - (CLIMBS + 1) * STAGE);
    for (uint32_t k = 1; k < CLIMBS; k++)
        fetch_next(s, i - (CLIMBS + 1 - k) * STAGE, i);
}

/* The smallest number that leads to i around its ancestors. */
static uint32_t semi_of(const struct search *s, uint32_t i)
{
    const struct graph *graph = s->graph;
    uint32_t node = s->node[i - 1], semi = s->parent[i];
    uint32_t end = graph->rev_offset[node + 1];

    for (uint32_t e = graph->rev_offset[node]; e < end && semi != ROOT; e++) {
        uint32_t holder = s->number[graph->holder[e]];
        if (end - e > 2 * AHEAD) {
            __builtin_prefetch(&s->number[graph->holder[e + 2 * AHEAD]]);
            fetch_links(s, graph->holder[e + AHEAD]);
        }
        if (holder == NOT_REACHED || !counts(s, graph->holder[e], node))
            continue;
        uint32_t best = holder <= i ? holder : eval(s->links, holder, i + 1);
        if (best < semi)
            semi = best;
    }
    return semi;
}

static struct err *compute_semi(struct search *s)
{
    for (uint32_t i = s->n - 1; i > ROOT; i--) {
        fetch_down(s, i);
        s->semi[i] = bits_has(s->seen, s->node[i - 1]) ? ROOT : semi_of(s, i);
        s->links[i] = (struct link){s->parent[i], s->semi[i]};
        if (i % CHECK_EVERY == 0)
            ERR_RETURN(check_cancel(s));
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

static struct err *run(struct search *s, const uint32_t *roots, uint32_t n_roots)
{
    ERR_RETURN(search_init(s));
    ERR_RETURN(search_all(s, roots, n_roots));
    memset(s->seen, 0, bits_words(s->graph->n) * sizeof *s->seen);
    for (uint32_t i = 0; i < n_roots; i++)
        bits_add(s->seen, roots[i]);
    ERR_RETURN(compute_semi(s));
    compute_idom(s);
    return NULL;
}

/* Turns numbers into nodes, and `number` into the immediate dominators by node. */
static void name_dominators(struct search *s)
{
    uint32_t *parent = s->parent;

    for (uint32_t i = 1; i < s->n; i++)
        s->semi[i] = parent[i] == ROOT ? DOMINATOR_ROOT : s->node[parent[i] - 1];
    for (uint32_t v = 0; v < s->graph->n; v++)
        s->number[v] = s->number[v] == NOT_REACHED ? DOMINATOR_UNREACHABLE : s->semi[s->number[v]];
}

struct err *dominators_compute(const struct graph *graph, const uint32_t *roots, uint32_t n_roots,
                               graph_edge_fn *edge, const void *ctx, const atomic_bool *cancel,
                               struct dominators *ret)
{
    struct search s = {.graph = graph, .edge = edge, .ctx = ctx, .cancel = cancel};
    struct err *err = run(&s, roots, n_roots);

    if (!err) {
        name_dominators(&s);
        *ret = (struct dominators){graph->n, s.n - 1, s.number, s.node};
        s.number = s.node = NULL;
    }
    search_deinit(&s);
    return err;
}

void dominators_deinit(struct dominators *dominators)
{
    free(dominators->idom);
    free(dominators->order);
    *dominators = (struct dominators){0};
}
