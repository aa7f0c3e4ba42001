/*
 * Finding a word in a text, as filters and the search do it: a plain substring, with smart case
 * (ignoring the case of ASCII letters unless the word has an upper-case one).
 *
 * A compiled match is immutable. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct text_match;

/* Compiles a copy of `word`; never NULL. An empty word is found nowhere. */
struct text_match *text_match_create(const char *word);
void text_match_destroy(struct text_match *match);
/* The first place in `text`: true, with its byte offset and length. `begin` and `bytes` may be
 * NULL. */
bool text_match_find(const struct text_match *match, const char *text, size_t *begin,
                     size_t *bytes);
/* The word as given. */
const char *text_match_word(const struct text_match *match);
