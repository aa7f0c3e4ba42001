#include "inspector/ui/wrap.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/base/mem.h"
#include "inspector/base/utf8.h"

static void add_line(struct wrap *wrap, size_t begin, size_t bytes)
{
    if (wrap->n_lines == wrap->cap) {
        wrap->cap = wrap->cap ? wrap->cap * 2 : 32;
        wrap->lines = xrealloc(wrap->lines, wrap->cap * sizeof *wrap->lines);
    }
    wrap->lines[wrap->n_lines++] = (struct wrap_line){begin, bytes};
}

/* Bytes of `text`, at most `bytes` long and too wide for `width`, that go on the first line. */
static size_t break_at(const char *text, size_t bytes, size_t width)
{
    size_t fit = utf8_fit(text, width, NULL);

    if (fit >= bytes)
        return bytes;
    if (text[fit] == ' ')
        return fit;
    for (size_t at = fit; at; at--)
        if (text[at - 1] == ' ' && strspn(text, " ") < at)
            return at - 1;
    if (fit)
        return fit;
    uint32_t c; /* a wide character on a one-column line: go on somehow */
    return utf8_next(text, &c);
}

void wrap_text(struct wrap *wrap, const char *text, int width)
{
    size_t at = 0;

    wrap->n_lines = 0;
    while (text[at]) {
        size_t end = at + strcspn(text + at, "\n");
        if (at == end)
            add_line(wrap, at, 0);
        while (at < end) {
            size_t bytes = break_at(text + at, end - at, width > 0 ? (size_t)width : 1);
            add_line(wrap, at, bytes);
            at += bytes;
            if (at < end && text[at] == ' ')
                at++;
        }
        if (text[end] == '\n')
            end++;
        at = end;
    }
}

void wrap_deinit(struct wrap *wrap)
{
    free(wrap->lines);
    *wrap = (struct wrap){NULL, 0, 0};
}
