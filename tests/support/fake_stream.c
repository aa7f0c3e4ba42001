#include "tests/support/fake_stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/base/mem.h"
#include "inspector/model/builder.h"
#include "proto/wire.h"

enum {
    NAME_BYTES = 9,
    TYPE_BYTES = 64,
    WORD_BYTES = 80,
    NODES_MAX = 256,
    REFS_MAX = 2100,
    WEAK_MAX = 64,
    TYPES_MAX = 64,
    UNTRACKED = MSG_GEN_PERMANENT + 1, /* behind all generations */
    DEFAULT_SIZE = 16,
    RECORD_BYTES = 1 << 16,
};
#define NAME_LETTERS "0123456789abcdefghijklmnopqrstuvwxyz_"

struct node {
    char name[NAME_BYTES];
    unsigned type;
    unsigned generation; /* or UNTRACKED */
    uint8_t flags;
    uint64_t size_bytes;
    bool has_refcount;
    uint64_t refcount; /* given, or what is added to the references in the graph */
    unsigned strong[REFS_MAX], weak[WEAK_MAX];
    unsigned n_strong, n_weak;
    uint32_t number; /* in the stream */
};

struct type {
    char name[TYPE_BYTES];
    uint32_t flags;
    int object; /* node, or -1 */
    uint32_t id;
    bool is_sent;
};

struct graph {
    const char *text, *at; /* for messages: all, and how far it was read */
    struct node nodes[NODES_MAX];
    struct type types[TYPES_MAX];
    unsigned roots[NODES_MAX];
    unsigned order[NODES_MAX]; /* number -> node */
    unsigned n_nodes, n_types, n_roots;
};

static void malformed(const struct graph *graph, const char *why)
{
    fprintf(stderr, "malformed graph: %s, before: %.40s\n", why, graph->at);
    abort();
}

/* ---- names ---- */

/* The name as a number in base 38 whose digits start at 1: no two names are equal. */
uint64_t fake_address(const char *name)
{
    uint64_t number = 0;

    for (const char *p = name; *p; p++) {
        const char *letter = strchr(NAME_LETTERS, *p);
        if (!letter || p - name >= NAME_BYTES - 1) {
            fprintf(stderr, "malformed name in a graph: %s\n", name);
            abort();
        }
        number = number * 38 + (uint64_t)(letter - NAME_LETTERS) + 1;
    }
    return 0x100000000 + number * 16;
}

const char *fake_name(const struct snapshot *snapshot, uint32_t object, char buf[16])
{
    uint64_t number = (snapshot->address[object] - 0x100000000) / 16;
    char *p = buf + 15;

    *p = '\0';
    for (; number && p > buf; number /= 38)
        *--p = NAME_LETTERS[number % 38 - 1];
    return memmove(buf, p, (size_t)(buf + 16 - p));
}

const char *fake_names(const struct snapshot *snapshot, const uint32_t *objects, size_t n,
                       char *buf, size_t bytes)
{
    char name[16];
    size_t used = 0;

    buf[0] = '\0';
    for (size_t i = 0; i < n && used < bytes; i++)
        used += (size_t)snprintf(buf + used, bytes - used, "%s%s", i ? " " : "",
                                 fake_name(snapshot, objects[i], name));
    return buf;
}

uint32_t fake_object(const struct snapshot *snapshot, const char *name)
{
    uint32_t object = snapshot_find(snapshot, fake_address(name));

    if (object == SNAPSHOT_NONE) {
        fprintf(stderr, "no object '%s' in the snapshot\n", name);
        abort();
    }
    return object;
}

/* ---- reading a graph ---- */

static unsigned find_type(struct graph *graph, const char *name)
{
    unsigned i = 0;

    while (i < graph->n_types && strcmp(graph->types[i].name, name))
        i++;
    if (i == TYPES_MAX || strlen(name) >= TYPE_BYTES)
        malformed(graph, "too many types, or one with too long a name");
    if (i == graph->n_types) {
        graph->n_types++;
        snprintf(graph->types[i].name, TYPE_BYTES, "%s", name);
        graph->types[i].object = -1;
    }
    return i;
}

static unsigned find_node(struct graph *graph, const char *name)
{
    unsigned i = 0;

    while (i < graph->n_nodes && strcmp(graph->nodes[i].name, name))
        i++;
    if (i == NODES_MAX)
        malformed(graph, "too many objects");
    if (i == graph->n_nodes) {
        (void)fake_address(name); /* checks the name */
        graph->n_nodes++;
        graph->nodes[i] = (struct node){.size_bytes = DEFAULT_SIZE, .flags = OBJECT_TRACKED};
        snprintf(graph->nodes[i].name, NAME_BYTES, "%s", name);
        graph->nodes[i].type = find_type(graph, "object");
    }
    return i;
}

/* The next word of a statement, "" at its end. */
static const char *next_word(struct graph *graph, char word[WORD_BYTES])
{
    size_t n;

    graph->at += strspn(graph->at, " \t");
    if (*graph->at == '#')
        graph->at += strcspn(graph->at, "\n");
    n = *graph->at == ':' ? 1 : strcspn(graph->at, " \t\n,;:#");
    if (n >= WORD_BYTES)
        malformed(graph, "too long a word");
    memcpy(word, graph->at, n);
    word[n] = '\0';
    graph->at += n;
    return word;
}

static uint64_t number_in(struct graph *graph, const char *text)
{
    char *end;
    uint64_t number = strtoull(text, &end, 0);

    if (!*text || *end)
        malformed(graph, "no number");
    return number;
}

static void read_generation(struct graph *graph, struct node *node, const char *text)
{
    uint64_t generation =
        strcmp(text, "permanent") ? number_in(graph, text) : (uint64_t)MSG_GEN_PERMANENT;

    if (generation > MSG_GEN_PERMANENT)
        malformed(graph, "no such generation");
    node->generation = (unsigned)generation;
}

static void read_fact(struct graph *graph, struct node *node, const char *word)
{
    if (!strncmp(word, "size=", 5)) {
        node->size_bytes = number_in(graph, word + 5);
    } else if (!strncmp(word, "rc=", 3)) {
        node->refcount = number_in(graph, word + 3);
        node->has_refcount = true;
    } else if (*word == '+') {
        node->refcount = number_in(graph, word + 1);
    } else if (!strncmp(word, "gen=", 4)) {
        read_generation(graph, node, word + 4);
    } else if (!strcmp(word, "untracked")) {
        node->generation = UNTRACKED;
        node->flags &= (uint8_t)~OBJECT_TRACKED;
    } else if (!strcmp(word, "immortal")) {
        node->flags |= OBJECT_IMMORTAL;
    } else if (!strcmp(word, "finalized")) {
        node->flags |= OBJECT_FINALIZED;
    } else {
        malformed(graph, "no such fact of an object");
    }
}

static void refer(struct graph *graph, unsigned from, unsigned to, bool weak)
{
    struct node *node = &graph->nodes[from];
    unsigned *n = weak ? &node->n_weak : &node->n_strong;

    if (*n == (weak ? (unsigned)WEAK_MAX : (unsigned)REFS_MAX))
        malformed(graph, "too many references of one object");
    (weak ? node->weak : node->strong)[(*n)++] = to;
}

static void read_object(struct graph *graph, char word[WORD_BYTES])
{
    unsigned node = find_node(graph, word);

    while (*next_word(graph, word)) {
        bool weak = !strcmp(word, "~>");
        if (weak || !strcmp(word, "->")) {
            unsigned target = find_node(graph, next_word(graph, word));
            refer(graph, node, target, weak);
            node = target;
        } else if (!strcmp(word, ":")) {
            graph->nodes[node].type = find_type(graph, next_word(graph, word));
        } else {
            read_fact(graph, &graph->nodes[node], word);
        }
    }
}

static void read_type(struct graph *graph, char word[WORD_BYTES])
{
    static const struct {
        const char *name;
        uint32_t flag;
    } facts[] = {
        {"heap", TYPE_HEAP},           {"gc", TYPE_GC},
        {"finalizer", TYPE_FINALIZER}, {"weakref", TYPE_WEAKREF},
        {"opaque", TYPE_OPAQUE},       {"class", TYPE_PYTHON_CLASS},
        {"container", TYPE_CONTAINER}, {"metatype", TYPE_METATYPE},
    };
    struct type *type = &graph->types[find_type(graph, next_word(graph, word))];

    while (*next_word(graph, word)) {
        size_t i = 0;
        if (!strncmp(word, "object=", 7)) {
            type->object = (int)find_node(graph, word + 7);
            continue;
        }
        while (i < sizeof facts / sizeof *facts && strcmp(facts[i].name, word))
            i++;
        if (i == sizeof facts / sizeof *facts)
            malformed(graph, "no such fact of a type");
        type->flags |= facts[i].flag;
    }
}

static void read_graph(struct graph *graph, const char *text)
{
    char word[WORD_BYTES];

    graph->text = graph->at = text;
    find_type(graph, "object");
    for (;;) {
        next_word(graph, word);
        if (!strcmp(word, "type")) {
            read_type(graph, word);
        } else if (!strcmp(word, "root")) {
            while (*next_word(graph, word))
                graph->roots[graph->n_roots++] = find_node(graph, word);
        } else if (*word) {
            read_object(graph, word);
        }
        if (!*graph->at)
            break;
        if (!strchr(",;\n", *graph->at))
            malformed(graph, "a statement does not end");
        graph->at++;
    }
}

/* Numbers the objects as a walk would, and works out their refcounts. */
static void number_nodes(struct graph *graph)
{
    uint32_t n = 0;

    for (unsigned generation = 0; generation <= UNTRACKED; generation++)
        for (unsigned i = 0; i < graph->n_nodes; i++)
            if (graph->nodes[i].generation == generation) {
                graph->order[n] = i;
                graph->nodes[i].number = n++;
            }
    for (unsigned i = 0; i < graph->n_nodes; i++)
        for (unsigned e = 0; e < graph->nodes[i].n_strong; e++) {
            struct node *target = &graph->nodes[graph->nodes[i].strong[e]];
            target->refcount += !target->has_refcount;
        }
}

/* ---- writing the stream ---- */

struct writer {
    struct graph *graph;
    struct fake_cut cut;
    struct records *to;
    struct msg_snap_end totals;
    uint32_t types_sent;

    uint8_t batch[RECORD_BYTES];
    size_t batch_bytes;
    uint32_t batch_count;
    uint64_t last_address;
};

/* Depends on the name alone, as an object's. */
static uint64_t type_address(const char *name)
{
    uint64_t hash = 0;

    for (const char *p = name; *p; p++)
        hash = hash * 131 + (unsigned char)*p;
    return 0x200000000000 + (hash % UINT32_MAX) * 16;
}

static void put_type(struct writer *w, struct type *type)
{
    const char *split = strchr(type->name, '/');
    if (!split)
        split = strrchr(type->name, '.');
    const char *module = split ? type->name : "builtins";
    const char *name = split ? split + 1 : type->name;
    size_t module_bytes = split ? (size_t)(split - type->name) : strlen(module);
    char texts[2 * TYPE_BYTES];

    struct msg_snap_type head = {
        .id = w->types_sent,
        .object = type->object < 0 ? (uint32_t)MSG_NO_INDEX
                                   : w->graph->nodes[(unsigned)type->object].number,
        .flags = type->flags,
        .module_bytes = (uint32_t)module_bytes,
        .name_bytes = (uint32_t)strlen(name),
        .basicsize_bytes = DEFAULT_SIZE,
        .address = type_address(type->name),
    };
    memcpy(texts, module, module_bytes);
    memcpy(texts + module_bytes, name, head.name_bytes);
    records_add(w->to, MSG_SNAP_TYPE, &head, sizeof head, texts, module_bytes + head.name_bytes);
    type->id = w->types_sent++;
    type->is_sent = true;
}

static void flush_batch(struct writer *w)
{
    struct msg_snap_objects head = {(uint32_t)w->totals.objects - w->batch_count, w->batch_count};

    if (w->batch_count)
        records_add(w->to, MSG_SNAP_OBJECTS, &head, sizeof head, w->batch, w->batch_bytes);
    w->batch_bytes = w->batch_count = 0;
    w->last_address = 0;
}

static uint8_t *put_targets(struct writer *w, uint8_t *p, const unsigned *nodes, unsigned n,
                            int64_t last)
{
    for (unsigned i = 0; i < n; i++) {
        int64_t number = w->graph->nodes[nodes[i]].number;
        p = wire_put_signed(p, number - last);
        last = number;
    }
    return p;
}

static void put_more(struct writer *w, const struct node *node, const unsigned *nodes, unsigned n,
                     enum edge_strength strength, bool last_list)
{
    unsigned first = 0;

    do {
        unsigned left = n - first, some = w->cut.more_refs;
        uint8_t bytes[REFS_MAX * WIRE_VARINT_MAX];
        if (!some || some > left)
            some = left;
        struct msg_snap_more head = {node->number, some, strength, last_list && some == left};
        uint8_t *end = put_targets(w, bytes, nodes + first, some, node->number);
        records_add(w->to, MSG_SNAP_MORE, &head, sizeof head, bytes, (size_t)(end - bytes));
        first += some;
    } while (first < n);
}

static void put_object(struct writer *w, const struct node *node)
{
    bool edges = w->cut.flags & SNAPSHOT_EDGES;
    bool more = edges && w->cut.more_above && node->n_strong + node->n_weak > w->cut.more_above;
    uint64_t address = fake_address(node->name);
    struct type *type = &w->graph->types[node->type];

    if (!type->is_sent) {
        flush_batch(w);
        put_type(w, type);
    }
    uint8_t *p = w->batch + w->batch_bytes;
    p = wire_put(p, node->flags | (more ? OBJECT_MORE : 0u));
    p = wire_put(p, type->id);
    p = wire_put_signed(p, (int64_t)(address / 8 - w->last_address / 8));
    p = wire_put(p, node->refcount);
    p = wire_put(p, node->size_bytes);
    if (edges && !more) {
        p = wire_put(p, node->n_strong);
        p = put_targets(w, p, node->strong, node->n_strong, node->number);
        p = wire_put(p, node->n_weak);
        p = put_targets(w, p, node->weak, node->n_weak, node->number);
    }
    w->batch_bytes = (size_t)(p - w->batch);
    w->batch_count++;
    w->last_address = address;
    w->totals.objects++;
    w->totals.shallow_bytes += node->size_bytes;
    w->totals.strong += edges ? node->n_strong : 0;
    w->totals.weak += edges ? node->n_weak : 0;
    if (more || w->batch_count == w->cut.batch_objects || w->batch_bytes > RECORD_BYTES / 2)
        flush_batch(w);
    if (more) {
        put_more(w, node, node->strong, node->n_strong, EDGE_STRONG, !node->n_weak);
        if (node->n_weak)
            put_more(w, node, node->weak, node->n_weak, EDGE_WEAK, true);
    }
}

static void put_lists(struct writer *w)
{
    uint32_t first = 0;

    for (uint32_t generation = 0; generation <= MSG_GEN_PERMANENT; generation++) {
        struct msg_snap_list list = {0, generation, first, 0};
        for (unsigned i = 0; i < w->graph->n_nodes; i++)
            list.count += w->graph->nodes[i].generation == generation;
        records_add(w->to, MSG_SNAP_LIST, &list, sizeof list, NULL, 0);
        first += list.count;
    }
}

static void put_roots(struct writer *w)
{
    static const char texts[] = "main"
                                "app.py";
    const struct msg_snap_thread thread = {0, 0, 1, 1, 0};
    const struct msg_snap_frame frame = {0, (uint32_t)MSG_NO_INDEX, 7, 4, 6, 0};
    const struct msg_snap_held head = {w->graph->n_roots, 0};
    uint8_t bytes[NODES_MAX * (2 * WIRE_VARINT_MAX + 1 + NAME_BYTES)], *p = bytes;

    if (!w->graph->n_roots)
        return;
    for (unsigned i = 0; i < w->graph->n_roots; i++) {
        const struct node *node = &w->graph->nodes[w->graph->roots[i]];
        p = wire_put(wire_put(wire_put(p, node->number), HELD_LOCAL), strlen(node->name));
        memcpy(p, node->name, strlen(node->name));
        p += strlen(node->name);
    }
    records_add(w->to, MSG_SNAP_THREAD, &thread, sizeof thread, NULL, 0);
    records_add(w->to, MSG_SNAP_FRAME, &frame, sizeof frame, texts, 10);
    records_add(w->to, MSG_SNAP_HELD, &head, sizeof head, bytes, (size_t)(p - bytes));
}

static void write_stream(struct writer *w)
{
    struct msg_snap_begin begin = {1, w->cut.flags, 1, 0};

    if (!w->cut.gc.enabled)
        w->cut.gc = (struct msg_snap_gc){.enabled = 1, .thresholds = {700, 10, 10}};
    records_add(w->to, MSG_SNAP_BEGIN, &begin, sizeof begin, NULL, 0);
    records_add(w->to, MSG_SNAP_GC, &w->cut.gc, sizeof w->cut.gc, NULL, 0);
    put_lists(w);
    for (unsigned i = 0; i < w->graph->n_nodes && !(w->cut.flags & SNAPSHOT_COUNTS); i++)
        put_object(w, &w->graph->nodes[w->graph->order[i]]);
    flush_batch(w);
    if (!(w->cut.flags & SNAPSHOT_COUNTS))
        put_roots(w);
    records_add(w->to, MSG_SNAP_END, &w->totals, sizeof w->totals, NULL, 0);
}

/* ---- from outside ---- */

void fake_stream(const char *text, const struct fake_cut *cut, struct records *ret)
{
    struct graph *graph = xalloc(sizeof *graph);
    struct writer *writer = xalloc(sizeof *writer);

    *ret = RECORDS_INIT;
    read_graph(graph, text);
    number_nodes(graph);
    writer->graph = graph;
    writer->to = ret;
    if (cut)
        writer->cut = *cut;
    if (!writer->cut.flags)
        writer->cut.flags = SNAPSHOT_EDGES | SNAPSHOT_SERVE;
    write_stream(writer);
    free(writer);
    free(graph);
}

enum decode_status fake_stream_feed(const struct records *records, const struct snap_sink *sink)
{
    struct snap_decoder *decoder = xalloc(sizeof *decoder);
    enum decode_status status = DECODE_MORE;
    struct record record;
    size_t at = 0;

    snap_decoder_init(decoder);
    while (status == DECODE_MORE && records_next(records->bytes, records->n, &at, &record))
        status = snap_decoder_feed(decoder, record.kind, record.payload, record.bytes, sink);
    if (status == DECODE_BAD)
        fprintf(stderr, "the decoder says: %s\n", decoder->why);
    free(decoder);
    return status;
}

static void must(struct err *err)
{
    char text[256];

    if (!err)
        return;
    fprintf(stderr, "no snapshot: %s\n", err_format(err, text, sizeof text));
    abort();
}

struct snapshot *fake_snapshot_of(const struct records *records)
{
    struct builder *builder = NULL;
    struct snapshot *snapshot = NULL;

    must(builder_create(&builder));
    if (fake_stream_feed(records, builder_sink(builder)) != DECODE_DONE)
        must(err_new(ERR_INTERNAL, NULL, "the stream did not end well"));
    must(builder_finish(builder, &snapshot));
    builder_destroy(builder);
    return snapshot;
}

struct snapshot *fake_snapshot_cut(const char *graph, const struct fake_cut *cut)
{
    struct records records;

    fake_stream(graph, cut, &records);
    struct snapshot *snapshot = fake_snapshot_of(&records);
    records_deinit(&records);
    return snapshot;
}

struct snapshot *fake_snapshot(const char *graph)
{
    return fake_snapshot_cut(graph, NULL);
}
