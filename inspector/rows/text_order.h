/*
 * Private to rows: sorting row numbers by texts. See order.c for the idea.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inspector/base/err.h"

struct text_item {
    uint64_t
        prefix; /* first eight bytes, most significant first, so that numbers compare like texts */
    const char *text;
    uint32_t raw;
    uint32_t slot; /* into `strings`, while is_few */
};

struct text_order {
    struct text_item *items; /* in the order in which they were added */
    size_t count;

    /* private: the different strings, by pointer, as long as they are few */
    bool is_few;
    struct text_string *strings;
    size_t n_strings;
    uint32_t *table;           /* open addressing over strings; index + 1, 0 is free */
    struct text_chunk *chunks; /* copies of texts that lived in a cell's buffer */
};

/* Zero-initialise first, so that text_order_deinit() may follow a failure. Room for `n` rows. */
ERR_CHECK struct err *text_order_init(struct text_order *texts, size_t n);
void text_order_deinit(struct text_order *texts);
/* Adds row `raw`. `copy`: the text does not outlive the call. */
ERR_CHECK struct err *text_order_add(struct text_order *texts, const char *text, bool copy,
                                     uint32_t raw);
/* Sorts the few different strings, if they are few. Then text_order_rank() is valid. */
bool text_order_is_ranked(struct text_order *texts);
/* The number of item `i`'s string among the sorted ones; equal texts have equal numbers. */
uint32_t text_order_rank(const struct text_order *texts, size_t i);
/* Sorts the items themselves, stable. Fails if cancelled or without memory for the spare array. */
ERR_CHECK struct err *text_order_merge_sort(struct text_order *texts, bool descending,
                                            const atomic_bool *cancel);
