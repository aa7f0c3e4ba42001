/* The command line of the built program: what it says to wrong usage, and with which exit status. */
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inspector/out/cmd.h"
#include "tests/support/child.h"
#include "tests/support/test.h"

enum { ARGS_MAX = 16 };

static const char *ouro; /* the program */

/* Runs it with the words of `line`; '_' stands for a blank inside a word. */
static struct child_output run(const char *line)
{
    char words[256], *saved = NULL;
    const char *argv[ARGS_MAX] = {ouro};
    struct child_output output;
    int argc = 1;

    snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok_r(words, " ", &saved); word; word = strtok_r(NULL, " ", &saved)) {
        for (char *p = word; (p = strchr(p, '_'));)
            *p = ' ';
        argv[argc++] = word;
    }
    child_run(argv, &output);
    return output;
}

static bool is_one_line(const char *text)
{
    const char *end = strchr(text, '\n');

    return end && !end[1];
}

/* Fails with this exit status and one line "ouro: …" on stderr that contains `part`, nothing on stdout. */
static void assert_refused(const char *line, int status, const char *part)
{
    struct child_output output = run(line);

    if (output.status != status || strncmp(output.err, "ouro: ", 6) || !is_one_line(output.err) ||
        !strstr(output.err, part) || *output.out)
        fail_msg("'ouro %s': exit status %d, stdout '%s', stderr '%s'", line, output.status,
                 output.out, output.err);
    child_output_deinit(&output);
}

#define assert_usage(line, part) assert_refused(line, 2, part)

static void test_cmd__wrong_commands(void **state)
{
    (void)state;
    assert_usage("nonsense", "'nonsense'");
    assert_usage("a\nb\x1b[31m", "'a?b?[31m'"); /* still one line, and fit for a terminal */
    assert_usage("--nonsense", "--nonsense");
}

static void test_cmd__wrong_options(void **state)
{
    (void)state;
    assert_usage("types 1 --jsn", "there is no option '--jsn'; see 'ouro types --help'");
    assert_usage("types 1 -x", "there is no option '-x'");
    assert_usage("types 1 --json=yes", "takes no value");
    assert_usage("types 1 --limit", "needs a value: N");
    assert_usage("types 1 --limit=-1", "from 0 to");
    assert_usage("types 1 --limit=many", "not 'many'");
    assert_usage("gc 1 -g3", "--generation must be a whole number from 0 to 2, not '3'");
}

static void test_cmd__wrong_arguments(void **state)
{
    static const char *const pids[] = {"x", "0", "-1", "1.5", "4194305", "99999999999999999999"};
    char line[64];

    (void)state;
    for (const struct command *command = commands; command->name; command++) {
        bool has_optional = strchr(command->args, '[');
        for (int n = 0; n <= command->n_args + 1; n++) {
            int used = snprintf(line, sizeof line, "%s", command->name);
            for (int i = 0; i < n; i++)
                used += snprintf(line + used, sizeof line - (size_t)used, " 1");
            if (n > command->n_args || n < command->n_args - has_optional)
                assert_usage(line, "wrong usage of");
        }
    }
    for (size_t i = 0; i < sizeof pids / sizeof *pids; i++) {
        snprintf(line, sizeof line, "gc -- %s", pids[i]);
        assert_usage(line, "the process id must be a whole number");
    }
    assert_usage("set 1 sideways", "there is no switch 'sideways'; enable, disable");
    assert_usage("set 1 enable 1", "takes no value");
    assert_usage("set 1 threshold 1 2", "three numbers");
    assert_usage("set 1 threshold 1 2 x", "a threshold must be a whole number");
    assert_usage("set 1 debug", "followed by the flags");
    assert_usage("set 1 debug saveall,sideways", "no debug flag 'sideways'");
    assert_usage("set 1 debug 64", "from 0 to 63");
    assert_usage("set 1 debug leak", "nothing that is found is freed");
    assert_usage("set 1 debug uncollectable,SaveAll", "add --yes");
    assert_usage("set 1 tracemalloc", "'start', 'start N' or 'stop'");
    assert_usage("set 1 tracemalloc start 0 --yes", "at least one frame");
    assert_usage("set 1 tracemalloc start 5", "every allocation slower");
    assert_usage("stats 1 --interval 5", "'--interval' needs '--follow'");
    assert_usage("snapshot 1", "it needs '-o FILE'");
    assert_usage("snapshot x -o /tmp/never", "the process id must be a whole number");
    assert_usage("types -- 0", "the process id must be a whole number");
    assert_refused("types nowhere", 1, "cannot open 'nowhere': No such file or directory; name a ");
    assert_usage("object 1 nowhere", "'nowhere' is not an address");
    assert_usage("object 1 -- -5", "is not an address");
    assert_usage("object 1 0x1g", "is not an address");
}

/* Before the target is touched: there is none here. */
static void test_cmd__wrong_tables(void **state)
{
    static const char *const tables[] = {"types 4194303", "objects 4194303", "gc 4194303", "ps"};
    char line[128];

    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        snprintf(line, sizeof line, "%s --sort nonsense", tables[i]);
        assert_usage(line, "cannot sort by 'nonsense'; the keys are: ");
        snprintf(line, sizeof line, "%s --sort rss:up --sort shallow:up --sort=%s:up", tables[i],
                 i < 3 ? "shallow" : "rss");
        assert_usage(line, "asc and desc are the directions");
        snprintf(line, sizeof line, "%s --filter /(/", tables[i]);
        assert_usage(line, "");
        snprintf(line, sizeof line, "%s --filter nonsense>1", tables[i]);
        assert_usage(line, "nonsense");
    }
}

static pid_t gone(void)
{
    struct child child = child_start((const char *[]){"/bin/true", NULL});

    child_end(&child);
    return child.pid;
}

static void test_cmd__failures(void **state)
{
    static const char *const commands_with_pid[] = {"types", "objects", "gc", "stats", "detach"};
    char line[64], part[64];

    (void)state;
    for (size_t i = 0; i < sizeof commands_with_pid / sizeof *commands_with_pid; i++) {
        pid_t pid = gone();
        snprintf(line, sizeof line, "%s %d", commands_with_pid[i], pid);
        snprintf(part, sizeof part, "no such process: %d", pid);
        assert_refused(line, 1, part);
    }
    snprintf(line, sizeof line, "types %d", getpid());
    assert_refused(line, 1, "it does not run Python");
}

static void assert_prints(const char *line, const char *start)
{
    struct child_output output = run(line);

    assert_int_equal(output.status, 0);
    assert_string_equal(output.err, "");
    if (strncmp(output.out, start, strlen(start)))
        fail_msg("'ouro %s' prints: %s", line, output.out);
    child_output_deinit(&output);
}

static void test_cmd__help(void **state)
{
    char line[64], start[128];

    (void)state;
    assert_prints("--version", "ouro " OURO_VERSION "\n");
    assert_prints("--help", "ouro");
    for (const struct command *command = commands; command->name; command++) {
        snprintf(start, sizeof start, "usage: ouro %s ", command->name);
        snprintf(line, sizeof line, "%s --help", command->name);
        assert_prints(line, start);
        snprintf(line, sizeof line, "%s -h --nonsense 1 2 3", command->name); /* help comes first */
        assert_prints(line, start);
    }
}

/* All lines of the options are alike: the texts stand in one column. */
static void test_cmd__help_is_aligned(void **state)
{
    (void)state;
    for (const struct command *command = commands; command->name; command++) {
        char line[64], *saved = NULL;
        bool in_options = false;
        snprintf(line, sizeof line, "%s --help", command->name);
        struct child_output output = run(line);
        for (char *text = strtok_r(output.out, "\n", &saved); text;
             text = strtok_r(NULL, "\n", &saved)) {
            if (in_options && (text[27] != ' ' || text[28] == ' ' || strncmp(text + 5, "--", 2)))
                fail_msg("'ouro %s': %s", line, text);
            in_options = in_options || !strcmp(text, "options:");
        }
        assert_true(in_options);
        child_output_deinit(&output);
    }
}

static void test_cmd__ps_as_json(void **state)
{
    static const char *const keys[] = {"pid", "python",  "executable", "user",
                                       "rss", "command", "attachable", "why"};
    struct child_output output = run("ps --json");
    json_t *answer = json_loads(output.out, JSON_REJECT_DUPLICATES, NULL), *row;
    size_t i;

    (void)state;
    assert_int_equal(output.status, 0);
    assert_non_null(answer);
    assert_int_equal(json_integer_value(json_object_get(answer, "schema")), 1);
    assert_string_equal(json_string_value(json_object_get(answer, "ouro")), OURO_VERSION);
    assert_true(json_is_array(json_object_get(answer, "rows")));
    json_array_foreach(json_object_get(answer, "rows"), i, row)
    {
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
            assert_non_null(json_object_get(row, keys[k]));
        assert_true(json_is_integer(json_object_get(row, "pid")));
        assert_true(json_is_boolean(json_object_get(row, "attachable")));
    }
    json_decref(answer);
    child_output_deinit(&output);
}

static int run_with_full_disk(void *arg)
{
    if (!freopen("/dev/full", "w", stdout))
        return 1;
    execl(ouro, ouro, "ps", (const char *)arg, (char *)NULL);
    return 1;
}

static void test_cmd__answer_that_cannot_be_written(void **state)
{
    static const char *const formats[] = {"--json", NULL, "--help"};

    (void)state;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        struct child child = child_fork(run_with_full_disk, (void *)formats[i]);
        int status;
        assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 1);
        close(child.to);
        close(child.from);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(test_cmd__wrong_commands),
        TEST(test_cmd__wrong_options),
        TEST(test_cmd__wrong_arguments),
        TEST(test_cmd__wrong_tables),
        TEST(test_cmd__failures),
        TEST(test_cmd__help),
        TEST(test_cmd__help_is_aligned),
        TEST(test_cmd__ps_as_json),
        TEST(test_cmd__answer_that_cannot_be_written),
    };

    if (argc < 2)
        return 2;
    ouro = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
