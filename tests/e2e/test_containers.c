/*
 * Programs that live elsewhere than we do: in another root, mount, PID and user namespace, with another libc, as another user,
 * without /proc, on read-only file systems, with their files deleted. From outside, as root, they are inspected like any other.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inspector/base/mem.h"
#include "inspector/base/str.h"
#include "tests/support/child.h"
#include "tests/support/compile.h"
#include "tests/support/ouro_cli.h"
#include "tests/support/proc_state.h"
#include "tests/support/target.h"
#include "tests/support/test.h"

#define UNSHARE      "/usr/bin/unshare"
#define MEMFD_NOEXEC "/proc/sys/vm/memfd_noexec"

enum { CLEAN_MS = TARGET_TIMEOUT_MS, NODES = 17, ROUNDS = 2 };

/* What runs there: it answers with the value of each line as JSON. */
static const char program[] =
    "import os, sys, json\n"
    "class Node: pass\n"
    "nodes = [Node() for i in range(17)]\n"
    "def files(name):\n" /* of the process that have this name in their path */
    "    return sorted({line.split()[5] for line in open('/proc/self/maps') if name in line})\n"
    "print(json.dumps('ready'), flush=True)\n"
    "for line in sys.stdin:\n"
    "    print(json.dumps(eval(line)), flush=True)\n";

/* The kinds of a container; see make_root. */
enum kind {
    USER_NAMESPACE = 1 << 0,
    NOBODY = 1 << 1,
    NO_PROC = 1 << 2,
    READ_ONLY = 1 << 3,
    NO_MEMFD_CODE = 1 << 4,
};

/*
 * A root of its own, over that of the interpreter: what is changed or deleted in there is changed in memory only. $1: a
 * directory of ours, $2: the root below, $3: what is to be different, $4: user:group, then the command.
 */
static const char make_root[] =
    "set -e\n"
    "W=$1 LOWER=$2 KIND=$3\n"
    "mount --make-rprivate /\n"
    "mount -t tmpfs -o mode=755 tmpfs $W; mkdir $W/upper $W/work $W/root\n"
    "mount -t overlay -o lowerdir=$LOWER,upperdir=$W/upper,workdir=$W/work overlay $W/root\n"
    "chmod 755 $W/root $W/root/root\n"
    "mount -t tmpfs -o noexec,nosuid,nodev tmpfs $W/root/tmp\n"
    "case $KIND in *readonly*) mount -o remount,ro $W/root/tmp; mount -o remount,ro $W/root ;; "
    "esac\n"
    "case $KIND in *user*) USER=--map-root-user ;; *) USER= ;; esac\n"
    "exec " UNSHARE " --mount --pid --fork --kill-child $USER sh -c \"$INNER\" make_root \"$@\"\n";

/* The same in the namespaces; the arguments are those above. */
static const char enter_root[] =
    "set -e\n"
    "W=$1 KIND=$3 WHO=$4; shift 4\n"
    "mount -t proc proc /proc\n"
    "case $KIND in *memfd*) echo 2 >" MEMFD_NOEXEC " ;; esac\n"
    "case $KIND in *noproc*) ;; *) mount -t proc proc $W/root/proc ;; esac\n"
    "cd $W/root\n"
    "case $KIND in *user*) exec /usr/sbin/chroot $W/root \"$@\" ;; esac\n"
    "exec /usr/sbin/chroot --userspec=$WHO --groups= $W/root \"$@\"\n";

static char *kind_text(unsigned kind)
{
    return xasprintf("%s %s %s %s", kind & USER_NAMESPACE ? "user" : "",
                     kind & NO_PROC ? "noproc" : "", kind & READ_ONLY ? "readonly" : "",
                     kind & NO_MEMFD_CODE ? "memfd" : "");
}

/* Starts `command` (until NULL) there; the process that is returned waits for it. */
static struct target *enter(const struct interp *interp, unsigned kind, const char *const *command)
{
    char *text = kind_text(kind);
    const char *argv[32];
    int n = 0;

    const char *const rest[] = {UNSHARE,
                                "--mount",
                                "/bin/sh",
                                "-c",
                                make_root,
                                "make_root",
                                compile_directory(),
                                *interp->root ? interp->root : "/",
                                text,
                                kind & NOBODY ? "65534:65534" : "0:0"};
    setenv("INNER", enter_root, 1);
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        argv[n++] = rest[i];
    while (*command)
        argv[n++] = *command++;
    argv[n] = NULL;
    struct target *target = target_start_command(argv);
    free(text);
    return target;
}

/* Whether this kind of container can be made here at all. */
static void need(const struct interp *interp, unsigned kind)
{
    if (getuid() != 0 || !child_can_run(UNSHARE) ||
        (kind & NO_MEMFD_CODE && access(MEMFD_NOEXEC, W_OK)))
        skip();
    struct target *probe = enter(interp, kind, (const char *[]){"/bin/true", NULL});
    if (target_wait(probe)) {
        fprintf(stderr, "no such container here: %s", target_stderr(probe));
        skip();
    }
}

/* The process inside, as we see it: the only child of the one that waits for it. */
static pid_t inside(struct target *target)
{
    char *path = xasprintf("/proc/%d/task/%d/children", target_pid(target), target_pid(target));
    FILE *file = fopen(path, "re");
    int pid = 0;

    if (!file || fscanf(file, "%d", &pid) != 1)
        test_fail("nothing is in the container: %s", target_stderr(target));
    fclose(file);
    free(path);
    return pid;
}

static struct target *start(const struct interp *interp, unsigned kind, pid_t *pid)
{
    need(interp, kind);
    struct target *target =
        enter(interp, kind, (const char *[]){interp->path, "-c", program, NULL});
    assert_string_equal(target_line(target), "\"ready\"");
    *pid = inside(target);
    return target;
}

/* It can be inspected, twice, goes on, and nothing is left in it. */
static void works(struct target *target, pid_t pid)
{
    json_t *json = ouro_json("doctor", pid, NULL);

    assert_true(json_is_true(json_at(json, "attachable")));
    json_decref(json);
    for (int round = 0; round < ROUNDS; round++) {
        json = ouro_json("types", pid, NULL);
        assert_int_equal(json_long(json_row(json, "type", "__main__.Node"), "count"), NODES);
        assert_true(json_long(json, "snapshot.objects") > 1000);
        json_decref(json);
        proc_assert_clean(pid, CLEAN_MS);
    }
    json = ouro_json("gc", pid, NULL);
    json_decref(json);
    proc_assert_clean(pid, CLEAN_MS);
    assert_string_equal(target_ask(target, "6 * 7"), "42");
}

static void check(const struct interp *interp, unsigned kind)
{
    pid_t pid;
    struct target *target = start(interp, kind, &pid);

    works(target, pid);
    target_finish(target);
}

/* ---- namespaces, users, file systems ---- */

static void containers__own_root_and_pids(void **state)
{
    check(*state, 0);
}

static void containers__user_namespace(void **state)
{
    check(*state, USER_NAMESPACE);
}

static void containers__another_user(void **state)
{
    check(*state, NOBODY);
}

static void containers__read_only_another_user(void **state)
{
    check(*state, READ_ONLY | NOBODY);
}

static void containers__no_proc(void **state)
{
    check(*state, NO_PROC);
}

static void containers__no_proc_read_only_user_namespace(void **state)
{
    check(*state, NO_PROC | READ_ONLY | USER_NAMESPACE);
}

/* vm.memfd_noexec=2: no memfd can be made executable, or opened for execution. */
static void containers__no_code_in_memfds(void **state)
{
    char before = 0, after = 1;
    int fd = open(MEMFD_NOEXEC, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || pread(fd, &before, 1, 0) != 1)
        skip();
    check(*state, NO_MEMFD_CODE);
    assert_int_equal(pread(fd, &after, 1, 0), 1);
    close(fd);
    assert_int_equal(before, after); /* it was that namespace's own */
}

/* ---- files that are gone ---- */

static void check_without_files(const struct interp *interp, const char *expression, unsigned kind)
{
    pid_t pid;
    struct target *target = start(interp, kind, &pid);

    assert_string_equal(target_ask(target, expression), "true");
    works(target, pid);
    target_finish(target);
}

static void containers__deleted_binary_and_library(void **state)
{
    check_without_files(
        *state, "all(os.unlink(f) is None for f in files('/bin/python') + files('/libpython'))", 0);
}

/* As by an upgrade: there are others under these names. */
static void containers__replaced_binary_and_library(void **state)
{
    check_without_files(
        *state,
        "all(os.rename(f, f + '-old') is None and open(f, 'w').write('x' * 9999) and "
        "os.unlink(f + '-old') is None for f in files('/bin/python') + "
        "files('/libpython'))",
        0);
}

/* ---- musl ---- */

#define MUSL_SPECS "/usr/lib/x86_64-linux-musl/musl-gcc.specs"

/* A program that stands in for an interpreter, with musl as its only library. */
static struct target *start_musl(const char *option)
{
    char path[COMPILE_PATH_BYTES];

    if (access(MUSL_SPECS, R_OK)) {
        fprintf(stderr, "musl-tools is not installed\n");
        skip();
    }
    if (!compile_c("python3.11",
                   (const char *[]){"-specs", MUSL_SPECS, "-I.", option, "-w", "-rdynamic",
                                    "tests/e2e/targets/stand_in.c", NULL},
                   path))
        test_fail("musl's compiler fails");
    struct target *target = target_start_command((const char *[]){path, NULL});
    assert_string_equal(target_line(target), "ready");
    char *maps = xasprintf("/proc/%d/maps", target_pid(target));
    struct child_output output;
    child_run((const char *[]){"/bin/cat", maps, NULL}, &output);
    assert_non_null(strstr(output.out, "musl"));
    assert_null(strstr(output.out, "/libc.so.6"));
    child_output_deinit(&output);
    free(maps);
    return target;
}

/* Attached to, it says `part` in one line; it goes on, and nothing is left in it. */
static void check_musl(struct target *target, const char *part)
{
    pid_t pid = target_pid(target);

    for (int round = 0; round < ROUNDS; round++) {
        struct ouro ouro = ouro_run("types", pid, NULL);
        if (ouro.status != 1 || !strstr(ouro.err, part) ||
            strchr(ouro.err, '\n') != strrchr(ouro.err, '\n'))
            test_fail("status %d: %s", ouro.status, ouro.err);
        ouro_deinit(&ouro);
        proc_assert_clean(pid, CLEAN_MS);
        assert_string_equal(target_ask(target, "x"), "42");
    }
    target_finish(target);
}

/* The agent's start function runs there, to the first name that is missing. */
static void containers__musl_what_is_missing(void **state)
{
    (void)state;
    check_musl(start_musl("-DSTAND_IN_NAMES"), "its Python does not have 'PyGILState_Release'");
}

/* Its thread, the shared memory and the frozen copy work there, to where the heap would be. */
static void containers__musl_up_to_the_heap(void **state)
{
    (void)state;
    check_musl(start_musl("-DSTAND_IN_ALL"), "no list could be made to find the collector's state");
}

int main(int argc, char **argv)
{
    static const struct behaviour behaviours[] = {
        BEHAVIOUR(containers__own_root_and_pids),
        BEHAVIOUR(containers__user_namespace),
        BEHAVIOUR(containers__another_user),
        BEHAVIOUR(containers__read_only_another_user),
        BEHAVIOUR(containers__no_proc),
        BEHAVIOUR(containers__no_proc_read_only_user_namespace),
        BEHAVIOUR(containers__no_code_in_memfds),
        BEHAVIOUR(containers__deleted_binary_and_library),
        BEHAVIOUR(containers__replaced_binary_and_library),
        BEHAVIOUR_ONCE(containers__musl_what_is_missing),
        BEHAVIOUR_ONCE(containers__musl_up_to_the_heap),
    };

    return interp_main("containers", behaviours, BEHAVIOURS(behaviours), argc, argv);
}
