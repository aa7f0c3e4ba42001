/*
 * Keys: one number each, and a name that people read and tests write.
 *
 * A key is a Unicode code point ('j', U+65E5), a control character 1 … 26 (^a … ^z), or one of the
 * special keys below. Enter, Tab, Esc and Backspace are special, never ^m, ^i, ^[ or ^h. Mouse
 * events are keys too, so that they go through the same binding table.
 *
 * Names: the character itself, "Space", "^a", "F1" … "F12", and the names in the table. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t ui_key;

#define UI_SPECIAL_KEYS(K)                                                                         \
    K(UP, "Up")                                                                                    \
    K(DOWN, "Down")                                                                                \
    K(LEFT, "Left")                                                                                \
    K(RIGHT, "Right")                                                                              \
    K(HOME, "Home")                                                                                \
    K(END, "End")                                                                                  \
    K(PAGE_UP, "PgUp")                                                                             \
    K(PAGE_DOWN, "PgDn")                                                                           \
    K(INSERT, "Ins")                                                                               \
    K(DELETE, "Del")                                                                               \
    K(ENTER, "Enter")                                                                              \
    K(ESCAPE, "Esc")                                                                               \
    K(TAB, "Tab")                                                                                  \
    K(BACK_TAB, "S-Tab")                                                                           \
    K(BACKSPACE, "Backspace")                                                                      \
    K(CLICK, "Click")                                                                              \
    K(WHEEL_UP, "WheelUp")                                                                         \
    K(WHEEL_DOWN, "WheelDown")

enum {
    UI_KEY_NONE = 0,
    UI_KEY_SPECIAL = 0x110000, /* beyond Unicode */
#define K(id, name) UI_KEY_##id,
    UI_SPECIAL_KEYS(K)
#undef K
        UI_KEY_F0 = UI_KEY_SPECIAL + 0x100, /* UI_KEY_F0 + n is Fn */
    UI_KEY_F12 = UI_KEY_F0 + 12,
};

enum { KEY_NAME_BYTES = 16 };

/* A key press or a mouse event, with the place of the latter in screen cells. */
struct ui_event {
    ui_key key;
    int y, x;
};

/* The key called `name`; false if there is none. */
bool key_parse(const char *name, ui_key *ret);
/* Writes the name of `key` into `buf` and returns buf. */
const char *key_to_name(ui_key key, char buf[KEY_NAME_BYTES]);
/* Whether the key stands for a character to type. */
bool key_is_text(ui_key key);
