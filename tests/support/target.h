/*
 * Python programs to be inspected: started, talked to line by line, ended.
 *
 *      struct target *target = target_start(interp, "tests/e2e/targets/types.py", "slots", NULL);
 *      json_t *expected = target_json(target);            its next line, which must be JSON
 *      … run ouro on target_pid(target) …
 *      target_send(target, "check");
 *      assert_string_equal(target_line(target), "fine");
 *      target_finish(target);                             end of its input: it must end well
 *
 * A target reads commands from its standard input and answers on its standard output; what it
 * writes to its standard error is kept and must be nothing when it ends. Nothing waits for longer
 * than TARGET_TIMEOUT_MS. Whatever goes wrong fails the running test. A target that a test leaves
 * behind is killed, by its pid, by targets_end_all().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "tests/support/interp.h"

enum { TARGET_TIMEOUT_MS = 30 * 1000 };

struct target;

/*
 * Starts a program: `script` from the workspace's root, arguments until NULL. It lives in its own
 * session, with a small fixed environment.
 */
struct target *target_start(const struct interp *interp, const char *script, ...)
    __attribute__((sentinel));
/* The same for any command (found by execvp()); such a program may write to its standard error. */
struct target *target_start_command(const char *const *argv);

pid_t target_pid(const struct target *target);

/* The next line without its end; valid until the next call. */
const char *target_line(struct target *target);
/* The next line, read as JSON; the caller's. */
json_t *target_json(struct target *target);
/* Writes a line. */
void target_send(struct target *target, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Writes a line and reads one. */
const char *target_ask(struct target *target, const char *line);
json_t *target_ask_json(struct target *target, const char *line);

/* What it has written to its standard error so far. */
const char *target_stderr(struct target *target);
/* Its standard error may be anything from now on. */
void target_ignore_stderr(struct target *target);

void target_signal(const struct target *target, int number);
/* Ends its input and waits: it must exit with status 0 and have nothing on its standard error. */
void target_finish(struct target *target);
/* Kills it. */
void target_kill(struct target *target);
/* Waits until it has ended; a status as from waitpid(). */
int target_wait(struct target *target);
/* Whether it is there and no zombie. */
bool target_lives(const struct target *target);

/* Kills what is left. */
void targets_end_all(void);

/*
 * Waits until condition(arg) holds; false when it does not within `ms`. For states that can only be
 * seen by looking.
 */
bool wait_until(bool (*condition)(void *arg), void *arg, unsigned ms);
/* Waits until a child of ours has ended, without reaping it; false when it does not within `ms`. */
bool wait_ended(pid_t child, unsigned ms);
/* Fails the running test with a formatted text. */
_Noreturn void test_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
