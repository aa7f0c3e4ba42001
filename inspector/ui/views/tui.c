#include "inspector/ui/views/tui.h"

#include "inspector/ui/app.h"
#include "inspector/ui/views/product.h"
#include "inspector/ui/views/views.h"

/* Actions of every view of a target. */
static unsigned product_action(void *ctx, struct app *app, enum action action, const char *text)
{
    struct product *product = *(struct product **)ctx;

    (void)app;
    (void)text;
    switch (action) {
    case ACT_SNAPSHOT:
        product_snapshot(product);
        return EFFECT_REDRAW;
    case ACT_COLLECT:
        product_collect(product);
        return EFFECT_REDRAW;
    case ACT_DETACH:
        product_detach(product);
        return EFFECT_REDRAW;
    default:
        return EFFECT_IGNORED;
    }
}

struct err *tui_run(const struct tui_options *options, int *status)
{
    struct product *product = NULL;
    struct app *app;
    const struct app_options app_options = {
        .term = options->term,
        .readonly = options->readonly,
        .action = product_action,
        .ctx = &product,
    };

    ERR_RETURN(app_create(&app_options, &app));
    product = product_create(app);
    if (options->steal)
        product_steal(product);
    if (options->pid)
        product_attach(product, options->pid, true);
    else
        app_set_tabs(app, &(struct nav_tab){"processes", &procs_view, product}, 1);
    *status = app_run(app);
    struct err *failure = product_take_failure(product);
    product_destroy(product);
    app_destroy(app);
    return failure;
}
