#include "proto/layout.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include "proto/sys.h"

static const uint32_t ring_sizes[RING_COUNT] = {
    [RING_REQUESTS] = SHM_REQUESTS_BYTES, [RING_REPLIES] = SHM_REPLIES_BYTES,
    [RING_SNAPSHOT] = SHM_SNAPSHOT_BYTES, [RING_QUESTIONS] = SHM_QUESTIONS_BYTES,
    [RING_ANSWERS] = SHM_ANSWERS_BYTES,   [RING_EVENTS] = SHM_EVENTS_BYTES,
};

uint64_t layout_ring_bytes(enum ring_id id)
{
    return ring_sizes[id];
}

uint64_t layout_ring_offset(enum ring_id id)
{
    uint64_t offset = SHM_DATA_OFFSET;

    for (int i = 0; i < (int)id; i++)
        offset += ring_sizes[i];
    return offset;
}

uint64_t layout_map_bytes(void)
{
    return SHM_DATA_OFFSET + 2 * (uint64_t)(SHM_TOTAL_BYTES - SHM_DATA_OFFSET);
}

static int is_error(long ret)
{
    return ret < 0 && ret >= -4095;
}

/* Maps [offset, offset + bytes) of fd over the reservation at `at`. */
static long map_part(int fd, uint8_t *at, uint64_t bytes, uint64_t offset, int prot)
{
    long ret =
        sys_call6(SYS_mmap, (long)at, (long)bytes, prot, MAP_SHARED | MAP_FIXED, fd, (long)offset);

    return is_error(ret) ? ret : 0;
}

int layout_map(int fd, int protect_inbound, struct shm *ret)
{
    long addr = sys_call6(SYS_mmap, 0, (long)layout_map_bytes(), PROT_NONE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (is_error(addr))
        return (int)addr;

    struct shm shm = {.base = (uint8_t *)addr};
    uint8_t *at = shm.base + SHM_DATA_OFFSET;
    long failed = map_part(fd, shm.base, SHM_DATA_OFFSET, 0, PROT_READ | PROT_WRITE);
    for (int id = 0; id < RING_COUNT; id++) {
        int inbound = id != RING_REQUESTS && id != RING_QUESTIONS;
        int prot = protect_inbound && inbound ? PROT_READ : PROT_READ | PROT_WRITE;
        uint64_t bytes = ring_sizes[id];
        uint64_t offset = layout_ring_offset((enum ring_id)id);
        shm.data[id] = at;
        for (int twice = 0; twice < 2 && !failed; twice++)
            failed = map_part(fd, at + (uint64_t)twice * bytes, bytes, offset, prot);
        at += 2 * bytes;
    }
    if (failed) {
        layout_unmap(&shm);
        return (int)failed;
    }
    *ret = shm;
    return 0;
}

void layout_unmap(struct shm *shm)
{
    sys_call2(SYS_munmap, (long)shm->base, (long)layout_map_bytes());
    shm->base = 0;
}
