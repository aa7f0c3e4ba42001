/*
 * Streams of snapshot records made by hand, right or wrong, fed to a decoder whose sink writes down what it is called with.
 *
 *      struct feeder *f = *state;                      with feeder_setup, feeder_teardown as fixture
 *      must_start(f);
 *      put_objects_head(f, 0, 1);
 *      put_object(f, 0, 0, 0x1000);
 *      assert_int_equal(feed(f, MSG_SNAP_OBJECTS), DECODE_MORE);
 *      assert_string_equal(f->log.text, "…");
 *
 * Whatever is named must_… fails the running test when the decoder refuses.
 */
#pragma once

#include <stdlib.h>

#include "proto/decode.h"
#include "tests/support/test.h"

enum { LOG_BYTES = 16384 };

struct sink_log {
    char text[LOG_BYTES];
    size_t used;
    unsigned calls;
    unsigned stop_at; /* the call that says stop, counting from 1; 0: none does */
};

/* A sink that notes its calls in `log`. */
struct snap_sink sink_for(struct sink_log *log);

/* A decoder, the sink's log, and the payload being written. */
struct feeder {
    struct snap_decoder *decoder;
    struct sink_log log;
    uint8_t payload[65536];
    size_t n;
    enum decode_status status; /* of the last record */
};

int feeder_setup(void **state);
int feeder_teardown(void **state);
/* Add to the payload: bytes, a varint, a signed varint. */
void put_bytes(struct feeder *f, const void *bytes, size_t n);
void put(struct feeder *f, uint64_t number);
void put_signed(struct feeder *f, int64_t number);
/* Feeds what was put as a record. The bytes lie in a block of exactly their size, so that a sanitizer
 * sees a read behind them. */
enum decode_status feed(struct feeder *f, uint16_t kind);
#define feed_fixed(f, kind, fixed) (put_bytes((f), &(fixed), sizeof(fixed)), feed((f), (kind)))
void must_begin(struct feeder *f, uint32_t flags);
enum decode_status feed_type(struct feeder *f, uint32_t id, const char *module, const char *name);
void put_objects_head(struct feeder *f, uint32_t first, uint32_t count);
void put_object(struct feeder *f, uint64_t flags, uint64_t type, int64_t address8);
/* The beginning of a stream with one type. */
void must_start(struct feeder *f);
/* One object without references in a batch of its own. */
void must_add(struct feeder *f, uint32_t index, uint64_t flags);
enum decode_status feed_end(struct feeder *f, uint64_t objects, uint64_t strong, uint64_t weak);

/* `feeding` is refused for this reason. The decoder is then as it was before. */
#define assert_bad(f, feeding, reason)                                                             \
    do {                                                                                           \
        struct snap_decoder before_ = *(f)->decoder;                                               \
        assert_int_equal((feeding), DECODE_BAD);                                                   \
        assert_string_equal((f)->decoder->why, (reason));                                          \
        *(f)->decoder = before_;                                                                   \
    } while (0)
