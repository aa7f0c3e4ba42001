/*
 * The command line (`:`) and the menu of everything that changes the target (`!`).
 */
#include <stdlib.h>
#include <string.h>

#include "inspector/base/mem.h"
#include "inspector/base/str.h"
#include "inspector/ui/app_private.h"

static const struct app_command *find_command(const struct app *app, const char *name)
{
    for (size_t i = 0; i < app->n_commands; i++)
        if (!strcmp(app->commands[i].name, name))
            return &app->commands[i];
    return NULL;
}

void app_run_command(struct app *app, const char *line)
{
    line += strspn(line, " ");
    size_t bytes = strcspn(line, " ");
    if (!bytes)
        return;
    char *name = xstrndup(line, bytes);
    const char *text = line + bytes + strspn(line + bytes, " ");
    const struct app_command *command = find_command(app, name);
    enum action action = action_find(name);
    unsigned flags = action_flags(action);

    if (command)
        app_effects(app, command->run(command->ctx, app, text));
    else if (action == ACT_NONE || flags & ACTION_F_INNER)
        app_error(app, "there is no action or view '%s'; Tab completes names", name);
    else if (*text && !(flags & ACTION_F_TEXT))
        app_error(app, "'%s' takes no argument", name);
    else
        app_do(app, action, *text ? text : NULL);
    free(name);
}

static void command_accepted(void *ctx, const char *text)
{
    app_run_command(ctx, text);
}

/* What Tab has found so far. */
struct completion {
    const char *prefix;
    size_t prefix_bytes;
    const char *first;   /* the first name with the prefix */
    size_t common_bytes; /* that all names with it share */
    size_t n;
    struct str names;
};

static void consider(struct completion *c, const char *name)
{
    size_t same = 0;

    if (strncmp(name, c->prefix, c->prefix_bytes) != 0)
        return;
    str_printf(&c->names, "%s%s", c->n ? " " : "", name);
    if (!c->n++) {
        c->first = name;
        c->common_bytes = strlen(name);
        return;
    }
    while (same < c->common_bytes && name[same] == c->first[same])
        same++;
    c->common_bytes = same;
}

static void command_complete(void *ctx, const char *text, struct str *ret, struct str *hint)
{
    const struct app *app = ctx;
    struct completion c = {text, strlen(text), NULL, 0, 0, STR_INIT};

    for (size_t i = 0; i < app->n_commands; i++)
        consider(&c, app->commands[i].name);
    for (unsigned i = 1; i < N_ACTIONS; i++)
        if (!(action_flags((enum action)i) & ACTION_F_INNER))
            consider(&c, action_name((enum action)i));
    if (!c.n) {
        str_append(ret, text);
        str_append(hint, strchr(text, ' ') ? "" : "no such name");
    } else {
        str_append_bytes(ret, c.first, c.common_bytes);
        if (c.n > 1)
            str_append(hint, c.names.text);
    }
    str_deinit(&c.names);
}

unsigned app_open_command_line(struct app *app)
{
    app_prompt(app, &(struct prompt_spec){.label = ":",
                                          .history = &app->command_lines,
                                          .accepted = command_accepted,
                                          .complete = command_complete,
                                          .ctx = app});
    return EFFECT_REDRAW;
}

/* -- The menu of what changes the target -- */

/* The n-th action that changes the target, or ACT_NONE. */
static enum action target_action(size_t n)
{
    for (unsigned i = 1; i < N_ACTIONS; i++)
        if (action_flags((enum action)i) & ACTION_F_TARGET && !n--)
            return (enum action)i;
    return ACT_NONE;
}

static ui_key menu_key(const struct app *app, enum action action)
{
    size_t n;
    const struct binding *bindings = keymap_bindings(app->keymap, &n);

    for (size_t i = 0; i < n; i++)
        if (bindings[i].keys == KEYS_TARGET_MENU && bindings[i].action == action)
            return bindings[i].key;
    return UI_KEY_NONE;
}

static void target_chosen(void *ctx, int choice)
{
    if (choice >= 0)
        app_do(ctx, target_action((size_t)choice), NULL);
}

unsigned app_open_target_menu(struct app *app)
{
    struct dialog_item items[N_ACTIONS];
    enum action action;
    size_t n = 0;

    if (app->options.readonly) {
        app_error(app, "nothing here may change the target: --readonly");
        return EFFECT_REDRAW;
    }
    for (; (action = target_action(n)) != ACT_NONE; n++)
        items[n] = (struct dialog_item){.label = action_name(action),
                                        .help = action_help(action),
                                        .key = menu_key(app, action)};
    app_dialog(app, &(struct dialog_spec){.kind = DIALOG_MENU,
                                          .title = "Change the target",
                                          .items = items,
                                          .n_items = n,
                                          .done = target_chosen,
                                          .ctx = app});
    app->dialog_keys = KEYS_TARGET_MENU;
    return EFFECT_REDRAW;
}
