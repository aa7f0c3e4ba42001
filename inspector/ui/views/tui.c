#include "inspector/ui/views/tui.h"

#include <stdio.h>
#include <stdlib.h>

#include "inspector/base/mem.h"
#include "inspector/ui/app.h"
#include "inspector/ui/views/product.h"
#include "inspector/ui/views/views.h"

static unsigned show_tab(struct app *app, enum product_tab tab)
{
    app_do(app, (enum action)((int)ACT_TAB_1 + (int)tab), NULL);
    return EFFECT_REDRAW;
}

/* Actions of every view of a target. */
static unsigned product_action(void *ctx, struct app *app, enum action action, const char *text)
{
    struct product *product = *(struct product **)ctx;

    (void)text;
    switch (action) {
    case ACT_SNAPSHOT:
        product_snapshot(product);
        return EFFECT_REDRAW;
    case ACT_COLLECT:
        product_collect(product);
        return EFFECT_REDRAW;
    case ACT_DOMINATED:
        product_retry(product);
        return show_tab(app, TAB_RETAINED);
    case ACT_CYCLES:
        return show_tab(app, TAB_CYCLES);
    case ACT_GARBAGE:
        return show_tab(app, TAB_GARBAGE);
    case ACT_DETACH:
        product_detach(product);
        return EFFECT_REDRAW;
    default:
        return EFFECT_IGNORED;
    }
}

/* ---- a program that was started ---- */

enum { OUTPUT_BYTES = 256 << 10 };

static const char *quit_question(void *ctx)
{
    struct product *product = *(struct product **)ctx;

    return product_program_runs(product)
               ? "The program still runs; quitting ends it. Detaching lets it go on."
               : NULL;
}

/* What the program has written last, safe to show. */
static char *read_output(const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = xalloc(OUTPUT_BYTES + 1);

    if (!file)
        return text;
    if (!fseek(file, 0, SEEK_END) && ftell(file) > OUTPUT_BYTES)
        fseek(file, -(long)OUTPUT_BYTES, SEEK_END);
    else
        rewind(file);
    text[fread(text, 1, OUTPUT_BYTES, file)] = '\0';
    fclose(file);
    return text;
}

static unsigned show_output(void *ctx, struct app *app, const char *text)
{
    const struct tui_program *program = ctx;
    char *output = read_output(program->output);
    unsigned effects;

    (void)text;
    effects = app_open_text(app, "output", *output ? output : "it has not written anything");
    free(output);
    return effects;
}

static void expect_program(struct app *app, struct product *product, struct tui_program *program)
{
    product_expect_program(product, program);
    app_add_command(app, &(struct app_command){.name = "output",
                                               .help = "show what the program has written",
                                               .run = show_output,
                                               .ctx = program});
}

struct err *tui_run(const struct tui_options *options, int *status)
{
    struct product *product = NULL;
    struct app *app;
    const struct app_options app_options = {
        .term = options->term,
        .readonly = options->readonly,
        .action = product_action,
        .quit_question = options->program ? quit_question : NULL,
        .ctx = &product,
    };

    ERR_RETURN(app_create(&app_options, &app));
    product = product_create(app);
    if (options->steal)
        product_steal(product);
    if (options->program)
        expect_program(app, product, options->program);
    if (options->file)
        product_open(product, options->file);
    else if (options->pid)
        product_attach(product, options->pid, true);
    else
        app_set_tabs(app, &(struct nav_tab){"processes", &procs_view, product}, 1);
    *status = app_run(app);
    struct err *failure = product_take_failure(product);
    product_destroy(product);
    app_destroy(app);
    return failure;
}
