/*
 * Texts of str objects as UTF-8, read where they lie: PyUnicode_AsUTF8() would cache a copy inside
 * the object. Surrogates are kept (as three bytes each). No Python code, no allocation. Any thread
 * that may read the heap.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/ag_api.h"

/* Whether the object is a str (or of a subclass of it). */
bool ag_is_str(struct pyobj *object);
/* The bytes of its characters as they lie in memory, one, two or four each: `kind`. */
const void *ag_str_bytes(struct pyobj *str, uint64_t *bytes, unsigned *kind);
/* Number of characters of a str. */
uint64_t ag_str_length(struct pyobj *str);
/*
 * Writes at most `cap` bytes of the text, whole characters only, not terminated; returns how many.
 */
uint32_t ag_str_utf8(struct pyobj *str, char *buf, uint32_t cap);
/* Whether a str is exactly this ASCII text. */
bool ag_str_is(struct pyobj *str, const char *ascii);

/*
 * A bounded text in the making: what does not fit is left out, `cut` says so. Not terminated.
 */
struct ag_text {
    char *at;
    uint32_t n;
    uint32_t cap;
    bool cut;
};

static inline struct ag_text ag_text_in(char *buf, uint32_t cap)
{
    return (struct ag_text){buf, 0, cap, false};
}

void ag_put(struct ag_text *text, const char *c_string);
/* The same for what is not to be torn: all of it, or nothing and nothing after it. */
void ag_put_whole(struct ag_text *text, const char *c_string);
void ag_put_decimal(struct ag_text *text, uint64_t n);
void ag_put_hex(struct ag_text *text, uint64_t n);
/* The characters of a str, at most `max` bytes of them. */
void ag_put_str(struct ag_text *text, struct pyobj *str, uint32_t max);
/* At least `width` digits. */
void ag_put_padded(struct ag_text *text, uint64_t n, unsigned width);
/* 'text', with what Python would escape in it, "…" inside when it has more than `max` characters. */
void ag_put_quoted(struct ag_text *text, struct pyobj *str, uint32_t max);
/* b'bytes', the same way. */
void ag_put_quoted_bytes(struct ag_text *text, const void *data, uint64_t n, uint32_t max);
/* Numbers in IEEE 754, which the inspector writes: see VALUE_PREVIEW in proto/msg.h. */
void ag_put_double(struct ag_text *text, const void *bytes);
void ag_put_complex(struct ag_text *text, const void *bytes);
