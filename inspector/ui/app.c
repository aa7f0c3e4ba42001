#include "inspector/ui/app.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/clock.h"
#include "inspector/base/file.h"
#include "inspector/base/log.h"
#include "inspector/base/mem.h"
#include "inspector/ui/app_private.h"
#include "inspector/ui/pager.h"
#include "inspector/ui/screen.h"
#include "inspector/ui/script.h"

enum {
    ANIMATION_MS = 100, /* between two frames of a progress bar */
    MAX_MESSAGE_BYTES = 1024,
    MAX_KEYS_FILE_BYTES = 64 * 1024,
    FIXED_FDS = 3, /* input, signals, posts */
};

/* -- Life -- */

static struct err *load_keys(struct keymap *keymap, const char *path)
{
    _cleanup_free_ char *text = NULL;

    if (!path || access(path, F_OK))
        return NULL;
    ERR_RETURN(file_read(path, MAX_KEYS_FILE_BYTES, &text, NULL));
    return keymap_load(keymap, text, path);
}

static struct err *load(struct app *app)
{
    const char *path = app->options.script_path;

    if (!path)
        path = getenv("OURO_SCRIPT");
    if (path && *path)
        ERR_RETURN(script_load(path, &app->script));
    ERR_RETURN(keymap_create(keymap_defaults, &app->keymap));
    ERR_RETURN(load_keys(app->keymap, app->options.keys_path));
    ERR_RETURN(job_runner_create("ouro-ui-jobs", &app->ui_runner));
    ERR_RETURN(app_posts_init(app));
    return term_start(&app->options.term);
}

struct err *app_create(const struct app_options *options, struct app **ret)
{
    struct app *app = xalloc(sizeof *app);

    app->options = *options;
    app->post_fd = -1;
    app->last_words = STR_INIT;
    app->heading = xstrdup("");
    app->nav = nav_create(app);
    struct err *err = load(app);
    if (err) {
        app_destroy(app);
        return err;
    }
    app->is_dirty = true;
    *ret = app;
    return NULL;
}

void app_destroy(struct app *app)
{
    if (!app)
        return;
    term_stop();
    prompt_destroy(app->prompt);
    dialog_destroy(app->dialog);
    app->prompt = NULL;
    app->dialog = NULL;
    nav_destroy(app->nav);
    job_runner_destroy(app->ui_runner);
    keymap_destroy(app->keymap);
    script_destroy(app->script);
    history_deinit(&app->searches);
    history_deinit(&app->filters);
    history_deinit(&app->command_lines);
    for (size_t i = 0; i < app->n_commands; i++) {
        free((char *)app->commands[i].name);
        free((char *)app->commands[i].help);
    }
    free(app->commands);
    app_posts_deinit(app);
    str_deinit(&app->last_words);
    free(app->filter_before);
    free(app->message);
    free(app->heading);
    free(app);
}

void app_quit(struct app *app, int status)
{
    app->is_ending = true;
    app->status = status;
}

void *app_ctx(const struct app *app)
{
    return app->options.ctx;
}

/* -- Views -- */

void app_set_tabs(struct app *app, const struct nav_tab *tabs, size_t n_tabs)
{
    if (app->is_over)
        return;
    app_report(app, nav_set_tabs(app->nav, tabs, n_tabs));
}

unsigned app_open(struct app *app, const struct view_ops *ops, const void *arg)
{
    struct view *view;

    if (app->is_over)
        return EFFECT_NONE;
    struct err *err = view_create(app, ops, arg, &view);
    if (err)
        app_report(app, err);
    else
        nav_push(app->nav, view);
    return EFFECT_REDRAW;
}

unsigned app_open_text(struct app *app, const char *crumb, const char *text)
{
    return app_open(app, &pager_view, &(struct pager_arg){crumb, text});
}

void app_reload(struct app *app, const void *arg)
{
    app_report(app, nav_reload(app->nav, arg));
}

void app_set_heading(struct app *app, const char *heading)
{
    free(app->heading);
    app->heading = xstrdup(heading);
    app_redraw(app);
}

void app_add_command(struct app *app, const struct app_command *command)
{
    app->commands = xrealloc(app->commands, (app->n_commands + 1) * sizeof *app->commands);
    struct app_command *slot = &app->commands[app->n_commands++];
    *slot = *command;
    slot->name = xstrdup(command->name);
    slot->help = xstrdup(command->help);
}

void app_view_closes(struct app *app, const struct view *view)
{
    if (app->prompt && prompt_spec(app->prompt)->owner == view) {
        prompt_destroy(app->prompt);
        app->prompt = NULL;
    }
    if (app->dialog && dialog_spec(app->dialog)->owner == view) {
        dialog_destroy(app->dialog);
        app->dialog = NULL;
    }
}

/* -- Saying and asking -- */

static void say(struct app *app, bool is_error, const char *fmt, va_list ap)
{
    char text[MAX_MESSAGE_BYTES];

    vsnprintf(text, sizeof text, fmt, ap);
    log_line(is_error ? LOG_ERROR : LOG_INFO, "%s", text);
    if (app->prompt) /* it covers the status line */
        prompt_set_note(app->prompt, is_error, text);
    app_redraw(app);
    /* An error is not covered by what happens to be said after it. */
    if (app->message && app->is_message_error && !is_error)
        return;
    free(app->message);
    app->message = xstrdup(text);
    app->is_message_error = is_error;
}

void app_message(struct app *app, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    say(app, false, fmt, ap);
    va_end(ap);
}

void app_error(struct app *app, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    say(app, true, fmt, ap);
    va_end(ap);
}

void app_report(struct app *app, struct err *err)
{
    char text[MAX_MESSAGE_BYTES];

    if (!err)
        return;
    if (err->code == ERR_CANCELLED)
        app_message(app, "%s", err_format(err, text, sizeof text));
    else
        app_error(app, "%s", err_format(err, text, sizeof text));
    err_destroy(err);
}

void app_prompt(struct app *app, const struct prompt_spec *spec)
{
    struct prompt *old = app->prompt;

    app->prompt = NULL;
    if (old && prompt_spec(old)->cancelled)
        prompt_spec(old)->cancelled(prompt_spec(old)->ctx);
    prompt_destroy(old);
    app->prompt = prompt_create(spec);
    app_redraw(app);
}

void app_prompt_note(struct app *app, bool is_error, const char *note)
{
    if (app->prompt)
        prompt_set_note(app->prompt, is_error, note);
    app_redraw(app);
}

void app_dialog(struct app *app, const struct dialog_spec *spec)
{
    struct dialog *old = app->dialog;

    app->dialog = NULL;
    if (old && dialog_spec(old)->done)
        dialog_spec(old)->done(dialog_spec(old)->ctx, -1);
    dialog_destroy(old);
    app->dialog = dialog_create(spec);
    app->dialog_keys = KEYS_DIALOG;
    app_redraw(app);
}

/* -- Drawing -- */

void app_redraw(struct app *app)
{
    app->is_dirty = true;
}

void app_effects(struct app *app, unsigned effects)
{
    if (effects & (EFFECT_REDRAW | EFFECT_REPAINT))
        app->is_dirty = true;
    if (effects & EFFECT_REPAINT)
        app->is_repaint = true;
}

void app_draw(struct app *app)
{
    struct view *view = nav_top(app->nav);

    if (view)
        view_check_moved(view);
    if (!app->is_dirty)
        return;
    app->is_dirty = false;
    app_draw_frame(app);
}

/* -- The loop -- */

bool app_is_idle(const struct app *app)
{
    const struct view *view = nav_top(app->nav);

    if (app->is_dirty || app->posts || job_runner_busy(app->ui_runner))
        return false;
    for (size_t i = 0; i < app->n_runners; i++)
        if (job_runner_busy(app->runners[i]))
            return false;
    for (size_t i = 0; i < app->n_watches; i++)
        if (app->watches[i].is_busy && app->watches[i].is_busy(app->watches[i].ctx))
            return false;
    return !view || !view_n_pending(view);
}

void app_fail_script(struct app *app, const char *why)
{
    str_printf(&app->last_words, "%s\n", why);
    screen_dump(false, &app->last_words);
    app_quit(app, APP_STATUS_SCRIPT);
}

static void on_signals(struct app *app)
{
    unsigned signals = term_take_signals();

    if (signals & TERM_SIG_RESIZE) {
        term_adopt_size();
        app_redraw(app);
    }
    if (signals & TERM_SIG_SUSPEND)
        term_suspend();
    if (signals & (TERM_SIG_SUSPEND | TERM_SIG_RESIZE))
        app_redraw(app);
    if (signals & TERM_SIG_END)
        app_quit(app, 128 + term_end_signal());
}

static void on_input(struct app *app)
{
    struct ui_event event;

    while (!app->is_ending && term_read(&event)) {
        if (!app->script || !script_take_key(app->script))
            app_key(app, &event);
    }
    if (term_is_gone())
        app_quit(app, APP_STATUS_FAILURE);
}

/* Milliseconds until something has to be drawn without anything happening; -1: never. */
static int timeout_ms(const struct app *app, uint64_t now_ns)
{
    const struct view *view = nav_top(app->nav);
    int timeout = app_has_progress(app) ? ANIMATION_MS : -1;

    if (view && view->ops->tick_ms && !view->is_paused) {
        uint64_t left_ns = view->next_tick_ns > now_ns ? view->next_tick_ns - now_ns : 0;
        int left_ms = (int)((left_ns + NS_PER_MS - 1) / NS_PER_MS);
        if (timeout < 0 || left_ms < timeout)
            timeout = left_ms;
    }
    if (app->script) {
        int left_ms = script_timeout_ms(app->script, now_ns);
        if (timeout < 0 || (left_ms >= 0 && left_ms < timeout))
            timeout = left_ms;
    }
    return timeout;
}

static void run_tick(struct app *app, uint64_t now_ns)
{
    struct view *view = nav_top(app->nav);

    if (!view || !view->ops->tick_ms || view->is_paused || now_ns < view->next_tick_ns)
        return;
    view->next_tick_ns = now_ns + (uint64_t)view->ops->tick_ms * NS_PER_MS;
    app_effects(app, view->ops->tick(view));
}

static void dispatch(struct app *app, struct job_runner *runner)
{
    if (job_runner_dispatch(runner))
        app_redraw(app);
}

/* Runners and watches may come and go while they are served: each is looked up anew by its
 * descriptor. */
static void serve(struct app *app, int fd)
{
    if (fd == term_signal_fd())
        on_signals(app);
    else if (fd == term_input_fd())
        on_input(app);
    else if (fd == app->post_fd)
        app_run_posts(app);
    else if (fd == job_runner_fd(app->ui_runner))
        dispatch(app, app->ui_runner);
    for (size_t i = 0; i < app->n_runners; i++)
        if (job_runner_fd(app->runners[i]) == fd)
            dispatch(app, app->runners[i]);
    for (size_t i = 0; i < app->n_watches; i++)
        if (app->watches[i].fd == fd)
            app_effects(app, app->watches[i].ready(app->watches[i].ctx));
}

static void wait_and_serve(struct app *app)
{
    struct pollfd fds[FIXED_FDS + 1 + APP_MAX_RUNNERS + APP_MAX_WATCHES];
    nfds_t n = 0;

    fds[n++] = (struct pollfd){term_signal_fd(), POLLIN, 0};
    fds[n++] = (struct pollfd){term_input_fd(), POLLIN, 0};
    fds[n++] = (struct pollfd){app->post_fd, POLLIN, 0};
    fds[n++] = (struct pollfd){job_runner_fd(app->ui_runner), POLLIN, 0};
    for (size_t i = 0; i < app->n_runners; i++)
        fds[n++] = (struct pollfd){job_runner_fd(app->runners[i]), POLLIN, 0};
    for (size_t i = 0; i < app->n_watches; i++)
        fds[n++] = (struct pollfd){app->watches[i].fd, POLLIN, 0};
    int ready = poll(fds, n, timeout_ms(app, clock_ns()));
    for (nfds_t i = 0; ready > 0 && i < n; i++)
        if (fds[i].revents)
            serve(app, fds[i].fd);
    if (app_has_progress(app))
        app_redraw(app);
    run_tick(app, clock_ns());
}

int app_run(struct app *app)
{
    while (!app->is_ending) {
        app_draw(app);
        if (app->script && script_step(app->script, app))
            continue;
        if (!app->is_ending)
            wait_and_serve(app);
        nav_reap(app->nav);
    }
    term_stop();
    app->is_over = true;
    nav_close_all(app->nav);
    fputs(app->last_words.text, stderr);
    return app->status;
}

struct nav *app_nav(const struct app *app)
{
    return app->nav;
}

const struct keymap *app_keymap(const struct app *app)
{
    return app->keymap;
}

bool app_is_scripted(const struct app *app)
{
    return app->script != NULL;
}

bool app_is_readonly(const struct app *app)
{
    return app->options.readonly;
}
