#include "agent/ag_roots.h"

#include <errno.h>

#include "agent/ag_frames.h"
#include "agent/ag_key.h"
#include "agent/ag_maps.h"
#include "agent/ag_sys.h"
#include "agent/ag_text.h"
#include "proto/wire.h"

enum {
    HELD_BYTES_MAX = 3 * WIRE_VARINT_MAX + MSG_NAME_MAX,
    PLACE_BYTES_MAX = 2 * WIRE_VARINT_MAX,
    DIGIT_BITS = 30,
    PAGE_BYTES = 4096,
    REGION_BYTES_MAX = 256 << 20, /* of static data; more is not looked through */
};

/* ---- frames: finding ---- */

static void add(struct pyobj *object, struct ag_walk *walk)
{
    ag_index_add(&walk->index, object);
}

static void ignore_thread(struct pyts *thread, uint32_t interpreter, void *arg)
{
    (void)thread;
    (void)interpreter;
    (void)arg;
}

static void add_frame(struct pyframe *frame, struct pyobj *object, bool held, void *arg)
{
    (void)frame;
    (void)held;
    if (object)
        add(object, arg);
}

static void add_slot(struct pyobj *object, enum ag_slot_kind kind, struct pyobj *name, void *arg)
{
    (void)kind;
    (void)name;
    add(object, arg);
}

bool ag_roots_add(struct ag_walk *walk)
{
    const struct ag_frames_sink sink = {ignore_thread, add_frame, add_slot, walk};

    ag_frames_each(&sink);
    return !walk->index.failed;
}

/* ---- names of threads ---- */

static struct pyobj *module_member(const char *module_name, const char *name)
{
    struct pyobj *modules = api.PyImport_GetModuleDict();
    struct pyobj *module = modules ? ag_dict_find(modules, module_name) : NULL;
    struct pyobj *dict = module && ag_type_of(module) == api.PyModule_Type
                             ? AG_FIELD(struct pyobj *, module, MODULE_DICT)
                             : NULL;

    return dict ? ag_dict_find(dict, name) : NULL;
}

static bool int_is(struct pyobj *object, uint64_t number)
{
    struct ag_digits digits;
    uint64_t value = 0;

    if (ag_type_of(object) != api.PyLong_Type)
        return false;
    digits = ag_int_digits(object);
    for (uint64_t i = digits.n; i-- > 0;)
        value = value << DIGIT_BITS | digits.at[i];
    return digits.n <= 3 && !digits.negative && value == number;
}

/* An attribute of an instance, read where it lies. */
static struct pyobj *attribute(struct pyobj *object, const char *name)
{
    struct pyobj *type = ag_type_of(object);
    struct ag_attributes a = ag_attributes_of(object, AG_FIELD(uint64_t, type, TP_FLAGS));

    if (a.dict)
        return ag_dict_find(a.dict, name);
    for (uint64_t i = 0; i < a.n_values; i++) {
        struct pyobj *key = ag_attribute_name(type, i);
        if (key && a.values[i] && ag_str_is(key, name))
            return a.values[i];
    }
    return NULL;
}

/* threading._active[ident]._name */
static uint32_t thread_name(uint64_t ident, char *text)
{
    struct pyobj *active = module_member("threading", "_active"), *key, *thread;
    long pos = 0;

    while (active && ag_type_of(active) == api.PyDict_Type &&
           api.PyDict_Next(active, &pos, &key, &thread)) {
        struct pyobj *name = int_is(key, ident) ? attribute(thread, "_name") : NULL;
        if (name && ag_is_str(name))
            return ag_str_utf8(name, text, MSG_NAME_MAX);
    }
    return 0;
}

/* ---- frames: sending ---- */

struct sending {
    struct ag_walk *walk;
    uint32_t threads;
    uint32_t frames;
    struct msg_snap_held held;
    uint32_t bytes; /* of the record in the making, in walk->batch */
    bool failed;
};

static void flush_held(struct sending *s)
{
    if (s->held.count && !ag_send(s->walk->sender, MSG_SNAP_HELD, &s->held, sizeof s->held,
                                  s->walk->batch, s->bytes))
        s->failed = true;
    s->held.count = s->bytes = 0;
}

static void put_held(struct sending *s, struct pyobj *object, enum held_kind kind,
                     struct pyobj *name)
{
    uint32_t number = ag_index_find(&s->walk->index, object);
    char text[MSG_NAME_MAX];

    if (number == AG_NO_INDEX)
        return;
    if (s->bytes + HELD_BYTES_MAX > MSG_BATCH_BYTES)
        flush_held(s);
    uint32_t n = name && ag_is_str(name) ? ag_str_utf8(name, text, sizeof text) : 0;
    uint8_t *p = s->walk->batch + s->bytes;
    p = wire_put(wire_put(wire_put(p, number), kind), n);
    memcpy(p, text, n);
    s->bytes = (uint32_t)(p + n - s->walk->batch);
    s->held.count++;
}

static void send_thread(struct pyts *thread, uint32_t interpreter, void *arg)
{
    struct sending *s = arg;
    char name[MSG_NAME_MAX];
    struct msg_snap_thread head = {
        .id = s->threads++,
        .interpreter = interpreter,
        .ident = AG_FIELD(uint64_t, thread, layout->ts_thread_id),
        .native_id = layout->ts_native_id ? AG_FIELD(uint32_t, thread, layout->ts_native_id) : 0,
    };

    flush_held(s);
    head.name_bytes = thread_name(head.ident, name);
    if (!ag_send(s->walk->sender, MSG_SNAP_THREAD, &head, sizeof head, name, head.name_bytes))
        s->failed = true;
}

static uint32_t code_text(struct pyobj *code, int offset, char *text)
{
    struct pyobj *str = code ? AG_FIELD(struct pyobj *, code, offset) : NULL;

    return str && ag_is_str(str) ? ag_str_utf8(str, text, MSG_NAME_MAX) : 0;
}

static void send_frame(struct pyframe *frame, struct pyobj *object, bool held, void *arg)
{
    struct sending *s = arg;
    struct pyobj *code = ag_frame_code(frame);
    char texts[2 * MSG_NAME_MAX];
    struct msg_snap_frame head = {
        .thread = s->threads - 1,
        .object = object ? ag_index_find(&s->walk->index, object) : (uint32_t)MSG_NO_INDEX,
        .line = (uint32_t)(layout->minor < 11 ? ag_old_frame_line((struct pyobj *)frame)
                                              : ag_frame_line(frame)),
    };
    int name = layout->code_qualname ? layout->code_qualname : layout->code_name;

    flush_held(s);
    head.function_bytes = code_text(code, name, texts);
    head.file_bytes = code_text(code, layout->code_filename, texts + head.function_bytes);
    if (!ag_send(s->walk->sender, MSG_SNAP_FRAME, &head, sizeof head, texts,
                 head.function_bytes + head.file_bytes))
        s->failed = true;
    if (held)
        put_held(s, object, HELD_SELF, NULL);
}

static void send_slot(struct pyobj *object, enum ag_slot_kind kind, struct pyobj *name, void *arg)
{
    static const enum held_kind kinds[] = {
        [AG_SLOT_LOCAL] = HELD_LOCAL,       [AG_SLOT_TEMPORARY] = HELD_TEMPORARY,
        [AG_SLOT_FUNCTION] = HELD_FUNCTION, [AG_SLOT_CODE] = HELD_CODE,
        [AG_SLOT_LOCALS] = HELD_NAMESPACE,  [AG_SLOT_FRAME_OBJECT] = HELD_FRAME_OBJECT,
    };

    put_held(arg, object, kinds[kind], name);
}

static bool send_frames(struct ag_walk *walk)
{
    struct sending sending = {.walk = walk};
    const struct ag_frames_sink sink = {send_thread, send_frame, send_slot, &sending};

    ag_frames_each(&sink);
    flush_held(&sending);
    return !sending.failed;
}

/* ---- memory that is not on the heap ---- */

struct places {
    struct msg_snap_static head;
    const char *path;
    uint32_t bytes; /* of the record in the making, in walk->batch */
};

static void begin_places(struct ag_walk *walk, struct places *places)
{
    memcpy(walk->batch, places->path, places->head.path_bytes);
    places->bytes = places->head.path_bytes;
    places->head.count = 0;
}

static bool flush_places(struct ag_walk *walk, struct places *places)
{
    return !places->head.count || ag_send(walk->sender, MSG_SNAP_STATIC, &places->head,
                                          sizeof places->head, walk->batch, places->bytes);
}

/*
 * A mapping that can be read may have pages that cannot: glibc 2.42 makes the guard pages of thread stacks that way
 * (MADV_GUARD_INSTALL), and the kernel merges a stack with static data that lies before it. In a process that runs on, one may
 * also go at any time. So the kernel is asked to read there, up to the end of the page; where it may not be asked, it is tried.
 */
static const uint64_t *read_page(const uint64_t *at, uint64_t n)
{
    static uint64_t page[PAGE_BYTES / 8];
    struct {
        const void *base;
        uint64_t bytes;
    } to = {page, n * 8}, from = {at, n * 8}; /* struct iovec */
    long ret = sys_call6(SYS_process_vm_readv, ag_getpid(), (long)&to, 1, (long)&from, 1, 0);

    if (ret == (long)(n * 8))
        return page;
    return ret == -EFAULT || ret >= 0 ? NULL : at;
}

/* Words from `at` to the end of its page, `left` at most. */
static uint64_t words_on_page(const uint64_t *at, uint64_t left)
{
    uint64_t n = (PAGE_BYTES - (uint64_t)at % PAGE_BYTES) / 8;

    return n < left ? n : left;
}

/* One word at position `i`. */
static bool send_place(struct ag_walk *walk, struct places *places, uint64_t word, uint64_t i)
{
    uint32_t number = word ? ag_index_find(&walk->index, (void *)word) : AG_NO_INDEX;

    if (number == AG_NO_INDEX)
        return true;
    if (places->bytes + PLACE_BYTES_MAX > MSG_BATCH_BYTES) {
        if (!flush_places(walk, places))
            return false;
        begin_places(walk, places);
    }
    uint8_t *p = walk->batch + places->bytes;
    p = wire_put(wire_put(p, number), i);
    places->bytes = (uint32_t)(p - walk->batch);
    places->head.count++;
    return true;
}

/* Looks through `bytes` bytes from head.base and sends the words that are addresses of known objects. */
static bool send_places(struct ag_walk *walk, struct places *places, uint64_t bytes)
{
    const uint64_t *words = (const uint64_t *)places->head.base;

    begin_places(walk, places);
    for (uint64_t i = 0, n; i < bytes / 8; i += n) {
        n = words_on_page(&words[i], bytes / 8 - i);
        const uint64_t *page = read_page(&words[i], n);
        for (uint64_t k = 0; page && k < n; k++)
            if (!send_place(walk, places, page[k], i + k))
                return false;
    }
    return flush_places(walk, places);
}

static bool send_region(const struct ag_region *region, void *arg)
{
    struct places places = {
        .head = {.kind = STATIC_LIBRARY, .path_bytes = region->path_bytes, .base = region->start},
        .path = region->path,
    };

    return region->end - region->start > REGION_BYTES_MAX ||
           send_places(arg, &places, region->end - region->start);
}

static bool send_structure(struct ag_walk *walk, enum static_kind kind, uint32_t thread,
                           const void *at, uint64_t bytes)
{
    struct places places = {.head = {.kind = kind, .thread = thread, .base = (uint64_t)at},
                            .path = ""};

    return send_places(walk, &places, bytes);
}

/* Until 3.10 the main interpreter's structure is on the heap of malloc; later it is static data. */
static bool send_structures(struct ag_walk *walk)
{
    struct pyinterp *interp = api.PyInterpreterState_Head();
    uint32_t id = 0;

    for (; interp; interp = api.PyInterpreterState_Next(interp)) {
        if (layout->interp_bytes &&
            !send_structure(walk, STATIC_INTERPRETER, 0, interp, layout->interp_bytes))
            return false;
        struct pyts *thread = api.PyInterpreterState_ThreadHead(interp);
        for (; thread; thread = api.PyThreadState_Next(thread))
            if (!ag_frames_is_ours(thread) &&
                !send_structure(walk, STATIC_THREAD, id++, thread, layout->ts_bytes))
                return false;
    }
    return true;
}

/* So that modules can be told from what else dicts hold. */
static bool send_modules(struct ag_walk *walk)
{
    struct pyobj *modules = api.PyImport_GetModuleDict();

    return send_structure(walk, STATIC_MODULES, 0, &modules, sizeof modules);
}

bool ag_roots_send(struct ag_walk *walk)
{
    if (!send_frames(walk))
        return false;
    return !(walk->flags & SNAPSHOT_EDGES) ||
           (send_modules(walk) && send_structures(walk) && ag_maps_static(send_region, walk));
}
