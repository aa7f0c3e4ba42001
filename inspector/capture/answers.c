/* Values and names of a capture. */
#include "inspector/capture/capture_private.h"

/* The last block of a kind that begins at or before (first, second); NULL if all begin later. */
static const struct capture_entry *block_of(const struct capture *c, enum capture_kind kind,
                                            uint32_t first, uint32_t second)
{
    const struct capture_entry *at = c->of[kind].at;
    uint64_t low = 0, high = c->of[kind].n;

    while (low < high) {
        uint64_t mid = low + (high - low) / 2;
        if (at[mid].first < first || (at[mid].first == first && at[mid].second <= second))
            low = mid + 1;
        else
            high = mid;
    }
    return low ? &at[low - 1] : NULL;
}

static struct err *check_cancel(const atomic_bool *cancel)
{
    return cancel && atomic_load(cancel) ? err_new(ERR_CANCELLED, NULL, "cancelled") : NULL;
}

/* Cuts a text where a live answer would be cut: before a character that does not fit. */
static void clip(struct decoded_text *text, uint32_t max, bool characters)
{
    if (text->len <= max)
        return;
    text->len = max;
    while (characters && text->len && (text->bytes[text->len] & 0xc0) == 0x80)
        text->len--;
}

/* ---- values ---- */

/* Kinds whose texts an agent cuts to the length that was asked for. */
static bool is_clipped(enum value_kind kind)
{
    return kind == VALUE_STR || kind == VALUE_BYTES || kind == VALUE_NAME || kind == VALUE_PLACE ||
           kind == VALUE_TEXT;
}

static struct err *find_value(struct capture *c, uint32_t object, struct decoded_value *ret,
                              bool *found)
{
    const struct capture_entry *entry = block_of(c, CAPTURE_VALUES, object, 0);
    const uint8_t *bytes;

    *found = false;
    if (!entry)
        return NULL;
    ERR_RETURN(capture_block(c, entry, &bytes));
    struct wire_reader r = wire_reader(bytes, entry->raw_bytes);
    while (r.p < r.end) {
        if (!decode_value(&r, ret))
            return capture_damaged(c, "a value in it makes no sense");
        *found = ret->index == object;
        if (ret->index >= object)
            break;
    }
    return NULL;
}

struct err *capture_values(struct capture *c, const uint32_t *objects, uint32_t n,
                           uint32_t text_max,
                           void (*value)(const struct decoded_value *value, void *arg), void *arg,
                           const atomic_bool *cancel)
{
    for (uint32_t i = 0; i < n; i++) {
        struct decoded_value decoded;
        bool found;
        ERR_RETURN(check_cancel(cancel));
        ERR_RETURN(find_value(c, objects[i], &decoded, &found));
        if (!found)
            continue;
        if (is_clipped(decoded.kind))
            clip(&decoded.text, text_max, decoded.kind != VALUE_BYTES);
        value(&decoded, arg);
    }
    return NULL;
}

/* ---- names ---- */

/* Walks the pieces of an object. */
struct pieces {
    struct capture *capture;
    const struct capture_entry *entry, *end;
    struct wire_reader r;
    uint32_t object;
    bool is_over;
};

static struct err *open_block(struct pieces *p)
{
    const uint8_t *bytes;

    ERR_RETURN(capture_block(p->capture, p->entry, &bytes));
    p->r = wire_reader(bytes, p->entry->raw_bytes);
    return NULL;
}

static struct err *first_piece(struct capture *c, uint32_t object, uint32_t ordinal,
                               struct pieces *ret)
{
    *ret = (struct pieces){
        .capture = c,
        .entry = block_of(c, CAPTURE_NAMES, object, ordinal),
        .end = c->of[CAPTURE_NAMES].at + c->of[CAPTURE_NAMES].n,
        .object = object,
    };
    ret->is_over = !ret->entry;
    return ret->entry ? open_block(ret) : NULL;
}

/* The next piece, of this object or one before it; its names are to be read from p->r. */
static struct err *next_piece(struct pieces *p, struct decoded_names *ret)
{
    while (!p->is_over && p->r.p == p->r.end) {
        p->is_over = ++p->entry == p->end || p->entry->first > p->object;
        if (!p->is_over)
            ERR_RETURN(open_block(p));
    }
    if (p->is_over)
        return NULL;
    if (!decode_names_piece(&p->r, ret))
        return capture_damaged(p->capture, "a name in it makes no sense");
    p->is_over = ret->object > p->object;
    return NULL;
}

static struct err *next_name(struct pieces *p, struct decoded_text *ret)
{
    return decode_name(&p->r, ret) ? NULL
                                   : capture_damaged(p->capture, "a name in it makes no sense");
}

struct err *capture_edges(struct capture *c, uint32_t holder, uint32_t first, uint32_t count,
                          void (*edge)(const struct decoded_edge *edge, void *arg), void *arg,
                          const atomic_bool *cancel)
{
    uint64_t end = (uint64_t)first + count;
    struct pieces pieces;
    struct decoded_names piece;

    ERR_RETURN(first_piece(c, holder, first, &pieces));
    for (;;) {
        ERR_RETURN(check_cancel(cancel));
        ERR_RETURN(next_piece(&pieces, &piece));
        if (pieces.is_over || (piece.object == holder && piece.first >= end))
            return NULL;
        for (uint32_t i = 0; i < piece.count; i++) {
            struct decoded_edge named = {
                piece.first + i, (uint32_t)MSG_NO_INDEX, EDGE_STRONG, {NULL, 0}};
            ERR_RETURN(next_name(&pieces, &named.name));
            if (piece.object == holder && named.ordinal >= first && named.ordinal < end)
                edge(&named, arg);
        }
    }
}

struct err *capture_sizes(struct capture *c, uint32_t object, uint64_t *inline_bytes,
                          uint64_t *weakref_count)
{
    struct pieces pieces;
    struct decoded_names piece;

    *inline_bytes = *weakref_count = 0;
    ERR_RETURN(first_piece(c, object, 0, &pieces));
    for (;;) {
        struct decoded_text name;
        ERR_RETURN(next_piece(&pieces, &piece));
        if (pieces.is_over)
            return NULL;
        if (piece.object == object) {
            *inline_bytes = piece.inline_bytes;
            *weakref_count = piece.weakref_count;
            return NULL;
        }
        for (uint32_t i = 0; i < piece.count; i++)
            ERR_RETURN(next_name(&pieces, &name));
    }
}
