#include "inspector/session/evict.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/uio.h>

#include "inspector/base/clock.h"
#include "inspector/session/procfs.h"
#include "proto/layout.h"

enum { POLL_NS = 5 * NS_PER_MS };
static const uint64_t leave_ns = 2000ull * NS_PER_MS;

/* Where the header pages are mapped, 0 if they are not. */
static struct err *find_header(pid_t pid, uint64_t *ret)
{
    struct proc_maps maps;

    *ret = 0;
    ERR_RETURN(proc_maps_read(pid, &maps));
    for (size_t i = 0; i < maps.n && !*ret; i++)
        if (!strncmp(maps.at[i].path, "/memfd:ouro-ring", 16) && !maps.at[i].offset_bytes)
            *ret = maps.at[i].start;
    proc_maps_deinit(&maps);
    return NULL;
}

struct err *evict_agent(pid_t pid, bool *was_attached)
{
    uint64_t deadline = clock_ns() + leave_ns, header;
    uint32_t leave = 1;
    struct iovec local = {&leave, sizeof leave}, remote = {NULL, sizeof leave};

    ERR_RETURN(find_header(pid, &header));
    *was_attached = header != 0;
    if (!header)
        return NULL;
    remote.iov_base =
        (void *)(uintptr_t)(header + SHM_INSPECTOR_OFFSET + offsetof(struct shm_inspector, leave));
    if (process_vm_writev(pid, &local, 1, &remote, 1, 0) != sizeof leave)
        return err_hint(err_sys(errno, "cannot reach the agent in process %d", pid),
                        "run as its user, or as root");
    while (header && clock_ns() < deadline) {
        clock_sleep_ns(POLL_NS);
        ERR_RETURN(find_header(pid, &header));
    }
    if (header)
        return err_new(ERR_TIMEOUT, "it leaves when that thread lets go of the interpreter lock",
                       "the agent in process %d is still waiting for the interpreter", pid);
    return NULL;
}
