/*
 * String builder. Always terminated, grows as needed (xalloc rules: for our own bounded texts).
 *
 *     struct str s = STR_INIT;
 *     str_printf(&s, "%u objects", n);
 *     puts(s.text);
 *     str_deinit(&s);
 *
 * One thread at a time.
 */
#pragma once

#include <stddef.h>

#include "inspector/base/err.h"

struct str {
    char *text; /* never NULL after the first append; "" before */
    size_t len_bytes;
    size_t cap; /* private; 0 while `text` is the shared "" */
};

extern char str_empty[1];

#define STR_INIT ((struct str){str_empty, 0, 0})

void str_deinit(struct str *s);
/* Empties it and keeps the memory. */
void str_clear(struct str *s);
void str_append(struct str *s, const char *text);
void str_append_bytes(struct str *s, const char *text, size_t bytes);
void str_append_char(struct str *s, char c);
void str_printf(struct str *s, const char *fmt, ...) ERR_PRINTF(2, 3);
/* Hands the text to the caller (free() it) and leaves `s` empty. */
char *str_steal(struct str *s);
