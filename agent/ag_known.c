#include "agent/ag_known.h"

#include "agent/ag_attributes.h"
#include "agent/ag_clock.h"
#include "agent/ag_key.h"
#include "agent/ag_sys.h"

enum {
    ARRAY_ITEMS = 24,
    ARRAY_DESCR = 40, /* char typecode, int bytes of an item */
    DESCR_ITEM_BYTES = 4,
    VIEW_FLAGS = 40, /* memoryview: 1 released */
    VIEW_OWNER = 64, /* Py_buffer from 56 on */
    VIEW_BUF = 56,
    VIEW_LEN = 72,
    VIEW_NDIM = 92,
    VIEW_FORMAT = 96,
    VIEW_SHAPE = 104,
    VIEW_STRIDES = 112,
    DIMENSIONS_MAX = 8,
    MMAP_DATA = 16,
    MMAP_SIZE = 24,
    TEXT_MAX = 60,
    UUID_DIGITS = 32,
};

static struct pyobj *field(struct pyobj *object, int offset)
{
    return AG_FIELD(struct pyobj *, object, offset);
}

/* ---- numbers ---- */

static void put_signed(struct ag_text *text, int64_t n)
{
    ag_put(text, n < 0 ? "-" : "");
    ag_put_decimal(text, n < 0 ? -(uint64_t)n : (uint64_t)n);
}

/* An item of an array or buffer, by its struct code. False for codes that are none of C's numbers. */
static bool put_item(struct ag_text *text, char code, const void *at)
{
    double number;
    float narrow;

    switch (code) {
    case 'b':
        put_signed(text, *(const int8_t *)at);
        return true;
    case 'B':
        ag_put_decimal(text, *(const uint8_t *)at);
        return true;
    case 'h':
        put_signed(text, *(const int16_t *)at);
        return true;
    case 'H':
        ag_put_decimal(text, *(const uint16_t *)at);
        return true;
    case 'i':
        put_signed(text, *(const int32_t *)at);
        return true;
    case 'I':
        ag_put_decimal(text, *(const uint32_t *)at);
        return true;
    case 'l':
    case 'q':
        put_signed(text, *(const int64_t *)at);
        return true;
    case 'L':
    case 'Q':
        ag_put_decimal(text, *(const uint64_t *)at);
        return true;
    case 'f':
        memcpy(&narrow, at, sizeof narrow);
        number = narrow;
        ag_put_double(text, &number);
        return true;
    case 'd':
        ag_put_double(text, at);
        return true;
    default:
        return false;
    }
}

uint64_t ag_array_length(struct pyobj *array)
{
    return AG_FIELD(uint64_t, array, OB_SIZE);
}

/* array('d', [1.0, 2.0]); those of characters by their number */
static void put_array(struct ag_preview *p, struct pyobj *array)
{
    const char *descr = AG_FIELD(const char *, array, ARRAY_DESCR);
    const char *items = AG_FIELD(const char *, array, ARRAY_ITEMS);
    int64_t item_bytes = AG_FIELD(int, descr, DESCR_ITEM_BYTES);
    char code[2] = {*descr};

    ag_preview_type(p, ag_type_of(array));
    ag_put(&p->text, "('");
    ag_put(&p->text, code);
    ag_put(&p->text, "', [");
    if (ag_array_length(array) && ag_preview_open(p, array)) {
        for (uint64_t i = 0; ag_preview_next(p, i, ag_array_length(array));
             i++, items += item_bytes)
            put_item(&p->text, *code == 'u' || *code == 'w' ? 'I' : *code, items);
        ag_preview_close(p);
    }
    ag_put(&p->text, "])");
}

static void put_uuid(struct ag_preview *p, struct pyobj *uuid, const struct ag_type *type)
{
    struct pyobj *number = ag_attribute_find(uuid, type, "int");
    char hex[UUID_DIGITS + 5] = {0};

    ag_preview_type(p, type->object);
    ag_put(&p->text, "('");
    if (number && AG_FIELD(uint64_t, ag_type_of(number), TP_FLAGS) & TPF_LONG_SUBCLASS) {
        struct ag_digits digits = ag_int_digits(number);
        for (unsigned i = 0, at = 0; i < UUID_DIGITS; i++) {
            unsigned bit = (UUID_DIGITS - 1 - i) * 4, four = 0;
            for (unsigned b = 0; b < 4; b++) { /* 30 bits a digit */
                unsigned k = (bit + b) / AG_DIGIT_BITS;
                if (k < digits.n)
                    four |= (digits.at[k] >> (bit + b) % AG_DIGIT_BITS & 1) << b;
            }
            hex[at++] = "0123456789abcdef"[four];
            if (i == 7 || i == 11 || i == 15 || i == 19)
                hex[at++] = '-';
        }
    }
    ag_put(&p->text, hex);
    ag_put(&p->text, "')");
}

/* ---- texts ---- */

/* Bytes of UTF-8, between quotes. */
static void put_bytes_of_text(struct ag_text *text, const char *bytes, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)bytes[i];
        char one[5] = {(char)c};
        if (c < ' ' || c == 0x7f) {
            memcpy(one, "\\x", 2);
            one[2] = "0123456789abcdef"[c >> 4];
            one[3] = "0123456789abcdef"[c & 15];
        } else if (c == '\'' || c == '\\') {
            one[0] = '\\';
            one[1] = (char)c;
        }
        ag_put(text, one);
    }
}

/* The parts of a path that was made from several, joined as os.path.join() does it. */
struct path {
    char text[256];
    uint32_t n;
};

static void join(struct path *path, struct pyobj *part)
{
    char text[sizeof path->text];

    if (!part || !ag_is_str(part))
        return;
    uint32_t n = ag_str_utf8(part, text, sizeof text);
    if (n && *text == '/')
        path->n = 0;
    else if (n && path->n && path->text[path->n - 1] != '/' && path->n < sizeof path->text)
        path->text[path->n++] = '/';
    if (n > sizeof path->text - path->n)
        n = (uint32_t)sizeof path->text - path->n;
    memcpy(path->text + path->n, text, n);
    path->n += n;
}

/* Without what pathlib leaves out: "//", "/./", "/" at the end. */
static void tidy(struct path *path)
{
    uint32_t n = 0, start = 0;
    bool root = path->n && *path->text == '/';

    if (root)
        n = 1;
    for (uint32_t i = 0; i <= path->n; i++) {
        if (i < path->n && path->text[i] != '/')
            continue;
        uint32_t length = i - start;
        if (length && !(length == 1 && path->text[start] == '.')) {
            if (n > root)
                path->text[n++] = '/';
            memmove(path->text + n, path->text + start, length);
            n += length;
        }
        start = i + 1;
    }
    path->n = n;
}

/* What str() has kept, else the parts: a list, which until 3.11 starts with the root. */
static void put_path(struct ag_preview *p, struct pyobj *object, const struct ag_type *type)
{
    struct pyobj *kept = ag_attribute_find(object, type, "_str");
    struct pyobj *parts = ag_attribute_find(object, type, "_raw_paths");
    struct path path = {.n = 0};

    if (!parts)
        parts = ag_attribute_find(object, type, "_parts");
    if (kept && ag_is_str(kept)) {
        join(&path, kept);
    } else if (parts && AG_FIELD(uint64_t, ag_type_of(parts), TP_FLAGS) & TPF_LIST_SUBCLASS) {
        for (uint64_t i = 0; i < AG_FIELD(uint64_t, parts, OB_SIZE); i++)
            join(&path, AG_FIELD(struct pyobj **, parts, LIST_ITEMS)[i]);
        tidy(&path);
    }
    ag_preview_type(p, type->object);
    ag_put(&p->text, "('");
    if (path.n)
        put_bytes_of_text(&p->text, path.text, path.n);
    else
        ag_put(&p->text, ".");
    ag_put(&p->text, "')");
}

/* Where a C type keeps the member `name`; 0: it has none. */
static int64_t member_offset(const struct ag_type *type, const char *name)
{
    const char *member = AG_FIELD(const char *, type->object, TP_MEMBERS);
    size_t n = strlen(name);

    for (; member && AG_FIELD(const char *, member, 0); member += MEMBER_BYTES) {
        const char *it = AG_FIELD(const char *, member, 0);
        if (strlen(it) == n && !memcmp(it, name, n))
            return AG_FIELD(int64_t, member, MEMBER_OFFSET);
    }
    return 0;
}

static void put_pattern(struct ag_preview *p, struct pyobj *object, const struct ag_type *type)
{
    static const struct {
        int bit;
        const char *name;
    } names[] = {{2, "re.IGNORECASE"}, {4, "re.LOCALE"},   {8, "re.MULTILINE"}, {16, "re.DOTALL"},
                 {32, "re.UNICODE"},   {64, "re.VERBOSE"}, {128, "re.DEBUG"},   {256, "re.ASCII"}};
    enum { LOCALE = 4, UNICODE = 32, ASCII = 256 };
    int64_t pattern_at = member_offset(type, "pattern"), flags_at = member_offset(type, "flags");
    struct pyobj *pattern = pattern_at ? field(object, (int)pattern_at) : NULL;
    int flags = flags_at ? AG_FIELD(int, object, (int)flags_at) : 0;
    bool first = true;

    if (pattern && ag_is_str(pattern) && (flags & (LOCALE | UNICODE | ASCII)) == UNICODE)
        flags &= ~UNICODE;
    ag_put(&p->text, "re.compile(");
    ag_preview_put(p, pattern);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!(flags & names[i].bit))
            continue;
        ag_put(&p->text, first ? ", " : "|");
        ag_put(&p->text, names[i].name);
        first = false;
    }
    ag_put(&p->text, ")");
}

/* ---- memory ---- */

/* Bytes are shown when they lie in one piece in an object: other memory may not be there in a copy. */
static bool shows_bytes(struct pyobj *view)
{
    struct pyobj *owner = field(view, VIEW_OWNER);
    struct pyobj *type = owner ? ag_type_of(owner) : NULL;
    const char *format = AG_FIELD(const char *, view, VIEW_FORMAT);
    const int64_t *strides = AG_FIELD(const int64_t *, view, VIEW_STRIDES);

    return (type == api.PyBytes_Type || type == api.PyByteArray_Type) &&
           AG_FIELD(int, view, VIEW_NDIM) == 1 && (!format || (*format == 'B' && !format[1])) &&
           (!strides || *strides == 1);
}

static void put_memoryview(struct ag_preview *p, struct pyobj *view)
{
    const char *format = AG_FIELD(const char *, view, VIEW_FORMAT);
    const int64_t *shape = AG_FIELD(const int64_t *, view, VIEW_SHAPE);
    int ndim = AG_FIELD(int, view, VIEW_NDIM);

    if (AG_FIELD(int, view, VIEW_FLAGS) & 1) {
        ag_put(&p->text, "released memoryview");
        return;
    }
    ag_put(&p->text, "memoryview(");
    if (shows_bytes(view)) {
        ag_put_quoted_bytes(&p->text, AG_FIELD(void *, view, VIEW_BUF),
                            AG_FIELD(uint64_t, view, VIEW_LEN), TEXT_MAX);
    } else {
        ag_put(&p->text, "format='");
        ag_put(&p->text, format ? format : "B");
        ag_put(&p->text, "', shape=(");
        for (int i = 0; shape && i < ndim && i < DIMENSIONS_MAX; i++) {
            ag_put(&p->text, i ? ", " : "");
            put_signed(&p->text, shape[i]);
        }
        ag_put(&p->text, ndim == 1 ? ",)" : ")");
    }
    ag_put(&p->text, ")");
}

static void put_mmap(struct ag_preview *p, struct pyobj *map)
{
    ag_preview_type(p, ag_type_of(map));
    if (!AG_FIELD(void *, map, MMAP_DATA)) {
        ag_put(&p->text, "(closed)");
        return;
    }
    ag_put(&p->text, "(");
    ag_put_decimal(&p->text, AG_FIELD(uint64_t, map, MMAP_SIZE));
    ag_put(&p->text, " bytes)");
}

/* ---- resources ---- */

/* A lock of the C library's or, from 3.13 on, a byte. */
static bool is_locked(struct pyobj *lock)
{
    enum { OLD_BYTES = 40, OLD_LOCKED = 32, MUTEX = 16 };
    int64_t bytes = AG_FIELD(int64_t, ag_type_of(lock), TP_BASICSIZE);

    return AG_FIELD(uint8_t, lock, bytes == OLD_BYTES ? OLD_LOCKED : MUTEX) & 1;
}

/* How often an RLock is held, and by which thread. */
static uint64_t rlock_count(struct pyobj *lock, uint64_t *owner)
{
    enum { OLD_BYTES = 48, OWNER = 24, COUNT = 32, MUTEX = 16 };
    bool old = AG_FIELD(int64_t, ag_type_of(lock), TP_BASICSIZE) == OLD_BYTES;
    uint64_t count = AG_FIELD(uint64_t, lock, COUNT);

    *owner = AG_FIELD(uint64_t, lock, OWNER);
    if (old)
        return count;
    return AG_FIELD(uint8_t, lock, MUTEX) & 1 ? count + 1 : 0;
}

uint64_t ag_resource_of(struct pyobj *object, enum ag_shape shape)
{
    enum { FILE_FD = 16, MMAP_FD_OLD = 52, MMAP_FD = 56 };
    uint64_t owner;
    int fd = -1;

    if (shape == AG_SHAPE_FILE)
        fd = AG_FIELD(int, object, FILE_FD);
    else if (shape == AG_SHAPE_MMAP && AG_FIELD(void *, object, MMAP_DATA))
        fd = AG_FIELD(int, object, layout->minor < 9 ? MMAP_FD_OLD : MMAP_FD);
    else if (shape == AG_SHAPE_LOCK)
        return is_locked(object);
    else if (shape == AG_SHAPE_RLOCK)
        return rlock_count(object, &owner);
    return fd < 0 ? 0 : (uint64_t)fd + 1;
}

static void put_file(struct ag_preview *p, struct pyobj *file)
{
    uint64_t fd = ag_resource_of(file, AG_SHAPE_FILE);

    ag_preview_type(p, ag_type_of(file));
    ag_put(&p->text, fd ? "(fd=" : "(closed");
    if (fd)
        ag_put_decimal(&p->text, fd - 1);
    ag_put(&p->text, ")");
}

static void put_lock(struct ag_preview *p, struct pyobj *lock, enum ag_shape shape)
{
    uint64_t owner = 0,
             count = shape == AG_SHAPE_RLOCK ? rlock_count(lock, &owner) : is_locked(lock);

    ag_preview_type(p, ag_type_of(lock));
    ag_put(&p->text, count ? "(locked" : "(unlocked");
    if (owner && count) {
        ag_put(&p->text, " ");
        ag_put_decimal(&p->text, count);
        ag_put(&p->text, count == 1 ? " time by thread " : " times by thread ");
        ag_put_decimal(&p->text, owner);
    }
    ag_put(&p->text, ")");
}

/* ---- others ---- */

static bool is_int(struct pyobj *object, uint32_t number)
{
    if (!object || !(AG_FIELD(uint64_t, ag_type_of(object), TP_FLAGS) & TPF_LONG_SUBCLASS))
        return false;
    struct ag_digits digits = ag_int_digits(object);
    return !digits.negative && (digits.n ? digits.n == 1 && *digits.at == number : !number);
}

/* range(1, 10), slice(None, 3, None): start, stop, step */
static void put_slice(struct ag_preview *p, struct pyobj *object, bool leave_out_1)
{
    enum { FIRST = 16, FIELDS = 3 };

    ag_preview_type(p, ag_type_of(object));
    ag_put(&p->text, "(");
    for (int i = 0; i < FIELDS; i++) {
        struct pyobj *number = field(object, FIRST + 8 * i);
        if (leave_out_1 && i == FIELDS - 1 && is_int(number, 1))
            break;
        ag_put(&p->text, i ? ", " : "");
        ag_preview_put(p, number);
    }
    ag_put(&p->text, ")");
}

/* <Colour.RED: 1> */
static void put_enum(struct ag_preview *p, struct pyobj *object, const struct ag_type *type)
{
    struct pyobj *name = ag_attribute_find(object, type, "_name_");
    struct pyobj *value = ag_attribute_find(object, type, "_value_");

    ag_put(&p->text, "<");
    ag_preview_type(p, type->object);
    if (name && ag_is_str(name)) {
        ag_put(&p->text, ".");
        ag_put_str(&p->text, name, TEXT_MAX);
    }
    ag_put(&p->text, ": ");
    if (value && ag_preview_open(p, object)) {
        ag_preview_put(p, value);
        ag_preview_close(p);
    }
    ag_put(&p->text, ">");
}

bool ag_known_put(struct ag_preview *p, struct pyobj *object, struct ag_type *type)
{
    switch (ag_shape_of(p->types, type)) {
    case AG_SHAPE_ARRAY:
        put_array(p, object);
        return true;
    case AG_SHAPE_ENUM:
        put_enum(p, object, type);
        return true;
    case AG_SHAPE_UUID:
        put_uuid(p, object, type);
        return true;
    case AG_SHAPE_PATH:
        put_path(p, object, type);
        return true;
    case AG_SHAPE_PATTERN:
        put_pattern(p, object, type);
        return true;
    case AG_SHAPE_MEMORYVIEW:
        put_memoryview(p, object);
        return true;
    case AG_SHAPE_MMAP:
        put_mmap(p, object);
        return true;
    case AG_SHAPE_FILE:
        put_file(p, object);
        return true;
    case AG_SHAPE_LOCK:
    case AG_SHAPE_RLOCK:
        put_lock(p, object, ag_shape_of(p->types, type));
        return true;
    case AG_SHAPE_RANGE:
    case AG_SHAPE_SLICE:
        put_slice(p, object, ag_shape_of(p->types, type) == AG_SHAPE_RANGE);
        return true;
    default:
        return ag_clock_put(p, object, ag_shape_of(p->types, type));
    }
}
