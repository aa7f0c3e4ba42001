/*
 * Which key does what, where.
 *
 * Bindings belong to a class of views. A key is looked up in the view's own class first, then in
 * its parent, up to `global`; prompts and dialogs have no parent, so that letters are letters
 * there.
 *
 *      global ◄── list ◄── procs, types, …
 *                  ▲──── object-rows ◄── objects, object, …
 *      global ◄── pager            panes: asked before a view's own class when it has two panes
 *      prompt   dialog ◄── target-menu
 *
 * The footer, the help view and the manual page are generated from the same table (bindings.c). One
 * thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "inspector/base/err.h"
#include "inspector/base/str.h"
#include "inspector/ui/actions.h"
#include "inspector/ui/key.h"

/* id, name (in the help and the user's file), parent */
#define UI_KEY_CLASSES(C)                                                                          \
    C(GLOBAL, "everywhere", NONE)                                                                  \
    C(LIST, "lists", GLOBAL)                                                                       \
    C(PANES, "panes", NONE)                                                                        \
    C(PAGER, "text", GLOBAL)                                                                       \
    C(HELP, "help", LIST)                                                                          \
    C(LOG, "log", LIST)                                                                            \
    C(PROMPT, "prompt", NONE)                                                                      \
    C(DIALOG, "dialog", NONE)                                                                      \
    C(TARGET_MENU, "target", DIALOG)                                                               \
    C(PROCS, "processes", LIST)                                                                    \
    C(OVERVIEW, "overview", LIST)                                                                  \
    C(TYPES, "types", LIST)                                                                        \
    C(OBJECT_ROWS, "object-rows", LIST)                                                            \
    C(OBJECTS, "objects", OBJECT_ROWS)                                                             \
    C(OBJECT, "object", OBJECT_ROWS)                                                               \
    C(RETAINED, "retained", OBJECT_ROWS)                                                           \
    C(PATH, "path", OBJECT_ROWS)                                                                   \
    C(CYCLES, "cycles", LIST)                                                                      \
    C(CYCLE, "cycle", OBJECT_ROWS)                                                                 \
    C(GARBAGE, "garbage", LIST)

enum key_class {
    KEYS_NONE, /* no parent */
#define C(id, name, parent) KEYS_##id,
    UI_KEY_CLASSES(C)
#undef C
        N_KEY_CLASSES
};

/* One line of bindings.c: keys by name, separated by blanks. */
struct binding_spec {
    enum key_class keys;
    const char *names;
    enum action action;
    const char *label; /* in the footer, at most 10 characters; NULL: not there */
};

struct binding {
    enum key_class keys;
    ui_key key;
    enum action action; /* ACT_NONE: unbound by the user */
    const char *label;
};

struct keymap;

/* The default bindings, ended by ACT_NONE. */
extern const struct binding_spec keymap_defaults[];

/*
 * A keymap of `specs` (ended by ACT_NONE). ERR_INTERNAL names the first mistake: an unknown key, a
 * key bound twice in a class, or a movement key (h j k l g G n N / ? : q Q Esc Enter) that means
 * something else in a class below `global` or `list`.
 */
ERR_CHECK struct err *keymap_create(const struct binding_spec *specs, struct keymap **ret);
void keymap_destroy(struct keymap *keymap);

/*
 * The user's own bindings, one in a line: "CLASS KEY ACTION", for instance "types ^t sort"; the
 * action "none" unbinds; a line that starts with '#' is a comment. Later lines win. ERR_INPUT names
 * the line; those before it are in force. `name` is the file, for the message.
 */
ERR_CHECK struct err *keymap_load(struct keymap *keymap, const char *text, const char *name);

/* What `key` does in `keys` and its parents; ACT_NONE if nothing. */
enum action keymap_lookup(const struct keymap *keymap, enum key_class keys, ui_key key);
/* Whether `keys` is `other` or below it. */
bool key_class_is(enum key_class keys, enum key_class other);
enum key_class key_class_parent(enum key_class keys);
const char *key_class_name(enum key_class keys);

/* All bindings in table order; those of the user last. Valid until the next change. */
const struct binding *keymap_bindings(const struct keymap *keymap, size_t *n);
/* Appends the keys of `action` that work in `keys`, separated by blanks: "Down j". */
void keymap_describe(const struct keymap *keymap, enum key_class keys, enum action action,
                     struct str *ret);
/* The binding behind `binding`'s key in `keys` is this very one, not shadowed by a class below. */
bool keymap_is_effective(const struct keymap *keymap, enum key_class keys,
                         const struct binding *binding);
