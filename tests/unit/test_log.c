#include "inspector/base/log.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "inspector/base/file.h"
#include "tests/support/test.h"

static char path[256]; /* of the log file */

static void test_log__starts_empty(void **state)
{
    struct log_entry entry;

    (void)state;
    assert_int_equal(log_count(), 0);
    assert_false(log_get(0, &entry));
}

static void test_log__keeps_lines(void **state)
{
    struct log_entry entry;
    uint64_t first = log_count(), before = (uint64_t)time(NULL);

    (void)state;
    log_line(LOG_INFO, "attached to %d", 12);
    log_line(LOG_ERROR, "gone");
    assert_int_equal(log_count(), first + 2);
    assert_true(log_get(first, &entry));
    assert_string_equal(entry.text, "attached to 12");
    assert_int_equal(entry.level, LOG_INFO);
    assert_int_equal(entry.number, first);
    assert_in_range(entry.time_s, before, (uint64_t)time(NULL));
    assert_true(log_get(first + 1, &entry));
    assert_int_equal(entry.level, LOG_ERROR);
    assert_false(log_get(first + 2, &entry));
}

static void test_log__clips_long_lines(void **state)
{
    struct log_entry entry;
    char text[2 * LOG_TEXT_BYTES];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    log_line(LOG_WARNING, "%s", text);
    assert_true(log_get(log_count() - 1, &entry));
    assert_int_equal(strlen(entry.text), LOG_TEXT_BYTES - 1);
}

/* A target's words may be in it; a log is read in a terminal. */
static void test_log__lines_are_lines(void **state)
{
    struct log_entry entry;

    (void)state;
    log_line(LOG_INFO, "agent: %s", "a\nb\x1b[31m\x7f é");
    assert_true(log_get(log_count() - 1, &entry));
    assert_string_equal(entry.text, "agent: a?b?[31m? é");
}

static void test_log__goes_to_the_file(void **state)
{
    char *text, *line;
    size_t lines = 0;

    (void)state;
    log_line(LOG_WARNING, "the last line");
    assert_ok(file_read(path, 1 << 20, &text, NULL));
    for (line = text; (line = strchr(line, '\n')); line++)
        lines++;
    assert_int_equal(lines, log_count());
    assert_non_null(strstr(text, " warning the last line\n"));
    assert_non_null(strstr(text, " error gone\n"));
    free(text);
}

static void test_log__keeps_the_newest(void **state)
{
    struct log_entry entry;

    (void)state;
    for (int i = 0; i < 2 * LOG_LINES_MAX; i++)
        log_line(LOG_INFO, "line %d", i);
    uint64_t count = log_count();
    assert_true(log_get(count - 1, &entry));
    assert_string_equal(entry.text, "line 1999");
    assert_true(log_get(count - LOG_LINES_MAX, &entry));
    assert_string_equal(entry.text, "line 1000");
    assert_true(log_get(0, &entry)); /* gone: the oldest that is kept */
    assert_string_equal(entry.text, "line 1000");
    assert_int_equal(entry.number, count - LOG_LINES_MAX);
}

enum { THREADS = 4, LINES_EACH = 500 };

static void *write_lines(void *arg)
{
    for (int i = 0; i < LINES_EACH; i++)
        log_line(LOG_INFO, "%s", (const char *)arg);
    return NULL;
}

static void test_log__threads(void **state)
{
    static char texts[THREADS][64];
    pthread_t threads[THREADS];
    uint64_t first = log_count();

    (void)state;
    for (int i = 0; i < THREADS; i++) {
        memset(texts[i], 'a' + i, sizeof texts[i] - 1);
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, texts[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(log_count(), first + THREADS * LINES_EACH);
    for (uint64_t n = log_count() - LOG_LINES_MAX; n < log_count(); n++) {
        struct log_entry entry;
        assert_true(log_get(n, &entry));
        assert_int_equal(entry.number, n);
        assert_int_equal(strspn(entry.text, (char[]){entry.text[0], '\0'}), 63); /* one writer's */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_log__starts_empty),     TEST(test_log__keeps_lines),
        TEST(test_log__clips_long_lines), TEST(test_log__lines_are_lines),
        TEST(test_log__goes_to_the_file), TEST(test_log__keeps_the_newest),
        TEST(test_log__threads),
    };
    const char *directory = getenv("TEST_TMPDIR");

    snprintf(path, sizeof path, "%s/ouro-log-%d", directory ? directory : "/tmp", getpid());
    setenv("OURO_LOG", path, 1);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
