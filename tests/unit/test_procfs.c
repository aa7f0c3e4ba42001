#include "inspector/session/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/child.h"
#include "tests/support/test.h"

static char directory[512];

/* A path of our own, in a buffer of this function. */
static const char *path_of(const char *name)
{
    static char path[1024];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

/* ---- mappings ---- */

/* Maps a new file of one page; the descriptor is closed. */
static void *map_file(const char *name, int prot)
{
    int fd = open(path_of(name), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 8192), 0);
    void *at = mmap(NULL, 4096, prot, MAP_SHARED, fd, 4096);
    assert_true(at != MAP_FAILED);
    close(fd);
    return at;
}

static const struct proc_map *find(const struct proc_maps *maps, const void *at)
{
    const struct proc_map *map = proc_maps_find(maps, (uint64_t)(uintptr_t)at);

    assert_non_null(map);
    return map;
}

static void test_procfs__own_mappings(void **state)
{
    void *file = map_file("a file.so", PROT_READ);
    void *memory = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct proc_maps maps;
    struct stat st;
    int local;

    (void)state;
    assert_ok(proc_maps_read(getpid(), &maps));
    const struct proc_map *map = find(&maps, file);
    assert_true(map->start == (uint64_t)(uintptr_t)file && map->end == map->start + 4096);
    assert_true(map->read && !map->write && !map->exec);
    assert_int_equal(map->offset_bytes, 4096);
    assert_string_equal(map->path, path_of("a file.so"));
    assert_int_equal(stat(path_of("a file.so"), &st), 0);
    assert_true(map->inode == st.st_ino);

    map = find(&maps, memory);
    assert_true(map->read && map->write && !map->exec);
    assert_int_equal(map->inode, 0);
    assert_string_equal(map->path, "");

    map = find(&maps, (void *)(uintptr_t)test_procfs__own_mappings);
    assert_true(map->exec && map->inode);
    assert_string_equal(find(&maps, &local)->path, "[stack]");
    proc_maps_deinit(&maps);
    munmap(file, 4096);
    munmap(memory, 8192);
    unlink(path_of("a file.so"));
}

static void test_procfs__mappings_are_half_open(void **state)
{
    char *memory = mmap(NULL, 3 * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct proc_maps maps;

    (void)state;
    munmap(memory, 4096);
    munmap(memory + 2 * 4096, 4096);
    assert_ok(proc_maps_read(getpid(), &maps));
    assert_null(proc_maps_find(&maps, (uint64_t)(uintptr_t)memory + 4095));
    assert_non_null(proc_maps_find(&maps, (uint64_t)(uintptr_t)memory + 4096));
    assert_non_null(proc_maps_find(&maps, (uint64_t)(uintptr_t)memory + 2 * 4096 - 1));
    assert_null(proc_maps_find(&maps, (uint64_t)(uintptr_t)memory + 2 * 4096));
    assert_null(proc_maps_find(&maps, 0));
    proc_maps_deinit(&maps);
    munmap(memory + 4096, 4096);
}

static void test_procfs__odd_paths(void **state)
{
    void *at = map_file("line\nfeed  two blanks (x)", PROT_READ);
    struct proc_maps maps;
    char want[1100];

    (void)state;
    assert_ok(proc_maps_read(getpid(), &maps));
    snprintf(want, sizeof want, "%s/line\\012feed  two blanks (x)", directory); /* the kernel's */
    assert_string_equal(find(&maps, at)->path, want);
    proc_maps_deinit(&maps);
    munmap(at, 4096);
    unlink(path_of("line\nfeed  two blanks (x)"));
}

/* ---- the files behind them ---- */

static uint64_t inode_of_fd(int fd)
{
    struct stat st;

    assert_int_equal(fstat(fd, &st), 0);
    return st.st_ino;
}

static void test_procfs__opens_mapped_files(void **state)
{
    struct proc_maps maps;
    int fd;

    (void)state;
    assert_ok(proc_maps_read(getpid(), &maps));
    const struct proc_map *map = find(&maps, (void *)(uintptr_t)test_procfs__opens_mapped_files);
    assert_ok(proc_open_mapped(getpid(), map, &fd));
    assert_true(inode_of_fd(fd) == map->inode);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    close(fd);
    proc_maps_deinit(&maps);
}

/* A file that was deleted is opened through the mapping, where the kernel lets us, else refused. */
static void assert_deleted(const struct proc_map *map)
{
    int fd = -1;
    struct err *err = proc_open_mapped(getpid(), map, &fd);

    if (err) {
        assert_int_not_equal(geteuid(), 0);
        assert_fails(err, ERR_UNSUPPORTED, "the file is gone or was replaced");
        return;
    }
    assert_true(inode_of_fd(fd) == map->inode);
    close(fd);
}

static void test_procfs__deleted_files(void **state)
{
    void *at = map_file("deleted.so", PROT_READ);
    struct proc_maps maps;

    (void)state;
    unlink(path_of("deleted.so"));
    assert_ok(proc_maps_read(getpid(), &maps));
    assert_non_null(strstr(find(&maps, at)->path, "deleted.so (deleted)"));
    assert_deleted(find(&maps, at));
    proc_maps_deinit(&maps);
    munmap(at, 4096);
}

static void test_procfs__replaced_files(void **state)
{
    void *at = map_file("replaced.so", PROT_READ), *other;
    struct proc_maps maps;
    char *path, old[1100];

    (void)state;
    snprintf(old, sizeof old, "%s.old", path_of("replaced.so"));
    assert_int_equal(rename(path_of("replaced.so"), old), 0);
    other = map_file("replaced.so", PROT_READ);
    assert_ok(proc_maps_read(getpid(), &maps));
    /* as when another process has it mapped under the old name: never the file that is there now */
    struct proc_map map = *find(&maps, at);
    map.path = path = strdup(path_of("replaced.so"));
    map.start = map.end = 0x1000; /* no way through the mapping */
    int fd;
    assert_fails(proc_open_mapped(getpid(), &map, &fd), ERR_UNSUPPORTED, "was replaced");
    free(path);
    proc_maps_deinit(&maps);
    munmap(at, 4096);
    munmap(other, 4096);
    unlink(path_of("replaced.so"));
    unlink(old);
}

/* ---- states ---- */

static struct proc_status status_of(pid_t pid)
{
    struct proc_status status;

    assert_ok(proc_status_read(pid, &status));
    return status;
}

static void test_procfs__own_status(void **state)
{
    struct proc_status status;

    (void)state;
    prctl(PR_SET_NAME, "a:\nState:\tZ");
    status = status_of(getpid());
    assert_string_equal(status.name, "a:\\nState:\tZ"); /* as the kernel shows it */
    assert_int_equal(status.state, 'R');
    assert_int_equal(status.tracer, 0);
    assert_int_equal(status.uid, geteuid());
    assert_int_equal(status.real_uid, getuid());
    assert_true(status.ns_pid > 0);
    assert_in_range(status.rss_bytes, 100 << 10, 4ull << 30);
    assert_false(status.kernel_thread);
}

static int read_until_end(void *arg)
{
    char byte;

    (void)arg;
    printf("ready\n");
    fflush(stdout);
    while (read(0, &byte, 1) > 0)
        ;
    return 0;
}

static void test_procfs__stopped(void **state)
{
    struct child child = child_fork(read_until_end, NULL);

    (void)state;
    child_expect(&child, "ready");
    kill(child.pid, SIGSTOP);
    assert_int_equal(waitpid(child.pid, NULL, WUNTRACED), child.pid);
    assert_int_equal(status_of(child.pid).state, 'T');
    child_end(&child);
}

static void test_procfs__traced(void **state)
{
    struct child child = child_fork(read_until_end, NULL);

    (void)state;
    child_expect(&child, "ready");
    if (ptrace(PTRACE_SEIZE, child.pid, NULL, NULL)) {
        child_end(&child);
        skip();
    }
    assert_int_equal(status_of(child.pid).tracer, getpid());
    child_end(&child);
}

static void test_procfs__zombie(void **state)
{
    struct child child = child_fork(read_until_end, NULL);
    siginfo_t info;

    (void)state;
    kill(child.pid, SIGKILL);
    assert_int_equal(waitid(P_PID, (id_t)child.pid, &info, WEXITED | WNOWAIT), 0);
    struct proc_status status = status_of(child.pid);
    assert_int_equal(status.state, 'Z');
    assert_int_equal(status.rss_bytes, 0);
    assert_false(status.kernel_thread);
    child_end(&child);
}

static int run_strict(void *arg)
{
    char byte;

    (void)arg;
    if (prctl(PR_SET_SECCOMP, 1) || write(1, "ready\n", 6) != 6)
        return 1;
    return (int)read(0, &byte, 1);
}

static void test_procfs__seccomp(void **state)
{
    struct child child = child_fork(run_strict, NULL);

    (void)state;
    child_expect(&child, "ready");
    assert_int_equal(status_of(child.pid).seccomp, 1);
    child_end(&child);
}

/* A process that was there a moment ago. */
static pid_t gone(void)
{
    struct child child = child_fork(read_until_end, NULL);

    child_end(&child);
    return child.pid;
}

static void test_procfs__no_such_process(void **state)
{
    pid_t pid = gone();
    struct proc_status status;
    struct proc_maps maps;
    struct proc_threads threads;
    char *text, message[64];

    (void)state;
    snprintf(message, sizeof message, "no such process: %d", pid);
    assert_fails(proc_status_read(pid, &status), ERR_INPUT, message);
    assert_fails(proc_maps_read(pid, &maps), ERR_INPUT, message);
    assert_fails(proc_threads_read(pid, &threads), ERR_INPUT, message);
    assert_fails(proc_cmdline(pid, 100, &text), ERR_INPUT, message);
}

static int look_as_nobody(void *arg)
{
    struct proc_maps maps;

    if (geteuid() == 0 && (setgid(65534) || setuid(65534)))
        return 1;
    struct err *err = proc_maps_read(*(pid_t *)arg, &maps);
    bool refused = err && err->code == ERR_PERMISSION && strstr(err->message, "not allowed");
    err_destroy(err);
    puts(refused ? "refused" : "not refused");
    fflush(stdout);
    return 0;
}

static void test_procfs__not_allowed(void **state)
{
    pid_t pid = geteuid() ? 1 : getpid();
    struct child child = child_fork(look_as_nobody, &pid);

    (void)state;
    child_expect(&child, "refused");
    child_end(&child);
}

/* ---- threads ---- */

static void *wait_for_end(void *arg)
{
    pthread_barrier_wait(arg);
    pthread_barrier_wait(arg);
    return NULL;
}

static void test_procfs__threads(void **state)
{
    pthread_barrier_t barrier;
    pthread_t others[3];
    struct proc_threads threads;

    (void)state;
    pthread_barrier_init(&barrier, NULL, 4);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&others[i], NULL, wait_for_end, &barrier), 0);
    pthread_barrier_wait(&barrier);
    assert_ok(proc_threads_read(getpid(), &threads));
    assert_true(threads.n >= 4);
    assert_int_equal(threads.tid[0], getpid());
    for (size_t i = 0; i < threads.n; i++)
        for (size_t k = 0; k < i; k++)
            assert_int_not_equal(threads.tid[i], threads.tid[k]);
    proc_threads_deinit(&threads);
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < 3; i++)
        pthread_join(others[i], NULL);
    pthread_barrier_destroy(&barrier);
}

/* ---- files ---- */

static void test_procfs__command_line(void **state)
{
    struct child child = child_start((const char *[]){"/bin/cat", "-", "--", "/dev/null", NULL});
    char *text;

    (void)state;
    while (proc_cmdline(child.pid, 100, &text) == NULL && strncmp(text, "/bin/cat", 8))
        free(text); /* until it has become cat */
    assert_string_equal(text, "/bin/cat - -- /dev/null");
    free(text);
    assert_ok(proc_cmdline(child.pid, 10, &text));
    assert_string_equal(text, "/bin/cat -"); /* clipped, not lost */
    free(text);
    child_end(&child);
}

static void test_procfs__file_is_clipped(void **state)
{
    char *whole, *part;
    size_t whole_bytes, bytes;

    (void)state;
    assert_ok(proc_read_file("/proc/self/maps", 1 << 20, &whole, &whole_bytes));
    assert_true(whole_bytes > 500);
    assert_int_equal(strlen(whole), whole_bytes);
    const size_t limits[] = {0, 1, 100, 4095, 4096, 4097};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        size_t want = limits[i] < whole_bytes ? limits[i] : whole_bytes;
        assert_ok(proc_read_file("/proc/self/stat", limits[i], &part, &bytes));
        free(part);
        assert_ok(proc_read_file("/proc/self/maps", limits[i], &part, &bytes));
        assert_in_range(bytes, want - want / 10, limits[i]); /* our own maps change a little */
        assert_int_equal(part[bytes], '\0');
        free(part);
    }
    free(whole);
}

static void test_procfs__other_files(void **state)
{
    char *text;
    size_t bytes;

    (void)state;
    assert_fails(proc_read_file("/proc/self/task", 100, &text, &bytes), ERR_SYS, "cannot read");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_procfs__own_mappings),  TEST(test_procfs__mappings_are_half_open),
        TEST(test_procfs__odd_paths),     TEST(test_procfs__opens_mapped_files),
        TEST(test_procfs__deleted_files), TEST(test_procfs__replaced_files),
        TEST(test_procfs__own_status),    TEST(test_procfs__stopped),
        TEST(test_procfs__traced),        TEST(test_procfs__zombie),
        TEST(test_procfs__seccomp),       TEST(test_procfs__no_such_process),
        TEST(test_procfs__not_allowed),   TEST(test_procfs__threads),
        TEST(test_procfs__command_line),  TEST(test_procfs__file_is_clipped),
        TEST(test_procfs__other_files),
    };
    const char *tmp = getenv("TEST_TMPDIR");

    snprintf(directory, sizeof directory, "%s/procfs-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(directory))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(directory);
    return failed;
}
