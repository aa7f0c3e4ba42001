/*
 * Subcommands: one file each, one row each in the table of cmd.c.
 *
 * A command gets its arguments without its own name, prints to stdout, and returns its error; main() prints that to
 * stderr and chooses the exit status: 0 done, 1 failed, 2 wrong usage.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "inspector/base/err.h"
#include "inspector/base/opt.h"
#include "inspector/model/save.h"
#include "inspector/model/snapshot.h"
#include "inspector/out/json.h"
#include "inspector/rows/lookup.h"
#include "inspector/rows/rows.h"
#include "inspector/session/session.h"

#define OURO_VERSION "0.1.0"

struct command {
    const char *name;
    const char *args;    /* "PID [ADDRESS]" */
    int n_args;          /* with the optional ones; -1: the command checks. argv ends with NULL */
    const char *summary; /* one line */
    struct err *(*run)(int argc, char **argv);
};

/* The table of commands that print, ended by one without a name. */
extern const struct command commands[];
/* The command with this name, NULL if there is none. */
const struct command *command_find(const char *name);

ERR_CHECK struct err *cmd_ps(int argc, char **argv);
ERR_CHECK struct err *cmd_doctor(int argc, char **argv);
ERR_CHECK struct err *cmd_types(int argc, char **argv);
ERR_CHECK struct err *cmd_objects(int argc, char **argv);
ERR_CHECK struct err *cmd_object(int argc, char **argv);
ERR_CHECK struct err *cmd_threads(int argc, char **argv);
ERR_CHECK struct err *cmd_diff(int argc, char **argv);
ERR_CHECK struct err *cmd_snapshot(int argc, char **argv);
ERR_CHECK struct err *cmd_path(int argc, char **argv);
ERR_CHECK struct err *cmd_retained(int argc, char **argv);
ERR_CHECK struct err *cmd_cycles(int argc, char **argv);
ERR_CHECK struct err *cmd_leaks(int argc, char **argv);
ERR_CHECK struct err *cmd_waste(int argc, char **argv);
ERR_CHECK struct err *cmd_garbage(int argc, char **argv);
ERR_CHECK struct err *cmd_finalizers(int argc, char **argv);
ERR_CHECK struct err *cmd_resources(int argc, char **argv);
ERR_CHECK struct err *cmd_gc(int argc, char **argv);
ERR_CHECK struct err *cmd_stats(int argc, char **argv);
ERR_CHECK struct err *cmd_watch(int argc, char **argv);
ERR_CHECK struct err *cmd_set(int argc, char **argv);
ERR_CHECK struct err *cmd_detach(int argc, char **argv);

/* ---- what commands share ---- */

/*
 * Parses the options of command `name` and checks how many arguments are left in argv,
 * which then ends with NULL. With --help (which every command
 * has) it prints the help text and sets *helped: the command then returns.
 */
ERR_CHECK struct err *cmd_options(const char *name, const struct opt *options, int argc,
                                  char **argv, bool *helped);
/* A process id as the user typed it. */
ERR_CHECK struct err *cmd_pid(const char *text, pid_t *ret);

/* An address as the user typed it. */
ERR_CHECK struct err *cmd_address(const char *text, uint64_t *ret);

/* Set by ^C and SIGTERM: the command undoes what it did and returns ERR_CANCELLED. A second ^C ends the program. */
extern atomic_bool cmd_cancel;

/* An attached process or an open capture, and a snapshot of it when one was asked for. */
struct target {
    struct session *session;
    struct snapshot *snapshot;
    struct snapshot_info info;
    struct lookup *lookup;
};

/* What the user may say about attaching, in the option tables of all commands that call target_open(). */
struct target_options {
    bool steal;      /* another ouro has to leave first */
    long wait_s;     /* for the interpreter lock */
    bool in_process; /* where it cannot be cloned */
};
extern struct target_options target_options;
#define TARGET_OPTIONS                                                                             \
    OPT_FLAG(0, "steal", &target_options.steal, "make another ouro that is attached leave first"), \
        OPT_INT('w', "wait", &target_options.wait_s, 1, 86400, "S",                                \
                "wait S seconds for a thread that holds the interpreter; default: 10"),            \
        OPT_FLAG(0, "in-process", &target_options.in_process,                                      \
                 "if it cannot be cloned, walk in the process, which stands still meanwhile")

/*
 * Attaches to a process, or opens a capture: a name made of digits is a process id, any other a file. *ret is to be
 * closed, also after later failures.
 */
ERR_CHECK struct err *target_open(const char *name, struct target *ret);
/* The same for commands that need a process; ERR_USAGE for what is no process id. */
ERR_CHECK struct err *target_open_process(const char *pid, struct target *ret);
/* Whether a target's name is that of a file. */
bool target_is_file(const char *name);
/* Takes a snapshot (enum snapshot_flags) into ret->snapshot. */
ERR_CHECK struct err *target_snapshot(struct target *target, unsigned flags);
/* Computes facts_of(target->snapshot), which must have edges. */
ERR_CHECK struct err *target_facts(struct target *target);
/* The object at an address, as the user typed it; ERR_INPUT if there is none. */
ERR_CHECK struct err *target_find(const struct target *target, const char *address, uint32_t *ret);
/* Asks the frozen copy for all that target->lookup wants. */
ERR_CHECK struct err *target_ask(struct target *target);
/*
 * Saves the snapshot, which must have references and its frozen copy, as a capture file of *bytes bytes; fills in what of
 * `options` tells whence it is. Progress goes to stderr if that is a terminal.
 */
ERR_CHECK struct err *target_save(struct target *target, const char *path,
                                  struct save_options *options, uint64_t *bytes);
void target_close(struct target *target);

/* How a table is to be printed. */
struct table_options {
    bool json;
    long limit;         /* 0: all */
    const char *sort;   /* KEY, KEY:asc or KEY:desc */
    const char *filter; /* see rows/filter.h */
};
#define TABLE_OPTIONS(options, default_sort_help)                                                  \
    OPT_FLAG(0, "json", &(options).json, "print JSON (docs/cli-json.md)"),                         \
        OPT_INT('n', "limit", &(options).limit, 0, 1000000000, "N", "print N rows, 0: all"),       \
        OPT_TEXT('s', "sort", &(options).sort, "KEY", default_sort_help),                          \
        OPT_TEXT('f', "filter", &(options).filter, "EXPR",                                         \
                 "only rows that match: text, !text, /regex/, count>100 …")

/*
 * Whether a table with these columns can be sorted and filtered as asked: ERR_USAGE. Before a target
 * is touched for a table that cannot be shown.
 */
ERR_CHECK struct err *table_check(const struct column *columns, unsigned n_columns,
                                  const struct table_options *options);
/* Sorts and filters as asked; by default by column `default_sort`, descending. */
ERR_CHECK struct err *table_arrange(struct rows *rows, const struct table_options *options,
                                    int default_sort);
/* Asks the frozen copy for what the first `limit` rows (0: all) show. */
ERR_CHECK struct err *table_lookup(struct rows *rows, size_t limit, struct target *target);
/* "… and 12 more (--limit 0 prints all)", if there are. */
void table_print_rest(const struct rows *rows, long limit);

/* The members that every answer starts with: schema, version, target; and "snapshot" if one was taken. */
void json_put_header(struct json *json, const struct target *target);
/* Ends the object; ERR_SYS if stdout could not take it. */
ERR_CHECK struct err *json_finish(struct json *json);
