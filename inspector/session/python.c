#include "inspector/session/python.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspector/base/cleanup.h"
#include "inspector/session/elffile.h"
#include "inspector/session/target_libs.h"

enum { MINOR_FIRST = 8, MINOR_LAST = 14, MINOR_TRIED_LAST = 30 };

static void cleanup_elffile(struct elffile **elf)
{
    elffile_close(*elf);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* A file worth opening: the executable itself, or something that calls itself Python. */
static bool is_candidate(const struct proc_map *map, uint64_t exe_inode)
{
    return map->inode && (map->inode == exe_inode || strstr(base_name(map->path), "python"));
}

/* Py_Version (3.11+) is a constant in the file. */
static unsigned long version_constant(const struct elffile *elf)
{
    uint64_t address = elffile_symbol(elf, "Py_Version");
    size_t available = 0;
    const void *bytes = address ? elffile_bytes(elf, address, &available) : NULL;
    unsigned long hex = 0;

    if (bytes && available >= sizeof hex)
        memcpy(&hex, bytes, sizeof hex);
    return hex;
}

/* The minor version that a file's name tells: libpython3.8.so.1.0, python3.11; -1 if it does not.
 */
static int minor_of_name(const char *path)
{
    const char *at = strstr(base_name(path), "python3.");

    return at && isdigit((unsigned char)at[8]) ? atoi(at + 8) : -1;
}

static void find_version(const struct elffile *elf, struct python *python)
{
    unsigned long hex = version_constant(elf);
    int named = minor_of_name(python->path);

    python->major = 3;
    if (hex) {
        python->major = hex >> 24 & 0xff;
        python->minor = hex >> 16 & 0xff;
        snprintf(python->version, sizeof python->version, "%u.%u.%lu", python->major, python->minor,
                 hex >> 8 & 0xff);
        return;
    }
    for (int minor = named >= 0 ? named : 0; minor <= MINOR_TRIED_LAST; minor++) {
        if (elffile_version_text(elf, 3, minor, python->version, sizeof python->version)) {
            python->minor = (unsigned)minor;
            return;
        }
        if (named >= 0)
            break;
    }
    python->minor = named >= 0 ? (unsigned)named : 0;
    snprintf(python->version, sizeof python->version, "3.%u", python->minor);
}

static void find_version_2(const struct elffile *elf, struct python *python)
{
    python->major = 2;
    python->minor = 7;
    if (!elffile_version_text(elf, 2, 7, python->version, sizeof python->version))
        snprintf(python->version, sizeof python->version, "2");
}

/*
 * From 3.13 on _PyRuntime begins with a table for debuggers: "xdebugpy", the version, whether it is a build without
 * GIL. It is there in the file already.
 */
static bool is_free_threaded(const struct elffile *elf)
{
    struct {
        char cookie[8];
        uint64_t version, free_threaded;
    } table;
    uint64_t address = elffile_symbol(elf, "_PyRuntime");
    size_t available = 0;
    const void *bytes = address ? elffile_bytes(elf, address, &available) : NULL;

    if (!bytes || available < sizeof table)
        return false;
    memcpy(&table, bytes, sizeof table);
    return !memcmp(table.cookie, "xdebugpy", sizeof table.cookie) && table.free_threaded;
}

/* Fills *ret if this file holds an interpreter. */
static bool look_into(pid_t pid, const struct proc_map *map, uint64_t exe_inode, struct python *ret)
{
    _cleanup_close_ int fd = -1;
    _cleanup_(cleanup_elffile) struct elffile *elf = NULL;
    struct err *err = proc_open_mapped(pid, map, &fd);

    if (!err)
        err = elffile_open(fd, map->path, &elf);
    if (err) {
        err_destroy(err);
        return false;
    }
    if (!elffile_symbol(elf, "Py_IsInitialized") || !elffile_symbol(elf, "PyGILState_Ensure"))
        return false;
    struct python python = {.inode = map->inode, .in_library = map->inode != exe_inode};
    snprintf(python.path, sizeof python.path, "%s", map->path);
    if (!elffile_bias(elf, map->start, map->offset_bytes, &python.bias))
        return false;
    if (elffile_symbol(elf, "PyString_FromString"))
        find_version_2(elf, &python);
    else
        find_version(elf, &python);
    python.free_threaded = is_free_threaded(elf);
    *ret = python;
    return true;
}

static struct err *check_version(const struct python *python)
{
    if (python->free_threaded)
        return err_new(ERR_UNSUPPORTED, "builds with the GIL are supported",
                       "it runs a free-threaded Python: %s", python->version);
    if (python->major == 3 && python->minor >= MINOR_FIRST && python->minor <= MINOR_LAST)
        return NULL;
    return err_new(ERR_UNSUPPORTED, "3.8 to 3.14 are supported", "it runs Python %s",
                   python->version);
}

/* ---- why it is none ---- */

/* Programs in which main() is in libpython need one of these. */
static bool waits_for_libpython(const struct elffile *elf)
{
    return elffile_needs(elf, "Py_BytesMain") || elffile_needs(elf, "Py_Main") ||
           elffile_needs(elf, "Py_RunMain");
}

static bool has_dynamic_loader(const struct proc_maps *maps)
{
    for (size_t i = 0; i < maps->n; i++)
        if (target_libs_is_loader(&maps->at[i]))
            return true;
    return false;
}

static struct err *explain_static(const struct elffile *elf, struct python *ret)
{
    for (int minor = MINOR_FIRST; minor <= MINOR_TRIED_LAST; minor++)
        if (elffile_version_text(elf, 3, minor, ret->version, sizeof ret->version))
            return err_new(
                ERR_UNSUPPORTED, "use a build that can load shared libraries",
                "it runs a statically linked Python %s, into which nothing can be loaded",
                ret->version);
    return NULL;
}

/* Why this file is a Python and yet none for us; NULL if it is no Python. */
static struct err *explain_file(pid_t pid, const struct proc_maps *maps, const struct proc_map *map,
                                bool is_exe, struct python *ret)
{
    _cleanup_close_ int fd = -1;
    _cleanup_(cleanup_elffile) struct elffile *elf = NULL;
    _cleanup_err_ struct err *err = proc_open_mapped(pid, map, &fd);

    if (err)
        return NULL;
    const char *foreign = elffile_foreign(fd);
    if (foreign) {
        snprintf(ret->version, sizeof ret->version, "%s", foreign);
        return err_new(ERR_UNSUPPORTED, "64-bit Pythons of this machine's processor are supported",
                       "it runs a Python that is %s: '%s'", foreign, map->path);
    }
    err = elffile_open(fd, map->path, &elf);
    if (err || !is_exe)
        return NULL;
    if (waits_for_libpython(elf)) {
        snprintf(ret->version, sizeof ret->version, "3");
        return err_new(ERR_NOT_YET, "try again", "its Python is just being loaded");
    }
    return has_dynamic_loader(maps) ? NULL : explain_static(elf, ret);
}

static struct err *explain(pid_t pid, const struct proc_maps *maps, uint64_t exe_inode,
                           struct python *ret)
{
    uint64_t last_inode = 0;

    for (size_t i = 0; i < maps->n; i++) {
        const struct proc_map *map = &maps->at[i];
        const char *name = base_name(map->path);
        if (!map->inode || map->inode == last_inode)
            continue;
        last_inode = map->inode;
        if (!strncmp(name, "pypy", 4) || !strncmp(name, "libpypy", 7)) {
            snprintf(ret->version, sizeof ret->version, "PyPy");
            return err_new(ERR_UNSUPPORTED, "only CPython is supported", "it runs PyPy");
        }
        if (!strstr(name, "python"))
            continue;
        struct err *err = explain_file(pid, maps, map, map->inode == exe_inode, ret);
        if (err)
            return err;
    }
    return err_new(ERR_UNSUPPORTED, "see 'ouro ps' for those that do", "it does not run Python");
}

/* ---- finding it ---- */

static uint64_t inode_of_executable(pid_t pid, const struct proc_maps *maps)
{
    char link[64], target[512];

    snprintf(link, sizeof link, "/proc/%d/exe", pid);
    ssize_t n = readlink(link, target, sizeof target - 1);
    target[n > 0 ? n : 0] = '\0';
    for (size_t i = 0; n > 0 && i < maps->n; i++)
        if (!strcmp(maps->at[i].path, target))
            return maps->at[i].inode;
    return 0;
}

struct err *python_find(pid_t pid, const struct proc_maps *maps, struct python *ret)
{
    uint64_t exe_inode = inode_of_executable(pid, maps), last_inode = 0;

    for (size_t i = 0; i < maps->n; i++) {
        const struct proc_map *map = &maps->at[i];
        if (map->inode == last_inode || !is_candidate(map, exe_inode))
            continue;
        last_inode = map->inode;
        if (look_into(pid, map, exe_inode, ret))
            return check_version(ret);
    }
    return explain(pid, maps, exe_inode, ret);
}

void python_symbols(pid_t pid, const struct proc_maps *maps, const struct python *python,
                    const char *const *names, size_t n, uint64_t *ret)
{
    _cleanup_close_ int fd = -1;
    _cleanup_(cleanup_elffile) struct elffile *elf = NULL;
    struct err *err = NULL;

    for (size_t i = 0; i < maps->n && fd < 0 && !err; i++)
        if (maps->at[i].inode == python->inode)
            err = proc_open_mapped(pid, &maps->at[i], &fd);
    if (!err && fd >= 0)
        err = elffile_open(fd, python->path, &elf);
    for (size_t i = 0; i < n; i++) {
        uint64_t at = elf && names[i] ? elffile_symbol(elf, names[i]) : 0;
        ret[i] = at ? python->bias + at : 0;
    }
    err_destroy(err); /* it has none of them then */
}
