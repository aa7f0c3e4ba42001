/*
 * libFuzzer target: previews that a frozen copy answers with, and numbers that people type.
 *
 * The first byte chooses: an answer's values, or a kind of column whose numbers the rest is read as.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/base/opt.h"
#include "inspector/base/utf8.h"
#include "inspector/rows/value.h"
#include "inspector/rows/value_text.h"

enum { KINDS = COL_ID + 1 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check_preview(const struct decoded_value *value)
{
    char *text = value_text(value), *copy = strdup(text);

    utf8_make_safe(copy);
    if (strcmp(copy, text))
        abort();
    free(copy);
    free(text);
}

/* Read, or refused as wrong usage. */
static void check_number(enum col_kind kind, const char *text)
{
    int64_t number = 0;
    long plain = 0;
    struct err *err = value_parse(kind, text, &number);

    if (err && err->code != ERR_USAGE)
        abort();
    err_destroy(err);
    err = opt_number(text, "it", -1000, 1000, &plain);
    if (!err && (plain < -1000 || plain > 1000))
        abort();
    err_destroy(err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct decoded_value value;

    if (!bytes)
        return 0;
    if (*data % (KINDS + 1) == KINDS) {
        struct wire_reader r = wire_reader(data + 1, bytes - 1);
        while (decode_value(&r, &value))
            check_preview(&value);
    } else {
        char *text = strndup((const char *)data + 1, bytes - 1);
        check_number((enum col_kind)(*data % (KINDS + 1)), text);
        free(text);
    }
    return 0;
}
