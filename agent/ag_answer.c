#include "agent/ag_answer.h"

#include "agent/ag_guard.h"
#include "agent/ag_names.h"
#include "agent/ag_sizes.h"
#include "agent/ag_values.h"
#include "proto/wire.h"

enum {
    ANSWER_BYTES = 128 << 10,
    VALUE_BYTES_MAX = 5 * WIRE_VARINT_MAX + MSG_VALUE_TEXT_MAX + 512,
    NAME_BYTES_MAX = 4 * WIRE_VARINT_MAX + AG_NAME_BYTES,
    PIECE_MAX = AG_NAMES_MAX, /* names in one piece of an ANS_NAMES */
};

_Static_assert(MSG_ASK_VALUES_MAX * 12 <= ANSWER_BYTES, "one answer holds all hashes");
_Static_assert(AG_NAMES_MAX *NAME_BYTES_MAX + 5 * WIRE_VARINT_MAX <= ANSWER_BYTES,
               "one answer holds all names");

static uint8_t answer[ANSWER_BYTES];

static uint8_t *put_text(uint8_t *p, const char *text, uint32_t bytes)
{
    p = wire_put(p, bytes);
    memcpy(p, text, bytes);
    return p + bytes;
}

/* ---- previews ---- */

static uint8_t *put_value(uint8_t *p, uint32_t index, const struct ag_value *value)
{
    p = wire_put(p, index);
    p = wire_put(p, value->kind);
    p = wire_put(p, value->size);
    p = put_text(p, value->text, value->text_bytes);
    return put_text(p, value->detail, value->detail_bytes);
}

/* The preview of object `index`; nothing for what is not in the graph, none where its memory is broken. */
static uint8_t *answer_value(struct ag_walk *walk, uint8_t *p, uint32_t index, uint32_t text_max,
                             uint32_t *count)
{
    static struct ag_value value;

    if (index >= ag_index_count(&walk->index))
        return p;
    struct pyobj *object = ag_index_object(&walk->index, index);
    struct ag_type *type = ag_types_get(&walk->types, ag_type_of(object));
    if (!type)
        return p;
    if (AG_GUARD_BEGIN()) {
        ag_value_of(object, &walk->types, type, text_max, &value);
        ag_guard.armed = false;
    } else {
        value.kind = VALUE_NONE;
        value.size = value.text_bytes = value.detail_bytes = 0;
    }
    (*count)++;
    return put_value(p, index, &value);
}

static bool answer_values(struct ag_walk *walk, struct ag_sender *answers, const uint8_t *payload,
                          uint32_t bytes)
{
    struct msg_ask_values ask;
    uint8_t *p = answer;
    struct msg_ans_values head = {.count = 0};

    memcpy(&ask, payload, sizeof ask);
    if (ask.count > MSG_ASK_VALUES_MAX || bytes < sizeof ask + ask.count * sizeof(uint32_t))
        return true;
    if (ask.text_max > MSG_VALUE_TEXT_MAX)
        ask.text_max = MSG_VALUE_TEXT_MAX;
    head.ask = ask.ask;
    for (uint32_t i = 0; i < ask.count; i++) {
        uint32_t index;
        memcpy(&index, payload + sizeof ask + i * sizeof index, sizeof index);
        if ((uint32_t)(p - answer) > ANSWER_BYTES - VALUE_BYTES_MAX) {
            if (!ag_send(answers, MSG_ANS_VALUES, &head, sizeof head, answer,
                         (uint32_t)(p - answer)))
                return false;
            p = answer;
            head.count = 0;
        }
        p = answer_value(walk, p, index, ask.text_max, &head.count);
    }
    head.last = 1;
    return ag_send(answers, MSG_ANS_VALUES, &head, sizeof head, answer, (uint32_t)(p - answer));
}

/* ---- names ---- */

static struct ag_name names[AG_NAMES_MAX];
static struct ag_name_key keys[AG_NAMES_MAX];

static bool answer_edges(struct ag_walk *walk, struct ag_sender *answers,
                         const struct msg_ask_edges *ask)
{
    struct pyobj *target = NULL;
    uint32_t left = ask->count, next = ask->first;
    struct msg_ans_edges head = {.ask = ask->ask};

    if (ask->holder >= ag_index_count(&walk->index))
        next = UINT32_MAX;
    if (ask->target != (uint32_t)MSG_NO_INDEX) {
        if (ask->target < ag_index_count(&walk->index))
            target = ag_index_object(&walk->index, ask->target);
        else
            next = UINT32_MAX;
    }
    do {
        uint32_t max = left < AG_NAMES_MAX ? left : AG_NAMES_MAX;
        uint8_t *p = answer;
        head.count = next == UINT32_MAX || !max
                         ? 0
                         : ag_names_of(walk, ag_index_object(&walk->index, ask->holder), next,
                                       target, names, keys, max, &next);
        for (uint32_t i = 0; i < head.count; i++) {
            p = wire_put(p, names[i].ordinal);
            p = wire_put(p, names[i].target);
            p = wire_put(p, names[i].weak ? EDGE_WEAK : EDGE_STRONG);
            p = put_text(p, names[i].text, names[i].bytes);
        }
        left -= head.count;
        head.last = !head.count || !left || next == UINT32_MAX;
        if (!ag_send(answers, MSG_ANS_EDGES, &head, sizeof head, answer, (uint32_t)(p - answer)))
            return false;
    } while (!head.last);
    return true;
}

/* ---- hashes ---- */

static bool answer_hashes(struct ag_walk *walk, struct ag_sender *answers, const uint8_t *payload,
                          uint32_t bytes)
{
    struct msg_ask_hashes ask;
    struct msg_ans_hashes head = {.last = 1};
    uint8_t *p = answer;

    memcpy(&ask, payload, sizeof ask);
    if (ask.count > MSG_ASK_VALUES_MAX || bytes < sizeof ask + ask.count * sizeof(uint32_t))
        return true;
    head.ask = ask.ask;
    for (uint32_t i = 0; i < ask.count; i++) {
        uint32_t index;
        uint64_t hash;
        memcpy(&index, payload + sizeof ask + i * sizeof index, sizeof index);
        if (index >= ag_index_count(&walk->index))
            continue;
        struct pyobj *object = ag_index_object(&walk->index, index);
        const struct ag_type *type = ag_types_get(&walk->types, ag_type_of(object));
        if (!type || !ag_hash_of(object, type, &hash))
            continue;
        memcpy(p, &index, sizeof index);
        memcpy(p + sizeof index, &hash, sizeof hash);
        p += sizeof index + sizeof hash;
        head.count++;
    }
    return ag_send(answers, MSG_ANS_HASHES, &head, sizeof head, answer, (uint32_t)(p - answer));
}

/* ---- sizes ---- */

static uint64_t count_weakrefs(struct pyobj *object, const struct ag_type *type)
{
    enum { REF_NEXT = 48 };
    int64_t offset = AG_FIELD(int64_t, type->object, TP_WEAKLISTOFFSET);
    uint64_t n = 0;

    if (layout->minor >= 12 && type->kind == AG_KIND_TYPE &&
        !(AG_FIELD(uint64_t, object, TP_FLAGS) & TPF_HEAPTYPE)) /* the interpreter keeps theirs */
        return 0;
    struct pyobj *ref = offset ? AG_FIELD(struct pyobj *, object, (int)offset) : NULL;
    for (; ref && n < UINT32_MAX; ref = AG_FIELD(struct pyobj *, ref, REF_NEXT))
        n++;
    return n;
}

static bool answer_sizes(struct ag_walk *walk, struct ag_sender *answers,
                         const struct msg_ask_sizes *ask)
{
    struct msg_ans_sizes head = {.ask = ask->ask};

    if (ask->index < ag_index_count(&walk->index)) {
        struct pyobj *object = ag_index_object(&walk->index, ask->index);
        const struct ag_type *type = ag_types_get(&walk->types, ag_type_of(object));
        struct ag_size size = type ? ag_size_of(object, type) : (struct ag_size){0, 0};
        head.getsizeof_bytes = size.getsizeof_bytes;
        head.inline_bytes = size.inline_bytes;
        head.weakref_count = type ? count_weakrefs(object, type) : 0;
    }
    return ag_send(answers, MSG_ANS_SIZES, &head, sizeof head, NULL, 0);
}

/* ---- names and sizes of many objects ---- */

/* An answer under way. */
struct details {
    struct ag_sender *answers;
    struct msg_ans_names head;
    uint8_t *p;
};

static bool send_details(struct details *d, bool last)
{
    bool sent;

    d->head.last = last;
    sent = ag_send(d->answers, MSG_ANS_NAMES, &d->head, sizeof d->head, answer,
                   (uint32_t)(d->p - answer));
    d->head.count = 0;
    d->p = answer;
    return sent;
}

/* What is said of an object besides names. */
struct detail {
    uint32_t index;
    uint64_t inline_bytes;
    uint64_t weakref_count;
};

/* A piece: `n` names from `first` on. */
static bool put_piece(struct details *d, const struct detail *detail, const struct ag_name *first,
                      uint32_t n)
{
    if ((uint64_t)(d->p - answer) + 5 * WIRE_VARINT_MAX + (uint64_t)n * NAME_BYTES_MAX >
            ANSWER_BYTES &&
        !send_details(d, false))
        return false;
    d->p = wire_put(d->p, detail->index);
    d->p = wire_put(d->p, n ? first->ordinal : 0);
    d->p = wire_put(d->p, n);
    d->p = wire_put(d->p, detail->inline_bytes);
    d->p = wire_put(d->p, detail->weakref_count);
    for (uint32_t i = 0; i < n; i++)
        d->p = put_text(d->p, first[i].text, first[i].bytes);
    d->head.count++;
    return true;
}

/*
 * Names all references of an object. Each call of ag_names_of() looks at the whole object, so one with very
 * many references gets more room with each call; where there is no memory for that it takes longer.
 */
static bool put_all_names(struct ag_walk *walk, struct details *d, const struct detail *detail)
{
    enum { MORE = 32, ROOM_MAX = AG_NAMES_MAX * MORE * MORE };
    static struct ag_vec many_names, many_keys;
    struct pyobj *object = ag_index_object(&walk->index, detail->index);
    struct ag_name *at = names;
    struct ag_name_key *key = keys;
    uint32_t room = AG_NAMES_MAX, next = 0;
    bool told = false;

    while (next != UINT32_MAX) {
        uint32_t n = ag_names_of(walk, object, next, NULL, at, key, room, &next);
        if (!n && !told && (detail->inline_bytes || detail->weakref_count))
            return put_piece(d, detail, NULL, 0);
        told = true;
        for (uint32_t i = 0; i < n; i += PIECE_MAX)
            if (!put_piece(d, detail, at + i, n - i < PIECE_MAX ? n - i : PIECE_MAX))
                return false;
        if (next != UINT32_MAX && room < ROOM_MAX &&
            ag_vec_reserve(&many_names, (uint64_t)room * MORE, sizeof *at) &&
            ag_vec_reserve(&many_keys, (uint64_t)room * MORE, sizeof *key)) {
            room *= MORE;
            at = many_names.at;
            key = many_keys.at;
        }
    }
    return true;
}

static bool answer_names(struct ag_walk *walk, struct ag_sender *answers,
                         const struct msg_ask_names *ask)
{
    struct details d = {.answers = answers, .head = {.ask = ask->ask}, .p = answer};
    uint64_t end = (uint64_t)ask->first + ask->count;

    if (end > ag_index_count(&walk->index))
        end = ag_index_count(&walk->index);
    for (uint64_t i = ask->first; i < end; i++) {
        struct pyobj *object = ag_index_object(&walk->index, (uint32_t)i);
        const struct ag_type *type = ag_types_get(&walk->types, ag_type_of(object));
        if (!type)
            continue;
        struct detail detail = {(uint32_t)i, ag_size_of(object, type).inline_bytes,
                                count_weakrefs(object, type)};
        if (!put_all_names(walk, &d, &detail))
            return false;
    }
    return send_details(&d, true);
}

bool ag_answer(struct ag_walk *walk, struct ag_sender *answers, uint16_t kind, const void *payload,
               uint32_t bytes, uint32_t snapshot_id)
{
    struct msg_ask ask;
    struct msg_ask_edges edges;
    struct msg_ask_sizes sizes;
    struct msg_ask_names range;

    if (bytes < sizeof ask)
        return true;
    memcpy(&ask, payload, sizeof ask);
    if (ask.snapshot != snapshot_id)
        return true;
    if (kind == MSG_ASK_VALUES && bytes >= sizeof(struct msg_ask_values))
        return answer_values(walk, answers, payload, bytes);
    if (kind == MSG_ASK_HASHES && bytes >= sizeof(struct msg_ask_hashes))
        return answer_hashes(walk, answers, payload, bytes);
    if (kind == MSG_ASK_EDGES && bytes >= sizeof edges) {
        memcpy(&edges, payload, sizeof edges);
        return answer_edges(walk, answers, &edges);
    }
    if (kind == MSG_ASK_SIZES && bytes >= sizeof sizes) {
        memcpy(&sizes, payload, sizeof sizes);
        return answer_sizes(walk, answers, &sizes);
    }
    if (kind == MSG_ASK_NAMES && bytes >= sizeof range) {
        memcpy(&range, payload, sizeof range);
        return answer_names(walk, answers, &range);
    }
    return true;
}
