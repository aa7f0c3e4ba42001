/*
 * ouro: the command line. Chooses a subcommand or the terminal interface, prints errors, sets the exit status.
 */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "inspector/base/clock.h"
#include "inspector/base/err.h"
#include "inspector/base/opt.h"
#include "inspector/base/str.h"
#include "inspector/demo_service.h"
#include "inspector/launch.h"
#include "inspector/out/cmd.h"
#include "inspector/session/first.h"
#include "inspector/ui/views/tui.h"

static const uint64_t start_ns =
    5000ull * NS_PER_MS; /* until a program of the user's runs Python */
enum { STATUS_FAILED = 1, STATUS_USAGE = 2, ERROR_BYTES = 2048 };

/* ---- the terminal interface ---- */

static struct {
    bool readonly, ascii, steal, help;
    const char *color, *python, *out;
} tui_flags = {.color = "auto", .python = "python3"};

#define SCREEN_OPTIONS                                                                             \
    OPT_FLAG(0, "readonly", &tui_flags.readonly, "refuse every action that changes the target"),   \
        OPT_FLAG(0, "ascii", &tui_flags.ascii, "draw with ASCII characters only"),                 \
        OPT_TEXT(0, "color", &tui_flags.color, "WHEN", "auto, always or never; also: NO_COLOR"),   \
        OPT_FLAG('h', "help", &tui_flags.help, "this text")

static const struct opt tui_options[] = {
    OPT_FLAG(0, "steal", &tui_flags.steal, "make another ouro that is attached leave first"),
    OPT_TEXT(0, "python", &tui_flags.python, "FILE", "for 'demo': the Python to run"),
    SCREEN_OPTIONS,
    OPT_END,
};

static const struct opt run_options[] = {
    OPT_TEXT(0, "out", &tui_flags.out, "FILE",
             "what the command writes goes here; default: a new file in /tmp"),
    SCREEN_OPTIONS,
    OPT_END,
};

static struct err *color_mode(const char *text, enum color_mode *ret)
{
    static const char *const names[] = {
        [COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never"};

    for (int i = 0; i < 3; i++)
        if (!strcmp(text, names[i])) {
            *ret = (enum color_mode)i;
            return NULL;
        }
    return err_new(ERR_USAGE, NULL, "--color is auto, always or never, not '%s'", text);
}

static struct err *run_tui_on(const char *file, pid_t pid, struct tui_program *program, int *status)
{
    struct tui_options options = {.file = file,
                                  .program = program,
                                  .pid = pid,
                                  .readonly = tui_flags.readonly,
                                  .steal = tui_flags.steal,
                                  .term = {.ascii = tui_flags.ascii}};

    ERR_RETURN(color_mode(tui_flags.color, &options.term.color));
    return tui_run(&options, status);
}

static struct err *run_tui(pid_t pid, struct tui_program *program, int *status)
{
    return run_tui_on(NULL, pid, program, status);
}

static struct err *run_demo(int *status)
{
    pid_t pid;

    ERR_RETURN(demo_start(tui_flags.python, &pid));
    struct err *err = run_tui(pid, NULL, status);
    demo_stop(pid);
    return err;
}

/* ---- a program of the user's ---- */

static void print_run_help(void)
{
    struct str text = STR_INIT;

    str_append(&text, "usage: ouro run [options] -- CMD [ARG ...]\n\n"
                      "start a command and browse its heap from its beginning\n\noptions:\n");
    opt_help(run_options, &text);
    fputs(text.text, stdout);
    str_deinit(&text);
}

static bool program_has_ended(void *ctx, char *buf, size_t bytes)
{
    struct launch *launch = ctx;

    if (!launch_has_ended(launch))
        return false;
    launch_how_it_ended(launch, buf, bytes);
    return true;
}

/* After the terminal is ours again: what became of it. */
static void say_what_became(struct launch *launch, bool is_left)
{
    char how[64];

    if (!is_left)
        launch_end(launch);
    if (!program_has_ended(launch, how, sizeof how))
        printf("'%s' runs on as process %d; what it writes is in '%s'\n", launch->name, launch->pid,
               launch->output);
    else if (launch_drop_output(launch))
        printf("'%s' has ended, %s; it wrote nothing\n", launch->name, how);
    else
        printf("'%s' has ended, %s; what it wrote is in '%s'\n", launch->name, how, launch->output);
}

/* Lets it go, and brings the agent in before its first line, if that can be. */
static struct err *start_program(struct launch *launch, struct attach_result *first)
{
    struct err *refused = first_watch(launch->pid);
    struct err *err = launch_go(launch);

    if (!err && !refused) {
        err = err_context(first_attach(launch->pid, start_ns, first), "cannot inspect '%s'",
                          launch->name);
        if (err)
            say_what_became(launch, false);
    }
    err_destroy(refused); /* as any other process, then */
    return err;
}

static struct err *run_program(char **argv, int *status)
{
    struct launch launch;
    struct tui_program program = {
        .has_ended = program_has_ended, .ctx = &launch, .first = {.ring_fd = -1}};

    ERR_RETURN(launch_create(argv, tui_flags.out, &launch));
    ERR_RETURN(start_program(&launch, &program.first));
    program.output = launch.output;
    struct err *err = run_tui(launch.pid, &program, status);
    say_what_became(&launch, program.is_left);
    return err_context(err, "cannot inspect '%s'", launch.name);
}

/* "run [options] -- CMD …"; `argv` begins behind "run". */
static struct err *parse_run(int argc, char **argv, int *status)
{
    int end = 0, rest = 0;

    while (end < argc && strcmp(argv[end], "--") != 0)
        end++;
    ERR_RETURN(err_hint(opt_parse(run_options, end, argv, &rest), "see 'ouro run --help'"));
    if (tui_flags.help) {
        print_run_help();
        return NULL;
    }
    if (rest || end + 1 >= argc)
        return err_new(ERR_USAGE, "as in 'ouro run -- python3 app.py'",
                       "wrong usage of 'run': the command stands behind '--'");
    return run_program(argv + end + 1, status);
}

/* ---- help ---- */

static void print_line(struct str *to, const char *left, const char *right)
{
    str_printf(to, "  %-26s %s\n", left, right);
}

static void print_help(void)
{
    struct str text = STR_INIT;

    str_append(&text, "ouro: look into the heap of a running Python, and force its collector\n\n");
    print_line(&text, "ouro", "pick a Python process, then browse its heap");
    print_line(&text, "ouro attach PID", "browse the heap of process PID");
    print_line(&text, "ouro run -- CMD ...", "start a command and browse its heap");
    print_line(&text, "ouro open FILE", "browse a saved capture");
    print_line(&text, "ouro demo", "browse a sample program that leaks");
    for (const struct command *command = commands; command->name; command++) {
        char left[64];
        snprintf(left, sizeof left, "ouro %s %s", command->name, command->args);
        print_line(&text, left, command->summary);
    }
    str_append(&text, "\noptions of the first five:\n");
    opt_help(tui_options, &text);
    str_append(&text, "\n'ouro COMMAND --help' tells the options of the others.\n");
    fputs(text.text, stdout);
    str_deinit(&text);
}

/* ---- choosing ---- */

/* "", "attach PID", "demo": what is left when the options are taken out. */
static struct err *run_interactive(int argc, char **argv, int *status)
{
    pid_t pid = 0;
    int rest;

    ERR_RETURN(err_hint(opt_parse(tui_options, argc, argv, &rest), "see 'ouro --help'"));
    if (tui_flags.help) {
        print_help();
        return NULL;
    }
    if (rest == 0)
        return run_tui(0, NULL, status);
    if (rest == 1 && !strcmp(argv[0], "demo"))
        return run_demo(status);
    if (rest == 2 && !strcmp(argv[0], "attach")) {
        ERR_RETURN(cmd_pid(argv[1], &pid));
        return run_tui(pid, NULL, status);
    }
    if (rest == 2 && !strcmp(argv[0], "open"))
        return run_tui_on(argv[1], 0, NULL, status);
    if (!strcmp(argv[0], "open"))
        return err_new(ERR_USAGE, "see 'ouro --help'", "wrong usage of 'open': it takes FILE");
    if (!strcmp(argv[0], "attach") || !strcmp(argv[0], "demo"))
        return err_new(ERR_USAGE, "see 'ouro --help'", "wrong usage of '%s': it takes %s", argv[0],
                       *argv[0] == 'a' ? "PID" : "no arguments");
    return err_new(ERR_USAGE, "see 'ouro --help'", "there is no command '%s'", argv[0]);
}

static struct err *run(int argc, char **argv, int *status)
{
    const struct command *command = argc ? command_find(argv[0]) : NULL;

    if (command)
        return command->run(argc - 1, argv + 1);
    if (argc && (!strcmp(argv[0], "--version") || !strcmp(argv[0], "version"))) {
        puts("ouro " OURO_VERSION);
        return NULL;
    }
    if (argc && !strcmp(argv[0], "run"))
        return parse_run(argc - 1, argv + 1, status);
    if (argc && !strcmp(argv[0], "help")) {
        print_help();
        return NULL;
    }
    return run_interactive(argc, argv, status);
}

int main(int argc, char **argv)
{
    char text[ERROR_BYTES];
    int status = 0;

    setlocale(LC_CTYPE, ""); /* numbers stay in the "C" locale */
    struct err *err = run(argc - 1, argv + 1, &status);
    if (!err && (fflush(stdout) || ferror(stdout)))
        err = err_sys(errno, "cannot write the answer");
    if (!err)
        return status;
    fprintf(stderr, "ouro: %s\n", err_format(err, text, sizeof text));
    status = err->code == ERR_USAGE ? STATUS_USAGE : STATUS_FAILED;
    err_destroy(err);
    return status;
}
