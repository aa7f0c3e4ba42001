/*
 * Running the built ouro, and reading its answers.
 *
 *      struct ouro ouro = ouro_run("types", pid, "--json", NULL);
 *      assert_int_equal(ouro.status, 0);
 *      …
 *      ouro_deinit(&ouro);
 *
 * or, when it must succeed and print nothing on its standard error:
 *
 *      json_t *types = ouro_json("types", pid, NULL);
 *      assert_int_equal(json_long(types, "snapshot.objects"), 5);
 *
 * The program is "inspector/ouro" below the working directory (Bazel's runfiles), or what the
 * environment variable OURO names. A run takes at most OURO_TIMEOUT_MS, else the test fails.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

enum { OURO_TIMEOUT_MS = 60 * 1000 };

struct ouro {
    int status; /* exit status, or 128 + signal */
    char *out;  /* its standard output, terminated */
    char *err;  /* its standard error */
    uint64_t wall_ns;
};

/* Runs `ouro command [pid] arguments…`, the arguments until NULL; `pid` 0 is left out. */
struct ouro ouro_run(const char *command, pid_t pid, ...) __attribute__((sentinel));
/* The same with another program. */
struct ouro ouro_run_program(const char *program, const char *command, pid_t pid, ...)
    __attribute__((sentinel));
void ouro_deinit(struct ouro *ouro);

/* Runs it with --json added; fails the test unless it succeeds silently. The answer is the
 * caller's. */
json_t *ouro_json(const char *command, pid_t pid, ...) __attribute__((sentinel));

/* Starts it and lets it run; the caller ends it with ouro_end(). */
struct ouro_running {
    pid_t pid;
    int out, err; /* memfds */
    uint64_t since_ns;
};
struct ouro_running ouro_start(const char *program, const char *command, pid_t pid, ...)
    __attribute__((sentinel));
/* Waits for its end. */
struct ouro ouro_end(struct ouro_running *running);

/* The path of the program. */
const char *ouro_path(void);

/* A number inside `json`, by a path of keys and indexes: "rows.0.count". Fails the test if it is not
 * there. */
int64_t json_long(const json_t *json, const char *path);
const char *json_text(const json_t *json, const char *path);
/* What is there, borrowed; NULL if nothing is. */
json_t *json_at(const json_t *json, const char *path);
/* The row whose `key` is the text `value`, borrowed; NULL if there is none. */
json_t *json_row(const json_t *json, const char *key, const char *value);
