#include "inspector/ui/prompt.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/base/mem.h"
#include "inspector/base/utf8.h"

enum { MAX_HISTORY = 100, MIN_TEXT_WIDTH = 10 };

struct prompt {
    struct prompt_spec spec;
    char *label;
    struct str text;
    size_t cursor;     /* byte offset, always at a character */
    size_t first;      /* byte offset of the first character on the screen */
    size_t history_at; /* index, n_items is the text being written */
    char *written;     /* that text, while an older one is shown */
    struct str note;
    bool is_note_error;
};

void history_deinit(struct history *history)
{
    for (size_t i = 0; i < history->n_items; i++)
        free(history->items[i]);
    free(history->items);
    *history = (struct history){NULL, 0};
}

static void history_remove(struct history *history, size_t at)
{
    free(history->items[at]);
    history->n_items--;
    memmove(history->items + at, history->items + at + 1,
            (history->n_items - at) * sizeof *history->items);
}

static void history_add(struct history *history, const char *text)
{
    if (!*text)
        return;
    for (size_t i = history->n_items; i-- > 0;)
        if (!strcmp(history->items[i], text))
            history_remove(history, i);
    if (history->n_items == MAX_HISTORY)
        history_remove(history, 0);
    history->items = xrealloc(history->items, (history->n_items + 1) * sizeof *history->items);
    history->items[history->n_items++] = xstrdup(text);
}

static void set_text(struct prompt *p, const char *text)
{
    str_clear(&p->text);
    str_append(&p->text, text);
    p->cursor = p->text.len_bytes;
}

struct prompt *prompt_create(const struct prompt_spec *spec)
{
    struct prompt *p = xalloc(sizeof *p);

    p->spec = *spec;
    p->label = xstrdup(spec->label);
    p->text = STR_INIT;
    p->note = STR_INIT;
    p->history_at = spec->history ? spec->history->n_items : 0;
    set_text(p, spec->initial ? spec->initial : "");
    return p;
}

void prompt_destroy(struct prompt *p)
{
    if (!p)
        return;
    free(p->label);
    free(p->written);
    str_deinit(&p->text);
    str_deinit(&p->note);
    free(p);
}

const struct prompt_spec *prompt_spec(const struct prompt *p)
{
    return &p->spec;
}

const char *prompt_text(const struct prompt *p)
{
    return p->text.text;
}

void prompt_set_note(struct prompt *p, bool is_error, const char *note)
{
    str_clear(&p->note);
    str_append(&p->note, note);
    p->is_note_error = is_error;
}

static void changed(struct prompt *p)
{
    str_clear(&p->note);
    if (p->spec.changed)
        p->spec.changed(p->spec.ctx, p->text.text);
}

/* Replaces the bytes [begin, end) by `with` and puts the cursor behind it. */
static void replace(struct prompt *p, size_t begin, size_t end, const char *with, size_t with_bytes)
{
    struct str text = STR_INIT;

    str_append_bytes(&text, p->text.text, begin);
    str_append_bytes(&text, with, with_bytes);
    p->cursor = text.len_bytes;
    str_append(&text, p->text.text + end);
    str_deinit(&p->text);
    p->text = text;
    changed(p);
}

void prompt_insert(struct prompt *p, ui_key key)
{
    char bytes[UTF8_MAX_BYTES];

    if (key_is_text(key))
        replace(p, p->cursor, p->cursor, bytes, utf8_encode(key, bytes));
}

static size_t before(const struct prompt *p, size_t at)
{
    return at ? utf8_prev(p->text.text, at) : 0;
}

static size_t after(const struct prompt *p, size_t at)
{
    uint32_t c;

    return at + utf8_next(p->text.text + at, &c);
}

static void edit_left(struct prompt *p)
{
    p->cursor = before(p, p->cursor);
}

static void edit_right(struct prompt *p)
{
    p->cursor = after(p, p->cursor);
}

static void edit_home(struct prompt *p)
{
    p->cursor = 0;
}

static void edit_end(struct prompt *p)
{
    p->cursor = p->text.len_bytes;
}

static void edit_rubout(struct prompt *p)
{
    if (p->cursor)
        replace(p, before(p, p->cursor), p->cursor, "", 0);
}

static void edit_delete(struct prompt *p)
{
    if (p->cursor < p->text.len_bytes)
        replace(p, p->cursor, after(p, p->cursor), "", 0);
}

static void edit_kill_start(struct prompt *p)
{
    replace(p, 0, p->cursor, "", 0);
}

static void edit_kill_end(struct prompt *p)
{
    replace(p, p->cursor, p->text.len_bytes, "", 0);
}

static void edit_kill_word(struct prompt *p)
{
    size_t begin = p->cursor;

    while (begin && p->text.text[begin - 1] == ' ')
        begin--;
    while (begin && p->text.text[begin - 1] != ' ')
        begin--;
    replace(p, begin, p->cursor, "", 0);
}

static void go_to_history(struct prompt *p, size_t at)
{
    const struct history *history = p->spec.history;

    if (p->history_at == history->n_items) {
        free(p->written);
        p->written = xstrdup(p->text.text);
    }
    p->history_at = at;
    set_text(p, at < history->n_items ? history->items[at] : p->written);
    changed(p);
}

static void edit_older(struct prompt *p)
{
    if (p->spec.history && p->history_at)
        go_to_history(p, p->history_at - 1);
}

static void edit_newer(struct prompt *p)
{
    if (p->spec.history && p->history_at < p->spec.history->n_items)
        go_to_history(p, p->history_at + 1);
}

static void edit_complete(struct prompt *p)
{
    struct str text = STR_INIT, hint = STR_INIT;

    if (!p->spec.complete)
        return;
    p->spec.complete(p->spec.ctx, p->text.text, &text, &hint);
    if (strcmp(text.text, p->text.text) != 0) {
        set_text(p, text.text);
        changed(p);
    }
    prompt_set_note(p, false, hint.text);
    str_deinit(&text);
    str_deinit(&hint);
}

static const struct {
    enum action action;
    void (*edit)(struct prompt *p);
} edits[] = {
    {ACT_EDIT_LEFT, edit_left},
    {ACT_EDIT_RIGHT, edit_right},
    {ACT_EDIT_HOME, edit_home},
    {ACT_EDIT_END, edit_end},
    {ACT_EDIT_RUBOUT, edit_rubout},
    {ACT_EDIT_DELETE, edit_delete},
    {ACT_EDIT_KILL_START, edit_kill_start},
    {ACT_EDIT_KILL_END, edit_kill_end},
    {ACT_EDIT_KILL_WORD, edit_kill_word},
    {ACT_EDIT_OLDER, edit_older},
    {ACT_EDIT_NEWER, edit_newer},
    {ACT_EDIT_COMPLETE, edit_complete},
};

enum prompt_state prompt_action(struct prompt *p, enum action action)
{
    if (action == ACT_EDIT_CANCEL)
        return PROMPT_CANCELLED;
    if (action == ACT_EDIT_ACCEPT) {
        if (p->spec.history)
            history_add(p->spec.history, p->text.text);
        return PROMPT_ACCEPTED;
    }
    /* Rubbing out an empty line closes it, as in many programs. */
    if (action == ACT_EDIT_RUBOUT && !p->text.len_bytes)
        return PROMPT_CANCELLED;
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++)
        if (edits[i].action == action)
            edits[i].edit(p);
    return PROMPT_EDITING;
}

/* Columns of the bytes [begin, end). */
static int width_between(const struct prompt *p, size_t begin, size_t end)
{
    char *part = xstrndup(p->text.text + begin, end - begin);
    int width = (int)utf8_width(part);

    free(part);
    return width;
}

void prompt_draw(struct prompt *p, struct area area)
{
    int label = draw_text(area, 0, 0, ROLE_PROMPT, p->label);
    int note = p->note.len_bytes ? (int)utf8_width(p->note.text) + 2 : 0;
    int room = area.width - label - 1;

    /* The note gives way to the text, but never so far that an error could not be seen at all. */
    if (note > room - MIN_TEXT_WIDTH)
        note = room - MIN_TEXT_WIDTH;
    if (note < 0)
        note = 0;
    room -= note;
    if (p->first > p->cursor)
        p->first = p->cursor;
    while (width_between(p, p->first, p->cursor) > room)
        p->first = after(p, p->first);
    struct area line = area_cols(area_rows(area, 0, 1), label, room + 1);
    draw_text(line, 0, 0, ROLE_NORMAL, p->text.text + p->first);
    draw_cursor(line, 0, width_between(p, p->first, p->cursor));
    if (note)
        draw_text(area_cols(area_rows(area, 0, 1), area.width - note, note), 0, 1,
                  p->is_note_error ? ROLE_ERROR : ROLE_DIM, p->note.text);
}
