/*
 * libFuzzer target: whatever bytes a text of the target has, what is shown of it is printable UTF-8 on one
 * line, and no function that measures it reads behind its end.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/base/str.h"
#include "inspector/base/utf8.h"
#include "inspector/model/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* utf8_make_safe() finds nothing to replace. */
static void must_be_safe(const char *text)
{
    char *copy = strdup(text);

    utf8_make_safe(copy);
    if (strcmp(copy, text))
        abort();
    free(copy);
}

static void check_escapes(const char *text, size_t bytes, char quote)
{
    struct str s = STR_INIT;

    text_escape(&s, text, bytes, quote);
    if (strlen(s.text) != s.len_bytes) /* a zero byte came through */
        abort();
    must_be_safe(s.text);
    str_clear(&s);
    text_escape_bytes(&s, text, bytes, quote);
    for (size_t i = 0; i < s.len_bytes; i++)
        if (s.text[i] < ' ' || s.text[i] > '~')
            abort();
    str_deinit(&s);
}

/* Every function of utf8.h on a terminated text. */
static void check_measures(const char *text)
{
    size_t length = strlen(text), width = utf8_width(text), used;
    uint32_t c;

    for (size_t columns = 0; columns <= width && columns < 64; columns++) {
        if (utf8_fit(text, columns, &used) > length || used > columns)
            abort();
        if (utf8_fit_tail(text, columns, &used) > length || used > columns)
            abort();
    }
    if (utf8_fit(text, width, NULL) != length)
        abort();
    for (size_t at = 0, n; (n = utf8_next(text + at, &c)); at += n)
        if (at + n > length || utf8_prev(text, at + n) > at + n - 1)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static const char quotes[] = {0, '\'', '"'};
    char *text;

    if (!bytes)
        return 0;
    check_escapes((const char *)data + 1, bytes - 1, quotes[*data % sizeof quotes]);
    text = strndup((const char *)data + 1, bytes - 1);
    check_measures(text);
    utf8_make_safe(text);
    must_be_safe(text);
    free(text);
    return 0;
}
