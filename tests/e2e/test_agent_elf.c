/*
 * The agent's file can be mapped into any program, beside any libc: it needs no library, no symbol, no kind
 * of relocation that agent/loader.c does not know, and no memory that is written and executed.
 */
#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/start.h"
#include "tests/support/test.h"

static struct {
    const char *bytes;
    size_t n;
    const Elf64_Ehdr *head;
    const Elf64_Phdr *segments;
    const Elf64_Dyn *dynamic;
} elf;

/* ---- reading ---- */

static int open_agent(void **state)
{
    const char *path = getenv("OURO_AGENT");
    int fd = open(path ? path : "agent/ouro_agent.so", O_RDONLY | O_CLOEXEC);
    struct stat stat;

    (void)state;
    assert_true(fd >= 0 && !fstat(fd, &stat));
    elf.n = (size_t)stat.st_size;
    elf.bytes = mmap(NULL, elf.n, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    assert_ptr_not_equal(elf.bytes, MAP_FAILED);
    elf.head = (const Elf64_Ehdr *)elf.bytes;
    assert_memory_equal(elf.head->e_ident, ELFMAG, SELFMAG);
    assert_int_equal(elf.head->e_type, ET_DYN);
    elf.segments = (const Elf64_Phdr *)(elf.bytes + elf.head->e_phoff);
    for (int i = 0; i < elf.head->e_phnum; i++)
        if (elf.segments[i].p_type == PT_DYNAMIC)
            elf.dynamic = (const Elf64_Dyn *)(elf.bytes + elf.segments[i].p_offset);
    assert_non_null(elf.dynamic);
    return 0;
}

static int close_agent(void **state)
{
    (void)state;
    munmap((void *)elf.bytes, elf.n);
    return 0;
}

/* What lies at an address of the file. */
static const void *at_address(uint64_t address)
{
    for (int i = 0; i < elf.head->e_phnum; i++) {
        const Elf64_Phdr *segment = &elf.segments[i];
        if (segment->p_type == PT_LOAD && address >= segment->p_vaddr &&
            address < segment->p_vaddr + segment->p_filesz)
            return elf.bytes + segment->p_offset + (address - segment->p_vaddr);
    }
    fail_msg("nothing is at address 0x%llx", (unsigned long long)address);
    return NULL;
}

/* The value of an entry of the dynamic section, 0 if there is none. */
static uint64_t dynamic_value(int64_t tag)
{
    for (const Elf64_Dyn *entry = elf.dynamic; entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == tag)
            return entry->d_un.d_val;
    return 0;
}

/* The dynamic symbols: their number is that of the section, for there is no DT_ entry for it. */
static size_t symbols(const Elf64_Sym **ret)
{
    const Elf64_Shdr *sections = (const Elf64_Shdr *)(elf.bytes + elf.head->e_shoff);

    for (int i = 0; i < elf.head->e_shnum; i++)
        if (sections[i].sh_type == SHT_DYNSYM) {
            *ret = (const Elf64_Sym *)(elf.bytes + sections[i].sh_offset);
            return sections[i].sh_size / sizeof **ret;
        }
    fail_msg("there is no .dynsym");
    return 0;
}

static const char *symbol_name(const Elf64_Sym *symbol)
{
    return (const char *)at_address(dynamic_value(DT_STRTAB)) + symbol->st_name;
}

/* ---- what is promised ---- */

static void test_agent_elf__needs_no_library(void **state)
{
    (void)state;
    assert_int_equal(dynamic_value(DT_NEEDED), 0);
    assert_int_equal(dynamic_value(DT_RPATH), 0);
    assert_int_equal(dynamic_value(DT_RUNPATH), 0);
    assert_int_equal(dynamic_value(DT_VERNEED), 0);
}

static void test_agent_elf__runs_nothing_when_loaded(void **state)
{
    (void)state;
    assert_int_equal(dynamic_value(DT_INIT), 0);
    assert_int_equal(dynamic_value(DT_FINI), 0);
    assert_int_equal(dynamic_value(DT_INIT_ARRAYSZ), 0);
    assert_int_equal(dynamic_value(DT_FINI_ARRAYSZ), 0);
}

static void test_agent_elf__wants_no_symbol_and_exports_three(void **state)
{
    const Elf64_Sym *at;
    size_t n = symbols(&at);
    int defined = 0;

    (void)state;
    for (size_t i = 1; i < n; i++) {
        const char *name = symbol_name(&at[i]);
        if (at[i].st_shndx == SHN_UNDEF)
            fail_msg("it wants '%s'", name);
        if (strcmp(name, START_FUNCTION) != 0 && strcmp(name, START_REMOTE) != 0 &&
            strcmp(name, "PyInit_" START_MODULE) != 0)
            fail_msg("it exports '%s'", name);
        defined++;
    }
    assert_int_equal(defined, 3);
}

/* agent/loader.c knows one kind of relocation, and one table. */
static void test_agent_elf__relocations_are_relative(void **state)
{
    const Elf64_Rela *entries = at_address(dynamic_value(DT_RELA));
    size_t n = dynamic_value(DT_RELASZ) / sizeof *entries;

    (void)state;
    assert_true(n > 0);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(ELF64_R_TYPE(entries[i].r_info), R_X86_64_RELATIVE);
        assert_int_equal(ELF64_R_SYM(entries[i].r_info), 0);
    }
    assert_int_equal(dynamic_value(DT_PLTRELSZ), 0);
    assert_int_equal(dynamic_value(DT_RELRSZ), 0);
    assert_int_equal(dynamic_value(DT_RELSZ), 0);
    assert_int_equal(dynamic_value(DT_TEXTREL), 0);
}

static void test_agent_elf__writes_nothing_that_runs(void **state)
{
    bool has_stack = false;

    (void)state;
    for (int i = 0; i < elf.head->e_phnum; i++) {
        const Elf64_Phdr *segment = &elf.segments[i];
        assert_int_not_equal(segment->p_flags & (PF_W | PF_X), PF_W | PF_X);
        assert_int_not_equal(segment->p_type, PT_TLS);
        assert_int_not_equal(segment->p_type, PT_INTERP);
        if (segment->p_type == PT_GNU_STACK) {
            has_stack = true;
            assert_false(segment->p_flags & PF_X);
        }
    }
    assert_true(has_stack); /* without, loaders make every stack executable */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_agent_elf__needs_no_library),
        TEST(test_agent_elf__runs_nothing_when_loaded),
        TEST(test_agent_elf__wants_no_symbol_and_exports_three),
        TEST(test_agent_elf__relocations_are_relative),
        TEST(test_agent_elf__writes_nothing_that_runs),
    };

    return cmocka_run_group_tests_name("agent_elf", tests, open_agent, close_agent);
}
