/*
 * The views that belong to the engine: help and log. (Texts: pager.h.)
 */
#pragma once

#include <stdbool.h>

#include "inspector/ui/keymap.h"

struct view_ops;

struct help_arg {
    enum key_class keys; /* of the view that help is wanted for */
    bool has_panes;
};

/* Generated from the actions and the keymap; Enter runs the action in the view below. Opened with a
 * struct help_arg. */
extern const struct view_ops help_view;
/* What was said so far; Enter shows the whole text. */
extern const struct view_ops log_view;
