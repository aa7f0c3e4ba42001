#include "inspector/session/target_libs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent_blob.h"
#include "inspector/base/cleanup.h"
#include "inspector/session/elffile.h"
#include "proto/start.h"

static void cleanup_elffile(struct elffile **elf)
{
    elffile_close(*elf);
}

static bool is_libc(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;

    return !strncmp(name, "libc.so", 7) || !strncmp(name, "libc-2", 6) ||
           !strncmp(name, "libdl", 5) || !strncmp(name, "ld-musl", 7) ||
           !strncmp(name, "libc.musl", 9);
}

static void take_symbol(const struct elffile *elf, uint64_t bias, const char *name, uint64_t *ret)
{
    uint64_t address = *ret ? 0 : elffile_symbol(elf, name);

    if (address)
        *ret = bias + address;
}

/* What one library offers, as far as it is still missing. */
static void look_into(const struct elffile *elf, uint64_t bias, struct target_libs *libs)
{
    static const uint8_t syscall_instruction[] = {0x0f, 0x05};

    take_symbol(elf, bias, "dlopen", &libs->dlopen);
    take_symbol(elf, bias, "dlsym", &libs->dlsym);
    take_symbol(elf, bias, "__errno_location", &libs->errno_location);
    if (!libs->syscall_gadget) {
        uint64_t found = elffile_find_code(elf, syscall_instruction, sizeof syscall_instruction);
        libs->syscall_gadget = found ? bias + found : 0;
    }
}

static void look_into_libc(pid_t pid, const struct proc_maps *maps, struct target_libs *libs)
{
    uint64_t last_inode = 0;

    for (size_t i = 0; i < maps->n; i++) {
        const struct proc_map *map = &maps->at[i];
        _cleanup_close_ int fd = -1;
        _cleanup_(cleanup_elffile) struct elffile *elf = NULL;
        uint64_t bias;
        if (!map->inode || map->inode == last_inode || !is_libc(map->path))
            continue;
        last_inode = map->inode;
        struct err *err = proc_open_mapped(pid, map, &fd);
        if (!err)
            err = elffile_open(fd, map->path, &elf);
        if (!err && elffile_bias(elf, map->start, map->offset_bytes, &bias))
            look_into(elf, bias, libs);
        err_destroy(err);
    }
}

/* The start function of an agent of our own build that is mapped, 0 if there is none. */
static uint64_t find_agent(const struct proc_maps *maps)
{
    _cleanup_(cleanup_elffile) struct elffile *elf = NULL;
    char name[128];
    struct err *err = NULL;
    uint64_t found = 0, bias;

    snprintf(name, sizeof name, "/memfd:%s%s (deleted)", AGENT_MEMFD_PREFIX, agent_build_id);
    for (size_t i = 0; i < maps->n; i++) {
        if (strcmp(maps->at[i].path, name))
            continue;
        err = elffile_open_memory(agent_blob, agent_blob_bytes, "the agent", &elf);
        if (!err && elffile_bias(elf, maps->at[i].start, maps->at[i].offset_bytes, &bias))
            found = bias + elffile_symbol(elf, START_FUNCTION);
        break;
    }
    err_destroy(err);
    return found;
}

bool target_libs_is_loader(const struct proc_map *map)
{
    const char *slash = strrchr(map->path, '/');
    const char *name = slash ? slash + 1 : map->path;

    /* musl's is its C library as well: system calls in there are everybody's */
    return map->exec && map->inode && strncmp(name, "ld-musl", 7) != 0 &&
           (!strncmp(name, "ld-", 3) || !strncmp(name, "ld.so", 5));
}

/* The dynamic loader is there, what it is to load is not; or not even that: execve(2) maps the program, the loader, then the
 * vdso. */
static bool is_loading(const struct proc_maps *maps)
{
    bool has_loader = false, has_vdso = false;

    for (size_t i = 0; i < maps->n; i++) {
        if (maps->at[i].inode && is_libc(maps->at[i].path))
            return false;
        has_loader |= target_libs_is_loader(&maps->at[i]);
        has_vdso |= !strcmp(maps->at[i].path, "[vdso]");
    }
    return maps->n && (has_loader || !has_vdso);
}

struct err *target_libs_find(pid_t pid, const struct proc_maps *maps, struct target_libs *ret)
{
    struct target_libs libs = {0};

    look_into_libc(pid, maps, &libs);
    if ((!libs.dlopen || !libs.dlsym) && is_loading(maps))
        return err_new(ERR_NOT_YET, "try again", "its libraries are just being loaded");
    if (!libs.dlopen || !libs.dlsym)
        return err_new(ERR_UNSUPPORTED, "only dynamically linked Pythons can be inspected",
                       "its C library offers no dlopen()");
    if (!libs.syscall_gadget)
        return err_new(ERR_UNSUPPORTED, NULL, "its C library has no system call instruction");
    libs.start_function = find_agent(maps);
    *ret = libs;
    return NULL;
}
