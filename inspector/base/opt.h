/*
 * Command line options as a table: parsing, usage and --help come from the same rows.
 *
 *      static const struct opt options[] = {
 *          OPT_FLAG(0, "json", &json, "print JSON"),
 *          OPT_INT('g', "generation", &generation, 0, 2, "GEN", "the generation to collect"),
 *          OPT_END,
 *      };
 *      ERR_RETURN(opt_parse(options, argc, argv, &rest));
 *
 * Options may stand anywhere before "--"; values follow as --name=value, --name value, -nvalue or
 * -n value.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "inspector/base/err.h"

enum opt_type { OPT_TYPE_END, OPT_TYPE_FLAG, OPT_TYPE_TEXT, OPT_TYPE_INT };

struct opt {
    enum opt_type type;
    char letter; /* 0: none */
    const char *name;
    void *value;      /* bool *, const char **, or long * */
    long min, max;    /* for ints, both included */
    const char *what; /* name of the value in the help */
    const char *help; /* one line */
};

#define OPT_FLAG(letter, name, value, help)                                                        \
    {                                                                                              \
        OPT_TYPE_FLAG, letter, name, value, 0, 0, NULL, help                                       \
    }
#define OPT_TEXT(letter, name, value, what, help)                                                  \
    {                                                                                              \
        OPT_TYPE_TEXT, letter, name, value, 0, 0, what, help                                       \
    }
#define OPT_INT(letter, name, value, min, max, what, help)                                         \
    {                                                                                              \
        OPT_TYPE_INT, letter, name, value, min, max, what, help                                    \
    }
#define OPT_END                                                                                    \
    {                                                                                              \
        OPT_TYPE_END, 0, NULL, NULL, 0, 0, NULL, NULL                                              \
    }

/*
 * Parses argv[0 … argc - 1] (no program name). What is not an option is moved to the front of argv,
 * in order, and counted in *rest. ERR_USAGE names what is wrong.
 */
ERR_CHECK struct err *opt_parse(const struct opt *options, int argc, char **argv, int *rest);

/* The OPTIONS part of a help text, one line an option. Any stream. */
struct str;
void opt_help(const struct opt *options, struct str *to);

/* A whole number in [min, max]. ERR_USAGE says which `what` it was meant to be. */
ERR_CHECK struct err *opt_number(const char *text, const char *what, long min, long max, long *ret);
