#include "inspector/ui/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/base/utf8.h"

static const struct {
    ui_key key;
    const char *name;
} named[] = {
#define K(id, text) {UI_KEY_##id, text},
    UI_SPECIAL_KEYS(K)
#undef K
        {' ', "Space"},
};

enum { N_NAMED = sizeof named / sizeof *named, N_CONTROL = 26, N_FUNCTION = 12 };

bool key_parse(const char *name, ui_key *ret)
{
    char *end;
    uint32_t c;

    for (size_t i = 0; i < N_NAMED; i++) {
        if (strcmp(named[i].name, name) != 0)
            continue;
        *ret = named[i].key;
        return true;
    }
    if (name[0] == '^' && name[1] >= 'a' && name[1] <= 'z' && !name[2]) {
        *ret = (ui_key)(name[1] - 'a' + 1);
        return true;
    }
    if (name[0] == 'F' && name[1] >= '1' && name[1] <= '9') {
        unsigned long n = strtoul(name + 1, &end, 10);
        if (!*end && n <= N_FUNCTION) {
            *ret = (ui_key)(UI_KEY_F0 + n);
            return true;
        }
    }
    size_t bytes = utf8_next(name, &c);
    if (!bytes || name[bytes] || c <= ' ' || c == UTF8_BAD)
        return false;
    *ret = c;
    return true;
}

const char *key_to_name(ui_key key, char buf[KEY_NAME_BYTES])
{
    for (size_t i = 0; i < N_NAMED; i++)
        if (named[i].key == key) {
            snprintf(buf, KEY_NAME_BYTES, "%s", named[i].name);
            return buf;
        }
    if (key >= 1 && key <= N_CONTROL) {
        snprintf(buf, KEY_NAME_BYTES, "^%c", (int)('a' + key - 1));
    } else if (key > UI_KEY_F0 && key <= UI_KEY_F12) {
        snprintf(buf, KEY_NAME_BYTES, "F%u", (unsigned)(key - UI_KEY_F0));
    } else if (key < UI_KEY_SPECIAL && key > ' ') {
        buf[utf8_encode(key, buf)] = '\0';
    } else {
        snprintf(buf, KEY_NAME_BYTES, "key %u", (unsigned)key);
    }
    return buf;
}

bool key_is_text(ui_key key)
{
    return key >= ' ' && key < UI_KEY_SPECIAL && key != 0x7f;
}
