#include "agent/ag_events.h"

#include <stddef.h>
#include <time.h>

#include "agent/ag_api.h"
#include "agent/ag_heap.h"
#include "agent/ag_module.h"
#include "agent/ag_pyver.h"
#include "agent/ag_sys.h"

enum {
    METH_FASTCALL = 0x80,
    PAGE_BYTES = 4096,
    GENERATIONS = 3,
    WIPE_ON_FORK = 18, /* MADV_WIPEONFORK, Linux 4.14 */
    NS_PER_S = 1000 * 1000 * 1000,
};

enum field { GENERATION, COLLECTED, UNCOLLECTABLE, FIELDS };

/* Changed and read with the GIL only, but for `function`. */
static struct {
    _Atomic uint32_t *alive; /* a page of its own, 0 in a forked child; NULL until first used */
    int pid;                 /* 0: the page tells; else to be compared, on old kernels */
    struct pyobj *_Atomic function; /* what is in the list; NULL: nobody follows. Owned, … */
    struct pyobj *list;             /* … like gc.callbacks and … */
    struct pyobj *names[FIELDS];    /* … the keys of what a callback is told */
    struct ag_heap heap;
    struct ring ring;
    uint64_t seen, lost;
    uint64_t start_ns; /* of the collection under way, 0: none that we saw begin */
    uint32_t trigger;
} events;

static uint64_t now_ns(void)
{
    int64_t ts[2];

    if (!api.clock_gettime || api.clock_gettime(CLOCK_MONOTONIC, ts))
        return ag_clock_ns();
    return (uint64_t)ts[0] * NS_PER_S + (uint64_t)ts[1];
}

static bool type_has(struct pyobj *object, unsigned long flag)
{
    return AG_FIELD(unsigned long, AG_FIELD(char *, object, OB_TYPE), TP_FLAGS) & flag;
}

/* ---- the list ---- */

static struct pyobj *item(long i)
{
    return AG_FIELD(struct pyobj **, events.list, LIST_ITEMS)[i];
}

static long list_size(void)
{
    return AG_FIELD(long, events.list, OB_SIZE);
}

static void release(struct pyobj **object)
{
    if (*object)
        api.Py_DecRef(*object);
    *object = NULL;
}

static void release_all(void)
{
    struct pyobj *function = atomic_exchange(&events.function, NULL);

    release(&function);
    release(&events.list);
    for (int i = 0; i < FIELDS; i++)
        release(&events.names[i]);
}

/* Out of the list, wherever the program has moved it to. */
static void take_out(void)
{
    struct pyobj *function = atomic_load(&events.function);

    if (!function)
        return;
    for (long i = list_size() - 1; i >= 0; i--)
        if (item(i) == function && api.PyList_SetSlice(events.list, i, i + 1, NULL))
            api.PyErr_Clear();
    release_all();
}

/* ---- the function ---- */

static bool is_alive(void)
{
    if (!events.alive || !atomic_load_explicit(events.alive, memory_order_relaxed))
        return false;
    return !events.pid || events.pid == (int)ag_getpid();
}

/* A number of what the collector tells; 0 for what it would not tell, but a program that calls us may. */
static int64_t number(struct pyobj *info, enum field field)
{
    struct pyobj *value = api.PyDict_GetItem(info, events.names[field]); /* borrowed */

    if (!value || !type_has(value, TPF_LONG_SUBCLASS))
        return 0;
    int64_t number = api.PyLong_AsSsize_t(value);
    if (number < 0)
        api.PyErr_Clear();
    return number < 0 ? 0 : number;
}

static void on_start(void)
{
    events.trigger = ag_heap_is_due(&events.heap) ? TRIGGER_THRESHOLD : TRIGGER_CALL;
    events.start_ns = now_ns();
}

static void on_stop(struct pyobj *info)
{
    uint64_t end_ns = now_ns(), start_ns = events.start_ns;
    int64_t generation = number(info, GENERATION);
    struct msg_event_collection *event;
    void *room;

    if (!start_ns || generation >= GENERATIONS)
        return;
    events.start_ns = 0;
    uint64_t order = events.seen++;
    if (ring_reserve(&events.ring, sizeof *event, &room) != RING_OK) {
        events.lost++;
        return;
    }
    event = room;
    event->number = order;
    event->start_ns = start_ns;
    event->pause_ns = end_ns - start_ns;
    event->collected = number(info, COLLECTED);
    event->uncollectable = number(info, UNCOLLECTABLE);
    event->generation = (uint32_t)generation;
    event->trigger = events.trigger;
    ring_commit(&events.ring, MSG_EVENT_COLLECTION);
}

/* In a forked child, at its first collection. Only from the end of the list: the collector is going through it. */
static void leave_list(void)
{
    long n = events.list ? list_size() : 0;

    if (n && atomic_load(&events.function) && item(n - 1) == atomic_load(&events.function))
        take_out();
}

/* gc.callbacks' member: (phase, info), both of the collector's or of whoever calls it. */
static struct pyobj *on_collection(struct pyobj *self, struct pyobj *const *args, long n)
{
    (void)self;
    if (!is_alive())
        leave_list();
    else if (n == 2 && type_has(args[0], TPF_STR_SUBCLASS) &&
             type_has(args[1], TPF_DICT_SUBCLASS)) {
        if (!api.PyUnicode_CompareWithASCIIString(args[0], "start"))
            on_start();
        else
            on_stop(args[1]);
    }
    api.Py_IncRef(api._Py_NoneStruct);
    return api._Py_NoneStruct;
}

static struct pymethod method = {"ouro_follows_collections", NULL, METH_FASTCALL,
                                 "Put here by ouro, which is looking on. Harmless."};

/* ---- beginning and ending ---- */

static bool make_page(void)
{
    events.alive = ag_pages(PAGE_BYTES);
    if (!events.alive)
        return false;
    if (sys_failed(sys_call3(SYS_madvise, (long)events.alive, PAGE_BYTES, WIPE_ON_FORK)))
        events.pid = (int)ag_getpid();
    return true;
}

/* gc.callbacks; until 3.10 the first import of gc makes it. Borrowed. */
static struct pyobj *find_list(void)
{
    struct pyobj *list = ag_heap_callbacks(&events.heap);
    struct ag_module gc;

    if (!list && ag_module_open("gc", &gc)) {
        ag_module_close(&gc);
        list = ag_heap_callbacks(&events.heap);
    }
    return list && type_has(list, TPF_LIST_SUBCLASS) ? list : NULL;
}

/* Until 3.11 making it could start a collection; it does not while an exception is set. */
static struct pyobj *make_function(void)
{
    method.function = (void *)on_collection;
    api.PyErr_SetNone(api.PyExc_MemoryError);
    struct pyobj *function = api.PyCFunction_NewEx(&method, NULL, NULL);
    api.PyErr_Clear();
    return function;
}

static bool make_names(void)
{
    static const char *const names[FIELDS] = {"generation", "collected", "uncollectable"};

    for (int i = 0; i < FIELDS; i++) {
        events.names[i] = api.PyUnicode_FromString(names[i]);
        if (!events.names[i])
            return false;
    }
    return true;
}

static enum msg_status install(void)
{
    if (ag_heap_find(&events.heap))
        return MSG_LAYOUT;
    struct pyobj *list = find_list();
    if (!list || !make_names() || !make_page())
        return MSG_PYTHON_ERROR;
    struct pyobj *function = make_function();
    if (!function)
        return MSG_PYTHON_ERROR;
    api.Py_IncRef(list);
    events.list = list;
    atomic_store(&events.function, function);
    atomic_store(events.alive, 1);
    return api.PyList_Append(list, function) ? MSG_PYTHON_ERROR : MSG_OK;
}

enum msg_status ag_events_start(const struct shm *shm)
{
    ag_events_stop(NULL); /* a parent's, in a forked child */
    events.seen = events.lost = events.start_ns = 0;
    ring_init_producer(&events.ring, shm_control(shm, RING_EVENTS), shm->data[RING_EVENTS],
                       layout_ring_bytes(RING_EVENTS));
    enum msg_status status = install();
    if (status != MSG_OK) {
        api.PyErr_Clear();
        ag_events_stop(NULL);
    }
    return status;
}

void ag_events_stop(struct msg_rep_follow *reply)
{
    if (events.alive)
        atomic_store(events.alive, 0);
    take_out();
    release_all(); /* of a beginning that failed */
    ag_pages_free((void *)events.alive, PAGE_BYTES);
    events.alive = NULL;
    events.pid = 0;
    if (reply) {
        reply->seen = events.seen;
        reply->lost = events.lost;
    }
}

bool ag_events_active(void)
{
    return atomic_load(&events.function) != NULL;
}
