/*
 * Private to app*.c: what the application is made of.
 */
#pragma once

#include <pthread.h>

#include "inspector/ui/app.h"
#include "inspector/ui/keymap.h"

enum { APP_MAX_RUNNERS = 4, APP_MAX_WATCHES = 8 };

struct script;

struct app_post_item {
    struct app_post_item *next;
    void (*fn)(void *ctx);
    void *ctx;
};

struct app {
    struct app_options options;
    struct keymap *keymap;
    struct nav *nav;
    struct script *script; /* NULL: a person types */
    char *heading;

    struct app_command *commands;
    size_t n_commands;

    struct prompt *prompt; /* NULL: none */
    struct dialog *dialog; /* NULL: none */
    enum key_class dialog_keys;
    struct history searches, filters, command_lines;
    char *filter_before; /* the filter when its prompt was opened */

    char *message; /* in the status line, or NULL */
    bool is_message_error;

    struct job_runner *ui_runner;
    struct job_runner *runners[APP_MAX_RUNNERS]; /* the product's, then ours */
    size_t n_runners;
    struct app_watch watches[APP_MAX_WATCHES];
    size_t n_watches;

    pthread_mutex_t post_lock;
    struct app_post_item *posts; /* newest first */
    int post_fd;                 /* eventfd */

    bool is_dirty, is_repaint;
    bool has_mouse;
    bool is_ending; /* leave the loop */
    bool is_over;   /* the loop was left: no views any more */
    int status;
    struct str last_words; /* for stderr, when the terminal is back */
};

/* app_draw.c */
void app_draw_frame(struct app *app);
/* Whether a job runs whose progress is on the screen. */
bool app_has_progress(const struct app *app);

/* app_actions.c */
/* Actions of the application itself: EFFECT_IGNORED for others. */
unsigned app_own_action(struct app *app, enum action action, const char *text);

/* app_list.c */
/* What the user does with a list and needs a prompt, a dialog or another view for. */
unsigned app_list_action(struct app *app, struct view *view, enum action action, const char *text);

/* app_command.c */
unsigned app_open_command_line(struct app *app);
unsigned app_open_target_menu(struct app *app);

/* app_work.c */
/* Whose job a person waits for, and how far it is; NULL: there is none. The product's before our own sorting. */
struct job_runner *app_current_job(const struct app *app, struct job_progress *ret);
ERR_CHECK struct err *app_posts_init(struct app *app);
void app_posts_deinit(struct app *app);
/* Runs what app_post() left, in the order in which it came. */
void app_run_posts(struct app *app);

/* app.c */
void app_effects(struct app *app, unsigned effects);
