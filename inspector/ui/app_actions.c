/*
 * From keys to actions, and the actions of the application itself.
 */
#include <stdlib.h>
#include <string.h>

#include "inspector/base/mem.h"
#include "inspector/ui/app_private.h"
#include "inspector/ui/engine_views.h"

/* -- What is open takes the keys -- */

static void finish_prompt(struct app *app, enum prompt_state state)
{
    struct prompt *prompt = app->prompt;
    struct prompt_spec spec;

    if (state == PROMPT_EDITING)
        return;
    spec = *prompt_spec(prompt);
    app->prompt = NULL; /* the callbacks may open another one */
    if (state == PROMPT_ACCEPTED && spec.accepted)
        spec.accepted(spec.ctx, prompt_text(prompt));
    if (state == PROMPT_CANCELLED && spec.cancelled)
        spec.cancelled(spec.ctx);
    prompt_destroy(prompt);
}

static void key_for_prompt(struct app *app, ui_key key)
{
    enum action action = keymap_lookup(app->keymap, KEYS_PROMPT, key);

    app_redraw(app);
    if (action == ACT_SUSPEND)
        app_do(app, action, NULL);
    else if (action == ACT_NONE)
        prompt_insert(app->prompt, key);
    else
        finish_prompt(app, prompt_action(app->prompt, action));
}

static void finish_dialog(struct app *app, enum dialog_state state)
{
    struct dialog *dialog = app->dialog;
    struct dialog_spec spec;

    if (state == DIALOG_OPEN)
        return;
    spec = *dialog_spec(dialog);
    app->dialog = NULL;
    if (spec.done)
        spec.done(spec.ctx, state == DIALOG_CHOSEN ? (int)dialog_selected(dialog) : -1);
    dialog_destroy(dialog);
}

static void key_for_dialog(struct app *app, ui_key key)
{
    enum dialog_state state = DIALOG_OPEN;
    enum action action = keymap_lookup(app->keymap, app->dialog_keys, key);

    app_redraw(app);
    if (dialog_key(app->dialog, key, &state))
        finish_dialog(app, state);
    else if (action == ACT_SUSPEND || action == ACT_REDRAW)
        app_do(app, action, NULL);
    else
        finish_dialog(app, dialog_action(app->dialog, action));
}

static void forget_message(struct app *app)
{
    if (!app->message)
        return;
    free(app->message);
    app->message = NULL;
    app_redraw(app);
}

static enum action lookup(const struct app *app, const struct view *view, ui_key key)
{
    enum action action = ACT_NONE;

    if (view && view->n_panes > 1)
        action = keymap_lookup(app->keymap, KEYS_PANES, key);
    if (action == ACT_NONE)
        action = keymap_lookup(app->keymap, view ? view->ops->keys : KEYS_GLOBAL, key);
    return action;
}

/* What can be done without seeing anything. */
static bool is_blind_action(enum action action)
{
    return action == ACT_QUIT || action == ACT_SUSPEND || action == ACT_REDRAW;
}

void app_key(struct app *app, const struct ui_event *event)
{
    struct view *view = nav_top(app->nav);
    char name[KEY_NAME_BYTES];

    forget_message(app);
    if (term_is_too_small()) {
        enum action action = keymap_lookup(app->keymap, KEYS_GLOBAL, event->key);
        if (is_blind_action(action))
            app_do(app, action, NULL);
        return;
    }
    if (app->dialog) {
        key_for_dialog(app, event->key);
        return;
    }
    if (app->prompt) {
        key_for_prompt(app, event->key);
        return;
    }
    enum action action = lookup(app, view, event->key);
    if (action == ACT_CLICK) {
        app_redraw(app);
        if (view && view_click(view, event->y, event->x))
            app_do(app, ACT_OPEN, NULL);
    } else if (action != ACT_NONE) {
        app_do(app, action, NULL);
    } else {
        app_message(app, "'%s' does nothing here; '?' shows the keys",
                    key_to_name(event->key, name));
    }
}

/* -- From the view to the product -- */

static unsigned try_handlers(struct app *app, enum action action, const char *text)
{
    struct view *view = nav_top(app->nav);
    unsigned effects = EFFECT_IGNORED;

    /* With an argument it is meant for those who read one. */
    if (view && !text)
        effects = view_action(view, action);
    if (effects & EFFECT_IGNORED && view && view_browser(view))
        effects = app_list_action(app, view, action, text);
    if (effects & EFFECT_IGNORED && view && text)
        effects = view_action(view, action);
    if (effects & EFFECT_IGNORED)
        effects = app_own_action(app, action, text);
    if (effects & EFFECT_IGNORED && app->options.action)
        effects = app->options.action(app->options.ctx, app, action, text);
    return effects;
}

void app_do(struct app *app, enum action action, const char *text)
{
    if (action_flags(action) & ACTION_F_TARGET && app->options.readonly) {
        app_error(app, "'%s' changes the target; not with --readonly", action_name(action));
        return;
    }
    unsigned effects = try_handlers(app, action, text);
    if (effects & EFFECT_IGNORED)
        app_message(app, "'%s' does nothing here", action_name(action));
    else
        app_effects(app, effects);
}

/* -- Quitting -- */

static void quit_answered(void *ctx, int choice)
{
    if (choice >= 0)
        app_quit(ctx, 0);
}

static void ask_to_quit(struct app *app, const char *question)
{
    app_dialog(app, &(struct dialog_spec){.kind = DIALOG_CONFIRM,
                                          .title = "Quit",
                                          .text = question,
                                          .yes = "quit",
                                          .done = quit_answered,
                                          .ctx = app});
}

static unsigned do_quit(struct app *app)
{
    const char *question =
        app->options.quit_question ? app->options.quit_question(app->options.ctx) : NULL;

    if (question)
        ask_to_quit(app, question);
    else
        app_quit(app, 0);
    return EFFECT_REDRAW;
}

static unsigned do_close(struct app *app)
{
    return nav_back(app->nav) ? EFFECT_REDRAW : do_quit(app);
}

static unsigned do_back(struct app *app)
{
    struct view *view = nav_top(app->nav);
    struct browser *browser = view ? view_browser(view) : NULL;

    if (browser && *browser_filter(browser)) {
        app_report(app, browser_set_filter(browser, ""));
        return EFFECT_REDRAW;
    }
    if (!nav_back(app->nav))
        app_message(app, "nothing to go back to; q quits");
    return EFFECT_REDRAW;
}

static unsigned do_left(struct app *app)
{
    if (!nav_back(app->nav))
        app_message(app, "nothing to go back to; q quits");
    return EFFECT_REDRAW;
}

static unsigned do_right(struct app *app)
{
    app_do(app, ACT_OPEN, NULL);
    return EFFECT_REDRAW;
}

static unsigned do_cancel(struct app *app)
{
    struct job_progress progress;
    struct job_runner *runner = app_current_job(app, &progress);
    bool found = runner && job_runner_cancel_current(runner);

    if (found && !progress.is_cancelled)
        app_message(app, "cancelling '%s'", progress.title);
    else
        ask_to_quit(app, found ? "A job is still being cancelled. Quit all the same?"
                               : "No job is running. Quit?");
    return EFFECT_REDRAW;
}

/* -- The rest -- */

static unsigned go_to_tab(struct app *app, size_t tab)
{
    if (tab >= nav_n_tabs(app->nav))
        app_message(app, "there is no tab %zu", tab + 1);
    else
        app_report(app, nav_select_tab(app->nav, tab));
    return EFFECT_REDRAW;
}

/* `step` tabs further, around the end. */
static unsigned step_tab(struct app *app, size_t step)
{
    size_t n = nav_n_tabs(app->nav);

    return n ? go_to_tab(app, (nav_current_tab(app->nav) + step) % n) : EFFECT_REDRAW;
}

static unsigned do_next_tab(struct app *app)
{
    return step_tab(app, 1);
}

static unsigned do_previous_tab(struct app *app)
{
    size_t n = nav_n_tabs(app->nav);

    return n ? step_tab(app, n - 1) : EFFECT_REDRAW;
}

static unsigned do_help(struct app *app)
{
    struct view *view = nav_top(app->nav);
    struct help_arg arg = {view ? view->ops->keys : KEYS_GLOBAL, view && view->n_panes > 1};

    if (view && view->ops == &help_view)
        return EFFECT_REDRAW;
    return app_open(app, &help_view, &arg);
}

static unsigned do_log(struct app *app)
{
    struct view *view = nav_top(app->nav);

    if (view && view->ops == &log_view)
        return EFFECT_REDRAW;
    return app_open(app, &log_view, NULL);
}

static unsigned do_redraw(struct app *app)
{
    (void)app;
    return EFFECT_REDRAW | EFFECT_REPAINT;
}

static unsigned do_suspend(struct app *app)
{
    (void)app;
    term_suspend();
    return EFFECT_REDRAW;
}

static unsigned do_mouse(struct app *app)
{
    app->has_mouse = !app->has_mouse;
    term_capture_mouse(app->has_mouse);
    app_message(app, app->has_mouse ? "the mouse selects rows; M gives it back to the terminal"
                                    : "the mouse is the terminal's again");
    return EFFECT_REDRAW;
}

static unsigned do_pause(struct app *app)
{
    struct view *view = nav_top(app->nav);

    if (!view || !view->ops->tick_ms)
        return EFFECT_IGNORED;
    view->is_paused = !view->is_paused;
    app_message(app, view->is_paused ? "paused; z goes on" : "going on");
    return EFFECT_REDRAW;
}

static const struct {
    enum action action;
    unsigned (*run)(struct app *app);
} own_actions[] = {
    {ACT_QUIT, do_quit},
    {ACT_CLOSE, do_close},
    {ACT_BACK, do_back},
    {ACT_LEFT, do_left},
    {ACT_RIGHT, do_right},
    {ACT_CANCEL, do_cancel},
    {ACT_NEXT_TAB, do_next_tab},
    {ACT_PREVIOUS_TAB, do_previous_tab},
    {ACT_HELP, do_help},
    {ACT_LOG, do_log},
    {ACT_REDRAW, do_redraw},
    {ACT_SUSPEND, do_suspend},
    {ACT_MOUSE, do_mouse},
    {ACT_PAUSE, do_pause},
    {ACT_COMMAND, app_open_command_line},
    {ACT_TARGET_MENU, app_open_target_menu},
};

unsigned app_own_action(struct app *app, enum action action, const char *text)
{
    (void)text;
    if (action >= ACT_TAB_1 && action <= ACT_TAB_9)
        return go_to_tab(app, (size_t)(action - ACT_TAB_1));
    for (size_t i = 0; i < sizeof own_actions / sizeof *own_actions; i++)
        if (own_actions[i].action == action)
            return own_actions[i].run(app);
    return EFFECT_IGNORED;
}
