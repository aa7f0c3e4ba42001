#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/clock.h"
#include "inspector/base/units.h"
#include "inspector/model/save.h"
#include "inspector/out/cmd.h"
#include "inspector/session/procfs.h"

enum { COMMAND_BYTES = 256, PROGRESS_MS = 200 };

/* "names and values of 1,000,000 of 3,000,000 objects", on a terminal only. */
static void show_progress(void *ctx, uint64_t done, uint64_t total)
{
    uint64_t *next_ns = ctx, now = clock_ns();
    char some[UNITS_BUF], all[UNITS_BUF];

    if (now < *next_ns && done < total)
        return;
    *next_ns = now + PROGRESS_MS * (uint64_t)NS_PER_MS;
    if (done < total)
        fprintf(stderr, "\rnames and values of %s of %s objects\x1b[K",
                units_count((int64_t)done, some), units_count((int64_t)total, all));
    else
        fputs("\r\x1b[K", stderr);
}

static uint64_t wall_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

struct err *target_save(struct target *target, const char *path, struct save_options *options,
                        uint64_t *bytes)
{
    const struct session_info *info = session_info(target->session);
    _cleanup_free_ char *command = NULL;
    uint64_t next_ns = 0;

    err_destroy(proc_cmdline(info->pid, COMMAND_BYTES, &command)); /* may have ended */
    options->ouro = OURO_VERSION;
    options->command = command;
    options->python = info->python;
    options->python_hex = info->python_hex;
    options->pid = info->pid;
    options->created_ns = wall_ns();
    options->ctx = &next_ns;
    options->progress = isatty(STDERR_FILENO) ? show_progress : NULL;
    return snapshot_save(target->snapshot, &target->info, target->session, path, options,
                         &cmd_cancel, bytes);
}

static struct err *print(const struct target *target, const char *path, uint64_t bytes,
                         bool is_json)
{
    char objects[UNITS_BUF], size[UNITS_BUF], pause[UNITS_BUF];
    struct json json;

    if (!is_json) {
        printf("%s: %s objects, %s; the process stood still for %s\n", path,
               units_count(target->snapshot->n_objects, objects), units_bytes((int64_t)bytes, size),
               units_duration_ns(target->info.pause_ns, pause));
        return NULL;
    }
    json_begin(&json, stdout);
    json_put_header(&json, target);
    json_put(&json, "file", json_utf8(path));
    json_put(&json, "file_bytes", json_integer((json_int_t)bytes));
    return json_finish(&json);
}

struct err *cmd_snapshot(int argc, char **argv)
{
    struct save_options options = {.force = false};
    const char *path = NULL;
    bool json = false, helped;
    const struct opt table[] = {
        OPT_TEXT('o', "output", &path, "FILE", "the capture file to write"),
        OPT_FLAG(0, "force", &options.force, "replace an existing file"),
        OPT_FLAG(0, "redact", &options.redact,
                 "for giving away: types, sizes, references; hashed names, no values"),
        OPT_FLAG(0, "with-arrays", &options.with_arrays,
                 "some 50 bytes an object more, for opening at once"),
        OPT_FLAG(0, "json", &json, "print JSON (docs/cli-json.md)"),
        TARGET_OPTIONS,
        OPT_END,
    };
    struct target target;
    uint64_t bytes = 0;

    ERR_RETURN(cmd_options("snapshot", table, argc, argv, &helped));
    if (helped)
        return NULL;
    if (!path || !*path)
        return err_new(ERR_USAGE, "see 'ouro snapshot --help'",
                       "wrong usage of 'snapshot': it needs '-o FILE'");
    signal(SIGXFSZ, SIG_IGN); /* a limit of file size is an error like a full disk */
    ERR_RETURN(target_open_process(argv[0], &target));
    struct err *err = target_snapshot(&target, SNAPSHOT_EDGES | SNAPSHOT_SERVE);
    if (!err)
        err = target_save(&target, path, &options, &bytes);
    if (!err)
        err = print(&target, path, bytes, json);
    target_close(&target);
    return err;
}
