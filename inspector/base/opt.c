#include "inspector/base/opt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/base/str.h"

enum { HELP_COLUMN = 28 };

struct err *opt_number(const char *text, const char *what, long min, long max, long *ret)
{
    char *end;

    errno = 0;
    long number = strtol(text, &end, 10);
    if (!*text || *end || errno || number < min || number > max)
        return err_new(ERR_USAGE, NULL, "%s must be a whole number from %ld to %ld, not '%s'", what,
                       min, max, text);
    *ret = number;
    return NULL;
}

static const struct opt *find_name(const struct opt *options, const char *name, size_t n)
{
    for (; options->type != OPT_TYPE_END; options++)
        if (strlen(options->name) == n && !strncmp(options->name, name, n))
            return options;
    return NULL;
}

static const struct opt *find_letter(const struct opt *options, char letter)
{
    for (; options->type != OPT_TYPE_END; options++)
        if (options->letter && options->letter == letter)
            return options;
    return NULL;
}

static struct err *set(const struct opt *option, const char *value)
{
    char what[64];

    switch (option->type) {
    case OPT_TYPE_FLAG:
        *(bool *)option->value = true;
        break;
    case OPT_TYPE_TEXT:
        *(const char **)option->value = value;
        break;
    case OPT_TYPE_INT:
        snprintf(what, sizeof what, "--%s", option->name);
        return opt_number(value, what, option->min, option->max, option->value);
    case OPT_TYPE_END:
        break;
    }
    return NULL;
}

/* One option at argv[*i]; moves *i to its last argument. */
static struct err *parse_one(const struct opt *options, int argc, char **argv, int *i)
{
    const char *arg = argv[*i], *value = NULL;
    const struct opt *option;

    if (arg[1] == '-') {
        size_t n = strcspn(arg + 2, "=");
        option = find_name(options, arg + 2, n);
        value = arg[2 + n] ? arg + 3 + n : NULL;
    } else {
        option = find_letter(options, arg[1]);
        value = arg[2] ? arg + 2 : NULL;
    }
    if (!option)
        return err_new(ERR_USAGE, "see --help", "there is no option '%s'", arg);
    if (option->type == OPT_TYPE_FLAG) {
        if (value)
            return err_new(ERR_USAGE, "see --help", "option '--%s' takes no value", option->name);
        return set(option, NULL);
    }
    if (!value && *i + 1 < argc)
        value = argv[++*i];
    if (!value)
        return err_new(ERR_USAGE, "see --help", "option '--%s' needs a value: %s", option->name,
                       option->what);
    return set(option, value);
}

struct err *opt_parse(const struct opt *options, int argc, char **argv, int *rest)
{
    int kept = 0, i = 0;

    for (; i < argc && strcmp(argv[i], "--"); i++) {
        if (argv[i][0] == '-' && argv[i][1])
            ERR_RETURN(parse_one(options, argc, argv, &i));
        else
            argv[kept++] = argv[i];
    }
    for (i++; i < argc; i++) /* behind "--" nothing is an option */
        argv[kept++] = argv[i];
    *rest = kept;
    return NULL;
}

void opt_help(const struct opt *options, struct str *to)
{
    for (; options->type != OPT_TYPE_END; options++) {
        char left[64];
        int n = snprintf(left, sizeof left, "  %c%c --%s%s%s", options->letter ? '-' : ' ',
                         options->letter ? options->letter : ' ', options->name,
                         options->what ? " " : "", options->what ? options->what : "");
        str_printf(to, "%s%*s%s\n", left, n < HELP_COLUMN ? HELP_COLUMN - n : 1, "", options->help);
    }
}
