/*
 * The sections of a capture: arrays that are used where they lie, once every number in them is known to be good.
 *
 * Two threads share the work, an array or a piece of one at a time. That the references backwards are those forwards
 * is shown without building them again: both ways, the sum of a keyed hash of each (holder, target) must be the same;
 * the key is new each time, so no file can be made to pass.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "inspector/capture/capture_private.h"
#include "inspector/capture/checksum.h"

enum { THREADS = 2, PIECES = 8 };

struct checks {
    struct capture *capture;
    struct snap_arrays arrays;
    uint32_t n_types;
    uint64_t *type_count, *type_bytes; /* by type */
    uint64_t key[2];
    const atomic_bool *cancel;
    _Atomic unsigned next;          /* piece of work */
    _Atomic uint64_t forward, back; /* sums over references */
    _Atomic uint64_t shallow;
    _Atomic bool cancelled, no_memory;
    pthread_mutex_t lock;        /* of the type_… arrays */
    _Atomic(const char *) wrong; /* the first thing that was */
};

static void fail(struct checks *k, const char *why)
{
    const char *nothing = NULL;

    atomic_compare_exchange_strong(&k->wrong, &nothing, why);
}

static uint64_t mixed(const struct checks *k, uint64_t holder, uint64_t target)
{
    uint64_t x = (holder << 32 | target) + k->key[0];

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ x >> 27) * k->key[1];
    return x ^ x >> 31;
}

/* Rows [begin, end) of one way. The sum over its references. */
static uint64_t check_rows(struct checks *k, const uint32_t *offset, const uint32_t *object,
                           uint32_t begin, uint32_t end, bool is_back)
{
    const uint32_t n = k->arrays.objects, m = k->arrays.strong;
    uint64_t sum = 0;

    for (uint32_t i = begin; i < end; i++) {
        uint32_t first = offset[i], last = offset[i + 1], before = 0;
        if (first > last || last > m) {
            fail(k, "its references are out of order");
            return 0;
        }
        for (uint32_t e = first; e < last; e++) {
            uint32_t other = object[e];
            if (other >= n || (is_back && other < before)) {
                fail(k, "its references lead nowhere");
                return 0;
            }
            before = other;
            sum += is_back ? mixed(k, other, i) : mixed(k, i, other);
        }
    }
    return sum;
}

static uint32_t part(uint32_t n, unsigned piece)
{
    return (uint32_t)((uint64_t)n * piece / PIECES);
}

static void check_forward(struct checks *k, unsigned piece)
{
    const struct snap_arrays *a = &k->arrays;

    atomic_fetch_add(&k->forward, check_rows(k, a->offset, a->target, part(a->objects, piece),
                                             part(a->objects, piece + 1), false));
}

static void check_back(struct checks *k, unsigned piece)
{
    const struct snap_arrays *a = &k->arrays;

    atomic_fetch_add(&k->back, check_rows(k, a->rev_offset, a->holder, part(a->objects, piece),
                                          part(a->objects, piece + 1), true));
}

/* What the objects of one type are. */
struct tally {
    uint64_t count, bytes;
};

/* Objects [begin, end), counted by type. False if one of them makes no sense. */
static bool tally_objects(struct checks *k, uint32_t begin, uint32_t end, struct tally *by_type)
{
    const struct snap_arrays *a = &k->arrays;
    uint64_t low_bits = 0;

    for (uint32_t i = begin; i < end; i++) {
        if (a->type[i] >= k->n_types) {
            fail(k, "an object in it is of no known type");
            return false;
        }
        struct tally *t = &by_type[a->type[i]];
        t->count++;
        t->bytes += a->shallow[i] == UINT32_MAX ? 0 : a->shallow[i]; /* large ones: check_few() */
        low_bits |= a->address[i];
    }
    if (low_bits % 8)
        fail(k, "an address in it is none");
    return low_bits % 8 == 0;
}

static void check_objects(struct checks *k, unsigned piece)
{
    const struct snap_arrays *a = &k->arrays;
    struct tally *by_type = calloc(k->n_types + 1u, sizeof *by_type);
    uint64_t sum = 0;

    if (!by_type) {
        atomic_store(&k->no_memory, true);
        return;
    }
    if (tally_objects(k, part(a->objects, piece), part(a->objects, piece + 1), by_type)) {
        pthread_mutex_lock(&k->lock);
        for (uint32_t t = 0; t < k->n_types; t++) {
            k->type_count[t] += by_type[t].count;
            k->type_bytes[t] += by_type[t].bytes;
            sum += by_type[t].bytes;
        }
        pthread_mutex_unlock(&k->lock);
        atomic_fetch_add(&k->shallow, sum);
    }
    free(by_type);
}

static void check_few(struct checks *k)
{
    const struct snap_arrays *a = &k->arrays;
    uint64_t sum = 0, large = 0;

    for (uint32_t i = 0; i < a->n_weak; i++)
        if (a->weak[i].holder >= a->objects || a->weak[i].target >= a->objects ||
            (i && a->weak[i].holder < a->weak[i - 1].holder))
            fail(k, "its weak references lead nowhere");
    for (uint32_t i = 0; i < a->n_large; i++) {
        if (a->large[i].object >= a->objects || a->shallow[a->large[i].object] != UINT32_MAX ||
            a->large[i].bytes < UINT32_MAX || (i && a->large[i].object <= a->large[i - 1].object))
            fail(k, "its sizes make no sense");
        sum += a->large[i].bytes;
    }
    for (uint32_t i = 0; i < a->objects; i++)
        large += a->shallow[i] == UINT32_MAX;
    if (large != a->n_large)
        fail(k, "its sizes make no sense");
    atomic_fetch_add(&k->shallow, sum);
}

static void check_sum(struct checks *k, unsigned kind)
{
    const struct capture_entry *e = k->capture->of[kind].at;

    if (k->capture->of[kind].n &&
        checksum(k->capture->file + e->offset, e->bytes, e->kind) != e->checksum)
        fail(k, "an array of it is damaged");
}

/* Work in pieces: checksums first, they bring the pages in. */
static void *run_checks(void *ctx)
{
    enum { SUMS = CAPTURE_KINDS_END - CAPTURE_ADDRESS };
    struct checks *k = ctx;
    unsigned i;

    while ((i = atomic_fetch_add(&k->next, 1)) < SUMS + 3 * PIECES + 1) {
        if (k->cancel && atomic_load(k->cancel))
            atomic_store(&k->cancelled, true);
        if (atomic_load(&k->wrong) || atomic_load(&k->cancelled))
            break;
        if (i < SUMS)
            check_sum(k, CAPTURE_ADDRESS + i);
        else if (i == SUMS)
            check_few(k);
        else if ((i - SUMS - 1) / PIECES == 0)
            check_forward(k, (i - SUMS - 1) % PIECES);
        else if ((i - SUMS - 1) / PIECES == 1)
            check_back(k, (i - SUMS - 1) % PIECES);
        else
            check_objects(k, (i - SUMS - 1) % PIECES);
    }
    return NULL;
}

/* A section of `n` elements. */
static struct err *section(const struct capture *c, enum capture_kind kind, uint64_t n,
                           uint64_t elem_bytes, void *ret)
{
    const struct capture_entry *e = c->of[kind].at;
    const void *at = c->of[kind].n ? c->file + e->offset : NULL;

    if (!at || e->bytes != n * elem_bytes)
        return capture_damaged(c, "an array of it has the wrong size");
    memcpy(ret, &at, sizeof at);
    return NULL;
}

static struct err *find_sections(struct capture *c, struct snap_arrays *a)
{
    const struct capture_header *h = &c->header;
    uint64_t n = h->objects, m = h->strong;

    a->objects = (uint32_t)n;
    a->strong = (uint32_t)m;
    a->n_weak = (uint32_t)h->weak;
    ERR_RETURN(section(c, CAPTURE_ADDRESS, n, sizeof *a->address, &a->address));
    ERR_RETURN(section(c, CAPTURE_TYPE, n, sizeof *a->type, &a->type));
    ERR_RETURN(section(c, CAPTURE_REFCOUNT, n, sizeof *a->refcount, &a->refcount));
    ERR_RETURN(section(c, CAPTURE_SHALLOW, n, sizeof *a->shallow, &a->shallow));
    ERR_RETURN(section(c, CAPTURE_OBJECT_FLAGS, n, sizeof *a->flags, &a->flags));
    ERR_RETURN(section(c, CAPTURE_OFFSET, n + 1, sizeof *a->offset, &a->offset));
    ERR_RETURN(section(c, CAPTURE_TARGET, m, sizeof *a->target, &a->target));
    ERR_RETURN(section(c, CAPTURE_REV_OFFSET, n + 1, sizeof *a->rev_offset, &a->rev_offset));
    ERR_RETURN(section(c, CAPTURE_HOLDER, m, sizeof *a->holder, &a->holder));
    ERR_RETURN(section(c, CAPTURE_WEAK, h->weak, sizeof *a->weak, &a->weak));
    uint64_t large_bytes = c->of[CAPTURE_LARGE].n ? c->of[CAPTURE_LARGE].at->bytes : 0;
    a->n_large = (uint32_t)(large_bytes / sizeof *a->large);
    ERR_RETURN(section(c, CAPTURE_LARGE, a->n_large, sizeof *a->large, &a->large));
    if (a->offset[0] || a->offset[n] != m || a->rev_offset[0] || a->rev_offset[n] != m)
        return capture_damaged(c, "its references are out of order");
    return NULL;
}

static void retain(void *owner)
{
    capture_ref(owner);
}

static void release(void *owner)
{
    capture_unref(owner);
}

static void check_all(struct checks *k)
{
    pthread_t others[THREADS - 1];
    int started = 0;

    while (started < THREADS - 1 && !pthread_create(&others[started], NULL, run_checks, k))
        started++;
    run_checks(k);
    while (started)
        pthread_join(others[--started], NULL);
}

static struct err *verdict(const struct checks *k, uint64_t shallow_bytes)
{
    const char *wrong = atomic_load(&k->wrong);

    if (atomic_load(&k->cancelled))
        return err_new(ERR_CANCELLED, NULL, "cancelled");
    if (atomic_load(&k->no_memory))
        return err_nomem();
    if (!wrong && atomic_load(&k->forward) != atomic_load(&k->back))
        wrong = "its references differ by direction";
    if (!wrong && atomic_load(&k->shallow) != shallow_bytes)
        wrong = "its sizes make no sense";
    return wrong ? capture_damaged(k->capture, wrong) : NULL;
}

struct err *capture_arrays(struct capture *c, uint32_t n_types, uint64_t shallow_bytes,
                           const atomic_bool *cancel, uint64_t *type_count, uint64_t *type_bytes,
                           struct snap_arrays *ret)
{
    struct checks k = {.capture = c,
                       .n_types = n_types,
                       .type_count = type_count,
                       .type_bytes = type_bytes,
                       .cancel = cancel,
                       .lock = PTHREAD_MUTEX_INITIALIZER};

    ERR_RETURN(find_sections(c, &k.arrays));
    if (getrandom(k.key, sizeof k.key, 0) != sizeof k.key)
        return err_new(ERR_INTERNAL, NULL, "there are no random numbers");
    k.key[1] |= 1;
    check_all(&k);
    ERR_RETURN(verdict(&k, shallow_bytes));
    *ret = k.arrays;
    ret->type_count = type_count;
    ret->type_bytes = type_bytes;
    ret->owner = c;
    ret->retain = retain;
    ret->release = release;
    return NULL;
}
