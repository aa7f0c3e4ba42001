/* Finding interpreters: session/python.h, target_libs.h and pyprocs.h, on real processes. */
#include "inspector/session/python.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "inspector/base/utf8.h"
#include "inspector/session/elffile.h"
#include "inspector/session/pyprocs.h"
#include "inspector/session/target_libs.h"
#include "tests/support/child.h"
#include "tests/support/test.h"

#define PYTHON "/usr/bin/python3"
#define WAIT   "import sys; print('ready', flush=True); sys.stdin.read()"

/* The system's Python, running; skips the test when there is none. */
static struct child start_python(const char *argument)
{
    const char *argv[] = {PYTHON, "-c", WAIT, argument, NULL};

    if (!child_can_run(PYTHON))
        skip();
    struct child child = child_start(argv);
    child_expect(&child, "ready");
    return child;
}

/* ---- which interpreter ---- */

static void test_python__of_a_python(void **state)
{
    struct child child = start_python(NULL);
    struct child_output output;
    struct proc_maps maps;
    struct python python;
    char want[64];

    (void)state;
    child_run((const char *[]){PYTHON, "-c",
                               "import sys; print('%d.%d.%d' % sys.version_info[:3], end='')",
                               NULL},
              &output);
    snprintf(want, sizeof want, "%s", output.out);
    child_output_deinit(&output);
    assert_ok(proc_maps_read(child.pid, &maps));
    struct err *err = python_find(child.pid, &maps, &python);
    if (err && err->code == ERR_UNSUPPORTED) { /* newer than what we know */
        assert_non_null(strstr(err->message, want));
        err_destroy(err);
    } else {
        assert_ok(err);
        assert_string_equal(python.version, want);
        assert_int_equal(python.major, 3);
        assert_true(python.minor >= 8);
        assert_true(python.inode);
    }
    proc_maps_deinit(&maps);
    child_end(&child);
}

/* The bias is right: what the file calls Py_Version is that number in the process. */
static void test_python__lies_where_it_says(void **state)
{
    struct child child = start_python(NULL);
    struct proc_maps maps;
    struct python python;
    struct elffile *elf;
    char path[64];
    int fd = -1;
    unsigned long hex = 0;

    (void)state;
    assert_ok(proc_maps_read(child.pid, &maps));
    assert_ok(python_find(child.pid, &maps, &python));
    for (size_t i = 0; i < maps.n; i++)
        if (maps.at[i].inode == python.inode) {
            assert_ok(proc_open_mapped(child.pid, &maps.at[i], &fd));
            break;
        }
    assert_ok(elffile_open(fd, "python", &elf));
    uint64_t address = elffile_symbol(elf, "Py_Version");
    elffile_close(elf);
    close(fd);
    proc_maps_deinit(&maps);
    if (address) { /* 3.11 and newer have it */
        snprintf(path, sizeof path, "/proc/%d/mem", child.pid);
        fd = open(path, O_RDONLY);
        assert_true(fd >= 0);
        assert_int_equal(pread(fd, &hex, sizeof hex, (off_t)(python.bias + address)), sizeof hex);
        close(fd);
        assert_int_equal(hex >> 24, python.major);
        assert_int_equal(hex >> 16 & 0xff, python.minor);
    }
    child_end(&child);
}

static void test_python__not_in_this_program(void **state)
{
    struct proc_maps maps;
    struct python python = {.major = 77};

    (void)state;
    assert_ok(proc_maps_read(getpid(), &maps));
    assert_fails(python_find(getpid(), &maps, &python), ERR_UNSUPPORTED, "does not run Python");
    assert_int_equal(python.major, 77);
    proc_maps_deinit(&maps);
    assert_fails(python_find(getpid(), &maps, &python), ERR_UNSUPPORTED, "does not run Python");
}

/* ---- what its libraries offer ---- */

static void test_python__libraries_of_this_program(void **state)
{
    struct proc_maps maps;
    struct target_libs libs;

    (void)state;
    assert_ok(proc_maps_read(getpid(), &maps));
    assert_ok(target_libs_find(getpid(), &maps, &libs));
    void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD); /* a sanitizer has them as well */
    assert_non_null(libc);
    assert_true(libs.dlopen == (uint64_t)(uintptr_t)dlsym(libc, "dlopen"));
    assert_true(libs.dlsym == (uint64_t)(uintptr_t)dlsym(libc, "dlsym"));
    dlclose(libc);
    assert_true(libs.errno_location);
    assert_memory_equal((void *)(uintptr_t)libs.syscall_gadget, "\x0f\x05", 2);
    assert_true(proc_maps_find(&maps, libs.syscall_gadget)->exec);
    assert_int_equal(libs.start_function, 0); /* no agent is here */
    proc_maps_deinit(&maps);
}

static void test_python__no_libraries(void **state)
{
    struct proc_maps none = {NULL, 0};
    struct target_libs libs;

    (void)state;
    assert_fails(target_libs_find(getpid(), &none, &libs), ERR_UNSUPPORTED, "no dlopen()");
}

/* ---- all of them ---- */

static const struct pyproc *find(const struct pyprocs *procs, pid_t pid)
{
    for (size_t i = 0; i < procs->n; i++)
        if (procs->at[i].pid == pid)
            return &procs->at[i];
    return NULL;
}

/* Valid UTF-8 without control characters: fit for a terminal and for JSON. */
static void assert_safe(const char *text)
{
    char copy[4096];

    snprintf(copy, sizeof copy, "%s", text);
    utf8_make_safe(copy);
    assert_string_equal(copy, text);
}

static void test_python__list(void **state)
{
    struct child child = start_python("an argument");
    struct pyprocs procs;
    const struct pyproc *proc;

    (void)state;
    assert_ok(pyprocs_list(&procs));
    proc = find(&procs, child.pid);
    assert_non_null(proc);
    assert_null(find(&procs, getpid()));
    assert_true(strstr(proc->executable, "python") != NULL);
    assert_true(strncmp(proc->command, PYTHON " -c import sys", 24) == 0);
    assert_non_null(strstr(proc->command, " an argument"));
    assert_true(proc->rss_bytes > 1 << 20);
    assert_true(proc->age_s < 600);
    assert_true(strlen(proc->user) > 0);
    assert_true(proc->attachable == !proc->why);
    for (size_t i = 0; i + 1 < procs.n; i++)
        assert_true(procs.at[i].pid < procs.at[i + 1].pid);
    pyprocs_deinit(&procs);
    child_end(&child);
}

static void test_python__hostile_command_line(void **state)
{
    struct child child = start_python("\x1b[31m\xff\xc2\x9b \xe2\x80\xae \xc3\xa9 line\nfeed");
    struct pyprocs procs;
    const struct pyproc *proc;

    (void)state;
    assert_ok(pyprocs_list(&procs));
    proc = find(&procs, child.pid);
    assert_non_null(proc);
    assert_safe(proc->command);
    assert_non_null(strstr(proc->command, "\xc3\xa9 line")); /* what is good stays */
    pyprocs_deinit(&procs);
    child_end(&child);
}

static void test_python__long_command_line(void **state)
{
    char argument[3000];
    struct pyprocs procs;
    const struct pyproc *proc;

    (void)state;
    for (size_t i = 0; i + 2 < sizeof argument; i += 2)
        memcpy(argument + i, "\xc3\xa9\0", 3); /* cut in mid-character for one of two lengths */
    for (int shift = 0; shift < 2; shift++) {
        struct child child = start_python(argument);
        assert_ok(pyprocs_list(&procs));
        proc = find(&procs, child.pid);
        assert_non_null(proc);
        assert_true(strncmp(proc->command, PYTHON " -c", 19) == 0);
        assert_in_range(strlen(proc->command), 400, 520);
        assert_safe(proc->command);
        pyprocs_deinit(&procs);
        child_end(&child);
        memmove(argument + 1, argument, sizeof argument - 2);
        argument[0] = 'x';
        argument[sizeof argument - 1] = '\0';
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_python__of_a_python),          TEST(test_python__lies_where_it_says),
        TEST(test_python__not_in_this_program),  TEST(test_python__libraries_of_this_program),
        TEST(test_python__no_libraries),         TEST(test_python__list),
        TEST(test_python__hostile_command_line), TEST(test_python__long_command_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
