#include "tests/support/proc_state.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "inspector/base/mem.h"
#include "inspector/base/str.h"
#include "tests/support/target.h"

enum { PATH_BYTES = 512 };

/* ---- reading /proc ---- */

/* A whole file of /proc; "" when it cannot be read. */
static char *read_file(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static char *read_file(const char *fmt, ...)
{
    struct str text = STR_INIT;
    char path[PATH_BYTES], bytes[4096];
    va_list args;
    ssize_t n;

    va_start(args, fmt);
    vsnprintf(path, sizeof path, fmt, args);
    va_end(args);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && (n = read(fd, bytes, sizeof bytes)) > 0)
        str_append_bytes(&text, bytes, (size_t)n);
    if (fd >= 0)
        close(fd);
    return str_steal(&text);
}

/* Calls `each` for the numbers in a directory of /proc, ascending. */
static void for_numbers(const char *path, void (*each)(long number, void *arg), void *arg)
{
    struct dirent **entries;
    int n = scandir(path, &entries, NULL, versionsort);

    for (int i = 0; i < n; i++) {
        if (isdigit((unsigned char)entries[i]->d_name[0]))
            each(atol(entries[i]->d_name), arg);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

struct listing {
    pid_t pid;
    struct str text;
};

static void trim_line(char *text)
{
    text[strcspn(text, "\n")] = '\0';
}

/* ---- the parts ---- */

static void add_thread(long tid, void *arg)
{
    struct listing *listing = arg;
    char *name = read_file("/proc/%d/task/%ld/comm", listing->pid, tid);

    trim_line(name);
    str_printf(&listing->text, "%ld %s\n", tid, name);
    free(name);
}

static void add_descriptor(long fd, void *arg)
{
    struct listing *listing = arg;
    char path[64], target[PATH_BYTES];

    snprintf(path, sizeof path, "/proc/%d/fd/%ld", listing->pid, fd);
    ssize_t n = readlink(path, target, sizeof target - 1);
    target[n > 0 ? n : 0] = '\0';
    str_printf(&listing->text, "%ld %s\n", fd, target);
}

static void add_children(long tid, void *arg)
{
    struct listing *listing = arg;
    char *children = read_file("/proc/%d/task/%ld/children", listing->pid, tid), *rest = NULL;

    for (char *word = strtok_r(children, " \n", &rest); word; word = strtok_r(NULL, " \n", &rest)) {
        char *name = read_file("/proc/%s/comm", word);
        trim_line(name);
        str_printf(&listing->text, "%s %s\n", word, name);
        free(name);
    }
    free(children);
}

/* The value of a field of a status file. */
static void field_of(const char *status, const char *name, char value[64])
{
    const char *at = strstr(status, name);

    value[0] = '\0';
    if (at)
        sscanf(at + strlen(name), " %63s", value);
}

static void add_signals(long tid, void *arg)
{
    static const char *const fields[] = {"SigBlk:", "SigIgn:", "SigCgt:", "SigPnd:", "ShdPnd:"};
    struct listing *listing = arg;
    char *status = read_file("/proc/%d/task/%ld/status", listing->pid, tid), value[64];

    str_printf(&listing->text, "%ld", tid);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        field_of(status, fields[i], value);
        str_printf(&listing->text, " %s%s", fields[i], value);
    }
    str_append_char(&listing->text, '\n');
    free(status);
}

static char *list(pid_t pid, const char *directory, void (*each)(long, void *))
{
    struct listing listing = {pid, STR_INIT};
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/%s", pid, directory);
    for_numbers(path, each, &listing);
    return str_steal(&listing.text);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts the lines of a text and leaves out repetitions. */
static char *sorted_lines(char *text)
{
    char *lines[4096], *rest = NULL;
    struct str sorted = STR_INIT;
    size_t n = 0;

    for (char *line = strtok_r(text, "\n", &rest); line && n < 4096;
         line = strtok_r(NULL, "\n", &rest))
        lines[n++] = line;
    qsort(lines, n, sizeof *lines, by_text);
    for (size_t i = 0; i < n; i++)
        if (!i || strcmp(lines[i], lines[i - 1]) != 0)
            str_printf(&sorted, "%s\n", lines[i]);
    free(text);
    return str_steal(&sorted);
}

/* Files by name and permission; what has no file is counted. */
static void read_maps(pid_t pid, struct proc_state *ret)
{
    char *maps = read_file("/proc/%d/maps", pid), *rest = NULL;
    struct str files = STR_INIT;

    for (char *line = strtok_r(maps, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        unsigned long start, end;
        char permission[8], path[PATH_BYTES] = "";
        if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %511[^\n]", &start, &end, permission, path) < 3)
            continue;
        if (strstr(path, "memfd:ouro-agent"))
            continue; /* the one thing that stays */
        if (*path == '/') {
            str_printf(&files, "%s %s\n", permission, path);
        } else {
            ret->anonymous_maps++;
            ret->anonymous_bytes += end - start;
        }
    }
    free(maps);
    ret->maps = sorted_lines(str_steal(&files));
}

static char *read_limits(pid_t pid)
{
    char path[64], directory[PATH_BYTES];
    char *score = read_file("/proc/%d/oom_score_adj", pid);

    snprintf(path, sizeof path, "/proc/%d/cwd", pid);
    ssize_t n = readlink(path, directory, sizeof directory - 1);
    directory[n > 0 ? n : 0] = '\0';
    char *text = xasprintf("nice %d\noom_score_adj %scwd %s\ngroup %d\nsession %d\n",
                           getpriority(PRIO_PROCESS, (id_t)pid), score, directory, getpgid(pid),
                           getsid(pid));
    free(score);
    return text;
}

static size_t rollup(const char *text, const char *name)
{
    char value[64];

    field_of(text, name, value);
    return strtoul(value, NULL, 10) * 1024;
}

void proc_state_read(pid_t pid, struct proc_state *ret)
{
    *ret = (struct proc_state){
        .threads = list(pid, "task", add_thread),
        .descriptors = list(pid, "fd", add_descriptor),
        .children = list(pid, "task", add_children),
        .signals = list(pid, "task", add_signals),
        .limits = read_limits(pid),
    };
    read_maps(pid, ret);
    char *memory = read_file("/proc/%d/smaps_rollup", pid);
    ret->rss_bytes = rollup(memory, "Rss:");
    ret->private_bytes = rollup(memory, "Private_Dirty:");
    free(memory);
}

void proc_state_deinit(struct proc_state *state)
{
    free(state->threads);
    free(state->descriptors);
    free(state->children);
    free(state->signals);
    free(state->maps);
    free(state->limits);
    *state = (struct proc_state){.threads = NULL};
}

/* ---- comparing ---- */

/* Prints the lines of `a` that are not in `b`. */
static void print_missing(const char *a, const char *b, char sign)
{
    char *copy = xstrdup(a), *rest = NULL;

    for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *whole = xasprintf("%s\n", line);
        const char *found = strstr(b, whole);
        if (!found || (found != b && found[-1] != '\n'))
            fprintf(stderr, "  %c %s", sign, whole);
        free(whole);
    }
    free(copy);
}

void proc_state_assert_same(const struct proc_state *before, const struct proc_state *after,
                            unsigned parts)
{
    const struct {
        enum proc_state_part part;
        const char *name, *before, *after;
    } all[] = {
        {PROC_STATE_THREADS, "threads", before->threads, after->threads},
        {PROC_STATE_DESCRIPTORS, "descriptors", before->descriptors, after->descriptors},
        {PROC_STATE_CHILDREN, "children", before->children, after->children},
        {PROC_STATE_SIGNALS, "signals", before->signals, after->signals},
        {PROC_STATE_MAPS, "mapped files", before->maps, after->maps},
        {PROC_STATE_LIMITS, "limits", before->limits, after->limits},
    };
    bool differ = false;

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (!(parts & all[i].part) || !strcmp(all[i].before, all[i].after))
            continue;
        fprintf(stderr, "other %s than before:\n", all[i].name);
        print_missing(all[i].before, all[i].after, '-');
        print_missing(all[i].after, all[i].before, '+');
        differ = true;
    }
    if (differ)
        test_fail("the process is not as it was");
}

/* ---- traces of an inspector ---- */

static void add_lines_with(struct str *traces, const char *what, const char *text, const char *part)
{
    char *copy = xstrdup(text), *rest = NULL;

    for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        if (strstr(line, part))
            str_printf(traces, "%s %s\n", what, line);
    free(copy);
}

char *proc_agent_traces(pid_t pid)
{
    struct proc_state state;
    struct str traces = STR_INIT;
    char tracer[64];

    proc_state_read(pid, &state);
    add_lines_with(&traces, "thread", state.threads, "ouro-agent");
    add_lines_with(&traces, "copy", state.children, "ouro-copy");
    add_lines_with(&traces, "descriptor", state.descriptors, "memfd:ouro-");
    add_lines_with(&traces, "mapping", state.maps, "ouro-ring");
    proc_state_deinit(&state);
    char *status = read_file("/proc/%d/status", pid);
    field_of(status, "TracerPid:", tracer);
    if (strcmp(tracer, "0") != 0)
        str_printf(&traces, "traced by %s\n", tracer);
    free(status);
    return str_steal(&traces);
}

bool proc_has_agent(pid_t pid)
{
    char *traces = proc_agent_traces(pid);
    bool any = *traces;

    free(traces);
    return any;
}

static bool is_clean(void *arg)
{
    return !proc_has_agent(*(pid_t *)arg);
}

void proc_assert_clean(pid_t pid, unsigned ms)
{
    if (wait_until(is_clean, &pid, ms))
        return;
    char *traces = proc_agent_traces(pid);
    test_fail("after %u ms process %d still has:\n%s", ms, pid, traces);
}

pid_t proc_copy_of(pid_t pid)
{
    char *children = list(pid, "task", add_children);
    const char *found = strstr(children, " ouro-copy\n");
    pid_t copy = 0;

    if (found) {
        while (found > children && found[-1] != '\n')
            found--;
        copy = atoi(found);
    }
    free(children);
    return copy;
}

long proc_syscall(pid_t pid)
{
    char *text = read_file("/proc/%d/syscall", pid);
    long nr = isdigit((unsigned char)*text) ? atol(text) : -1;

    free(text);
    return nr;
}

unsigned long proc_cpu_ticks(pid_t pid)
{
    char *text = read_file("/proc/%d/stat", pid);
    const char *after_name = strrchr(text, ')');
    unsigned long user = 0, system = 0, child_user = 0, child_system = 0;

    if (after_name)
        sscanf(after_name + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %lu %lu",
               &user, &system, &child_user, &child_system);
    free(text);
    return user + system + child_user + child_system;
}
