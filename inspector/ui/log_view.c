#include "inspector/ui/app.h"
#include "inspector/ui/engine_views.h"
#include "inspector/ui/log.h"

struct log_viewer {
    struct view view;
    uint64_t version; /* of the log, when the rows were arranged */
};

static struct err *log_open(struct view *view, const void *arg)
{
    struct log *log = app_log(view->app);

    (void)arg;
    view_set_rows(view, 0, log_rows_create(log), NULL);
    ((struct log_viewer *)view)->version = log_version(log);
    browser_action(view_browser(view), ACT_LAST);
    return NULL;
}

/* Something was said while the log is on the screen. */
static void follow(struct log_viewer *self)
{
    const struct log *log = app_log(self->view.app);

    if (self->version == log_version(log))
        return;
    self->version = log_version(log);
    browser_rows_changed(view_browser(&self->view));
}

static void log_describe(const struct view *view, struct str *ret)
{
    (void)ret;
    follow((struct log_viewer *)view);
}

static unsigned log_action(struct view *view, enum action action)
{
    size_t raw = view_selected(view);

    follow((struct log_viewer *)view);
    if (action != ACT_OPEN || raw == SIZE_MAX)
        return EFFECT_IGNORED;
    return app_open_text(view->app, "message", log_text(app_log(view->app), raw));
}

const struct view_ops log_view = {
    .name = "log",
    .keys = KEYS_LOG,
    .bytes = sizeof(struct log_viewer),
    .empty = "nothing was said so far",
    .open = log_open,
    .action = log_action,
    .describe = log_describe,
};
