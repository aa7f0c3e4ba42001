#include "inspector/ui/dialog.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/base/mem.h"
#include "inspector/base/utf8.h"
#include "inspector/ui/wrap.h"

enum {
    MIN_WIDTH = 24,  /* inside the frame */
    MAX_WIDTH = 72,  /* longer lines are hard to read */
    FRAME = 2,       /* rows or columns of the frame */
    MARGIN = 2,      /* columns between frame and text, both sides together */
    BUTTON_ROWS = 2, /* a blank line and the buttons */
    BUTTON_GAP = 3,
    RADIO_WIDTH = 4, /* "(•) " */
    KEY_WIDTH = 2,   /* "c " in menus */
};

struct dialog {
    struct dialog_spec spec;
    struct dialog_item *items;
    size_t selected;
    bool is_yes; /* the doing button has the focus */
    size_t top;  /* first item or, without items, first line of text on the screen */
    size_t n_lines, n_visible;
};

static bool has_buttons(const struct dialog *d)
{
    return d->spec.kind == DIALOG_CONFIRM || d->spec.kind == DIALOG_CHOICE;
}

static char *copy(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

struct dialog *dialog_create(const struct dialog_spec *spec)
{
    struct dialog *d = xalloc(sizeof *d);

    d->spec = *spec;
    d->spec.title = xstrdup(spec->title);
    d->spec.text = xstrdup(spec->text ? spec->text : "");
    d->spec.yes = xstrdup(spec->yes ? spec->yes : "yes");
    d->items = xalloc((spec->n_items + 1) * sizeof *d->items);
    for (size_t i = 0; i < spec->n_items; i++) {
        d->items[i] = spec->items[i];
        d->items[i].label = xstrdup(spec->items[i].label);
        d->items[i].help = copy(spec->items[i].help);
    }
    d->spec.items = d->items;
    d->selected = spec->selected < spec->n_items ? spec->selected : 0;
    return d;
}

void dialog_destroy(struct dialog *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < d->spec.n_items; i++) {
        free((char *)d->items[i].label);
        free((char *)d->items[i].help);
    }
    free(d->items);
    free((char *)d->spec.title);
    free((char *)d->spec.text);
    free((char *)d->spec.yes);
    free(d);
}

const struct dialog_spec *dialog_spec(const struct dialog *d)
{
    return &d->spec;
}

size_t dialog_selected(const struct dialog *d)
{
    return d->selected;
}

/* Takes the marked item of a menu. */
static enum dialog_state take_item(const struct dialog *d)
{
    bool is_there = d->spec.n_items && !d->items[d->selected].is_disabled;

    return is_there ? DIALOG_CHOSEN : DIALOG_OPEN;
}

bool dialog_key(struct dialog *d, ui_key key, enum dialog_state *state)
{
    for (size_t i = 0; i < d->spec.n_items; i++) {
        if (d->items[i].key == UI_KEY_NONE || d->items[i].key != key)
            continue;
        *state = DIALOG_OPEN;
        if (d->items[i].is_disabled)
            return true;
        d->selected = i;
        if (d->spec.kind == DIALOG_MENU)
            *state = DIALOG_CHOSEN;
        return true;
    }
    return false;
}

/* The next enabled item in this direction; without items the text scrolls. */
static void move(struct dialog *d, int step)
{
    size_t n = d->spec.n_items;

    if (!n) {
        if (step > 0 && d->top + d->n_visible < d->n_lines)
            d->top++;
        else if (step < 0 && d->top)
            d->top--;
        return;
    }
    for (size_t at = d->selected;;) {
        if ((step < 0 && !at) || (step > 0 && at + 1 == n))
            return;
        at = step > 0 ? at + 1 : at - 1;
        if (d->items[at].is_disabled)
            continue;
        d->selected = at;
        return;
    }
}

enum dialog_state dialog_action(struct dialog *d, enum action action)
{
    switch (action) {
    case ACT_DIALOG_DOWN:
        move(d, 1);
        return DIALOG_OPEN;
    case ACT_DIALOG_UP:
        move(d, -1);
        return DIALOG_OPEN;
    case ACT_DIALOG_OTHER:
        d->is_yes = !d->is_yes;
        return DIALOG_OPEN;
    case ACT_DIALOG_YES:
        return has_buttons(d) ? DIALOG_CHOSEN : DIALOG_OPEN;
    case ACT_DIALOG_NO:
        return DIALOG_LEFT;
    case ACT_DIALOG_ACCEPT:
        if (d->spec.kind == DIALOG_MENU)
            return take_item(d);
        return has_buttons(d) && d->is_yes ? DIALOG_CHOSEN : DIALOG_LEFT;
    default:
        return DIALOG_OPEN;
    }
}

/* -- Drawing -- */

static int item_prefix(const struct dialog *d)
{
    return d->spec.kind == DIALOG_CHOICE ? RADIO_WIDTH : KEY_WIDTH;
}

/* Columns that the widest label takes, without its help. */
static int label_width(const struct dialog *d)
{
    int widest = 0;

    for (size_t i = 0; i < d->spec.n_items; i++) {
        int width = (int)utf8_width(d->items[i].label);
        widest = width > widest ? width : widest;
    }
    return widest;
}

/* Columns inside the frame that the contents would like. */
static int wanted_width(const struct dialog *d)
{
    int wanted = (int)utf8_width(d->spec.title) + 4, labels = label_width(d);
    struct wrap lines = {NULL, 0, 0};

    for (size_t i = 0; i < d->spec.n_items; i++) {
        int help = d->items[i].help ? 2 + (int)utf8_width(d->items[i].help) : 0;
        int width = item_prefix(d) + labels + help;
        wanted = width > wanted ? width : wanted;
    }
    wrap_text(&lines, d->spec.text, MAX_WIDTH - MARGIN);
    for (size_t i = 0; i < lines.n_lines; i++) {
        char *line = xstrndup(d->spec.text + lines.lines[i].begin, lines.lines[i].bytes);
        int width = (int)utf8_width(line);
        wanted = width > wanted ? width : wanted;
        free(line);
    }
    wrap_deinit(&lines);
    wanted += MARGIN;
    return wanted < MIN_WIDTH ? MIN_WIDTH : wanted > MAX_WIDTH ? MAX_WIDTH : wanted;
}

static void draw_item(const struct dialog *d, struct area area, int y, size_t i)
{
    const struct dialog_item *item = &d->items[i];
    enum role role = item->is_disabled ? ROLE_DIM : ROLE_NORMAL;
    char name[KEY_NAME_BYTES];
    int prefix = item_prefix(d);
    bool is_cursor = i == d->selected;

    if (is_cursor)
        role = d->spec.kind == DIALOG_MENU ? ROLE_SELECTED : ROLE_TITLE;
    draw_blank(area, y, 0, -1, role);
    if (d->spec.kind == DIALOG_CHOICE)
        draw_text(area, y, 0, role, draw_glyph(is_cursor ? GLYPH_RADIO_ON : GLYPH_RADIO_OFF));
    else if (item->key != UI_KEY_NONE)
        draw_text(area, y, 0, role == ROLE_NORMAL ? ROLE_KEY : role, key_to_name(item->key, name));
    draw_text(area, y, prefix, role, item->label);
    if (item->help)
        draw_text(area, y, prefix + label_width(d) + 2, role == ROLE_NORMAL ? ROLE_DIM : role,
                  item->help);
}

static void draw_buttons(const struct dialog *d, struct area area, int y)
{
    char *yes = xasprintf(" y %s ", d->spec.yes);
    int x = 0;

    draw_text(area, y, x, d->is_yes ? ROLE_SELECTED : ROLE_BUTTON, yes);
    x += (int)utf8_width(yes) + BUTTON_GAP;
    draw_text(area, y, x, d->is_yes ? ROLE_BUTTON : ROLE_SELECTED, " n cancel ");
    free(yes);
}

static void draw_lines(const struct dialog *d, const struct wrap *lines, struct area area,
                       size_t first)
{
    for (int y = 0; y < area.height && first + (size_t)y < lines->n_lines; y++) {
        const struct wrap_line *line = &lines->lines[first + (size_t)y];
        char *text = xstrndup(d->spec.text + line->begin, line->bytes);
        draw_text(area, y, 0, ROLE_NORMAL, text);
        free(text);
    }
    if (first + (size_t)area.height < lines->n_lines && area.height)
        draw_text_right(area, area.height - 1, ROLE_INFO, draw_glyph(GLYPH_DOWN));
}

/* The items that fit, with an arrow where there are more. */
static void draw_items(const struct dialog *d, struct area area)
{
    size_t n = d->spec.n_items, end = d->top + (size_t)area.height;

    for (int y = 0; y < area.height && d->top + (size_t)y < n; y++)
        draw_item(d, area, y, d->top + (size_t)y);
    if (d->top)
        draw_text_right(area_rows(area, 0, 1), 0, ROLE_INFO, draw_glyph(GLYPH_UP));
    if (end < n && area.height)
        draw_text_right(area, area.height - 1, ROLE_INFO, draw_glyph(GLYPH_DOWN));
}

/* Where the rows inside the frame go: text first, then items, then buttons. Items win over text. */
static void split_rows(const struct dialog *d, size_t n_lines, int room, int *text, int *items)
{
    int wanted_items = (int)d->spec.n_items;
    int blank = n_lines && wanted_items ? 1 : 0;

    *items = wanted_items < room ? wanted_items : room;
    *text = (int)n_lines + blank < room - *items ? (int)n_lines + blank : room - *items;
    if (*text <= 0 && n_lines && *items > 2) {
        *text = 1; /* some of the text, at the price of scrolling the items */
        *items -= 1;
    }
}

void dialog_draw(struct dialog *d, struct area area)
{
    int width = wanted_width(d), buttons = has_buttons(d) ? BUTTON_ROWS : 0;
    int text_rows, item_rows;
    struct wrap lines = {NULL, 0, 0};

    if (width > area.width - FRAME)
        width = area.width - FRAME;
    wrap_text(&lines, d->spec.text, width - MARGIN);
    if (buttons && (int)lines.n_lines + (int)d->spec.n_items + buttons > area.height - FRAME)
        buttons = 1; /* no room for the blank line */
    split_rows(d, lines.n_lines, area.height - FRAME - buttons, &text_rows, &item_rows);
    int height = text_rows + item_rows + buttons + FRAME;
    struct area box = {area.y + (area.height - height) / 2,
                       area.x + (area.width - width - FRAME) / 2, height, width + FRAME};
    draw_frame(box, d->spec.title);
    struct area inside =
        area_cols(area_rows(box, 1, height - FRAME), 1 + MARGIN / 2, width - MARGIN);
    d->n_lines = lines.n_lines;
    d->n_visible = (size_t)(d->spec.n_items ? item_rows : text_rows);
    if (d->spec.n_items && d->selected < d->top)
        d->top = d->selected;
    if (d->spec.n_items && d->n_visible && d->selected >= d->top + d->n_visible)
        d->top = d->selected - d->n_visible + 1;
    draw_lines(d, &lines, area_rows(inside, 0, text_rows), d->spec.n_items ? 0 : d->top);
    if (d->spec.n_items)
        draw_items(d, area_rows(inside, text_rows, item_rows));
    if (buttons)
        draw_buttons(d, inside, inside.height - 1);
    wrap_deinit(&lines);
}
