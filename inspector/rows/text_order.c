#include "inspector/rows/text_order.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/base/cleanup.h"

enum {
    MAX_FEW = 1 << 16,     /* different strings up to which they are numbered */
    TABLE_SLOTS = 1 << 18, /* power of two, four times as many */
    CHUNK_BYTES = 1 << 20, /* of copied text */
    RUN_ROWS = 16,         /* sorted by insertion before merging */
    CANCEL_ROWS = 1 << 15, /* merged between two looks at the cancel flag */
};

struct text_string {
    const char *text;
    uint32_t rank;
};

struct text_chunk {
    struct text_chunk *next;
    size_t used_bytes, cap_bytes;
    char bytes[];
};

struct err *text_order_init(struct text_order *texts, size_t n)
{
    texts->items = malloc((n ? n : 1) * sizeof *texts->items);
    texts->strings = malloc(MAX_FEW * sizeof *texts->strings);
    texts->table = calloc(TABLE_SLOTS, sizeof *texts->table);
    texts->is_few = true;
    return texts->items && texts->strings && texts->table ? NULL : err_nomem();
}

void text_order_deinit(struct text_order *texts)
{
    struct text_chunk *chunk;

    while ((chunk = texts->chunks)) {
        texts->chunks = chunk->next;
        free(chunk);
    }
    free(texts->items);
    free(texts->strings);
    free(texts->table);
    *texts = (struct text_order){0};
}

/* A copy that lives as long as `texts`, or NULL without memory. */
static const char *keep_copy(struct text_order *texts, const char *text)
{
    size_t bytes = strlen(text) + 1;
    struct text_chunk *chunk = texts->chunks;

    if (!chunk || chunk->cap_bytes - chunk->used_bytes < bytes) {
        size_t cap = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;
        chunk = malloc(sizeof *chunk + cap);
        if (!chunk)
            return NULL;
        *chunk = (struct text_chunk){texts->chunks, 0, cap};
        texts->chunks = chunk;
    }
    char *copy = memcpy(chunk->bytes + chunk->used_bytes, text, bytes);
    chunk->used_bytes += bytes;
    return copy;
}

static uint64_t prefix_of(const char *text)
{
    uint64_t prefix = 0;

    for (unsigned i = 0; i < 8; i++)
        prefix = prefix << 8 | (unsigned char)(*text ? *text++ : 0);
    return prefix;
}

/* The index of this very string (by its address) among the different ones; gives up beyond MAX_FEW.
 */
static uint32_t slot_of(struct text_order *texts, const char *text)
{
    uint64_t hash = (uint64_t)(uintptr_t)text * UINT64_C(0x9e3779b97f4a7c15);
    uint32_t at = (uint32_t)(hash >> 46); /* 18 bits: TABLE_SLOTS */

    for (;; at = (at + 1) & (TABLE_SLOTS - 1)) {
        uint32_t found = texts->table[at];
        if (found && texts->strings[found - 1].text == text)
            return found - 1;
        if (found)
            continue;
        if (texts->n_strings == MAX_FEW) {
            texts->is_few = false;
            return 0;
        }
        texts->strings[texts->n_strings] = (struct text_string){text, 0};
        texts->table[at] = (uint32_t)++texts->n_strings;
        return texts->table[at] - 1;
    }
}

struct err *text_order_add(struct text_order *texts, const char *text, bool copy, uint32_t raw)
{
    struct text_item *item = &texts->items[texts->count];

    if (copy && !(text = keep_copy(texts, text)))
        return err_nomem();
    *item = (struct text_item){prefix_of(text), text, raw, 0};
    if (texts->is_few)
        item->slot = slot_of(texts, text);
    texts->count++;
    return NULL;
}

static int by_text(const void *a, const void *b)
{
    const struct text_string *const *left = a, *const *right = b;

    return strcmp((*left)->text, (*right)->text);
}

bool text_order_is_ranked(struct text_order *texts)
{
    if (!texts->is_few)
        return false;
    _cleanup_free_ struct text_string **sorted =
        malloc((texts->n_strings ? texts->n_strings : 1) * sizeof(struct text_string *));
    if (!sorted)
        return false;
    for (size_t i = 0; i < texts->n_strings; i++)
        sorted[i] = &texts->strings[i];
    qsort(sorted, texts->n_strings, sizeof *sorted, by_text);
    uint32_t rank = 0;
    for (size_t i = 0; i < texts->n_strings; i++) {
        if (i && by_text(&sorted[i - 1], &sorted[i]))
            rank++;
        sorted[i]->rank = rank;
    }
    return true;
}

uint32_t text_order_rank(const struct text_order *texts, size_t i)
{
    return texts->strings[texts->items[i].slot].rank;
}

/* <0, 0, >0 in the wanted direction. */
static int compare(const struct text_item *a, const struct text_item *b, bool descending)
{
    int order = a->prefix < b->prefix ? -1 : a->prefix > b->prefix;

    if (!order && a->text != b->text)
        order = strcmp(a->text, b->text);
    return descending ? -order : order;
}

static void insertion_sort(struct text_item *items, size_t n, bool descending)
{
    for (size_t i = 1; i < n; i++) {
        struct text_item item = items[i];
        size_t at = i;
        for (; at && compare(&items[at - 1], &item, descending) > 0; at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

/* Merges the sorted [0, middle) and [middle, n) of `from` into `to`; the left one first where
 * equal. */
static bool merge(const struct text_item *from, size_t middle, size_t n, struct text_item *to,
                  bool descending, const atomic_bool *cancel)
{
    size_t left = 0, right = middle;

    for (size_t i = 0; i < n; i++) {
        if (i % CANCEL_ROWS == 0 && cancel && atomic_load_explicit(cancel, memory_order_relaxed))
            return false;
        bool take_left =
            left < middle && (right == n || compare(&from[left], &from[right], descending) <= 0);
        to[i] = take_left ? from[left++] : from[right++];
    }
    return true;
}

struct err *text_order_merge_sort(struct text_order *texts, bool descending,
                                  const atomic_bool *cancel)
{
    size_t n = texts->count;
    struct text_item *from = texts->items, *to = malloc((n ? n : 1) * sizeof *to);
    bool done = true;

    if (!to)
        return err_nomem();
    for (size_t at = 0; at < n; at += RUN_ROWS)
        insertion_sort(from + at, n - at < RUN_ROWS ? n - at : RUN_ROWS, descending);
    for (size_t run = RUN_ROWS; done && run < n; run *= 2) {
        for (size_t at = 0; done && at < n; at += 2 * run) {
            size_t span = n - at < 2 * run ? n - at : 2 * run;
            size_t middle = span < run ? span : run;
            done = merge(from + at, middle, span, to + at, descending, cancel);
        }
        struct text_item *swap = from;
        from = to;
        to = swap;
    }
    texts->items = from;
    free(to);
    return done ? NULL : err_new(ERR_CANCELLED, NULL, "sorting was cancelled");
}
