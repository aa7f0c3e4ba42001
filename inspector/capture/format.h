/*
 * A capture file: the record stream of a snapshot, the names and values of its objects, and, if wanted, its arrays
 * as they lie in memory.
 *
 *      ┌────────┬────────┬────────┬───┬──────────┬──────────┬───┬───────────┬─────────┐
 *      │ header │ block  │ block  │ … │ section  │ section  │ … │ index     │ trailer │
 *      │ 4 KiB  │ zstd   │ zstd   │   │ as it is │ as it is │   │ 48 B each │ 32 B    │
 *      └────────┴────────┴────────┴───┴──────────┴──────────┴───┴───────────┴─────────┘
 *                                     └ at multiples of 4 KiB, for mmap
 *
 * Numbers are little-endian. Header, index, and each block and section (its bytes in the file) have an XXH64. The
 * trailer is written last and found from the end: a file that was cut short has none.
 *
 * BUMP CAPTURE_VERSION when anything here changes, or a record or answer in proto/msg.h that files hold (SNAP_*,
 * the pieces of ANS_VALUES and ANS_NAMES).
 */
#pragma once

#include <stdint.h>

#define CAPTURE_MAGIC     "\x89ouro\r\n\x1a"
#define CAPTURE_END_MAGIC "ouroEND\n"

enum {
    CAPTURE_VERSION = 1,
    CAPTURE_MAGIC_BYTES = 8,
    CAPTURE_HEADER_BYTES = 4096,
    CAPTURE_ALIGN = 4096,
    CAPTURE_BLOCK_BYTES = 128 << 10, /* of a block before it is compressed, about … */
    CAPTURE_BLOCK_MAX = 1 << 20,     /* … and never more than this */
    CAPTURE_RECORD_MAX = CAPTURE_BLOCK_MAX / 2,
    CAPTURE_OPAQUE_MAX = 16,
    CAPTURE_VALUE_BYTES = 1024, /* of a value's text that a capture keeps */
};

enum capture_flags {
    CAPTURE_REDACTED = 1 << 0,
    CAPTURE_ARRAYS = 1 << 1,  /* objects and references stand in sections, not in the stream */
    CAPTURE_DETAILS = 1 << 2, /* names of references, and values unless redacted */
};

/* What is known of a capture as a whole. Texts are terminated. */
struct capture_header {
    char magic[CAPTURE_MAGIC_BYTES];
    uint32_t version;
    uint32_t flags; /* enum capture_flags */
    int32_t pid;
    uint32_t python_hex;
    uint64_t created_ns; /* since 1970 */
    uint64_t objects;
    uint64_t strong; /* references, parallel ones counted */
    uint64_t weak;
    uint64_t wait_ns; /* as in struct snapshot_info */
    uint64_t pause_ns;
    uint64_t total_ns;
    uint32_t opaque_count;
    uint32_t reserved;
    char python[128]; /* Py_GetVersion() */
    char ouro[32];    /* the version that wrote the file */
    char command[256];
    char opaque[CAPTURE_OPAQUE_MAX][128]; /* names of types that were left alone */
    char unused[1536];
    uint64_t checksum; /* of all before it */
};

_Static_assert(sizeof(struct capture_header) == CAPTURE_HEADER_BYTES, "the header is a page");

enum capture_kind {
    /* blocks, in the order of their contents */
    CAPTURE_RECORDS = 1, /* u16 kind, u32 payload bytes, payload; not aligned */
    CAPTURE_VALUES = 2,  /* as after msg_ans_values, by object, ascending */
    CAPTURE_NAMES = 3,   /* pieces as after msg_ans_names, by object and ordinal, ascending */
    /* sections: arrays of snapshot.h */
    CAPTURE_ADDRESS = 16,
    CAPTURE_TYPE,
    CAPTURE_REFCOUNT,
    CAPTURE_SHALLOW,
    CAPTURE_OBJECT_FLAGS,
    CAPTURE_OFFSET,
    CAPTURE_TARGET,
    CAPTURE_REV_OFFSET,
    CAPTURE_HOLDER,
    CAPTURE_WEAK,
    CAPTURE_LARGE,
    CAPTURE_KINDS_END,
};

struct capture_entry {
    uint32_t kind;   /* enum capture_kind */
    uint32_t first;  /* of values and names: object … */
    uint32_t second; /* … and of names: ordinal, that the block begins with; else 0 */
    uint32_t zero;
    uint64_t offset;
    uint64_t bytes;     /* in the file */
    uint64_t raw_bytes; /* not compressed */
    uint64_t checksum;  /* of its bytes in the file */
};

struct capture_trailer {
    uint64_t index_offset;
    uint64_t entries;
    uint64_t index_checksum;
    char magic[CAPTURE_MAGIC_BYTES];
};

_Static_assert(sizeof(struct capture_entry) == 48 && sizeof(struct capture_trailer) == 32,
               "as drawn");
