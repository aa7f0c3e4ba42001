/* Names, sizes, and values of all objects, asked of the frozen copy in bulk. */
#include <stdlib.h>
#include <string.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"
#include "inspector/model/save_private.h"

enum {
    NAMES_AT_ONCE = 1 << 14, /* objects asked for in one question: a fraction of a second */
    VALUES_AT_ONCE = MSG_ASK_VALUES_MAX,
    HEAD_MAX = 5 * WIRE_VARINT_MAX,
};

/* Room for `n` bytes, kept from one call to the next. */
static uint8_t *room(struct str *text, size_t n)
{
    if (text->cap < n + 1) {
        text->text = xrealloc(text->cap ? text->text : NULL, n + 1);
        text->cap = n + 1;
    }
    return (uint8_t *)text->text;
}

static uint8_t *put_text(uint8_t *p, const char *bytes, size_t n)
{
    p = wire_put(p, n);
    if (n) /* an empty text may be NULL */
        memcpy(p, bytes, n);
    return p + n;
}

/* ---- names ---- */

/* Whether `[3]` of this object says where, not what. */
static bool is_sequence(const struct snapshot *s, uint32_t object)
{
    static const char *const sequences[] = {"builtins.list", "builtins.tuple", "collections.deque"};
    const char *name = snapshot_type_of(s, object)->name;

    for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++)
        if (!strcmp(name, sequences[i]))
            return true;
    return false;
}

/* Names as they are to be written, one behind the other, counted. */
static size_t put_names(struct saving *s, const struct decoded_names *piece,
                        const struct decoded_text *names, uint8_t *to)
{
    bool sequence = s->options->redact && is_sequence(s->snapshot, piece->object);
    struct str redacted = STR_INIT;
    uint8_t *p = to;

    for (uint32_t i = 0; i < piece->count; i++) {
        if (!s->options->redact) {
            p = put_text(p, names[i].bytes, names[i].len);
            continue;
        }
        str_clear(&redacted);
        redact_edge(&s->redact, names[i].bytes, names[i].len, sequence, &redacted);
        p = put_text(p, redacted.text, redacted.len_bytes);
    }
    str_deinit(&redacted);
    return (size_t)(p - to);
}

static void on_names(const struct decoded_names *piece, const struct decoded_text *names, void *arg)
{
    enum { REDACTED_MAX = 32 };
    struct saving *s = arg;
    size_t n = HEAD_MAX;

    if (s->err || piece->object >= s->snapshot->n_objects)
        return;
    for (uint32_t i = 0; i < piece->count; i++)
        n += WIRE_VARINT_MAX + REDACTED_MAX + names[i].len;
    uint8_t *to = room(&s->text, n), *p = to;
    p = wire_put(p, piece->object);
    p = wire_put(p, piece->first);
    p = wire_put(p, piece->count);
    p = wire_put(p, piece->inline_bytes);
    p = wire_put(p, piece->weakref_count);
    p += put_names(s, piece, names, p);
    s->err = capture_put_names(s->writer, piece->object, piece->first, to, (uint32_t)(p - to));
}

/* ---- values ---- */

static void on_value(const struct decoded_value *value, void *arg)
{
    struct saving *s = arg;

    if (s->err || value->kind == VALUE_NONE)
        return;
    uint8_t *to = room(&s->text, HEAD_MAX + (size_t)value->text.len + value->detail.len);
    uint8_t *p = to;
    p = wire_put(p, value->index);
    p = wire_put(p, value->kind);
    p = wire_put(p, value->size);
    p = put_text(p, value->text.bytes, value->text.len);
    p = put_text(p, value->detail.bytes, value->detail.len);
    s->err = capture_put_value(s->writer, value->index, to, (uint32_t)(p - to));
}

static struct err *ask_values(struct saving *s, uint32_t first, uint32_t end)
{
    uint32_t objects[VALUES_AT_ONCE];

    while (first < end) {
        uint32_t n = end - first < VALUES_AT_ONCE ? end - first : VALUES_AT_ONCE;
        for (uint32_t i = 0; i < n; i++)
            objects[i] = first + i;
        ERR_RETURN(
            session_values(s->session, objects, n, CAPTURE_VALUE_BYTES, on_value, s, s->cancel));
        first += n;
    }
    return NULL;
}

struct err *save_details(struct saving *s)
{
    const uint32_t n_objects = s->snapshot->n_objects;

    for (uint32_t i = 0; i < n_objects;) {
        uint32_t n = n_objects - i < NAMES_AT_ONCE ? n_objects - i : NAMES_AT_ONCE;
        ERR_RETURN(session_names(s->session, i, n, on_names, s, s->cancel));
        if (!s->err && !s->options->redact)
            ERR_RETURN(ask_values(s, i, i + n));
        if (s->err)
            return take_ptr(s->err);
        i += n;
        if (s->options->progress)
            s->options->progress(s->options->ctx, i, n_objects);
    }
    return NULL;
}
