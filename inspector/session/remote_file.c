#include "inspector/session/remote_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "agent/agent_blob.h"
#include "inspector/base/cleanup.h"
#include "inspector/base/clock.h"
#include "inspector/base/mem.h"
#include "inspector/base/str.h"
#include "inspector/session/elffile.h"
#include "inspector/session/procfs.h"

enum { NAME_BYTES = 32, PATH_BYTES = 96 };

struct remote_file {
    int directory; /* where it lies */
    char name[NAME_BYTES];
    char path[PATH_BYTES]; /* as the target sees it */
    uint64_t nonce;
    uint64_t address; /* of START_REMOTE in the agent's file … */
    size_t offset;    /* … and where it lies in there */
};

/*
 * What the target runs. %s: the name of an agent that it has loaded so before, or "" (a SystemError is what that agent's init
 * function comes to); then the memfd's name, its directory in a spelling that no other attach has (the dynamic loader tells
 * files apart by name), and its bytes in hexadecimal, before and after its own name. Nothing is imported that is not there
 * already, nothing is left that needs a collection to go.
 */
static const char code[] =
    "try:\n"
    "    import posix, sys, _imp\n"
    "    new = type(sys.implementation)\n"
    "    old = '%s'\n"
    "    try: _imp.create_dynamic(new(name='" START_MODULE "', origin=old)) if old else 1 // 0\n"
    "    except (ImportError, ZeroDivisionError): pass\n"
    "    try: fd = posix.memfd_create('%s', 9)\n" /* MFD_CLOEXEC, MFD_NOEXEC_SEAL */
    "    except OSError: fd = posix.memfd_create('%s', 1)\n"
    "    try:\n"
    "        name = '%s' + str(fd)\n"
    "        posix.write(fd, bytes.fromhex('%s') + name.encode().ljust(%d, b'\\0') + "
    "bytes.fromhex('%s'))\n"
    "        _imp.create_dynamic(new(name='" START_MODULE "', origin=name))\n"
    "    finally: posix.close(fd)\n"
    "except BaseException: pass\n";

/* ---- agents in the target ---- */

/* The first agent of our build there for which condition(what it starts with, file) holds: its address, 0 if there is none. */
static uint64_t find_agent(pid_t pid, const struct remote_file *file,
                           bool (*condition)(const struct start_remote *,
                                             const struct remote_file *),
                           struct start_remote *ret)
{
    struct proc_maps maps = {0};
    struct iovec local = {ret, sizeof *ret};
    char name[96];
    uint64_t at = 0;

    snprintf(name, sizeof name, "/memfd:%s%s (deleted)", AGENT_MEMFD_PREFIX, agent_build_id);
    err_destroy(proc_maps_read(pid, &maps));
    for (size_t i = 0; i < maps.n && !at; i++) {
        uint64_t address = maps.at[i].start + file->address;
        struct iovec remote = {(void *)(uintptr_t)address, sizeof *ret};
        if (maps.at[i].offset_bytes || strcmp(maps.at[i].path, name) != 0)
            continue;
        if (process_vm_readv(pid, &local, 1, &remote, 1, 0) == sizeof *ret && condition(ret, file))
            at = address;
    }
    proc_maps_deinit(&maps);
    return at;
}

static bool has_origin(const struct start_remote *found, const struct remote_file *file)
{
    (void)file;
    return found->origin[0] == '/' && memchr(found->origin, '\0', sizeof found->origin) &&
           found->origin[strspn(found->origin, "/.procselfd0123456789")] == '\0';
}

/* An agent that came in this way before waits for its next start; its name is copied. */
static void use_again(pid_t pid, const struct remote_file *file, const struct start *start,
                      char origin[START_ORIGIN_BYTES])
{
    struct start_remote remote;
    uint64_t at = find_agent(pid, file, has_origin, &remote);
    struct iovec from = {&remote, sizeof remote}, to = {(void *)(uintptr_t)at, sizeof remote};

    if (!at)
        return;
    remote.nonce = file->nonce;
    remote.start = *start;
    if (process_vm_writev(pid, &from, 1, &to, 1, 0) == sizeof remote)
        memcpy(origin, remote.origin, START_ORIGIN_BYTES);
}

/* ---- the text ---- */

/* Where in the file START_REMOTE lies. */
static struct err *find_remote(uint64_t *address, size_t *offset)
{
    struct elffile *elf;
    size_t available = 0;
    const struct start_remote *at = NULL;
    const unsigned char *found = NULL;

    ERR_RETURN(elffile_open_memory(agent_blob, agent_blob_bytes, "the agent", &elf));
    *address = elffile_symbol(elf, START_REMOTE);
    if (*address)
        at = elffile_bytes(elf, *address, &available);
    if (at && available >= sizeof *at) /* its bytes are like no others: nonce 1, then zeros */
        found = memmem(agent_blob, agent_blob_bytes, at, sizeof *at);
    *offset = found ? (size_t)(found - agent_blob) : 0;
    elffile_close(elf);
    return found ? NULL : err_new(ERR_INTERNAL, "report this", "the agent has no place to start");
}

static void append_hex(struct str *text, const unsigned char *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        str_append_char(text, digits[bytes[i] >> 4]);
        str_append_char(text, digits[bytes[i] & 15]);
    }
}

/* The same directory, written in a way of its own: a bit of `number` is "/" or "/./". */
static void spell_directory(char *path, size_t bytes, uint64_t number)
{
    size_t n = (size_t)snprintf(path, bytes, "/proc/self/fd");

    for (int bit = 0; bit < 16; bit++)
        n += (size_t)snprintf(path + n, bytes - n, "%s", number >> bit & 1 ? "/./" : "/");
}

/* The whole text; the caller's. */
static struct err *make_text(struct remote_file *file, const struct start *start,
                             const char *origin, struct str *ret)
{
    _cleanup_free_ unsigned char *bytes = malloc(agent_blob_bytes);
    struct str before = STR_INIT, behind = STR_INIT;
    char name[64], directory[START_ORIGIN_BYTES];
    size_t offset = file->offset;

    if (!bytes)
        return err_nomem();
    memcpy(bytes, agent_blob, agent_blob_bytes);
    struct start_remote remote = {file->nonce, *start, ""};
    memcpy(bytes + offset, &remote, sizeof remote);
    offset += offsetof(struct start_remote, origin);
    append_hex(&before, bytes, offset);
    offset += START_ORIGIN_BYTES;
    append_hex(&behind, bytes + offset, agent_blob_bytes - offset);
    snprintf(name, sizeof name, "%s%s", AGENT_MEMFD_PREFIX, agent_build_id);
    spell_directory(directory, sizeof directory, file->nonce >> 8);
    char *text = xasprintf(code, origin, name, name, directory, before.text, START_ORIGIN_BYTES,
                           behind.text);
    str_append(ret, text);
    free(text);
    str_deinit(&before);
    str_deinit(&behind);
    return NULL;
}

/* ---- the file ---- */

/* A directory of the target, wherever its links lead in its own root; -1 if it has none such. */
static int open_directory(pid_t pid, const char *path)
{
    char root_path[64];
    struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};

    snprintf(root_path, sizeof root_path, "/proc/%d/root", pid);
    _cleanup_close_ int root = open(root_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return root < 0 ? -1 : (int)syscall(SYS_openat2, root, path, &how, sizeof how);
}

/* Readable for the target's user alone, before anything is in it. */
static bool write_text(const struct remote_file *file, const struct proc_status *status,
                       const struct str *text)
{
    _cleanup_close_ int fd = openat(file->directory, file->name,
                                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400);

    if (fd < 0)
        return false;
    bool mine = status->uid == geteuid() || !fchown(fd, status->uid, status->gid);
    if (mine && write(fd, text->text, text->len_bytes) == (ssize_t)text->len_bytes)
        return true;
    unlinkat(file->directory, file->name, 0);
    return false;
}

static struct err *place(pid_t pid, struct remote_file *file, const struct str *text,
                         size_t path_bytes)
{
    static const char *const directories[] = {"/tmp", "/dev/shm", "/run", "/var/tmp"};
    struct proc_status status;

    ERR_RETURN(proc_status_read(pid, &status));
    snprintf(file->name, sizeof file->name, ".ouro-%016llx.py", (unsigned long long)file->nonce);
    for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) {
        file->directory = open_directory(pid, directories[i]);
        if (file->directory < 0)
            continue;
        int n = snprintf(file->path, sizeof file->path, "%s/%s", directories[i], file->name);
        if ((size_t)n < path_bytes && write_text(file, &status, text))
            return NULL;
        close(file->directory);
        file->directory = -1;
    }
    return err_new(ERR_PERMISSION, "attach by ptrace: end the program that traces it",
                   "there is no directory in which process %d can be given a file", pid);
}

struct err *remote_file_create(pid_t pid, const struct start *start, size_t path_bytes,
                               struct remote_file **ret)
{
    struct remote_file *file = calloc(1, sizeof *file);
    struct str text = STR_INIT;
    char origin[START_ORIGIN_BYTES] = "";

    if (!file)
        return err_nomem();
    file->directory = -1;
    file->nonce = clock_ns() ^ (uint64_t)getpid() << 40;
    struct err *err = find_remote(&file->address, &file->offset);
    if (!err) {
        use_again(pid, file, start, origin);
        err = make_text(file, start, origin, &text);
    }
    if (!err)
        err = place(pid, file, &text, path_bytes);
    str_deinit(&text);
    if (err) {
        remote_file_destroy(file);
        return err;
    }
    *ret = file;
    return NULL;
}

void remote_file_destroy(struct remote_file *file)
{
    if (file->directory >= 0) {
        unlinkat(file->directory, file->name, 0);
        close(file->directory);
    }
    free(file);
}

const char *remote_file_path(const struct remote_file *file)
{
    return file->path;
}

/* ---- what came of it ---- */

static bool is_ours(const struct start_remote *found, const struct remote_file *file)
{
    return found->nonce == file->nonce && found->start.status != START_PENDING;
}

bool remote_file_result(pid_t pid, const struct remote_file *file, struct start *ret)
{
    struct start_remote found;

    if (!find_agent(pid, file, is_ours, &found))
        return false;
    *ret = found.start;
    return true;
}
