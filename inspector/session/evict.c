#include "inspector/session/evict.h"

#include <errno.h>
#include <linux/futex.h>
#include <stddef.h>
#include <string.h>
#include <sys/uio.h>

#include "agent/agent_blob.h"
#include "inspector/base/clock.h"
#include "proto/layout.h"

enum { POLL_NS = 5 * NS_PER_MS };
static const uint64_t leave_ns = 2000ull * NS_PER_MS;

/* Where the header pages are mapped, 0 if they are not. */
static uint64_t header_of(const struct proc_maps *maps)
{
    for (size_t i = 0; i < maps->n; i++)
        if (!strncmp(maps->at[i].path, "/memfd:ouro-ring", 16) && !maps->at[i].offset_bytes)
            return maps->at[i].start;
    return 0;
}

static struct err *find_header(pid_t pid, uint64_t *ret)
{
    struct proc_maps maps;

    ERR_RETURN(proc_maps_read(pid, &maps));
    *ret = header_of(&maps);
    proc_maps_deinit(&maps);
    return NULL;
}

struct err *evict_is_mapped(pid_t pid, bool *ret)
{
    uint64_t header;

    ERR_RETURN(find_header(pid, &header));
    *ret = header != 0;
    return NULL;
}

bool evict_look(pid_t pid, const struct proc_maps *maps, struct evict_found *ret)
{
    uint64_t header = header_of(maps);
    struct shm_agent agent;
    struct shm_inspector inspector;
    struct iovec local[] = {{&agent, sizeof agent}, {&inspector, sizeof inspector}};
    struct iovec remote[] = {
        {(void *)(uintptr_t)(header + SHM_AGENT_OFFSET), sizeof agent},
        {(void *)(uintptr_t)(header + SHM_INSPECTOR_OFFSET), sizeof inspector}};

    *ret = (struct evict_found){.same_build = true, .inspector_lives = true};
    if (!header)
        return false;
    if (process_vm_readv(pid, local, 2, remote, 2, 0) != sizeof agent + sizeof inspector)
        return errno != EFAULT; /* that is: it has just left */
    agent.build_id[BUILD_ID_BYTES - 1] = '\0';
    ret->same_build = agent.magic == LAYOUT_MAGIC && agent.version == LAYOUT_VERSION &&
                      !strcmp(agent.build_id, agent_build_id);
    if (!ret->same_build)
        return true; /* what it means is that version's own */
    uint32_t owner = atomic_load(&inspector.lock.owner), state = atomic_load(&agent.state);
    bool was_there = atomic_load(&inspector.ready);
    ret->inspector = atomic_load(&inspector.pid);
    ret->inspector_lives = state != AGENT_LEAVING && state != AGENT_GONE &&
                           !atomic_load(&inspector.leave) && !(owner & FUTEX_OWNER_DIED) &&
                           (owner || !was_there);
    return true;
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
    /* EFAULT: it has just left by itself */
    if (process_vm_writev(pid, &local, 1, &remote, 1, 0) != sizeof leave && errno != EFAULT)
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
