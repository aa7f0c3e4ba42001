#include "inspector/session/inject.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include "agent/agent_blob.h"
#include "inspector/base/clock.h"
#include "inspector/session/elffile.h"
#include "inspector/session/tracee.h"

enum {
    PAGE = 4096,
    SAMPLE_NS = 1500 * NS_PER_MS,
};
static const uint64_t breakpoint_ns = 6000ull * NS_PER_MS;
static const uint64_t late_ns = 10ull * NS_PER_S;
static const uint64_t for_ever_ns = 86400ull * NS_PER_S;

/* Where the parts of the region lie, from its start. */
struct region {
    uint64_t at; /* in the target, 0: not mapped */
    uint64_t bytes;
    uint64_t loader;
    uint64_t file;
    uint64_t stack_top;
};

static uint64_t pages(uint64_t bytes)
{
    return (bytes + PAGE - 1) & ~(uint64_t)(PAGE - 1);
}

static struct region region_layout(bool with_file)
{
    struct region region = {.loader = LOADER_CODE_BYTES};

    region.file = region.loader + pages(sizeof(struct loader));
    region.stack_top = region.file + (with_file ? pages(agent_blob_bytes) : 0) + LOADER_STACK_BYTES;
    region.bytes = region.stack_top;
    return region;
}

/* Of the agent's start function, in its file. */
static struct err *find_start(uint64_t *ret)
{
    struct elffile *elf;

    ERR_RETURN(elffile_open_memory(agent_blob, agent_blob_bytes, "the agent", &elf));
    *ret = elffile_symbol(elf, START_FUNCTION);
    elffile_close(elf);
    return NULL;
}

static struct loader loader_arguments(const struct inject_plan *plan, const struct region *region)
{
    struct loader loader = {
        .start_function = plan->libs.start_function,
        .errno_location = plan->libs.errno_location,
        .file = region->at + region->file,
        .file_bytes = agent_blob_bytes,
        .step = LOADER_PENDING,
        .start = {.dlopen = plan->libs.dlopen, .dlsym = plan->libs.dlsym},
    };

    snprintf(loader.memfd_name, sizeof loader.memfd_name, "%s%s", AGENT_MEMFD_PREFIX,
             agent_build_id);
    snprintf(loader.start.libpython, sizeof loader.start.libpython, "%s", plan->libpython);
    return loader;
}

static struct err *target_refused(const char *what, long ret)
{
    return err_hint(err_sys((int)-ret, "the target cannot %s", what),
                    "a seccomp filter or a memory limit of the target forbids it");
}

static struct err *map_region(struct tracee *tracee, const struct inject_plan *plan,
                              struct region *region)
{
    const long map[6] = {
        0, (long)region->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0};
    long ret;

    ERR_RETURN(tracee_syscall(tracee, plan->libs.syscall_gadget, SYS_mmap, map, &ret));
    if (ret < 0 && ret >= -4095)
        return target_refused("map memory", ret);
    region->at = (uint64_t)ret;
    const long protect[6] = {ret, LOADER_CODE_BYTES, PROT_READ | PROT_EXEC};
    ERR_RETURN(tracee_write(tracee, region->at, loader_blob, loader_blob_bytes));
    ERR_RETURN(tracee_syscall(tracee, plan->libs.syscall_gadget, SYS_mprotect, protect, &ret));
    return ret ? target_refused("map executable memory", ret) : NULL;
}

static void unmap_region(struct tracee *tracee, const struct inject_plan *plan,
                         const struct region *region)
{
    const long args[6] = {(long)region->at, (long)region->bytes};
    long ret;

    if (region->at && tracee->stopped)
        err_destroy(tracee_syscall(tracee, plan->libs.syscall_gadget, SYS_munmap, args, &ret));
}

/* Waits for the loader to come to its end, as long as it takes. */
static struct err *run_to_end(struct tracee *tracee, const struct region *region,
                              void (*late)(struct err *err, void *arg), void *arg)
{
    struct err *err = tracee_run(tracee, region->at, region->at + region->loader,
                                 region->at + region->stack_top, SYS_close, LOADER_END, late_ns);

    if (!err || err->code != ERR_TIMEOUT)
        return err;
    err_destroy(err);
    late(err_new(ERR_TIMEOUT, "try again when it has done what it is doing",
                 "another thread of it holds its dynamic loader; the borrowed thread waits for it "
                 "and goes on by itself"),
         arg);
    return tracee_finish(tracee, SYS_close, LOADER_END, for_ever_ns);
}

static struct err *run_loader(struct tracee *tracee, const struct inject_plan *plan,
                              struct region *region, void (*late)(struct err *err, void *arg),
                              void *arg, struct loader *ret)
{
    bool with_file = !plan->libs.start_function;

    ERR_RETURN(map_region(tracee, plan, region));
    struct loader loader = loader_arguments(plan, region);
    ERR_RETURN(find_start(&loader.start_address));
    ERR_RETURN(tracee_write(tracee, region->at + region->loader, &loader, sizeof loader));
    if (with_file)
        ERR_RETURN(tracee_write(tracee, region->at + region->file, agent_blob, agent_blob_bytes));
    ERR_RETURN(run_to_end(tracee, region, late, arg));
    return tracee_read(tracee, region->at + region->loader, ret, sizeof *ret);
}

struct err *inject_on(const struct inject_plan *plan, struct tracee *tracee,
                      void (*late)(struct err *err, void *arg), void *arg,
                      struct inject_result *ret)
{
    struct region region = region_layout(!plan->libs.start_function);
    uint64_t start = clock_ns();
    struct err *err = tracee_borrow(tracee);

    if (!err) {
        err = run_loader(tracee, plan, &region, late, arg, &ret->loader);
        unmap_region(tracee, plan, &region);
    }
    tracee_release(tracee);
    ret->held_ns = clock_ns() - start;
    return err;
}

struct err *inject_run(const struct inject_plan *plan, void (*late)(struct err *err, void *arg),
                       void *arg, struct inject_result *ret)
{
    struct safepoint_spec spec = {
        .pid = plan->pid,
        .python = plan->python,
        .n_python = plan->n_python,
        .loader = plan->loader,
        .n_loader = plan->n_loader,
        .functions = plan->functions,
        .n_functions = SAFEPOINT_BREAKPOINTS_MAX,
        .sample_ns = SAMPLE_NS,
        .breakpoint_ns = breakpoint_ns,
        .cancel = plan->cancel,
    };
    struct tracee tracee;

    ERR_RETURN(safepoint_take(&spec, &tracee, ret->how));
    return inject_on(plan, &tracee, late, arg, ret);
}
