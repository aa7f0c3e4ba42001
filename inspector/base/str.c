#include "inspector/base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/base/mem.h"

char str_empty[1] = "";

void str_deinit(struct str *s)
{
    if (s->cap)
        free(s->text);
    *s = STR_INIT;
}

void str_clear(struct str *s)
{
    s->len_bytes = 0;
    if (s->cap)
        s->text[0] = '\0';
}

/* Room for `more` bytes and the terminator. */
static void reserve(struct str *s, size_t more)
{
    size_t need = s->len_bytes + more + 1;

    if (need <= s->cap)
        return;
    size_t cap = s->cap ? s->cap : 64;
    while (cap < need)
        cap *= 2;
    s->text = xrealloc(s->cap ? s->text : NULL, cap);
    s->cap = cap;
}

void str_append_bytes(struct str *s, const char *text, size_t bytes)
{
    reserve(s, bytes);
    memcpy(s->text + s->len_bytes, text, bytes);
    s->len_bytes += bytes;
    s->text[s->len_bytes] = '\0';
}

void str_append(struct str *s, const char *text)
{
    str_append_bytes(s, text, strlen(text));
}

void str_append_char(struct str *s, char c)
{
    str_append_bytes(s, &c, 1);
}

void str_printf(struct str *s, const char *fmt, ...)
{
    va_list ap, again;

    va_start(ap, fmt);
    va_copy(again, ap);
    int need = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (need > 0) {
        reserve(s, (size_t)need);
        vsnprintf(s->text + s->len_bytes, (size_t)need + 1, fmt, again);
        s->len_bytes += (size_t)need;
    }
    va_end(again);
}

char *str_steal(struct str *s)
{
    char *text = s->cap ? s->text : xstrdup("");

    *s = STR_INIT;
    return text;
}
