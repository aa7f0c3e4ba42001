#include "agent/ag_walk.h"

#include "agent/ag_heap.h"
#include "agent/ag_roots.h"
#include "agent/ag_sizes.h"
#include "agent/ag_text.h"
#include "proto/wire.h"

enum {
    OBJECT_BYTES_MAX = 5 * WIRE_VARINT_MAX, /* of an object without its references */
    EDGE_BYTES_MAX = 5,                     /* a signed difference of two 32-bit numbers */
    EDGES_IN_BATCH_MAX = 1024, /* an object with more sends them in records of their own */
    EDGES_IN_MORE_MAX = 8192,
    PAIRS_MAX = 4096,
    BATCH_ROOM = OBJECT_BYTES_MAX + 2 * WIRE_VARINT_MAX + EDGES_IN_BATCH_MAX * EDGE_BYTES_MAX,
    PROGRESS_EVERY = 1024,
    PREFETCH_AHEAD = 8,
    /* 3.11: objects that are frozen into the program start with it, and are never freed; see
       _PyObject_IMMORTAL_REFCNT in Include/internal/pycore_object.h */
    FROZEN_REFCOUNT = 999999999,
};
_Static_assert((int)BATCH_ROOM < (int)MSG_BATCH_BYTES &&
                   (int)EDGES_IN_MORE_MAX * EDGE_BYTES_MAX < (int)MSG_BATCH_BYTES,
               "a batch has room for an object, and for a piece of one");

static bool fail(struct ag_walk *walk, enum snap_failure code, const char *text)
{
    struct msg_snap_failed failed = {code, 0};

    ag_send(walk->sender, MSG_SNAP_FAILED, &failed, sizeof failed, text, (uint32_t)strlen(text));
    return false;
}

static bool out_of_room(struct ag_walk *walk)
{
    if (walk->index.objects.n >= UINT32_MAX - 2)
        return fail(walk, SNAP_FAIL_TOO_MANY, "more than 4,294,967,293 objects");
    return fail(walk, SNAP_FAIL_MEMORY, "the frozen copy found no memory for its tables");
}

/* ---- references as numbers ---- */

/* Numbers the objects at these addresses, new ones included; what cannot be an object is left out.
 */
static bool number_all(struct ag_walk *walk, const struct ag_vec *addresses, struct ag_vec *numbers)
{
    numbers->n = 0;
    if (!ag_vec_reserve(numbers, addresses->n, sizeof(uint32_t)))
        return false;
    uint32_t *to = numbers->at;
    for (uint64_t i = 0; i < addresses->n; i++) {
        uint32_t number = ag_index_add(&walk->index, ag_vec_ptr(addresses, i));
        if (number != AG_NO_INDEX)
            to[numbers->n++] = number;
    }
    return !walk->index.failed;
}

static uint8_t *put_numbers(uint8_t *p, const struct ag_vec *numbers, uint64_t first, uint64_t end,
                            int64_t last)
{
    const uint32_t *from = numbers->at;

    for (uint64_t i = first; i < end; i++) {
        p = wire_put_signed(p, (int64_t)from[i] - last);
        last = from[i];
    }
    return p;
}

/* ---- records ---- */

static bool flush_batch(struct ag_walk *walk)
{
    struct msg_snap_objects head = {(uint32_t)walk->totals.objects - walk->batch_count,
                                    walk->batch_count};

    if (!walk->batch_count)
        return true;
    bool sent =
        ag_send(walk->sender, MSG_SNAP_OBJECTS, &head, sizeof head, walk->batch, walk->batch_bytes);
    walk->batch_count = walk->batch_bytes = 0;
    walk->last_address = 0;
    return sent;
}

/* The references of an object that has too many for a batch. */
static bool send_more(struct ag_walk *walk, uint32_t object, const struct ag_vec *numbers,
                      enum edge_strength strength, bool last_list)
{
    uint64_t first = 0;

    do {
        uint64_t end =
            numbers->n - first > EDGES_IN_MORE_MAX ? first + EDGES_IN_MORE_MAX : numbers->n;
        struct msg_snap_more head = {object, (uint32_t)(end - first), strength,
                                     last_list && end == numbers->n};
        uint8_t *p = put_numbers(walk->batch, numbers, first, end, object);
        if (!ag_send(walk->sender, MSG_SNAP_MORE, &head, sizeof head, walk->batch,
                     (uint32_t)(p - walk->batch)))
            return false;
        first = end;
    } while (first < numbers->n);
    return true;
}

static bool send_type(struct ag_walk *walk, const struct ag_type *type)
{
    static char text[2 * MSG_TEXT_MAX];
    struct msg_snap_type head = {
        .id = type->id,
        .object = type->index == AG_NO_INDEX ? (uint32_t)MSG_NO_INDEX : type->index,
        .flags = type->flags,
        .basicsize_bytes = (uint32_t)type->basicsize_bytes,
        .address = (uint64_t)type->object,
    };

    ag_type_name(type->object, text, &head.module_bytes, text + MSG_TEXT_MAX, &head.name_bytes,
                 MSG_TEXT_MAX);
    memmove(text + head.module_bytes, text + MSG_TEXT_MAX, head.name_bytes);
    return ag_send(walk->sender, MSG_SNAP_TYPE, &head, sizeof head, text,
                   head.module_bytes + head.name_bytes);
}

static uint64_t refcount_of(struct pyobj *object, uint8_t *flags)
{
    uint64_t count = AG_FIELD(uint64_t, object, 0);

    if (layout->minor == 11 && count > FROZEN_REFCOUNT / 2)
        *flags |= OBJECT_IMMORTAL;
    if (layout->minor < 12)
        return count;
    count &= UINT32_MAX; /* 3.12, 3.13: the low half counts; 3.14: it is all there is */
    if ((int32_t)count < 0)
        *flags |= OBJECT_IMMORTAL;
    return count;
}

static uint8_t flags_of(struct pyobj *object, const struct ag_type *type)
{
    uint8_t flags = 0;

    if (ag_is_gc(type, object)) {
        if (AG_FIELD(uint64_t, object, GC_NEXT))
            flags |= OBJECT_TRACKED;
        if (AG_FIELD(uint64_t, object, GC_PREV) & GC_FINALIZED)
            flags |= OBJECT_FINALIZED;
    }
    return flags;
}

/* ---- one object ---- */

static bool send_object(struct ag_walk *walk, uint32_t number, struct pyobj *object,
                        const struct ag_type *type)
{
    bool edges = walk->flags & SNAPSHOT_EDGES;
    bool more = edges && walk->strong.n + walk->weak.n > EDGES_IN_BATCH_MAX;
    uint8_t flags = flags_of(object, type);
    uint64_t refcount = refcount_of(object, &flags);
    struct ag_size size = ag_size_of(object, type);
    uint64_t bytes = size.getsizeof_bytes + size.inline_bytes;

    if (walk->batch_bytes > MSG_BATCH_BYTES - BATCH_ROOM && !flush_batch(walk))
        return false;
    uint8_t *p = walk->batch + walk->batch_bytes;
    p = wire_put(p, flags | (more ? OBJECT_MORE : 0u));
    p = wire_put(p, type->id);
    p = wire_put_signed(p, (int64_t)((uint64_t)object / 8 - walk->last_address / 8));
    p = wire_put(p, refcount);
    p = wire_put(p, bytes);
    if (edges && !more) {
        p = wire_put(p, walk->strong.n);
        p = put_numbers(p, &walk->strong, 0, walk->strong.n, number);
        p = wire_put(p, walk->weak.n);
        p = put_numbers(p, &walk->weak, 0, walk->weak.n, number);
    }
    walk->batch_bytes = (uint32_t)(p - walk->batch);
    walk->batch_count++;
    walk->last_address = (uint64_t)object;
    walk->totals.objects++;
    walk->totals.shallow_bytes += bytes;
    walk->totals.strong += walk->strong.n;
    walk->totals.weak += walk->weak.n;
    if (!more)
        return true;
    return flush_batch(walk) &&
           send_more(walk, number, &walk->strong, EDGE_STRONG, !walk->weak.n) &&
           (!walk->weak.n || send_more(walk, number, &walk->weak, EDGE_WEAK, true));
}

/* Remembers whose cells or defaults a tuple holds. */
static bool note_closures(struct ag_walk *walk, struct pyobj *function)
{
    const int fields[] = {layout->func_closure, layout->func_defaults};

    for (int i = 0; i < 2; i++) {
        struct pyobj *tuple = AG_FIELD(struct pyobj *, function, fields[i]);
        if (!tuple)
            continue;
        if (!ag_vec_reserve(&walk->closures, walk->closures.n + 1, sizeof(struct ag_closure)))
            return false;
        ((struct ag_closure *)walk->closures.at)[walk->closures.n++] =
            (struct ag_closure){tuple, function};
    }
    return true;
}

static bool push_pair(struct ag_vec *pairs, uint32_t first, uint32_t second)
{
    if (!ag_vec_reserve(pairs, pairs->n + 1, sizeof(struct ag_pair)))
        return false;
    ((struct ag_pair *)pairs->at)[pairs->n++] = (struct ag_pair){first, second};
    return true;
}

/* Remembers where the collector sees other references than there are. */
static bool note_visits(struct ag_walk *walk, uint32_t number)
{
    const struct ag_edges *edges = &walk->edges;

    if (walk->strong.n != edges->strong.n) /* some were no objects: the positions do not fit */
        return true;
    for (uint64_t i = 0; i < edges->unvisited.n; i++)
        if (!push_pair(&walk->unvisited, number,
                       (uint32_t)(uint64_t)ag_vec_ptr(&edges->unvisited, i)))
            return false;
    for (uint64_t i = 0; i < edges->visited_too.n; i++) {
        uint32_t target = ag_index_add(&walk->index, ag_vec_ptr(&edges->visited_too, i));
        if (target != AG_NO_INDEX && !push_pair(&walk->visited_too, number, target))
            return false;
    }
    return true;
}

static bool look_at(struct ag_walk *walk, uint32_t number)
{
    struct pyobj *object = ag_index_object(&walk->index, number);
    struct shm_copy *shared = shm_copy(walk->shm);

    /* until it is known to be an object whoever led here is to blame, see ag_walk_blame() */
    atomic_store_explicit(&shared->type, 0, memory_order_relaxed);
    atomic_store_explicit(&shared->object, (uint64_t)object, memory_order_relaxed);
    struct pyobj *type_object = ag_type_of(object);
    const struct ag_type *type = ag_types_get(&walk->types, type_object);
    if (!type)
        return out_of_room(walk);
    atomic_store_explicit(&shared->type, (uint64_t)type_object, memory_order_relaxed);
    while (walk->types_sent < walk->types.table.n)
        if (!send_type(walk, ag_types_by_id(&walk->types, walk->types_sent++)))
            return false;
    ag_edges_of(&walk->edges, object, type);
    if (walk->edges.failed || !number_all(walk, &walk->edges.strong, &walk->strong) ||
        !number_all(walk, &walk->edges.weak, &walk->weak))
        return out_of_room(walk);
    if (!note_visits(walk, number))
        return out_of_room(walk);
    if (type->kind == AG_KIND_FUNCTION && !note_closures(walk, object))
        return out_of_room(walk);
    return send_object(walk, number, object, type);
}

static bool walk_objects(struct ag_walk *walk)
{
    struct shm_copy *shared = shm_copy(walk->shm);

    for (uint32_t i = 0; i < ag_index_count(&walk->index); i++) {
        if (i + PREFETCH_AHEAD < ag_index_count(&walk->index)) {
            char *soon = ag_index_object(&walk->index, i + PREFETCH_AHEAD);
            __builtin_prefetch(soon + GC_NEXT);
            __builtin_prefetch(soon + OB_SIZE);
        }
        if (i % PROGRESS_EVERY == 0) {
            atomic_store_explicit(&shared->walked, i, memory_order_relaxed);
            atomic_store_explicit(&shared->found, ag_index_count(&walk->index),
                                  memory_order_relaxed);
        }
        if (!look_at(walk, i))
            return false;
    }
    atomic_store(&shared->type, 0);
    atomic_store(&shared->object, 0);
    return flush_batch(walk);
}

/* ---- where objects come from ---- */

static bool list_generation(struct ag_walk *walk, const struct ag_heap *heap, int list)
{
    struct msg_snap_list head = {0, (uint32_t)list, ag_index_count(&walk->index), 0};
    struct pyobj *object = ag_heap_first(heap, list);

    for (; object; object = ag_heap_next(heap, list, object)) {
        if (walk->flags & SNAPSHOT_COUNTS)
            head.count++;
        else if (ag_index_add(&walk->index, object) == AG_NO_INDEX)
            return walk->index.failed
                       ? out_of_room(walk)
                       : fail(walk, SNAP_FAIL_LAYOUT, "a generation's list leads out of the heap");
    }
    if (!(walk->flags & SNAPSHOT_COUNTS))
        head.count = ag_index_count(&walk->index) - head.first;
    return ag_send(walk->sender, MSG_SNAP_LIST, &head, sizeof head, NULL, 0);
}

static bool list_generations(struct ag_walk *walk)
{
    struct ag_heap heap;
    struct msg_snap_gc gc = {0};
    const char *wrong = ag_heap_find(&heap);

    if (wrong)
        return fail(walk, SNAP_FAIL_LAYOUT, wrong);
    ag_heap_gc_state(&heap, &gc);
    if (!ag_send(walk->sender, MSG_SNAP_GC, &gc, sizeof gc, NULL, 0))
        return false;
    for (int list = 0; list < AG_LISTS; list++)
        if (!list_generation(walk, &heap, list))
            return false;
    return true;
}

static bool send_pairs(struct ag_walk *walk, enum visits_kind kind, const struct ag_vec *pairs)
{
    const struct ag_pair *from = pairs->at;

    for (uint64_t first = 0; first < pairs->n; first += PAIRS_MAX) {
        uint64_t end = first + PAIRS_MAX < pairs->n ? first + PAIRS_MAX : pairs->n;
        struct msg_snap_visits head = {kind, (uint32_t)(end - first)};
        uint8_t *p = walk->batch;
        for (uint64_t i = first; i < end; i++)
            p = wire_put(wire_put(p, from[i].first), from[i].second);
        if (!ag_send(walk->sender, MSG_SNAP_VISITS, &head, sizeof head, walk->batch,
                     (uint32_t)(p - walk->batch)))
            return false;
    }
    return true;
}

static bool send_visits(struct ag_walk *walk)
{
    return !(walk->flags & SNAPSHOT_EDGES) || (send_pairs(walk, VISITS_NOT, &walk->unvisited) &&
                                               send_pairs(walk, VISITS_ALSO, &walk->visited_too));
}

/* Whether tracemalloc traces: asked of its module, if that is there. A C function; runs no Python
 * code. */
static bool tracemalloc_traces(void)
{
    struct pyobj *modules = api.PyImport_GetModuleDict();
    struct pyobj *module = modules ? ag_dict_find(modules, "_tracemalloc") : NULL;
    struct pyobj *dict = module ? AG_FIELD(struct pyobj *, module, MODULE_DICT) : NULL;
    struct pyobj *function = dict ? ag_dict_find(dict, "is_tracing") : NULL;
    struct pyobj *answer = function ? api.PyObject_CallFunction(function, NULL) : NULL;
    bool traces = answer && api.PyObject_IsTrue(answer) == 1;

    if (answer)
        api.Py_DecRef(answer);
    return traces;
}

static bool send_begin(struct ag_walk *walk, const struct msg_req_snapshot *request)
{
    struct msg_snap_begin begin = {.id = request->id,
                                   .flags = request->flags & ~(uint32_t)SNAPSHOT_HERE};
    struct pyinterp *interp = api.PyInterpreterState_Head();

    for (; interp; interp = api.PyInterpreterState_Next(interp))
        begin.interpreters++;
    begin.tracemalloc = tracemalloc_traces();
    return ag_send(walk->sender, MSG_SNAP_BEGIN, &begin, sizeof begin, NULL, 0);
}

bool ag_walk_run(struct ag_walk *walk, struct ag_sender *sender,
                 const struct msg_req_snapshot *request, const uint64_t *opaque)
{
    uint64_t start = ag_clock_ns();

    *walk = (struct ag_walk){.sender = sender, .shm = sender->shm, .flags = request->flags};
    if (!send_begin(walk, request))
        return false;
    walk->batch = ag_pages(MSG_BATCH_BYTES);
    if (!walk->batch || !ag_index_init(&walk->index) ||
        !ag_types_init(&walk->types, &walk->index, opaque, request->opaque_count))
        return out_of_room(walk);
    if (!list_generations(walk))
        return false;
    if (!(walk->flags & SNAPSHOT_COUNTS)) {
        if (!ag_roots_add(walk))
            return out_of_room(walk);
        if (!walk_objects(walk) || !ag_roots_send(walk) || !send_visits(walk))
            return false;
    }
    walk->totals.walk_ns = ag_clock_ns() - start;
    return ag_send(sender, MSG_SNAP_END, &walk->totals, sizeof walk->totals, NULL, 0);
}

void ag_walk_free(struct ag_walk *walk)
{
    struct ag_vec *vectors[] = {
        &walk->types.table, &walk->types.slots,     &walk->edges.strong,
        &walk->edges.weak,  &walk->edges.unvisited, &walk->edges.visited_too,
        &walk->closures,    &walk->strong,          &walk->weak,
        &walk->unvisited,   &walk->visited_too,
    };

    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        ag_vec_free(vectors[i]);
    ag_index_free(&walk->index);
    ag_pages_free(walk->batch, MSG_BATCH_BYTES);
    *walk = (struct ag_walk){0};
}

/* ---- for signal handlers ---- */

uint64_t ag_walk_progress(const struct ag_walk *walk)
{
    uint64_t object = walk->shm ? atomic_load(&shm_copy(walk->shm)->object) : 0;

    return object ? object + walk->index.objects.n + walk->edges.strong.n + walk->edges.weak.n +
                        walk->strong.n + walk->weak.n
                  : 0;
}

static bool lists(const struct ag_vec *addresses, uint64_t address)
{
    for (uint64_t i = 0; i < addresses->n; i++)
        if ((uint64_t)ag_vec_ptr(addresses, i) == address)
            return true;
    return false;
}

void ag_walk_blame(struct ag_walk *walk)
{
    struct shm_copy *shared = walk->shm ? shm_copy(walk->shm) : NULL;
    uint64_t address = shared ? atomic_load(&shared->object) : 0;

    if (!address || atomic_load(&shared->type))
        return;
    for (uint32_t i = 0; i < ag_index_count(&walk->index); i++) {
        struct pyobj *holder = ag_index_object(&walk->index, i);
        if ((uint64_t)holder == address) /* it was found by a holder before it */
            return;
        ag_edges_of(&walk->edges, holder, ag_types_get(&walk->types, ag_type_of(holder)));
        if (!lists(&walk->edges.strong, address) && !lists(&walk->edges.weak, address))
            continue;
        atomic_store(&shared->type, (uint64_t)ag_type_of(holder));
        atomic_store(&shared->object, (uint64_t)holder);
        return;
    }
}
