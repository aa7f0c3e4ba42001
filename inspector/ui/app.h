/*
 * The application: the event loop, the only owner of curses, and what views ask of it.
 *
 *      keys ─► dialog, else prompt, else ─► keymap ─► action ─► view ─► engine ─► product
 *                                                                │
 *      job runners, watched descriptors, posts, signals ─────────┴─► "redraw" ─► one frame
 *
 * The loop sleeps in poll(). It wakes for input, for a job that is done, for a watched descriptor,
 * for a post from another thread, for a signal, and by a timer only while a job's progress or a
 * view's tick has something to show. A frame is drawn at most once for everything that happened
 * meanwhile.
 *
 * How the product starts (main.c):
 *
 *      struct app_options options = {.action = product_action, .ctx = product};
 *      struct app *app;
 *      ERR_RETURN(app_create(&options, &app));
 *      app_add_runner(app, session_runner);
 *      app_set_tabs(app, tabs, n_tabs);
 *      int status = app_run(app);           closes all views before it returns
 *      job_runner_destroy(session_runner);  delivers what is left; done() may still use `app`
 *      app_destroy(app);
 *
 * Everything but app_post() belongs to the thread that called app_create(). See view.h for how to
 * add a view.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inspector/analysis/job.h"
#include "inspector/base/err.h"
#include "inspector/ui/dialog.h"
#include "inspector/ui/nav.h"
#include "inspector/ui/prompt.h"
#include "inspector/ui/term.h"
#include "inspector/ui/view.h"

struct app;

struct app_options {
    struct term_options term;
    bool readonly;           /* refuse every action that changes the target */
    const char *script_path; /* steps to run (script.h); NULL: $OURO_SCRIPT, if set */
    const char *keys_path;   /* the user's bindings (keymap.h); NULL or not there: none */

    /* Actions that neither the view nor the engine handles: collect, snapshot … May be NULL. */
    unsigned (*action)(void *ctx, struct app *app, enum action action, const char *text);
    /* What to ask before quitting ("the snapshot is not saved"); NULL: nothing. May be NULL. */
    const char *(*quit_question)(void *ctx);
    void *ctx;
};

/* Exit statuses of app_run() beside 0 and 128 + the signal that ended it. */
enum { APP_STATUS_FAILURE = 1, APP_STATUS_SCRIPT = 3 };

/* Takes the terminal. */
ERR_CHECK struct err *app_create(const struct app_options *options, struct app **ret);
/* Runs until the user quits; gives the terminal back. Returns the exit status. */
int app_run(struct app *app);
/* After app_run(). Runners are not destroyed: they are their creators'. */
void app_destroy(struct app *app);
/* Ends app_run() without asking. */
void app_quit(struct app *app, int status);
void *app_ctx(const struct app *app);

/* -- Views -- */

/* Closes all views and starts with these tabs; errors are shown. Callable from a view's own code.
 */
void app_set_tabs(struct app *app, const struct nav_tab *tabs, size_t n_tabs);
/* Opens a view on top. Returns effects, so that action() can return it; an error is shown. */
unsigned app_open(struct app *app, const struct view_ops *ops, const void *arg);
/* Shows a text, scrollable, as a view on top. `crumb` and `text` are copied. */
unsigned app_open_text(struct app *app, const char *crumb, const char *text);
/* Asks every view for new rows: there is a new snapshot. */
void app_reload(struct app *app, const void *arg);
/* What is being inspected ("python3.12, pid 4242"), at the right of the top line; copied. */
void app_set_heading(struct app *app, const char *heading);

/* A name for the command line: `open` gets what was typed behind it. `name` and `help` are copied.
 */
struct app_command {
    const char *name;
    const char *help;
    unsigned (*run)(void *ctx, struct app *app, const char *text);
    void *ctx;
};
void app_add_command(struct app *app, const struct app_command *command);

/* -- Saying and asking -- */

/* The status line until the next key, and the log. */
void app_message(struct app *app, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void app_error(struct app *app, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Shows an error object (taken); NULL is fine. */
void app_report(struct app *app, struct err *err);
/* Opens a prompt in the status line, or a dialog; one that is open goes away as if cancelled. */
void app_prompt(struct app *app, const struct prompt_spec *spec);
/* A word about the text in the prompt, while it is being written. */
void app_prompt_note(struct app *app, bool is_error, const char *note);
void app_dialog(struct app *app, const struct dialog_spec *spec);

/* -- Work -- */

/* Shows the runner's progress, delivers its results, and counts it as busy. */
void app_add_runner(struct app *app, struct job_runner *runner);
void app_remove_runner(struct app *app, struct job_runner *runner);
/* The engine's own runner, for sorting and searching. */
struct job_runner *app_ui_runner(const struct app *app);

/* Something that arrives on a descriptor: answers of the frozen copy, events of the target. */
struct app_watch {
    int fd;
    unsigned (*ready)(void *ctx);     /* readable; returns effects */
    bool (*is_busy)(const void *ctx); /* an answer is outstanding; NULL: never */
    void *ctx;
};
void app_add_watch(struct app *app, const struct app_watch *watch);
void app_remove_watch(struct app *app, int fd);
/* Any thread: runs fn(ctx) on the UI thread soon. */
void app_post(struct app *app, void (*fn)(void *ctx), void *ctx);

/* -- Drawing -- */

/* Something on the screen is out of date. */
void app_redraw(struct app *app);

/* -- For the engine (nav.c, script.c, the views of the engine) -- */

/* Feeds one key through dialog, prompt and keymap. */
void app_key(struct app *app, const struct ui_event *event);
/* Does an action as if its key had been pressed; `text` is the argument from the command line or
 * NULL. */
void app_do(struct app *app, enum action action, const char *text);
/* Runs a command line: an action or a command by name, with an argument. */
void app_run_command(struct app *app, const char *line);
/* The view closes: prompts and dialogs of its go with it. */
void app_view_closes(struct app *app, const struct view *view);
/* Draws the frame if something is out of date. */
void app_draw(struct app *app);
/* No job queued or running, nothing awaited, no pending cell on the screen, nothing to draw. */
bool app_is_idle(const struct app *app);
/* Ends with APP_STATUS_SCRIPT; the screen and `why` go to stderr when the terminal is back. */
void app_fail_script(struct app *app, const char *why);
struct nav *app_nav(const struct app *app);
const struct keymap *app_keymap(const struct app *app);
/* Whether a script runs: what depends on the clock must not show then. */
bool app_is_scripted(const struct app *app);
bool app_is_readonly(const struct app *app);
