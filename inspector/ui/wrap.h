/*
 * Breaking a text into lines of limited width: at line ends, at blanks, and within words that are
 * too long.
 */
#pragma once

#include <stddef.h>

struct wrap_line {
    size_t begin, bytes; /* of the text; without the blank or line end at which it was broken */
};

struct wrap {
    struct wrap_line *lines;
    size_t n_lines;
    size_t cap; /* private */
};

/* Breaks `text` at `width` columns (at least 1). What `wrap` held before is replaced. */
void wrap_text(struct wrap *wrap, const char *text, int width);
void wrap_deinit(struct wrap *wrap);
