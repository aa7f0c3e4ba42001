/*
 * Dialogs: boxes over the view that take all keys until they are closed.
 *
 *      message   a text, any accepting or leaving key closes it
 *      confirm   a text that names the exact effect, and two buttons; No is the default
 *      choice    the same with a radio list above the buttons
 *      menu      a list, Enter or an item's own letter takes one
 *
 * Views do not use this directly but app_dialog().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "inspector/ui/actions.h"
#include "inspector/ui/draw.h"
#include "inspector/ui/keymap.h"

enum dialog_kind { DIALOG_MESSAGE, DIALOG_CONFIRM, DIALOG_CHOICE, DIALOG_MENU };

struct dialog_item {
    const char *label;
    const char *help; /* behind the label, dim; may be NULL */
    ui_key key;       /* takes or marks the item; UI_KEY_NONE: none */
    bool is_disabled; /* shown dim and not taken */
};

/* Everything is copied but `ctx` and `owner`. */
struct dialog_spec {
    enum dialog_kind kind;
    const char *title;
    const char *text; /* lines; NULL: none */
    const struct dialog_item *items;
    size_t n_items;
    size_t selected; /* index of the item that is marked at first */
    const char *yes; /* what the doing button says: "collect"; NULL: "yes" */
    /*
     * Called once, with the dialog closed already: the index of the item (0 for confirm), or -1 if
     * the user left. May be NULL.
     */
    void (*done)(void *ctx, int choice);
    void *ctx;         /* must live as long as `owner` */
    const void *owner; /* the view that asks, as in prompt.h */
};

enum dialog_state { DIALOG_OPEN, DIALOG_CHOSEN, DIALOG_LEFT };

struct dialog;

struct dialog *dialog_create(const struct dialog_spec *spec);
void dialog_destroy(struct dialog *dialog);
const struct dialog_spec *dialog_spec(const struct dialog *dialog);
/* The item that is marked now. */
size_t dialog_selected(const struct dialog *dialog);
/* An item's own key. *state is what became of the dialog; false if no item has this key. */
bool dialog_key(struct dialog *dialog, ui_key key, enum dialog_state *state);
enum dialog_state dialog_action(struct dialog *dialog, enum action action);
/* Draws in the middle of `area`. */
void dialog_draw(struct dialog *dialog, struct area area);
