/*
 * ouro: the command line. Chooses a subcommand or the terminal interface, prints errors, sets the exit status.
 */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "inspector/base/err.h"
#include "inspector/base/str.h"
#include "inspector/out/cmd.h"

enum { STATUS_FAILED = 1, STATUS_USAGE = 2, ERROR_BYTES = 2048 };

static void print_help(void)
{
    struct str text = STR_INIT;

    str_append(&text,
               "ouro: look into the heap of a running Python process, and force its collector\n\n");
    for (const struct command *command = commands; command->name; command++) {
        char left[64];
        snprintf(left, sizeof left, "ouro %s %s", command->name, command->args);
        str_printf(&text, "  %-26s %s\n", left, command->summary);
    }
    str_append(&text, "\n'ouro COMMAND --help' tells the options of each.\n");
    fputs(text.text, stdout);
    str_deinit(&text);
}

static struct err *run(int argc, char **argv)
{
    if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
        !strcmp(argv[1], "help")) {
        print_help();
        return NULL;
    }
    if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "version")) {
        puts("ouro " OURO_VERSION);
        return NULL;
    }
    const struct command *command = command_find(argv[1]);
    if (!command)
        return err_new(ERR_USAGE, "see 'ouro --help'", "there is no command '%s'", argv[1]);
    return command->run(argc - 2, argv + 2);
}

int main(int argc, char **argv)
{
    char text[ERROR_BYTES];

    setlocale(LC_CTYPE, ""); /* numbers stay in the "C" locale */
    struct err *err = run(argc, argv);
    if (!err)
        return 0;
    fprintf(stderr, "ouro: %s\n", err_format(err, text, sizeof text));
    int status = err->code == ERR_USAGE ? STATUS_USAGE : STATUS_FAILED;
    err_destroy(err);
    return status;
}
