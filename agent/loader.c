/* See proto/loader.h. Position-independent, no data of its own, no calls but through the addresses
 * it is given. */

#include "proto/loader.h"

#include <elf.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "proto/sys.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U /* Linux 6.3; the only kind there is with vm.memfd_noexec=2 */
#endif

enum { PAGE = 4096 };

typedef int *errno_location_fn(void);
typedef void start_fn(struct start *start);

/* The entry, at the beginning of the code: the argument is where the first parameter is. */
#if defined(__x86_64__)
__asm__(".section .text.entry, \"ax\"\n"
        "    call loader_main\n"
        "    ud2\n"
        ".text\n");
enum { RELATIVE = R_X86_64_RELATIVE };
#elif defined(__aarch64__)
enum { RELATIVE = R_AARCH64_RELATIVE };
#endif

static int failed(long ret)
{
    return ret < 0 && ret >= -4095;
}

static int stop_at(struct loader *loader, enum loader_step step, long result)
{
    loader->step = (int32_t)step;
    loader->result = (int32_t)-result;
    return 0;
}

/* The agent's file in a memfd; -1 after noting why not. Mapping it as code needs no executable file. */
static long make_file(struct loader *loader)
{
    long fd = sys_call2(SYS_memfd_create, (long)loader->memfd_name, MFD_CLOEXEC | MFD_NOEXEC_SEAL);

    if (fd == -22 /* EINVAL: an older kernel */)
        fd = sys_call2(SYS_memfd_create, (long)loader->memfd_name, MFD_CLOEXEC);
    if (failed(fd)) {
        stop_at(loader, LOADER_MEMFD, fd);
        return -1;
    }
    for (uint64_t done = 0; done < loader->file_bytes;) {
        long n = sys_call3(SYS_write, fd, (long)(loader->file + done),
                           (long)(loader->file_bytes - done));
        if (failed(n)) {
            stop_at(loader, LOADER_WRITE, n);
            sys_call1(SYS_close, fd);
            return -1;
        }
        done += (uint64_t)n;
    }
    return fd;
}

/* ---- the agent's segments ---- */

static uint64_t page_of(uint64_t address)
{
    return address & ~(uint64_t)(PAGE - 1);
}

static uint64_t page_after(uint64_t address)
{
    return page_of(address + PAGE - 1);
}

static const Elf64_Phdr *segments(const struct loader *loader, unsigned *n)
{
    const Elf64_Ehdr *head = (const Elf64_Ehdr *)loader->file;

    *n = head->e_phnum;
    return (const Elf64_Phdr *)(loader->file + head->e_phoff);
}

static uint64_t span_bytes(const struct loader *loader)
{
    uint64_t end = 0;
    unsigned n;
    const Elf64_Phdr *segment = segments(loader, &n);

    for (; n--; segment++)
        if (segment->p_type == PT_LOAD && segment->p_vaddr + segment->p_memsz > end)
            end = segment->p_vaddr + segment->p_memsz;
    return page_after(end);
}

static long protection(const Elf64_Phdr *segment)
{
    return (segment->p_flags & PF_R ? PROT_READ : 0) | (segment->p_flags & PF_W ? PROT_WRITE : 0) |
           (segment->p_flags & PF_X ? PROT_EXEC : 0);
}

/* One segment in its place: what the file has of it, then zeros. 0, or -errno. */
static long map_segment(long fd, uint64_t base, const Elf64_Phdr *segment)
{
    uint64_t start = base + page_of(segment->p_vaddr);
    uint64_t file_end = base + segment->p_vaddr + segment->p_filesz;
    uint64_t end = page_after(base + segment->p_vaddr + segment->p_memsz);
    uint64_t zeros = page_after(file_end);
    long ret = sys_call6(SYS_mmap, (long)start, (long)(zeros - start), protection(segment),
                         MAP_PRIVATE | MAP_FIXED, fd, (long)page_of(segment->p_offset));

    if (failed(ret))
        return ret;
    if (segment->p_flags & PF_W)
        for (volatile char *p = (volatile char *)file_end; (uint64_t)p < zeros; p++)
            *p = 0;
    if (end > zeros)
        ret = sys_call6(SYS_mmap, (long)zeros, (long)(end - zeros), protection(segment),
                        MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0);
    return failed(ret) ? ret : 0;
}

/* All its relocations are of one kind: where it lies is to be added (tests/e2e/test_agent_elf.c). */
static void relocate(uint64_t base, const Elf64_Phdr *dynamic)
{
    const Elf64_Dyn *entry = (const Elf64_Dyn *)(base + dynamic->p_vaddr);
    uint64_t table = 0, bytes = 0;

    for (; entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag == DT_RELA)
            table = entry->d_un.d_ptr;
        if (entry->d_tag == DT_RELASZ)
            bytes = entry->d_un.d_val;
    }
    const Elf64_Rela *at = (const Elf64_Rela *)(base + table);
    for (uint64_t i = 0; i < bytes / sizeof *at; i++)
        if (ELF64_R_TYPE(at[i].r_info) == RELATIVE)
            *(uint64_t *)(base + at[i].r_offset) = base + (uint64_t)at[i].r_addend;
}

/* 0, or -errno. */
static long fill_span(const struct loader *loader, long fd, uint64_t base)
{
    unsigned n;
    const Elf64_Phdr *segment = segments(loader, &n);
    long ret = 0;

    for (unsigned i = 0; i < n && !ret; i++)
        if (segment[i].p_type == PT_LOAD)
            ret = map_segment(fd, base, &segment[i]);
    for (unsigned i = 0; i < n && !ret; i++)
        if (segment[i].p_type == PT_DYNAMIC)
            relocate(base, &segment[i]);
    for (unsigned i = 0; i < n && !ret; i++)
        if (segment[i].p_type == PT_GNU_RELRO) {
            uint64_t start = page_of(segment[i].p_vaddr);
            uint64_t end = page_of(segment[i].p_vaddr + segment[i].p_memsz);
            ret = sys_call3(SYS_mprotect, (long)(base + start), (long)(end - start), PROT_READ);
        }
    return ret;
}

static start_fn *load(struct loader *loader)
{
    uint64_t bytes = span_bytes(loader);
    long fd = make_file(loader), base, ret;

    if (fd < 0)
        return 0;
    base = ret = sys_call6(SYS_mmap, 0, (long)bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!failed(base)) {
        ret = fill_span(loader, fd, (uint64_t)base);
        if (ret)
            sys_call2(SYS_munmap, base, (long)bytes);
    }
    sys_call1(SYS_close, fd);
    if (failed(ret)) {
        stop_at(loader, LOADER_MAP, ret);
        return 0;
    }
    return (start_fn *)((uint64_t)base + loader->start_address);
}

__attribute__((used)) _Noreturn void loader_main(struct loader *loader);

void loader_main(struct loader *loader)
{
    int *error = loader->errno_location ? ((errno_location_fn *)loader->errno_location)() : 0;
    int error_before = error ? *error : 0;
    start_fn *start = (start_fn *)loader->start_function;

    if (!start)
        start = load(loader);
    if (start) {
        start(&loader->start);
        loader->step = LOADER_DONE;
    }
    if (error)
        *error = error_before;
    for (;;)
        sys_call1(SYS_close, LOADER_END);
}
