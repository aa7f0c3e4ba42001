/*
 * A line editor with history: what `/`, `f` and `:` open in the status line.
 *
 * Letters insert themselves; everything else is an action bound in the class `prompt`. Views do not
 * use this directly but app_prompt().
 */
#pragma once

#include <stdbool.h>

#include "inspector/base/str.h"
#include "inspector/ui/actions.h"
#include "inspector/ui/draw.h"
#include "inspector/ui/key.h"

/* What was entered before, oldest first, without repetitions. Kept for the session. */
struct history {
    char **items;
    size_t n_items;
};

void history_deinit(struct history *history);

struct prompt_spec {
    const char *label;       /* "filter: "; copied */
    const char *initial;     /* NULL: empty; copied */
    struct history *history; /* NULL: none; borrowed, outlives the prompt */

    /* All optional, called with the text as it is. */
    void (*changed)(void *ctx, const char *text);
    void (*accepted)(void *ctx,
                     const char *text); /* the prompt is closed already: open another one */
    void (*cancelled)(void *ctx);
    /* Tab: puts the text completed as far as possible into *ret and, if there is a choice, what can
     * follow into *hint. */
    void (*complete)(void *ctx, const char *text, struct str *ret, struct str *hint);
    void *ctx; /* must live as long as `owner` */

    /* The view that asks: if it is closed the prompt goes with it, without a call. NULL: nobody's.
     */
    const void *owner;
};

enum prompt_state { PROMPT_EDITING, PROMPT_ACCEPTED, PROMPT_CANCELLED };

struct prompt;

struct prompt *prompt_create(const struct prompt_spec *spec);
void prompt_destroy(struct prompt *prompt);
const struct prompt_spec *prompt_spec(const struct prompt *prompt);
const char *prompt_text(const struct prompt *prompt);
/* Types a character. */
void prompt_insert(struct prompt *prompt, ui_key key);
/* Edits. Accepting puts the text into the history. Calls `changed`, but neither of the other two.
 */
enum prompt_state prompt_action(struct prompt *prompt, enum action action);
/* Shows a few words behind the text: what is wrong with it, or how it can go on. "" removes them.
 */
void prompt_set_note(struct prompt *prompt, bool is_error, const char *note);
/* Draws on the first line of `area`, with the cursor. */
void prompt_draw(struct prompt *prompt, struct area area);
