#include "inspector/ui/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/clock.h"
#include "inspector/base/file.h"
#include "inspector/base/mem.h"
#include "inspector/base/utf8.h"
#include "inspector/ui/app.h"
#include "inspector/ui/screen.h"

enum { MAX_SCRIPT_BYTES = 1 << 20 };

struct script {
    char *path;
    char *text;
    char *next;         /* the line to do next */
    char *line;         /* the one being done */
    size_t line_number; /* its number */
    bool is_waiting;    /* the line is to be tried again */
    bool wants_key, has_key;
    uint64_t wait_until_ns;
};

/* What became of a step. */
enum progress { STEP_DONE, STEP_WAITS, STEP_FAILED };

struct err *script_load(const char *path, struct script **ret)
{
    char *text;

    ERR_RETURN(file_read(path, MAX_SCRIPT_BYTES, &text, NULL));
    struct script *script = xalloc(sizeof *script);
    script->path = xstrdup(path);
    script->text = text;
    script->next = script->text;
    *ret = script;
    return NULL;
}

void script_destroy(struct script *script)
{
    if (!script)
        return;
    free(script->path);
    free(script->text);
    free(script);
}

static enum progress fail(const struct script *script, struct app *app, const char *why,
                          const char *about)
{
    _cleanup_free_ char *text =
        xasprintf("%s:%zu: %s%s", script->path, script->line_number, why, about);

    app_fail_script(app, text);
    return STEP_FAILED;
}

static enum progress step_key(struct script *script, struct app *app, char *args)
{
    struct ui_event event = {UI_KEY_NONE, -1, -1};
    char *saved = NULL;

    for (char *name = strtok_r(args, " ", &saved); name; name = strtok_r(NULL, " ", &saved)) {
        if (!key_parse(name, &event.key))
            return fail(script, app, "there is no key ", name);
        app_draw(app); /* page sizes are those of the last frame */
        app_key(app, &event);
    }
    return STEP_DONE;
}

static enum progress step_type(struct script *script, struct app *app, char *args)
{
    struct ui_event event = {UI_KEY_NONE, -1, -1};
    size_t n;

    (void)script;
    for (; (n = utf8_next(args, &event.key)); args += n)
        app_key(app, &event);
    return STEP_DONE;
}

static enum progress step_wait_idle(struct script *script, struct app *app, char *args)
{
    (void)script;
    (void)args;
    return app_is_idle(app) ? STEP_DONE : STEP_WAITS;
}

static enum progress step_wait_for(struct script *script, struct app *app, char *args)
{
    (void)script;
    app_draw(app);
    return screen_has(args) ? STEP_DONE : STEP_WAITS;
}

static enum progress step_wait_key(struct script *script, struct app *app, char *args)
{
    (void)app;
    (void)args;
    script->wants_key = !script->has_key;
    if (!script->has_key)
        return STEP_WAITS;
    script->has_key = false;
    return STEP_DONE;
}

static enum progress step_resize(struct script *script, struct app *app, char *args)
{
    int cols, rows;

    if (sscanf(args, "%dx%d", &cols, &rows) != 2)
        return fail(script, app, "want COLSxROWS, got ", args);
    term_force_size(cols, rows);
    app_redraw(app);
    return STEP_DONE;
}

static enum progress write_screen(struct script *script, struct app *app, const char *path,
                                  bool with_attrs)
{
    struct str text = STR_INIT;
    _cleanup_fclose_ FILE *file = fopen(path, "we");

    if (!file)
        return fail(script, app, "cannot write ", path);
    app_draw(app);
    screen_dump(with_attrs, &text);
    fputs(text.text, file);
    fflush(file);
    str_deinit(&text);
    term_mark(path); /* whoever reads the terminal now knows that this is the picture */
    return STEP_DONE;
}

static enum progress step_screen(struct script *script, struct app *app, char *args)
{
    return write_screen(script, app, args, false);
}

static enum progress step_screen_attrs(struct script *script, struct app *app, char *args)
{
    return write_screen(script, app, args, true);
}

static enum progress step_expect(struct script *script, struct app *app, char *args)
{
    app_draw(app);
    return screen_has(args) ? STEP_DONE : fail(script, app, "not on the screen: ", args);
}

static enum progress step_expect_not(struct script *script, struct app *app, char *args)
{
    app_draw(app);
    return screen_has(args) ? fail(script, app, "on the screen: ", args) : STEP_DONE;
}

static enum progress step_do(struct script *script, struct app *app, char *args)
{
    (void)script;
    app_run_command(app, args);
    return STEP_DONE;
}

static enum progress step_quit(struct script *script, struct app *app, char *args)
{
    (void)script;
    (void)args;
    app_quit(app, 0);
    return STEP_DONE;
}

static const struct {
    const char *name;
    enum progress (*run)(struct script *script, struct app *app, char *args);
} steps[] = {
    {"key", step_key},
    {"type", step_type},
    {"wait-idle", step_wait_idle},
    {"wait-for", step_wait_for},
    {"wait-key", step_wait_key},
    {"resize", step_resize},
    {"screen", step_screen},
    {"screen-attrs", step_screen_attrs},
    {"expect", step_expect},
    {"expect-not", step_expect_not},
    {"do", step_do},
    {"quit", step_quit},
};

/* Cuts the next line off; false at the end of the file. */
static bool take_line(struct script *script)
{
    if (!*script->next)
        return false;
    script->line = script->next;
    script->next += strcspn(script->next, "\n");
    if (*script->next)
        *script->next++ = '\0';
    script->line_number++;
    return true;
}

static enum progress run_line(struct script *script, struct app *app)
{
    const char *line = script->line + strspn(script->line, " \t");
    size_t bytes = strcspn(line, " \t");

    if (!bytes || *line == '#')
        return STEP_DONE;
    _cleanup_free_ char *name = xstrndup(line, bytes);
    _cleanup_free_ char *args = xstrdup(line[bytes] ? line + bytes + 1 : "");
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (!strcmp(steps[i].name, name))
            return steps[i].run(script, app, args);
    return fail(script, app, "there is no step ", name);
}

bool script_step(struct script *script, struct app *app)
{
    if (!script->is_waiting && !take_line(script)) {
        app_quit(app, 0);
        return true;
    }
    enum progress progress = run_line(script, app);
    if (progress == STEP_WAITS && !script->is_waiting)
        script->wait_until_ns = clock_ns() + (uint64_t)SCRIPT_WAIT_MS * NS_PER_MS;
    script->is_waiting = progress == STEP_WAITS;
    if (script->is_waiting && clock_ns() > script->wait_until_ns)
        fail(script, app, "waited too long: ", script->line);
    return !script->is_waiting;
}

int script_timeout_ms(const struct script *script, uint64_t now_ns)
{
    if (!script->is_waiting)
        return -1;
    if (now_ns >= script->wait_until_ns)
        return 0;
    return (int)((script->wait_until_ns - now_ns) / NS_PER_MS) + 1;
}

bool script_take_key(struct script *script)
{
    if (!script->wants_key)
        return false;
    script->wants_key = false;
    script->has_key = true;
    return true;
}
