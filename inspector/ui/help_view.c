#include <stdlib.h>
#include <string.h>

#include "inspector/base/mem.h"
#include "inspector/base/str.h"
#include "inspector/ui/app.h"
#include "inspector/ui/engine_views.h"

enum help_column { HELP_KEYS, HELP_MEANING, HELP_NAME, HELP_WHERE, N_HELP_COLUMNS };

static const struct column columns[] = {
    {"keys", "Keys", "the keys that do it in this view", COL_TYPE, 0, 8, 0},
    {"meaning", "What it does", "what it does", COL_TEXT, 0, 20, 1},
    {"name", "Name", "its name on the command line (:)", COL_TYPE, 0, 8, 2},
    {"where", "Where", "the kind of view in which the key works", COL_TYPE, 0, 6, 3},
};

struct help_row {
    enum action action;
    char *keys;
    const char *where;
    bool is_refused; /* changes the target, with --readonly */
};

struct help_rows {
    struct rows rows;
    struct help_row *items;
    size_t n_items;
};

static void rows_free(struct rows *rows)
{
    struct help_rows *help = (struct help_rows *)rows;

    for (size_t i = 0; i < help->n_items; i++)
        free(help->items[i].keys);
    free(help->items);
    free(help);
}

static size_t total(const struct rows *rows)
{
    return ((const struct help_rows *)rows)->n_items;
}

static void cell(const struct rows *rows, size_t raw, unsigned col, struct cell *ret)
{
    const struct help_row *row = &((const struct help_rows *)rows)->items[raw];

    ret->state = CELL_VALUE;
    ret->tone = row->is_refused ? TONE_DIM : TONE_NORMAL;
    switch ((enum help_column)col) {
    case HELP_KEYS:
        ret->text = row->keys;
        break;
    case HELP_MEANING:
        ret->text = action_help(row->action);
        break;
    case HELP_NAME:
        ret->text = action_name(row->action);
        break;
    case HELP_WHERE:
        ret->text = row->where;
        break;
    case N_HELP_COLUMNS:
        break;
    }
}

static uint64_t id(const struct rows *rows, size_t raw)
{
    return ((const struct help_rows *)rows)->items[raw].action;
}

/* The actions that are bound in class `from` and reachable in `keys`, in the order of the table. */
static void add_class(struct help_rows *help, const struct app *app, enum key_class keys,
                      enum key_class from)
{
    const struct keymap *keymap = app_keymap(app);
    size_t n;
    const struct binding *bindings = keymap_bindings(keymap, &n);
    bool seen[N_ACTIONS] = {false};

    for (size_t i = 0; i < help->n_items; i++)
        seen[help->items[i].action] = true;
    for (size_t i = 0; i < n; i++) {
        enum action action = bindings[i].action;
        if (bindings[i].keys != from || seen[action] || action_flags(action) & ACTION_F_INNER ||
            !keymap_is_effective(keymap, keys, &bindings[i]))
            continue;
        struct str names = STR_INIT;
        keymap_describe(keymap, keys, action, &names);
        seen[action] = true;
        help->items = xrealloc(help->items, (help->n_items + 1) * sizeof *help->items);
        help->items[help->n_items++] =
            (struct help_row){action, str_steal(&names), key_class_name(from),
                              action_flags(action) & ACTION_F_TARGET && app_is_readonly(app)};
    }
}

static struct rows *help_rows_create(const struct app *app, const struct help_arg *arg)
{
    static const struct rows_ops ops = {
        .name = "help", .destroy = rows_free, .total = total, .cell = cell, .id = id};
    struct help_rows *help = xalloc(sizeof *help);

    help->rows = (struct rows){&ops, columns, N_HELP_COLUMNS, .immutable = true};
    if (arg->has_panes)
        add_class(help, app, KEYS_PANES, KEYS_PANES);
    for (enum key_class from = arg->keys; from != KEYS_NONE; from = key_class_parent(from))
        add_class(help, app, arg->keys, from);
    add_class(help, app, KEYS_TARGET_MENU, KEYS_TARGET_MENU);
    return &help->rows;
}

static struct err *help_open(struct view *view, const void *arg)
{
    const struct help_arg *help = arg;

    view_set_crumb(view, "help: %s", key_class_name(help->keys));
    view_set_rows(view, 0, help_rows_create(view->app, help), NULL);
    return NULL;
}

static unsigned help_action(struct view *view, enum action action)
{
    struct app *app = view->app;
    size_t raw = view_selected(view);

    if (action != ACT_OPEN || raw == SIZE_MAX)
        return EFFECT_IGNORED;
    enum action chosen =
        ((const struct help_rows *)browser_rows(view_browser(view)))->items[raw].action;
    nav_back(app_nav(app));
    app_do(app, chosen, NULL);
    return EFFECT_REDRAW;
}

const struct view_ops help_view = {
    .name = "help",
    .keys = KEYS_HELP,
    .bytes = sizeof(struct view),
    .open = help_open,
    .action = help_action,
};
