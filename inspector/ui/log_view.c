#include "inspector/base/log.h"
#include "inspector/ui/app.h"
#include "inspector/ui/engine_views.h"
#include "inspector/ui/log_rows.h"

static struct err *log_open(struct view *view, const void *arg)
{
    (void)arg;
    view_set_rows(view, 0, log_rows_create(app_is_scripted(view->app)), NULL);
    browser_action(view_browser(view), ACT_LAST);
    return NULL;
}

/* Something may have been said since the last frame. */
static void follow(const struct view *view)
{
    struct browser *browser = view_browser(view);

    if (log_rows_update(browser_rows(browser)))
        browser_rows_changed(browser);
}

static void log_describe(const struct view *view, struct str *ret)
{
    (void)ret;
    follow(view);
}

static unsigned log_action(struct view *view, enum action action)
{
    struct log_entry entry;

    follow(view);
    size_t raw = view_selected(view);
    if (action != ACT_OPEN || raw == SIZE_MAX ||
        !log_get(log_rows_number(browser_rows(view_browser(view)), raw), &entry))
        return EFFECT_IGNORED;
    return app_open_text(view->app, "message", entry.text);
}

const struct view_ops log_view = {
    .name = "log",
    .keys = KEYS_LOG,
    .bytes = sizeof(struct view),
    .empty = "nothing was said so far",
    .open = log_open,
    .action = log_action,
    .describe = log_describe,
};
