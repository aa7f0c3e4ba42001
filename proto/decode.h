/*
 * The border: records that came from a target or a file, checked once.
 *
 * Nothing that passed here needs another check: kinds and lengths fit, texts lie inside their
 * record, object and type numbers are dense and in order, references point to objects that exist.
 * What does not fit is refused with a reason; the connection or file is then given up, nothing is
 * repaired or guessed.
 *
 * No allocation, no libc calls but mem*. One thread per decoder. Fuzzed by
 * tests/fuzz/fuzz_decode.c.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/msg.h"
#include "proto/wire.h"

/* A text inside the record it came with: not terminated, any bytes. */
struct decoded_text {
    const char *bytes;
    uint32_t len;
};

/*
 * The fixed part of a record of `kind` (any kind): copies it to `to`. False if the payload is
 * shorter than it, or `to_bytes` is not the size of that kind's struct.
 */
bool decode_fixed(uint16_t kind, const void *payload, uint32_t bytes, void *to, uint32_t to_bytes);

/* ---- requests, as the agent reads them; events ---- */

/* False: not such a record, or one that asks for what there is not. */
bool decode_follow(const void *payload, uint32_t bytes, struct msg_req_follow *ret);
bool decode_set(const void *payload, uint32_t bytes, struct msg_req_set *ret);
/* False: not such a record, or of a generation or a time that cannot be. */
bool decode_event(const void *payload, uint32_t bytes, struct msg_event_collection *ret);

/* ---- a snapshot, record by record ---- */

struct snap_type {
    struct msg_snap_type fixed;
    struct decoded_text module; /* may be empty */
    struct decoded_text name;
};

struct snap_object {
    uint64_t address;
    uint64_t refcount;
    uint64_t shallow_bytes;
    uint32_t index;
    uint32_t type;
    uint8_t flags; /* enum object_flags */
};

struct snap_frame {
    struct msg_snap_frame fixed;
    struct decoded_text function;
    struct decoded_text file;
};

struct snap_held {
    uint32_t object;
    enum held_kind kind;
    struct decoded_text name;
};

struct snap_static {
    enum static_kind kind;
    uint32_t thread;
    uint32_t object;
    uint64_t address; /* of the place */
    struct decoded_text path;
};

struct snap_pair { /* a weak reference */
    uint32_t holder;
    uint32_t target;
};

struct snap_large { /* a size of 4 GiB or more */
    uint32_t object;
    uint64_t bytes;
};

/*
 * All objects and strong references at once, as arrays that were checked (inspector/capture): what model/snapshot.h
 * says of each. They stay as long as their owner: who keeps them retains it, and releases it.
 */
struct snap_arrays {
    uint32_t objects, strong, n_weak, n_large;
    const uint64_t *address;
    const uint32_t *type, *refcount, *shallow;
    const uint8_t *flags;
    const uint32_t *offset, *target, *rev_offset, *holder;
    const struct snap_pair *weak;
    const struct snap_large *large;
    const uint64_t *type_count,
        *type_bytes; /* by type; during the call only. Large sizes are not in them */
    void *owner;
    void (*retain)(void *owner);
    void (*release)(void *owner);
};

/*
 * Receives a snapshot. Calls come in this order:
 *
 *      begin, { gc, list* }*, { type | object, edges* }*, { thread, { frame, held* }* }*, place*, visits*, end
 *
 * With SNAPSHOT_APART no object comes, but arrays() just before end().
 *
 * A type comes before its first object. Texts and arrays are valid during the call only. A member
 * returns false to stop (memory ran out): feeding then returns DECODE_STOPPED.
 */
struct snap_sink {
    bool (*begin)(void *ctx, const struct msg_snap_begin *begin);
    bool (*gc)(void *ctx, const struct msg_snap_gc *gc);
    bool (*list)(void *ctx, const struct msg_snap_list *list);
    bool (*type)(void *ctx, const struct snap_type *type);
    bool (*object)(void *ctx, const struct snap_object *object);
    /* References of the last object; may come in several calls, strong ones first. */
    bool (*edges)(void *ctx, const uint32_t *targets, uint32_t count, enum edge_strength strength);
    bool (*thread)(void *ctx, const struct msg_snap_thread *thread,
                   const struct decoded_text *name);
    bool (*frame)(void *ctx, const struct snap_frame *frame);
    bool (*held)(void *ctx, const struct snap_held *held); /* by the last frame */
    bool (*place)(void *ctx, const struct snap_static *place);
    /* `second`: an ordinal, which may be out of range, or a target; see enum visits_kind. */
    bool (*visits)(void *ctx, enum visits_kind kind, uint32_t holder, uint32_t second);
    bool (*arrays)(void *ctx, const struct snap_arrays *arrays); /* NULL: such files are refused */
    bool (*end)(void *ctx, const struct msg_snap_end *end);
    void *ctx;
};

enum decode_status {
    DECODE_MORE,    /* fine, go on feeding */
    DECODE_DONE,    /* end() was called */
    DECODE_FAILED,  /* the copy gave up, see decoder->failure */
    DECODE_STOPPED, /* the sink said stop */
    DECODE_BAD,     /* the record is wrong, see decoder->why */
};

enum { DECODE_CHUNK = 2048, DECODE_FAILURE_BYTES = 256 };

struct snap_decoder {
    const char *why;                    /* after DECODE_BAD: static text */
    enum snap_failure failure_code;     /* after DECODE_FAILED … */
    char failure[DECODE_FAILURE_BYTES]; /* … and the copy's words, terminated, any bytes */
    uint32_t objects;                   /* decoded so far */
    uint32_t types;
    uint64_t strong; /* references decoded so far */
    uint64_t weak;
    bool from_file; /* set after init: SNAPSHOT_APART is allowed */

    /* private */
    enum decode_status status;
    bool begun;
    unsigned part; /* of the order above, the one reached */
    uint32_t collectors;
    uint32_t threads;
    bool in_frame, frame_has_object;
    bool more_pending; /* the last object's references are still coming */
    bool more_weak;    /* … and the weak ones have begun */
    uint32_t flags;
    uint64_t need; /* 1 + the largest object number mentioned */
    uint64_t shallow_bytes;
    uint32_t chunk[DECODE_CHUNK];
};

void snap_decoder_init(struct snap_decoder *decoder);
/*
 * One record. After anything but DECODE_MORE the decoder is finished: it says the same again to
 * whatever else it is fed, and calls nobody.
 */
enum decode_status snap_decoder_feed(struct snap_decoder *decoder, uint16_t kind,
                                     const void *payload, uint32_t bytes,
                                     const struct snap_sink *sink);

/* ---- answers ---- */

struct decoded_value {
    uint32_t index;
    enum value_kind kind;
    uint64_t size;
    struct decoded_text text;
    struct decoded_text detail;
};

struct decoded_edge {
    uint32_t ordinal;
    uint32_t target;
    enum edge_strength strength;
    struct decoded_text name;
};

/*
 * Walks an answer:  struct wire_reader r; struct msg_ans_values head;
 *      if (!decode_values(payload, bytes, &head, &r)) refuse;
 *      for (i = 0; i < head.count; i++) if (!decode_value(&r, &value)) refuse;
 */
bool decode_values(const void *payload, uint32_t bytes, struct msg_ans_values *head,
                   struct wire_reader *ret);
bool decode_value(struct wire_reader *r, struct decoded_value *ret);
bool decode_edges(const void *payload, uint32_t bytes, struct msg_ans_edges *head,
                  struct wire_reader *ret);
bool decode_edge(struct wire_reader *r, struct decoded_edge *ret);
bool decode_hashes(const void *payload, uint32_t bytes, struct msg_ans_hashes *head,
                   struct wire_reader *ret);
bool decode_hash(struct wire_reader *r, uint32_t *index, uint64_t *hash);

/* Names of references [first, first + count) of one object, which follow, and what else is told of it. */
struct decoded_names {
    uint32_t object;
    uint32_t first;
    uint32_t count;
    uint64_t inline_bytes;
    uint64_t weakref_count;
};

/*
 * As above:  for (i = 0; i < head.count; i++) {
 *              if (!decode_names_piece(&r, &piece)) refuse;
 *              for (k = 0; k < piece.count; k++) if (!decode_name(&r, &text)) refuse;
 *      }
 */
bool decode_names(const void *payload, uint32_t bytes, struct msg_ans_names *head,
                  struct wire_reader *ret);
bool decode_names_piece(struct wire_reader *r, struct decoded_names *ret);
bool decode_name(struct wire_reader *r, struct decoded_text *ret);
