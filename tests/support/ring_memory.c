#include "tests/support/ring_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void *map(void *at, uint64_t bytes, int fd, off_t offset)
{
    int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
    void *memory = mmap(at, bytes, fd < 0 ? PROT_NONE : PROT_READ | PROT_WRITE,
                        at ? flags | MAP_FIXED : flags, fd, offset);

    if (memory == MAP_FAILED) {
        perror("memory for a ring");
        abort();
    }
    return memory;
}

void ring_memory_init(struct ring_memory *memory, uint64_t bytes)
{
    int fd = memfd_create("test-ring", MFD_CLOEXEC);

    if (fd < 0 || ftruncate(fd, (off_t)(RING_CONTROL_BYTES + bytes))) {
        perror("memory for a ring");
        abort();
    }
    uint8_t *base = map(NULL, RING_CONTROL_BYTES + 2 * bytes, -1, 0);
    map(base, RING_CONTROL_BYTES + bytes, fd, 0);
    map(base + RING_CONTROL_BYTES + bytes, bytes, fd, RING_CONTROL_BYTES);
    close(fd);
    *memory = (struct ring_memory){(void *)base, base + RING_CONTROL_BYTES, bytes};
}

void ring_memory_deinit(struct ring_memory *memory)
{
    munmap(memory->control, RING_CONTROL_BYTES + 2 * memory->bytes);
}

void ring_memory_producer(const struct ring_memory *memory, struct ring *ret)
{
    ring_init_producer(ret, memory->control, memory->data, memory->bytes);
}

void ring_memory_consumer(const struct ring_memory *memory, struct ring *ret)
{
    ring_init_consumer(ret, memory->control, memory->data, memory->bytes);
}
