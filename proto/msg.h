/*
 * The messages: one X-macro line each, then the fixed part of every record.
 *
 * A record in a ring has a kind from this list. Its payload starts with the struct named there;
 * what follows the struct is said beside it. Numbers are little-endian, structs have no padding,
 * texts are UTF-8 with lone surrogates kept (WTF-8), never terminated. The consumer's checks are in
 * decode.c, for every record.
 *
 * BUMP LAYOUT_VERSION (layout.h) when anything here changes; retired numbers stay unused.
 */
#pragma once

#include <stdint.h>

/* name, number, struct */
#define MSG_KINDS(X)                                                                               \
    /* requests: inspector -> agent */                                                             \
    X(REQ_SNAPSHOT, 1, msg_req_snapshot) /* make a frozen copy and walk it */                      \
    X(REQ_COLLECT, 2, msg_req_collect)   /* run the collector, with a copy before and after */     \
    X(REQ_RELEASE, 3, msg_req_release)   /* end the frozen copy */                                 \
    X(REQ_DETACH, 4, msg_req_detach)     /* leave the process */                                   \
    X(REQ_FOLLOW, 5, msg_req_follow)     /* tell every collection, or no more */                   \
    X(REQ_SET, 6, msg_req_set)           /* turn one of the collector's switches */                \
    /* replies: agent -> inspector */                                                              \
    X(REP_SNAPSHOT, 16, msg_rep_snapshot)     /* the copy exists (or why not), what it cost */     \
    X(REP_COLLECT, 17, msg_rep_collect)       /* what the collector returned */                    \
    X(REP_RELEASE, 18, msg_rep_release)       /* the copy is gone */                               \
    X(REP_COPY_ENDED, 19, msg_rep_copy_ended) /* the copy ended by itself */                       \
    X(REP_WALKED, 23, msg_rep_walked)         /* a walk in the process is over */                  \
    X(REP_LOG, 20, msg_rep_log)               /* a line for the inspector's log; text follows */   \
    X(REP_FOLLOW, 21, msg_rep_follow)         /* following has begun, or what it came to */        \
    X(REP_SET, 22, msg_rep_set)               /* what was, and what is */                          \
    /* events: the thread that collects -> inspector */                                            \
    X(EVENT_COLLECTION, 24, msg_event_collection)                                                  \
    /* snapshot: frozen copy -> inspector, in this order */                                        \
    X(SNAP_BEGIN, 32, msg_snap_begin) /* first record of a snapshot */                             \
    X(SNAP_GC, 33, msg_snap_gc)       /* the collector's state, once per interpreter */            \
    X(SNAP_LIST, 34, msg_snap_list)   /* objects [first, first+count) are in that generation */    \
    X(SNAP_TYPE, 35, msg_snap_type)   /* a type, before its first object; two texts follow */      \
    X(SNAP_OBJECTS, 36, msg_snap_objects) /* a batch of objects with their references */           \
    X(SNAP_MORE, 40, msg_snap_more)       /* further references of the last object */              \
    X(SNAP_THREAD, 41, msg_snap_thread)   /* a thread of the target */                             \
    X(SNAP_FRAME, 42, msg_snap_frame)     /* a running frame of it, innermost first */             \
    X(SNAP_HELD, 43, msg_snap_held)       /* what that frame holds */                              \
    X(SNAP_STATIC, 44, msg_snap_static)   /* places outside of the heap that point to objects */   \
    X(SNAP_VISITS, 45, msg_snap_visits)   /* where tp_traverse and the references differ */        \
    X(SNAP_END, 38, msg_snap_end)         /* totals; nothing follows */                            \
    X(SNAP_FAILED, 39, msg_snap_failed)   /* instead of the rest; a text follows */                \
    /* questions: inspector -> frozen copy, and their answers */                                   \
    X(ASK_VALUES, 48, msg_ask_values) /* previews of objects; u32 indexes follow */                \
    X(ASK_EDGES, 49, msg_ask_edges)   /* names of an object's references */                        \
    X(ASK_SIZES, 50, msg_ask_sizes)   /* how an object's shallow size is made up */                \
    X(ASK_NAMES, 51, msg_ask_names)   /* names of all references of a range of objects */          \
    X(ASK_HASHES, 52, msg_ask_hashes) /* of the contents of strings; u32 indexes follow */         \
    X(ANS_VALUES, 64, msg_ans_values) /* some or all of the previews */                            \
    X(ANS_EDGES, 65, msg_ans_edges)   /* some or all of the names */                               \
    X(ANS_SIZES, 66, msg_ans_sizes)                                                                \
    X(ANS_NAMES, 67, msg_ans_names)   /* some or all of them */                                    \
    X(ANS_HASHES, 68, msg_ans_hashes) /* some or all of the hashes */

enum msg_kind {
#define X(name, number, type) MSG_##name = number,
    MSG_KINDS(X)
#undef X
};

enum {
    MSG_BATCH_BYTES = 48 << 10, /* payload of one SNAP_OBJECTS record, about */
    MSG_TEXT_MAX = 4096,        /* bytes of a type's module or qualname, a log line, an edge name */
    MSG_NAME_MAX = 512,         /* bytes of a thread's, function's, file's, variable's name */
    MSG_VALUE_TEXT_MAX = 4096,  /* bytes of one preview's text */
    MSG_ASK_VALUES_MAX = 1024,  /* objects in one ASK_VALUES */
    MSG_OPAQUE_MAX = 64,        /* types that a walk may be told not to look into */
    MSG_NO_INDEX = -1,          /* as u32: no such object */
};

/* ---- requests ---- */

enum snapshot_flags {
    SNAPSHOT_EDGES = 1 << 0,  /* stream references too */
    SNAPSHOT_SERVE = 1 << 1,  /* stay and answer questions */
    SNAPSHOT_COUNTS = 1 << 2, /* only SNAP_GC and SNAP_LIST: no objects */
    SNAPSHOT_APART = 1 << 3,  /* in files only: objects and references stand beside the stream */
    SNAPSHOT_HERE = 1 << 4,   /* in requests only: walk in the process, not in a copy */
};

/* u64 addresses of `opaque_count` types follow: their instances' references are not looked at. */
struct msg_req_snapshot {
    uint32_t id;           /* of the request, echoed in the reply */
    uint32_t flags;        /* enum snapshot_flags */
    uint32_t idle_limit_s; /* the copy ends after so long without a question */
    uint32_t opaque_count;
};

struct msg_req_collect {
    uint32_t id;
    int32_t generation;   /* 0, 1, 2 */
    uint32_t after_flags; /* enum snapshot_flags of the copy made after; the one before has
                             SNAPSHOT_EDGES */
    uint32_t idle_limit_s;
};

struct msg_req_release {
    uint32_t id;
};

struct msg_req_detach {
    uint32_t id;
};

struct msg_req_follow {
    uint32_t id;
    uint32_t on; /* 1: begin, counting from 0; 0: end */
};

enum set_what {
    SET_ENABLED,     /* values[0]: 0, 1: automatic collection */
    SET_THRESHOLDS,  /* values: of the generations, at most SET_THRESHOLD_MAX */
    SET_FROZEN,      /* values[0]: 0 unfreeze, 1 freeze */
    SET_DEBUG,       /* values[0]: gc.DEBUG_…, at most SET_DEBUG_MAX */
    SET_TRACEMALLOC, /* values[0]: 0 stop, else frames of a traceback, at most SET_FRAMES_MAX */
    SET_KINDS,
};

enum { SET_THRESHOLD_MAX = 1 << 30, SET_DEBUG_MAX = 63, SET_FRAMES_MAX = 65535 };

struct msg_req_set {
    uint32_t id;
    uint32_t what; /* enum set_what */
    int32_t values[3];
    uint32_t reserved;
};

/* ---- replies ---- */

enum msg_status {
    MSG_OK = 0,
    MSG_ERRNO = 1,        /* `sys_errno` says what the kernel refused */
    MSG_FINALIZING = 2,   /* the interpreter is shutting down */
    MSG_BAD_REQUEST = 3,  /* not understood: a bug in the inspector */
    MSG_PYTHON_ERROR = 4, /* the collector could not be called */
    MSG_LAYOUT = 5,       /* the collector's state was not found */
};

struct msg_rep_snapshot {
    uint32_t id;
    uint32_t status; /* enum msg_status */
    int32_t sys_errno;
    int32_t copy_pid;  /* in the target's PID namespace */
    uint64_t wait_ns;  /* from asking for the interpreter lock to having it */
    uint64_t pause_ns; /* the lock was held that long: the target stood still */
};

struct msg_rep_collect {
    uint32_t id;
    uint32_t status;
    int32_t sys_errno;
    int32_t generation;
    int64_t collected; /* what gc.collect() returned */
    uint64_t wait_ns;
    uint64_t pause_ns;  /* of the collection alone */
    uint64_t held_ns;   /* with the two copies */
    uint32_t before_id; /* ids of the two snapshots in the snapshot ring */
    uint32_t after_id;
};

struct msg_rep_release {
    uint32_t id;
    uint32_t reserved;
};

struct msg_rep_copy_ended {
    uint32_t snapshot_id;
    int32_t wait_status; /* as wait4(2) gives it */
    uint64_t type;       /* what it was looking at when it crashed, else 0 */
    uint64_t object;
};

/* After a SNAPSHOT_HERE: REP_SNAPSHOT says that the lock is held, then comes the stream, then this. */
struct msg_rep_walked {
    uint32_t id;
    uint32_t status;   /* enum msg_status; MSG_ERRNO: the stream was not read, and is not whole */
    uint64_t pause_ns; /* the interpreter lock was held that long */
};

struct msg_rep_follow {
    uint32_t id;
    uint32_t status;
    uint64_t seen; /* collections since following began; `lost` of them found no room in the ring */
    uint64_t lost;
    uint64_t wait_ns;
    uint64_t held_ns; /* of the interpreter lock */
};

/* As `values` of the request; of SET_FROZEN the first is how many objects are frozen. */
struct msg_rep_set {
    uint32_t id;
    uint32_t status;
    int64_t before[3];
    int64_t after[3];
    uint64_t wait_ns;
    uint64_t held_ns;
};

enum msg_log_level { MSG_LOG_INFO, MSG_LOG_WARNING, MSG_LOG_ERROR };

struct msg_rep_log {
    uint32_t level; /* enum msg_log_level */
    uint32_t reserved;
};

/* ---- events ---- */

enum event_trigger {
    TRIGGER_UNKNOWN,
    TRIGGER_THRESHOLD, /* the youngest generation was over its threshold: automatic */
    TRIGGER_CALL,      /* it was not: somebody called gc.collect() */
    TRIGGERS,
};

/* One collection, after its end. Whoever has no room for it counts on: a gap of `number` is what was lost. */
struct msg_event_collection {
    uint64_t number;   /* from 0, of this following */
    uint64_t start_ns; /* CLOCK_MONOTONIC */
    uint64_t pause_ns;
    int64_t collected;
    int64_t uncollectable;
    uint32_t generation; /* 0, 1, 2 */
    uint32_t trigger;    /* enum event_trigger */
};

/* ---- snapshot ---- */

struct msg_snap_begin {
    uint32_t id;
    uint32_t flags; /* enum snapshot_flags */
    uint32_t interpreters;
    uint32_t tracemalloc; /* 1: it is tracing */
};

struct msg_snap_gc {
    uint32_t interpreter; /* 0 is the main one */
    uint32_t enabled;
    int32_t thresholds[3];
    int32_t counts[3];
    int32_t debug;
    uint32_t collecting;    /* a collection was under way when the copy was made */
    uint64_t garbage_count; /* len(gc.garbage) */
    uint64_t garbage;       /* its address; 0: there is none yet */
    struct {
        uint64_t collections;
        uint64_t collected;
        uint64_t uncollectable;
    } generations[3];
};

enum msg_generation { MSG_GEN_PERMANENT = 3 };

struct msg_snap_list {
    uint32_t interpreter;
    uint32_t generation; /* 0, 1, 2, MSG_GEN_PERMANENT */
    uint32_t first;
    uint32_t count;
};

enum type_flags {
    TYPE_HEAP = 1 << 0,         /* a Py_TPFLAGS_HEAPTYPE */
    TYPE_GC = 1 << 1,           /* instances can be tracked */
    TYPE_FINALIZER = 1 << 2,    /* has __del__ or another tp_finalize */
    TYPE_WEAKREF = 1 << 3,      /* is weakref.ref or a proxy, or derived from one */
    TYPE_OPAQUE = 1 << 4,       /* references of instances were not looked at */
    TYPE_PYTHON_CLASS = 1 << 5, /* made by a class statement (has a __dict__ with __module__) */
    /* list, tuple, dict, set, frozenset or derived: what other objects keep things in */
    TYPE_CONTAINER = 1 << 6,
    TYPE_METATYPE = 1 << 7,  /* type or derived: instances are classes */
    TYPE_REFERABLE = 1 << 8, /* there can be weak references to instances */
    TYPE_DEL = 1 << 9,       /* its finalizer is a __del__ that is written in Python */
    TYPE_LEGACY = 1 << 10,   /* has a tp_del: the collector cannot free a cycle with instances */
    TYPE_RESOURCE = 1 << 11, /* instances have a descriptor, or are locks: see VALUE_PREVIEW */
};

/* Then module text and qualname text, `module_bytes` and `name_bytes` long. */
struct msg_snap_type {
    uint32_t id;           /* dense, in order */
    uint32_t object;       /* index of the type itself, MSG_NO_INDEX if it is not in the graph */
    uint32_t flags;        /* enum type_flags */
    uint32_t module_bytes; /* <= MSG_TEXT_MAX */
    uint32_t name_bytes;   /* <= MSG_TEXT_MAX, > 0 */
    uint32_t basicsize_bytes;
    uint64_t address;
};

enum edge_strength { EDGE_STRONG, EDGE_WEAK };

enum object_flags {
    OBJECT_TRACKED = 1 << 0,
    OBJECT_FINALIZED = 1 << 1, /* its finalizer ran */
    OBJECT_IMMORTAL = 1 << 2,  /* its refcount is a constant */
    OBJECT_MORE = 1 << 3,      /* its references come in SNAP_MORE records, none are here */
};

/*
 * A batch of objects in index order. Then, for each of `count` objects (numbers are varints):
 *      flags (enum object_flags), type id, address less the last one's divided by 8 (signed),
 *      refcount, shallow bytes
 *   and with SNAPSHOT_EDGES, unless OBJECT_MORE:
 *      number of strong references, their targets, number of weak ones, their targets.
 * A target is an index less the one before it (signed), the first less the object's own index. The
 * first object's address of a batch counts from 0. An object with OBJECT_MORE is the last of its
 * batch.
 */
struct msg_snap_objects {
    uint32_t first;
    uint32_t count;
};

/* Then `count` targets, as above; the first less the object's own index. */
struct msg_snap_more {
    uint32_t object;
    uint32_t count;
    uint32_t strength; /* enum edge_strength; the strong ones come first */
    uint32_t last;     /* 1: these were all */
};

/* Then its name, as the threading module knows it; empty if it does not. */
struct msg_snap_thread {
    uint32_t id;          /* dense, in order; the main thread of an interpreter is its last */
    uint32_t interpreter; /* 0 is the main one */
    uint64_t ident;       /* threading.get_ident() */
    uint32_t native_id;   /* in the target's PID namespace; 0: not known (until 3.10) */
    uint32_t name_bytes;  /* <= MSG_NAME_MAX */
};

/*
 * Then the texts of function and file. What it holds comes in SNAP_HELD records. With an `object` (a frame
 * object until 3.10, a generator that runs) these are references of that object, and are among its
 * references already, all but HELD_SELF.
 */
struct msg_snap_frame {
    uint32_t thread;
    uint32_t object;         /* index or MSG_NO_INDEX */
    uint32_t line;           /* 0: not known */
    uint32_t function_bytes; /* <= MSG_NAME_MAX */
    uint32_t file_bytes;     /* <= MSG_NAME_MAX */
    uint32_t reserved;
};

enum held_kind {
    HELD_LOCAL, /* a variable, with a name */
    HELD_TEMPORARY,
    HELD_FUNCTION,
    HELD_CODE,
    HELD_NAMESPACE,    /* f_locals of a module or class body */
    HELD_FRAME_OBJECT, /* the frame as an object, made by somebody who asked for it */
    HELD_SELF,         /* the frame's `object` itself: its caller holds it */
    HELD_KINDS,
};

/* Then for each of `count`: varints index and kind, and a counted text: the variable's name. */
struct msg_snap_held {
    uint32_t count;
    uint32_t reserved;
};

enum static_kind {
    STATIC_LIBRARY,     /* static data of the program or of a library */
    STATIC_INTERPRETER, /* the interpreter's own structure, where it is not static */
    STATIC_THREAD,      /* a thread's structure: its exception, its context … */
    STATIC_MODULES,     /* not a place: says which object sys.modules is */
    STATIC_KINDS,
};

/*
 * Places that hold the address of an object; not every one owns a reference. First the path of the file
 * that the data belongs to (STATIC_LIBRARY, else empty), then for each of `count` two varints: index, and
 * the place's address less `base` divided by 8.
 */
struct msg_snap_static {
    uint32_t kind;   /* enum static_kind */
    uint32_t thread; /* STATIC_THREAD: of which */
    uint32_t count;
    uint32_t path_bytes; /* <= MSG_NAME_MAX */
    uint64_t base;
};

enum visits_kind {
    VISITS_NOT,  /* (holder, ordinal of a strong reference) that tp_traverse does not visit */
    VISITS_ALSO, /* (holder, target) that it visits although there is no such reference */
    VISITS_KINDS,
};

/*
 * The collector computes with what tp_traverse visits. Where this is not the references that were sent, between
 * objects that it tracks: `count` pairs of varints.
 */
struct msg_snap_visits {
    uint32_t kind; /* enum visits_kind */
    uint32_t count;
};

struct msg_snap_end {
    uint64_t objects;
    uint64_t strong; /* references, parallel ones counted */
    uint64_t weak;
    uint64_t shallow_bytes;
    uint64_t walk_ns;
};

enum snap_failure {
    SNAP_FAIL_LAYOUT = 1,   /* self-check: the interpreter is not laid out as we know it */
    SNAP_FAIL_MEMORY = 2,   /* no memory for the walk */
    SNAP_FAIL_TOO_MANY = 3, /* more than 2^32 - 2 objects */
};

/* Then a text of at most MSG_TEXT_MAX bytes. */
struct msg_snap_failed {
    uint32_t code; /* enum snap_failure */
    uint32_t reserved;
};

/* ---- questions and answers ---- */

/* Every question and answer starts so. */
struct msg_ask {
    uint32_t id;       /* of the question, echoed */
    uint32_t snapshot; /* a copy ignores questions about another snapshot */
};

struct msg_ask_values {
    struct msg_ask ask;
    uint32_t count;    /* 1 … MSG_ASK_VALUES_MAX indexes follow */
    uint32_t text_max; /* clip texts to so many bytes */
};

enum value_kind {
    VALUE_NONE,    /* nothing to say without running code */
    VALUE_STR,     /* text: its text, `size` characters in all */
    VALUE_BYTES,   /* text: raw bytes, `size` in all */
    VALUE_INT,     /* text: decimal digits with sign; or empty when too large, `size` bits in all */
    VALUE_FLOAT,   /* text: 8 bytes, IEEE 754 little-endian */
    VALUE_COMPLEX, /* text: 16 bytes */
    VALUE_CONSTANT, /* text: None, True, False, Ellipsis, NotImplemented */
    VALUE_LEN,      /* `size` members; text: the first of them, as VALUE_PREVIEW; may be empty */
    VALUE_NAME,     /* text: the name of a function, class, module, descriptor */
    VALUE_PLACE,    /* text: name; detail: file; size: line */
    VALUE_TEXT,     /* text: shown as it is */
    /* text: what Python would write, but for the marks below; size: of what has a descriptor (io.FileIO, socket,
     * epoll, mmap) its number + 1, of a lock how often it is held; else 0 */
    VALUE_PREVIEW,
};

/* Floats inside a preview: a mark, then 16 or 32 hexadecimal digits, the bytes of VALUE_FLOAT or
 * VALUE_COMPLEX. Texts in a preview have no such characters: those are escaped. */
enum { VALUE_MARK_DOUBLE = 1, VALUE_MARK_COMPLEX = 2 };

struct msg_ans_values {
    struct msg_ask ask;
    uint32_t
        count; /* previews here: varints index, kind, size, then two counted texts: text, detail */
    uint32_t last; /* 1: this was the last answer to the question */
};

struct msg_ask_edges {
    struct msg_ask ask;
    uint32_t holder; /* index */
    uint32_t
        first; /* ordinal of the first reference, in the order of the stream, strong ones first */
    uint32_t count;  /* how many ordinals */
    uint32_t target; /* only references to this object, or MSG_NO_INDEX */
};

struct msg_ans_edges {
    struct msg_ask ask;
    uint32_t
        count; /* then: varints ordinal, target index, strength, and a counted text: the name */
    uint32_t last;
};

struct msg_ask_sizes {
    struct msg_ask ask;
    uint32_t index;
    uint32_t reserved;
};

struct msg_ans_sizes {
    struct msg_ask ask;
    uint64_t getsizeof_bytes; /* what sys.getsizeof() says */
    uint64_t inline_bytes;    /* attribute values that sys.getsizeof() forgets */
    uint64_t weakref_count;   /* weak references to it */
};

/* Of objects [first, first + count). */
struct msg_ask_names {
    struct msg_ask ask;
    uint32_t first;
    uint32_t count;
};

/*
 * Then `count` pieces: varints object, ordinal of its first name here, number of names, inline bytes and
 * weak references (as in msg_ans_sizes), then so many counted texts, in the order of the ordinals. Objects come in
 * order, one with many references in several pieces, one of which there is nothing to tell in none.
 */
struct msg_ans_names {
    struct msg_ask ask;
    uint32_t count;
    uint32_t last;
};

/* For objects whose type is exactly str or bytes; others get no answer. */
struct msg_ask_hashes {
    struct msg_ask ask;
    uint32_t count; /* 1 … MSG_ASK_VALUES_MAX indexes follow */
    uint32_t reserved;
};

/* Equal contents of the same type have equal hashes (proto/hash.h); others have not, but by a chance of 2^-64. */
struct msg_ans_hashes {
    struct msg_ask ask;
    uint32_t count; /* then for each: u32 index, u64 hash */
    uint32_t last;
};
