/*
 * A capture file of a made-up heap, for golden screens: the same bytes each time.
 *
 *      make_heap FILE
 *
 * A cache that keeps sessions, a tree of nodes that know their parents, an order and its items as garbage. What a frozen
 * copy would answer is made from the types and from the names in the graph.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/model/save.h"
#include "tests/support/fake_stream.h"

enum { NAMES_MAX = 64, NAME_BYTES = 40 };

static const char graph[] =
    "type app.Order class finalizer\n"
    "type app.Item class\ntype app.Node class\n"
    "app : dict size=232 -> cache : dict size=640 -> k1 : app.Session size=48 -> d1 : dict size=104"
    " -> big1 : bytearray size=4194304\n"
    "cache -> k2 : app.Session size=48 -> d2 : dict size=104 -> big2 : bytearray size=1048576\n"
    "cache -> k3 : app.Session size=48 -> d3 : dict size=104, d1 -> shared : str size=90, d2 -> "
    "shared\n"
    "app -> tree : app.Node size=56 -> kids : list size=72 -> left : app.Node size=56 -> tree\n"
    "kids -> right : app.Node size=56 -> tree, kids gen=1, left gen=1, right gen=1\n"
    "app -> handler : function size=152 -> cells : tuple size=48 -> cell : cell size=40"
    " -> buffer : bytes size=65536\n"
    "order : app.Order size=56 -> items : list size=72 -> item : app.Item size=56 -> order\n"
    "items -> item2 : app.Item size=56 -> order\n"
    "cext : object size=16 +2\n"
    "cache gen=2, app gen=2, k1 gen=2, k2 gen=2, k3 gen=2\n"
    "big1 untracked, big2 untracked, shared untracked, buffer untracked\n"
    "app +1, root app\n";

static struct snapshot *heap;

static struct decoded_text text(const char *bytes)
{
    return (struct decoded_text){bytes, (uint32_t)strlen(bytes)};
}

/* What a Python programmer would write for a reference of this holder. */
static const char *edge_name(uint32_t holder, uint32_t ordinal, char buf[NAME_BYTES])
{
    uint32_t target = heap->strong.object[heap->strong.offset[holder] + ordinal];
    const char *type = snapshot_type_of(heap, holder)->name;
    char name[16];

    fake_name(heap, target, name);
    if (!strcmp(type, "builtins.dict"))
        snprintf(buf, NAME_BYTES, "['%s']", name);
    else if (!strcmp(type, "builtins.list"))
        snprintf(buf, NAME_BYTES, "[%u]", ordinal);
    else if (!strcmp(type, "app.Node") && !strcmp(name, "tree"))
        snprintf(buf, NAME_BYTES, ".parent");
    else
        snprintf(buf, NAME_BYTES, ".%s", name);
    return buf;
}

/* ---- what a session would answer ---- */

struct err *session_names(struct session *session, uint32_t first, uint32_t count,
                          session_names_fn *names, void *arg, const atomic_bool *cancel)
{
    static char bufs[NAMES_MAX][NAME_BYTES];
    struct decoded_text texts[NAMES_MAX];

    (void)session;
    (void)cancel;
    for (uint32_t i = first; i < first + count; i++) {
        uint32_t n = heap->strong.offset[i + 1] - heap->strong.offset[i];
        for (uint32_t e = 0; e < n && e < NAMES_MAX; e++)
            texts[e] = text(edge_name(i, e, bufs[e]));
        names(&(struct decoded_names){.object = i, .count = n}, texts, arg);
    }
    return NULL;
}

struct err *session_values(struct session *session, const uint32_t *objects, uint32_t n,
                           uint32_t text_max, session_value_fn *value, void *arg,
                           const atomic_bool *cancel)
{
    (void)session;
    (void)text_max;
    (void)cancel;
    for (uint32_t i = 0; i < n; i++) {
        const char *type = snapshot_type_of(heap, objects[i])->name;
        uint32_t holds = heap->strong.offset[objects[i] + 1] - heap->strong.offset[objects[i]];
        struct decoded_value answer = {.index = objects[i], .kind = VALUE_NONE};
        if (!strcmp(type, "builtins.dict") || !strcmp(type, "builtins.list"))
            answer = (struct decoded_value){.index = objects[i], .kind = VALUE_LEN, .size = holds};
        else if (!strcmp(type, "builtins.str"))
            answer = (struct decoded_value){
                .index = objects[i], .kind = VALUE_STR, .size = 4, .text = text("EUR ")};
        value(&answer, arg);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    const struct save_options options = {.force = true,
                                         .ouro = "0.0.0",
                                         .command = "python3 app.py",
                                         .python = "3.11.7 (main)",
                                         .python_hex = 0x030b07f0,
                                         .pid = 4242,
                                         .created_ns = 1700000000000000000};
    const struct snapshot_info info = {
        .pause_ns = 1200000, .wait_ns = 300000, .total_ns = 20000000};
    uint64_t bytes;

    heap = fake_snapshot(graph);
    /* never looked into: what would be asked of it is answered above */
    struct session *session = (struct session *)heap;
    struct err *err = argc == 2
                          ? snapshot_save(heap, &info, session, argv[1], &options, NULL, &bytes)
                          : err_new(ERR_USAGE, NULL, "usage: make_heap FILE");
    if (err)
        fprintf(stderr, "make_heap: %s\n", err->message);
    snapshot_unref(heap);
    return err != NULL;
}
